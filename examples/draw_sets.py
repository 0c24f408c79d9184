"""Draw the thumbnails of the sets in gan/scene/sets: a vase, which is drawn here too, in each of them.

python examples/draw_sets.py [--names oak-table lawn] [--out FOLDER]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gan.core.contract import Context, run
from gan.imaging.io.codec import Encoding, write
from gan.imaging.picture import Picture
from gan.imaging.resize import resize
from gan.scene.pipeline import SceneRequest, scene
from gan.scene.sets import FOLDER, NAMES, SETS

DRAWN_PX, THUMB_PX = 360, 240


def vase(size_px: int = 420) -> Picture:
    """A glazed vase, turned from a profile, lit from the left."""
    y = (np.arange(2 * size_px) + 0.5) / (2 * size_px)  # from the rim to the foot
    body = 0.30 * np.sin(np.pi * np.clip((y - 0.22) / 0.95, 0, 1)) ** 0.8
    neck = 0.085 + 0.03 * np.exp(-(((y - 0.0) / 0.03) ** 2))
    radius = np.maximum(neck, body) * np.where(y > 0.97, 1 - (y - 0.97) * 4, 1)
    foot = 0.03  # half the height at which a round foot is seen from above
    x = ((np.arange(2 * size_px) + 0.5) / (2 * size_px) - 0.5)[None, :]
    side = x / radius[:, None]
    rows = y[:, None] - foot * np.sqrt(np.clip(1 - side**2, 0, 1)) * (y[:, None] / 1.0)
    inside = np.abs(side) < 1
    lower = y[:, None] < 1 - foot * (1 - np.sqrt(np.clip(1 - (x / radius[round(1.93 * size_px)]) ** 2, 0, 1)))
    alpha = (inside & lower).astype(np.float32)
    front = np.sqrt(np.clip(1 - side**2, 0, 1))
    light = 0.30 + 0.62 * np.clip(-0.62 * side + 0.72 * front, 0, 1) + 0.06 * (1 - rows)
    gleam = np.exp(-(((side + 0.45) / 0.07) ** 2)) * np.clip(np.sin(np.pi * np.clip(y[:, None], 0, 1)), 0, 1)
    color = np.array([0.93, 0.91, 0.87], np.float32)[:, None, None]
    rgb = np.clip(color * light[None] ** 0.6 + 0.18 * gleam[None] ** 1.5, 0, 1).astype(np.float32)
    picture = torch.from_numpy(rgb)[None], torch.from_numpy(alpha)[None, None]
    return Picture(*(resize(part, size_px, size_px) for part in picture))


def main() -> int:
    """Write a WebP for each set."""
    parser = argparse.ArgumentParser(description="Draws the thumbnails of sets.")
    parser.add_argument("--names", nargs="*", default=list(NAMES), choices=NAMES)
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args()
    product = vase()
    for name in options.names:
        camera = {"width_px": DRAWN_PX, "height_px": DRAWN_PX, "elevation_deg": SETS[name].elevation_deg}
        request = SceneRequest(picture=product, set=SETS[name], **camera)
        result = run(scene, request, Context(torch.device("cpu"), lambda *_: None, seed=0), task="scene")  # type: ignore[arg-type,return-value]
        small = Picture(resize(result.picture.rgb, THUMB_PX, THUMB_PX))
        write(small, options.out / f"{name}.webp", Encoding(file_format="webp", quality=82))
        print(name, (options.out / f"{name}.webp").stat().st_size)
    return 0


if __name__ == "__main__":
    sys.exit(main())
