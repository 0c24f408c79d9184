"""Widgets that show pictures and take none: previews, choices to click on; and the buttons back and forth."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import gradio as gr
from PIL import Image

from gan.ui.i18n import label

THUMB_PX: Final = 160
STRIP: Final = ["pickable", "strip", "styles"]
"""Classes of `strip`."""


def preview(elem_id: str, title: Any = None, elem_classes: str = "preview") -> gr.Image:
    """A small copy, which is not there at first.

    Args:
        title: for screen readers.
    """
    return gr.Image(
        type="filepath",
        interactive=False,
        visible=False,
        label=label("picture.preview") if title is None else title,
        show_label=False,
        buttons=[],
        elem_id=elem_id,
        elem_classes=elem_classes,
    )


def clickable(elem_id: str, title: Any, height_px: int) -> gr.Image:
    """A picture that is clicked on, and not changed.

    Args:
        title: for screen readers.
    """
    return gr.Image(
        type="filepath",
        interactive=False,
        show_label=False,
        label=title,
        height=height_px,
        buttons=[],
        elem_id=elem_id,
    )


def pickable(
    elem_id: str,
    title: Any,
    *,
    columns: int,
    elem_classes: str | list[str] = "pickable sheet",
    shown: bool = False,
    **others: Any,
) -> gr.Gallery:
    """Pictures of which a click chooses one.

    Args:
        shown: whether it is there at first.
        others: further options of the gallery.
    """
    return gr.Gallery(
        label=title,
        visible=shown,
        columns=columns,
        height="auto",
        allow_preview=False,
        interactive=False,
        buttons=[],
        elem_id=elem_id,
        elem_classes=elem_classes,
        **{"object_fit": "contain", **others},
    )


def strip(elem_id: str, title: Any) -> gr.Gallery:
    """Thumbnails of what comes with the package, of which a click chooses one."""
    return pickable(elem_id, title, columns=5, elem_classes=STRIP, shown=True, object_fit="cover", format="jpeg")


def thumbnails(files: Iterable[Path]) -> list[Image.Image]:
    """Small copies for `strip`."""
    made = []
    for path in files:
        with Image.open(path) as image:
            small = image.convert("RGB")
        small.thumbnail((THUMB_PX, THUMB_PX), Image.Resampling.LANCZOS)
        made.append(small)
    return made


def undo_and_redo(name: str) -> tuple[gr.Button, gr.Button]:
    """Buttons that go a result back and forth, which are not there at first.

    Args:
        name: prefix of the element ids.
    """
    texts = {"undo": label("result.undo"), "redo": label("result.redo")}
    undo, redo = (
        gr.Button(text, size="sm", visible=False, min_width=90, elem_id=f"{name}-{key}") for key, text in texts.items()
    )
    return undo, redo
