"""Suggestions are measured on drawn defects of known place."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from gan.core.errors import InputError
from gan.imaging.io.codec import decode
from gan.imaging.mask import Mask, grown, resized
from gan.imaging.picture import Picture
from gan.inpaint import defects as module
from gan.inpaint.defects import KINDS, suggest

PICTURES = Path(__file__).parents[1] / "pictures"
OVERSAMPLED = 4

Plane = npt.NDArray[np.float32]


@functools.cache
def _product(width: int = 400, height: int = 300) -> Plane:
    """(H, W, 3): a shaded ball with a soft shadow on white, and a little noise, as a camera has it."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    radius = 0.3 * min(width, height)
    away = np.hypot(x - width / 2, y - height / 2) / radius
    light = 0.75 - 0.35 * np.clip(np.hypot(x - 0.42 * width, y - 0.4 * height) / radius / 1.6, 0, 1)
    shadow = 1 - 0.35 * np.exp(-(((x - width / 2) / radius) ** 2) - ((y - 0.82 * height) / (0.2 * radius)) ** 2)
    inside = np.clip((1 - away) * radius, 0, 1)
    grey = inside * light + (1 - inside) * shadow
    tint = inside[..., None] * np.array([0.1, -0.02, -0.12], np.float32)
    noise = np.random.default_rng(0).normal(0, 0.004, (height, width, 3))
    return np.clip(grey[..., None] + tint + noise, 0, 1).astype(np.float32)


def _drawn(kind: str, size: tuple[int, int], seed: int = 0) -> Plane:
    """(H, W) in [0, 1]: the coverage of scratches, dust or text, antialiased."""
    width, height = size
    rng = np.random.default_rng(seed)
    canvas = Image.new("L", (width * OVERSAMPLED, height * OVERSAMPLED))
    draw = ImageDraw.Draw(canvas)
    if kind == "scratches":
        for _ in range(4):
            start = rng.uniform(0.15, 0.85, 2) * size
            angle, bend, length = rng.uniform(0, 6.28), rng.uniform(-0.05, 0.05), 0.04 * max(size)
            points = [tuple(start * OVERSAMPLED)]
            for _ in range(7):
                start = start + length * np.array([np.cos(angle), np.sin(angle)])
                points.append(tuple(start * OVERSAMPLED))
                angle += bend
            draw.line(points, fill=255, width=round(rng.uniform(1, 2.5) * OVERSAMPLED), joint="curve")
    elif kind == "dust":
        for _ in range(15):
            (x, y), r = rng.uniform(0.05, 0.95, 2) * size * OVERSAMPLED, rng.uniform(1.2, 3) * OVERSAMPLED
            draw.ellipse((x - r, y - 0.8 * r, x + r, y + 0.8 * r), fill=255)
    else:
        font = ImageFont.load_default(OVERSAMPLED * 0.06 * max(size))
        for row, words in enumerate(("Order 4711", "www.shop.com")):
            place = (0.15 * width * OVERSAMPLED, (0.2 + 0.4 * row) * height * OVERSAMPLED)
            draw.text(place, words, fill=255, font=font)
    return np.asarray(canvas.resize(size, Image.Resampling.BOX), np.float32) / 255


def _damaged(pixels: Plane, kind: str, *, value: float = 0.05, strength: float = 0.8) -> tuple[Picture, Mask]:
    """The picture with the defect laid over it, and where it is."""
    coverage = _drawn(kind, (pixels.shape[1], pixels.shape[0]))[..., None]
    mixed = pixels + strength * coverage * (value - pixels)
    truth = torch.from_numpy(coverage[..., 0] > 0.4).float()
    return _picture(mixed), Mask(truth[None, None])


def _example(name: str) -> Plane:
    return decode(PICTURES / name).rgb[0].permute(1, 2, 0).numpy()


def _picture(pixels: Plane) -> Picture:
    return Picture(torch.from_numpy(pixels.astype(np.float32)).permute(2, 0, 1)[None].contiguous())


def _measured(found: Mask, truth: Mask) -> tuple[float, float]:
    """Share of the truth that was found, and share of the picture marked farther than 3 px from it."""
    hit = found.coverage * truth.coverage
    false = found.coverage * (1 - grown(truth, 3).coverage)
    return float(hit.sum() / truth.coverage.sum()), float(false.mean())


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_found_on_a_drawn_product(kind: str) -> None:
    picture, truth = _damaged(_product(), kind)
    found = suggest(picture, kinds=(kind,))
    recall, false = _measured(found, truth)
    assert recall > 0.97
    assert false < 0.001
    assert set(found.coverage.unique().tolist()) == {0, 1}


def test_light_defects_are_found_as_dark_ones_are() -> None:
    dark = 0.5 * _product()
    for kind in KINDS:
        picture, truth = _damaged(dark, kind, value=1)
        recall, false = _measured(suggest(picture, kinds=(kind,)), truth)
        assert recall > 0.97, kind
        assert false < 0.001, kind


