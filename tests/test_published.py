"""What lies in weights/: every network is rebuilt from its config, and makes the pictures it made when published."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gan.contract import Result
from gan.enhance.network import EnhanceConfig, EnhanceNet
from gan.enhance.pipeline import EnhanceRequest
from gan.imaging.codec import decode
from gan.imaging.picture import Picture
from gan.manifest import Manifest
from gan.metrics.fidelity import compare, psnr_y
from gan.nets.blocks import fuse
from gan.studio import ROOT, WEIGHTS_DIR, Studio
from gan.weights import read, verify

RECORDS = Manifest.read(WEIGHTS_DIR).records
GOLDEN = Path(__file__).parent / "golden"
LEAST_GOLDEN_PSNR = 45.0
"""Other processors round differently; a changed network or pipeline is below 40 dB."""


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio("cpu")


def test_all_three_are_there_and_whole() -> None:
    assert {"enhance-x1", "enhance-x2", "enhance-x4"} <= {record.name for record in RECORDS}
    assert [check for check in verify(WEIGHTS_DIR) if check.problem] == []


@pytest.mark.parametrize("name", [record.name for record in RECORDS])
def test_rebuilt_from_its_config(name: str) -> None:
    checkpoint = read(name, WEIGHTS_DIR)
    assert checkpoint.record is not None
    network = fuse(EnhanceNet(EnhanceConfig(**checkpoint.config)))
    checkpoint.fill(network)
    assert sum(p.numel() for p in network.parameters()) == checkpoint.record.parameters
    card = (WEIGHTS_DIR / checkpoint.record.path / "README.md").read_text("utf-8")
    for metric in checkpoint.record.metrics.values():
        assert f"{metric['value']:.2f}" in card or f"{metric['value']:.3f}" in card or str(metric["value"]) in card


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_golden_pictures(studio: Studio, scale: int) -> None:
    made = _enhanced(studio, decode(ROOT / "examples/carton.jpg"), scale)
    golden = decode(GOLDEN / f"carton-x{scale}.png")
    assert compare(made.picture, golden)["PSNR"] > LEAST_GOLDEN_PSNR


def test_a_clean_picture_keeps_38_db_at_x1(studio: Studio) -> None:
    """The golden x4 picture, shrunk, is a clean one; so is a smooth gradient."""
    sharp = decode(GOLDEN / "carton-x4.png").rgb
    clean = torch.nn.functional.interpolate(sharp, scale_factor=0.5, mode="area")
    assert float(psnr_y(_enhanced(studio, Picture(clean), 1).picture.rgb, clean, 0)) > 38
    ramp = torch.linspace(0, 1, 96).expand(1, 3, 64, 96).contiguous()
    assert float(psnr_y(_enhanced(studio, Picture(ramp), 1).picture.rgb, ramp, 0)) > 38


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_smooth_gradient_shows_no_bands(studio: Studio, scale: int) -> None:
    ramp = torch.linspace(0.2, 0.8, 64).expand(1, 3, 48, 64).contiguous()
    made = _enhanced(studio, Picture(ramp), scale).picture.rgb[..., 8:-8, 8 * scale : -8 * scale]
    steps = made.diff(dim=3)
    assert steps.abs().max() < 8 / 255
    assert made.std(dim=2).max() < 2 / 255


def _enhanced(studio: Studio, picture: Picture, scale: int) -> Result:
    return studio.run(EnhanceRequest(picture=picture, scale=scale))
