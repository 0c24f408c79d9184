"""Assertions that every task has to pass; a task's test calls them with its own request."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
import torch

from gan.api import Studio
from gan.core.contract import Request, Result
from gan.core.errors import Cancelled


def assert_contract(studio: Studio, request: Request) -> Result:
    """Runs a request and checks what holds for all tasks: shapes, ranges, record, determinism, Stop.

    Returns:
        The result, for what is particular to the task.
    """
    steps: list[tuple[int, int, str]] = []
    result = studio.run(request, progress=lambda *step: steps.append(step))
    for picture in result.pictures:
        assert picture.rgb.dtype == torch.float32
        assert picture.rgb.device.type == "cpu"
        assert picture.rgb.shape[:2] == (1, 3)
        assert 0 <= picture.rgb.min() <= picture.rgb.max() <= 1
        assert not picture.rgb.requires_grad
        if picture.alpha is not None:
            assert picture.alpha.shape == (1, 1, *picture.rgb.shape[2:])
            assert 0 <= picture.alpha.min() <= picture.alpha.max() <= 1
    assert len(result.images) == len(result.pictures) > 0
    assert result.seed == request.seed
    assert result.seconds > 0
    assert all(len(sha256) == 64 for sha256 in result.weights.values())
    json.dumps(result.record)
    assert result.image.mode in ("RGB", "RGBA")
    if result.weights:
        assert steps[0][0] == 0
        assert all(done <= total and what for done, total, what in steps)
        assert_stops(studio, request)
    again = studio.run(request)
    for a, b in zip(result.pictures, again.pictures, strict=True):
        assert torch.equal(a.rgb, b.rgb)
        assert (a.alpha is None) == (b.alpha is None)
        assert a.alpha is None or torch.equal(a.alpha, b.alpha)  # type: ignore[arg-type]
        assert a.name == b.name
    assert {**again.record, "seconds": 0} == {**result.record, "seconds": 0}
    return result


def assert_stops(studio: Studio, request: Request) -> None:
    """After `cancel` is set no further step is begun."""
    cancel = threading.Event()
    seen: list[Any] = []

    def stop(*step: Any) -> None:
        seen.append(step)
        cancel.set()

    with pytest.raises(Cancelled):
        studio.run(request, progress=stop, cancel=cancel)
    assert len(seen) == 1
