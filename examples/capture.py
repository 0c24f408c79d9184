"""Draw the example shots of `python -m gan flatfield`, `colorcard`, `matte` and `stack`, each with a known answer.

    python examples/capture.py FOLDER

What is drawn is synthetic; the product is the example chair. In FOLDER then, among others:

    python -m gan flatfield day -o even --flat-field empty-table.jpg
    python -m gan colorcard card.jpg -o true.jpg
    python -m gan matte glass-on-black.jpg --on-white glass-on-white.jpg -o glass.png
    python -m gan stack focus -o sharp.png
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from examples.capture_card import photograph  # noqa: E402
from examples.capture_glass import glass, on_ground  # noqa: E402
from gan.imaging.color import to_linear, to_srgb  # noqa: E402
from gan.imaging.io.codec import Encoding, decode, write  # noqa: E402
from gan.imaging.picture import Picture  # noqa: E402

TILTED = [(110.0, 70.0), (380.0, 110.0), (350.0, 300.0), (90.0, 240.0)]


def main(folder: Path) -> int:
    """Write the shots. Returns the exit status."""
    chair = decode(ROOT / "examples" / "chair.jpg")
    light = lamps(*chair.rgb.shape[2:])
    save(Picture(to_srgb(light)), folder / "empty-table.jpg")
    save(Picture(to_srgb((to_linear(chair.rgb) * light).clamp(0, 1))), folder / "day" / "chair.jpg")
    save(photograph(TILTED), folder / "card.jpg")
    save(on_ground(*glass(240, 300), 0.004, 0.003, 1), folder / "glass-on-black.jpg")
    save(on_ground(*glass(240, 300, 2.3, -1.6), 0.85, 0.003, 2), folder / "glass-on-white.jpg")
    for number, depth in enumerate((0.0, 0.5, 1.0), 1):
        save(Picture(focused(chair.rgb, depth)), folder / "focus" / f"{number}.jpg")
    return 0


def lamps(height: int, width: int) -> Tensor:
    """(1, 3, H, W), linear: falloff towards the corners, and a warmer lamp on the left than on the right."""
    y, x = torch.linspace(-0.7, 0.7, height)[:, None], torch.linspace(-0.8, 0.8, width)[None]
    falloff = 0.8 * (1 / (1 + y**2 + x**2)) ** 2
    tint = 0.15 * x.expand(height, width)
    return (falloff * torch.stack([1 - tint, torch.ones(height, width), 1 + tint]))[None]


def focused(rgb: Tensor, depth: float) -> Tensor:
    """A picture whose top is far and whose bottom is near, focused between, 0 to 1."""
    from scipy import ndimage

    away = (torch.linspace(1, 0, rgb.shape[2]) - depth).abs().view(1, 1, -1, 1)
    soft = [rgb, *(torch.from_numpy(ndimage.gaussian_filter(rgb.numpy(), (0, 0, s, s))) for s in (1.5, 3.0))]
    made = torch.lerp(soft[0], soft[1], (2 * away).clamp(0, 1))
    return torch.lerp(made, soft[2], (2 * away - 1).clamp(0, 1))


def save(picture: Picture, path: Path) -> None:
    write(picture, path, Encoding(file_format="jpeg", quality=92))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("python examples/capture.py FOLDER")
    sys.exit(main(Path(sys.argv[1])))
