"""Draws the Space's thumbnail of the tour's pictures: `python examples/thumbnail.py`, or with OWNER/NAME of the Space.

With a name, the front matter of README.md gets the picture's address there: a Space takes no path for it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
PICTURE = Path("examples/tour/thumbnail.jpg")
PARTS = ("day.jpg", "helmet.jpg", "inpaint.jpg")
"""Of `tour/`, one below the other."""

SIZE = (1200, 630)
GAP_PX = 12


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
    """The parts as wide rows of equal height on white, each cut from its middle."""
    canvas = Image.new("RGB", SIZE, "white")
    height_px = (SIZE[1] - GAP_PX * (len(PARTS) + 1)) // len(PARTS)
    width_px = SIZE[0] - 2 * GAP_PX
    for number, part in enumerate(PARTS):
        with Image.open(tour / part) as image:
            scale = max(width_px / image.width, height_px / image.height)
            size = (round(image.width * scale), round(image.height * scale))
            row = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        left, top = (row.width - width_px) // 2, (row.height - height_px) // 2
        row = row.crop((left, top, left + width_px, top + height_px))
        canvas.paste(row, (GAP_PX, GAP_PX + number * (height_px + GAP_PX)))
    return canvas


def with_thumbnail(readme: str, name: str) -> str:
    """A README whose front matter names the picture of this Space."""
    _, front, text = readme.split("---\n", 2)
    kept = re.sub(r"^thumbnail: .*\n", "", front, flags=re.MULTILINE)
    line = f"thumbnail: https://huggingface.co/spaces/{name}/resolve/main/{PICTURE.as_posix()}\n"
    return f"---\n{kept}{line}---\n{text}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
