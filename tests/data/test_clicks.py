"""Clicks that training makes up lie on what is meant or beside it."""

from __future__ import annotations

import torch

from gan.imaging.clicks import RADIUS, at_size, disc, marked
from gan.training.data.clicks import a_click, clicked
from gan.training.data.dice import Dice

SIDE = 96


def _block(top: int, left: int, size: int = 30) -> torch.Tensor:
    x = torch.zeros(1, SIDE, SIDE)
    x[:, top : top + size, left : left + size] = 1
    return x


def test_the_first_click_is_on_the_thing_and_others_keep_off_it() -> None:
    alpha, beside = _block(10, 10), _block(50, 55)
    unknown = torch.full((1, SIDE, SIDE), 0.5)
    dropped = 0
    for seed in range(60):
        made = clicked(unknown, alpha, beside, Dice(torch.Generator().manual_seed(seed)))
        keep, drop = made == 1, made == 0
        assert (keep & (alpha > 0.5)).any()
        # Middles lie on the thing; a disc reaches a few pixels further.
        assert not (keep & (beside > 0.5)).any()
        assert float((keep & (alpha < 0.5)).sum()) < 0.5 * float(keep.sum())
        assert ((made == 0.5) | keep | drop).all()
        dropped += bool(drop.any())
    assert 10 < dropped < 50


def test_nothing_to_click_on_changes_nothing() -> None:
    known, nothing = torch.rand(1, SIDE, SIDE) * 0.8 + 0.1, torch.zeros(1, SIDE, SIDE)
    for seed in range(10):
        made = clicked(known, nothing, nothing, Dice(torch.Generator().manual_seed(seed)))
        assert torch.equal(made, known)


def test_one_clicks_in_the_middle() -> None:
    assert a_click(_block(10, 40)) in {(y, x) for y in (24, 25) for x in (54, 55)}
    assert a_click(torch.zeros(1, SIDE, SIDE)) is None
    # At the frame's edge the middle is still meant, and not the edge.
    y, x = a_click(torch.ones(1, SIDE, SIDE)) or (0, 0)
    assert min(y, x) >= SIDE // 2 - 1


def test_where_both_are_marked_dropping_holds() -> None:
    keep, drop = disc(8, 8, 3, 3, 2.0), disc(8, 8, 3, 5, 2.0)
    made = marked(torch.full((1, 8, 8), 0.5), keep, drop)
    assert made[0, 3, 2] == 1
    assert made[0, 3, 4] == made[0, 3, 6] == 0
    assert made[0, 7, 7] == 0.5
    assert torch.equal(marked(made, None, None), made)


def test_a_small_click_in_a_large_picture_stays_one() -> None:
    marks = torch.zeros(1, 1, 1200, 900)
    marks[..., 600, 300] = 1
    small = at_size(marks, 256, 192)
    assert small.shape == (1, 1, 256, 192)
    rows, columns = (torch.nonzero(small[0, 0].any(axis)).flatten() for axis in (1, 0))
    assert abs(float(rows.float().mean()) - 128) <= 1
    assert abs(float(columns.float().mean()) - 64) <= 1
    assert len(rows) >= 2 * round(RADIUS * 256) - 1
    assert float(at_size(torch.zeros_like(marks), 256, 192).sum()) == 0


def test_a_stroke_keeps_its_form() -> None:
    marks = torch.zeros(1, 1, 300, 300)
    marks[..., 140:160, 20:280] = 1
    small = at_size(marks, 100, 100)
    assert 0.05 < float(small.mean()) < 0.08
    assert torch.equal(at_size(marks, 300, 300), marks)
