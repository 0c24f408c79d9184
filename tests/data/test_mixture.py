"""The mixture that Cut-out learns from: sorted by what it is good for, one item is one picture for ever."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image
from rooms import answer, furnish

from gan.core.errors import InputError
from gan.training.data.composites import Composites, load_products
from gan.training.data.mixture import SOFT_WEIGHT, CutoutItems, Taught, soft_of, sort_out
from gan.training.data.scenes import Scenes

SIDE = 64


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    furnish(folder / "rooms")
    answer(folder / "taught")
    for name in ("shop/images", "shop/masks", "places"):
        (folder / name).mkdir(parents=True)
    mask = Image.new("L", (SIDE, SIDE))
    mask.paste(255, (16, 20, 48, 44))
    picture = Image.new("RGB", (SIDE, SIDE), "white")
    picture.paste((20, 160, 60), mask=mask)
    picture.save(folder / "shop/images/box.png")
    mask.save(folder / "shop/masks/box.png")
    Image.radial_gradient("L").resize((96, 96)).convert("RGB").save(folder / "places/spot.png")
    return folder


@pytest.fixture(scope="module")
def items(folder: Path) -> CutoutItems:
    found = sort_out(folder)
    composites = Composites([load_products(found.products, SIDE)], [], [], SIDE, seed=1)
    return CutoutItems(composites, Scenes(found.scenes), Taught(found.taught, SIDE), seed=1)


def test_everything_has_its_place(folder: Path) -> None:
    found = sort_out(folder)
    assert [entry.path.name for entry in found.products] == ["box.png"]
    assert [entry.path.name for entry in found.grounds] == ["spot.png"]
    assert [entry.path.stem for entry in found.taught] == ["photo-0", "photo-1", "photo-2"]
    assert len(found.scenes) == 4
    assert soft_of(found.grounds[0].path) is None


def test_without_masks_all_that_is_left_is_a_product(folder: Path) -> None:
    found = sort_out(folder / "places")
    assert [entry.path.name for entry in found.products] == ["spot.png"]
    assert found.grounds == found.taught == found.scenes == []


def test_an_item_is_the_same_in_any_order_and_every_kind_comes(items: CutoutItems) -> None:
    seen = []
    for index in range(60):
        given, alpha, weight = items[index]
        assert given.shape == (4, SIDE, SIDE)
        assert alpha.shape == (1, SIDE, SIDE)
        for x in (given, alpha):
            assert x.isfinite().all()
            assert 0 <= x.min() <= x.max() <= 1
        seen.append(float(weight))
    assert set(seen) == {1.0, SOFT_WEIGHT}
    assert seen.count(SOFT_WEIGHT) < 20
    assert all(torch.equal(a, b) for a, b in zip(items[7], items[7], strict=True))


def test_half_of_the_items_are_clicked(items: CutoutItems) -> None:
    clicked = sum(bool((items[index][0][3] == 1).any()) for index in range(80))
    assert 25 < clicked < 65


def test_composites_alone_do(items: CutoutItems) -> None:
    alone = CutoutItems(items.composites, None, None, seed=1)
    assert all(float(alone[index][2]) == 1.0 for index in range(12))


def test_an_answer_of_another_size_is_left_out(folder: Path, tmp_path: Path) -> None:
    answer(tmp_path / "taught", count=2)
    Image.new("L", (8, 8)).save(tmp_path / "taught/soft/photo-1.png")
    found = sort_out(tmp_path).taught
    assert len(Taught(found, SIDE)) == 1
    with pytest.raises(InputError, match="none of the 1 photographs has an answer"):
        Taught(found[1:], SIDE)
