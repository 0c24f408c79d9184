"""Clicks on the Shape & print tab's photograph, and the fields that they fill."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from gan.edit.page.clicks import Clicks
from gan.edit.page.marks import Photograph, opened
from gan.imaging.picture import Picture
from gan.ui.session import Shelf

EMPTY = ("", "", 0, 0, 0, 0, "")


@pytest.fixture
def clicks() -> Clicks:
    return Clicks({}, Shelf())


@pytest.fixture
def at(tmp_path: Path) -> Photograph:
    return opened(Picture(torch.ones(1, 3, 60, 80)), tmp_path)


def click(clicks: Clicks, at: Photograph, task: str, x: int, y: int, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """State and fields after a click on a pixel."""
    state, _, _, *fields = clicks.click(cast(Any, SimpleNamespace(index=[x, y])), at, task, *values)
    return state, tuple(fields)


def test_a_click_goes_on_from_the_last_though_the_page_has_not_shown_that_yet(clicks: Clicks, at: Photograph) -> None:
    at, first = click(clicks, at, "perspective", 10, 10, EMPTY)
    at, second = click(clicks, at, "perspective", 60, 10, EMPTY)
    at, third = click(clicks, at, "perspective", 60, 50, first)
    assert len(second[0].split()) == 2
    assert third[0].split()[:2] == second[0].split()
    assert len(third[0].split()) == 3


def test_each_task_has_its_own_corners(clicks: Clicks, at: Photograph) -> None:
    at, values = click(clicks, at, "perspective", 10, 10, EMPTY)
    at, values = click(clicks, at, "print", 60, 50, values)
    assert [len(field.split()) for field in values[:2]] == [1, 1]


def test_what_was_typed_or_cleared_since_stays(clicks: Clicks, at: Photograph) -> None:
    at, one = click(clicks, at, "perspective", 10, 10, EMPTY)
    at, _ = click(clicks, at, "perspective", 60, 10, one)
    at, *_ = clicks.typed(at, "perspective", *one)  # the second corner was taken out by hand
    at, two = click(clicks, at, "perspective", 60, 50, one)
    assert [round(float(point.split(",")[0]), -1) for point in two[0].split()] == [10, 60]
    assert float(two[0].split()[1].split(",")[1]) > 40
    at, _, _, *cleared = clicks.clear(at, "perspective", *two)
    at, again = click(clicks, at, "perspective", 30, 30, tuple(cleared))
    assert len(again[0].split()) == 1
