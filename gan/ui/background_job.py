"""Long work behind a page: a worker thread, its progress, Stop, and errors as one sentence.

Gradio cancels generators only, and only between two of their values. So the work runs in a thread of its own while the
generator reports on it a few times a second; when Gradio closes the generator (Stop was pressed, or the page went
away), the thread is told through an event and ends at its next step.
"""

from __future__ import annotations

import contextvars
import html
import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import Final, TypeVar

import gradio as gr

from gan.core.contract import Progress
from gan.core.errors import Cancelled, PackshotError
from gan.ui.i18n import Language, notice, say, sentence

T = TypeVar("T")
Update = TypeVar("Update")
Job = Callable[[Progress, threading.Event], T]

INTERVAL_S: Final = 0.25

_log = logging.getLogger(__name__)


def follow(job: Job[T], to: Language, show: Callable[[str], Update]) -> Generator[Update, None, T]:
    """Run a job, reporting at most four times a second; `result = yield from follow(...)`.

    Args:
        job: called as `job(progress, cancel)` in a thread of its own; `cancel` is set once nobody waits any longer.
        to: the language of the report and of errors.
        show: makes what the generator yields out of the report, which is HTML.

    Returns:
        What the job returns.

    Raises:
        gr.Error: the job failed; the message is one sentence in that language.
    """
    tracker = _Tracker()
    cancel = threading.Event()
    future: Future[T] = Future()
    context = contextvars.copy_context()

    def work() -> None:
        try:
            future.set_result(context.run(job, tracker.step, cancel))
        except BaseException as error:  # whatever it is, the one who waits must hear of it
            future.set_exception(error)

    threading.Thread(target=work, name="packshot-work", daemon=True).start()
    try:
        while not wait([future], timeout=INTERVAL_S).done:
            yield show(tracker.report(to))
        if future.exception() is not None:
            yield show("")  # an error leaves on the page what was last shown there
        with one_sentence(to):
            return future.result()
    finally:
        cancel.set()


@contextmanager
def one_sentence(to: Language) -> Iterator[None]:
    """Errors as the page shows them: the user's to mend in full, all others as a line that points to the log.

    Raises:
        gr.Error: in place of any error within.
    """
    try:
        yield
    except PackshotError as error:
        raise _shown(sentence(error, to)) from error
    except Cancelled as error:
        raise _shown(say("Stopped", to)) from error
    except Exception as error:
        _log.exception("An event failed")
        text = say("Something failed on our side; nothing of yours is lost. The server's log has the details.", to)
        raise _shown(text) from error


def report(what: str, to: Language, *, fraction: float | None = None, left_s: float | None = None) -> str:
    """A line of progress as HTML.

    Args:
        what: the step, as a template of `gan.ui.i18n`.
        fraction: 0 to 1; None where nobody knows.
        left_s: seconds until it is done.
    """
    words = [] if fraction is None else [f"{fraction:.0%}"]
    if left_s is not None:
        words.append(say("about {left} left", to, left=_duration(left_s, to)))
    bar = '<i class="waiting"></i>' if fraction is None else f'<i style="width:{fraction:.1%}"></i>'
    return (
        f'<div class="line" role="status"><span>{html.escape(notice(what, to))}</span>'
        f'<span>{" · ".join(words)}</span></div><div class="bar">{bar}</div>'
    )


class _Tracker:
    """The latest step, and how fast steps of its kind have been; written by the worker, read by the generator."""

    def __init__(self) -> None:
        self._latest = (0, 0, "Reading the picture")
        self._began_s = time.monotonic()
        self._seen_s = self._began_s

    def step(self, done: int, total: int, what: str) -> None:
        if what != self._latest[2]:
            self._began_s = self._seen_s
        self._seen_s = time.monotonic()
        self._latest = (done, total, what)

    def report(self, to: Language) -> str:
        done, total, what = self._latest
        if total < 1:
            return report(what, to)
        fraction = min(1.0, done / total)
        left_s = (self._seen_s - self._began_s) / done * (total - done) if 0 < done < total else None
        if left_s is not None:
            left_s = max(0.0, left_s - (time.monotonic() - self._seen_s))
        return report(what, to, fraction=fraction, left_s=left_s)


def _duration(seconds: float, to: Language) -> str:
    if seconds < 90:
        return say("{seconds} s", to, seconds=max(1, round(seconds)))
    return say("{minutes} min", to, minutes=round(seconds / 60))


def _shown(text: str) -> gr.Error:
    return gr.Error(html.escape(text, quote=False), print_exception=False)
