"""The Generate tab's film: from seeds and what is held to a GIF or MP4 that is shown and downloaded."""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import gradio as gr
from gradio.components.base import Component

from gan.core.contract import SEED_LIMIT, Progress
from gan.core.errors import Cancelled, InputError
from gan.core.option import Option, Options
from gan.generate.interpolation import FilmRequest
from gan.generate.page.handlers import NAMES, Asked, Described, Handlers
from gan.generate.page.settings import SIZES_PX, fields_of
from gan.generate.video import write_film
from gan.ui.endpoint import Endpoints, followed
from gan.ui.form import Form, read
from gan.ui.i18n import Language, label, language, say
from gan.ui.run_button import Bar, bar
from gan.ui.widgets import LIGHT, facts_list, megabytes

FPS: Final = 24
MOST_SEEDS: Final = 64
SEEDS: Final = "1, 2, 3"
ONE_PRODUCT: Final = ("seed", "count", "transparent")
"""Fields of a product's request that a film has no use for."""
FIRST: Final = (
    *("seeds", "frames", "loop", "file_format", "size", "text", "category", "truncation"),
    *("hue", "lightness", "fill", "aspect", "view", "colour", "model", "saved"),
)
"""The order of /film's first version."""
DOCS: Final = "Make a film from one product to the next; seeds first, then saved latents."


class FilmFile(Options):
    """Format of a film."""

    file_format: Annotated[Literal["gif", "mp4"], Option("of the file", alias="format")] = "gif"


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
    with gr.Accordion(label("video.title"), open=False, elem_id="generate-film"):
        gr.Markdown(label("video.info"), elem_classes="facts")
        seeds = gr.Textbox(SEEDS, label=label("video.seeds"), info=label("video.seeds.info"), elem_id="film-seeds")
        add = gr.Button(label("video.add"), size="sm", elem_id="film-add")
        with_held = gr.Checkbox(True, label=label("video.held"), elem_id="film-held")
        form = Form(FilmRequest, "video", prefix="film")
        frames, loop = form.add("frames"), form.add("loop")
        file_format = Form(FilmFile, "video", prefix="film").add("format", choices=[("GIF", "gif"), ("MP4", "mp4")])
        size = form.add_choice("size", [(f"{px} px", px) for px in SIZES_PX], kind=gr.Radio)
        running = bar("film", "video.run", enabled=ready)
        animation = gr.Image(
            type="filepath",
            interactive=False,
            visible=False,
            label=label("video.title"),
            buttons=["fullscreen"],
            elem_id="film-gif",
        )
        video = gr.Video(
            interactive=False, visible=False, label=label("video.title"), loop=True, buttons=[], elem_id="film-mp4"
        )
        download = gr.DownloadButton(label("video.download"), visible=False, elem_id="film-download")
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

        def asked() -> tuple[FilmRequest, FilmFile]:
            found, own = self._desk.asked(values), {"seeds": seeds, "frames": frames, "loop": loop}
            held = found.held if with_held else ()
            whole = dataclasses.replace(found, settings={**found.settings, "size": size}, held=held)
            return to_request(whole, own), read(FilmFile, {"file_format": file_format})

        yield from self._made(asked, language(request))

    def expose(self, public: Endpoints, panel: Panel) -> None:
        """Let programs call /film."""
        others = public.entries(FilmRequest, without=(*ONE_PRODUCT, "seeds"), names=NAMES)
        entries = [
            public.text("seeds", "whole numbers and ranges, such as 1, 5, 9-12", SEEDS),
            *public.entries(FilmFile, named_by_field=True),
            *public.entries(Described),
            public.file("saved", "latents that the tab saved; they come after the seeds"),
            *others,
        ]

        def handle(values: dict[str, Any], request: gr.Request | None) -> Iterator[tuple[Any, ...]]:
            given = {**values}
            own = {name: given.pop(name) for name in ("seeds", "frames", "loop")}
            file_format = given.pop("file_format")

            def asked() -> tuple[FilmRequest, FilmFile]:
                found = self._desk.replayed(given)[1]
                return to_request(found, own), read(FilmFile, {"file_format": file_format})

            return self._made(asked, language(request))

        docs = f"{DOCS}\n\nReturns the film as GIF or MP4, and a summary as HTML."
        public.serve("film", handle, entries, [*panel.values(), panel.bar.status], docs=docs, first=FIRST)

    def _made(self, asked: Callable[[], tuple[FilmRequest, FilmFile]], to: Language) -> Iterator[tuple[Any, ...]]:
        def work(folder: Path, progress: Progress, cancel: threading.Event) -> tuple[Any, ...]:
            wanted, written = asked()
            result = self._desk.run(wanted, progress=progress, cancel=cancel)
            if cancel.is_set():
                raise Cancelled
            progress(0, 0, "Writing the files")
            file = folder / f"packshot-film.{written.file_format}"
            write_film(file, (picture.rgb[0] for picture in result.pictures), FPS)
            length = say("{seconds} s", to, seconds=f"{len(result.pictures) / FPS:.1f}")
            rows = [
                (say("Frames", to), f"{len(result.pictures)} · {length}"),
                (say("Size", to), f"{result.picture.width_px} × {result.picture.height_px} px"),
                (say("File", to), f"{written.file_format.upper()}, {megabytes(file)}"),
                (say("Time", to), say("{seconds} s", to, seconds=f"{result.seconds:.1f}")),
            ]
            return str(file), facts_list(rows)

        return followed(work, to, outputs=2)


def to_request(asked: Asked, own: Mapping[str, Any]) -> FilmRequest:
    """A film's request: the products' settings, and the film's own fields with the seeds as a text.

    Raises:
        InputError: as `FilmRequest` raises it, or the seeds are no list of whole numbers.
    """
    shared = {name: value for name, value in fields_of(asked.settings).items() if name not in ONE_PRODUCT}
    seeds = seeds_of(own["seeds"])
    return read(FilmRequest, {**shared, **own, "seeds": seeds, "edits": asked.edits, "latents": asked.held})


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
                    "seeds", '"{part}"', "at most {most} seeds are allowed", "Use fewer", part=part, most=MOST_SEEDS
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
