"""Photographs from Debian packages become a data folder: things with masks, places without."""

from __future__ import annotations

import dataclasses
import importlib
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan.cutout.train.recipe import PRESETS, data

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


def colorful(side: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (side, side, 3), np.uint8))


def test_photographs_come_with_masks_and_drawings_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    script = importlib.import_module("debian_pictures")
    shared = tmp_path / "packages/usr/share"
    stamp(shared / "tuxpaint/stamps/fruit/pear.png", side=500)
    stamp(shared / "tuxpaint/stamps/fruit/pear_mirror.png", side=500)
    stamp(shared / "tuxpaint/stamps/fruit/drawn.png", flat=True)
    stamp(shared / "tuxpaint/stamps/fruit/small.png", side=64)
    places = shared / "scratch/Media/Backgrounds/Indoors"
    places.mkdir(parents=True)
    Image.effect_noise((96, 80), 60).convert("RGB").save(places / "shop.jpg")
    resources = bytearray(b"qres")
    for picture in (colorful(400), Image.new("RGB", (400, 400), "red"), colorful(100)):
        picture.save(buffer := io.BytesIO(), "WEBP")
        resources += b"\0name" + buffer.getvalue()
    (shared / "gcompris-qt/rcc").mkdir(parents=True)
    (shared / "gcompris-qt/rcc/animals.rcc").write_bytes(resources + b"RIFF\xff\0\0\0WEBP broken")
    script.main(tmp_path / "packages", tmp_path / "data")

    found = sorted(path.relative_to(tmp_path / "data").as_posix() for path in (tmp_path / "data").rglob("*.*"))
    assert found == ["life/animals-0.webp", "scenes/shop.webp", "stamps/images/pear.webp", "stamps/masks/pear.png"]
    with Image.open(tmp_path / "data/stamps/images/pear.webp") as made:
        assert made.size == (384, 384)
        assert made.convert("RGB").getpixel((2, 2)) == (255, 255, 255)
    cases = data(dataclasses.replace(PRESETS["tiny"], drawings=0), tmp_path / "data", 0)
    assert len(cases.training.composites.products) == 1
    assert len(cases.training.composites.grounds) == 2
