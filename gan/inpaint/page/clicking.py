"""Clicks on the Inpaint page: the thing under each is marked, or unmarked, at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import gradio as gr
import torch

from gan.core.errors import InputError
from gan.imaging.io.codec import decode
from gan.imaging.mask import Mask, grown
from gan.imaging.picture import Picture
from gan.imaging.resize import resize
from gan.inpaint.page import masks
from gan.inpaint.page.session import Session
from gan.inpaint.page.stage import Stage
from gan.inpaint.pipeline import EDGE, FAINTLY
from gan.select.pipeline import SelectRequest
from gan.select.thing import NOTHING_LEFT
from gan.ui import click_panel
from gan.ui.background_job import one_sentence
from gan.ui.click_panel import ClickPanel
from gan.ui.events import BEFOREHAND
from gan.ui.i18n import language
from gan.ui.mask_editor import EditorValue
from gan.ui.protocols import Run

LEAST_PX: Final = 2


def attach(panel: ClickPanel, stage: Stage, shown: Sequence[gr.events.Dependency], run: Run) -> None:
    """Let a click mark the thing under it; the mask's own button takes it back.

    Args:
        shown: the events after which there is another picture to click on.
    """

    def look(visit: Session | None) -> None:
        if visit is not None:
            click_panel.look_beforehand(
                lambda copy, clicks: run(SelectRequest(picture=copy, clicks=clicks)), visit.step.copy
            )

    for event in shown:
        event.success(look, stage.visit, None, **BEFOREHAND)

    def click(
        visit: Session | None, value: EditorValue | None, way: str, event: gr.SelectData, request: gr.Request
    ) -> tuple[Any, ...]:
        if visit is None:
            return gr.skip(), gr.skip(), gr.skip()
        to = language(request)
        with one_sentence(to):
            at, mask = visit.caught_up(value)
            asked = str(click_panel.clicked(event, way, at.step.size))
            after = at.with_mask(_changed(run, decode(at.step.copy), mask, asked, way, at.step.size))
            return after, *masks.put(after, after.mask, to)

    panel.pick.select(
        click, [stage.visit, stage.editor, panel.way], [stage.visit, stage.editor, stage.line], **panel.event
    )


def _changed(run: Run, copy: Picture, mask: Mask, click: str, way: str, size: tuple[int, int]) -> Mask:
    """The mask with the thing under a click, a little wider than it is, or without it; the rest to the last bit."""
    before = resize(mask.coverage, copy.height_px, copy.width_px).clamp(0, 1)
    there = click_panel.on_copy((click,), size, copy)
    try:
        made = run(SelectRequest(picture=copy, clicks=there, mask=Mask(before))).picture.alpha
    except InputError as error:
        if error.got != NOTHING_LEFT or not bool(before.any()):
            raise
        made = torch.zeros_like(before)  # it was all that was marked
    assert made is not None
    if way == click_panel.REMOVE:
        gone = click_panel.at_full_size((made < before - FAINTLY).float(), size)
        return Mask(mask.coverage * (1 - gone), mask.name)
    added = grown(Mask((made > before + FAINTLY).float()), max(LEAST_PX, round(EDGE * max(made.shape[2:]))))
    return Mask(torch.maximum(mask.coverage, click_panel.at_full_size(added.coverage, size)), mask.name)
