"""Scene: a product in a set of floor, wall and light, rendered on the CPU around the product's own pixels."""

from __future__ import annotations

import dataclasses
import math
from typing import Annotated, Any, Final

import numpy as np
from torch import Tensor

from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError
from gan.core.option import Option
from gan.core.reader import PictureFile
from gan.cutout.segment import AUTO_MODEL, FindingModel, ProductMask, find
from gan.edit.background import TRANSPARENT
from gan.edit.frame import MOST_SIDE_PX, aspect_of, framed
from gan.scene import composite
from gan.scene.composite import Placed
from gan.scene.elevation import camera_above
from gan.scene.photograph import drawn_on, horizon_of, in_frame, stretch_of
from gan.scene.placing import side_by_side
from gan.scene.render import render
from gan.scene.sets import NAMES, SETS, SceneSet, Season, SetFile
from gan.scene.stage import stage_of
from gan.scene.view import View, view_of
from gan.scene.volume import Volume, volume_of

MOST_OTHERS: Final = 7
STEPS: Final = 5


class SceneRequest(Request):
    """Put a product into a set: floor, wall, light, shadow and reflection around its own pixels.

    Where both sides are 0 the canvas is as large as leaves the product its own pixels, none of which is resampled.

    Raises:
        InputError: a value outside its range; a mask of another size; sizes together with `keep_pixels`.
    """

    picture: PictureFile
    set: Annotated[SetFile, Option(f"{', '.join(NAMES)}, or a set's file of your own", metavar="NAME_OR_TOML")] = SETS[
        NAMES[0]
    ]
    season: Annotated[Season | None, Option("colors of the set; without it its own")] = None
    others: Annotated[
        tuple[PictureFile, ...], Option("more products, side by side with the first", many=True, metavar="FILE")
    ] = ()
    background: Annotated[
        PictureFile | None, Option("a photograph to stand in; the set gives the light", metavar="FILE")
    ] = None
    horizon: Annotated[
        float | None,
        Option("of that photograph, from its upper edge; without it it is estimated", ge=0, le=0.95, step=0.01),
    ] = None
    aspect: Annotated[str, Option("width:height of the picture, within 1:4 and 4:1", metavar="W:H")] = "1:1"
    width_px: Annotated[int, Option("of the picture, exactly", ge=0, le=MOST_SIDE_PX, unit="px", alias="width")] = 0
    height_px: Annotated[int, Option("of the picture, exactly", ge=0, le=MOST_SIDE_PX, unit="px", alias="height")] = 0
    fill: Annotated[
        float | None,
        Option("share of the picture that the product takes; without it the set's", ge=0.1, le=0.95, step=0.01),
    ] = None
    baseline: Annotated[
        float | None,
        Option("how far down the picture the product stands; without it the set's", ge=0.3, le=0.98, step=0.01),
    ] = None
    elevation_deg: Annotated[
        float | None,
        Option(
            "how steeply the camera looks down; without it as it did at a product with a round base, else the set's",
            ge=3,
            le=45,
            step=1,
            unit="deg",
            alias="elevation",
            group="camera",
        ),
    ] = None
    focus: Annotated[
        float | None,
        Option("how blurred the background is; without it the set's", ge=0, le=1, step=0.05, group="camera"),
    ] = None
    angle_deg: Annotated[
        float | None,
        Option(
            "where the light comes from: 0 the camera, 90 the right, -90 the left; without it the set's",
            ge=-180,
            le=180,
            step=5,
            unit="deg",
            alias="angle",
            group="light",
        ),
    ] = None
    softness: Annotated[
        float | None, Option("0 sun, 1 a large softbox; without it the set's", ge=0, le=1, step=0.05, group="light")
    ] = None
    warmth: Annotated[
        float | None, Option("-1 blue, 1 amber; without it the set's", ge=-1, le=1, step=0.05, group="light")
    ] = None
    shadow: Annotated[
        float, Option("how dark shadows are; 1 as the light makes them", ge=0, le=1, step=0.05, group="light")
    ] = 1.0
    match: Annotated[
        float, Option("how far the product's light follows the set's", ge=0, le=1, step=0.05, group="light")
    ] = 0.7
    keep_pixels: Annotated[bool, Option("leave the product's own pixels exactly as they are")] = False
    mask: ProductMask = None
    model: FindingModel = AUTO_MODEL

    def check(self) -> None:
        aspect_of(self.aspect)
        if len(self.others) > MOST_OTHERS:
            raise InputError(
                "others",
                "{count} more products",
                "at most {most} are placed beside the first",
                "Leave some out",
                count=len(self.others),
                most=MOST_OTHERS,
            )
        if self.keep_pixels and (self.width_px or self.height_px):
            raise InputError(
                "keep_pixels",
                "a size of {width} x {height} px",
                "kept pixels are not resampled, so the size follows from the product",
                "Leave the size 0, or allow changes",
                width=self.width_px,
                height=self.height_px,
            )

    def record(self) -> dict[str, Any]:
        return _named(super().record(), self.set)

    def as_step(self) -> dict[str, Any]:
        return _named(super().as_step(), self.set)

    @property
    def scene(self) -> SceneSet:
        """The set in its season, with what was chosen in place of its own."""
        scene = self.set.in_season(self.season)
        key = {
            name: value
            for name, value in (
                ("azimuth_deg", self.angle_deg),
                ("softness", self.softness),
                ("warmth", self.warmth),
            )
            if value is not None
        }
        changes: dict[str, Any] = {"key": scene.key.replaced(**key)} if key else {}
        if self.focus is not None:
            changes["focus"] = self.focus
        return scene.replaced(**changes) if changes else scene


