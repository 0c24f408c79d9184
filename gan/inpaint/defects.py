"""Detect defects by classical methods: thin scratches, dust, and plain lines of text, which the extra [ocr] reads.

All of it lies on a ground that goes on behind it, and is lighter or darker than that ground. So each kind begins with
the white top-hat (Serra 1982; Soille, Morphological Image Analysis, 2004, chapter 4) of the lightness and of its
negative: what is too thin for an opening. What remains is told apart by shape, and by how far it stands out from the
texture around it. A suggestion is shown to the user before anything is done with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw
from torch import Tensor

from gan.core.errors import InputError, check_within
from gan.imaging import ocr
from gan.imaging.alpha import bleed
from gan.imaging.mask import Hole, resized
from gan.imaging.picture import Picture
from gan.imaging.product import to_ycc
from gan.imaging.resize import resize

KINDS = ("scratches", "dust", "text")

LONGEST_PX = 1024
"""Side of the copy that is searched; every length below is in its pixels."""

MOST_SHARE = 0.25
"""A kind that would mark more than this has found the product's texture, and marks nothing."""

SCRATCH_WIDTH_PX, SCRATCH_LENGTH_PX, SCRATCH_LENGTH = 6, 24, 0.035
"""Widest, and shortest both in pixels and as a share of the copy's longer side."""

DIRECTIONS, LINE_PX = 12, 25
"""Of the lines that are averaged along: 15 degrees apart, a scratch answers to one of them however it lies."""

SPECK_PX, SPECK_AREA_PX = 8, (3, 70)
CROWD, CROWD_PX = 8, 64
"""More specks than this within this distance are a texture."""

STROKE_WIDTHS_PX = (8, 18)
LETTER_HEIGHT_PX, LETTERS = 5, 4
LETTERS_MERGED = 8
"""Longest part of letters that touch each other, in heights."""

REACH_HEIGHTS = 9
"""Between the centers of two such parts and the gap between them; in the upright it is half a height."""

CLEAR = 0.4
"""Largest share of a row's ink that may lie above or below it, relative to the row's own."""

LEAST_READ, READ_ROOM = 0.4, 0.4
"""Certainty from which on a line that was read is marked: the first at sensitivity 1, their sum at 0."""

Plane = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Numbers = npt.NDArray[Any]


def suggest(picture: Picture, *, kinds: Sequence[str] = KINDS, sensitivity: float = 0.5) -> Hole:
    """Detect defects that are likely to be painted over.

    Args:
        picture: of any size; a copy of at most `LONGEST_PX` is searched.
        kinds: one or several of `KINDS`.
        sensitivity: 0 marks only what stands out clearly, 1 also faint marks, at a quarter of that contrast.

    Returns:
        A mask of the picture's size, 0 or 1, a little wider than what was found; empty where nothing was.

    Raises:
        InputError: no kind or an unknown one, or a sensitivity outside 0 and 1.
    """
    check_within("sensitivity", sensitivity, 0, 1)
    if not kinds or not set(kinds) <= set(KINDS):
        raise InputError(
            "suggest",
            "{kinds}",
            "one or more of {known} are needed",
            "Choose among these",
            kinds=", ".join(kinds) or "-",
            known=", ".join(KINDS),
        )
    shade = _lightness(picture)
    found = np.zeros(shade.shape, bool)
    for kind in KINDS:
        if kind in kinds:
            if kind == "text" and ocr.installed():
                found |= _read_text(picture, shade.shape, sensitivity)
                continue
            marked = _FINDERS[kind](shade, 2 ** (1 - 2 * sensitivity))
            if marked.mean() <= MOST_SHARE:
                found |= marked
    mask = resized(Hole(torch.from_numpy(found)[None, None].float()), picture.height_px, picture.width_px)
    return Hole((mask.coverage >= 0.5).float())


