"""Scenes: found, split by the main product, looked at in parts, and the true pairs for Inpaint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from rooms import HELD_OUT, furnish

from gan.core.errors import InputError
from gan.training.data.dice import Dice
from gan.training.data.pictures import find
from gan.training.data.scenes import Scenes, TruePairs, find_scenes, is_of_a_scene, split_scenes


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return furnish(tmp_path_factory.mktemp("data") / "rooms", side=128)


@pytest.fixture(scope="module")
def scenes(room: Path) -> Scenes:
    return Scenes(find_scenes(room))


def _dice(seed: int) -> Dice:
    return Dice(torch.Generator().manual_seed(seed))


def test_only_complete_scenes_are_found(tmp_path: Path) -> None:
    room = furnish(tmp_path / "rooms")
    assert [scene.picture.stem for scene in find_scenes(tmp_path)] == [f"scene-{n}" for n in range(4)]
    (room / "covers/scene-2-1.png").unlink()
    assert [scene.picture.stem for scene in find_scenes(tmp_path)] == ["scene-0", "scene-1", "scene-3"]


def test_scenes_are_split_by_the_main_product_and_covers_are_no_pictures(room: Path) -> None:
    training, validation = split_scenes(find_scenes(room))
    assert [scene.product for scene in validation] == [HELD_OUT]
    assert len(training) == 3
    entries = find(room)
    assert {entry.path.parent.name for entry in entries} == {"pictures", "empty"}
    assert all(is_of_a_scene(entry.path) for entry in entries)
    # The same place without the product belongs to the same side.
    assert {entry.product for entry in entries if entry.path.stem == "scene-3"} == {HELD_OUT}


def test_a_view_shows_all_of_what_is_meant(scenes: Scenes) -> None:
    meant = set()
    for seed in range(60):
        near = seed % 2 == 0
        rgb, alpha, beside = scenes.view(_dice(seed), 48, any_thing=True, near=near)
        assert rgb.shape == (3, 48, 48)
        assert alpha.shape == beside.shape == (1, 48, 48)
        assert 0 <= rgb.min() <= rgb.max() <= 1
        inside = alpha[0] > 0.9
        assert inside.any()
        assert not ((alpha > 0.9) & (beside > 0.9)).any()
        red, _, blue = rgb[:, inside].mean(1).tolist()
        meant.add("square" if red > blue else "disc")
        if near:
            rows = inside.any(1).nonzero().flatten()
            assert (rows[-1] - rows[0]) / 48 > 0.5
    assert meant == {"square", "disc"}


def test_without_a_click_the_main_product_is_meant(scenes: Scenes) -> None:
    for seed in range(20):
        rgb, alpha, _ = scenes.view(_dice(seed), 48, any_thing=False, near=False)
        red, _, blue = rgb[:, alpha[0] > 0.9].mean(1).tolist()
        assert red > blue + 0.3


def test_true_pairs_differ_in_the_hole_alone(scenes: Scenes) -> None:
    pairs = TruePairs(scenes, 128, seed=0)
    for index in range(8):
        with_it, hole, without = pairs[index]
        assert set(hole.unique().tolist()) == {0.0, 1.0}
        assert torch.equal(pairs[index][1], hole)
        differ = (with_it - without).abs().amax(0) > 0.05
        assert differ.any()
        assert not (differ & (hole[0] == 0)).any()
    whole = pairs.case(1)
    assert torch.equal(whole[0], scenes.whole(1)[0])
    assert len(pairs) == 4


def test_what_cannot_be_read_is_left_out_and_nothing_is_refused(tmp_path: Path) -> None:
    room = furnish(tmp_path / "rooms")
    found = find_scenes(room)
    found[0].empty.write_bytes(b"no picture")
    assert len(Scenes(found)) == 3
    with pytest.raises(InputError, match="none of the 1 scenes can be read"):
        Scenes(found[:1])


def test_hidden_things_cannot_be_asked_for(tmp_path: Path) -> None:
    room = furnish(tmp_path / "rooms", count=1)
    record = json.loads((room / "meta.jsonl").read_text().splitlines()[0])
    assert len(record["things"]) == 2
    found = Scenes(find_scenes(room))
    assert found.things(0) == [0, 1]
    found.covers[0][1] = 0
    assert found.things(0) == [0]
