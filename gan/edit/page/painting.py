"""A brush on the Shape & print tab: what is painted over the photograph becomes a task's mask."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import gradio as gr
import torch

from gan.edit.page.marks import Photograph
from gan.imaging.mask import Mask, check_size, decode_mask, encode_mask
from gan.ui import mask_editor
from gan.ui.background_job import one_sentence
from gan.ui.editor_component import BoundedEditor
from gan.ui.i18n import label, language
from gan.ui.mask_editor import EditorValue
from gan.ui.widgets import DECODING

NAME: Final = "painted.png"
"""Of a mask that was painted, by which a file that someone chose is told apart."""


class Painting:
    """The fold with the brush and the mask's file.

    Args:
        prefix: of the element ids.
        add: adds the file's widget to the current Blocks.
    """

    def __init__(self, prefix: str, add: Callable[[], gr.File]) -> None:
        with gr.Accordion(label("edit.region"), open=False, elem_id=f"{prefix}-region") as self.fold:
            gr.Markdown(label("edit.region.info"), elem_classes="facts")
            self.editor: BoundedEditor = mask_editor.build(prefix, "edit.region")
            self.file = add()

    def attach(self, photograph: gr.File, state: gr.State) -> gr.events.Dependency:
        """Show the photograph once the fold is opened, and turn strokes into the file.

        Returns:
            The event after which the file is another.
        """
        photograph.change(self.leave, self.file, [self.fold, self.editor, self.file], **DECODING)
        # Gradio's editor has to be seen while it sets up its canvas.
        gr.on(
            [self.fold.expand, self.file.upload, self.file.clear],
            self.show,
            [state, self.file],
            [state, self.editor],
            **DECODING,
        )
        return self.editor.input(self.paint, [state, self.editor], self.file, trigger_mode="always_last", **DECODING)

    def leave(self, path: str | None) -> tuple[Any, Any, Any]:
        """Another photograph: fold, editor, file. What was painted on the one before goes; a chosen file stays."""
        painted = path is not None and Path(path).name == NAME
        off = gr.update(value=None, visible=mask_editor.AWAY)
        return gr.update(open=False), off, None if painted else gr.skip()

    def show(self, at: Photograph | None, path: str | None, request: gr.Request) -> tuple[Any, Any]:
        """The photograph in the editor, with the mask as a layer: state, editor."""
        if at is None:
            return gr.skip(), gr.skip()
        with one_sentence(language(request)):
            layers = []
            if path is not None:
                mask = decode_mask(Path(path))
                check_size(mask, at.frame)
                layers.append(str(mask_editor.write_layer(mask, Path(tempfile.mkdtemp(dir=at.folder)) / "layer.png")))
        value = {"background": str(at.preview), "layers": layers, "composite": None}
        started = dataclasses.replace(at, region=None if path is None else Path(path))
        return started, gr.update(value=value, visible=True)

    def paint(self, at: Photograph | None, value: EditorValue | None, request: gr.Request) -> Any:
        """The mask that the editor showed, with what was drawn and erased since, as a file; None where nothing is."""
        if at is None:
            return gr.skip()
        width_px, height_px = at.size
        with one_sentence(language(request)):
            before = Mask(torch.zeros(1, 1, height_px, width_px)) if at.region is None else decode_mask(at.region)
            mask = mask_editor.with_strokes(before, mask_editor.drawn(value, height_px, width_px))
        if not bool(mask.coverage.any()):
            return None
        path = Path(tempfile.mkdtemp(dir=at.folder)) / NAME
        path.write_bytes(encode_mask(mask))
        return str(path)
