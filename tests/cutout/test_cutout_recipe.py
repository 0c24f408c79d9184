"""The cut-out recipe: golden losses, exact resume, what is published, what is judged."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import pytest
import torch
from rooms import answer, furnish
from shop import open_shop
from torch import Tensor
from training_runs import OneProcess, assert_publishes_the_average, assert_resumes, batch_of, lines, options

from gan.core.errors import ConfigError, InputError
from gan.cutout.network import CutoutNet, cutout_config
from gan.cutout.train import recipe as training
from gan.cutout.train.recipe import PRESETS, RECIPE, CutoutData, CutoutRecipe
from gan.models.weights import read
from gan.training.divergence import Watch
from gan.training.loop import train
from gan.training.recipe import State

TINY = PRESETS["tiny"]
LOSSES = {"decided", "distance", "structure", "edges", "overlap", "grad_norm"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return open_shop(tmp_path_factory.mktemp("shop") / "data")


@pytest.fixture(scope="module")
def cases(shop: Path) -> CutoutData:
    return training.data(TINY, shop, 0)


@pytest.fixture(scope="module")
def whole(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[State, Path]:
    """A run of four steps, with a checkpoint after two, and its folder."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "VALIDATION_PICTURES", 2)
        return train(RECIPE, TINY, options(shop, folder, 4)), folder


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "VALIDATION_PICTURES", 2)


def test_four_steps_equal_two_and_resume_and_two(whole: tuple[State, Path], shop: Path, tmp_path: Path) -> None:
    assert_resumes(RECIPE, TINY, whole[0], options(shop, tmp_path, 4))


def test_what_is_published_is_the_average(whole: tuple[State, Path]) -> None:
    assert_publishes_the_average(*whole, lambda config: CutoutNet(cutout_config(config)))


def test_every_validation_leaves_its_figures_and_a_grid(whole: tuple[State, Path]) -> None:
    found = lines(whole[1], "validation")
    assert [line["step"] for line in found] == [2, 4]
    assert set(found[0]) >= {"iou", "error", "plain_iou", "plain_error"}
    assert found[0]["plain_iou"] == found[1]["plain_iou"]  # what nobody trained does not change
    assert len(list((whole[1] / "grids").glob("step-*.png"))) == 2


def test_another_run_begins_with_what_is_published(whole: tuple[State, Path]) -> None:
    published = read(str(whole[1] / "weights"), whole[1]).state
    state = training.build(TINY)
    (sentence,) = RECIPE.warm_start(state, {**published, "unknown": torch.zeros(1)})
    assert sentence == f"{len(published)} of {len(published) + 1} tensors were taken from the published network."
    for name, value in state.ema["network"].module.state_dict().items():
        assert torch.equal(value, published[name].float()), name


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with scenes and a teacher's answers beside it."""
    folder = open_shop(tmp_path_factory.mktemp("furnished") / "data")
    furnish(folder / "rooms")
    answer(folder / "taught")
    return folder


def test_scenes_and_answers_are_trained_on_and_resumed_exactly(furnished: Path, tmp_path: Path) -> None:
    whole = train(RECIPE, TINY, options(furnished, tmp_path / "whole", 4))
    assert_resumes(RECIPE, TINY, whole, options(furnished, tmp_path / "parts", 4))
    figures = lines(tmp_path / "whole", "validation")[-1]
    assert {"scene_iou", "scene_over_90", "click_iou", "click_over_90"} <= set(figures)


def test_scenes_of_held_out_products_are_validated_on_alone(furnished: Path) -> None:
    found = training.data(TINY, furnished, 0)
    assert found.training.scenes is not None
    assert found.scenes is not None
    assert [entry.picture.stem for entry in found.scenes.entries] == ["scene-3"]
    assert "scene-3" not in {entry.picture.stem for entry in found.training.scenes.entries}
    assert found.training.taught is not None
    # Nothing of a scene is a ground on which products are laid.
    grounds = [entry.path for around in found.training.composites.grounds for entry in around.entries]
    assert {path.parent.name for path in grounds} == {"photos"}


def test_a_perfect_network_gets_full_marks_in_scenes(furnished: Path) -> None:
    cases = training.data(TINY, furnished, 0)
    assert cases.scenes is not None
    rgb, covers = cases.scenes.whole(0)
    state = training.build(TINY)

    class Knowing(torch.nn.Module):
        """Sees which of the two was clicked."""

        def forward(self, given: Tensor) -> Tensor:
            small = torch.nn.functional.interpolate(covers[None], given.shape[2:], mode="area")
            second = bool((given[0, 3] == 1).any()) and float((small[0, 1] * (given[0, 3] == 1)).sum()) > 0.5
            return (small[:, 1:2] if second else small[:, :1]) * 20 - 10

    state.ema["network"].module = Knowing()
    found = training.validate(state, TINY, cases, torch.device("cpu"))
    assert rgb.shape[1] > TINY.side_px
    assert found.figures["scene_iou"] > 0.85
    assert found.figures["click_iou"] > 0.85
    assert found.pictures == 3


