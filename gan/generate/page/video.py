"""The Generate tab's film: from seeds and what is held to a GIF or MP4 that is shown and downloaded."""

from __future__ import annotations

import dataclasses
import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.core.contract import SEED_LIMIT, Progress
from gan.core.errors import Cancelled, InputError
from gan.generate.interpolation import FilmRequest
from gan.generate.page.handlers import Asked, Handlers
from gan.generate.page.settings import SIZES_PX, Settings, read_saved, told
from gan.generate.pipeline import AUTO_MODEL
from gan.generate.video import write_film
from gan.ui.background_job import follow
from gan.ui.i18n import Language, label, language, say
from gan.ui.run_button import Bar, bar
from gan.ui.widgets import LIGHT, facts_list, megabytes

FPS: Final = 24
FORMATS: Final = (("GIF", "gif"), ("MP4", "mp4"))
MOST_SEEDS: Final = 64


@dataclass(frozen=True)
class Film:
    """A film as the page shows it."""

    file: Path
    summary: str


@dataclass(frozen=True)
class Panel:
    """The widgets. `inputs` are what `Maker.film` takes before all settings; `values` its outputs before the status."""

    seeds: gr.Textbox
    add: gr.Button
    frames: gr.Slider
    loop: gr.Checkbox
    file_format: gr.Radio
    with_held: gr.Checkbox
    size: gr.Radio
    bar: Bar
    download: gr.DownloadButton
    animation: gr.Image
    video: gr.Video
    summary: gr.HTML

    @property
    def inputs(self) -> list[Component]:
        return [self.seeds, self.frames, self.loop, self.file_format, self.size, self.with_held]

    def values(self) -> list[Component]:
        """Outputs in the API's order: the file first."""
        return [self.download, self.summary]

    def reveal(self, finished: gr.events.Dependency) -> None:
        """Show the film once it is there."""
        finished.success(_arrange, self.download, [self.animation, self.video, self.download], **LIGHT)


def build(*, ready: bool) -> Panel:
    """Add the folded panel."""
    with gr.Accordion(label("film"), open=False, elem_id="generate-film"):
        gr.Markdown(label("film.info"), elem_classes="facts")
        seeds = gr.Textbox("1, 2, 3", label=label("film.seeds"), info=label("film.seeds.info"), elem_id="film-seeds")
        add = gr.Button(label("film.add"), size="sm", elem_id="film-add")
        with_held = gr.Checkbox(True, label=label("film.held"), elem_id="film-held")
        frames = gr.Slider(2, 120, 24, step=1, label=label("film.frames"), elem_id="film-frames")
        loop = gr.Checkbox(True, label=label("film.loop"), elem_id="film-loop")
        file_format = gr.Radio(list(FORMATS), value="gif", label=label("format"), elem_id="film-format")
        size = gr.Radio([(f"{px} px", px) for px in SIZES_PX], value=256, label=label("side"), elem_id="film-size")
        running = bar("film", "film.run", enabled=ready)
        animation = gr.Image(
            type="filepath",
            interactive=False,
            visible=False,
            label=label("film"),
            buttons=["fullscreen"],
            elem_id="film-gif",
        )
        video = gr.Video(
            interactive=False, visible=False, label=label("film"), loop=True, buttons=[], elem_id="film-mp4"
        )
        download = gr.DownloadButton(label("film.download"), visible=False, elem_id="film-download")
        summary = gr.HTML(elem_id="film-summary", elem_classes="summary", padding=False)
    return Panel(seeds, add, frames, loop, file_format, with_held, size, running, download, animation, video, summary)


