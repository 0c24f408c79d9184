"""Descriptions of uploaded files in events: what is none gets one sentence that names the input.

Gradio 6.31 fails on a number, a list or a file that is there no longer with an error of Python's, which a page that
shows no tracebacks keeps to itself: the visitor hears nothing. The page itself sends none of these but the last.
"""

from __future__ import annotations

import functools
import html
from collections.abc import Callable
from typing import Any, Final, NoReturn

import gradio as gr
from gradio import processing_utils
from gradio.context import LocalContext

from gan.core.errors import InputError, shown
from gan.ui.i18n import language, sentence

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
            _refuse(block, data)
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
            _refuse(self, payload)

    return preprocessed


def _refuse(widget: Any, value: Any) -> NoReturn:
    """Raise the sentence on an input, named by its element's id without the tab, as Gradio shows it."""
    named = str(widget.elem_id or "").partition("-")[2].replace("-", "_")
    error = InputError(
        named or str(widget.get_block_name()),
        "{value}",
        "a file that was uploaded to this page is expected",
        "Upload it again",
        value=shown(value),
    )
    text = sentence(error, language(LocalContext.request.get(None)))
    raise gr.Error(html.escape(text, quote=False), print_exception=False)
