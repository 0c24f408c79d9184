"""The recipe of Select: golden losses, exact resume, what is published, what items ask, what is judged."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from rooms import furnish
from shop import open_shop
from training_runs import OneProcess, assert_publishes_the_average, assert_resumes, batch_of, options

from gan.select.network import MEANT, PRODUCT, PromptNet
from gan.select.train import recipe as training
from gan.select.train.items import on_square, seen_by_others
from gan.select.train.recipe import PRESETS, RECIPE, SelectData
from gan.training.data.dice import Dice, of_item
from gan.training.loop import train
from gan.training.recipe import State

TINY = PRESETS["tiny-sam"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return open_shop(tmp_path_factory.mktemp("shop") / "data")


@pytest.fixture(scope="module")
def cases(shop: Path) -> SelectData:
    return training.data(TINY, shop, 0)


@pytest.fixture(scope="module")
def whole(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[State, Path]:
    """A run of four steps, with a checkpoint after two, and its folder."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "SHOWN", 2)
        return train(RECIPE, TINY, options(shop, folder, 4)), folder


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "SHOWN", 2)


def test_four_steps_equal_two_and_resume_and_two(whole: tuple[State, Path], shop: Path, tmp_path: Path) -> None:
    assert_resumes(RECIPE, TINY, whole[0], options(shop, tmp_path, 4))


def test_what_is_published_is_the_average(whole: tuple[State, Path]) -> None:
    assert_publishes_the_average(*whole, PromptNet.published)


def test_a_step_leaves_the_encoder_as_it_is_and_changes_the_rest(cases: SelectData) -> None:
    torch.manual_seed(0)
    state = training.build(TINY, cases)
    before = {key: value.clone() for key, value in state.networks["network"].state_dict().items()}
    losses = training.step(state, batch_of(cases.training, TINY.batch), TINY, OneProcess())
    assert set(losses) == {"decided", "overlap", "quality", "grad_norm"}
    changed = {
        key for key, value in state.networks["network"].state_dict().items() if not torch.equal(value, before[key])
    }
    assert not any(key.startswith("encoder.") for key in changed)
    assert {"clicks.weight", "mask.0.weight", "quality.0.weight"} <= changed


def test_an_item_asks_for_the_product_and_for_what_lies_under_clicks(cases: SelectData) -> None:
    for index in range(12):
        picture, prompts, wanted, told = cases.training[index]
        assert picture.shape == (3, 64, 64)
        assert prompts.shape == (TINY.prompts, 3, 3)
        assert wanted.shape == (TINY.prompts, 1, 16, 16)
        assert told.shape == (1, 16, 16)
        assert 0 <= float(told.min()) <= float(told.max()) <= 1
        for prompt, mask in zip(prompts, wanted, strict=True):
            x, y, kind = prompt[0].tolist()
            assert kind in (MEANT, PRODUCT)
            if kind == MEANT:
                assert float(mask[0, int(y / 4), int(x / 4)]) > 0.7


def test_scenes_are_asked_about_every_thing(tmp_path: Path) -> None:
    shop = open_shop(tmp_path / "data")
    furnish(shop)
    found = training.data(TINY, shop, 0)
    assert found.training.scenes is not None
    picture, _, wanted, _ = found.training[1]
    assert bool(torch.isfinite(picture).all())
    assert float(wanted.amax()) <= 1


def test_a_picture_lies_in_the_upper_left_of_the_square() -> None:
    made = on_square(torch.ones(3, 10, 20), 40, (0.5, 0.25, 0.0))
    assert made.shape == (3, 40, 40)
    assert bool((made[:, :20] == 1).all())
    assert made[:, 20:].amax((1, 2)).tolist() == [0.5, 0.25, 0.0]


def test_validation_scores_products_and_clicks(cases: SelectData) -> None:
    found = RECIPE.validate(training.build(TINY, cases), TINY, cases, torch.device("cpu"))
    names = {f"{asked}_{figure}" for asked in ("product", "told", "click") for figure in ("iou", "over_90")}
    assert names | {"quality_error"} == set(found.figures)
    assert all(0 <= value <= 1 for name, value in found.figures.items() if name != "quality_error")


def test_what_others_saw_is_of_the_thing_with_errors() -> None:
    covers = torch.zeros(2, 32, 32)
    covers[0, 4:20, 4:16], covers[1, 20:30, 20:30] = 1, 1
    made = torch.cat([seen_by_others(covers[:1], covers, covers[1:], Dice(of_item(0, i))) for i in range(200)])
    assert 0 <= float(made.min()) <= float(made.max()) <= 1
    first, second = (((made > 0.5) & (cover > 0.5)).float().mean((1, 2)) / cover.mean() for cover in covers)
    assert 0.6 < float((first > 0.8).float().mean()) < 0.95  # mostly whole
    assert 0.05 < float((second > 0.5).float().mean()) < 0.5  # now and then with another thing
    assert 0 < float(((first < 0.1) & (second > 0.5)).float().mean()) < 0.15  # or another thing alone
