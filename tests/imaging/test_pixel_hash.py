"""Hashes of pixels: the same for the same values, whatever they are held in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from gan.imaging.color_grading import Look, identity
from gan.imaging.io.codec import Encoding, decode, encode
from gan.imaging.io.cube import encode_cube, read_cube
from gan.imaging.mask import Mask, decode_mask, encode_mask
from gan.imaging.picture import Picture
from gan.imaging.pixel_hash import sha256_of


def noise(channels: int = 3) -> torch.Tensor:
    return torch.rand(1, channels, 9, 14, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("alpha", [False, True])
def test_a_picture_is_known_again_in_its_file(bits: int, alpha: bool) -> None:
    picture = Picture(noise(), noise(1) if alpha else None, bits=bits)
    for file_format in ("png", "tiff"):
        assert sha256_of(decode(encode(picture, Encoding(file_format=file_format)))) == sha256_of(picture)
    assert len(sha256_of(picture)) == 64


def test_a_mask_and_a_look_are_known_again_in_theirs() -> None:
    mask = Mask(noise(1))
    assert sha256_of(decode_mask(encode_mask(mask))) == sha256_of(mask)
    look = identity(3)
    assert sha256_of(read_cube(encode_cube(look, title="a"))) == sha256_of(look)


@pytest.mark.parametrize("make", [Picture, lambda x: Picture(x, bits=16), lambda x: Mask(x[:, :1].contiguous())])
def test_one_step_of_one_value_makes_another_hash(make: Callable[[torch.Tensor], Picture | Mask]) -> None:
    values = (noise() * 254).round() / 255
    changed = values.clone()
    changed[0, 0, 8, 13] += 1 / 255
    assert sha256_of(make(values)) != sha256_of(make(changed))
    assert sha256_of(make(values)) == sha256_of(make(values + 1e-7))


def test_kinds_and_sizes_are_told_apart() -> None:
    zeros = torch.zeros(1, 3, 4, 6)
    look = identity(2)
    hashes = [
        sha256_of(Picture(zeros)),
        sha256_of(Picture(zeros, bits=16)),
        sha256_of(Picture(zeros, zeros[:, :1])),
        sha256_of(Picture(torch.zeros(1, 3, 6, 4))),
        sha256_of(Mask(zeros[:, :1])),
        sha256_of(Mask(torch.zeros(1, 1, 6, 12))),
        sha256_of(look),
        sha256_of(Look(look.lattice.flip(3).contiguous())),
    ]
    assert len(set(hashes)) == len(hashes)


def test_names_do_not_count() -> None:
    assert sha256_of(Picture(noise(), name="a.png")) == sha256_of(Picture(noise(), name="b.png"))


def test_bands_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sha256_of(Picture(noise(), noise(1)))
    monkeypatch.setattr("gan.imaging.row_chunks.BAND_PIXELS", 30)
    assert sha256_of(Picture(noise(), noise(1))) == whole


def test_a_view_counts_as_its_values() -> None:
    wide = noise()
    assert sha256_of(Picture(wide[..., 2:9])) == sha256_of(Picture(wide[..., 2:9].contiguous()))
