"""Enhance: from a request to a picture that is larger, cleaner, and still the same picture."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from gan.core.contract import Context, Model, Output, Request
from gan.core.errors import InputError
from gan.enhance.adjust import Adjustments, apply, choose, sharpen
from gan.imaging.alpha import bleed
from gan.imaging.blending import blend
from gan.imaging.color import keep_white, match_low_frequencies
from gan.imaging.picture import Picture
from gan.imaging.resize import resize

SCALES = (1, 2, 4)
AUTO_MODEL = "auto"
MAX_OUTPUT_PIXELS = 200_000_000
"""A finished picture takes 12 bytes a pixel while it is made; this many fit into 3 GB."""

Network = Callable[[Tensor], Tensor]


@dataclass(frozen=True, kw_only=True)
class EnhanceRequest(Request):
    """What Enhance is asked.

    Attributes:
        picture: what to enhance.
        scale: output pixels per input pixel in each direction: 1, 2 or 4. Not used where width or height is given.
        width: exact width of the output in pixels; the height follows. At most 4 times the input's.
        height: exact height of the output in pixels; the width follows. At most 4 times the input's.
        strength: 0 gives the input (resampled where it grows), 1 the network's full effect, between them a blend.
        model: "auto" for ours at the scale needed; else a manifest name, a path, or a Hub id.
        adjustments: tone and colour; all off by default.

    Raises:
        InputError: a value outside these, or more than `MAX_OUTPUT_PIXELS` to make.
    """

    picture: Picture
    scale: int = 2
    width: int | None = None
    height: int | None = None
    strength: float = 1.0
    model: str = AUTO_MODEL
    adjustments: Adjustments = field(default_factory=Adjustments)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.scale not in SCALES:
            raise InputError("scale", "{scale}", "1, 2 or 4 is allowed", "Choose one of these", scale=self.scale)
        if not 0 <= self.strength <= 1:
            raise InputError("strength", "{value}", "0 to 1 is allowed", "Choose a number within", value=self.strength)
        if self.width is not None and self.height is not None:
            raise InputError(
                "width",
                "a width and a height",
                "one of the two is allowed, so that nothing is squeezed",
                "Leave one of them empty",
            )
        for name, wanted, given in (
            ("width", self.width, self.picture.width_px),
            ("height", self.height, self.picture.height_px),
        ):
            if wanted is not None and not 1 <= wanted <= SCALES[-1] * given:
                raise InputError(
                    name,
                    "{wanted} px from {given} px",
                    "1 to {most} px is allowed, 4 times the input",
                    "Choose a smaller size or a larger picture",
                    wanted=wanted,
                    given=given,
                    most=SCALES[-1] * given,
                )
        height_px, width_px = self.network_size
        if height_px * width_px > MAX_OUTPUT_PIXELS:
            raise InputError(
                "scale",
                "an output of {width} x {height} px",
                "at most {most} megapixels are made at once",
                "Choose a smaller scale",
                width=width_px,
                height=height_px,
                most=MAX_OUTPUT_PIXELS // 10**6,
            )

    @property
    def network_scale(self) -> int:
        """The smallest of `SCALES` that reaches the size asked for."""
        if self.width is not None:
            ratio = self.width / self.picture.width_px
        elif self.height is not None:
            ratio = self.height / self.picture.height_px
        else:
            return self.scale
        return next(scale for scale in SCALES if scale >= ratio)

    @property
    def network_size(self) -> tuple[int, int]:
        """Height and width in pixels that the network makes."""
        return (self.picture.height_px * self.network_scale, self.picture.width_px * self.network_scale)

    @property
    def output_size(self) -> tuple[int, int]:
        """Height and width in pixels of the finished picture."""
        height_px, width_px = self.picture.height_px, self.picture.width_px
        if self.width is not None:
            return (max(1, math.floor(height_px * self.width / width_px + 0.5)), self.width)
        if self.height is not None:
            return (self.height, max(1, math.floor(width_px * self.height / height_px + 0.5)))
        return self.network_size


def enhance(request: EnhanceRequest, context: Context) -> Output:
    """Tone first, then the network, then size and sharpness.

    The network is asked only for detail: local mean colours are the input's, pure white stays pure white, and at
    strength 0 no network runs at all.
    """
    picture, scale = request.picture, request.network_scale
    details: dict[str, Any] = {"scale": scale, "size": list(reversed(request.output_size))}
    rgb = picture.rgb if picture.alpha is None else bleed(picture.rgb, picture.alpha)
    adjustments = choose(rgb) if request.adjustments.auto else request.adjustments
    details["adjustments"] = dataclasses.asdict(adjustments)
    unchanged = request.strength == 0 and request.output_size == (picture.height_px, picture.width_px)
    if unchanged and adjustments == Adjustments():
        return Output((picture,), picture.notices, details)  # colours behind transparency included
    rgb = apply(rgb, adjustments)

    if request.strength > 0:
        model = context.model(f"enhance-x{scale}" if request.model == AUTO_MODEL else request.model)
        rgb, alpha = _restore(rgb, picture.alpha, model, request, context)
    else:
        rgb, alpha = resize(rgb, *request.network_size), _resized(picture.alpha, request.network_size)
    height_px, width_px = request.output_size
    rgb = resize(rgb, height_px, width_px)
    if adjustments.sharpness:
        # In place, unless this is still the tensor that the request holds.
        rgb = sharpen(rgb, adjustments.sharpness, out=None if rgb is picture.rgb else rgb)
    return Output((picture.with_pixels(rgb, _resized(alpha, request.output_size)),), picture.notices, details)


def _restore(
    rgb: Tensor, alpha: Tensor | None, model: Model, request: EnhanceRequest, context: Context
) -> tuple[Tensor, Tensor | None]:
    """The network's picture at `request.network_size`; transparency goes through the network as a grey picture."""
    wanted = request.network_scale
    made_at = min(model.scale, wanted)
    served = dataclasses.replace(model, scale=made_at)

    def on_tile(network: Network, tile: Tensor) -> Tensor:
        made = network(tile)
        if model.scale > made_at:  # a x4 network asked for x2 never makes the x4 picture as a whole
            made = F.avg_pool2d(made, model.scale // made_at)
        return made

    made = context.apply(served, rgb, around=on_tile)
    match_low_frequencies(made, rgb, scale=made_at)
    keep_white(made, rgb, scale=made_at)
    blend(made, rgb, scale=made_at, strength=request.strength)
    made = resize(made, *request.network_size)
    if alpha is None:
        return made, None
    if bool((alpha == alpha[0, 0, 0, 0]).all()):
        return made, _resized(alpha, request.network_size)
    grey = alpha.expand(-1, 3, -1, -1).contiguous()
    cover = context.apply(served, grey, around=on_tile, what="Enhancing transparency")
    keep_white(cover, grey, scale=made_at)
    hidden = 1 - cover
    keep_white(hidden, 1 - grey, scale=made_at)
    cover = (1 - hidden).mean(1, keepdim=True)
    blend(cover, alpha, scale=made_at, strength=request.strength)
    return made, resize(cover, *request.network_size)


def _resized(x: Tensor | None, size: tuple[int, int]) -> Tensor | None:
    return None if x is None else resize(x, *size)