def test_a_teachers_answer_counts_less(cases: CutoutData) -> None:
    given, alpha, weight = batch_of(cases.training)
    found = []
    for share in (1.0, 0.5):
        torch.manual_seed(0)
        losses = training.step(training.build(TINY), (given, alpha, weight * share), TINY, OneProcess())
        found.append({name: float(value.detach()) for name, value in losses.items()})
    whole, half = found
    for name in ("decided", "distance", "structure", "overlap"):
        assert half[name] == pytest.approx(whole[name] / 2, rel=1e-4)


def test_the_losses_are_those_worked_out_by_hand(cases: CutoutData) -> None:
    """A network that answers one half everywhere, against a coverage of one half of the frame."""
    state = training.build(TINY)
    with torch.no_grad():
        network = state.networks["network"]
        network.tail.weight.zero_()  # type: ignore[operator, union-attr]
        network.tail.bias.zero_()  # type: ignore[operator, union-attr]
    alpha = torch.zeros(1, 1, 32, 32)
    alpha[..., 16:] = 1
    made = training.step(state, (torch.rand(1, 4, 32, 32), alpha, torch.ones(1, 1, 1, 1)), TINY, OneProcess())
    losses = {name: float(value.detach()) for name, value in made.items()}
    # Equally wrong everywhere, so that a band of weights of mean 1 changes nothing.
    assert losses["decided"] == pytest.approx(math.log(2), abs=1e-5)
    assert losses["distance"] == pytest.approx(0.5, abs=1e-6)
    # Half of the frame is covered by half in common, and by 1 and a half together.
    assert losses["overlap"] == pytest.approx(1 - (0.5 * 0.5) / (0.5 * 1 + 0.5 * 0.5), abs=1e-5)


def test_the_losses_fall_on_one_batch(cases: CutoutData) -> None:
    torch.manual_seed(0)
    state = training.build(TINY)
    batch = batch_of(cases.training)
    first = training.step(state, batch, TINY, OneProcess())
    assert set(first) == LOSSES
    assert all(value.ndim == 0 and value.isfinite() for value in first.values())
    for _ in range(40):
        last = training.step(state, batch, TINY, OneProcess())
    assert last["decided"] < 0.8 * first["decided"]
    assert last["distance"] < first["distance"]


def test_a_weight_that_is_no_number_is_noticed_and_not_raised(cases: CutoutData) -> None:
    state = training.build(TINY)
    with torch.no_grad():
        state.networks["network"].tail.weight[0, 0, 0, 0] = float("nan")  # type: ignore[index]
    losses = training.step(state, batch_of(cases.training), TINY, OneProcess())
    assert Watch().look({name: value.item() for name, value in losses.items()}) is not None


def test_a_network_that_knows_nothing_scores_nothing(cases: CutoutData) -> None:
    state = training.build(TINY)
    with torch.no_grad():
        state.ema["network"].module.tail.weight.zero_()  # type: ignore[operator, union-attr]
        state.ema["network"].module.tail.bias.fill_(-20)  # type: ignore[operator, union-attr]
    found = training.validate(state, TINY, cases, torch.device("cpu"))
    truths = [cases.validation[index][1] for index in range(2)]
    assert found.figures["error"] == pytest.approx(sum(float(x.mean()) for x in truths) / 2, abs=1e-5)
    assert found.figures["iou"] == pytest.approx(sum(float(not (x > 0.5).any()) for x in truths) / 2, abs=1e-3)
    assert found.score == pytest.approx(found.figures["iou"] - 2 * found.figures["error"])
    assert found.pictures == 2


def test_products_have_masks_and_grounds_have_none(cases: CutoutData) -> None:
    for part in (cases.training.composites, cases.validation):
        assert part.grounds
        assert all("photos" in entry.path.parts for around in part.grounds for entry in around.entries)
    seen, held_out = cases.training.composites.drawn, cases.validation.drawn
    assert not any(torch.equal(a, b) for a in seen for b in held_out)


def test_a_folder_without_masks_is_refused_in_one_sentence(tmp_path: Path) -> None:
    folder = open_shop(tmp_path / "data")
    with pytest.raises(InputError, match="none of the 4 pictures has a mask") as refusal:
        training.data(TINY, folder / "photos", 0)
    assert "\n" not in str(refusal.value)


def test_products_alone_do(tmp_path: Path) -> None:
    folder = open_shop(tmp_path / "data")
    assert training.data(TINY, folder / "catalogue", 0).training.composites.grounds == []


def test_collections_stand_side_by_side(tmp_path: Path) -> None:
    folder = open_shop(tmp_path / "data")
    for name in ("catalogue", "photos"):
        shutil.copytree(folder / name, folder / f"more-{name}")
    both = training.data(TINY, folder, 0).training.composites
    assert len(both.products) == len(both.grounds) == 2
    assert [len(some) for some in both.products] == [
        len(training.data(TINY, folder / "catalogue", 0).training.composites.products[0])
    ] * 2


def test_a_side_that_does_not_suit_the_network_is_refused() -> None:
    with pytest.raises(ConfigError, match="multiple of 32"):
        CutoutRecipe(side_px=100)


def test_the_encoder_learns_more_slowly() -> None:
    groups = training.build(TINY).optimizers["network"].param_groups
    assert groups[1]["lr"] == pytest.approx(groups[0]["lr"] / 3)
