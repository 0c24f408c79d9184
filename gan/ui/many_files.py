"""Tabs that work on many files: their list, a report that grows meanwhile, and an archive in the end."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.core.contract import Progress
from gan.core.errors import InputError
from gan.ui import widgets
from gan.ui.endpoint import Work, followed
from gan.ui.i18n import Language, label
from gan.ui.run_button import Bar
from gan.ui.stop import Stops
from gan.ui.widgets import LIGHT, SCROLL

EXAMPLES: Final = ("carton", "sneakers", "coffee", "labelled")

GROWTH: Final = 1.1
"""A report is sent again when it has grown by this: so often that it moves, so rarely that many files stay light."""


class Growing(ABC):
    """A report that is written by the worker and read by the page."""

    _sent = 0

    @abstractmethod
    def __len__(self) -> int:
        """Number of files it tells of so far."""

    @abstractmethod
    def html(self, to: Language, *, stopped: bool = False) -> str:
        """All of it."""

    def update(self, to: Language) -> Any:
        """The report where it has grown; else nothing is sent."""
        if len(self) <= self._sent * GROWTH:
            return gr.skip()
        self._sent = len(self)
        return self.html(to)


@dataclass(frozen=True)
class View:
    """Components that show what came of many files.

    Attributes:
        empty: what the tab is for, until there is something.
        made: column of the archive, one file, and a gallery.
        report: the report as JSON, below the same as HTML in `told`.
    """

    empty: gr.Markdown
    made: gr.Column
    archive: gr.DownloadButton
    file: gr.DownloadButton
    gallery: gr.Gallery
    told: gr.HTML
    report: gr.DownloadButton

    def reveal(
        self,
        finished: gr.events.Dependency,
        *,
        beside: Sequence[Component] = (),
        values_beside: Callable[[bool, bool], Sequence[Any]] = lambda _, __: (),
        reports: bool = True,
        packs: bool = True,
    ) -> None:
        """Hide the introduction and show the results that exist, once an event has succeeded.

        Args:
            beside: what else changes, and with what, by whether there are a report and an archive.
            reports, packs: whether the event makes these; one that does not takes the last ones out of sight.
        """

        def on_page(*made: Any) -> tuple[Any, ...]:
            updates = shown(*made, reports=reports, packs=packs)
            return *updates, *values_beside(updates[2]["visible"], updates[1]["visible"])

        outputs = [self.empty, self.made, self.report, self.file, self.gallery, *beside]
        target = self.made if packs and not reports else self.told
        finished.success(on_page, [self.archive, self.file, self.gallery, self.report], outputs, **LIGHT).then(
            None, js=SCROLL.format(target.elem_id), **LIGHT
        )


def shown(
    archive: str | None, file: str | None, gallery: Any, report: str | None, *, reports: bool, packs: bool
) -> tuple[Any, ...]:
    """Updates of the introduction, the column of the archive, the report, the file and the gallery."""
    there = (False, packs and archive is not None, reports and report is not None, file is not None, bool(gallery))
    return tuple(gr.update(visible=one) for one in there)


def build_list(name: str, examples: Path | None) -> tuple[gr.File, gr.File]:
    """Add the list of files, and examples that join it. Returns the list, and where pictures from other tabs go."""
    files = gr.File(
        label=label(f"{name}.files"), file_count="multiple", type="filepath", height=200, elem_id=f"{name}-files"
    )
    photograph = gr.File(type="filepath", visible="hidden", elem_id=f"{name}-picture")
    widgets.shelf(name, photograph, examples, EXAMPLES)
    joined = [photograph, files]
    photograph.change(join, joined, joined, **LIGHT)
    return files, photograph


def join(path: str | None, files: list[str] | None) -> tuple[Any, Any]:
    """Append a picture from another tab, or an example, to the list of files."""
    return (gr.skip(), gr.skip()) if path is None else (None, [*(files or ()), path])


def build_view(name: str, *, columns: int, elem_classes: str) -> View:
    """Add what shows the results.

    Args:
        columns, elem_classes: of the gallery.
    """
    empty = gr.Markdown(label(f"{name}.empty"), elem_id=f"{name}-empty", elem_classes="facts")
    with gr.Column(visible=False, elem_id=f"{name}-made") as made:
        with gr.Row():
            archive = gr.DownloadButton(
                label("result.download.all"), variant="primary", min_width=170, elem_id=f"{name}-archive"
            )
            file = gr.DownloadButton(label(f"{name}.download"), min_width=170, elem_id=f"{name}-download")
        gallery = gr.Gallery(
            label=label(f"{name}.gallery"),
            columns=columns,
            height="auto",
            object_fit="contain",
            interactive=False,
            buttons=["fullscreen"],
            elem_id=f"{name}-gallery",
            elem_classes=elem_classes,
        )
    told = gr.HTML(elem_id=f"{name}-report", elem_classes="around", padding=False)
    report = gr.DownloadButton(label(f"{name}.report"), size="sm", visible=False, min_width=200, elem_id=f"{name}-json")
    return View(empty, made, archive, file, gallery, told, report)


def carry_out(
    work: Work, report: Growing, stops: Stops, request: gr.Request | None, to: Language, *, outputs: int
) -> Iterator[tuple[Any, ...]]:
    """Work on many files, whose report comes last before the status and is shown as it grows.

    Args:
        work: as of `gan.ui.endpoint.followed`; once Stop was pressed it gives what is done so far.
        outputs: how many come before the report.
    """

    def stoppable(folder: Path, progress: Progress, cancel: threading.Event) -> Sequence[Any]:
        stops.begin(request, cancel)
        values = work(folder, progress, cancel)
        return *values, report.html(to, stopped=cancel.is_set())

    skipped = tuple(gr.skip() for _ in range(outputs))
    with stops.until_the_end(request):
        yield from followed(stoppable, to, outputs=outputs + 1, meanwhile=lambda: (*skipped, report.update(to)))


def attach(
    bar: Bar, handler: Callable[..., Any], inputs: Sequence[Component], outputs: Sequence[Any], stops: Stops
) -> gr.events.Dependency:
    """Run a handler by its button; Stop lets it hand over what is done so far."""
    return bar.attach(bar.start.click, handler, inputs, outputs, stop=stops.stop)


def given(files: Sequence[str] | None) -> list[Path]:
    """The files' paths.

    Raises:
        InputError: there is none.
    """
    if not files:
        raise InputError("image", "missing", "at least one picture is needed", "Add files first")
    return [Path(path) for path in files]
