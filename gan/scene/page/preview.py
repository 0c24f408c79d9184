"""The Scene tab's preview: the product is found once for a picture, and set into each choice at 512 pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import gradio as gr

from gan.core.contract import Cache, Result
from gan.cutout.pipeline import CutoutRequest
from gan.imaging.io.codec import decode
from gan.imaging.mask import Mask, check_size, decode_mask
from gan.imaging.picture import Picture
from gan.imaging.resize import shrunk
from gan.scene.pipeline import SceneRequest
from gan.scene.sheet import product_alone
from gan.ui.assets import asset, html_of
from gan.ui.form import read
from gan.ui.i18n import Language, say, word
from gan.ui.previewer import KEPT, PREVIEW_PX, Previewer
from gan.ui.protocols import Run
from gan.ui.widgets import LIGHT

FOUND_PX: Final = 900
"""Longest side of the copy in which the product is found for previews."""

NOT_SHOWN: Final = frozenset(("width", "height", "keep_pixels", "image", "model", "mask", "others"))
"""What a small preview has its own of, or what changes nothing that is seen there."""


class ScenePreviewer(Previewer):
    """Finds the product of a photograph once, and sets it into whatever is chosen; beside it the horizon."""

    beside = 1

    def __init__(self, run: Run, held: Callable[[tuple[Any, ...]], Mapping[str, Any]]) -> None:
        self._run = run
        self._held = held
        self._cut = Cache(KEPT)

    def made(self, image: str, values: tuple[Any, ...], to: Language) -> tuple[Picture, str, str]:
        result = self.in_set(image, self._held(values))
        return result.picture, say("Preview at {px} px", to, px=PREVIEW_PX), _horizon_line(result, to)

    def in_set(self, image: str, options: Mapping[str, Any]) -> Result:
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


def horizon_overlay() -> gr.HTML:
    """Add the line's place; it belongs beside the preview in one column of class "stage"."""
    made = gr.HTML(elem_id="scene-horizon-line", padding=False)
    gr.on(None, None, js=asset("horizon.js"), **LIGHT)
    return made


def _horizon_line(result: Result, to: Language) -> str:
    """The line where a scene's camera has its horizon; nothing where the scene has no own background."""
    stretch = result.details.get("stretch")
    if stretch is None:
        return ""
    at = (result.details["horizon"] + (stretch - 1) / 2) / stretch
    return html_of("horizon.html", share=at, stretch=stretch, name=word("scene.horizon.line", to))
