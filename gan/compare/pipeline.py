"""Comparing: from a picture and what it was made of to where, how much and why it changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError
from gan.core.message import Message
from gan.core.option import Option
from gan.core.reader import PictureFile
from gan.cutout.segment import AUTO_MODEL, FindingModel, Found, find
from gan.imaging.box import Box, box_of
from gan.imaging.picture import History, Picture
from gan.imaging.resize import fitted, resize
from gan.metrics.change import STEPS_PER_DEGREE, changed, heat_map, on_white

SAME_SHAPE: Final = 0.01
"""Widths over heights that differ by no more are laid over one another as a whole."""

MOVING: Final = ("frame", "match", "crop", "pad", "rotate", "straighten", "perspective", "scene")
"""Tasks after which a product lies elsewhere, though the picture may have the same shape."""

RULED: Final = "export"
"""The task that repairs what breaks a channel's rules."""

DIFFERENCE: Final = "difference"
DOUBT: Final = "doubt"
LEAST_DOUBT: Final = 0.25
MOST_LETTERS: Final = 60
"""Of a setting in a sentence."""

_FULL_DOUBT: Final = 20.0
_LEAST_PX: Final = 8


class CompareRequest(Request):
    """Show what changed between two pictures: where, how much in CIEDE2000, and by which steps.

    The result is a heat map: gray where nothing changed, yellow from what is just seen (2), orange from 5, red from 10,
    violet from 20. Pictures of one shape are laid over one another; of others, and where a step has moved the product,
    the products are. For what one step of several changed, the steps are carried out again.

    Raises:
        InputError: the shapes differ and either has no product; there is no such step, or it cannot be repeated.
    """

    picture: PictureFile
    before: Annotated[PictureFile, Option("the picture that it was made of")]
    show: Annotated[
        Literal["difference", "red", "green", "blue", "alpha", "doubt"],
        Option("the colors' difference, one channel's (4 of 255 count as 1), or where the product is in doubt"),
    ] = "difference"
    step: Annotated[
        int, Option("what this step alone changed, by its number among the steps; 0 for all of them", ge=0)
    ] = 0
    longest_px: Annotated[
        int, Option("pictures are compared at most at this length of the longer side", ge=64, le=4096, unit="px")
    ] = 1024
    model: FindingModel = AUTO_MODEL


def compare(request: CompareRequest, context: Context) -> Output:
    """Measure and draw the difference.

    Returns:
        The heat map, as large as the pictures were compared. Details: `figures` as of
        `gan.metrics.change.Change.figures`; `share` of the pixels, `product` and `ground`: the shares of these that
        differ visibly, None where there is none; `doubt`, the share of the earlier picture whose coverage is in doubt,
        None where no network looked for it; `aligned`, "whole" or "product"; `size`; `steps`, as of `steps_between`.
        The notices are a sentence for each step.
    """
    after, before = request.picture, request.before
    context.step(0, 4, "Comparing")
    if request.step:
        before, after = _stages(request, context)
    steps = steps_between(before.history, after.history)
    same, doubted = _same_shape(before, after), request.show == DOUBT
    stays = same and not any(step["task"] in MOVING for step in steps)
    found = _found(after, context.within(1, 4), request.model)
    other = None if stays and not doubted else _found(before, context.within(2, 4), request.model)
    size = _size(after, request.longest_px)
    now = resize(_planes(after), *size)
    of, onto = (None if stays or each is None else box_of(each.alpha) for each in (other, found))
    if of is not None and onto is not None:
        laid, compared = _warped(_planes(before), of, onto, (after.height_px, after.width_px), size)
    elif same:
        laid, compared = resize(_planes(before), *size), None
    else:
        raise _unlike(before, after)
    context.step(3, 4, "Comparing")
    change = changed(laid, now, compared)
    product = None if found is None else resize(found.alpha, *size) > 0.5
    doubt = None if other is None or other.doubt is None else resize(other.doubt, *_size(before, request.longest_px))
    if doubted:
        drawn = _drawn_doubt(before, doubt)
    else:
        plane = change.delta_e if request.show == DIFFERENCE else change.channels.get(request.show)
        values = torch.zeros_like(change.delta_e) if plane is None else plane
        drawn = heat_map(values if plane is change.delta_e else values / STEPS_PER_DEGREE, on_white(now), compared)
    details: dict[str, Any] = {
        "figures": change.figures(),
        "share": _rounded(change.share()),
        "product": None if product is None else _rounded(change.share(product)),
        "ground": None if product is None else _rounded(change.share(~product)),
        "doubt": None if doubt is None else _rounded(float((doubt > LEAST_DOUBT).float().mean())),
        "aligned": "whole" if compared is None else "product",
        "size": [size[1], size[0]],
        "steps": steps,
    }
    context.step(4, 4, "Comparing")
    return Output((Picture(drawn, name=after.name),), tuple(map(reason, steps)) or (UNKNOWN_STEPS,), details)


def _stages(request: CompareRequest, context: Context) -> tuple[Picture, Picture]:
    """The picture right before and right after the wanted step.

    Raises:
        InputError: there is no such step, or one up to it cannot be repeated.
    """
    known = request.before.history
    led = request.picture.history[_common(known, request.picture.history) :]
    if request.step > len(led):
        raise InputError(
            "step",
            "{step}",
            "the file carries {count} steps beyond the earlier picture",
            "Choose one of these, or 0 for all together",
            step=request.step,
            count=len(led),
        )
    first = context.replayed(request.before, led[: request.step - 1])
    return first, context.replayed(first, led[request.step - 1 : request.step])


