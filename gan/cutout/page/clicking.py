"""Clicks on the Cut-out page: each is carried out at once on the editor's copy, and kept for the next cut-out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import gradio as gr
from torch import Tensor

from gan.cutout.page.session import Clicked, Session
from gan.imaging.io.codec import decode
from gan.imaging.picture import Picture
from gan.select.pipeline import SelectRequest
from gan.ui import click_panel
from gan.ui.background_job import one_sentence
from gan.ui.i18n import Language, language
from gan.ui.protocols import Run


class Clicking:
    """The handlers: visit, picture.

    Args:
        run: carries out requests.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def look(self, visit: Session | None) -> None:
        """Prepare for the first click on a photograph that was opened."""
        if visit is not None:
            click_panel.look_beforehand(self._select, visit.copy)

    def click(self, visit: Session | None, way: str, event: gr.SelectData, request: gr.Request) -> tuple[Any, ...]:
        """One click more."""
        if visit is None:
            return gr.skip(), gr.skip()
        at = str(click_panel.clicked(event, way, visit.size))
        return self._changed(visit, lambda clicks: (*clicks, at), language(request))

    def back(self, visit: Session | None, request: gr.Request) -> tuple[Any, ...]:
        """Without the last click."""
        return self._changed(visit, lambda clicks: clicks[:-1], language(request))

    def clear(self, visit: Session | None, request: gr.Request) -> tuple[Any, ...]:
        """Without any: the product is found again."""
        return self._changed(visit, lambda clicks: (), language(request))

    def _changed(
        self, visit: Session | None, change: Callable[[tuple[str, ...]], tuple[str, ...]], to: Language
    ) -> tuple[Any, ...]:
        if visit is None:
            return gr.skip(), gr.skip()
        clicks = change(visit.clicked.clicks)
        overlay = None
        if clicks:
            with one_sentence(to):
                copy = decode(visit.copy)
                there = click_panel.on_copy(clicks, visit.size, copy)
                cover = self._select(copy, there)
                overlay = click_panel.write_overlay(copy, cover, there, visit.new_folder() / "selected.jpg")
        after = dataclasses.replace(visit, clicked=Clicked(clicks, overlay))
        return after, click_panel.shown(overlay or visit.copy)

    def _select(self, copy: Picture, clicks: tuple[str, ...]) -> Tensor:
        cover = self._run(SelectRequest(picture=copy, clicks=clicks)).picture.alpha
        assert cover is not None
        return cover
