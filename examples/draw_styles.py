"""Draws the style pictures that ship as presets: python examples/draw_styles.py [FOLDER]"""

from __future__ import annotations

import io
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gan.imaging.io.pixels import to_image
from gan.stylize.presets import PRESETS
from gan.training.data.procedural import draw

SIZE_PX = 512
QUALITY = 76

#   preset             kind            seed
STYLES = {
    "watercolor": ("watercolor", 213),
    "oil-impasto": ("oil", 203),
    "gouache-autumn": ("gouache", 200),
    "pastel-chalk": ("pastel", 203),
    "pointillist": ("points", 200),
    "ink-wash": ("ink_wash", 210),
    "charcoal": ("charcoal", 201),
    "woodcut": ("woodcut", 208),
    "halftone-pop": ("halftone", 209),
    "risograph": ("risograph", 200),
    "stained-glass": ("stained_glass", 202),
    "mosaic": ("mosaic", 211),
    "terrazzo": ("terrazzo", 200),
    "marbling": ("marbling", 203),
    "knitwear": ("knit", 208),
    "gold-leaf": ("gold_leaf", 205),
    "blueprint": ("blueprint", 209),
    "neon": ("neon", 211),
}


def drawn_file(name: str) -> bytes:
    """The preset's picture as WebP; the same bytes with the same versions of the libraries."""
    kind, seed = STYLES[name]
    file = io.BytesIO()
    to_image(draw(kind, SIZE_PX, seed)[None], None).save(file, "WEBP", quality=QUALITY, method=6)
    return file.getvalue()


def main(folder: Path | None) -> None:
    for name in STYLES:
        path = PRESETS[name].path if folder is None else folder / f"{name}.webp"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(drawn_file(name))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
