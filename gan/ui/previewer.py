"""Preview of a photograph on its page: a small copy shows whatever is chosen, before anything is made at full size."""

from __future__ import annotations

import html
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

import gradio as gr
import torch

from gan.core.errors import PackshotError
from gan.imaging.io.codec import decode
from gan.imaging.picture import Picture
from gan.ui.background_job import one_sentence
from gan.ui.i18n import Language, language, sentence
from gan.ui.preview import write_preview
from gan.ui.widgets import facts

PREVIEW_PX: Final = 512
KEPT: Final = 40
"""Small pictures that a page keeps, at 3 MB each."""


@dataclass(frozen=True)
class Seen:
    """A photograph's small copy, and the photograph without its pixels: its size, its kind, its notices."""

    small: Picture
    full: Picture

    @classmethod
    def of(cls, image: str) -> Seen:
        """Decode a file. Raises `InputError` as `gan.imaging.io.codec.decode` does."""
        picture = decode(Path(image))
        size = (1, 3, picture.height_px, picture.width_px)
        return cls(picture.shrunk(PREVIEW_PX), picture.with_pixels(torch.zeros(()).expand(size), None))


class Previewer(ABC):
    """The preview's handlers. Their outputs are the picture, the photograph's facts, a line about the preview, and
    `beside` further ones."""

    beside: ClassVar[int] = 0

    def open(self, request: gr.Request, image: str | None, *values: Any) -> Iterator[tuple[Any, ...]]:
        """Another photograph, first as it is, then with what is chosen."""
        to = language(request)
        empty = ("",) * (1 + self.beside)
        nothing = gr.update(value=None, visible=False), gr.update(value="", visible=False), *empty
        if image is None:
            yield nothing
            return
        with tempfile.TemporaryDirectory(prefix="packshot-") as folder:
            try:
                with one_sentence(to):
                    seen = self.seen(image)
                    plain = write_preview(seen.small, Path(folder) / "plain.jpg")
            except gr.Error:
                yield nothing
                raise
            about = gr.update(value=facts(seen.full, Path(image), to), visible=True)
            yield gr.update(value=plain, visible=True), about, *empty
            shown, *below = self._shown(image, values, to, Path(folder))
            yield shown, about, *below

    def preview(self, request: gr.Request, image: str | None, *values: Any) -> Iterator[tuple[Any, ...]]:
        """The photograph with what is chosen now."""
        if image is None:
            yield gr.skip(), gr.skip(), "", *(gr.skip() for _ in range(self.beside))
            return
        with tempfile.TemporaryDirectory(prefix="packshot-") as folder:
            shown, *lines = self._shown(image, values, language(request), Path(folder))
            yield shown, gr.skip(), *lines

    def seen(self, image: str) -> Seen:
        """The photograph, small. Raises `InputError` as `Seen.of` does."""
        return Seen.of(image)

    @abstractmethod
    def made(self, image: str, values: tuple[Any, ...], to: Language) -> tuple[Any, ...]:
        """The small picture with what is chosen, the line about it as text, and the outputs `beside`.

        Raises:
            InputError, WeightsError: nothing can be made of what is chosen; a failed preview is not an error yet.
        """

    def instead(self, image: str) -> Picture | None:
        """The picture above the reason why nothing can be made: by default the one that was shown before."""
        return None

    def _shown(self, image: str, values: tuple[Any, ...], to: Language, folder: Path) -> tuple[Any, ...]:
        with one_sentence(to):
            try:
                picture, line, *more = self.made(image, values, to)
            except PackshotError as error:
                picture, line, more = self.instead(image), sentence(error, to), [gr.skip()] * self.beside
            shown = gr.skip()
            if picture is not None:
                shown = gr.update(value=write_preview(picture, folder / "preview.jpg"), visible=True)
            return shown, f"<span>{html.escape(line)}</span>", *more
