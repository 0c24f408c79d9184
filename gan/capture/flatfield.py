"""Flat field: divide the uneven light of a table, measured on a photograph of the empty table, out of a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError
from gan.core.option import Option
from gan.core.reader import PictureFile
from gan.imaging.color import WHITE, to_linear, to_srgb
from gan.imaging.picture import Picture
from gan.imaging.row_chunks import bands

MEASURED_PX: Final = 512
"""Longest side at which light is measured; it varies slowly."""

_DUST: Final = 5
"""Side of the median, in pixels of the measured size, that takes dust and fibers out of the empty table."""

_DARKEST: Final = 0.02
"""Linear light below which a table cannot be divided by: noise would be all that is left."""

_CLIPPED, _MOST_CLIPPED = 0.995, 0.002
"""Linear light that counts as overexposed, and the share of the table that may be."""

_BORDER: Final = 0.1
"""Share of the shorter side, along the edge of the frame, in which the bare table is looked for."""

_STOP: Final = 2.0
"""Exposures may differ by this factor between the empty table and the day's pictures."""

_LEAST_TABLE: Final = 0.01
_SPREAD: Final = 0.04
"""Pixels of the table differ from its light by no more than this share."""

_REACH: Final = 0.05
"""Share of the table's pixels that noise may leave below white."""

_MOST_LIFT: Final = 1.12
"""So much brighter the table's noise may make the picture, at most."""

_LEVELS: Final = 2048
_HIGHEST: Final = 2.5
"""Of the histogram of light relative to the empty table's."""

OVEREXPOSED = "The empty table is overexposed in places, where its light cannot be measured; photograph it darker"
NO_TABLE = "No bare table was found in the picture; its exposure was left as it is"
NOTICES = (OVEREXPOSED, NO_TABLE)


class FlatfieldRequest(Request):
    """Divide uneven light out of pictures by a photograph of the empty table.

    Both are taken with the same camera, lens, aperture and lamps. The light is measured on the empty table, freed of
    dust and noise, and each picture is divided by it in linear light: corners, color casts between lamps and the
    table's own gradient vanish alike. What the bare table shows in each picture then sets the exposure.
    """

    picture: PictureFile
    flat_field: Annotated[PictureFile, Option("photograph of the empty table, taken with the same camera and light")]
    white: Annotated[
        float, Option("brightness of the bare table afterwards; 1 makes it 255", ge=0.5, le=1, step=0.01)
    ] = 1.0
    smooth: Annotated[
        float,
        Option("how far the empty table's light is smoothed, as a share of the longer side", ge=0, le=0.1, step=0.005),
    ] = 0.015
    exposure: Annotated[bool, Option("measure the bare table in each picture, and make it as bright as asked")] = True


def flatfield(request: FlatfieldRequest, context: Context) -> Output:
    """Measure the light, divide by it, and set the exposure by the bare table.

    Details: `unevenness`, how much darker the darkest part of the empty table is than its brightest, in stops;
    `gains` of the channels; `table`, the share of the picture that is bare table; `off_white_before` and `off_white`,
    the share of it that is not 255.

    Raises:
        InputError: the two pictures have other proportions, or the empty table is black in places.
    """
    picture = request.picture
    _check_proportions(request.flat_field, picture)
    context.step(0, 2, "Measuring the light")
    light = light_of(request.flat_field, request.smooth)
    notices = list(picture.notices)
    if _overexposed(request.flat_field):
        notices.append(OVEREXPOSED)
    gains, table = torch.ones(3), None
    if request.exposure:
        table = bare_table(picture, light)
        if table is None:
            notices.append(NO_TABLE)
        else:
            gains = _gains(picture, light, table, request.white)
    context.step(1, 2, "Evening out the light")
    level = float(to_linear(torch.tensor(request.white)))
    made = torch.empty_like(picture.rgb)
    for rows in bands(picture.height_px, picture.width_px):
        under = light.at(picture.height_px, picture.width_px, rows)
        even = to_linear(picture.rgb[:, :, rows]) / under * (gains * level).view(1, 3, 1, 1)
        made[:, :, rows] = to_srgb(even.clamp_(0, 1)).clamp_(0, 1)
    details = {
        "unevenness": round(light.unevenness, 3),
        "gains": [round(float(gain), 4) for gain in gains],
        "table": 0.0 if table is None else round(float(table.float().mean()), 4),
    }
    if table is not None:
        details["off_white_before"] = round(_off_white(picture.rgb, table), 6)
        details["off_white"] = round(_off_white(made, table), 6)
    return Output((picture.with_pixels(made, picture.alpha),), tuple(notices), details)