def _named(fields: dict[str, Any], scene: SceneSet) -> dict[str, Any]:
    """A request's fields, with what `set_of` reads for the set."""
    if "set" not in fields:
        return fields
    known = scene.name in SETS and SETS[scene.name] == scene
    return {**fields, "set": scene.name if known else scene.record()}


def scene(request: SceneRequest, context: Context) -> Output:
    """Find the product, place it, render the set around it, and light it.

    Details: `set`, `box` of the product, `scale`, `elevation_deg` and `horizon` of the camera, `stretch`: how
    many frames high an own background is, `kept`: with
    `keep_pixels` how many pixels the product covers wholly, how many of them changed, and their hash.

    Raises:
        InputError: no product was found, or the picture would be too large.
    """
    picture, chosen = request.picture, request.scene
    found = find(picture, context, model=request.model, mask=request.mask)
    alpha, notices = found.alpha, [*picture.notices, *found.notices]
    if request.others:
        pairs = [(picture, alpha)]
        for index, other in enumerate(request.others):
            beside = find(other, context.within(index + 1, STEPS + len(request.others)), model=request.model)
            pairs.append((other, beside.alpha))
            notices += beside.notices
        picture, alpha = side_by_side(pairs, alike=not request.keep_pixels)
    context.step(2, STEPS, "Placing the product")
    made = framed(
        picture,
        alpha,
        fill=request.fill or chosen.fill,
        aspect=request.aspect,
        width_px=request.width_px,
        height_px=request.height_px,
        baseline=request.baseline or chosen.baseline,
        ground=TRANSPARENT,
    )
    placed = Placed(made.picture, made.alpha, made.box)
    context.step(3, STEPS, "Setting the scene")
    rgb, view, horizon = _scenery(request, chosen, placed, context)
    details: dict[str, Any] = {
        "set": chosen.name,
        "size": [made.picture.width_px, made.picture.height_px],
        "box": list(made.box),
        "scale": round(made.scale, 6),
        "elevation_deg": round(math.degrees(math.atan2(view.camera, view.depth)), 2),
        "horizon": round(horizon, 4),
        **({"stretch": round(stretch_of(request.background, *rgb.shape[2:]), 4)} if request.background else {}),
        "confidence": round(found.confidence, 4),
    }
    if request.keep_pixels:
        details["kept"] = composite.proof(made.picture.rgb, rgb, made.alpha, made.picture)
    context.step(STEPS, STEPS, "Setting the scene")
    finished = dataclasses.replace(picture.with_pixels(rgb, None), notices=())
    return Output((finished,), tuple(dict.fromkeys((*notices, *made.notices))), details)


def _scenery(request: SceneRequest, chosen: SceneSet, placed: Placed, context: Context) -> tuple[Tensor, View, float]:
    """The finished pixels, the camera, and the horizon as a share of the height."""
    height, width = placed.alpha.shape[2:]
    box = placed.box
    center, foot = (box.left + box.right) / 2, float(box.bottom)
    elevation = request.elevation_deg
    horizon: float | None = None
    if request.background is not None:
        share = request.horizon if request.horizon is not None else horizon_of(request.background)
        horizon = in_frame(share, stretch_of(request.background, height, width))
        fall = (foot - min(horizon * height, foot - 0.03 * height)) / (chosen.lens * min(width, height))
        elevation = math.degrees(math.atan(fall))
    elif elevation is None:
        elevation = chosen.elevation_deg if request.others else camera_above(placed.alpha, chosen.elevation_deg)
    view = view_of(width, height, center_px=center, foot_px=foot, elevation_deg=elevation, lens=chosen.lens)
    volume = volume_of(placed.alpha, view)
    stage = stage_of(
        chosen if request.background is None else _bare(chosen),
        view,
        volume,
        seed=request.seed,
        kept=context.kept,
        foot_width=_foot_width(volume),
        shadow=request.shadow,
    )
    contact = None if volume is None else request.shadow * composite.contact_of(volume)
    if request.background is None:
        rgb = render(stage, contact)
        composite.reflect(rgb, stage, placed)
    else:
        rgb = drawn_on(request.background, stage, contact)
    context.step(4, STEPS, "Setting the scene")
    own = placed.picture.rgb
    composite.finish(rgb, composite.grain_of(own, placed.alpha), request.seed)
    lit = request.match > 0 and not request.keep_pixels
    gains = composite.gains_of(stage, placed, request.match) if lit else None
    composite.lay(rgb, own, placed.alpha, gains, box)
    return rgb, view, view.horizon_px / height


def _bare(chosen: SceneSet) -> SceneSet:
    """An open floor under a set's light."""
    return chosen.replaced(stage="open", podiums=(), focus=0.0, distance=29.0)


def _foot_width(volume: Volume | None) -> float:
    """Width of what stands on the ground, in units; of something that leans out far, half of its own."""
    if volume is None:
        return 0.4
    touching = np.flatnonzero(volume.gap < 0.06 * volume.cover.shape[0])
    beside = np.flatnonzero(np.isfinite(volume.gap))
    foot, whole = ((x[-1] - x[0] + 1) / volume.view.px if len(x) else 0.0 for x in (touching, beside))
    return float(max(foot, 0.55 * whole))
