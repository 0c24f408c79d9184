"""Photographs for training Cut-out, from two Debian packages, as a data folder of masked things and of scenes.

    apt-get download tuxpaint-stamps-default scratch
    dpkg -x tuxpaint-stamps-default_*.deb stamps && dpkg -x scratch_*.deb scratch
    python examples/debian_pictures.py stamps scratch DATA

Tux Paint's stamps (GPL-2) are photographs and drawings of things with transparency; of these the photographs. Scratch's
backgrounds (CC-BY-SA-3.0, Massachusetts Institute of Technology) are places: a kitchen, a shop, a brick wall.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

LEAST_PX = 110
SIDE_PX = 384
FLAT = 0.3
"""Of a photograph's pixels fewer share its eight most frequent colors; of a drawing's more."""


def main(stamps: Path, scratch: Path, out: Path) -> None:
    pictures, masks, scenes = (out / name for name in ("stamps/images", "stamps/masks", "scenes"))
    for folder in (pictures, masks, scenes):
        folder.mkdir(parents=True, exist_ok=True)
    things = [path for path in sorted(stamps.rglob("*.png")) if _is_photograph(path)]
    for path in things:
        with Image.open(path) as image:
            whole = image.convert("RGBA")
        whole.thumbnail((SIDE_PX, SIDE_PX))
        on_white = Image.alpha_composite(Image.new("RGBA", whole.size, "white"), whole).convert("RGB")
        on_white.save(pictures / f"{path.stem}.webp", lossless=True)
        whole.getchannel("A").save(masks / f"{path.stem}.png")
    places = sorted((scratch / "usr/share/scratch/Media/Backgrounds").rglob("*.jpg"))
    for path in places:
        with Image.open(path) as image:
            image.convert("RGB").save(scenes / f"{path.stem}.webp", quality=95)
    print(f"{len(things)} things with masks and {len(places)} places are in {out}")


def _is_photograph(path: Path) -> bool:
    with Image.open(path) as image:
        if max(image.size) < LEAST_PX:
            return False
        pixels = np.asarray(image.convert("RGBA")).astype(np.int64)
    solid = pixels[pixels[:, :, 3] > 250][:, :3] // 4
    if len(solid) < 1500 or (pixels[:, :, 3] < 128).mean() < 0.05:
        return False
    _, counts = np.unique(solid @ np.array([4096, 64, 1]), return_counts=True)
    return bool(np.sort(counts)[::-1][:8].sum() < FLAT * len(solid))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*map(Path, sys.argv[1:]))