def scratches(shade: Plane, contrast: float) -> Bools:
    """Detect scratches: at most `SCRATCH_WIDTH_PX` wide and at least `SCRATCH_LENGTH_PX` long, straight or gently bent.

    A line answers to averaging along one direction and a texture to all alike; the difference is thresholded with
    hysteresis (Canny 1986).
    """
    from scipy import ndimage
    from skimage.filters import apply_hysteresis_threshold
    from skimage.morphology import skeletonize

    found = np.zeros(shade.shape, bool)
    bank = _lines()
    for thin, ground in _both(shade, SCRATCH_WIDTH_PX + 1):
        activity = ndimage.uniform_filter(thin, 61)
        # A step between two areas is no line on one ground.
        thin = np.where(thin > 1.2 * _span(ground, 5), thin, 0)
        capped = torch.from_numpy(np.minimum(thin, 0.25))[None, None]  # so that no single speck counts as a line
        along = F.conv2d(F.pad(capped, (LINE_PX // 2,) * 4, mode="replicate"), bank)[0]
        best = along.amax(0).numpy()
        least = contrast * (0.03 + 2 * activity)
        line = (best - along.mean(0).numpy()) / least
        on = apply_hysteresis_threshold(line, 0.45, 1.0) & (thin > 0.4 * best) & (thin > 0.5 * least)  # type: ignore[no-untyped-call]
        on |= ndimage.binary_closing(on)
        parts = _Parts.of(on)
        bones = skeletonize(on)  # type: ignore[no-untyped-call]
        branches = bones & (ndimage.convolve(bones.astype(np.uint8), np.ones((3, 3)), mode="constant") >= 4)
        length, crossings = parts.count(bones), parts.count(branches)
        extent = np.hypot(parts.height, parts.width)
        thin_line = (parts.area <= 5.5 * length) & (length <= 2 * extent) & (crossings <= 0.12 * length)
        found |= parts.chosen(thin_line & (extent >= max(SCRATCH_LENGTH_PX, SCRATCH_LENGTH * max(shade.shape))))
    return _wider(found, 1)


def dust(shade: Plane, contrast: float) -> Bools:
    """Detect dust: compact specks of at most `SPECK_PX` on a calmer background."""
    from scipy import ndimage
    from skimage.filters import apply_hysteresis_threshold

    found = np.zeros(shade.shape, bool)
    for thin, ground in _both(shade, SPECK_PX + 1):
        activity = ndimage.uniform_filter(thin, 41)
        thin = np.where(thin > 1.5 * _span(ground, SPECK_PX + 1), thin, 0)
        parts = _Parts.of(apply_hysteresis_threshold(thin / (contrast * (0.07 + 3 * activity)), 0.4, 1.0))  # type: ignore[no-untyped-call]
        longer, shorter = np.maximum(parts.height, parts.width), np.minimum(parts.height, parts.width)
        compact = (longer <= 2.5 * shorter) & (parts.area >= 0.5 * parts.height * parts.width)
        least, most = SPECK_AREA_PX
        specks = compact & (parts.area >= least) & (parts.area <= most) & (longer <= SPECK_PX + 3)
        found |= parts.chosen(specks & _apart(parts, specks))
    return _wider(found, 1)


def text(shade: Plane, contrast: float) -> Bools:
    """Detect upright lines of at least `LETTERS` letters of one color and about one height, on one baseline."""
    from scipy import ndimage

    found = np.zeros(shade.shape, bool)
    for stroke_px in STROKE_WIDTHS_PX:
        for thin, ground in _both(shade, stroke_px + 1):
            peak = ndimage.maximum_filter(thin, stroke_px + 1)
            parts = _Parts.of((thin > 0.14 * contrast) & (thin > 0.5 * peak))
            found |= parts.chosen(_in_rows(parts, thin, thin + ground, stroke_px))
    return _wider(found, 2)


_FINDERS: Mapping[str, Callable[[Plane, float], Bools]] = {"scratches": scratches, "dust": dust, "text": text}


@dataclass(frozen=True)
class _Parts:
    """The connected parts of a plane, diagonals included, with what is known of each: arrays of length n."""

    labels: npt.NDArray[np.int32]
    area: Numbers
    top: Numbers
    left: Numbers
    bottom: Numbers
    right: Numbers

    @classmethod
    def of(cls, on: Bools) -> _Parts:
        from scipy import ndimage

        labels, n = ndimage.label(on, np.ones((3, 3)))
        boxes = ndimage.find_objects(labels)
        ends = np.array([(r.start, c.start, r.stop, c.stop) for r, c in boxes], dtype=float).reshape(n, 4)
        return cls(labels, np.bincount(labels.ravel(), minlength=n + 1)[1:], *ends.T)

    @property
    def height(self) -> Numbers:
        return self.bottom - self.top

    @property
    def width(self) -> Numbers:
        return self.right - self.left

    def count(self, marked: Bools) -> Numbers:
        """Number of marked pixels of each part."""
        return np.bincount(self.labels[marked], minlength=len(self.area) + 1)[1:]

    def chosen(self, wanted: Bools) -> Bools:
        """The plane of those parts alone."""
        return np.append(False, wanted)[self.labels]

    def largest(self, plane: Plane) -> Numbers:
        """The plane's largest value in each part."""
        values = np.zeros(len(self.area) + 1, plane.dtype)
        np.maximum.at(values, self.labels, plane)
        return values[1:]


def _apart(parts: _Parts, wanted: Bools) -> Bools:
    """Select parts with few candidates around them; many close together are a texture."""
    from scipy.spatial import cKDTree

    centers = np.stack([parts.top + parts.bottom, parts.left + parts.right], 1) / 2
    if not wanted.any():
        return wanted
    around = cKDTree(centers[wanted]).query_ball_point(centers, CROWD_PX, return_length=True)
    few: Bools = around <= CROWD
    return few


def _in_rows(parts: _Parts, thin: Plane, shade: Plane, stroke_px: int) -> Bools:
    """Select parts that are letters of a row, or the dots and commas of one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    wanted = np.zeros(len(parts.area), bool)
    letters = np.flatnonzero(_letter_like(parts, thin, stroke_px))
    if len(letters) == 0:
        return wanted
    color, relief = parts.largest(shade), parts.largest(thin)
    first, second = _neighbors(parts, color, letters)
    graph = coo_array((np.ones(len(first)), (first, second)), shape=(len(letters),) * 2)
    _, row = connected_components(graph, directed=False)
    # Letters that touch each other are one part; it counts as many as are likely to fit into its width.
    several = np.maximum(1, parts.width / parts.height)[letters]
    for number in np.flatnonzero((np.bincount(row) >= 3) & (np.bincount(row, several) >= LETTERS)):
        members = letters[row == number]
        height = float(np.median(parts.height[members]))
        top, bottom = parts.top[members].min(), parts.bottom[members].max()
        left, right = parts.left[members].min(), parts.right[members].max()
        ink = parts.area[members].sum() / ((bottom - top) * (right - left))
        tone, near = np.median(color[members]), min(0.1, 0.5 * np.median(relief[members]))
        feet = np.abs(parts.bottom[members] - np.median(parts.bottom[members]))
        if (
            right - left >= 2.5 * height
            and bottom - top <= 2.2 * height
            and np.std(color[members]) <= 0.055
            and np.mean(feet <= 0.12 * height + 1) >= 0.6
            and 0.08 <= ink <= 0.6
            and _stands_alone(np.abs(shade - tone) < near, int(top), int(bottom), int(left), int(right))
        ):
            wanted |= (
                (parts.top >= top - 0.3 * height)
                & (parts.bottom <= bottom + 0.3 * height)
                & (parts.left >= left - height)
                & (parts.right <= right + height)
                & (np.abs(color - tone) < 0.2)
            )
    return wanted


def _stands_alone(alike: Bools, top: int, bottom: int, left: int, right: int) -> bool:
    """True if little above and below a row has its color: else it belongs to a texture, or to the gaps of a row."""
    strip_px = max(2, round(0.25 * (bottom - top)))
    inked = CLEAR * alike[top:bottom, left:right].mean()
    strips = (alike[max(0, top - strip_px) : top, left:right], alike[bottom : bottom + strip_px, left:right])
    return all(strip.size == 0 or strip.mean() <= inked for strip in strips)


def _letter_like(parts: _Parts, thin: Plane, stroke_px: int) -> Bools:
    """Parts of a letter's size and proportions, made of strokes of one color."""
    height, width, area = parts.height, parts.width, parts.area
    total = np.bincount(parts.labels.ravel(), weights=thin.ravel(), minlength=len(area) + 1)[1:]
    like: Bools = (
        (height >= LETTER_HEIGHT_PX)
        & (height <= 0.2 * max(thin.shape))
        & (width <= LETTERS_MERGED * height)
        & (height <= 12 * width)
        & (area >= np.maximum(8, 0.1 * height * width))
        & (area <= np.where(width <= 2 * height, 1.5 * stroke_px * np.maximum(height, width), 0.6 * height * width))
        & (total > 0.6 * area * parts.largest(thin))
    )
    return like


def _neighbors(parts: _Parts, color: Numbers, letters: Numbers) -> tuple[Numbers, Numbers]:
    """Pairs of letters, as places in `letters`, that may stand side by side in one row."""
    from scipy.spatial import cKDTree

    top, bottom, left, right = (end[letters] for end in (parts.top, parts.bottom, parts.left, parts.right))
    height, shade = bottom - top, color[letters]
    places = np.stack([(left + right) / 2, REACH_HEIGHTS * (top + bottom)], 1)
    reach = REACH_HEIGHTS * np.percentile(height, 99)
    a, b = cKDTree(places).query_pairs(reach, p=np.inf, output_type="ndarray").T
    taller, smaller = np.maximum(height[a], height[b]), np.minimum(height[a], height[b])
    beside = np.minimum(bottom[a], bottom[b]) - np.maximum(top[a], top[b])
    gap = np.maximum(left[a], left[b]) - np.minimum(right[a], right[b])
    fit = (
        (taller <= 2.2 * smaller)
        & (beside >= 0.55 * smaller)
        & (gap <= 0.9 * taller)
        & (gap > -0.5 * taller)
        & (np.abs(shade[a] - shade[b]) < 0.12)
    )
    return a[fit], b[fit]


def _read_text(picture: Picture, size: tuple[int, ...], sensitivity: float) -> Bools:
    """Boxes of the lines that can be read, (h, w)."""
    height, width = size
    canvas = Image.new("1", (width, height))
    pen = ImageDraw.Draw(canvas)
    across, down = width / picture.width_px, height / picture.height_px
    for line in ocr.read_lines(picture, least=LEAST_READ + (1 - sensitivity) * READ_ROOM):
        pen.polygon([(x * across, y * down) for x, y in line.corners], fill=1)
    return _wider(np.asarray(canvas), 2)


def _lightness(picture: Picture) -> Plane:
    """Y' of the copy that is searched, (h, w) in [0, 1]."""
    ratio = min(1.0, LONGEST_PX / max(picture.height_px, picture.width_px))
    size = (max(1, round(picture.height_px * ratio)), max(1, round(picture.width_px * ratio)))
    rgb = resize(picture.rgb, *size)
    if picture.alpha is not None:
        rgb = bleed(rgb, resize(picture.alpha, *size))
    shade: Plane = to_ycc(rgb)[0, 0].numpy()
    return shade


def _both(shade: Plane, size_px: int) -> Iterator[tuple[Plane, Plane]]:
    """White top-hat at `size_px`, with the opened plane; then the same of the negative."""
    from scipy import ndimage

    for plane in (shade, 1 - shade):
        ground = ndimage.grey_opening(plane, size=(size_px, size_px))
        yield plane - ground, ground


def _span(plane: Plane, size_px: int) -> Plane:
    """Largest less smallest value around each pixel."""
    from scipy import ndimage

    span: Plane = ndimage.maximum_filter(plane, size_px) - ndimage.minimum_filter(plane, size_px)
    return span


def _lines() -> Tensor:
    """(DIRECTIONS, 1, LINE_PX, LINE_PX): means along lines through the center, antialiased."""
    offsets = np.arange(LINE_PX) - LINE_PX // 2
    down, across = np.meshgrid(offsets, offsets, indexing="ij")
    angles = np.pi * np.arange(DIRECTIONS)[:, None, None] / DIRECTIONS
    beside = np.abs(across * np.sin(angles) - down * np.cos(angles))
    along = np.hypot(down, across) <= LINE_PX / 2
    bank = np.clip(1.2 - beside, 0, 1) * along
    bank /= bank.sum((1, 2), keepdims=True)
    return torch.from_numpy(bank[:, None].astype(np.float32))


def _wider(found: Bools, px: int) -> Bools:
    from scipy import ndimage

    wider: Bools = ndimage.binary_dilation(found, iterations=px)
    return wider
