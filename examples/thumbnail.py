"""Draws the Space's thumbnail of a picture of the tour: `python examples/thumbnail.py`, or with the Space's OWNER/NAME.

With a name, the front matter of README.md gets the picture's address there: a Space takes no path for it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
PICTURE = Path("examples/tour/thumbnail.jpg")
TOUR = "day.jpg"
"""Of `tour/`: products as they came, cut out, in another color, on white, in a frame; the upper half is shown."""

SIZE = (1200, 630)
MARGIN_PX = 24


def main(names: list[str]) -> int:
    """Write the picture, and with a name its address. Returns the exit status, 2 for what is no name."""
    if len(names) > 1 or not all(re.fullmatch(r"[\w.-]+/[\w.-]+", name) for name in names):
        print("thumbnail.py: OWNER/NAME of a Space is expected, or nothing", file=sys.stderr)
        return 2
    drawn(ROOT / "examples/tour").save(ROOT / PICTURE, quality=88)
    for name in names:
        readme = ROOT / "README.md"
        readme.write_text(with_thumbnail(readme.read_text("utf-8"), name), "utf-8")
    return 0


def drawn(tour: Path) -> Image.Image:
    """The picture's upper half as large as it fits, in the middle of white."""
    with Image.open(tour / TOUR) as image:
        half = image.convert("RGB").crop((0, 0, image.width, image.height // 2))
    scale = min((whole - 2 * MARGIN_PX) / side for whole, side in zip(SIZE, half.size, strict=True))
    size = (round(half.width * scale), round(half.height * scale))
    shown = half.resize(size, Image.Resampling.LANCZOS)
    canvas = Image.new("RGB", SIZE, "white")
    canvas.paste(shown, ((SIZE[0] - size[0]) // 2, (SIZE[1] - size[1]) // 2))
    return canvas


def with_thumbnail(readme: str, name: str) -> str:
    """A README whose front matter names the picture of this Space."""
    _, front, text = readme.split("---\n", 2)
    kept = re.sub(r"^thumbnail: .*\n", "", front, flags=re.MULTILINE)
    line = f"thumbnail: https://huggingface.co/spaces/{name}/resolve/main/{PICTURE.as_posix()}\n"
    return f"---\n{kept}{line}---\n{text}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
