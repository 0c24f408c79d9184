"""The inpainting recipe: golden losses, exact resume, what is published, what is judged."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from rooms import furnish

from gan.core.errors import ConfigError
from gan.inpaint.network import InpaintNet, inpaint_config
from gan.inpaint.train import recipe as training
from gan.inpaint.train.recipe import PRESETS, RECIPE, InpaintRecipe
from gan.models.weights import read
from gan.training.data import holes
from gan.training.loop import train
from gan.training.options import RunOptions
from gan.training.recipe import Recipe, State

SMALL = ["tiny", "tiny-gan", "tiny-pixels"]
GOLDEN = {
    "tiny": {"l1": 0.1717, "known": 0.0179, "features": 0.3260},
    "tiny-gan": {"l1": 0.1517, "features": 0.2646, "adversarial": 0.1266, "discriminator": 7.4573},
    "tiny-pixels": {"l1": 0.1717, "adversarial": 0.6788, "discriminator": 1.3870},
}


@pytest.fixture(scope="session")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of stripes in several widths and colours."""
    folder = tmp_path_factory.mktemp("wall")
    for index in range(4):
        across = torch.arange(96)[None, :, None].expand(80, 96, 3)
        stripes = 127 + 120 * torch.sin(across / (2.0 + index) + torch.arange(3) + torch.arange(80)[:, None, None] / 9)
        Image.fromarray(stripes.to(torch.uint8).numpy()).save(folder / f"{index}.png")
    return folder


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "VALIDATION_FILLS", 2)
    monkeypatch.setattr(holes, "_fonts", lambda: ())  # other machines have other fonts


def _options(wall: Path, out: Path, steps: int, preset: str, **changes: Any) -> RunOptions:
    fixed = {"device": "cpu", "save_every": 100, "log_every": 1, "preset": preset}
    return RunOptions(data=wall, out=out, steps=steps, **(fixed | changes))


def _lines(run: Path, kind: str) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, (run / "log.jsonl").read_text().splitlines()) if line["kind"] == kind]


@pytest.mark.parametrize("preset", SMALL)
def test_golden_losses(wall: Path, tmp_path: Path, preset: str) -> None:
    """Three steps give what they gave when this was written, so a change of the recipe cannot go unnoticed."""
    train(RECIPE, PRESETS[preset], _options(wall, tmp_path, 3, preset))
    last = _lines(tmp_path, "train")[-1]
    for name, value in GOLDEN[preset].items():
        assert last[name] == pytest.approx(value, rel=0.02, abs=2e-3), name


@pytest.mark.parametrize("preset", SMALL)
def test_four_steps_equal_two_and_resume_and_two(wall: Path, tmp_path: Path, preset: str) -> None:
    config = PRESETS[preset]
    whole = train(RECIPE, config, _options(wall, tmp_path / "whole", 4, preset, save_every=2))
    with pytest.raises(_Enough):
        train(_stopping(2), config, _options(wall, tmp_path / "halves", 4, preset, save_every=2))
    resumed = train(RECIPE, config, _options(wall, tmp_path / "halves", 4, preset, save_every=2))
    left, right = whole.state_dict(), resumed.state_dict()
    for part in ("networks", "ema", "optimizers"):
        torch.testing.assert_close(left[part], right[part], rtol=0, atol=0)


def test_what_is_published_is_the_average(wall: Path, tmp_path: Path) -> None:
    state = train(RECIPE, PRESETS["tiny"], _options(wall, tmp_path, 2, "tiny"))
    published = read(str(tmp_path / "weights"), tmp_path)
    network = InpaintNet(inpaint_config(published.config))
    published.fill(network)
    average = state.ema["network"].module.state_dict()
    for name, value in network.state_dict().items():
        assert torch.equal(value.half(), average[name].half()), name


def test_a_smaller_network_gives_what_fits(wall: Path) -> None:
    source = training.build(PRESETS["tiny"])
    changed = dataclasses.replace(PRESETS["tiny"].network, channels=(8, 8, 8, 8, 16))
    state = training.build(dataclasses.replace(PRESETS["tiny"], network=changed))
    (sentence,) = training.warm_start(state, source.networks["network"].state_dict())
    assert torch.equal(state.networks["network"].head.weight, source.networks["network"].head.weight)  # type: ignore[union-attr, arg-type]
    total = len(source.networks["network"].state_dict())
    assert f"of {total} tensors" in sentence
    assert not sentence.startswith(f"{total} ")


def test_only_what_the_hole_shows_is_judged() -> None:
    """A discriminator's loss does not change with known pixels that look the same on both sides."""
    torch.manual_seed(0)
    judge = training.build_judge("pixels")
    composite, mask = torch.rand(1, 3, 32, 32), torch.zeros(1, 1, 32, 32)
    mask[..., 4:12, 4:12] = 1
    composite.requires_grad_(True)
    training.generator_term("pixels", judge, composite, [], mask).backward()
    assert composite.grad is not None
    assert composite.grad[..., 4:12, 4:12].abs().sum() > 0


def test_a_crop_that_does_not_suit_the_network_is_refused() -> None:
    with pytest.raises(ConfigError, match="multiple of 32"):
        InpaintRecipe(patch_px=100)


def test_the_dry_run_says_what_it_costs() -> None:
    parameters, macs = RECIPE.cost(PRESETS["cpu-128"])
    assert "M parameters" in parameters
    assert "GMACs" in macs


class _Enough(Exception):
    pass


def _stopping(at: int) -> Recipe[InpaintRecipe]:
    def step(state: State, *rest: Any) -> Any:
        if state.step == at:
            raise _Enough
        return training.step(state, *rest)

    return dataclasses.replace(RECIPE, step=step)


def test_scenes_below_the_folder_are_true_pairs(wall: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(wall, folder / "wall")
    assert training.data(PRESETS["tiny"], folder, 0).scenes is None
    furnish(folder / "rooms")
    found = training.data(PRESETS["tiny"], folder, 0)
    assert found.scenes is not None
    assert "scene-3" not in {entry.picture.stem for entry in found.scenes.entries}
    config = dataclasses.replace(PRESETS["tiny"], pairs=1.0, coarse=0.0)
    whole, given = next(training.batches(config, found, 0, 4, 0, 1, 0, 0))
    assert whole.shape == (4, 3, 32, 32)
    hole = given[:, 6] > 0
    assert hole.flatten(1).any(1).all()
    red = (whole[:, 0] > 0.8) & (whole[:, 2] < 0.2)
    assert float((red & hole).float().sum() / hole.float().sum()) < 0.02
