"""Print: a logo, a label or a fabric's pattern on a product, along its shading and its folds."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError
from gan.core.option import Option
from gan.core.reader import CoverFile, PictureFile
from gan.cutout.segment import AUTO_MODEL, FindingModel, find, has_transparency
from gan.edit.perspective import quad_of
from gan.edit.shading import Shading, shading_of
from gan.imaging.box import Box, box_of
from gan.imaging.color import to_linear, to_srgb
from gan.imaging.homography import Matrix, Quad, corners_of, homography
from gan.imaging.matting import foreground
from gan.imaging.picture import Picture, check_pixels
from gan.imaging.resize import resize
from gan.imaging.row_chunks import bands
from gan.imaging.warp import sampled

Blend = Literal["cover", "dye"]

MOST_PATTERNS = 12
MAX_OUTPUT_PIXELS = 200_000_000
"""Of all patterns' results together."""

BAND_PIXELS = 2**19
MOST_TILE_PIXELS = 2**24
"""Of one print; a larger one is enlarged while it is printed."""

_MARGIN_PX = 4
"""Around a tile: what interpolation looks at beyond its ends."""


class PrintRequest(Request):
    """Print a pattern or a picture on a product; its folds, shadows and highlights stay.

    The pattern is laid on the product's middle or, repeated, all over it; or between four corners, as a label. Without
    a mask the product is found, unless four corners say where the print goes. Several patterns make one result each.

    Raises:
        InputError: a value outside its range; corners that are none; a mask of another size; more than
            `MAX_OUTPUT_PIXELS` in all.
    """

    picture: PictureFile
    pattern: Annotated[
        tuple[PictureFile, ...],
        Option("picture files to print, transparent where nothing is; one result for each", many=True, metavar="FILE"),
    ]
    scale: Annotated[
        float, Option("width of one print as a share of the product's, or of the label's", ge=0.02, le=2, step=0.01)
    ] = 0.4
    rotation_deg: Annotated[float, Option("clockwise", ge=-180, le=180, step=1, unit="deg", alias="rotation")] = 0.0
    across: Annotated[float, Option("its middle, from the left of the product to the right", ge=0, le=1, step=0.01)] = (
        0.5
    )
    down: Annotated[float, Option("its middle, from the top of the product to the bottom", ge=0, le=1, step=0.01)] = 0.5
    repeat: Annotated[bool, Option("repeat it all over")] = False
    gap: Annotated[float, Option("between repeats, in widths of a print", ge=0, le=3, step=0.05)] = 0.0
    corners: Annotated[
        str,
        Option(
            "of a label: left,top of four corners clockwise from its upper left, in pixels or %",
            metavar="'X,Y X,Y X,Y X,Y'",
        ),
    ] = ""
    wrap: Annotated[float, Option("as around a cylinder: 0 flat, 1 half of the way around", ge=0, le=1, step=0.05)] = (
        0.0
    )
    displacement: Annotated[float, Option("how far folds bend it", ge=0, le=2, step=0.05)] = 0.6
    texture: Annotated[
        float, Option("how much of the surface's own fine texture shows through", ge=0, le=1, step=0.05)
    ] = 0.8
    blend: Annotated[Blend, Option("covers the product's color, or dyes it, which only darkens")] = "cover"
    opacity: Annotated[float, Option("0 gives the picture, 1 the full print", ge=0, le=1, step=0.05)] = 1.0
    mask: Annotated[CoverFile | None, Option("white where it may go; without it the product is found")] = None
    model: FindingModel = AUTO_MODEL

    def check(self) -> None:
        if not 1 <= len(self.pattern) <= MOST_PATTERNS:
            raise InputError(
                "pattern",
                "{count} patterns",
                "1 to {most} are allowed",
                "Choose that many",
                count=len(self.pattern),
                most=MOST_PATTERNS,
            )
        if self.corners:
            quad_of(self.corners, self.picture)
        width_px, height_px = self.picture.width_px, self.picture.height_px
        check_pixels(
            "pattern",
            width_px,
            height_px,
            MAX_OUTPUT_PIXELS,
            "Choose fewer patterns or a smaller picture",
            "{count} pictures of {width} x {height} px",
            count=len(self.pattern),
        )

    def alone(self, index: int) -> PrintRequest:
        """The request that prints pattern `index` and no other."""
        return self if len(self.pattern) == 1 else self.replaced(pattern=(self.pattern[index],))


