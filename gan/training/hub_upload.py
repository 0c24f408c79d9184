"""Upload to the Hub during training: one upload at a time, in the background of its client, from a copy.

A connection that breaks costs that push and nothing else: it is tried again, then said in one line, and the next one
is due as planned. Where pushes come faster than they can be uploaded, the newest that waits replaces an older one.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from pathlib import Path

from gan.models import hub

Say = Callable[[str], None]
Write = Callable[[str, int, Mapping[str, float | int | str]], None]

ATTEMPTS = 5
WAIT_S = 2.0
"""Between the first two attempts of a push; doubled after each."""


class PushFailed(Exception):
    """The last upload failed. Everything is saved on disk; the text is one line."""


class Pusher:
    """Uploads snapshots of a run's published weights.

    Args:
        repo_id: "owner/name".
        folder: for the snapshots; emptied at the start.
        say: prints one line; called in the background.
        write: the log's `write`; called in the background.
    """

    def __init__(self, repo_id: str, folder: Path, *, say: Say, write: Write) -> None:
        from huggingface_hub import HfApi

        self.repo_id = repo_id
        self.folder = folder
        self._say = say
        self._write = write
        self._background = HfApi().run_as_future
        self._submitted = 0
        self._uploads: list[tuple[Future[str | None], Path]] = []
        self._stopped = threading.Event()
        shutil.rmtree(folder, ignore_errors=True)

    def submit(self, weights: Path, samples: Path | None, *, step: int) -> None:
        """Copy the files to publish and return; the upload happens in the background.

        Args:
            weights: a checkpoint in published form.
            samples: a picture to show on the card.
        """
        self._submitted += 1
        snapshot = self.folder / f"{self._submitted}"
        _copy(weights, samples, snapshot)
        self._drop_waiting()
        self._uploads.append((self._background(self._push, snapshot, step), snapshot))

    def finish(self, interrupted: Callable[[], bool]) -> str:
        """Wait until everything submitted has been tried.

        Args:
            interrupted: asked several times a second; waiting ends when it is true.

        Returns:
            A sentence that names the address of what was published.

        Raises:
            PushFailed: the last push did not arrive, or waiting was interrupted.
        """
        uploads = [upload for upload, _ in self._uploads]
        while wait(uploads, timeout=0.2).not_done:
            if interrupted():
                raise PushFailed(f"The last push to {self.repo_id} was interrupted. The weights are saved.")
        failure = uploads[-1].result() if uploads else None
        if failure is not None:
            raise PushFailed(f"The last push to {self.repo_id} failed; the weights are saved. {failure}")
        return f"Published as {self.repo_id}."

    def abandon(self) -> None:
        """Drop the waiting snapshot; an upload under way tries no more, and the process ends after it."""
        self._stopped.set()
        self._drop_waiting()
        if all(upload.done() for upload, _ in self._uploads):
            shutil.rmtree(self.folder, ignore_errors=True)

    def _drop_waiting(self) -> None:
        for upload, snapshot in self._uploads:
            if upload.cancel():
                shutil.rmtree(snapshot, ignore_errors=True)
        self._uploads = [pair for pair in self._uploads if not pair[0].done()]

    def _push(self, snapshot: Path, step: int) -> str | None:
        """Push one snapshot; return the error in one line, or None."""
        try:
            address = hub.push(
                snapshot,
                self.repo_id,
                message=f"Step {step}",
                attempts=ATTEMPTS,
                wait_s=WAIT_S,
                quiet=True,
                stopped=self._stopped,
            )
        except Exception as error:  # whatever the client or the disk comes up with, training goes on
            failure = " ".join(str(error).split()) or type(error).__name__
            self._write("push_failed", step, {"repo": self.repo_id, "why": failure})
            self._say(f"Push of step {step} failed: {failure}")
            return failure
        else:
            self._write("push", step, {"repo": self.repo_id})
            self._say(f"Step {step} is published: {address}")
            return None
        finally:
            shutil.rmtree(snapshot, ignore_errors=True)


def _copy(weights: Path, samples: Path | None, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in hub.PUBLISHED_FILES:
        shutil.copyfile(weights / name, folder / name)
    if samples is not None:
        shutil.copyfile(samples, folder / hub.SAMPLES_FILE)
        with (folder / hub.CARD_FILE).open("a", encoding="utf-8") as card:
            card.write(f"\n## Samples\n\n![Samples of fixed latents at this step]({hub.SAMPLES_FILE})\n")
