"""Long work reports a few times a second, ends when nobody waits, and fails in one sentence."""

from __future__ import annotations

import contextvars
import gc
import logging
import threading
import time
import weakref
from collections.abc import Generator, Iterator

import gradio as gr
import pytest

from gan.core.contract import Progress
from gan.core.errors import Cancelled, InputError, StepError, as_data
from gan.ui import background_job
from gan.ui.background_job import INTERVAL_S, Job, follow, one_sentence, report
from gan.ui.i18n import Language


def finish(generator: Generator[str, None, int]) -> tuple[list[str], int]:
    results = []

    def reports() -> Iterator[str]:
        results.append((yield from generator))

    shown = list(reports())
    return shown, results[0]


def followed(job: Job[int], to: Language = "en") -> Generator[str, None, int]:
    return follow(job, to, lambda line: line)


def test_a_quick_job_gives_its_result_without_a_report() -> None:
    assert finish(followed(lambda progress, cancel: 7)) == ([], 7)


def test_reports_are_throttled_and_show_the_latest_step() -> None:
    def job(progress: Progress, cancel: threading.Event) -> int:
        for step in range(100):
            progress(step + 1, 120, "Enhancing")  # the last report may come late: it has some time left, too
            time.sleep(0.01)
        return 1

    began = time.monotonic()
    reports, result = finish(followed(job))
    assert result == 1
    assert 1 <= len(reports) <= (time.monotonic() - began) / INTERVAL_S
    assert "Enhancing" in reports[-1]
    assert "%" in reports[-1]
    assert "left" in reports[-1]


def test_the_time_left_is_that_of_the_current_kind_of_step(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(background_job.time, "monotonic", lambda: now[0])
    tracker = background_job._Tracker()
    now[0] = 150.0  # reading took 50 s, which says nothing about tiles
    tracker.step(0, 0, "Reading the picture")
    now[0] = 154.0
    tracker.step(2, 10, "Enhancing")
    assert "about 16 s left" in tracker.report("en")
    now[0] = 155.0
    assert "about 15 s left" in tracker.report("en")
    assert "20%" in tracker.report("en")
    tracker.step(10, 10, "Enhancing")
    assert "left" not in tracker.report("en")
    tracker.step(0, 0, "Writing the files")
    assert 'class="waiting"' in tracker.report("en")
    assert "%" not in tracker.report("en")


def test_a_report_speaks_chinese_and_minutes() -> None:
    line = report("Enhancing", "zh", fraction=0.5, left_s=240)
    assert "正在增强" in line
    assert "约剩 4 分钟" in line
    assert "<b>" not in report("<b>", "en")


def test_closing_the_generator_tells_the_job_at_once() -> None:
    seen = threading.Event()

    def job(progress: Progress, cancel: threading.Event) -> int:
        assert cancel.wait(60)
        seen.set()
        raise Cancelled

    generator = followed(job)
    next(generator)
    generator.close()
    assert seen.wait(60)


def test_an_error_of_the_user_s_becomes_one_sentence_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    def job(progress: Progress, cancel: threading.Event) -> int:
        raise InputError("width", "{wanted} px", "1 to 100 is allowed", "Choose <b>", wanted="<script>")

    reports = followed(job)
    assert next(reports) == ""  # the report is taken away before the error is told
    with pytest.raises(gr.Error) as caught:
        next(reports)
    assert caught.value.message == "width: &lt;script&gt; px; 1 to 100 is allowed. Choose &lt;b&gt;."
    assert not caught.value.print_exception
    assert not caplog.records


def test_an_unexpected_error_is_logged_and_shown_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    def job(progress: Progress, cancel: threading.Event) -> int:
        raise ZeroDivisionError("/secret/path")

    with caplog.at_level(logging.ERROR), pytest.raises(gr.Error, match="日志") as caught:
        finish(followed(job, "zh"))
    assert "secret" not in caught.value.message
    assert "/secret/path" in caplog.text
    assert "Traceback" in caplog.text


def test_one_sentence_lets_what_is_fine_pass() -> None:
    with one_sentence("en"):
        pass
    with pytest.raises(gr.Error, match="Stopped"), one_sentence("en"):
        raise Cancelled


def test_the_job_sees_the_event_s_context() -> None:
    """A borrowed GPU finds the visitor's request in a context variable."""
    who: contextvars.ContextVar[int] = contextvars.ContextVar("who", default=0)
    who.set(5)
    assert finish(followed(lambda progress, cancel: who.get())) == ([], 5)


class Pixels:
    """Stands for a picture: something that a weak reference can watch."""


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Without it only what nobody refers to goes; cycles stay."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def in_the_depth(watch: list[weakref.ref[Pixels]], error: BaseException) -> int:
    """Fails, as decoding does, below an `except` and with a picture in every frame."""
    pixels = Pixels()
    watch.append(weakref.ref(pixels))
    try:
        raise ValueError("the plugin's own words")
    except ValueError as cause:
        raise error from cause


@pytest.mark.parametrize("kind", ["refused", "failed", "no memory"])
def test_a_job_that_fails_keeps_nothing(kind: str, no_collector: None, caplog: pytest.LogCaptureFixture) -> None:
    watch: list[weakref.ref[Pixels]] = []
    errors = {
        "refused": lambda: InputError("width", "it", "that", "Do"),
        "failed": lambda: ZeroDivisionError(),
        "no memory": lambda: MemoryError(),
    }

    def job(progress: Progress, cancel: threading.Event) -> int:
        pixels = Pixels()
        watch.append(weakref.ref(pixels))
        return in_the_depth(watch, errors[kind]())

    with pytest.raises(gr.Error):
        finish(followed(job))
    caplog.clear()  # a record of the log holds the error for as long as the record is kept
    assert [pixels() for pixels in watch] == [None, None]


def test_a_job_that_was_left_keeps_nothing(no_collector: None) -> None:
    watch: list[weakref.ref[Pixels]] = []
    ended = threading.Event()

    def job(progress: Progress, cancel: threading.Event) -> int:
        pixels = Pixels()
        watch.append(weakref.ref(pixels, lambda _: ended.set()))
        cancel.wait(5)
        raise Cancelled

    generator = followed(job)
    next(generator)
    generator.close()
    assert ended.wait(60)
    assert watch[0]() is None


def test_a_job_that_ends_well_keeps_nothing_but_its_result(no_collector: None) -> None:
    watch: list[weakref.ref[Pixels]] = []

    def job(progress: Progress, cancel: threading.Event) -> int:
        pixels = Pixels()
        watch.append(weakref.ref(pixels))
        return 1

    assert finish(followed(job))[1] == 1
    assert watch[0]() is None


def test_an_error_that_is_kept_as_a_value_keeps_nothing(no_collector: None) -> None:
    watch: list[weakref.ref[Pixels]] = []
    try:
        in_the_depth(watch, StepError(2, InputError("width", "it", "that", "Do")))
    except StepError as error:
        kept = as_data(error)
    assert watch[0]() is None
    assert (kept.__traceback__, kept.__cause__, str(kept)) == (None, None, "step 2: width: it; that. Do.")
