"""Photographed materials: seamless, in the color that is asked for, small, and with their licence named."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gan.scene.materials import MATERIALS, Paint
from gan.scene.noise import Noise
from gan.scene.textures import FOLDER, TEXTURES, tile

SOURCES = (Path(__file__).parents[2] / "examples/SOURCES.md").read_text()


def painted(name: str, size_px: int) -> torch.Tensor:
    color = torch.tensor([0.3, 0.4, 0.2]).view(3, 1, 1)
    return MATERIALS[name](Paint(Noise(size_px, 3), color, color * 0.8, 4, (0.5, 0.5)))


@pytest.mark.parametrize("name", TEXTURES)
def test_a_tile_has_no_seam_and_the_color_that_is_asked_for(name: str) -> None:
    for size in (64, 512, 1024):
        made = painted(name, size)
        assert made.shape == (3, size, size)
        assert made.mean((1, 2)).tolist() == pytest.approx([0.3, 0.4, 0.2], abs=0.01)
        assert torch.equal(made, painted(name, size))
    rgb = tile(name)
    for axis in (1, 2):
        steps = (rgb - rgb.roll(1, axis)).abs().mean((0, 3 - axis))  # the first is from the last line to the first
        assert float(steps[0]) < 1.6 * float(steps.quantile(0.95))


def test_each_is_of_free_licence_and_named_and_all_are_small() -> None:
    files = {path.stem: path.stat().st_size for path in FOLDER.glob("*.webp")}
    assert set(files) == set(TEXTURES)
    assert sum(files.values()) < 2 * 2**20
    for name, texture in TEXTURES.items():
        assert texture.licence in ("CC0-1.0", "CC-BY-3.0")
        assert f"`{name}`" in SOURCES
        assert texture.licence == "CC0-1.0" or texture.author in SOURCES
