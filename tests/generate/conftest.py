"""Closes what the Generate tab's handlers have left open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from generate_handlers import OPEN


@pytest.fixture(autouse=True)
def _closing() -> Iterator[None]:
    """What a handler made lies in a folder that goes away with its generator; it stays until the test is over."""
    yield
    while OPEN:
        OPEN.pop().close()
