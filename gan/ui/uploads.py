"""Descriptions of uploaded files in events: what is none gets one sentence that names the input.

Gradio 6.31 fails on a number or a list with an error of Python's, which a page that shows no tracebacks keeps to
itself: the visitor hears nothing. The page itself sends none of these. It does name files that are there no longer,
where nobody used it for as long as `gan.ui.storage` keeps them; Gradio hands on their paths, or nothing.
"""

from __future__ import annotations

import functools
import html
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NoReturn

import gradio as gr
from gradio import processing_utils
from gradio.context import LocalContext

from gan.core.errors import InputError, shown
from gan.limits import MAX_AGE_S
from gan.ui.i18n import language, sentence

_KINDS: Final[tuple[Any, ...]] = (
    gr.File,
    gr.UploadButton,
    gr.DownloadButton,
    gr.ImageEditor,
    gr.ImageSlider,
    gr.Gallery,
    gr.ColorPicker,
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
        # Only now: whether a file exists outside of the uploads is nobody's business.
        if not all(path.exists() for path in _paths(found)):
            _say(_gone(block))
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


def _paths(value: Any) -> Iterator[Path]:
    """Paths of all files that an event's value names."""
    if isinstance(value, dict) and isinstance(path := value.get("path"), str):
        yield Path(path)
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _paths(one)


def _refuse(widget: Any, value: Any) -> NoReturn:
    """Raise the sentence on an input that is no upload."""
    _say(
        InputError(
            _name(widget),
            "{value}",
            "a file that was uploaded to this page is expected",
            "Upload it again",
            value=shown(value),
        )
    )


def _gone(widget: Any) -> InputError:
    """The sentence on an upload or a result that left the server since; the page's settings stay as they are."""
    return InputError(
        _name(widget),
        "this file is no longer on the server",
        "files are kept for up to {minutes} minutes after they were last used",
        "Upload it again; your settings are still here",
        minutes=round(MAX_AGE_S / 60),
    )


def _name(widget: Any) -> str:
    """Name of an input, by its element's id without the tab."""
    named = str(widget.elem_id or "").partition("-")[2].replace("-", "_")
    return named or str(widget.get_block_name())


def _say(error: InputError) -> NoReturn:
    """Raise the sentence as Gradio shows it."""
    text = sentence(error, language(LocalContext.request.get(None)))
    raise gr.Error(html.escape(text, quote=False), print_exception=False)
