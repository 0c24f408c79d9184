"""What is kept between requests."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from gan.core.contract import Cache

WAIT_S = 30


def test_the_least_recently_used_item_makes_room() -> None:
    cache, made = Cache(2), []

    def item(key: str) -> str:
        def make() -> str:
            made.append(key)
            return key.upper()

        return cache.get(key, make)

    assert [item(key) for key in "abacab"] == list("ABACAB")
    assert made == ["a", "b", "c", "b"]


def test_who_asks_for_what_is_being_made_waits_and_for_another_item_does_not() -> None:
    cache, begun, go_on, made = Cache(), threading.Event(), threading.Event(), []

    def slow() -> str:
        made.append("slow")
        begun.set()
        assert go_on.wait(WAIT_S)
        return "slow"

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(cache.get, "key", slow)
        assert begun.wait(WAIT_S)
        second = pool.submit(cache.get, "key", slow)
        assert cache.get("another", lambda: "quick") == "quick"
        assert not first.done()
        assert not second.done()
        go_on.set()
        assert first.result(WAIT_S) == second.result(WAIT_S) == "slow"
    assert made == ["slow"]


def test_what_failed_is_made_by_the_next() -> None:
    cache = Cache()

    def fail() -> str:
        raise ValueError("this once")

    with pytest.raises(ValueError, match="this once"):
        cache.get("key", fail)
    assert cache.get("key", lambda: "made") == "made"
