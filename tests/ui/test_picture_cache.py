"""A visit's pictures in files come back with everything that belongs to them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gan.imaging.picture import GENERATED, Picture
from gan.ui.picture_cache import store


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("alpha", [False, True])
def test_a_picture_comes_back_as_a_lossless_file_would(tmp_path: Path, bits: int, alpha: bool, exact: bool) -> None:
    most = 2**bits - 1
    numbers = torch.randint(0, most + 1, (1, 4, 30, 40), generator=torch.Generator().manual_seed(0))
    unit = numbers.float() / most
    steps = ({"task": "inpaint", "request": {"grow_px": 2}, "weights": {}},)
    source = Picture(
        unit[:, :3],
        unit[:, 3:] if alpha else None,
        b"Exif\0\0xyz",
        name="shoe.png",
        bits=bits,
        history=steps,
        source_type=GENERATED,
    )
    stored = store(source, tmp_path / "picture.npz", exact=exact)
    assert stored.size == (40, 30)
    assert stored.bytes > 0
    back = stored.picture()
    assert torch.equal(back.rgb, source.rgb)
    assert (back.alpha is None) == (not alpha)
    assert back.alpha is None or torch.equal(back.alpha, unit[:, 3:])
    assert (back.exif, back.name, back.bits) == (source.exif, source.name, source.bits)
    assert (back.history, back.source_type) == (steps, GENERATED)


def test_exact_keeps_what_no_file_of_eight_bits_would(tmp_path: Path) -> None:
    source = Picture(torch.full((1, 3, 4, 4), 0.123456), name="shoe.png")
    assert torch.equal(store(source, tmp_path / "a.npz", exact=True).picture().rgb, source.rgb)
    assert not torch.equal(store(source, tmp_path / "b.npz").picture().rgb, source.rgb)


def test_a_file_that_is_gone_is_an_error_of_the_system(tmp_path: Path) -> None:
    stored = store(Picture(torch.zeros(1, 3, 4, 4)), tmp_path / "a.npz")
    stored.path.unlink()
    with pytest.raises(OSError, match=r"a\.npz"):
        stored.picture()