def printed(request: PrintRequest, context: Context) -> Output:
    """Find the region, estimate its shading, and print each pattern on it.

    Pixels outside of the region, and where the pattern is transparent, are the input's to the last bit.

    Details: `region` as left, top, right, bottom; `patterns`, their names; `covered`, for each the share of the region
    that is printed.

    Raises:
        InputError: no product was found; the mask is empty; the corners lie beside the picture.
    """
    picture, steps = request.picture, len(request.pattern) + 2
    surface, notices = _surface(request, context)
    context.step(1, steps, "Measuring the light")
    shading = shading_of(surface.own, surface.weight, surface.box, smooth=surface.quad is not None)
    made, covered = [], []
    for index, pattern in enumerate(request.pattern):
        context.step(index + 2, steps, "Printing")
        rgb, share = _on(surface, shading, pattern, request)
        made.append(picture.with_pixels(rgb, picture.alpha))
        covered.append(round(share, 4))
    details = {
        "region": list(surface.box),
        "patterns": [pattern.name for pattern in request.pattern],
        "covered": covered,
    }
    return Output(tuple(made), (*picture.notices, *notices), details)


def pattern_stems(names: list[str]) -> list[str]:
    """Parts of file names for patterns, each of which is another one."""
    made: list[str] = []
    for number, name in enumerate(names, start=1):
        stem = Path(name).stem or str(number)
        made.append(stem if stem not in made else f"{stem}-{number}")
    return made


class _Surface(NamedTuple):
    """Surface that is printed on.

    `own` (1, 3, H, W), its own colors; `weight` (1, 1, H, W), how much of a pixel it is; `box` around it; `quad`, where
    a label goes.
    """

    rgb: Tensor
    own: Tensor
    weight: Tensor
    box: Box
    quad: Quad | None


def _surface(request: PrintRequest, context: Context) -> tuple[_Surface, tuple[str, ...]]:
    picture = request.picture
    quad = quad_of(request.corners, picture) if request.corners else None
    notices: tuple[str, ...] = ()
    if quad is not None and request.mask is None:
        # A label ends softly itself; a pattern that goes on ends at the corners.
        weight, own = _within(quad, picture, 0.0 if request.repeat else _MARGIN_PX), picture.rgb
        if has_transparency(picture) and picture.alpha is not None:
            weight = weight * (picture.alpha > 0)
    else:
        found = find(picture, context, model=request.model, mask=request.mask)
        weight, notices = found.alpha, found.notices
        # What a file holds under its own transparency is the product's own color already, and changes as a whole.
        transparent = has_transparency(picture) and picture.alpha is not None
        if transparent and request.mask is None:
            weight = (weight > 0).float()
        own = picture.rgb if transparent else foreground(picture.rgb, weight)
    box = box_of(weight, least=0.0)
    if box is None:
        raise InputError("corners", "they lie outside the picture", "all four must be inside it", "Choose others")
    return _Surface(picture.rgb, own, weight, box, quad), notices


def _within(quad: Quad, picture: Picture, more_px: float) -> Tensor:
    """(1, 1, H, W), 1 within four corners and so much around them, to a pixel."""
    a, b, c, d = quad
    across, down = max(math.dist(a, b), math.dist(d, c)), max(math.dist(a, d), math.dist(b, c))
    matrix = homography(quad, corners_of(across, down))
    made = torch.zeros(1, 1, picture.height_px, picture.width_px)
    for rows in bands(picture.height_px, picture.width_px):
        x, y = _places(Box(0, 0, picture.width_px, picture.height_px), rows)
        u, v, depth = _mapped(matrix, x, y)
        inside = torch.minimum(torch.minimum(u, across - u), torch.minimum(v, down - v))
        made[0, :, rows] = torch.where(depth > 0, (inside + more_px + 0.5).clamp(0, 1), 0.0)
    return made


