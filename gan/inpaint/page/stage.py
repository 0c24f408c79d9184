"""The Inpaint page's own handlers: a photograph comes in, every run adds a step, and one goes back and forth."""

from __future__ import annotations

import dataclasses
import html
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.core.contract import Progress
from gan.core.errors import Cancelled, InputError
from gan.imaging.io.codec import Encoding, decode
from gan.imaging.picture import Picture
from gan.imaging.resize import fitted
from gan.inpaint.page import masks
from gan.inpaint.page.handlers import from_result
from gan.inpaint.page.session import THUMB_PX, Session, Step
from gan.inpaint.pipeline import MOST_GROW_PX, InpaintRequest
from gan.inpaint.pipeline import SIDES as SIDE_FIELDS
from gan.ui import mask_editor, widgets
from gan.ui.background_job import follow, one_sentence
from gan.ui.form import read
from gan.ui.i18n import Language, language, say
from gan.ui.mask_editor import EditorValue
from gan.ui.preview import lay, preview_size, write_preview
from gan.ui.protocols import Run
from gan.ui.result import written
from gan.ui.selected import number
from gan.ui.session import Shelf, store

GROW_PX: Final = 4
FEATHER_PX: Final = 2
"""Of a picture that the editor sees as it is; of a larger one as many pixels of the editor's copy."""

FIELDS: Final = (*SIDE_FIELDS, "grow", "feather", "model", "shadow")
"""Options of the request, in the order in which the page gives them."""

SIDES: Final = "sides"
OTHER: Final = "other"
"""Choices of an aspect besides the aspects themselves."""


@dataclass(frozen=True)
class Stage:
    """The widgets that show where a visit is."""

    visit: gr.State
    editor: gr.ImageEditor
    line: gr.HTML
    pick: gr.Image
    facts: gr.HTML
    original: gr.Image
    hold: gr.Button
    strip: gr.Gallery
    undo: gr.Button
    redo: gr.Button
    click: gr.Image

    def values(self) -> list[Component]:
        """Outputs in the order of `Page.show`."""
        return [getattr(self, part.name) for part in dataclasses.fields(self)]