@pytest.mark.parametrize(
    ("name", "kind", "least", "most"),
    [
        ("carton.jpg", "scratches", 0.95, 0.001),
        ("chair.jpg", "dust", 0.95, 0.001),
        ("chair.jpg", "text", 0.97, 0.001),
        ("carton.jpg", "text", 0.95, 0.01),  # the carton has text of its own
        ("dandelions.jpg", "text", 0.97, 0.002),
        ("tulips.jpg", "dust", 0.9, 0.004),
        ("tulips.jpg", "scratches", 0.9, 0.015),  # their stalks are as thin
    ],
)
def test_kinds_are_found_on_the_examples(name: str, kind: str, least: float, most: float) -> None:
    picture, truth = _damaged(_example(name), kind)
    recall, false = _measured(suggest(picture, kinds=(kind,)), truth)
    assert recall > least
    assert false < most


def test_a_clean_product_has_nothing_marked_and_the_examples_little() -> None:
    assert not suggest(_picture(_product())).coverage.any()
    for name in ("carton.jpg", "chair.jpg", "tulips.jpg", "helmet.jpg", "dandelions.jpg"):
        assert suggest(decode(PICTURES / name)).coverage.mean() < 0.04, name


@pytest.mark.parametrize("blur_px", [0.0, 1.0, 3.0])
def test_a_texture_is_not_taken_for_defects(blur_px: float) -> None:
    grain = ndimage.gaussian_filter(np.random.default_rng(0).normal(0, 1, (300, 400)), blur_px)
    grain = (grain - grain.min()) / np.ptp(grain)
    assert suggest(_picture(np.repeat(grain[..., None], 3, axis=2))).coverage.mean() < 0.06


def test_kinds_are_told_apart() -> None:
    picture, truth = _damaged(_product(), "scratches")
    for kind in ("dust", "text"):
        assert _measured(suggest(picture, kinds=(kind,)), truth)[0] < 0.05
    picture, truth = _damaged(_product(), "dust")
    for kind in ("scratches", "text"):
        assert _measured(suggest(picture, kinds=(kind,)), truth)[0] < 0.05
    assert _measured(suggest(picture), truth)[0] > 0.97


def test_several_kinds_are_the_union_of_each() -> None:
    picture, _ = _damaged(_product(), "dust")
    picture, _ = _damaged(picture.rgb[0].permute(1, 2, 0).numpy(), "text")
    each = [suggest(picture, kinds=(kind,)).coverage for kind in ("dust", "text")]
    assert torch.equal(suggest(picture, kinds=("text", "dust")).coverage, torch.maximum(*each))


def test_sensitivity_finds_what_is_faint() -> None:
    for kind in KINDS:
        picture, truth = _damaged(_product(), kind, strength=0.12)
        shares = [_measured(suggest(picture, kinds=(kind,), sensitivity=s), truth)[0] for s in (0, 0.5, 1)]
        assert shares[0] < 0.1, kind
        assert shares[0] <= shares[1] <= shares[2], kind
        assert shares[2] > 0.5, kind


def test_a_large_picture_is_searched_in_a_copy_and_marked_at_its_own_size() -> None:
    picture, truth = _damaged(_product(), "text")
    large = Picture(torch.nn.functional.interpolate(picture.rgb, scale_factor=3, mode="bicubic").clamp(0, 1))
    found = suggest(large, kinds=("text",))
    assert (found.width_px, found.height_px) == (1200, 900)
    assert set(found.coverage.unique().tolist()) == {0, 1}
    recall, false = _measured(found, resized(truth, 900, 1200))
    assert recall > 0.97
    assert false < 0.005


def test_a_kind_that_would_mark_most_of_the_picture_marks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    picture, _ = _damaged(_product(), "dust")
    picture, _ = _damaged(picture.rgb[0].permute(1, 2, 0).numpy(), "text")
    dust, text = (suggest(picture, kinds=(kind,)).coverage for kind in ("dust", "text"))
    assert 0 < dust.mean() < text.mean()
    monkeypatch.setattr(module, "MOST_SHARE", float(dust.mean() + text.mean()) / 2)
    assert torch.equal(suggest(picture).coverage, dust)


def test_what_hides_behind_transparency_is_not_marked() -> None:
    picture, _ = _damaged(_product(), "dust")
    hidden = Picture(picture.rgb, torch.zeros(1, 1, picture.height_px, picture.width_px))
    hidden.alpha[..., 60:240, 100:300] = 1
    found = suggest(hidden, kinds=("dust",)).coverage
    clipped = found.clone()
    clipped[..., 58:242, 98:302] = 0
    assert found.any()
    assert not clipped.any()


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (7, 5), (31, 33), (2, 3000)])
def test_pictures_of_every_size_are_searched(size: tuple[int, int]) -> None:
    drawn = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0))
    assert suggest(Picture(drawn)).coverage.shape == (1, 1, *size)
    assert not suggest(Picture(torch.full((1, 3, *size), 0.5))).coverage.any()


def test_the_picture_is_left_as_it_was() -> None:
    picture, _ = _damaged(_product(), "dust")
    before = picture.rgb.clone()
    suggest(picture)
    assert torch.equal(picture.rgb, before)


def test_unknown_kinds_and_sensitivities_are_refused() -> None:
    picture = _picture(_product(32, 24))
    for kinds in ((), ("stickers",), ("dust", "hair")):
        with pytest.raises(InputError, match="scratches, dust, text") as error:
            suggest(picture, kinds=kinds)
        assert error.value.field == "suggest"
    for sensitivity in (-0.1, 1.1, float("nan")):
        with pytest.raises(InputError, match="0 to 1"):
            suggest(picture, sensitivity=sensitivity)
