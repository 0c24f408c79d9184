"""Folders as catalogues: categories, coverage, padding, the split, broken files; items as functions of their number."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageDraw

from gan.core.errors import InputError
from gan.imaging.product import MEASURES, measure
from gan.training.data.catalogue import CatalogueItems, Variation, load
from gan.training.data.pictures import find, split

SIZE = 32


def _draw(path: Path, *, size: tuple[int, int] = (64, 64), ground: str = "white", mode: str = "RGB") -> Path:
    """A box over the middle quarter, the colour from the name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", size, ground)
    width, height = size
    colour = (40 + sum(path.name.encode()) % 150, 90, 60)
    ImageDraw.Draw(image).rectangle((width // 4, height // 4, width * 3 // 4 - 1, height * 3 // 4 - 1), colour)
    image.convert(mode).save(path)
    return path


def _meta(folder: Path, records: list[dict[str, Any]]) -> None:
    (folder / "meta.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))


def _many(folder: Path, products: int = 40, views: int = 2) -> Path:
    """Products with several views each, so many that some are held out."""
    records = []
    for product in range(products):
        for view in range(views):
            name = f"p{product}-{view}"
            _draw(folder / "images" / f"{name}.png", size=(24, 24))
            records.append(
                {
                    "id": name,
                    "product": f"p{product}",
                    "category": ("lamp", "chair")[product % 2],
                    "azimuth_deg": 45.0 * view,
                    "elevation_deg": 38.5,
                }
            )
    _meta(folder, records)
    return folder


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _many(tmp_path_factory.mktemp("many"))


def test_sub_folders_are_categories(tmp_path: Path) -> None:
    for name in ("Sofa/a.png", "Sofa/b.jpg", "lamp/c.webp", "d.png"):
        _draw(tmp_path / name)
    training, held_out = load(tmp_path, SIZE)
    everything = {*training.names, *held_out.names}
    assert everything == {"a", "b", "c", "d"}
    assert training.categories == ("lamp", "product", "sofa")
    label = dict(zip(training.names, training.category.tolist(), strict=True))
    assert [training.categories[label[name]] for name in training.names] == [
        {"a": "sofa", "b": "sofa", "c": "lamp", "d": "product"}[name] for name in training.names
    ]
    assert training.pixels.shape == (len(training), 4, SIZE, SIZE)
    assert training.pixels.dtype == torch.uint8
    assert training.attributes.shape == (len(training), len(MEASURES))


def test_records_say_category_product_and_view(many: Path) -> None:
    training, held_out = load(many, SIZE)
    assert training.categories == held_out.categories == ("chair", "lamp")
    for catalogue in (training, held_out):
        for index, name in enumerate(catalogue.names):
            product, view = name[1:].split("-")
            assert catalogue.categories[int(catalogue.category[index])] == ("lamp", "chair")[int(product) % 2]
            azimuth, elevation, known = catalogue.attributes[index, -3:].tolist()
            assert (azimuth, elevation, known) == (float(view), pytest.approx(0.5), 1.0)


def test_the_split_is_by_product(many: Path) -> None:
    training, held_out = load(many, SIZE)
    assert len(training) + len(held_out) == 80
    assert 0 < len(held_out) < len(training)
    assert not set(training.product.tolist()) & set(held_out.product.tolist())
    for catalogue in (training, held_out):
        assert all(catalogue.product.tolist().count(product) == 2 for product in catalogue.product.tolist())


def test_equal_names_in_two_folders_are_two_products(tmp_path: Path) -> None:
    """Shops number their files folder by folder."""
    for category in ("chair", "sofa"):
        for number in range(3):
            _draw(tmp_path / category / f"{number}.png")
    training, _ = load(tmp_path, SIZE)
    pairs = set(zip(training.category.tolist(), training.product.tolist(), strict=True))
    assert len({product for _, product in pairs}) == len(pairs) == len(training)


def test_a_category_of_which_all_is_held_out_is_trained_on(tmp_path: Path) -> None:
    names = [f"n{i}" for i in range(200)]
    entries = find(_numbered(tmp_path / "all", names))
    _, out = split(entries)
    lonely = out[0].path
    folder = tmp_path / "shop"
    _draw(folder / "rare" / lonely.name)
    for entry in [*out[1:3], *split(entries)[0][:3]]:
        _draw(folder / "common" / entry.path.name)
    training, held_out = load(folder, SIZE)
    assert training.categories == ("common", "rare")
    assert set(training.category.tolist()) == {0, 1}
    assert len(held_out) == 2
    assert set(held_out.category.tolist()) == {0}


def _numbered(folder: Path, names: list[str]) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / f"{name}.png").touch()
    return folder


def test_where_nothing_is_held_out_both_parts_are_everything(tmp_path: Path) -> None:
    _draw(tmp_path / "only.png")
    training, held_out = load(tmp_path, SIZE)
    assert training is held_out
    assert len(training) == 1


def test_a_mask_is_the_coverage(tmp_path: Path) -> None:
    _draw(tmp_path / "images/a.png")
    mask = Image.new("L", (64, 64))
    ImageDraw.Draw(mask).rectangle((0, 0, 31, 63), 255)
    (tmp_path / "masks").mkdir()
    mask.save(tmp_path / "masks/a.png")
    catalogue, _ = load(tmp_path, SIZE)
    assert catalogue.pixels[0, 3, :, :15].min() == 255
    assert catalogue.pixels[0, 3, :, 17:].max() == 0
    assert catalogue.names == ("a",)
    assert catalogue.attributes[0, MEASURES.index("aspect")] == pytest.approx(math.log(0.5), abs=0.02)


def test_a_mask_of_another_size_is_no_mask(tmp_path: Path) -> None:
    _draw(tmp_path / "images/a.png")
    (tmp_path / "masks").mkdir()
    Image.new("L", (10, 10), 255).save(tmp_path / "masks/a.png")
    catalogue, _ = load(tmp_path, SIZE)
    assert catalogue.pixels[0, 3, 0, 0] == 0
    assert catalogue.pixels[0, 3, 16, 16] == 255


def test_transparency_is_the_coverage_and_its_ground_is_white(tmp_path: Path) -> None:
    image = Image.new("RGBA", (64, 64), (255, 0, 255, 0))
    ImageDraw.Draw(image).rectangle((16, 16, 47, 47), (20, 90, 60, 255))
    image.save(tmp_path / "a.png")
    catalogue, _ = load(tmp_path, SIZE)
    assert catalogue.pixels[0, :, 0, 0].tolist() == [255, 255, 255, 0]
    assert catalogue.pixels[0, :, 16, 16].tolist() == [20, 90, 60, 255]


def test_an_opaque_file_with_alpha_is_no_product_that_fills_the_frame(tmp_path: Path) -> None:
    _draw(tmp_path / "a.png", mode="RGBA")
    catalogue, _ = load(tmp_path, SIZE)
    assert catalogue.pixels[0, 3, 0, 0] == 0


@pytest.mark.parametrize("size", [(80, 40), (40, 80), (41, 80)])
def test_pictures_are_padded_with_their_ground_and_not_squeezed(tmp_path: Path, size: tuple[int, int]) -> None:
    _draw(tmp_path / "a.png", size=size, ground="#b0c0d0")
    catalogue, _ = load(tmp_path, 64)
    assert catalogue.pixels.shape == (1, 4, 64, 64)
    assert catalogue.pixels[0, :3, 0, 0].tolist() == [0xB0, 0xC0, 0xD0]
    assert catalogue.pixels[0, 3, 0, 0] == 0
    measured = dict(zip(catalogue.attribute_names, catalogue.attributes[0].tolist(), strict=True))
    assert measured["aspect"] == pytest.approx(math.log(size[0] / size[1]), abs=0.06)
    assert measured["across"] == pytest.approx(0, abs=0.03)


def test_grey_has_one_value_for_all_colours(tmp_path: Path) -> None:
    _draw(tmp_path / "a.png")
    catalogue, _ = load(tmp_path, SIZE, gray=True)
    red, green, blue, alpha = catalogue.pixels[0]
    assert torch.equal(red, green)
    assert torch.equal(red, blue)
    assert alpha.max() == 255


def test_broken_files_are_skipped_and_named(tmp_path: Path) -> None:
    _draw(tmp_path / "a.png")
    (tmp_path / "b.jpg").write_bytes(b"\xff\xd8 not much of a picture")
    (tmp_path / "notes.txt").write_text("no picture at all")
    training, held_out = load(tmp_path, SIZE)
    assert {*training.names, *held_out.names} == {"a"}
    assert any("b.jpg" in path for path in (*training.skipped, *held_out.skipped))


def test_chosen_categories_only(many: Path) -> None:
    training, held_out = load(many, SIZE, categories=("lamp", "sofa"))
    assert training.categories == held_out.categories == ("lamp",)
    assert {*training.names, *held_out.names} == {f"p{p}-{view}" for p in range(0, 40, 2) for view in range(2)}


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder"):
        load(tmp_path / "nowhere", SIZE)
    with pytest.raises(InputError, match="no picture"):
        load(tmp_path, SIZE)
    (tmp_path / "b.jpg").write_bytes(b"no")
    with pytest.raises(InputError, match="none of the 1"):
        load(tmp_path, SIZE)
    _draw(tmp_path / "chair/a.png")
    with pytest.raises(InputError, match=r"no picture of hat, shoe .* chair, product are there"):
        load(tmp_path, SIZE, categories=("hat", "shoe"))


def test_a_batch_has_the_size_that_is_asked_for(many: Path) -> None:
    catalogue, _ = load(many, SIZE)
    assert catalogue.batch([3, 1], 16).shape == (2, 4, 16, 16)
    assert torch.equal(catalogue.batch(torch.tensor([3]), SIZE)[0], catalogue.picture(3))


def test_an_item_is_a_function_of_seed_and_number(many: Path) -> None:
    catalogue, _ = load(many, 2 * SIZE)
    items = CatalogueItems(catalogue, SIZE, Variation(), 8, seed=5)
    first = [items[i] for i in (7, 1_000_000_007, 0)]
    torch.manual_seed(99)
    again = CatalogueItems(catalogue, SIZE, Variation(), 8, seed=5)
    for number, item in zip((7, 1_000_000_007, 0), first, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(item, again[number], strict=True))
    other = CatalogueItems(catalogue, SIZE, Variation(), 8, seed=6)
    assert not torch.equal(other[7][0], first[0][0])
    assert not torch.equal(items[8][6], first[0][6])


def test_an_item_holds_two_measured_pictures_of_one_product(many: Path) -> None:
    catalogue, _ = load(many, 2 * SIZE)
    items = CatalogueItems(catalogue, SIZE, Variation(other_view=0.5), 8, seed=1)
    views = []
    for number in range(40):
        source, target, source_attributes, attributes, category, index, noise, dice, as_it_is = items[number]
        for x, row in ((source, source_attributes), (target, attributes)):
            assert x.shape == (4, SIZE, SIZE)
            assert 0 <= x.min() <= x.max() <= 1
            assert torch.equal(measure(x[None, :3], x[None, 3:])[0], row[: len(MEASURES)])
        assert int(category) == int(catalogue.category[index])
        assert torch.equal(source_attributes[-3:], catalogue.attributes[index, -3:])
        assert noise.shape == (8,)
        assert dice.shape == (4,)
        assert 0 <= dice.min() <= dice.max() < 1
        assert not as_it_is  # the frame may be another
        views.append(bool(source_attributes[-3] != attributes[-3]))
    assert 0 < sum(views) < 40


def test_without_variation_source_and_target_are_the_picture(many: Path) -> None:
    catalogue, _ = load(many, SIZE)
    items = CatalogueItems(catalogue, SIZE, Variation(other_view=0, colour=0, frame=0), 8, seed=1)
    source, target, _, _, _, index, _, _, as_it_is = items[3]
    assert torch.equal(source, target)
    assert torch.equal(source, catalogue.picture(int(index)))
    assert as_it_is


def test_every_picture_is_drawn(many: Path) -> None:
    catalogue, _ = load(many, 8, categories=("lamp",))
    items = CatalogueItems(catalogue, 8, Variation(other_view=0, colour=0, frame=0), 1, seed=0)
    drawn = {int(items[number][5]) for number in range(150)}
    assert len(drawn) > 0.9 * len(catalogue)
