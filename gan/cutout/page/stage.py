"""The Cut-out page's own handlers: a photograph comes in, is cut out, edited, laid on a ground; and back and forth."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.core.contract import Progress
from gan.core.recipe import Chain
from gan.cutout.page import render
from gan.cutout.page.render import Order, archive
from gan.cutout.page.session import Session, kept_layers, read_marks
from gan.cutout.page.settings import PICTURE, Edits, count
from gan.cutout.segment import AUTO_MODEL
from gan.imaging.io.codec import Encoding, decode
from gan.ui import click_panel, mask_editor, widgets
from gan.ui.background_job import Job, follow, one_sentence
from gan.ui.form import IMAGE, none_given
from gan.ui.i18n import Language, language
from gan.ui.mask_editor import EditorValue
from gan.ui.preview import preview_size, write_preview
from gan.ui.protocols import Run
from gan.ui.result import written
from gan.ui.selected import number
from gan.ui.session import Shelf


@dataclass(frozen=True)
class Stage:
    """The widgets that show where a visit is."""

    visit: gr.State
    editor: gr.ImageEditor
    facts: gr.HTML
    original: gr.Image
    hold: gr.Button
    variants: gr.Gallery
    undo: gr.Button
    redo: gr.Button
    archive: gr.DownloadButton
    layer: gr.DownloadButton
    mask: gr.DownloadButton
    pick: gr.Image

    def values(self) -> list[Component]:
        """Outputs in the order of `Page.show`."""
        return [getattr(self, part.name) for part in dataclasses.fields(self)]


NOTHING: Final = (None, None, "", None)
"""For `gan.ui.widgets.ResultView.values` where there is no result."""


class Page:
    """The handlers.

    Args:
        run: carries out requests.
        names: of the settings' widgets, in the order in which the page gives their values.
        encoding: reads the output's options.
    """

    def __init__(self, run: Run, names: Sequence[str], encoding: Callable[[Sequence[Any]], Encoding]) -> None:
        self._run = run
        self._names = tuple(names)
        self._encoding = encoding
        self.shelf = Shelf()

    def open(self, path: str | None, before: Session | None, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        """A photograph, in place of the one before and all that was made of it: the stage, then the result."""
        to = language(request)
        if before is not None and path is not None and before.photograph == Path(path):
            # Gradio tells of some files twice, most often just after the tab was opened.
            yield _skipped(0)
            return
        self.shelf.forget(before)
        yield *_empty(), *NOTHING
        if path is None:
            return
        with one_sentence(to):
            picture = decode(Path(path))
            folder = self.shelf.folder()
            copy = write_preview(
                picture, folder / "copy.jpg", preview_size(picture, mask_editor.LONGEST_PX), checkered=True
            )
            size = (picture.width_px, picture.height_px)
            visit = Session(folder=folder, photograph=Path(path), size=size, copy=Path(copy))
        yield *self.show(visit, widgets.facts(picture, Path(path), to)), *NOTHING

    def make(
        self, request: gr.Request, visit: Session | None, value: EditorValue | None, *given: Any
    ) -> Iterator[tuple[Any, ...]]:
        """Cut out, and make all that is ticked: the stage, the result, status.

        Args:
            given: the masks of the product and of what keeps its colour, the model, the settings' values, the output's
                options.
        """
        to = language(request)
        mask, protect, model, *rest = given
        values, options = rest[: len(self._names)], rest[len(self._names) :]

        def job(progress: Progress, cancel: threading.Event) -> Session:
            at = _there(visit)
            edits = Edits.held(dict(zip(self._names, values, strict=True)))
            encoding, steps = self._encoding(options), edits.steps()
            marks = dataclasses.replace(
                read_marks(value, at, mask, protect), model=model or AUTO_MODEL, clicked=at.clicked
            )
            chain = Chain(self._run, render.cutouts(at, marks) + count(steps), progress, cancel)
            order = Order(decode(at.photograph), edits, steps, marks, encoding, chain, progress, to)
            at, base = render.cut(order, at, marks)
            entry = render.make(order, at, base)
            return at.followed_by(dataclasses.replace(entry, layers=kept_layers(value, entry.folder)))

        yield from self._followed(job, to)

    def lay(self, request: gr.Request, visit: Session | None, *given: Any) -> Iterator[tuple[Any, ...]]:
        """The current result on another ground, at once: the stage, the result, status.

        Args:
            given: the ground, its colour and its file, and the output's options.
        """
        to = language(request)
        ground, color, file, *options = given
        entry = None if visit is None else visit.entry
        if visit is None or entry is None or (ground == PICTURE and file is None):
            yield _skipped(1)
            return
        at, before = visit, entry
        edits = dataclasses.replace(before.edits, ground=ground, color=color, file=file)
        if edits.same_ground(before.edits):
            yield _skipped(1)
            return

        def job(progress: Progress, cancel: threading.Event) -> Session:
            encoding, steps = self._encoding(options), edits.steps()
            chain = Chain(self._run, count(steps), progress, cancel)
            order = Order(decode(at.photograph), edits, steps, before.marks, encoding, chain, progress, to)
            made = render.make(order, at, before.base)
            chosen = min(before.chosen, len(made.variants) - 1)
            return at.with_entry(dataclasses.replace(made, layers=before.layers, chosen=chosen))

        yield from self._followed(job, to, drawn=False)

    def undo(self, visit: Session | None, request: gr.Request) -> tuple[Any, ...]:
        """The result before: the stage, then the result."""
        return self._gone(visit, -1, language(request))

    def redo(self, visit: Session | None, request: gr.Request) -> tuple[Any, ...]:
        """The result after."""
        return self._gone(visit, 1, language(request))

    def choose(self, visit: Session | None, event: gr.SelectData) -> tuple[Any, ...]:
        """The variant that was chosen in the gallery."""
        entry = None if visit is None else visit.entry
        if visit is None or entry is None:
            return _skipped(0)
        after = visit.with_entry(dataclasses.replace(entry, chosen=number(event, len(entry.variants))))
        return *self.show(after, drawn=False), *_result(after)

    def write_again(self, request: gr.Request, visit: Session | None, *options: Any) -> tuple[Any, ...]:
        """The current result in another format: visit, archive, file, summary, record."""
        entry = None if visit is None else visit.entry
        if visit is None or entry is None:
            return tuple(gr.skip() for _ in range(5))
        to = language(request)
        with one_sentence(to):
            encoding = self._encoding(options)
            folder, stem = visit.new_folder(), visit.photograph.stem or "picture"
            variants = tuple(
                dataclasses.replace(one, shown=written(one.shown, one.stored.picture(), encoding, folder, to))
                for one in entry.variants
            )
            after = visit.with_entry(
                dataclasses.replace(entry, variants=variants, archive=archive(variants, folder, stem))
            )
        file, _, summary, record = _result(after)
        packed = None if after.entry is None or after.entry.archive is None else str(after.entry.archive)
        return after, gr.update(value=packed), file, summary, record

    def show(self, visit: Session, facts: str = "", *, drawn: bool = True) -> tuple[Any, ...]:
        """For `Stage.values`.

        Args:
            facts: about the photograph, where it is a new one.
            drawn: whether the editor is to show what the result was made with; else it stays as it is, with strokes
                that are yet to be used.
        """
        entry, last = visit.entry, len(visit.entries) - 1
        width_px, height_px = visit.size
        told = gr.update(value=facts or f"{width_px} × {height_px} px", visible=True) if not entry else gr.skip()
        hidden = gr.update(value=None, visible=False)
        pick = click_panel.shown(visit.clicked.overlay or visit.copy)
        if entry is None:
            editor = gr.update(value=_value(visit.copy, ()), visible=True)
            off = gr.update(visible=False)
            return (
                visit,
                editor,
                told,
                None,
                off,
                gr.update(value=[], visible=False),
                off,
                off,
                hidden,
                hidden,
                hidden,
                pick,
            )
        several = len(entry.variants) > 1
        layer = entry.shown.extra
        return (
            visit,
            gr.update(value=_value(entry.base.copy, entry.layers), visible=True) if drawn else gr.skip(),
            told,
            entry.shown.pair[0],
            gr.update(visible=True),
            gr.update(
                visible=several,
                value=[(str(one.thumb), one.title) for one in entry.variants] if several else [],
                selected_index=entry.chosen if several else None,
            ),
            gr.update(visible=last > 0, interactive=visit.at > 0),
            gr.update(visible=last > 0, interactive=visit.at < last),
            gr.update(value=str(entry.archive), visible=True) if entry.archive else hidden,
            gr.update(value=str(layer), visible=True) if layer else hidden,
            gr.update(value=str(entry.base.mask), visible=True),
            pick,
        )

    def _followed(self, job: Job[Session], to: Language, *, drawn: bool = True) -> Iterator[tuple[Any, ...]]:
        count = len(_skipped(0))
        after = yield from follow(job, to, lambda line: (*(gr.skip() for _ in range(count)), line))
        yield *self.show(after, drawn=drawn), *_result(after), ""

    def _gone(self, visit: Session | None, by: int, to: Language) -> tuple[Any, ...]:
        with one_sentence(to):
            at = _there(visit)
            if at.entry is None:
                return _skipped(0)
            after = at.gone_to(at.at + by)
            return *self.show(after), *_result(after)


def _there(visit: Session | None) -> Session:
    if visit is None:
        raise none_given(IMAGE)
    return visit


def _value(background: Path, layers: Sequence[Path]) -> dict[str, Any]:
    return {"background": str(background), "layers": [str(path) for path in layers], "composite": None}


def _result(visit: Session) -> tuple[Any, ...]:
    return NOTHING if visit.entry is None else visit.entry.shown.values()


def _empty() -> tuple[Any, ...]:
    """The stage without a photograph."""
    off, file = gr.update(visible=False), gr.update(value=None, visible=False)
    return (
        None,
        gr.update(value=None, visible=mask_editor.AWAY),
        gr.update(value="", visible=False),
        None,
        off,
        gr.update(value=[], visible=False, selected_index=None),
        off,
        off,
        file,
        file,
        file,
        None,
    )


def _skipped(more: int) -> tuple[Any, ...]:
    """For the stage and the result, and so many more, when nothing changes."""
    return tuple(gr.skip() for _ in range(len(dataclasses.fields(Stage)) + len(NOTHING) + more))