def _check_proportions(empty: Picture, picture: Picture) -> None:
    if abs(empty.width_px * picture.height_px / (empty.height_px * picture.width_px) - 1) > 0.01:
        raise InputError(
            "flat_field",
            "{empty} px empty table, {picture} px picture",
            "the same proportions are needed",
            "Photograph the empty table with the same camera, held the same way, and crop neither",
            empty=f"{empty.width_px} x {empty.height_px}",
            picture=f"{picture.width_px} x {picture.height_px}",
        )


@dataclass(frozen=True, eq=False)
class Light:
    """Light on the empty table.

    Attributes:
        field: (1, 3, h, w), linear, 1 at its brightest; no side above `MEASURED_PX`.
        brightest: (3,), linear: what was 1 in the photograph of the empty table.
    """

    field: Tensor
    brightest: Tensor

    @property
    def unevenness(self) -> float:
        """From the darkest to the brightest part, in stops."""
        seen = self.field.mean(1).flatten()
        return float(torch.log2(seen.quantile(0.999) / seen.quantile(0.001)))

    def at(self, height_px: int, width_px: int, rows: slice) -> Tensor:
        """(1, 3, rows, width_px): the field over some rows of a picture, interpolated linearly."""
        tall = self.field.shape[2]
        across = F.interpolate(self.field, (tall, width_px), mode="bilinear", align_corners=False)
        center = ((torch.arange(rows.start, rows.stop) + 0.5) * tall / height_px - 0.5).clamp(0, tall - 1)
        above = center.floor().long()
        below = (above + 1).clamp(max=tall - 1)
        return torch.lerp(across[:, :, above], across[:, :, below], (center - above)[:, None])


def light_of(empty: Picture, smooth: float) -> Light:
    """Measure the light on an empty table: averaged, freed of dust by a median, smoothed by a Gaussian.

    Beyond the frame the light goes on with its slope (odd reflection), so that smoothing does not flatten a falloff
    towards the corners.

    Args:
        smooth: standard deviation of the Gaussian as a share of the longer side.

    Raises:
        InputError: it is black in places.
    """
    from scipy import ndimage  # here, because importing it takes longer than most pictures

    small = linear_means(empty.rgb, MEASURED_PX)[0].numpy()
    sigma = smooth * max(small.shape[1:])
    margin = min(int(3 * sigma) + _DUST, min(small.shape[1:]) - 1)
    channels = []
    for plane in small:
        clean = ndimage.median_filter(plane, _DUST, mode="nearest")
        wide = np.pad(clean, margin, mode="reflect", reflect_type="odd")
        even = ndimage.gaussian_filter(wide, sigma) if sigma > 0 else wide
        channels.append(even[margin : margin + plane.shape[0], margin : margin + plane.shape[1]])
    field = torch.from_numpy(np.stack(channels).astype(np.float32))[None]
    if float(field.amin()) < _DARKEST:
        raise InputError(
            "flat_field",
            "the empty table is black in places",
            "a table that is lit everywhere is needed",
            "Photograph the bare table, without an object, brighter",
        )
    brightest = field.amax((2, 3), keepdim=True)
    return Light(field / brightest, brightest.flatten())