class _Tile(NamedTuple):
    """One print, premultiplied, with a margin that is empty or the next repeat's.

    `pixels` (1, 4, h, w); what lies at (u, v) of the print's plane lies there at (left + across * u, top + down * v).
    """

    pixels: Tensor
    left: float
    top: float
    across: float
    down: float


def _on(surface: _Surface, shading: Shading, pattern: Picture, request: PrintRequest) -> tuple[Tensor, float]:
    """(1, 3, H, W), the picture with one pattern on it, and the share of the region that it covers."""
    box = surface.box
    plane = _plane(surface, pattern, request)
    tile = _tile(pattern, plane.width_px, plane.height_px, endless=request.repeat and request.gap == 0)
    made = surface.rgb.clone(memory_format=torch.contiguous_format)
    covered = 0.0
    rows_px = max(1, BAND_PIXELS // box.width)
    for top in range(0, box.height, rows_px):
        rows = slice(top, min(top + rows_px, box.height))
        weight = box.of(surface.weight)[:, :, rows]
        x, y = _places(box, rows)
        bend = request.displacement * shading.displacement(rows)
        u, v = plane.at(x + bend[:, 0], y + bend[:, 1])
        ink = _sampled(tile, plane, u, v, request)
        cover = ink[:, 3:]
        share = weight * cover * request.opacity
        if not bool((share > 0).any()):
            continue
        covered += float((weight * cover).sum())
        color = to_linear((ink[:, :3] / cover.clamp(min=1e-4)).clamp_(0, 1))
        own = box.of(surface.own)[:, :, rows]
        linear = to_linear(own)
        factor, shine = shading.light(linear, rows, request.texture)
        lit = (linear - shine).clamp_(min=0) * color + shine if request.blend == "dye" else color * factor + shine
        part = box.of(made)[:, :, rows]
        changed = (part + share * (to_srgb(lit.clamp_(0, 1)) - own)).clamp_(0, 1)
        part.copy_(torch.where(share > 0, changed, part))
    return made, covered / max(1.0, float(surface.weight.sum()))


class _Plane(NamedTuple):
    """The flat plane of the print: from pixels of the picture to pixels of a tile whose upper left is (0, 0).

    `matrix` maps the picture to tile pixels; `middle` and `half` are the column and half of the width, in tile pixels,
    of what is wrapped by `angle` radians to either side.
    """

    matrix: Matrix
    width_px: float
    height_px: float
    middle: float
    half: float
    angle: float

    def at(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Tile coordinates (1, h, w) each."""
        u, v, _ = _mapped(self.matrix, x, y)
        if self.angle > 0:
            sine = math.sin(self.angle)
            u = self.middle + self.half * torch.asin((sine * (u - self.middle) / self.half).clamp(-1, 1)) / self.angle
        return u, v


def _plane(surface: _Surface, pattern: Picture, request: PrintRequest) -> _Plane:
    box, quad = surface.box, surface.quad
    aspect = pattern.height_px / pattern.width_px
    if quad is not None:
        a, b, c, d = quad
        across, down = max(math.dist(a, b), math.dist(d, c)), max(math.dist(a, d), math.dist(b, c))
        if request.repeat:
            wide = max(1.0, request.scale * across)
            high = wide * aspect
        else:
            wide, high = across, down
        matrix = homography(quad, corners_of(across, down))
        return _Plane(_turned(matrix, across, down, request), wide, high, across / 2, across / 2, _angle(request))
    body = box_of(surface.weight) or box
    wide = max(1.0, request.scale * body.width)
    high = wide * aspect
    x, y = body.left + request.across * body.width, body.top + request.down * body.height
    turn = math.radians(-request.rotation_deg)
    cos, sin = math.cos(turn), math.sin(turn)
    # Around its middle, which goes to the tile's.
    matrix = np.array(
        [
            [cos, -sin, wide / 2 - cos * x + sin * y],
            [sin, cos, high / 2 - sin * x - cos * y],
            [0, 0, 1.0],
        ]
    )
    middle = (matrix @ [body.left + body.width / 2, y, 1.0])[0]
    return _Plane(matrix, wide, high, float(middle), body.width / 2, _angle(request))


def _angle(request: PrintRequest) -> float:
    return request.wrap * math.pi / 2


def _turned(matrix: Matrix, across: float, down: float, request: PrintRequest) -> Matrix:
    """A label's own rotation, about its middle."""
    turn = math.radians(-request.rotation_deg)
    cos, sin = math.cos(turn), math.sin(turn)
    x, y = across / 2, down / 2
    return np.asarray(
        np.array([[cos, -sin, x - cos * x + sin * y], [sin, cos, y - sin * x - cos * y], [0, 0, 1.0]]) @ matrix
    )


def _tile(pattern: Picture, width_px: float, height_px: float, *, endless: bool) -> _Tile:
    """The pattern at about the size of a print.

    Args:
        endless: whether it goes on at its ends as it begins.
    """
    alpha = torch.ones_like(pattern.rgb[:, :1]) if pattern.alpha is None else pattern.alpha
    pixels = torch.cat([pattern.rgb * alpha, alpha], 1)
    height, width = pixels.shape[2:]
    shrink = min(1.0, math.sqrt(MOST_TILE_PIXELS / (width_px * height_px)))
    size = max(1, round(height_px * shrink)), max(1, round(width_px * shrink))
    margin = _MARGIN_PX
    if not endless:
        made = F.pad(resize(pixels, *size), (margin,) * 4)
        return _Tile(made, margin, margin, size[1] / width_px, size[0] / height_px)
    # Neighboring repeats take part in what the ends are reduced from.
    more = [max(1, math.ceil(margin * side / px)) for side, px in ((height, size[0]), (width, size[1]))]
    rows, columns = (torch.arange(-px, side + px) % side for px, side in zip(more, (height, width), strict=True))
    around = pixels[:, :, rows][..., columns]
    wide, high = around.shape[3], around.shape[2]
    reduced = max(1, round(size[0] * high / height)), max(1, round(size[1] * wide / width))
    per_px = reduced[0] / high, reduced[1] / wide  # pixels of the tile per pixel of the pattern
    return _Tile(
        resize(around, *reduced),
        more[1] * per_px[1],
        more[0] * per_px[0],
        per_px[1] * width / width_px,
        per_px[0] * height / height_px,
    )


def _sampled(tile: _Tile, plane: _Plane, u: Tensor, v: Tensor, request: PrintRequest) -> Tensor:
    """(1, 4, h, w): ink, premultiplied, at coordinates (1, h, w) of the plane."""
    if request.repeat:
        space = request.gap * plane.width_px
        u, v = (
            torch.remainder(x + space / 2, side + space) - space / 2
            for x, side in ((u, plane.width_px), (v, plane.height_px))
        )
    return sampled(tile.pixels, tile.left + tile.across * u[0], tile.top + tile.down * v[0], outside="nothing").clamp_(
        0, 1
    )


def _mapped(matrix: Matrix, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Both coordinates after a map, and the depth, positive this side of the horizon; (1, h, w) each."""
    m = torch.from_numpy(matrix).float()
    depth = m[2, 0] * x + m[2, 1] * y + m[2, 2]
    u, v = ((m[row, 0] * x + m[row, 1] * y + m[row, 2]) / depth for row in range(2))
    return u, v, depth


def _places(box: Box, rows: slice) -> tuple[Tensor, Tensor]:
    """Coordinates in the picture of a box's rows, (1, h, w) each."""
    y = torch.arange(box.top + rows.start, box.top + rows.stop) + 0.5
    x = torch.arange(box.left, box.right) + 0.5
    down, across = torch.meshgrid(y, x, indexing="ij")
    return across[None], down[None]
