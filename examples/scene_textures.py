"""Make the photographed materials in gan/scene/textures from Debian's package sweethome3d-furniture.

python examples/scene_textures.py /usr/share/sweethome3d/furniture

Each picture loses its uneven light and is laid over itself, shifted by a half, where its ends meet, so that it tiles.
"""

from __future__ import annotations

import argparse
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy import ndimage

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gan.imaging.io.codec import Encoding, write
from gan.imaging.picture import Picture
from gan.scene.textures import FOLDER, TEXTURES

SIDE_PX, LAP = 512, 0.2


def seamless(rgb: np.ndarray) -> np.ndarray:
    """A picture, (H, W, 3), of which opposite ends continue each other."""
    even = rgb / ndimage.gaussian_filter(rgb, (SIDE_PX / 6, SIDE_PX / 6, 0), mode="reflect") * rgb.mean((0, 1))
    for axis in (0, 1):
        lap = round(LAP * even.shape[axis])
        first, rest = np.split(even, [lap], axis)
        shape = [1, 1, 1]
        shape[axis] = lap
        share = (0.5 - 0.5 * np.cos(np.pi * (np.arange(lap) + 0.5) / lap)).reshape(shape)
        body, last = np.split(rest, [rest.shape[axis] - lap], axis)
        # Two pictures that have nothing to do with each other lose contrast where they are averaged.
        mean = even.mean((0, 1))
        mixed = mean + ((first - mean) * share + (last - mean) * (1 - share)) / np.sqrt(share**2 + (1 - share) ** 2)
        even = np.concatenate([mixed, body], axis)
    return even.clip(0, 1)


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes the photographed materials.")
    parser.add_argument("furniture", type=Path, help="folder of the package's archives")
    options = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    for name, texture in TEXTURES.items():
        with zipfile.ZipFile(options.furniture / f"{texture.archive}.sh3f") as archive:
            image = Image.open(io.BytesIO(archive.read(texture.path))).convert("RGB").resize((SIDE_PX, SIDE_PX))
        made = Image.fromarray((seamless(np.asarray(image, float) / 255) * 255).round().astype(np.uint8))
        rgb = np.asarray(made.resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS), np.float32) / 255
        picture = Picture(torch.from_numpy(rgb).permute(2, 0, 1)[None].contiguous())
        write(picture, FOLDER / f"{name}.webp", Encoding(file_format="webp", quality=85))
        print(name, (FOLDER / f"{name}.webp").stat().st_size)
    return 0


if __name__ == "__main__":
    sys.exit(main())
