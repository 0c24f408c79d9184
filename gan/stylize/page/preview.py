"""The Stylize tab's preview: a small copy is restyled once for each choice, and only mixed again as strength moves."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import torch

from gan.core.contract import Cache
from gan.imaging.mask import Mask, check_size, decode_mask
from gan.imaging.picture import Picture
from gan.imaging.resize import shrunk
from gan.stylize.page.handlers import Choices
from gan.stylize.pipeline import AUTO_STYLE_PX, LEAST_PX, STYLE_SHARE
from gan.ui.i18n import Language, say
from gan.ui.previewer import KEPT, PREVIEW_PX, Previewer, Seen
from gan.ui.protocols import Run

STYLE_PX: Final = 1024
"""Longest side of the copies of styles that are kept: the largest at which one can be looked at here."""

MATCHED_PX: Final = round(AUTO_STYLE_PX[1] / STYLE_SHARE)
"""Up to this longest side strokes grow with the picture."""

FINER: Final = 1.5
"""So many times larger a picture's strokes are seen to be finer than in the preview."""

KEPT_STYLES: Final = 8
"""Styles, at up to 12 MB a picture."""


class StylePreviewer(Previewer):
    """Restyles a photograph's small copy once for each choice; at another strength it is only mixed again."""

    def __init__(self, run: Run, held: Callable[[Sequence[Any]], Choices]) -> None:
        self._run = run
        self._held = held
        self._cache, self._styles = Cache(KEPT), Cache(KEPT_STYLES)

    def seen(self, image: str) -> Seen:
        return self._cache.get(image, lambda: Seen.of(image))

    def made(self, image: str, values: tuple[Any, ...], to: Language) -> tuple[Picture, str]:
        seen, choices = self.seen(image), self._held(values)
        return self.mixed(image, choices), _line(choices, seen.full, to)

    def instead(self, image: str) -> Picture:
        return self.seen(image).small

    def mixed(self, image: str, choices: Choices) -> Picture:
        """The photograph's small copy at the strength that is chosen, which the pipeline mixes in as linearly.

        Raises:
            InputError, WeightsError: as the request and the run raise them.
        """
        seen, strength = self.seen(image), choices.options.get("strength", 1.0)
        if strength == 0:
            return seen.small
        made = self._cache.get((image, choices.key), lambda: self._made(seen, choices))
        return made.with_pixels(torch.lerp(seen.small.rgb, made.rgb, strength), seen.small.alpha)

    def _made(self, seen: Seen, choices: Choices) -> Picture:
        kept = (choices.styles, choices.weights)
        styles = self._styles.get(kept, lambda: _small_styles(choices.read_styles()))
        given = choices.options.get("mask")
        mask = None if given is None else decode_mask(given)
        if mask is not None:
            check_size(mask, seen.full)
            mask = Mask(shrunk(mask.coverage, PREVIEW_PX), mask.name)
        request = choices.request(seen.small, mask=mask, strength=1.0, **styles)
        style_px = request.style_px
        if style_px is not None:
            # The strokes are to look as large as they will in the result.
            shown_px = max(seen.small.width_px, seen.small.height_px)
            style_px = max(LEAST_PX, round(style_px * shown_px / _strokes_px(choices, seen.full)))
        return self._run(request.replaced(content_px=None, style_px=style_px)).picture


def _small_styles(styles: Mapping[str, Any]) -> dict[str, Any]:
    if "styles" not in styles:
        return dict(styles)
    small = (dataclasses.replace(style, picture=style.picture.shrunk(STYLE_PX)) for style in styles["styles"])
    return {**styles, "styles": tuple(small)}


def _strokes_px(choices: Choices, full: Picture) -> int:
    """Longest side at which the result's strokes will be made."""
    longest_px = max(full.width_px, full.height_px)
    return min(choices.options.get("content_px") or longest_px, longest_px)


def _line(choices: Choices, full: Picture, to: Language) -> str:
    """Caption of the preview: its size, and how the result will differ."""
    longest_px = max(full.width_px, full.height_px)
    if longest_px <= PREVIEW_PX:
        return say("Preview at the picture's own size", to)
    # Styles are enlarged only so far; beyond, strokes grow no more with the picture.
    options = choices.options
    artistic = options.get("kind", "artistic") == "artistic" and not options.get("style_px")
    if artistic and _strokes_px(choices, full) > FINER * MATCHED_PX:
        return say(
            (
                "Preview at {px} px. At {width} × {height} px strokes are finer; painting resolution "
                "{strokes} keeps them as shown here"
            ),
            to,
            px=PREVIEW_PX,
            strokes=MATCHED_PX,
            width=full.width_px,
            height=full.height_px,
        )
    return say("Preview at {px} px", to, px=PREVIEW_PX)
