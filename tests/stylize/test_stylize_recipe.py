"""The stylizing recipe: golden losses, exact resume, what is published, what is judged."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor
from training_runs import OneProcess, assert_publishes_the_average, assert_resumes, batch_of, lines, options

from gan.core.errors import ConfigError, InputError
from gan.imaging.optimal_transport import moments
from gan.models.weights import read
from gan.stylize.network import StylizeNet, stylize_config
from gan.stylize.train import recipe as training
from gan.stylize.train.recipe import PRESETS, RECIPE, StylizeData, StylizeRecipe
from gan.training.divergence import Watch
from gan.training.loop import train
from gan.training.recipe import State

TINY = PRESETS["tiny"]
GOLDEN = {
    "style": 0.7950,
    "histograms": 0.5207,
    "trained": 1.3915,
    "content": 0.2757,
    "structure": 0.3888,
    "identity": 0.1303,
}


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stripes as contents, and checks in other colours below `styles`."""
    folder = tmp_path_factory.mktemp("gallery")
    (folder / "styles").mkdir()
    y, x = torch.arange(80)[:, None, None], torch.arange(96)[None, :, None].expand(80, 96, 3)
    for index in range(3):
        stripes = 127 + 120 * torch.sin(x / (2.0 + index) + torch.arange(3) + y / 9)
        checks = 60 + 40 * index + 50 * (((x // (3 + index) + y // 5) % 2) * torch.tensor([1, -1, 0.5]))
        for name, pixels in ((f"{index}.png", stripes), (f"styles/{index}.png", checks)):
            Image.fromarray(pixels.to(torch.uint8).numpy()).save(folder / name)
    return folder


@pytest.fixture(scope="session")
def pairs(gallery: Path) -> StylizeData:
    return training.data(TINY, gallery, 0)


@pytest.fixture(scope="module")
def whole(gallery: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[State, Path]:
    """A run of four steps, with a checkpoint after two, and its folder."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "VALIDATION_PAIRS", 2)
        return train(RECIPE, TINY, options(gallery, folder, 4)), folder


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "VALIDATION_PAIRS", 2)


def test_golden_losses(whole: tuple[State, Path]) -> None:
    """Three steps give what they gave when this was written, so a change of the recipe cannot go unnoticed."""
    third = lines(whole[1], "train")[2]
    assert {name: third[name] for name in GOLDEN} == pytest.approx(GOLDEN, rel=0.02, abs=2e-3)


def test_four_steps_equal_two_and_resume_and_two(whole: tuple[State, Path], gallery: Path, tmp_path: Path) -> None:
    assert_resumes(RECIPE, TINY, whole[0], options(gallery, tmp_path, 4))


def test_what_is_published_is_the_average(whole: tuple[State, Path]) -> None:
    assert_publishes_the_average(*whole, lambda config: StylizeNet(stylize_config(config)))


def test_every_validation_leaves_its_figures_and_a_grid(whole: tuple[State, Path]) -> None:
    found = lines(whole[1], "validation")
    assert [line["step"] for line in found] == [2, 4]
    assert set(found[0]) >= {"style", "structure", "recolored_style", "recolored_structure"}
    assert found[0]["recolored_style"] == found[1]["recolored_style"]  # what nobody trained does not change
    assert len(list((whole[1] / "grids").glob("step-*.png"))) == 2


def test_another_run_begins_with_what_is_published(whole: tuple[State, Path]) -> None:
    published = read(str(whole[1] / "weights"), whole[1]).state
    state = training.build(TINY)
    (sentence,) = RECIPE.warm_start(state, published)
    assert sentence == f"{len(published)} of {len(published)} tensors were taken from the published network."
    for holder in (state.networks["network"], state.ema["network"].module):
        for name, value in holder.state_dict().items():
            assert torch.equal(value, published[name].float()), name


def test_a_step_moves_the_network_and_nothing_else(pairs: StylizeData) -> None:
    torch.manual_seed(0)
    state = training.build(TINY)
    network, features = state.networks["network"], state.frozen["features"]
    before, frozen = (
        {name: value.clone() for name, value in owner.state_dict().items()} for owner in (network, features)
    )
    losses = training.step(state, batch_of(pairs.training), TINY, OneProcess())
    assert set(losses) == {*GOLDEN, "grad_norm"}
    assert all(value.ndim == 0 and value.isfinite() for value in losses.values())
    assert any(not torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(torch.equal(value, frozen[name]) for name, value in features.state_dict().items())


def test_random_features_are_drawn_anew_for_every_step(pairs: StylizeData) -> None:
    """And are the same in the same step, whatever was drawn elsewhere."""

    def style(step: int) -> float:
        torch.manual_seed(0)
        state = training.build(TINY)
        state.step = step
        torch.manual_seed(step + 1)
        return training.step(state, batch_of(pairs.training), TINY, OneProcess())["style"].item()

    assert style(0) == style(0)
    assert style(0) != style(1)


def test_a_weight_that_is_no_number_is_noticed_and_not_raised(pairs: StylizeData) -> None:
    state = training.build(TINY)
    with torch.no_grad():
        state.networks["network"].head.weight[0, 0, 0, 0] = float("nan")  # type: ignore[index]
    losses = training.step(state, batch_of(pairs.training), TINY, OneProcess())
    assert Watch().look({name: value.item() for name, value in losses.items()}) is not None


def test_a_run_of_nothing_but_nan_is_given_up(gallery: Path, tmp_path: Path) -> None:
    def step(state: State, batch: tuple[Tensor, ...], *rest: Any) -> Any:
        content, style, texture = batch
        return training.step(state, (content, style, texture * float("nan")), *rest)

    with pytest.raises(ConfigError, match="diverged"):
        train(dataclasses.replace(RECIPE, step=step), TINY, options(gallery, tmp_path, 2))
    published = read(str(tmp_path / "weights"), tmp_path).state
    assert all(value.isfinite().all() for value in published.values())


def test_contents_take_the_styles_colors(pairs: StylizeData) -> None:
    content, style, _ = batch_of(pairs.training)
    recolored = training.in_colors_of(style, content)
    (mean, covariance), (wanted_mean, wanted), (_, own) = (moments(x) for x in (recolored, style, content))
    torch.testing.assert_close(mean, wanted_mean, atol=0.03, rtol=0)  # less what was clipped
    assert (covariance - wanted).norm() < 0.5 * (own - wanted).norm()
    assert not torch.equal(recolored, content)


def test_the_validation_judges_the_average_of_held_out_pairs(pairs: StylizeData) -> None:
    """Without texture and without what it learned, the network leaves the recolored content as it is."""
    state = training.build(TINY)
    network = state.ema["network"].module
    torch.nn.init.zeros_(network.tail.weight)  # type: ignore[arg-type]
    torch.nn.init.zeros_(network.tail.bias)  # type: ignore[arg-type]
    with torch.no_grad():
        network.tail.bias[12:] = -100.0  # type: ignore[index]
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    found = training.validate(state, TINY, pairs, torch.device("cpu"))
    assert torch.equal(before, torch.random.get_rng_state())
    for name in ("style", "structure"):
        assert found.figures[name] == pytest.approx(found.figures[f"recolored_{name}"], abs=1e-5)
    assert found.score == pytest.approx(found.figures["structure"] - 2 * found.figures["style"])
    assert found.pictures == 2
    side = TINY.patch_px + 2
    assert found.grid.shape == (3, side + 2, 6 * side + 2)
    content, style, _ = pairs.validation[0]
    assert torch.equal(found.grid[:, 2:34, 2:34], content)
    assert torch.equal(found.grid[:, 2:34, 2 + side : 34 + side], style)


def test_the_same_state_gets_the_same_figures(pairs: StylizeData) -> None:
    torch.manual_seed(0)
    state = training.build(TINY)
    first, again = (training.validate(state, TINY, pairs, torch.device("cpu")) for _ in range(2))
    assert first.figures == again.figures
    assert torch.equal(first.grid, again.grid)


def test_held_out_drawings_are_never_trained_on(pairs: StylizeData) -> None:
    assert len(pairs.training.drawn) == len(pairs.validation.drawn) == TINY.drawings
    for seen in pairs.training.drawn:
        assert not any(torch.equal(seen, held_out) for held_out in pairs.validation.drawn)
    assert pairs.training.turned == 0.5
    assert pairs.validation.turned == 0


def test_styles_and_contents_are_told_apart(pairs: StylizeData) -> None:
    for part in (pairs.training, pairs.validation):
        assert all("styles" not in entry.path.parts for entry in part.contents.entries)
        assert all("styles" in entry.path.parts for entry in part.styles.entries)


def test_a_folder_of_too_small_pictures_is_refused_in_one_sentence(tmp_path: Path) -> None:
    """Contents of 40 px would do for crops of 32; styles have to be half as large again."""
    for index in range(2):
        Image.new("RGB", (40, 40), (90 * index, 80, 70)).save(tmp_path / f"{index}.png")
    with pytest.raises(InputError) as refusal:
        training.data(TINY, tmp_path, 0)
    assert "at least 48 px" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_crop_that_does_not_suit_the_network_is_refused() -> None:
    with pytest.raises(ConfigError, match="multiple of 32"):
        StylizeRecipe(patch_px=100)
