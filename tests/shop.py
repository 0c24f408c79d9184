"""A small shop for tests: products with masks beside them, and grounds."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image


def open_shop(folder: Path, products: int = 4, side: int = 64) -> Path:
    """Colored discs on white with their masks in `catalogue/`, and stripes in `photos/`."""
    for name in ("catalogue/images", "catalogue/masks", "photos"):
        (folder / name).mkdir(parents=True)
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    for index in range(products):
        disc = (((x - side / 2) ** 2 + (y - side / 2) ** 2).sqrt() < side * (0.2 + 0.05 * index)).float()
        color = torch.tensor([0.8, 0.2 * index, 0.3])[:, None, None]
        _save(color * disc + (1 - disc), folder / f"catalogue/images/{index}.png")
        _save(disc[None].expand(3, -1, -1), folder / f"catalogue/masks/{index}.png")
        stripes = 0.5 + 0.4 * torch.sin((x + index * y) / (3.0 + index))
        _save(torch.stack([stripes, stripes.flip(0), 1 - stripes]), folder / f"photos/{index}.png")
    return folder


def _save(rgb: torch.Tensor, path: Path) -> None:
    Image.fromarray((rgb * 255).round().byte().permute(1, 2, 0).numpy()).save(path)
