"""A few small scenes as `examples/catalogue/render.py --scenes` writes them, drawn by code."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

HELD_OUT = "room-16"
"""A product that `gan.training.data.pictures.split` holds out; a test says so."""


def furnish(folder: Path, count: int = 4, side: int = 64) -> Path:
    """Scenes of a red square before a blue disc on a striped floor; the last one's main product is `HELD_OUT`."""
    for name in ("pictures", "empty", "covers"):
        (folder / name).mkdir(parents=True)
    down, across = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    lines = []
    for index in range(count):
        name = f"scene-{index}"
        place = (0.5 + 0.3 * torch.sin((across + index) / 3.0)).expand(3, -1, -1)
        square = ((down - side * 0.6).abs().maximum((across - side * (0.3 + 0.02 * index)).abs()) < side * 0.16).float()
        disc = (((down - side * 0.3) ** 2 + (across - side * 0.7) ** 2).sqrt() < side * 0.15).float() * (1 - square)
        empty = torch.lerp(place, _color(0.1, 0.2, 0.9), disc)
        _save(torch.lerp(empty, _color(0.9, 0.1, 0.1), square), folder / f"pictures/{name}.webp")
        _save(empty, folder / f"empty/{name}.webp")
        for number, cover in enumerate((square, disc)):
            _save(cover.expand(3, -1, -1), folder / f"covers/{name}-{number}.png")
        product = HELD_OUT if index == count - 1 else f"square-{index}"
        lines.append(
            json.dumps({"id": name, "product": product, "things": [{"product": product}, {"product": "disc"}]})
        )
    (folder / "meta.jsonl").write_text("\n".join([*lines, "no record", ""]), encoding="utf-8")
    return folder


def answer(folder: Path, count: int = 3, side: int = 64) -> Path:
    """Photographs with a teacher's soft answers."""
    for name in ("pictures", "soft"):
        (folder / name).mkdir(parents=True)
    for index in range(count):
        ramp = torch.linspace(0, 1, side).expand(side, side)
        _save(torch.stack([ramp, ramp.T, 1 - ramp]), folder / f"pictures/photo-{index}.png")
        _save((ramp > 0.5 + 0.1 * index).float().expand(3, -1, -1) * 0.8, folder / f"soft/photo-{index}.png")
    return folder


def _color(red: float, green: float, blue: float) -> Tensor:
    return torch.tensor([red, green, blue])[:, None, None]


def _save(rgb: Tensor, path: Path) -> None:
    picture = Image.fromarray((rgb * 255).round().byte().permute(1, 2, 0).numpy())
    picture.save(path, **({"lossless": True} if path.suffix == ".webp" else {}))
