"""Inpaint: from a request to a picture in which the marked pixels are made anew and no other has moved."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError, check_within
from gan.core.option import ModelName, Option
from gan.core.reader import HoleFile, PictureFile
from gan.imaging.alpha import bleed
from gan.imaging.box import MOST_ASPECT, sides_of
from gan.imaging.click import check_clicks
from gan.imaging.mask import Hole, Mask, feathered, grown, settled
from gan.imaging.mask_shapes import max_within
from gan.imaging.picture import PARTLY_GENERATED, check_pixels
from gan.inpaint.filling import fill, holes
from gan.inpaint.outpaint import Margins, extended, margins_for
from gan.inpaint.shadow import shadows
from gan.select.pipeline import Clicks
from gan.select.thing import selected

AUTO_MODEL = "auto"
MAX_OUTPUT_PIXELS = 100_000_000
"""A finished picture takes 12 bytes a pixel while it is made, and its mask 4 more."""

OUR_MODEL = "inpaint"
MOST_GROW_PX = 200
EMPTY = "The mask is empty: the picture is unchanged"
STEPS = 100
FAINTLY, EDGE = 0.05, 0.004
"""From this coverage on a pixel shows something of what was clicked on; by so much of the longer side it is widened."""
SIDES = ("left", "top", "right", "bottom")
ASPECTS = ("1:1", "4:5", "3:4", "16:9")
"""Aspects offered; any W:H within 1:4 and 4:1 is accepted."""


Margin = Annotated[
    int, Option("pixels to add on this side, up to 4 times the picture", ge=0, unit="px", group="extend")
]


class InpaintRequest(Request):
    """Make the marked pixels of a picture anew, or extend the picture.

    An aspect extends evenly on the two sides that are too short; it does not go together with pixels for a side.
    Clicks mark the things under them, with their edges. The mask marks from a coverage of a half on; what is less only
    softens the edge, and what is nearly black marks nothing.

    Raises:
        InputError: a value outside its range; a mask of another size; nothing to do; or more than
            `MAX_OUTPUT_PIXELS`.
    """

    picture: PictureFile
    mask: Annotated[HoleFile | None, Option("white where pixels are to be made", metavar="MASK_OR_FOLDER")] = None
    clicks: Clicks = ()
    left: Margin = 0
    top: Margin = 0
    right: Margin = 0
    bottom: Margin = 0
    aspect: Annotated[str, Option("extend to this width:height, such as 4:5", metavar="W:H", group="extend")] = ""
    grow_px: Annotated[
        int,
        Option("widen the mask, or narrow it below 0", ge=-MOST_GROW_PX, le=MOST_GROW_PX, unit="px", alias="grow"),
    ] = 0
    feather_px: Annotated[
        int, Option("soften the mask's edge over this width", ge=0, le=MOST_GROW_PX, unit="px", alias="feather")
    ] = 0
    shadow: Annotated[bool, Option("also make the pixels anew on which a marked thing throws its shadow")] = False
    model: ModelName = AUTO_MODEL

    def check(self) -> None:
        for side, along in zip(SIDES, (self.picture.width_px, self.picture.height_px) * 2, strict=True):
            check_within(side, getattr(self, side), 0, MOST_ASPECT * along)
        given = any(getattr(self, side) for side in SIDES)
        if self.aspect and given:
            raise InputError(
                "aspect",
                "both an aspect ratio and pixels for a side",
                "one of the two is allowed",
                "Leave the aspect ratio empty or the sides at 0",
            )
        aspect = self._aspect()
        if self.mask is None and not self.clicks and aspect is None and not given:
            raise InputError(
                "mask",
                "missing",
                "a mask, or sides to extend, are needed",
                "Mark what to remove, or extend a side",
            )
        check_clicks(self.clicks, self.picture, begun=self.mask is not None)
        margins = self.margins
        width_px = self.picture.width_px + margins.left + margins.right
        height_px = self.picture.height_px + margins.top + margins.bottom
        check_pixels("image", width_px, height_px, MAX_OUTPUT_PIXELS, "Choose a smaller picture or extend less")

    @property
    def margins(self) -> Margins:
        """Pixels that are added on each side."""
        aspect = self._aspect()
        if aspect is None:
            return Margins(self.left, self.top, self.right, self.bottom)
        return margins_for(aspect, self.picture.height_px, self.picture.width_px)

    def _aspect(self) -> tuple[float, float] | None:
        if not self.aspect:
            return None
        return sides_of(self.aspect)


def inpaint(request: InpaintRequest, context: Context) -> Output:
    """Extend, fill every hole in a crop of its own, and put each fill in; all other pixels are the input's own tensor.

    A shadow that what is marked throws on its surroundings is no part of the place behind it: fills do not continue it,
    also where it is left in the picture. Transparency is kept; colours behind full transparency are not looked at.

    Raises:
        InputError: nothing of the picture is left unmarked, or the mask is none, as `settled` says.
    """
    margins = request.margins
    picture, todo = extended(request.picture, margins) if margins else (request.picture, None)
    cover = _cover(request, margins, todo, context)
    details: dict[str, Any] = {
        "size": [picture.width_px, picture.height_px],
        "margins": [margins.left, margins.top, margins.right, margins.bottom],
        "share": round(float(cover.mean()), 6),
    }
    hole = cover > 0
    if not bool(hole.any()):
        marked = request.mask is not None or bool(request.clicks)
        notices = (EMPTY,) if marked and not margins else ()
        return Output((picture,), (*picture.notices, *notices), {**details, "holes": 0})
    if bool(hole.all()):
        raise InputError(
            "mask",
            "the whole picture is marked",
            "some pixels must remain for the fill to match",
            "Unmark part of it",
        )
    model = context.model(OUR_MODEL if request.model == AUTO_MODEL else request.model)
    finer = context.model(OUR_MODEL) if model.whole else model
    rgb = picture.rgb if picture.alpha is None else bleed(picture.rgb, picture.alpha)
    unknown = hole
    if todo is None:
        thrown = shadows(rgb, hole, holes(hole, 0), finer, context)
        if request.shadow:
            cover = torch.maximum(cover, _softened(hole, thrown))
            details["share"] = round(float(cover.mean()), 6)
        unknown = (cover > 0) | thrown
        unknown = hole if bool(unknown.all()) else unknown
    boxes = [box for box in holes(unknown, model.context_px) if bool((box.of(cover) > 0).any())]
    out = picture.rgb.clone()
    areas = [(box.bottom - box.top) * (box.right - box.left) for box in boxes]
    for index, box in enumerate(boxes):

        def report(share: float, index: int = index) -> None:
            done = sum(areas[:index]) + share * areas[index]
            context.step(round(STEPS * done / sum(areas)), STEPS, "Filling")

        made = fill(rgb, unknown, box, model, finer, context, report)
        part, weight = box.of(out), box.of(cover)
        part.copy_(torch.where(weight > 0, torch.lerp(part, made, weight), part))
    made_anew = picture.with_pixels(out, picture.alpha).with_source(PARTLY_GENERATED)
    return Output((made_anew,), picture.notices, {**details, "holes": len(boxes)})


def _softened(hole: Tensor, thrown: Tensor) -> Tensor:
    """Coverage of shadows beside a hole, both of bool: (1, 1, H, W), 1 in them, fading around them but at the hole."""
    px = max(2, round(EDGE * max(hole.shape[2:])))
    soft = feathered(Mask((hole | thrown).float()), px).coverage
    return (2 * soft).clamp(max=1) * max_within(thrown, px)


def _cover(request: InpaintRequest, margins: Margins, todo: Tensor | None, context: Context) -> Tensor:
    """(1, 1, H, W) in [0, 1] on the extended canvas: how much of each pixel is made anew."""
    cover = torch.zeros(1, 1, request.picture.height_px, request.picture.width_px)
    mask = request.mask
    if mask is not None:
        mask = dataclasses.replace(mask, coverage=settled(mask.coverage))
    if request.clicks:
        mask = _clicked(request, mask, context)
    if mask is not None:
        mask = grown(mask, request.grow_px) if request.grow_px else mask
        cover = (feathered(mask, request.feather_px) if request.feather_px else mask).coverage
    if todo is None:
        return cover
    # What the canvas repeats of a marked pixel is marked too.
    return torch.maximum(F.pad(cover, margins.pad, mode="replicate"), todo.float())


def _clicked(request: InpaintRequest, mask: Hole | None, context: Context) -> Hole:
    """The mask with the things that were clicked on, a little wider than they are: their edge holds their color."""
    made = selected(request.picture, request.clicks, context, start=None if mask is None else mask.coverage).cover
    before = torch.zeros_like(made) if mask is None else mask.coverage
    added = Mask((made > before + FAINTLY).float())
    wide = grown(added, max(2, round(EDGE * max(made.shape[2:])))).coverage
    return Mask(torch.maximum(torch.minimum(made, before), wide))