def linear_means(rgb: Tensor, longest_px: int) -> Tensor:
    """(1, 3, h, w): a picture in linear light, averaged over areas until no side is above `longest_px`."""
    height_px, width_px = rgb.shape[2:]
    scale = min(1.0, longest_px / max(height_px, width_px))
    tall, wide = max(1, round(height_px * scale)), max(1, round(width_px * scale))
    made = rgb.new_empty(1, 3, tall, wide)
    for rows in bands(tall, width_px * max(1, height_px // tall)):
        top, bottom = rows.start * height_px // tall, -(-rows.stop * height_px // tall)
        made[:, :, rows] = F.adaptive_avg_pool2d(to_linear(rgb[:, :, top:bottom]), (rows.stop - rows.start, wide))
    return made


def bare_table(picture: Picture, light: Light) -> Tensor | None:
    """Select the places that show nothing but the table: pixels as bright, in relation to the empty table, as the
    brightest even part of the frame's edge, and all of their neighbors too.

    Returns:
        (h, w) of bool, the size of `light.field`; None where there is no such part.
    """
    tall, wide = light.field.shape[2:]
    even = linear_means(picture.rgb, max(tall, wide))
    if even.shape != light.field.shape:
        even = F.interpolate(even, (tall, wide), mode="bilinear", antialias=True)
    ratio = even / light.field
    if picture.alpha is not None:
        seen = F.interpolate(picture.alpha, (tall, wide), mode="area")[0, 0] > 0.99
    else:
        seen = torch.ones(tall, wide, dtype=torch.bool)
    margin = max(1, round(_BORDER * min(tall, wide)))
    edge = torch.ones(tall, wide, dtype=torch.bool)
    edge[margin : tall - margin, margin : wide - margin] = False
    levels = ratio.mean(1)[0].clamp(min=1e-6).log()
    near = levels[edge & seen]
    if not len(near):
        return None
    # The fullest of the brighter bins: the table is what most of the edge shows, and nothing is much brighter.
    steps = torch.arange(-4, 1.5, _SPREAD)
    counts = torch.histogram(near, bins=steps).hist
    counts = counts[:-1] + counts[1:]
    enough = (counts >= max(2.0, 0.25 * float(counts.max()))).nonzero().flatten()
    peak = float(steps[int(enough[-1]) + 1])
    center = near[(near - peak).abs() <= _SPREAD].median()
    chosen = ((levels - center).abs() <= _SPREAD) & seen
    colors = torch.stack([ratio[0, channel][chosen].median() for channel in range(3)])
    alike = ((ratio[0] / colors[:, None, None] - 1).abs() <= 2 * _SPREAD).all(0)
    whole = -F.max_pool2d(-(chosen & alike).float()[None, None], 3, 1, 1)[0, 0] > 0.5
    alike_lit = 1 / _STOP <= float((colors / light.brightest).mean()) <= _STOP
    return whole if alike_lit and float(whole.float().mean()) >= _LEAST_TABLE else None


def _gains(picture: Picture, light: Light, table: Tensor, white: float) -> Tensor:
    """(3,): gains that bring the table to its brightness; at white so far up that noise leaves few pixels below."""
    height_px, width_px = picture.height_px, picture.width_px
    counts = torch.zeros(3, _LEVELS)
    for rows in bands(height_px, width_px):
        bare = _enlarged(table, height_px, width_px, rows)
        ratio = to_linear(picture.rgb[:, :, rows]) / light.at(height_px, width_px, rows)
        for channel in range(3):
            counts[channel] += torch.histc(ratio[0, channel][bare], _LEVELS, 0, _HIGHEST)
    shares = counts.cumsum(1) / counts.sum(1, keepdim=True)
    middle, low = ((shares < share).sum(1).float() * _HIGHEST / _LEVELS for share in (0.5, _REACH))
    if white < 1:
        return 1 / middle
    return 1 / torch.maximum(low, middle / _MOST_LIFT)


def _enlarged(table: Tensor, height_px: int, width_px: int, rows: slice) -> Tensor:
    """(rows, width_px) of bool: a small selection at the picture's size."""
    down = torch.arange(rows.start, rows.stop) * table.shape[0] // height_px
    across = torch.arange(width_px) * table.shape[1] // width_px
    return table[down][:, across]


def _off_white(rgb: Tensor, table: Tensor) -> float:
    off, bare = 0, 0
    for rows in bands(*rgb.shape[2:]):
        there = _enlarged(table, rgb.shape[2], rgb.shape[3], rows)
        off += int(((rgb[0, :, rows] < WHITE).any(0) & there).sum())
        bare += int(there.sum())
    return off / bare if bare else 0.0


def _overexposed(empty: Picture) -> bool:
    clipped = sum(
        int((to_linear(empty.rgb[:, :, rows]) > _CLIPPED).any(1).sum())
        for rows in bands(empty.height_px, empty.width_px)
    )
    return clipped > _MOST_CLIPPED * empty.height_px * empty.width_px
