"""The Generate tab's photograph: projected into the latent space, shown beside what the network makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.core.contract import Result
from gan.generate import latent as latents
from gan.generate.latent import Latent
from gan.generate.page.handlers import Handlers
from gan.generate.page.result import PREVIEW_PX, category_name
from gan.generate.projection import ProjectRequest, framed
from gan.imaging.io.codec import Encoding, write
from gan.imaging.picture import Picture
from gan.ui import widgets
from gan.ui.endpoint import Asked, Done, Endpoints, carry_out
from gan.ui.form import Form, read
from gan.ui.i18n import Language, label, language, notice, say
from gan.ui.preview import preview_size, write_preview
from gan.ui.protocols import Run
from gan.ui.result import model_rows
from gan.ui.run_button import Bar, bar
from gan.ui.widgets import facts_list

SHARED: Final = ("category", "size", "model")
"""Settings of the tab that hold for a projection too."""
RETURNS: Final = """Returns the network's picture as PNG, the photograph and the picture side by side, the latent as a
file that /generate takes as saved, and a summary as HTML."""
SHOWN_PX: Final = 256
EXAMPLES: Final = ("chair", "sneakers")
"""Of the examples' folder, what shows a product on a plain ground."""


@dataclass(frozen=True)
class Projected:
    """Rendered projection of a photograph, as the page shows it.

    Attributes:
        file: the network's picture as PNG.
        saved: its latent as a file.
        pair: previews of the photograph, framed as the network sees it, and of the picture, of equal size.
        summary: HTML.
        preview: JPEG of the picture at the sliders' size.
        latent: what the sliders edit from now on.
    """

    file: Path
    saved: Path
    pair: tuple[str, str]
    summary: str
    preview: str
    latent: Latent


@dataclass(frozen=True)
class Panel:
    """The widgets; `values` take file, pair, latent's file and summary of a `Projected`."""

    photograph: gr.File
    steps: gr.Slider
    bar: Bar
    pair: gr.Gallery
    download: gr.DownloadButton
    saved: gr.DownloadButton
    files: gr.Row
    summary: gr.HTML

    def values(self) -> list[Component]:
        """Outputs in the API's order: the file first."""
        return [self.download, self.pair, self.saved, self.summary]


def build(*, ready: bool, examples: Path | None) -> Panel:
    """Add the folded panel."""
    with gr.Accordion(label("photo.title"), open=False, elem_id="generate-photo"):
        gr.Markdown(label("photo.info"), elem_classes="facts")
        photograph = widgets.picture_input("project", examples, EXAMPLES)
        steps = Form(ProjectRequest, "photo", prefix="project").add("steps", step=10)
        running = bar("project", "photo.run", enabled=ready)
        pair = gr.Gallery(
            label=label("photo.compare"),
            columns=2,
            object_fit="contain",
            height="auto",
            interactive=False,
            visible=False,
            buttons=["fullscreen"],
            elem_id="project-pair",
            elem_classes="pair",
        )
        summary = gr.HTML(elem_id="project-summary", elem_classes="summary", padding=False)
        with gr.Row(visible=False) as files:
            download = gr.DownloadButton(label("result.download"), size="sm", min_width=140, elem_id="project-download")
            saved = gr.DownloadButton(label("generate.latents"), size="sm", min_width=140, elem_id="project-latent")
    return Panel(photograph, steps, running, pair, download, saved, files, summary)


def from_result(result: Result, source: Picture, folder: Path, to: Language) -> Projected:
    """Write the projection's files into the folder and sum it up."""
    latent = result.details["latent"]
    file = folder / (result.picture.name or "projected.png")
    write(result.picture, file, Encoding())
    saved = folder / f"{file.stem}-latent.json"
    latents.save(saved, (latent,))
    before = Picture(framed(source, SHOWN_PX)[:, :3].clamp(0, 1))
    pair = (
        write_preview(before, folder / "photograph.jpg", (SHOWN_PX, SHOWN_PX)),
        write_preview(result.picture, folder / "projection.jpg", (SHOWN_PX, SHOWN_PX)),
    )
    rows = [
        (say("Similarity", to), f"{result.details['psnr']:.1f} dB"),
        (say("Category", to), category_name(latent.category, to)),
        (say("Time", to), say("{seconds} s", to, seconds=f"{result.seconds:.1f}")),
        *model_rows(result.weights, result.licences, to),
    ]
    preview = write_preview(result.picture, folder / "preview.jpg", preview_size(result.picture, PREVIEW_PX))
    told = [notice(text, to) for text in result.notices]
    return Projected(file, saved, pair, facts_list(rows, told), preview, latent)


class Projector:
    """The page's handler."""

    def __init__(self, desk: Handlers) -> None:
        self._desk = desk

    def project(self, request: gr.Request, image: str | None, steps: float, *values: Any) -> Iterator[tuple[Any, ...]]:
        """Outputs: the panel's values, those of `Handlers.take`, preview, line, status."""
        to, settings = language(request), self._desk.settings(values)

        def ask() -> Asked[ProjectRequest]:
            shared: dict[str, Any] = {name: settings[name] for name in SHARED if name in settings}
            return Asked(read(ProjectRequest, {**shared, "image": image, "steps": steps}), Encoding())

        def shown(done: Done[ProjectRequest]) -> tuple[Any, ...]:
            made = from_result(done.result, done.asked.request.picture, done.folder, to)
            line = f"<span>{say('Your photo', to)}</span>"
            return *_values(made, to), *self._desk.take(made.latent, settings, to), made.preview, line

        others = len(self._desk.names) + 7  # the settings; held, release; the directions' panel; preview, line
        yield from carry_out(self._desk.run, ask, shown, to, outputs=4 + others)


def expose(public: Endpoints, run: Run, panel: Panel) -> None:
    """Let programs call /project."""
    public.expose(
        "project",
        ProjectRequest,
        run,
        finish,
        panel.values(),
        panel.bar.status,
        returns=RETURNS,
        first=("image", "category", "steps", "size", "model"),
        without=("seed",),
        encoded=False,
    )


def finish(done: Done[ProjectRequest]) -> tuple[Any, ...]:
    """Write a projection's files and sum it up."""
    return _values(from_result(done.result, done.asked.request.picture, done.folder, done.to), done.to)


def _values(made: Projected, to: Language) -> tuple[Any, ...]:
    captions = (say("Your photo", to), say("The model's version", to))
    return str(made.file), list(zip(made.pair, captions, strict=True)), str(made.saved), made.summary
