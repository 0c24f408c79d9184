"""Requests: what is checked of all of them, whatever the task."""

from __future__ import annotations

import pytest
import torch

from gan.core.errors import InputError
from gan.core.reader import CoverFile, MaskFile, PictureFile
from gan.core.request import Request
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture

PICTURE = Picture(torch.rand(1, 3, 6, 8))


class Masked(Request):
    """A task with two masks of its picture."""

    picture: PictureFile
    mask: CoverFile | None = None
    protect: MaskFile | None = None


class Alone(Request):
    """A task with a mask and no picture."""

    mask: CoverFile


def mask(height_px: int, width_px: int) -> Mask:
    return Mask(torch.ones(1, 1, height_px, width_px))


@pytest.mark.parametrize("name", ["mask", "protect"])
def test_every_mask_of_a_picture_is_of_its_size(name: str) -> None:
    assert getattr(Masked(picture=PICTURE, **{name: mask(6, 8)}), name) is not None
    with pytest.raises(InputError, match="mask: 6 x 8 px mask, 8 x 6 px picture"):
        Masked(picture=PICTURE, **{name: mask(8, 6)})
    with pytest.raises(InputError, match="4 x 4 px mask"):
        Masked(picture=PICTURE).replaced(**{name: mask(4, 4)})


def test_without_a_picture_a_mask_is_of_any_size() -> None:
    assert Alone(mask=mask(3, 5)).mask.width_px == 5


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_is_a_number_of_32_bits(seed: int) -> None:
    with pytest.raises(InputError, match="seed: "):
        Masked(picture=PICTURE, seed=seed)
