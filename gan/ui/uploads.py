"""Descriptions of uploaded files in events: what is none gets one sentence that names the input.

Gradio 6.31 fails on a number, a list or a file that is there no longer with an error of Python's, which a page that
shows no tracebacks keeps to itself: the visitor hears nothing. The page itself sends none of these but the last.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

import gradio as gr
from gradio import processing_utils

from gan.ui.strict import refuse

AN_UPLOAD: Final = "a file that was uploaded to this page"

_KINDS: Final[tuple[Any, ...]] = (
    gr.File,
    gr.UploadButton,
    gr.DownloadButton,
    gr.ImageEditor,
    gr.ImageSlider,
    gr.Gallery,
    gr.HTML,
    gr.ColorPicker,
    gr.Dataset,
)
"""Widgets of this page whose values `gan.ui.strict` does not check."""


def check_uploads() -> None:
    """Let Gradio's way from an event's values to files say in a sentence what is wrong; once is enough."""
    if hasattr(processing_utils.async_move_files_to_cache, "__wrapped__"):
        return
    processing_utils.async_move_files_to_cache = _checked_move(processing_utils.async_move_files_to_cache)
    for kind in _KINDS:
        kind.preprocess = _without_tracebacks(kind.preprocess)


def _checked_move(move: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(move)
    async def moved(data: Any, block: Any, postprocess: bool = False, *args: Any, **named: Any) -> Any:
        if postprocess:
            return await move(data, block, postprocess, *args, **named)
        try:
            found = await move(data, block, postprocess, *args, **named)
            if (model := getattr(block, "data_model", None)) is not None and found is not None:
                model.model_validate(found, context={"validate_meta": True})
        except gr.Error:
            raise
        except Exception:  # of whatever a value of another shape leads to
            return refuse(block, data, AN_UPLOAD)
        return found

    return moved


def _without_tracebacks(preprocess: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(preprocess)
    def preprocessed(self: Any, payload: Any) -> Any:
        try:
            return preprocess(self, payload)
        except gr.Error:
            raise
        except Exception:  # as above
            return refuse(self, payload, AN_UPLOAD)

    return preprocessed