UNKNOWN_STEPS: Final = "The file does not say which steps made it"


def steps_between(before: History, after: History) -> list[dict[str, Any]]:
    """Steps that led from one picture to the other: task, networks, settings that are not the usual ones, and the
    channel whose rules asked for it."""
    return [
        {
            "task": step["task"],
            "networks": list(step["weights"]),
            "settings": {name: setting(value) for name, value in step["request"].items() if name != "seed"},
            "rules": setting(step["request"].get("channel", "")) if step["task"] == RULED else "",
        }
        for step in after[_common(before, after) :]
    ]


def _common(before: History, after: History) -> int:
    """Number of steps with which both histories begin."""
    pairs = list(zip(before, after, strict=False))
    return next((number for number, (one, other) in enumerate(pairs) if one != other), len(pairs))


def reason(step: Mapping[str, Any]) -> Message:
    """A sentence on a step of `steps_between`: which network, which settings, whose rules."""
    settings = step["settings"]
    told: dict[str, Any] = {"task": step["task"], "networks": ", ".join(step["networks"]), "channel": step["rules"]}
    told["settings"] = ", ".join(f"{name} {value}" for name, value in settings.items())
    if step["rules"]:
        return Message("{task}: what broke the rules of {channel} was repaired", told)
    if step["networks"] and settings:
        return Message("{task}: made by the model {networks}, with {settings}", told)
    if step["networks"]:
        return Message("{task}: made by the model {networks}, with the default settings", told)
    if settings:
        return Message("{task}: computed without a model, with {settings}", told)
    return Message("{task}: computed without a model, with the default settings", told)


def setting(value: Any) -> str:
    """A setting's value of a picture's history as a short text."""
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        named = value.get("file", value.get("title", value.get("name")))
        if named is not None:
            return str(named) or "one of its own"
        text = ", ".join(f"{name} {setting(item)}" for name, item in value.items())
    elif isinstance(value, (list, tuple)):
        text = ", ".join(map(setting, value))
    else:
        text = str(value)
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"


def _drawn_doubt(picture: Picture, doubt: Tensor | None) -> Tensor:
    """The doubt as a heat map over the picture that the product was looked for in.

    Raises:
        InputError: no network had to look, or none found a product.
    """
    if doubt is None:
        raise InputError(
            "show",
            "doubt",
            "a picture in which a network finds a product is needed",
            "Choose one without transparency, or show the difference",
        )
    return heat_map(_FULL_DOUBT * doubt, on_white(resize(_planes(picture), *doubt.shape[2:])))


def _size(picture: Picture, longest_px: int) -> tuple[int, int]:
    height, width = fitted(picture.height_px, picture.width_px, longest_px)
    return max(_LEAST_PX, height), max(_LEAST_PX, width)


def _same_shape(before: Picture, after: Picture) -> bool:
    """True for pictures that differ in scale alone; a side's last pixel may be cut."""
    sides = (before.width_px * after.height_px, before.height_px * after.width_px)
    rest = max(1 / min(one.width_px, one.height_px) for one in (before, after))
    return abs(sides[0] - sides[1]) <= max(SAME_SHAPE, rest) * max(sides)


def _found(picture: Picture, context: Context, model: str) -> Found | None:
    """The product, or None where there is none to be found."""
    try:
        return find(picture, context, model=model)
    except InputError as error:
        if error.field != "image":
            raise
        return None


def _planes(picture: Picture) -> Tensor:
    """(1, 4, H, W): colors and coverage."""
    alpha = torch.ones_like(picture.rgb[:, :1]) if picture.alpha is None else picture.alpha
    return torch.cat([picture.rgb, alpha], 1)


def _unlike(before: Picture, after: Picture) -> InputError:
    """Error for pictures that cannot be laid over one another."""
    return InputError(
        "before",
        "{width}x{height} pixels, and the picture has {own_width}x{own_height}",
        "one shape, or a product that is found in both, is needed to lay them over one another",
        "Choose the picture that this one was made of",
        width=before.width_px,
        height=before.height_px,
        own_width=after.width_px,
        own_height=after.height_px,
    )


def _warped(
    planes: Tensor, of: Box, onto: Box, canvas: tuple[int, int], size: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Sample the earlier picture on the later one's canvas, with one box laid on the other."""
    height, width = planes.shape[2:]
    axes = []
    for ends, to, side, own, count in (
        ((of.top, of.bottom), (onto.top, onto.bottom), canvas[0], height, size[0]),
        ((of.left, of.right), (onto.left, onto.right), canvas[1], width, size[1]),
    ):
        at = (torch.arange(count) + 0.5) * side / count  # in pixels of the canvas
        axes.append((ends[0] + (at - to[0]) * (ends[1] - ends[0]) / (to[1] - to[0])) / own * 2 - 1)
    down, across = axes
    grid = torch.stack([across.expand(*size), down[:, None].expand(*size)], -1)[None]
    shrink = max(1.0, (of.width / onto.width) * canvas[1] / size[1])
    if shrink > 1:  # sampling alone would skip pixels
        planes = resize(planes, max(1, round(height / shrink)), max(1, round(width / shrink)))
    made = F.grid_sample(planes, grid, "bilinear", "border", align_corners=False)
    inside = (grid.abs() <= 1).all(-1)[:, None]
    return made.clamp(0, 1), inside


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 6)
