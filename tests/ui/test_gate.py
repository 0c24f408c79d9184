"""What a server takes on at once: decoded pictures by their memory, workers by their number."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import BytesIO

import pytest
import torch
from PIL import Image

from gan.core.errors import Cancelled, InputError
from gan.imaging.io import admission
from gan.imaging.io.codec import decode
from gan.limits import BYTES_PER_PIXEL
from gan.ui import allocator, background_job, gate
from gan.ui.allocator import tidy, tidy_on
from gan.ui.gate import Gate

PIXELS = 60 * 40
ONE = PIXELS * BYTES_PER_PIXEL


@pytest.fixture(scope="module")
def png() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (60, 40), "teal").save(buffer, "PNG")
    return buffer.getvalue()


def apart(call: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    return thread


def test_a_picture_counts_until_nobody_has_it(png: bytes) -> None:
    one = Gate(10 * ONE)
    with one.event():
        pictures = [decode(png), decode(png)]
        assert one.held_bytes == 2 * ONE
        pictures.pop()
        assert one.held_bytes == ONE
    assert one.held_bytes == 0  # an event's end counts too, whoever still has a picture
    assert len(pictures) == 1


def test_what_is_refused_or_damaged_counts_no_longer(png: bytes) -> None:
    one = Gate(10 * ONE)
    with one.event():
        with pytest.raises(InputError, match="damaged"):
            decode(png[:-30])
        kept = decode(png)
        assert one.held_bytes == ONE
        assert kept.width_px == 60
    assert one.held_bytes == 0


def test_the_next_one_waits_for_memory(png: bytes) -> None:
    one = Gate(ONE + ONE // 2)
    seen: list[int] = []
    first = ExitStack()
    first.enter_context(one.event())
    held = decode(png)

    def second() -> None:
        with one.event():
            seen.append(decode(png).width_px)

    thread = apart(second)
    thread.join(0.3)
    assert not seen
    assert one.held_bytes == ONE
    del held
    thread.join(5)
    assert seen == [60]
    first.close()


def test_one_picture_is_always_possible_and_an_event_waits_for_no_picture_of_its_own(png: bytes) -> None:
    one = Gate(1, wait_s=5)
    with one.event():
        assert len({decode(png).width_px, decode(png).height_px}) == 2
        kept = [decode(png), decode(png)]
    assert len(kept) == 2


def test_who_waits_too_long_is_told_what_to_do(png: bytes) -> None:
    one = Gate(ONE, wait_s=0.3)
    with one.event():
        kept = decode(png)
        refusals: list[str] = []

        def second() -> None:
            with one.event():
                try:
                    decode(png)
                except InputError as error:
                    refusals.append(str(error))

        apart(second).join(5)
        assert kept.width_px == 60
    assert refusals == [
        "image: the server is busy with other pictures; only a few fit into its memory at once. "
        "Try again in a minute, or with a smaller picture."
    ]
    assert one.held_bytes == 0


def test_stop_ends_the_waiting() -> None:
    one = Gate(ONE, workers=1)
    cancel = threading.Event()
    ended: list[type[BaseException]] = []

    def second() -> None:
        try:
            with one.worker(cancel):
                ended.append(int)
        except Cancelled as error:
            ended.append(type(error))

    with one.worker(threading.Event()):
        thread = apart(second)
        time.sleep(0.1)
        cancel.set()
        thread.join(5)
    assert ended == [Cancelled]


def test_a_job_that_was_left_keeps_its_place_until_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background_job, "GATE", Gate(ONE, workers=1))
    go_on = threading.Event()
    order: list[str] = []

    def slow(progress: object, cancel: threading.Event) -> int:
        go_on.wait(5)
        order.append("left")
        return 1

    def quick(progress: object, cancel: threading.Event) -> int:
        order.append("next")
        return 2

    left = background_job.follow(slow, "en", lambda line: line)
    next(left)
    left.close()
    after: Iterator[str] = background_job.follow(quick, "en", lambda line: line)
    assert "Waiting in the queue" in next(after)
    assert order == []
    go_on.set()
    list(after)
    assert order == ["left", "next"]


def test_nobody_is_asked_outside_of_a_server(png: bytes) -> None:
    before = gate.GATE.held_bytes
    assert decode(png).width_px == 60
    assert gate.GATE.held_bytes == before
    admission.ask(10**12)
    admission.keep(torch.zeros(1))


def test_an_event_of_the_page_is_asked(png: bytes) -> None:
    with background_job.one_sentence("en"):
        picture = decode(png)
        assert gate.GATE.held_bytes >= ONE
    assert picture.width_px == 60
    gc.collect()
    assert gate.GATE.held_bytes == 0


def test_the_memory_is_the_smaller_of_machine_and_cgroup(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    machine = gate.memory_bytes()
    assert machine > 2**28
    limit = tmp_path / "memory.max"  # type: ignore[operator]
    monkeypatch.setattr(gate, "_CGROUP_LIMIT", limit)
    for text, expected in (("1048576", 2**20), ("max", None), ("", None)):
        limit.write_text(text)
        found = gate.memory_bytes()
        assert found == expected if expected else found >= machine


def test_memory_goes_back_to_the_system_after_work_and_not_during_it(png: bytes) -> None:
    one = Gate(10 * ONE)
    assert tidy(one, 0) == 0
    with one.event():
        kept = decode(png)
        assert tidy(one, 0) == 0
        assert kept.width_px == 60
    with one.worker(threading.Event()):
        assert tidy(one, 0) == 0
    assert tidy(one, 0) == one.taken == 2
    assert tidy(one, 2) == 2


def test_what_was_let_go_of_late_goes_at_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Gate(10 * ONE)
    trimmed: list[int] = []
    monkeypatch.setattr(allocator, "trim", lambda: trimmed.append(one.taken))
    with one.worker(threading.Event()):
        pass
    ended = tidy_on(one, 0.02)
    until = time.monotonic() + 5
    while len(trimmed) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.1)
    ended.set()
    assert trimmed == [1, 1]


def test_cycles_go_without_being_asked(png: bytes) -> None:
    one = Gate(10 * ONE)
    gone = threading.Event()
    ended = tidy_on(one, 0.05)
    with one.event():
        round_trip = [decode(png)]
        round_trip.append(round_trip)  # type: ignore[arg-type]
        weakref.finalize(round_trip[0], gone.set)
        del round_trip
    assert gone.wait(60)
    ended.set()