class Page:
    """The handlers. Where they take a visit and the editor's value, these are what `Stage` holds.

    Args:
        run: carries out requests.
        encoding: reads the output's options.
    """

    def __init__(self, run: Run, encoding: Callable[[Sequence[Any]], Encoding]) -> None:
        self._run = run
        self._encoding = encoding
        self.shelf = Shelf()

    def open(self, path: str | None, before: Session | None, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        """A photograph, in place of the one before and all its steps: the stage, grow, feather, then the result."""
        to = language(request)
        nothing = (None, None, "", None)
        if before is not None and path is not None and before.entries[0].picture == Path(path):
            # Gradio tells of some files twice, most often just after the tab was opened.
            yield tuple(gr.skip() for _ in range(len(dataclasses.fields(Stage)) + 2 + len(nothing)))
            return
        self.shelf.forget(before)
        yield *_empty(), gr.skip(), gr.skip(), *nothing
        if path is None:
            return
        with one_sentence(to):
            picture = decode(Path(path))
            folder = self.shelf.folder()
            visit = Session(folder=folder, entries=(_step(picture, Path(path), folder),), at=0)
        facts = _facts(visit, to, widgets.facts(picture, Path(path), to))
        grow, feather = _edge(visit.step)
        yield *self.show(visit, to, facts), gr.update(value=grow), gr.update(value=feather), *nothing

    def inpaint(
        self,
        request: gr.Request,
        visit: Session | None,
        value: EditorValue | None,
        extend: str,
        other: str,
        *values: Any,
    ) -> Iterator[tuple[Any, ...]]:
        """A step more: the stage, the result, status.

        Args:
            extend: `SIDES`, an aspect, or `OTHER` for the one that is written.
            values: of `FIELDS`, then the output's options.
        """
        to = language(request)
        asked = {name: value for name, value in zip(FIELDS, values, strict=False) if value is not None}
        if extend != SIDES:
            asked |= {**dict.fromkeys(SIDE_FIELDS, 0), "aspect": other if extend == OTHER else extend}
        count = len(dataclasses.fields(Stage)) + 4

        def job(progress: Progress, cancel: threading.Event) -> Session:
            at, mask = masks.there(visit).caught_up(value)
            empty = not bool(mask.coverage.any())
            if empty and not any(asked.get(name) for name in (*SIDE_FIELDS, "aspect")):
                raise InputError(
                    "mask",
                    "nothing is marked",
                    "something to remove, or sides to extend, are needed",
                    "Paint over what to remove",
                )
            encoding, source = self._encoding(values[len(FIELDS) :]), at.picture()
            wanted = read(InpaintRequest, {**asked, "image": source, "mask": None if empty else at.masks[-1]})
            result = self._run(wanted, progress=progress, cancel=cancel)
            if cancel.is_set():
                raise Cancelled
            progress(0, 0, "Writing the files")
            folder = at.new_folder()
            shown = from_result(result, source, encoding, folder, to)
            left_px, top_px, *_ = result.details["margins"]
            origin = (at.step.origin[0] + left_px, at.step.origin[1] + top_px)
            made = store(result.picture, folder / "picture.npz")
            step = _step(result.picture, made.path, folder, origin, at.entries[0])
            return at.followed_by(dataclasses.replace(step, shown=shown, stored=made))

        after = yield from follow(job, to, lambda line: (*(gr.skip() for _ in range(count)), line))
        yield *self.show(after, to), *_result(after), ""

    def undo(self, visit: Session | None, value: EditorValue | None, request: gr.Request) -> tuple[Any, ...]:
        """A step back: the stage, then the result."""
        return self._at(visit, value, (0 if visit is None else visit.at) - 1, language(request))

    def redo(self, visit: Session | None, value: EditorValue | None, request: gr.Request) -> tuple[Any, ...]:
        """A step on."""
        return self._at(visit, value, (0 if visit is None else visit.at) + 1, language(request))

    def go_to(
        self, visit: Session | None, value: EditorValue | None, event: gr.SelectData, request: gr.Request
    ) -> tuple[Any, ...]:
        """The step that was chosen in the strip."""
        count = 1 if visit is None else len(visit.entries)
        return self._at(visit, value, number(event, count), language(request))

    def write_again(self, request: gr.Request, visit: Session | None, *options: Any) -> tuple[Any, ...]:
        """The current result in another format: visit, file, summary, record."""
        if visit is None or visit.step.shown is None:
            return tuple(gr.skip() for _ in range(4))
        to = language(request)
        with one_sentence(to):
            shown = written(visit.step.shown, visit.picture(), self._encoding(options), visit.new_folder(), to)
            after = visit.with_entry(dataclasses.replace(visit.step, shown=shown))
            return after, str(shown.file), shown.summary, str(shown.record)

    def _at(self, visit: Session | None, value: EditorValue | None, at: int, to: Language) -> tuple[Any, ...]:
        with one_sentence(to):
            after = masks.there(visit).caught_up(value)[0].gone_to(at)
            return *self.show(after, to), *_result(after)

    def show(self, visit: Session, to: Language, facts: Any = None) -> tuple[Any, ...]:
        """For `Stage.values`."""
        editor, line = masks.put(visit, visit.mask, to)
        step, last = visit.step, len(visit.entries) - 1
        names = [say("Original", to), *(say("Step {number}", to, number=number) for number in range(1, last + 1))]
        return (
            visit,
            editor,
            line,
            str(step.copy),
            facts or _facts(visit, to),
            str(step.original),
            gr.update(visible=visit.at > 0),
            gr.update(
                visible=last > 0,
                value=[(str(one.thumb), name) for one, name in zip(visit.entries, names, strict=True)],
                selected_index=visit.at,
            ),
            gr.update(visible=last > 0, interactive=visit.at > 0),
            gr.update(visible=last > 0, interactive=visit.at < last),
            str(step.copy),
        )


def _empty() -> tuple[Any, ...]:
    """The stage without a photograph."""
    hidden = gr.update(visible=False)
    return (
        None,
        gr.update(value=None, visible=mask_editor.AWAY),
        "",
        None,
        gr.update(value="", visible=False),
        None,
        hidden,
        gr.update(visible=False, value=[], selected_index=None),
        hidden,
        hidden,
        None,
    )


def _step(
    picture: Picture, file: Path, folder: Path, origin: tuple[int, int] = (0, 0), photograph: Step | None = None
) -> Step:
    """The previews of a picture, written into the folder, and what else a step is."""
    size = (picture.width_px, picture.height_px)
    copy = mask_editor.write_copy(picture, folder / "copy.jpg")
    thumb = write_preview(picture, folder / "thumb.jpg", preview_size(picture, THUMB_PX))
    if photograph is None:
        original = Path(write_preview(picture, folder / "original.jpg"))
    elif size == photograph.size:
        original = photograph.original
    else:
        path = folder / "original.jpg"
        original = Path(lay(photograph.original, photograph.size, origin, picture, path))
    return Step(folder, file, size, origin, copy, Path(thumb), original)


def _result(visit: Session) -> tuple[Any, ...]:
    """For `gan.ui.widgets.ResultView.values`."""
    return (None, None, "", None) if visit.step.shown is None else visit.step.shown.values()


def _facts(visit: Session, to: Language, known: str = "") -> Any:
    width_px, height_px = visit.step.size
    copy_height_px, copy_width_px = fitted(height_px, width_px, mask_editor.LONGEST_PX)
    parts = [known or f"{width_px} × {height_px} px"]
    if (copy_width_px, copy_height_px) != (width_px, height_px):
        size = f"{copy_width_px} × {copy_height_px} px"
        parts.append(html.escape(say("mask painted at {size}, result at full size", to, size=size)))
    return gr.update(value=" · ".join(parts), visible=True)


def _edge(step: Step) -> tuple[int, int]:
    """Grow and feather in the picture's pixels: strokes are as exact as the copy they were drawn on."""
    scale = max(1.0, max(step.size) / mask_editor.LONGEST_PX)
    return min(MOST_GROW_PX, round(GROW_PX * scale)), min(MOST_GROW_PX, round(FEATHER_PX * scale))
