"""Photographs from Debian packages become a data folder: things with masks, places without."""

from __future__ import annotations

import dataclasses
import importlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan.cutout.recipe import PRESETS, data

ROOT = Path(__file__).resolve().parents[1]


def stamp(path: Path, *, flat: bool = False, side: int = 200) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.zeros((side, side, 4), np.uint8)
    inside = slice(side // 4, 3 * side // 4)
    pixels[inside, inside] = 255
    if not flat:
        shape = pixels[inside, inside, :3].shape
        pixels[inside, inside, :3] = np.random.default_rng(0).integers(0, 256, shape)
    Image.fromarray(pixels).save(path)


def test_photographs_come_with_masks_and_drawings_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    script = importlib.import_module("debian_pictures")
    stamp(tmp_path / "stamps/usr/fruit/pear.png", side=500)
    stamp(tmp_path / "stamps/usr/fruit/drawn.png", flat=True)
    stamp(tmp_path / "stamps/usr/fruit/small.png", side=64)
    places = tmp_path / "scratch/usr/share/scratch/Media/Backgrounds/Indoors"
    places.mkdir(parents=True)
    Image.effect_noise((96, 80), 60).convert("RGB").save(places / "shop.jpg")
    script.main(tmp_path / "stamps", tmp_path / "scratch", tmp_path / "data")

    found = sorted(path.relative_to(tmp_path / "data").as_posix() for path in (tmp_path / "data").rglob("*.*"))
    assert found == ["scenes/shop.webp", "stamps/images/pear.webp", "stamps/masks/pear.png"]
    with Image.open(tmp_path / "data/stamps/images/pear.webp") as made:
        assert made.size == (384, 384)
        assert made.convert("RGB").getpixel((2, 2)) == (255, 255, 255)
    cases = data(dataclasses.replace(PRESETS["tiny"], drawings=0), tmp_path / "data", 0)
    assert len(cases.training.products) == len(cases.training.grounds) == 1