class Maker:
    """The handlers."""

    def __init__(self, desk: Handlers) -> None:
        self._desk = desk

    def film(
        self,
        request: gr.Request,
        seeds: str,
        frames: float,
        loop: bool,
        file_format: str,
        size: int,
        with_held: bool,
        *values: Any,
    ) -> Iterator[tuple[Any, ...]]:
        """Outputs: the panel's values, status."""

        def asked() -> Asked:
            found = self._desk.asked(values)
            held = found.held if with_held else ()
            return dataclasses.replace(found, held=held, settings=dataclasses.replace(found.settings, size=size))

        yield from self._made(seeds, frames, loop, file_format, asked, language(request))

    def api_film(
        self,
        seeds: str = "1, 2, 3",
        frames: float = 24,
        loop: bool = True,
        file_format: str = "gif",
        size: int = 256,
        text: str = "",
        category: str = "",
        truncation: float = 0.8,
        hue: float = 0.0,
        lightness: float = 0.0,
        fill: float = 0.0,
        aspect: float = 0.0,
        view: float = 0.0,
        colour: str = "",
        model: str = AUTO_MODEL,
        saved: str | None = None,
        request: gr.Request | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Make a film from one product to the next; seeds first, then saved latents.

        Returns the film as GIF or MP4, and a summary as HTML.
        """

        def asked() -> Asked:
            settings = Settings(
                category=category,
                truncation=truncation,
                size=size,
                hue=hue,
                lightness=lightness,
                fill=fill,
                aspect=aspect,
                view=view,
                colour=colour,
                model=model,
            )
            settings, _ = told(settings, text, self._desk.models.categories(model))
            return Asked(settings, read_saved(Path(saved))[1] if saved else (), ())

        yield from self._made(seeds, frames, loop, file_format, asked, language(request))

    def _made(
        self,
        seeds: str,
        frames: float,
        loop: bool,
        file_format: str,
        asked: Callable[[], Asked],
        to: Language,
    ) -> Iterator[tuple[Any, ...]]:
        with tempfile.TemporaryDirectory(prefix="packshot-", ignore_cleanup_errors=True) as folder:

            def job(progress: Progress, cancel: threading.Event) -> Film:
                wanted = to_request(asked(), seeds=seeds, frames=frames, loop=loop)
                result = self._desk.run(wanted, progress=progress, cancel=cancel)
                if cancel.is_set():
                    raise Cancelled
                progress(0, 0, "Writing the files")
                file = Path(folder) / f"packshot-film.{file_format}"
                write_film(file, (picture.rgb[0] for picture in result.pictures), FPS)
                length = say("{seconds} s", to, seconds=f"{len(result.pictures) / FPS:.1f}")
                rows = [
                    (
                        say("Frames", to),
                        f"{len(result.pictures)} · {length}",
                    ),
                    (say("Size", to), f"{result.picture.width_px} × {result.picture.height_px} px"),
                    (say("File", to), f"{file_format.upper()}, {megabytes(file)}"),
                    (say("Time", to), say("{seconds} s", to, seconds=f"{result.seconds:.1f}")),
                ]
                return Film(file, facts_list(rows))

            made = yield from follow(job, to, lambda line: (gr.skip(), gr.skip(), line))
            yield str(made.file), made.summary, ""


def to_request(asked: Asked, *, seeds: str, frames: float, loop: bool) -> FilmRequest:
    """A film's request.

    Raises:
        InputError: as `FilmRequest` raises it, or the seeds are no list of whole numbers.
    """
    base = dataclasses.replace(asked, held=()).requests(count=1, seed=0, transparent=False)[0]
    fields = {field.name: getattr(base, field.name) for field in dataclasses.fields(base)}
    return FilmRequest(**fields, seeds=seeds_of(seeds), latents=asked.held, frames=int(frames), loop=loop)


def seeds_of(text: str) -> tuple[int, ...]:
    """Whole numbers and ranges, "1, 5, 9-12", parted by commas or blanks, Chinese ones too.

    Raises:
        InputError: anything else, or more than `MOST_SEEDS`.
    """
    found: list[int] = []
    for part in re.split(r"[\s,，、;；]+", text.strip()):
        between = re.fullmatch(r"(\d{1,10})(?:[-–~](\d{1,10}))?", part, re.ASCII)
        first, last = (int(between[1]), int(between[2] or between[1])) if between else (0, 0)
        if part and (not between or not first <= last < SEED_LIMIT):
            raise InputError(
                "seeds",
                '"{part}"',
                "whole numbers and ranges are allowed, such as 1, 5, 9-12",
                "Correct the list",
                part=part,
            )
        if part:
            if len(found) + last - first >= MOST_SEEDS:
                raise InputError(
                    "seeds", '"{part}"', "at most {most} seeds are allowed", "Name fewer", part=part, most=MOST_SEEDS
                )
            found += range(first, last + 1)
    return tuple(found)


def with_seed(seeds: str, seed: float | None) -> str:
    """The list with another seed behind."""
    listed = seeds.strip().rstrip(",，、; ")
    return listed if seed is None else f"{listed}, {int(seed)}" if listed else str(int(seed))


def _arrange(path: str | None) -> tuple[Any, Any, Any]:
    gif = path is not None and path.endswith(".gif")
    return (
        gr.update(value=path if gif else None, visible=gif),
        gr.update(value=None if gif else path, visible=path is not None and not gif),
        gr.update(visible=path is not None),
    )
