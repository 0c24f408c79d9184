"""Filling with patches: what repeats is continued, what is known stays."""

from __future__ import annotations

import torch

from gan.imaging.patches import magnified, patch_fill
from gan.imaging.smooth_fill import smooth_fill


def _checks(height_px: int = 64, width_px: int = 72, side_px: int = 4) -> torch.Tensor:
    y, x = torch.arange(height_px)[:, None] // side_px, torch.arange(width_px)[None] // side_px
    return ((y + x) % 2).float().expand(1, 3, height_px, width_px).contiguous()


def _hole(height_px: int = 64, width_px: int = 72) -> torch.Tensor:
    hole = torch.zeros(1, 1, height_px, width_px, dtype=torch.bool)
    hole[..., 24:36, 30:40] = True
    return hole


def test_a_pattern_is_continued() -> None:
    picture, hole = _checks(), _hole()
    smooth = smooth_fill(picture, hole)
    made = patch_fill(smooth, hole).filled
    inside = hole.expand_as(picture)
    assert (made - picture)[inside].abs().mean() < 0.5 * (smooth - picture)[inside].abs().mean()
    assert 0 <= made.min() <= made.max() <= 1


def test_what_is_known_stays() -> None:
    picture = torch.rand(1, 3, 64, 72, generator=torch.Generator().manual_seed(0))
    hole = _hole()
    copied = patch_fill(smooth_fill(picture, hole), hole)
    known = (~hole).expand_as(picture)
    assert torch.equal(copied.filled[known], picture[known])
    assert bool((copied.source[~hole[0, 0]] == -1).all())


def test_sources_are_known_pixels() -> None:
    picture, hole = _checks(), _hole()
    source = patch_fill(smooth_fill(picture, hole), hole).source
    origins = source[hole[0, 0]]
    assert bool((origins >= 0).all())
    assert not bool(hole[0, 0].flatten()[origins].any())


def test_where_no_patch_is_known_the_start_remains() -> None:
    picture = torch.rand(1, 3, 12, 12)
    hole = torch.ones(1, 1, 12, 12, dtype=torch.bool)
    hole[..., 0, :] = False
    copied = patch_fill(picture, hole)
    assert copied.filled is picture
    assert bool((copied.source == -1).all())


def test_a_single_row_and_a_single_pixel() -> None:
    for size in ((1, 40), (40, 1), (2, 2)):
        picture, hole = torch.rand(1, 3, *size), torch.zeros(1, 1, *size, dtype=torch.bool)
        hole[..., 0, 0] = True
        assert patch_fill(picture, hole).filled.shape == picture.shape


def test_detail_is_copied_from_the_same_places() -> None:
    """A hole that takes everything from ten coarse pixels to the right takes the twenty fine ones there."""
    fine = torch.rand(1, 3, 40, 60, generator=torch.Generator().manual_seed(1))
    source = torch.full((20, 30), -1)
    source[5:9, 4:8] = torch.arange(5, 9)[:, None] * 30 + torch.arange(4, 8)[None] + 10
    fallback = torch.zeros(1, 3, 40, 60)
    made = magnified(fine, source, fallback, factor=2)
    assert torch.equal(made[..., 10:18, 8:16], fine[..., 10:18, 28:36])
    assert not bool(made[..., :10, :].any())
    part = magnified(fine, source, fallback[..., :8, :8], factor=2, top=10, left=8)
    assert torch.equal(part, fine[..., 10:18, 28:36])


def test_a_texture_goes_on_although_a_plain_ground_resembles_the_smooth_fill() -> None:
    columns = torch.arange(128)
    picture = (0.5 + 0.4 * torch.sign(torch.sin((columns + 0.5) * torch.pi / 4))).expand(1, 3, 96, 128).contiguous()
    picture[..., 80:] = 0.5
    hole = torch.zeros(1, 1, 96, 128, dtype=torch.bool)
    hole[..., 30:66, 20:60] = True
    made = patch_fill(smooth_fill(picture, hole), hole).filled
    assert float((made - picture).abs()[hole.expand_as(picture)].mean()) < 0.1
