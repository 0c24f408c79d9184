"""Photographs for training Cut-out, from three Debian packages, as a data folder of masked things and of scenes.

    apt-get download tuxpaint-stamps-default scratch gcompris-qt-data
    for name in tuxpaint-stamps-default scratch gcompris-qt-data; do dpkg -x "$name"_*.deb packages; done
    python examples/debian_pictures.py packages DATA

Tux Paint's stamps (GPL-2) are photographs and drawings of things with transparency; of these the photographs. Scratch's
backgrounds (CC-BY-SA-3.0, Massachusetts Institute of Technology) are places: a kitchen, a shop, a brick wall. Those of
GCompris (CC-BY-SA, GPL-3 and public domain, each named in the package's copyright file) are animals and monuments where
they stand, and so hold things that are not for sale.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

LEAST_PX = 110
SIDE_PX = 384
GROUND_PX = 1024
PAINTED = ("babyshapes", "details")
FLAT = 0.3
"""Of a photograph's pixels fewer share its eight most frequent colors; of a drawing's more."""


def main(packages: Path, out: Path) -> None:
    pictures, masks, scenes, life = (out / name for name in ("stamps/images", "stamps/masks", "scenes", "life"))
    for folder in (pictures, masks, scenes, life):
        folder.mkdir(parents=True, exist_ok=True)
    shared = packages / "usr/share"
    # A mirrored copy of what is held out would be trained on, and training mirrors anyway.
    found = [path for path in sorted((shared / "tuxpaint/stamps").rglob("*.png")) if not path.stem.endswith("_mirror")]
    things = {path.stem: path for path in found if _is_photograph(path)}
    for path in things.values():
        with Image.open(path) as image:
            whole = image.convert("RGBA")
        whole.thumbnail((SIDE_PX, SIDE_PX))
        on_white = Image.alpha_composite(Image.new("RGBA", whole.size, "white"), whole).convert("RGB")
        on_white.save(pictures / f"{path.stem}.webp", lossless=True)
        whole.getchannel("A").save(masks / f"{path.stem}.png")
    places = sorted((shared / "scratch/Media/Backgrounds").rglob("*.jpg"))
    for path in places:
        with Image.open(path) as image:
            image.convert("RGB").save(scenes / f"{path.stem}.webp", quality=95)
    count = 0
    for path in sorted(path for path in shared.rglob("*.rcc") if not path.stem.startswith(PAINTED)):
        for image in _packed(path.read_bytes()):
            image.thumbnail((GROUND_PX, GROUND_PX))
            image.save(life / f"{path.stem}-{count}.webp", quality=92)
            count += 1
    print(f"{len(things)} things with masks, {len(places)} places and {count} scenes of life are in {out}")


def _packed(content: bytes) -> Iterator[Image.Image]:
    """The photographs among a Qt resource file's WebP pictures, which lie in it as they are."""
    for match in re.finditer(b"RIFF(....)WEBP", content, re.DOTALL):
        size = int.from_bytes(match[1], "little") + 8
        try:
            with Image.open(io.BytesIO(content[match.start() : match.start() + size])) as image:
                image.load()
                if min(image.size) < SIDE_PX or image.mode != "RGB":
                    continue
                small = np.asarray(image.resize((128, 128))).reshape(-1, 3).astype(np.int64)
        except OSError:
            continue
        if not _is_flat(small // 8):
            yield image


def _is_photograph(path: Path) -> bool:
    with Image.open(path) as image:
        if max(image.size) < LEAST_PX:
            return False
        pixels = np.asarray(image.convert("RGBA")).astype(np.int64)
    solid = pixels[pixels[:, :, 3] > 250][:, :3] // 4
    if len(solid) < 1500 or (pixels[:, :, 3] < 128).mean() < 0.05:
        return False
    return not _is_flat(solid)


def _is_flat(colors: np.ndarray) -> bool:
    _, counts = np.unique(colors @ np.array([4096, 64, 1]), return_counts=True)
    return bool(np.sort(counts)[::-1][:8].sum() >= FLAT * len(colors))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*map(Path, sys.argv[1:]))
