"""The Scene tab's preview: the product is found once for a picture, and set into each choice at 512 pixels."""

from __future__ import annotations

import html
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import gradio as gr

from gan.core.contract import Cache, Result
from gan.core.errors import PackshotError
from gan.cutout.pipeline import CutoutRequest
from gan.imaging.io.codec import decode
from gan.imaging.mask import Mask, check_size, decode_mask
from gan.imaging.picture import Picture
from gan.imaging.resize import shrunk
from gan.scene.page import horizon
from gan.scene.pipeline import SceneRequest
from gan.scene.sheet import product_alone
from gan.ui.background_job import one_sentence
from gan.ui.form import read
from gan.ui.i18n import Language, language, say, sentence
from gan.ui.preview import write_preview
from gan.ui.protocols import Run
from gan.ui.widgets import facts

PREVIEW_PX: Final = 512
FOUND_PX: Final = 900
"""Longest side of the copy in which the product is found for previews."""

KEPT: Final = 40
NOT_SHOWN: Final = frozenset(("width", "height", "keep_pixels", "image", "model", "mask", "others"))
"""What a small preview has its own of, or what changes nothing that is seen there."""


class Previewer:
    """The preview's handlers.

    Their outputs are the picture, the photograph's facts, a line about the preview, and the horizon over it.
    """

    def __init__(self, run: Run, held: Callable[[tuple[Any, ...]], Mapping[str, Any]]) -> None:
        self._run = run
        self._held = held
        self._cut = Cache(KEPT)

    def open(self, request: gr.Request, image: str | None, *values: Any) -> Iterator[tuple[Any, ...]]:
        """Another photograph, first as it is, then in its set."""
        to = language(request)
        if image is None:
            yield gr.update(value=None, visible=False), gr.update(value="", visible=False), "", ""
            return
        with tempfile.TemporaryDirectory(prefix="packshot-") as folder:
            try:
                with one_sentence(to):
                    picture = decode(Path(image))
                    plain = write_preview(picture.shrunk(PREVIEW_PX), Path(folder) / "plain.jpg")
            except gr.Error:
                yield gr.update(value=None, visible=False), gr.update(value="", visible=False), "", ""
                raise
            about = gr.update(value=facts(picture, Path(image), to), visible=True)
            yield gr.update(value=plain, visible=True), about, "", ""
            del picture
            shown, *lines = self._shown(image, values, to, Path(folder))
            yield shown, about, *lines

    def preview(self, request: gr.Request, image: str | None, *values: Any) -> Iterator[tuple[Any, ...]]:
        """The photograph with what is chosen now."""
        if image is None:
            yield gr.skip(), gr.skip(), "", gr.skip()
            return
        with tempfile.TemporaryDirectory(prefix="packshot-") as folder:
            shown, *lines = self._shown(image, values, language(request), Path(folder))
            yield shown, gr.skip(), *lines

    def _shown(self, image: str, values: tuple[Any, ...], to: Language, folder: Path) -> tuple[Any, Any, Any]:
        """Preview, or no change and a reason; a failed preview is not an error yet."""
        try:
            result = self.made(image, self._held(values))
        except PackshotError as error:
            return gr.skip(), f"<span>{html.escape(sentence(error, to))}</span>", gr.skip()
        path = write_preview(result.picture, folder / "scene.jpg")
        line = say("Preview at {px} px", to, px=PREVIEW_PX)
        return gr.update(value=path, visible=True), f"<span>{html.escape(line)}</span>", horizon.line(result, to)

    def made(self, image: str, options: Mapping[str, Any]) -> Result:
        """The small picture, with where its horizon is.

        Args:
            options: of a `SceneRequest`, by public name.

        Raises:
            InputError, WeightsError: as the requests and their runs raise them.
        """
        mask, model, others = options.get("mask"), options.get("model"), options.get("others") or ()
        kept = {name: value for name, value in options.items() if name not in NOT_SHOWN}
        product = self._found(image, mask, model)
        beside = [self._found(other, None, model) for other in others]
        request: SceneRequest = read(SceneRequest, {**kept, "image": product, "width": PREVIEW_PX})
        return self._run(request.replaced(others=tuple(beside)))

    def _found(self, image: str, mask: str | None, model: str | None) -> Picture:
        def cut() -> Picture:
            picture = decode(Path(image))
            fields: dict[str, Any] = {} if model is None else {"model": model}
            if mask is not None:
                given = decode_mask(Path(mask))
                check_size(given, picture)
                fields["mask"] = Mask(shrunk(given.coverage, FOUND_PX), given.name)
            made = self._run(CutoutRequest(picture=picture.shrunk(FOUND_PX), **fields)).picture
            alpha = made.rgb[:, :1] * 0 + 1 if made.alpha is None else made.alpha
            return product_alone(made, alpha, PREVIEW_PX)

        return self._cut.get((image, mask, model), cut)
