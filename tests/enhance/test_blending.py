"""Blending is linear in the strength, ends exactly at its ends, and shows no band."""

from __future__ import annotations

import pytest
import torch

from gan.enhance.pipeline import blend
from gan.imaging import row_chunks
from gan.imaging.resize import resize


@pytest.mark.parametrize("scale", [1, 2, 4])
@pytest.mark.parametrize("size", [(1, 1), (37, 21), (64, 5)])
def test_ends_and_middle(monkeypatch: pytest.MonkeyPatch, scale: int, size: tuple[int, int]) -> None:
    monkeypatch.setattr(row_chunks, "BAND_PIXELS", 100)  # many bands, so that a seam would show
    generator = torch.Generator().manual_seed(0)
    reference = torch.rand(1, 3, *size, generator=generator)
    made = torch.rand(1, 3, size[0] * scale, size[1] * scale, generator=generator)
    base = resize(reference, *made.shape[2:])
    for strength in (0.0, 0.25, 1.0):
        output = made.clone()
        blend(output, reference, scale=scale, strength=strength)
        torch.testing.assert_close(output, base + (made - base) * strength, atol=1e-5, rtol=0)
        assert strength != 1 or torch.equal(output, made)
