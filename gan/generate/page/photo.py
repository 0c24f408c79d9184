"""The Generate tab's photograph: projected into the latent space, shown beside what the network makes of it."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.core.contract import Progress, Result
from gan.core.errors import Cancelled, InputError
from gan.generate import latent as latents
from gan.generate.latent import Latent
from gan.generate.page.handlers import Handlers
from gan.generate.page.result import PREVIEW_PX, category_name
from gan.generate.page.settings import INDEX, Settings
from gan.generate.pipeline import AUTO_MODEL
from gan.generate.projection import ProjectRequest, framed
from gan.imaging.io.codec import Encoding, decode, write
from gan.imaging.picture import Picture
from gan.ui import widgets
from gan.ui.background_job import follow
from gan.ui.i18n import Language, label, language, say
from gan.ui.preview import preview_size, write_preview
from gan.ui.run_button import Bar, bar
from gan.ui.widgets import facts_list

STEPS: Final = 100
SHOWN_PX: Final = 256
EXAMPLES: Final = ("chair", "helmet")
"""Of the examples' folder, what shows a product on a plain ground."""


@dataclass(frozen=True)
class Projected:
    """What the page shows of a projection.

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
    with gr.Accordion(label("photo"), open=False, elem_id="generate-photo"):
        gr.Markdown(label("photo.info"), elem_classes="facts")
        photograph = widgets.picture_input("project", examples, EXAMPLES)
        steps = gr.Slider(0, 500, STEPS, step=10, label=label("steps"), elem_id="project-steps")
        running = bar("project", "project", enabled=ready)
        pair = gr.Gallery(
            label=label("photo.pair"),
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
            download = gr.DownloadButton(label("download"), size="sm", min_width=140, elem_id="project-download")
            saved = gr.DownloadButton(label("latents.save"), size="sm", min_width=140, elem_id="project-latent")
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
        (say("Likeness", to), f"{result.details['psnr']:.1f} dB"),
        (say("Category", to), category_name(latent.category, to)),
        (say("Time", to), say("{seconds} s", to, seconds=f"{result.seconds:.1f}")),
        *((say("Model", to), f"{name} · {sha256[:8]}") for name, sha256 in result.weights.items()),
    ]
    preview = write_preview(result.picture, folder / "preview.jpg", preview_size(result.picture, PREVIEW_PX))
    return Projected(file, saved, pair, facts_list(rows), preview, latent)


class Projector:
    """The handlers."""

    def __init__(self, desk: Handlers) -> None:
        self._desk = desk

    def project(self, request: gr.Request, image: str | None, steps: float, *values: Any) -> Iterator[tuple[Any, ...]]:
        """Outputs: the panel's values, those of `Handlers.take`, preview, line, status."""
        to = language(request)
        settings = Settings(*values[: len(INDEX)])
        others = len(INDEX) + 2 + 3 + 2  # settings, held and release, the directions' panel, preview and line
        yield from self._projected(
            image,
            settings,
            steps,
            to,
            lambda line: (*(gr.skip() for _ in range(4 + others)), line),
            lambda made: (
                *_values(made, to),
                *self._desk.take(made.latent, settings, to),
                made.preview,
                f"<span>{say('Your photograph', to)}</span>",
                "",
            ),
        )

    def api_project(
        self,
        image: str,
        category: str = "",
        steps: float = STEPS,
        size: int = SHOWN_PX,
        model: str = AUTO_MODEL,
        request: gr.Request | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Find a photograph of one product on a plain ground in the latent space.

        Returns the network's picture as PNG, the photograph and the picture side by side, the latent as a file that
        /generate takes as saved, and a summary as HTML.
        """
        to = language(request)
        yield from self._projected(
            image,
            Settings(category=category, size=size, model=model),
            steps,
            to,
            lambda line: (*(gr.skip() for _ in range(4)), line),
            lambda made: (*_values(made, to), ""),
        )

    def _projected(
        self, image: str | None, settings: Settings, steps: float, to: Language, report: Any, finish: Any
    ) -> Iterator[tuple[Any, ...]]:
        with tempfile.TemporaryDirectory(prefix="packshot-", ignore_cleanup_errors=True) as folder:

            def job(progress: Progress, cancel: threading.Event) -> Projected:
                if image is None:
                    raise InputError(
                        "image", "none was given", "a picture is needed", "Choose a file or one of the examples first"
                    )
                picture = decode(Path(image))
                wanted = ProjectRequest(
                    picture=picture,
                    category=settings.category or "",
                    steps=int(steps),
                    size=int(settings.size),
                    model=settings.model,
                )
                result = self._desk.run(wanted, progress=progress, cancel=cancel)
                if cancel.is_set():
                    raise Cancelled
                progress(0, 0, "Writing the files")
                return from_result(result, picture, Path(folder), to)

            made = yield from follow(job, to, report)
            yield finish(made)


def _values(made: Projected, to: Language) -> tuple[Any, ...]:
    captions = (say("Your photograph", to), say("As the network draws it", to))
    return str(made.file), list(zip(made.pair, captions, strict=True)), str(made.saved), made.summary
