"""Folders of pictures: what is found, how it is split, what a crop may be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from gan.core.errors import InputError
from gan.training.data.degrade import DegradationMix, DegradedPairs
from gan.training.data.pictures import Entry, Pictures, find, split
from gan.training.loop import Counter, stream


def _save(path: Path, colour: tuple[int, int, int], size: int = 40) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (size, size), colour).save(path)


def test_find_is_recursive_and_reads_products(tmp_path: Path) -> None:
    _save(tmp_path / "images/chair-0.png", (1, 2, 3))
    _save(tmp_path / "images/chair-1.png", (1, 2, 3))
    _save(tmp_path / "masks/chair-0.png", (255, 255, 255))
    _save(tmp_path / "deep/er/photo.jpg", (4, 5, 6))
    (tmp_path / "notes.txt").write_text("no picture")
    lines = [json.dumps({"id": f"chair-{i}", "product": "chair"}) for i in (0, 1)]
    (tmp_path / "meta.jsonl").write_text("\n".join(lines))

    entries = find(tmp_path)

    assert [(e.path.name, e.product) for e in entries] == [
        ("photo.jpg", "photo"),
        ("chair-0.png", "chair"),
        ("chair-1.png", "chair"),
    ]


@pytest.mark.parametrize("missing", [True, False])
def test_nothing_found_is_said(tmp_path: Path, missing: bool) -> None:
    with pytest.raises(InputError, match="data"):
        find(tmp_path / "nowhere" if missing else tmp_path)


def test_a_folder_called_masks_above_the_data_does_not_hide_it(tmp_path: Path) -> None:
    _save(tmp_path / "masks/mine/a.png", (0, 0, 0))
    assert len(find(tmp_path / "masks/mine")) == 1


def test_products_are_never_split_apart_and_the_split_never_changes() -> None:
    entries = [Entry(Path(f"{p}-{view}.png"), f"product {p}") for p in range(300) for view in range(3)]
    training, held_out = split(entries)
    assert {e.product for e in training}.isdisjoint(e.product for e in held_out)
    assert 0.04 < len(held_out) / len(entries) < 0.12
    assert sorted({e.product for e in held_out})[:3] == ["product 12", "product 128", "product 14"]


def test_crops_have_the_size_and_the_colours(tmp_path: Path) -> None:
    _save(tmp_path / "small.png", (10, 20, 30), size=40)
    _save(tmp_path / "large.png", (10, 20, 30), size=150)
    _save(tmp_path / "too-small.png", (10, 20, 30), size=8)
    (tmp_path / "broken.png").write_bytes(b"no picture at all")
    pictures = Pictures(find(tmp_path), least_px=32)
    assert len(pictures) == 2
    for seed in range(20):
        crop = pictures.crop(32, torch.Generator().manual_seed(seed))
        assert crop.shape == (3, 32, 32)
        torch.testing.assert_close(crop[:, 5, 5], torch.tensor([10.0, 20, 30]) / 255, atol=1e-5, rtol=0)


def test_no_picture_is_large_enough(tmp_path: Path) -> None:
    _save(tmp_path / "a.png", (0, 0, 0))
    with pytest.raises(InputError, match="64 px"):
        Pictures(find(tmp_path), least_px=64)


def test_item_i_is_the_same_pair_whoever_asks(tmp_path: Path) -> None:
    _save(tmp_path / "a.png", (90, 120, 40), size=80)
    pairs = DegradedPairs(Pictures(find(tmp_path)), 32, 2, DegradationMix(), seed=5)

    (whole,) = (next(stream(pairs, start=4, batch=4)),)
    first = next(stream(pairs, start=4, batch=2, rank=0, world=2))
    second = next(stream(pairs, start=4, batch=2, rank=1, world=2))

    assert torch.equal(whole[0][0::2], first[0])
    assert torch.equal(whole[0][1::2], second[0])


def test_counter_starts_where_training_stands() -> None:
    items = iter(Counter(start=10, rank=1, world=4))
    assert [next(items) for _ in range(3)] == [11, 15, 19]
