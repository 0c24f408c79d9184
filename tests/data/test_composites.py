"""Composites: one item is one picture for ever, and its coverage is the product's."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from gan.core.errors import InputError
from gan.imaging.background_prior import standing_out
from gan.training.data.composites import GROUNDS, Composites, Products, load_products, mask_of, prior
from gan.training.data.dice import Dice
from gan.training.data.pictures import Entry, Pictures, find
from gan.training.data.procedural import drawings

SIDE = 64


@pytest.fixture(scope="module")
def composites(tmp_path_factory: pytest.TempPathFactory) -> Composites:
    folder = tmp_path_factory.mktemp("data")
    for name in ("a/images", "a/masks", "b"):
        (folder / name).mkdir(parents=True)
    for index, color in enumerate(((200, 30, 40), (20, 60, 220))):
        disc = Image.new("L", (96, 96))
        disc.paste(255, (20 + 5 * index, 24, 80, 80))
        picture = Image.new("RGB", (96, 96), "white")
        picture.paste(color, mask=disc)
        picture.save(folder / f"a/images/{index}.png")
        disc.save(folder / f"a/masks/{index}.png")
        Image.radial_gradient("L").resize((160, 128)).convert("RGB").save(folder / f"b/{index}.png")
    entries = find(folder)
    masked = [entry for entry in entries if mask_of(entry.path)]
    assert len(masked) == 2
    grounds = Pictures([entry for entry in entries if entry not in masked], SIDE)
    return Composites([load_products(masked, 96)], [grounds], drawings(2, SIDE, 0), SIDE, seed=3)


def test_an_item_is_the_same_in_any_order(composites: Composites) -> None:
    again = [composites[index] for index in (5, 2)]
    for index, (given, alpha) in zip((5, 2), again, strict=True):
        assert torch.equal(composites[index][0], given)
        assert torch.equal(composites[index][1], alpha)
    assert not torch.equal(again[0][0], again[1][0])


def test_shapes_and_ranges(composites: Composites) -> None:
    shares = []
    for index in range(40):
        given, alpha = composites[index]
        assert given.shape == (4, SIDE, SIDE)
        assert alpha.shape == (1, SIDE, SIDE)
        for x in (given, alpha):
            assert x.isfinite().all()
            assert 0 <= x.min() <= x.max() <= 1
        shares.append(float(alpha.mean()))
    assert 0.1 < sum(shares) / len(shares) < 0.7
    assert len({round(share, 3) for share in shares}) > 30


def test_what_is_covered_has_the_products_color(composites: Composites) -> None:
    """On photographs too: at least the middle of the pictures that keep their colors is red or blue."""
    strong = 0
    for index in range(24):
        rgb, alpha = composites.case(index, "photograph")
        if (alpha > 0.99).any():
            product = rgb[:, alpha[0] > 0.99].mean(1)
            ground = rgb[:, alpha[0] < 0.01].mean(1)
            strong += float((product.max() - product.min()) - (ground.max() - ground.min())) > 0.15
    assert strong > 12


@pytest.mark.parametrize("kind", GROUNDS)
def test_every_ground_can_be_asked_for(composites: Composites, kind: str) -> None:
    rgb, alpha = composites.case(0, kind)
    assert rgb.shape == (3, SIDE, SIDE)
    assert 0.02 < float(alpha.mean()) < 0.98


def test_a_case_is_no_item(composites: Composites) -> None:
    assert not torch.equal(composites.case(0, "studio")[0], composites[0][0][:3])


def test_half_of_the_photographs_hold_further_things_off_the_middle(composites: Composites) -> None:
    plain = torch.full((3, SIDE, SIDE), 0.5)
    added = [(composites._furnished(plain, Dice(torch.Generator().manual_seed(s))) - plain).abs() for s in range(60)]
    with_any = [x for x in added if x.amax() > 0.05]
    assert 10 < len(with_any) < 50
    moved = torch.stack(with_any).mean((0, 1))
    middle = slice(3 * SIDE // 8, 5 * SIDE // 8)
    assert float(moved[middle, middle].mean()) < float(moved.mean())


def test_collections_are_drawn_from_by_the_root_of_their_sizes(composites: Composites) -> None:
    few, many = composites.products[0].pixels[:1], composites.products[0].pixels[1:].expand(9, -1, -1, -1)
    both = Composites([Products(few), Products(many)], [], [], SIDE, seed=3)
    drawn = [both._product(Dice(torch.Generator().manual_seed(seed))) for seed in range(200)]
    assert 30 < sum(torch.equal(x, few.float() / 255) for x in drawn) < 70


def test_without_photographs_and_drawings(composites: Composites) -> None:
    bare = Composites(composites.products, [], [], SIDE, seed=3)
    for kind in GROUNDS:
        assert bare.case(1, kind)[0].isfinite().all()
    assert all(bare[index][0].isfinite().all() for index in range(20))


def test_most_items_are_told_what_stands_out(composites: Composites) -> None:
    plain = 0
    for index in range(40):
        given, _ = composites[index]
        plain += torch.equal(given[3:], standing_out(given[None, :3])[0])
    assert 15 <= plain <= 33


def test_a_prior_is_about_right() -> None:
    alpha = torch.zeros(1, 64, 64)
    alpha[:, 16:48, 16:48] = 1
    errors = [
        float((prior(alpha, Dice(torch.Generator().manual_seed(seed))) - alpha).abs().mean()) for seed in range(20)
    ]
    assert min(errors) > 0.0
    assert max(errors) < 0.35
    assert sum(errors) / len(errors) < 0.15


def test_unreadable_masks_and_pictures_cost_themselves(tmp_path: Path) -> None:
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    for index in range(3):
        Image.new("RGB", (20, 20), "red").save(tmp_path / f"images/{index}.png")
        Image.new("L", (20, 20) if index else (19, 20), 255).save(tmp_path / f"masks/{index}.png")
    (tmp_path / "masks/1.png").write_bytes(b"no picture")
    entries = [Entry(path, path.stem) for path in sorted((tmp_path / "images").iterdir())]
    assert len(load_products(entries, 16)) == 1
    with pytest.raises(InputError, match="none of the 2 pictures"):
        load_products(entries[:2], 16)


def test_transparency_is_a_mask(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    picture.paste((0, 0, 255, 255), (5, 5, 15, 15))
    picture.save(tmp_path / "cut.png")
    (pixels,) = load_products([Entry(tmp_path / "cut.png", "cut")], 20).pixels
    assert pixels[3, 10, 10] == 255
    assert pixels[:, 1, 1].tolist() == [255, 255, 255, 0]


def test_a_crowd_is_one_large_product_and_smaller_ones_that_hide_each_other(composites: Composites) -> None:
    counts, largest = set(), []
    for index in range(40):
        rgb, covers = composites.crowd(Dice(torch.Generator().manual_seed(index)))
        assert rgb.shape == (3, SIDE, SIDE)
        assert 0 <= float(rgb.min()) <= float(rgb.max()) <= 1
        assert float(covers.sum(0).max()) <= 1 + 1e-4  # each pixel belongs to what is seen there
        counts.add(len(covers))
        largest.append(int(covers.mean((1, 2)).argmax()) == 0)
    assert counts == {2, 3, 4, 5}
    assert sum(largest) > 34
