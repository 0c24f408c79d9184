"""Publish a run: its weights, the best of them, its status, the video, the Hub.

All of it can be made again from the run's checkpoints; nothing of it is needed to resume.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from gan.core.files import write_atomic
from gan.models.manifest import Metric
from gan.models.weights import write_checkpoint
from gan.training.collapse import Alarm
from gan.training.hub_upload import Pusher
from gan.training.log import Log
from gan.training.options import RunOptions
from gan.training.recipe import Recipe, State, Validation

WEIGHTS_FOLDER = "weights"
BEST_FOLDER = "best"
STATUS_FILE = "status.json"
SAVES_PER_FILM = 10


@dataclass(frozen=True)
class Best:
    """The validation with the highest score of a run."""

    step: int
    score: float


class Publisher:
    """Writes a run's folders for readers; used by the first process only.

    Args:
        say: prints one line.
        start: step at which this process takes the run up.

    Attributes:
        best: what RUN/best holds; it survives going back behind it, since its weights are as good as before.
    """

    def __init__(
        self, recipe: Recipe[Any], config: Any, options: RunOptions, log: Log, *, say: Callable[[str], None], start: int
    ) -> None:
        self.recipe = recipe
        self.config = config
        self.options = options
        self.say = say
        self.grids = options.out / "grids"
        self.best = _read_best(options.out / STATUS_FILE)
        self._pushed = start
        self._pusher: Pusher | None = None
        if options.push_to_hub is not None:
            self._pusher = Pusher(options.push_to_hub, options.out / "push", say=say, write=log.write)

    def save(self, state: State, validation: Validation | None) -> None:
        """Publish what was just saved: to RUN/weights, to RUN/best if it is the best, to the Hub if that is due."""
        folders = [WEIGHTS_FOLDER]
        least = -math.inf if self.best is None else self.best.score
        if validation is not None and math.isfinite(validation.score) and validation.score > least:
            self.best = Best(state.step, float(validation.score))
            folders.append(BEST_FOLDER)
        published = self.recipe.publish(state, self.config)
        for folder in folders:
            write_checkpoint(
                self.options.out / folder,
                name=self.options.preset,
                task=self.recipe.task,
                config=published.config,
                state=published.state,
                card=f"Written by a run at step {state.step}.",
                recipe=self.recipe.task,
                preset=self.options.preset,
                seen_images=state.seen_images,
                data=str(self.options.data),
                metrics=_metrics(validation, self.options.data),
            )
        if validation is not None and len(grids_of(self.grids)) % SAVES_PER_FILM == 0:
            write_film(self.grids)
        every = self.options.steps_per_push
        if state.step < self.options.steps and state.step // every > self._pushed // every:
            self._push(state.step)

    def status(self, what: str, state: State, alarms: Sequence[Alarm]) -> None:
        """Write `status.json`, for monitoring from outside.

        Args:
            what: "training", "done", "stopped" or "alarmed".
        """
        status = {
            "status": what,
            "step": state.step,
            "steps": self.options.steps,
            "seen_images": state.seen_images,
            "rollbacks": state.rollbacks,
            "rate_scale": state.rate_scale,
            "best": asdict(self.best) if self.best is not None else None,
            "alarms": [alarm.record() for alarm in alarms],
        }
        write_atomic(self.options.out / STATUS_FILE, (json.dumps(status, indent=1) + "\n").encode())

    def end(self, state: State, interrupted: Callable[[], bool]) -> None:
        """Write the video, print a line about the best checkpoint, finish the last upload.

        Raises:
            PushFailed: the last push did not arrive.
        """
        write_film(self.grids)
        out = self.options.out
        line = f"Step {state.step} is in {out / WEIGHTS_FOLDER}"
        if self.best is not None:
            line += f"; the best, step {self.best.step} with the score {self.best.score:.4f}, is in {out / BEST_FOLDER}"
        self.say(f"{line}.")
        if self._pusher is not None:
            self._push(state.step)
            self.say(self._pusher.finish(interrupted))

    def stop(self) -> None:
        """Write the video; do not wait for a running upload."""
        write_film(self.grids)

    def close(self) -> None:
        if self._pusher is not None:
            self._pusher.abandon()

    def _push(self, step: int) -> None:
        if self._pusher is None:
            return
        self._pushed = step
        newest = grids_of(self.grids)[-1:]
        self._pusher.submit(self.options.out / WEIGHTS_FOLDER, newest[0] if newest else None, step=step)


def _read_best(status: Path) -> Best | None:
    found = json.loads(status.read_text(encoding="utf-8"))["best"] if status.is_file() else None
    return Best(**found) if found else None


def _metrics(validation: Validation | None, data: Path) -> Mapping[str, Metric]:
    if validation is None:
        return {}
    return {
        name: {
            "dataset": f"{data.name}, validation",
            "n": validation.pictures,
            "value": float(value),
            "baseline": dict(validation.baselines.get(name, {})),
        }
        for name, value in validation.figures.items()
        if math.isfinite(value)
    }


FILM_FILE = "film.gif"
MAX_FRAMES = 100
MAX_SIDE_PX = 640
FRAME_MS = 120
LAST_FRAME_MS = 2000
PALETTE_FRAMES = 8
PALETTE_SIDE_PX = 64


def grids_of(folder: Path) -> list[Path]:
    """Grids saved by a run, oldest first."""
    return sorted(folder.glob("step-*.png"))


def evenly(count: int, most: int) -> list[int]:
    """At most `most` of the indices 0 ... count - 1, evenly spaced, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return [round(index * (count - 1) / (most - 1)) for index in range(most)]


def write_film(folder: Path) -> Path | None:
    """Write `folder/film.gif` from the grids beside it; None if there are none.

    The time is bounded by the number of frames and by their size, not by the length of the run: at most 100 frames,
    at most 640 px on the longer side, one palette for all, so that nothing flickers.
    """
    grids = grids_of(folder)
    pictures = list(_frames([grids[index] for index in evenly(len(grids), MAX_FRAMES)]))
    if not pictures:
        return None
    palette = _palette(pictures)
    frames = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    buffer = io.BytesIO()
    frames[0].save(
        buffer,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=[FRAME_MS] * (len(frames) - 1) + [LAST_FRAME_MS],
        loop=0,
    )
    path = folder / FILM_FILE
    write_atomic(path, buffer.getvalue())
    return path


def _frames(paths: list[Path]) -> Iterator[Image.Image]:
    """RGB, all of the first one's size, which is reduced to at most 640 px; a damaged file is left out."""
    size: tuple[int, int] | None = None
    for path in paths:
        try:
            with Image.open(path) as image:
                frame = image.convert("RGB")
        except OSError:
            continue
        if size is None:
            frame.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX), Image.Resampling.BOX)
            size = frame.size
        yield frame if frame.size == size else frame.resize(size, Image.Resampling.BOX)


def _palette(frames: list[Image.Image]) -> Image.Image:
    """256 colors for a few of the frames, small and side by side; of all in full size it would take seconds."""
    chosen = [frames[index] for index in evenly(len(frames), PALETTE_FRAMES)]
    mosaic = Image.new("RGB", (PALETTE_SIDE_PX * len(chosen), PALETTE_SIDE_PX))
    for column, frame in enumerate(chosen):
        small = frame.resize((PALETTE_SIDE_PX, PALETTE_SIDE_PX), Image.Resampling.NEAREST)
        mosaic.paste(small, (PALETTE_SIDE_PX * column, 0))
    return mosaic.quantize(256, method=Image.Quantize.MEDIANCUT)
