"""Enhance: super-resolution and restoration of a photograph."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Annotated, Any, Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.contract import Context, Model, Output, Request
from gan.core.errors import InputError
from gan.core.option import ModelName, Option
from gan.core.reader import PictureFile
from gan.core.request import plain
from gan.enhance.adjust import Adjustments, apply, choose, sharpen
from gan.imaging import ocr
from gan.imaging.alpha import bleed
from gan.imaging.color import keep_chroma, keep_white, match_low_frequencies
from gan.imaging.picture import check_pixels
from gan.imaging.resize import resize
from gan.imaging.row_chunks import bands

Scale = Literal[1, 2, 4]
SCALES: tuple[Scale, ...] = get_args(Scale)
AUTO_MODEL = "auto"
MAX_OUTPUT_PIXELS = 200_000_000
"""A finished picture takes 12 bytes a pixel while it is made; this many fit into 3 GB."""

TILE_PX = 512
"""Side of a tile of our own networks; above it maps of 48 channels leave the processor's cache."""

Network = Callable[[Tensor], Tensor]


class EnhanceRequest(Request):
    """Enlarge and clean a product photograph.

    Width or height, where one is given, takes the place of the scale; the other side follows.

    Raises:
        InputError: a value outside its range, a width with a height, or more than `MAX_OUTPUT_PIXELS` to make.
    """

    picture: PictureFile
    scale: Annotated[Scale, Option("output pixels per input pixel")] = 2
    width: Annotated[int | None, Option("exact width in pixels instead of a scale", unit="px", group="size")] = None
    height: Annotated[int | None, Option("exact height in pixels instead of a scale", unit="px", group="size")] = None
    strength: Annotated[float, Option("0 gives the input, 1 the full effect", ge=0, le=1, step=0.05)] = 1.0
    protect_text: Annotated[bool, Option("only resize lines of text; requires the package rapidocr-onnxruntime")] = (
        False
    )
    model: ModelName = AUTO_MODEL
    adjustments: Adjustments = Adjustments()

    def check(self) -> None:
        if self.width is not None and self.height is not None:
            raise InputError(
                "width",
                "both a width and a height",
                "only one is allowed, so that the picture is not distorted",
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
        check_pixels("scale", width_px, height_px, MAX_OUTPUT_PIXELS, "Choose a smaller scale")

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
    """Adjust tone, run the network, then resize and sharpen.

    The network is asked only for detail: local mean colors are the input's, no color comes that is not near in the
    input, pure white stays pure white, and at strength 0 no network runs at all. Protected text is resized as at
    strength 0.

    Raises:
        InputError: text is to be protected and nothing that reads it is installed.
    """
    picture, scale, notices = request.picture, request.network_scale, request.picture.notices
    details: dict[str, Any] = {"scale": scale, "size": list(reversed(request.output_size))}
    rgb = picture.rgb if picture.alpha is None else bleed(picture.rgb, picture.alpha)
    adjustments = choose(rgb) if request.adjustments.auto else request.adjustments
    details["adjustments"] = plain(adjustments)
    unchanged = request.strength == 0 and request.output_size == (picture.height_px, picture.width_px)
    if unchanged and adjustments == Adjustments():
        return Output((picture,), notices, details)  # colors behind transparency included
    rgb = apply(rgb, adjustments)

    if request.strength > 0:
        model = context.model(f"enhance-x{scale}" if request.model == AUTO_MODEL else request.model)
        strength: float | Tensor = request.strength
        if request.protect_text:
            context.step(0, 1, "Reading text")
            text = ocr.protected(picture)
            details["text"], notices = text.told, (*notices, text.notice)
            free = text.outside()
            strength = strength if free is None else free.mul_(strength)
        rgb, alpha = _restore(rgb, picture.alpha, model, request, context, strength)
    else:
        rgb, alpha = resize(rgb, *request.network_size), _resized(picture.alpha, request.network_size)
    height_px, width_px = request.output_size
    rgb = resize(rgb, height_px, width_px)
    if adjustments.sharpness:
        # In place, unless this is still the tensor that the request holds.
        rgb = sharpen(rgb, adjustments.sharpness, out=None if rgb is picture.rgb else rgb)
    return Output((picture.with_pixels(rgb, _resized(alpha, request.output_size)),), notices, details)


def _restore(
    rgb: Tensor,
    alpha: Tensor | None,
    model: Model,
    request: EnhanceRequest,
    context: Context,
    strength: float | Tensor,
) -> tuple[Tensor, Tensor | None]:
    """The network's picture at `request.network_size`; transparency goes through the network as a gray picture.

    Args:
        strength: as of `blend`.
    """
    wanted = request.network_scale
    made_at = min(model.scale, wanted)
    served = dataclasses.replace(model, scale=made_at)

    def on_tile(network: Network, tile: Tensor) -> Tensor:
        made = network(tile)
        if model.scale > made_at:  # a x4 network asked for x2 never makes the x4 picture as a whole
            made = F.avg_pool2d(made, model.scale // made_at)
        return made

    # Fewer borders are computed twice; a foreign network may be a hundred times as slow, and Stop waits for a tile.
    tile_px = TILE_PX if request.model == AUTO_MODEL else None
    made = context.apply(served, rgb, around=on_tile, tile_px=tile_px)
    match_low_frequencies(made, rgb, scale=made_at)
    keep_chroma(made, rgb, scale=made_at)
    keep_white(made, rgb, scale=made_at)
    blend(made, rgb, scale=made_at, strength=strength)
    made = resize(made, *request.network_size)
    if alpha is None:
        return made, None
    if bool((alpha == alpha[0, 0, 0, 0]).all()):
        return made, _resized(alpha, request.network_size)
    gray = alpha.expand(-1, 3, -1, -1).contiguous()
    cover = context.apply(served, gray, around=on_tile, tile_px=tile_px, what="Enhancing transparency")
    keep_white(cover, gray, scale=made_at)
    hidden = 1 - cover
    keep_white(hidden, 1 - gray, scale=made_at)
    cover = (1 - hidden).mean(1, keepdim=True)
    blend(cover, alpha, scale=made_at, strength=strength)
    return made, resize(cover, *request.network_size)


def _resized(x: Tensor | None, size: tuple[int, int]) -> Tensor | None:
    return None if x is None else resize(x, *size)


_REACH_PX = 3
"""Rows that bicubic interpolation looks to either side, and one to spare."""


def blend(output: Tensor, reference: Tensor, *, scale: int, strength: float | Tensor) -> None:
    """Move the output towards the reference resampled to its size, in place and in bands of rows.

    Args:
        output: (1, C, H * scale, W * scale), in [0, 1].
        reference: (1, C, H, W), in [0, 1].
        scale: output pixels per reference pixel in each direction.
        strength: 1 leaves the output as it is; at 0 it is `resize(reference, H * scale, W * scale)`. A tensor
            (1, 1, H, W) says it for each pixel of the reference.
    """
    if isinstance(strength, float) and strength == 1:
        return
    height_px, width_px = reference.shape[2:]
    for band in bands(height_px, width_px * scale**2):
        above, below = max(band.start - _REACH_PX, 0), min(band.stop + _REACH_PX, height_px)
        rows = reference[:, :, above:below]
        size = ((below - above) * scale, width_px * scale)
        known = slice((band.start - above) * scale, (band.stop - above) * scale)
        base = resize(rows, *size)[:, :, known]
        share = strength
        if isinstance(strength, Tensor):
            # Linear, so that the ends 0 and 1 stay exact and nothing overshoots.
            share = F.interpolate(strength[:, :, above:below], size, mode="bilinear")[:, :, known]
        part = output[:, :, band.start * scale : band.stop * scale]
        part.copy_(torch.lerp(base, part, share))
