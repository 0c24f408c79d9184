"""Clicks on the Shape & print tab's photograph: corners and a crop, as texts and numbers, and drawn over it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import gradio as gr

from gan.core.errors import InputError
from gan.edit.canvas import crop_box
from gan.edit.page import marks
from gan.edit.page.marks import Photograph
from gan.imaging.box import Box
from gan.imaging.io.codec import decode
from gan.ui import widgets
from gan.ui.background_job import one_sentence
from gan.ui.form import Form
from gan.ui.i18n import language
from gan.ui.session import Shelf

CLICKED: Final = ("perspective", "crop", "print")
"""Tasks for which clicks on the photograph mean something."""

BOX: Final = ("left", "top", "width", "height")


class Clicks:
    """Handlers of clicks on the photograph and of typed places: both fill the same fields, and are drawn over it.

    Args:
        forms: by task.
        shelf: keeps the previews.
    """

    def __init__(self, forms: Mapping[str, Form[Any]], shelf: Shelf) -> None:
        self._forms = forms
        self._shelf = shelf

    def widgets(self) -> list[Any]:
        """The corners of a perspective and of a label; a crop's left, top, width, height and aspect."""
        crop = self._forms["crop"]
        return [
            self._forms["perspective"]["corners"],
            self._forms["print"]["corners"],
            *(crop[side] for side in (*BOX, "aspect")),
        ]

    def open(
        self, path: str | None, before: Photograph | None, task: str, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        """A photograph in place of another: state, preview, facts, the button that clears, and empty fields."""
        self._shelf.forget(before)
        empty = ("", "", 0, 0, 0, 0, gr.skip())
        off = gr.update(value=None, visible=False)
        yield None, off, gr.update(value="", visible=False), gr.update(visible=False), *empty
        if path is None:
            return
        to = language(request)
        with one_sentence(to):
            picture = decode(Path(path))
            at = marks.opened(picture, self._shelf.folder())
            told = widgets.facts(picture, Path(path), to)
        nothing = tuple(gr.skip() for _ in empty)
        yield (
            at,
            gr.update(value=str(at.preview), visible=True),
            gr.update(value=told, visible=True),
            gr.update(visible=False),
            *nothing,
        )

    def click(self, event: gr.SelectData, at: Photograph | None, task: str, *given: Any) -> tuple[Any, ...]:
        """A corner more, or one of the two that a crop's box lies between: state, preview, button, fields."""
        values, clicked = list(given), event.index
        if at is None or task not in CLICKED or not isinstance(clicked, (list, tuple)) or len(clicked) != 2:
            return tuple(gr.skip() for _ in range(3 + len(values)))
        point = at.at(clicked)
        if task == "crop":
            if at.first is None:
                at = dataclasses.replace(at, first=point)
            else:
                box = marks.box_between(at.first, point, at.size)
                values[2:6] = [box.left, box.top, box.width, box.height]
                at = dataclasses.replace(at, first=None)
        else:
            sent, known = values[_CORNERS[task]], at.corners.get(task, ())
            # A click that came before the page showed the last one still sends the field as it was.
            before = known[-1] if sent in known else sent
            values[_CORNERS[task]] = marks.with_point(before, point, at.size)
            known = (*known, before, values[_CORNERS[task]])
            at = dataclasses.replace(at, corners={**at.corners, task: known})
        return at, *self.redraw(at, task, *values), *values

    def clear(self, at: Photograph | None, task: str, *given: Any) -> tuple[Any, ...]:
        """Take the task's marks away."""
        values = list(given)
        if task == "crop":
            values[2:6] = [0, 0, 0, 0]
        elif task in _CORNERS:
            values[_CORNERS[task]] = ""
        at = None if at is None else dataclasses.replace(at, first=None, corners={})
        return at, *self.redraw(at, task, *values), *values

    def typed(self, at: Photograph | None, task: str, *values: Any) -> tuple[Any, ...]:
        """State, preview and button once a field was typed in."""
        at = None if at is None else dataclasses.replace(at, corners={})
        return at, *self.redraw(at, task, *values)

    def redraw(self, at: Photograph | None, task: str, *values: Any) -> tuple[Any, Any]:
        """The preview with what the fields say, and whether there is anything to clear."""
        if at is None:
            return gr.skip(), gr.skip()
        if task == "crop":
            box = _box(at, values[2:])
            points = [] if at.first is None else [at.first]
            return marks.draw(at, points, box), gr.update(visible=box is not None or bool(points))
        points = marks.points_of(values[_CORNERS[task]], at.size) if task in _CORNERS else []
        return marks.draw(at, points), gr.update(visible=bool(points))


_CORNERS: Final = {"perspective": 0, "print": 1}
"""Where the corners of a task are among the fields that clicks fill."""


def _box(at: Photograph, values: Any) -> Box | None:
    """The crop that fields describe; None for the whole picture, and for what is not yet a box."""
    *sides, aspect = values
    left, top, width, height = (max(0, int(side or 0)) for side in sides)
    whole = Box(0, 0, *at.size)
    try:
        box = crop_box(whole, left, top, width, height, aspect or "")
    except InputError:
        return None
    return None if box.empty or box == whole else box
