"""Publishing to the Hub while training goes on: one upload at a time, in a thread of its own, from a copy.

A connection that breaks costs that push and nothing else: it is tried again, then said in one line, and the next one
is due as planned. Where pushes come faster than they can be uploaded, the newest that waits replaces an older one.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gan.models import hub

Say = Callable[[str], None]
Write = Callable[[str, int, Mapping[str, float | int | str]], None]

ATTEMPTS = 5
WAIT_S = 2.0
"""Between the first two attempts of a push; doubled after each."""


class PushFailed(Exception):
    """The last push did not arrive. Everything is saved on the disk; the text is one line."""


@dataclass(frozen=True)
class _Snapshot:
    step: int
    folder: Path


class Pusher:
    """Pushes snapshots of a run's published weights.

    Args:
        repo_id: "owner/name".
        folder: for the snapshots; emptied at the start.
        say: prints one line; called from the thread.
        write: the log's `write`; called from the thread.
    """

    def __init__(self, repo_id: str, folder: Path, *, say: Say, write: Write) -> None:
        self.repo_id = repo_id
        self.folder = folder
        self._say = say
        self._write = write
        self._changed = threading.Condition()
        self._submitted = 0
        self._waiting: _Snapshot | None = None
        self._busy = False
        self._failure: str | None = None
        self._thread: threading.Thread | None = None
        shutil.rmtree(folder, ignore_errors=True)

    def submit(self, weights: Path, samples: Path | None, *, step: int) -> None:
        """Copy what is to be published and return; the upload happens in the thread.

        Args:
            weights: a checkpoint in published form.
            samples: a picture to show on the card.
        """
        self._submitted += 1
        snapshot = _Snapshot(step, self.folder / f"{self._submitted}")
        _copy(weights, samples, snapshot.folder)
        with self._changed:
            replaced, self._waiting = self._waiting, snapshot
            if self._thread is None:
                # A daemon, so that a stuck upload cannot keep a stopped run from ending.
                self._thread = threading.Thread(target=self._work, name="push", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        if replaced is not None:
            shutil.rmtree(replaced.folder, ignore_errors=True)

    def finish(self, interrupted: Callable[[], bool]) -> str:
        """Wait until everything submitted has been tried.

        Args:
            interrupted: asked several times a second; waiting ends when it is true.

        Returns:
            A sentence that names the address of what was published.

        Raises:
            PushFailed: the last push did not arrive, or waiting was interrupted.
        """
        with self._changed:
            while self._busy or self._waiting is not None:
                if interrupted():
                    raise PushFailed(f"The last push to {self.repo_id} was interrupted. The weights are saved.")
                self._changed.wait(0.2)
        if self._failure is not None:
            raise PushFailed(f"The last push to {self.repo_id} failed; the weights are saved. {self._failure}")
        return f"Published as {self.repo_id}."

    def abandon(self) -> None:
        """Forget what waits; an upload that runs ends with the process."""
        with self._changed:
            self._waiting = None
            busy = self._busy
        if not busy:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _work(self) -> None:
        while True:
            with self._changed:
                while self._waiting is None:
                    self._changed.wait()
                snapshot, self._waiting, self._busy = self._waiting, None, True
            failure = self._push(snapshot)
            with self._changed:
                self._busy, self._failure = False, failure
                self._changed.notify_all()

    def _push(self, snapshot: _Snapshot) -> str | None:
        """What went wrong, in one line, or None."""
        try:
            address = hub.push(
                snapshot.folder,
                self.repo_id,
                message=f"Step {snapshot.step}",
                attempts=ATTEMPTS,
                wait_s=WAIT_S,
                quiet=True,
            )
        except Exception as error:  # whatever the client or the disk comes up with, training goes on
            failure = " ".join(str(error).split()) or type(error).__name__
            self._write("push_failed", snapshot.step, {"repo": self.repo_id, "why": failure})
            self._say(f"Push of step {snapshot.step} failed: {failure}")
            return failure
        else:
            self._write("push", snapshot.step, {"repo": self.repo_id})
            self._say(f"Step {snapshot.step} is published: {address}")
            return None
        finally:
            shutil.rmtree(snapshot.folder, ignore_errors=True)


def _copy(weights: Path, samples: Path | None, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in hub.PUBLISHED_FILES:
        shutil.copyfile(weights / name, folder / name)
    if samples is not None:
        shutil.copyfile(samples, folder / hub.SAMPLES_FILE)
        with (folder / hub.CARD_FILE).open("a", encoding="utf-8") as card:
            card.write(f"\n## Samples\n\n![Samples of fixed latents at this step]({hub.SAMPLES_FILE})\n")
