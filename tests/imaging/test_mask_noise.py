"""Masks as files come: black that is nearly black, JPEG around hard edges, soft ramps, and what is no mask."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from gan.core.errors import InputError
from gan.imaging.mask import decode_mask, settled


def disc(size: int = 128, radius: int = 30) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - size / 2
    return np.where(y**2 + x**2 <= radius**2, 255, 0).astype(np.uint8)


def read(values: np.ndarray | Image.Image, file_format: str = "PNG", **options: object) -> torch.Tensor:
    buffer = io.BytesIO()
    image = values if isinstance(values, Image.Image) else Image.fromarray(values)
    image.save(buffer, file_format, **options)
    return decode_mask(buffer.getvalue()).coverage


HARD = torch.from_numpy(disc()).float()[None, None] / 255


def test_a_clean_mask_is_itself() -> None:
    clean = read(disc())
    assert settled(clean) is clean


@pytest.mark.parametrize("black", [1, 3, 10, 20])
def test_a_black_that_is_not_quite_black(black: int) -> None:
    assert torch.equal(settled(read(np.maximum(disc(), black).astype(np.uint8))), HARD)


@pytest.mark.parametrize("white", [254, 240, 235])
def test_a_white_that_is_not_quite_white(white: int) -> None:
    assert torch.equal(settled(read(np.minimum(disc(), white).astype(np.uint8))), HARD)


@pytest.mark.parametrize("quality", [25, 40, 60, 80, 95])
def test_jpeg_around_a_hard_edge_marks_nothing(quality: int) -> None:
    made = settled(read(disc(), "JPEG", quality=quality))
    wrong = made != HARD
    assert int(wrong.sum()) <= 6
    assert not wrong[HARD < 0.5][: 40 * 128].any()


def test_one_soft_pixel_along_an_edge_stays() -> None:
    image = Image.fromarray(disc(512, 120)).resize((128, 128), Image.Resampling.BOX)
    coverage = read(image)
    made = settled(coverage)
    assert float((made - coverage).abs().max()) <= 24 / 255 + 1e-6
    assert len(torch.unique(made)) > 5


@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
def test_a_soft_ramp_only_loses_its_ends(file_format: str) -> None:
    coverage = read(Image.fromarray(disc()).filter(ImageFilter.GaussianBlur(6)), file_format)
    made = settled(coverage)
    assert float((made - coverage).abs().max()) <= 24 / 255 + 1e-6
    assert len(torch.unique(made)) > 50


def test_even_gray_marks_by_half() -> None:
    coverage = 0.5 * HARD
    assert torch.equal(settled(coverage), coverage)


def test_an_empty_mask_stays_empty() -> None:
    assert not settled(read(np.full((20, 20), 3, np.uint8))).any()


def test_faint_gray_is_said() -> None:
    with pytest.raises(InputError, match="40 % of white"):
        settled(0.4 * HARD)


def test_a_photograph_is_no_mask() -> None:
    noise = np.random.default_rng(0).integers(40, 220, (128, 128), dtype=np.uint8)
    with pytest.raises(InputError, match="many grays"):
        settled(read(noise))
