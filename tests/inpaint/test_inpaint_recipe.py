"""The inpainting recipe: golden losses, exact resume, what is published, what is judged."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image
from rooms import furnish
from training_runs import assert_publishes_the_average, assert_resumes, lines, options

from gan.core.errors import ConfigError
from gan.inpaint.network import InpaintNet, inpaint_config
from gan.inpaint.train import recipe as training
from gan.inpaint.train.recipe import PRESETS, RECIPE, InpaintRecipe
from gan.training.data import holes
from gan.training.loop import stream, train

SMALL = ["tiny", "tiny-gan", "tiny-pixels"]
GOLDEN = {
    "tiny": {"l1": 0.1619, "known": 0.0154, "features": 0.2970},
    "tiny-gan": {"l1": 0.1481, "features": 0.2566, "adversarial": 0.1577, "discriminator": 7.4507},
    "tiny-pixels": {"l1": 0.1619, "adversarial": 0.6791, "discriminator": 1.3869},
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


@pytest.mark.parametrize("preset", SMALL)
def test_golden_losses(wall: Path, tmp_path: Path, preset: str) -> None:
    """Three steps give what they gave when this was written, so a change of the recipe cannot go unnoticed."""
    train(RECIPE, PRESETS[preset], options(wall, tmp_path, 3, preset, save_every=100))
    last = lines(tmp_path, "train")[-1]
    for name, value in GOLDEN[preset].items():
        assert last[name] == pytest.approx(value, rel=0.02, abs=2e-3), name


@pytest.mark.parametrize("preset", SMALL)
def test_four_steps_equal_two_and_resume_and_two(wall: Path, tmp_path: Path, preset: str) -> None:
    whole = train(RECIPE, PRESETS[preset], options(wall, tmp_path / "whole", 4, preset))
    assert_resumes(RECIPE, PRESETS[preset], whole, options(wall, tmp_path / "halves", 4, preset))


def test_what_is_published_is_the_average(wall: Path, tmp_path: Path) -> None:
    state = train(RECIPE, PRESETS["tiny"], options(wall, tmp_path, 2))
    assert_publishes_the_average(state, tmp_path, lambda config: InpaintNet(inpaint_config(config)))


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


def test_scenes_below_the_folder_are_true_pairs(wall: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(wall, folder / "wall")
    assert training.data(PRESETS["tiny"], folder, 0).scenes is None
    furnish(folder / "rooms")
    found = training.data(PRESETS["tiny"], folder, 0)
    assert found.scenes is not None
    assert "scene-3" not in {entry.picture.stem for entry in found.scenes.entries}
    config = dataclasses.replace(PRESETS["tiny"], pairs=1.0, coarse=0.0)
    whole, given = next(stream(training.items(config, found, 0), start=0, batch=4))
    assert whole.shape == (4, 3, 32, 32)
    hole = given[:, 6] > 0
    assert hole.flatten(1).any(1).all()
    red = (whole[:, 0] > 0.8) & (whole[:, 2] < 0.2)
    assert float((red & hole).float().sum() / hole.float().sum()) < 0.02
