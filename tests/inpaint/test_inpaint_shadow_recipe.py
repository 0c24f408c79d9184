"""The recipe of shadows: exact resume, what is trained and published, items, and what is judged."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from rooms import furnish
from shop import open_shop
from training_runs import OneProcess, assert_publishes_the_average, assert_resumes, batch_of, options

from gan.core.errors import ConfigError
from gan.imaging.mask_shapes import max_within
from gan.inpaint.network import InpaintNet
from gan.inpaint.train import recipe as fills
from gan.inpaint.train import shadow as training
from gan.inpaint.train.shadow import PRESETS, RECIPE, ShadowData
from gan.training.data.dice import Dice, of_item
from gan.training.data.scenes import SceneEntry, for_validation
from gan.training.data.shadows import ShadowItems, around, darker
from gan.training.loop import train
from gan.training.recipe import State

TINY = PRESETS["tiny-shadow"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return furnish(open_shop(tmp_path_factory.mktemp("shop") / "data"))


@pytest.fixture(scope="module")
def cases(shop: Path) -> ShadowData:
    return training.data(TINY, shop, 0)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "NO_THING", 2)


@pytest.fixture(scope="module")
def whole(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[State, Path]:
    folder = tmp_path_factory.mktemp("whole")
    return train(RECIPE, TINY, options(shop, folder, 4, "tiny-shadow")), folder


def test_four_steps_equal_two_and_resume_and_two(whole: tuple[State, Path], shop: Path, tmp_path: Path) -> None:
    assert_resumes(RECIPE, TINY, whole[0], options(shop, tmp_path, 4, "tiny-shadow"))


def test_what_is_published_is_the_average_of_the_whole_network(whole: tuple[State, Path]) -> None:
    assert_publishes_the_average(*whole, InpaintNet.published)


def test_a_step_changes_what_finds_shadows_and_nothing_else(cases: ShadowData) -> None:
    torch.manual_seed(0)
    state = training.build(TINY, cases)
    before = {key: value.clone() for key, value in state.networks["network"].state_dict().items()}
    losses = training.step(state, batch_of(cases.training, 4), TINY, OneProcess())
    assert set(losses) == {"decided", "overlap", "grad_norm"}
    after = state.networks["network"].state_dict()
    changed = {key for key, value in after.items() if not torch.equal(value, before[key])}
    assert "shadow.tail.weight" in changed
    assert all(key.startswith("shadow.") for key in changed)


def test_training_fills_leaves_what_finds_shadows_alone() -> None:
    state = fills.build(dataclasses.replace(fills.PRESETS["tiny"], network=TINY.network))
    learned = {id(p) for group in state.optimizers["network"].param_groups for p in group["params"]}
    frozen = [p for name, p in state.networks["network"].named_parameters() if name.startswith("shadow.")]
    assert frozen
    assert not learned & {id(p) for p in frozen}


def test_items_are_pictures_holes_and_shadows_beside_them(cases: ShadowData) -> None:
    some = 0
    for index in range(40):
        given, shadow = cases.training[index]
        assert given.shape == (4, 32, 32)
        assert 0 <= float(given.min()) <= float(given.max()) <= 1
        assert set(given[3].unique().tolist()) <= {0.0, 1.0}
        assert set(shadow.unique().tolist()) <= {0.0, 1.0}
        assert not bool((given[3:] * shadow).any())
        some += bool(shadow.any())
    assert 4 < some < 36


def test_a_composite_comes_with_the_ground_that_it_darkens(cases: ShadowData) -> None:
    composites = cases.training.composites
    shares = []
    for index in range(20):
        seen, cover, empty = composites.removed(Dice(of_item(0, index)))
        beside = max_within(cover, 4) < 1e-3
        assert bool((seen <= empty + 1e-5)[beside.expand_as(seen)].all())
        shares.append(float((darker(seen, empty) * (cover < 0.05)).mean()))
    assert 4 < sum(share > 0.005 for share in shares) < 20  # often a product throws none


def test_what_is_darker_than_the_empty_place_is_a_shadow() -> None:
    empty = torch.full((3, 32, 32), 0.7)
    seen = empty.clone()
    seen[:, 20:28, 4:20] -= 0.1
    seen[:, 2:10, 2:10] += 0.1
    found = darker(seen, empty)
    assert bool((found[0, 20:28, 4:20] == 1).all())
    assert float(found.sum()) < 10 * 18 + 1


def test_the_surroundings_reach_as_far_as_asked() -> None:
    gone = torch.zeros(1, 100, 100)
    gone[0, 40:60, 45:55] = 1
    assert around(gone, 0.5, None) == (slice(30, 70), slice(35, 65))
    assert around(torch.zeros(1, 100, 100), 0.5, None) == (slice(0, 100), slice(0, 100))


def test_without_scenes_composites_are_validated(tmp_path: Path) -> None:
    shop = open_shop(tmp_path / "data")
    found = training.data(TINY, shop, 0)
    assert found.scenes is None
    assert isinstance(found.validation, ShadowItems)
    validation = RECIPE.validate(training.build(TINY, found), TINY, found, torch.device("cpu"))
    assert validation.pictures == 4


def test_validation_of_a_network_that_finds_nothing(cases: ShadowData) -> None:
    found = RECIPE.validate(training.build(TINY, cases), TINY, cases, torch.device("cpu"))
    assert found.figures["wrong_share"] == 0
    assert 0 <= found.figures["shadow_iou"] <= 1


def test_one_product_of_eight_is_for_validation() -> None:
    scenes = [
        SceneEntry(f"product {number // 3}", Path(f"{number}.png"), Path(f"empty/{number}.png"), ())
        for number in range(3 * 800)
    ]
    training_part, shown = for_validation(scenes)
    assert sorted(s.picture for s in (*training_part, *shown)) == sorted(s.picture for s in scenes)
    assert not {s.product for s in training_part} & {s.product for s in shown}
    assert 70 < len({s.product for s in shown}) < 130
    assert for_validation(scenes[::-1])[1] == shown[::-1]


def test_a_side_that_does_not_suit_the_network_is_refused() -> None:
    with pytest.raises(ConfigError, match="multiple of 32"):
        dataclasses.replace(TINY, side_px=40)
