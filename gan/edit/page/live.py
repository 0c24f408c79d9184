"""Preview of a task while its options change: the request runs on the small copy of the photograph."""

from __future__ import annotations

import html
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import gradio as gr
import torch

from gan.core.contract import Cache
from gan.core.errors import PackshotError
from gan.cutout.pipeline import CutoutRequest
from gan.edit.page.marks import Photograph
from gan.edit.page.results import Kind
from gan.imaging.mask import Mask, check_size, decode_mask
from gan.imaging.picture import Picture
from gan.imaging.resize import resize
from gan.ui.form import read
from gan.ui.i18n import Language, say, sentence
from gan.ui.preview import write_preview
from gan.ui.protocols import Run

KEPT: Final = 40


class Live:
    """The preview's handler; the product is found once for a photograph."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._masks = Cache(KEPT)

    def shown(self, at: Photograph | None, kind: Kind, given: Mapping[str, Any], to: Language) -> tuple[Any, str]:
        """The preview, and a line about it; the photograph as it is, and the reason, where nothing can be made yet.

        Args:
            given: the request's options, by public name.
        """
        if at is None:
            return gr.skip(), ""
        try:
            picture = self.made(at, kind, kind.adapt(dict(given), to))
        except PackshotError as error:
            return str(at.preview), f"<span>{html.escape(sentence(error, to))}</span>"
        with tempfile.NamedTemporaryFile(dir=at.folder, suffix=".jpg", delete=False) as file:
            path = write_preview(picture, Path(file.name), checkered=True)
        line = say("Preview at {px} px", to, px=max(picture.width_px, picture.height_px))
        return path, f"<span>{html.escape(line)}</span>"

    def made(self, at: Photograph, kind: Kind, given: Mapping[str, Any]) -> Picture:
        """The small picture.

        Raises:
            InputError, WeightsError: as the request and its run raise them.
        """
        copy, file = at.copy.picture(), given.get("mask")
        values = {name: value for name, value in given.items() if name not in ("mask", "model")}
        request = read(kind.request, {**values, "image": copy})
        if kind.looks is not None and kind.looks(request):
            request = request.replaced(mask=self._masks.get((at.folder, file), lambda: self._mask(at, copy, file)))
        return self._run(request).picture

    def _mask(self, at: Photograph, copy: Picture, file: str | None) -> Mask:
        if file is not None:
            given = decode_mask(Path(file))
            check_size(given, at.frame)
            return Mask(resize(given.coverage, copy.height_px, copy.width_px).clamp(0, 1), given.name)
        alpha = self._run(CutoutRequest(picture=copy)).picture.alpha
        return Mask(torch.ones_like(copy.rgb[:, :1]) if alpha is None else alpha)
