"""A channel's rules on one picture: each measured, none guessed.

This file holds the rules of the pixels; those of the file are in `gan.export.rules_file`. A rule that cannot be
measured on a picture is a warning that says so.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gan.edit.geometry import Box, measured
from gan.edit.white import off_white_share
from gan.export import overlays
from gan.export.channels import Channel
from gan.export.file_metadata import FileFacts
from gan.export.rule_result import Finding, Phrase, Status, passed
from gan.export.rules_file import FILE_RULES, check_file
from gan.imaging.picture import Picture

__all__ = ["FILE_RULES", "RULES", "Finding", "Phrase", "Status", "check", "on_white", "passed"]

RULES = (
    *FILE_RULES,
    "longest",
    "shortest",
    "megapixels",
    "aspect",
    "enlarged",
    "transparency",
    "ground",
    "fill",
    "cut-off",
    "borders",
    "text",
    "shadow",
)
"""Every rule there is, in the order in which findings come; a picture gets those that its channel asks."""

BLOCK_PX = 8
"""Of JPEG, where nothing is known of the file. An edge spreads within its block."""

OFF_WHITE_MOST = 0.001
"""Share of a ground that may be off white: what the finding of the product misses of it counts as ground."""

SHADOW_MOST = 0.002
"""Share of the frame that may be a shadow."""

LARGEST_SCALE = 4
"""Repair enlarges no further."""

NO_PRODUCT = Phrase("not measured: no product was found")
NOT_PLAIN = Phrase("not measured: the ground is not plain")


def check(picture: Picture, facts: FileFacts | None, alpha: Tensor | None, channel: Channel) -> tuple[Finding, ...]:
    """Measure what a channel asks.

    Args:
        picture: H x W pixels.
        facts: of its file; where there is none, nothing is said of the file.
        alpha: (1, 1, H, W) in [0, 1], where the product is; None where that is not known.
        channel: whose rules.

    Returns:
        In the order of `RULES`.
    """
    findings = [*check_file(picture, facts, channel), *_sizes(picture, channel), *_shape(picture, channel)]
    if "enlarged" in channel.forbid:
        findings.append(_enlarged(picture))
    if "transparency" in channel.forbid:
        findings.append(_transparency(picture))
    rgb = on_white(picture)
    if channel.ground == "white":
        findings.append(_ground(rgb, alpha, BLOCK_PX if facts is None else facts.block_px))
    findings += _placing(alpha, channel)
    if {"borders", "text", "shadow"} & set(channel.forbid):
        findings += _overlays(rgb, alpha, channel)
    return tuple(findings)


def on_white(picture: Picture) -> Tensor:
    """(1, 3, H, W): a picture's colours as a shop shows them that knows no transparency."""
    if picture.alpha is None:
        return picture.rgb
    return torch.lerp(torch.ones_like(picture.rgb), picture.rgb, picture.alpha)


def _sizes(picture: Picture, channel: Channel) -> list[Finding]:
    longest, shortest = (end(picture.width_px, picture.height_px) for end in (max, min))
    found = [
        _side(
            "longest", longest, channel, channel.longest_least_px, channel.longest_most_px, channel.longest_wanted_px
        ),
        _side("shortest", shortest, channel, channel.shortest_least_px, None, channel.shortest_wanted_px),
    ]
    findings = [finding for finding in found if finding is not None]
    if channel.megapixels_most is not None:
        megapixels = picture.width_px * picture.height_px / 1e6
        fits = megapixels <= channel.megapixels_most
        findings.append(
            Finding(
                "megapixels",
                # Rounded away from the limit, so that what fails never looks as if it passed.
                Phrase("{value:g} megapixels", {"value": _rounded(megapixels, up=not fits)}),
                Phrase("at most {most:g} megapixels", {"most": channel.megapixels_most}),
                "pass" if fits else "fail",
                None if fits else Phrase("reduces the picture"),
                megapixels,
            )
        )
    return findings


def _side(
    rule: str, length: int, channel: Channel, least: int | None, most: int | None, wanted: int | None
) -> Finding | None:
    if least is None and most is None and wanted is None:
        return None
    value = Phrase("{length} px", {"length": length})
    allowed = _span(least, most, wanted)
    if least is not None and length < least:
        return Finding(rule, value, allowed, "fail", _enlarging(least / length, channel), length)
    if most is not None and length > most:
        return Finding(rule, value, allowed, "fail", Phrase("reduces the picture to {most} px", {"most": most}), length)
    return Finding(rule, value, allowed, "warn" if wanted is not None and length < wanted else "pass", None, length)


def _enlarging(scale: float, channel: Channel) -> Phrase:
    if "enlarged" in channel.forbid:
        return Phrase("nothing: the channel takes no enlarged pictures")
    if scale > LARGEST_SCALE:
        return Phrase("nothing: more than {most} times is not enlarged", {"most": LARGEST_SCALE})
    return Phrase("enlarges the picture, with a warning")


def _span(least: int | None, most: int | None, wanted: int | None) -> Phrase:
    values = {"least": least, "most": most, "wanted": wanted}
    template = {
        (True, True, True): "{least} to {most} px, {wanted} px or more recommended",
        (True, True, False): "{least} to {most} px",
        (True, False, True): "at least {least} px, {wanted} px or more recommended",
        (True, False, False): "at least {least} px",
        (False, True, True): "at most {most} px, {wanted} px or more recommended",
        (False, True, False): "at most {most} px",
        (False, False, True): "{wanted} px or more recommended",
    }[least is not None, most is not None, wanted is not None]
    return Phrase(template, {key: value for key, value in values.items() if value is not None})


def _shape(picture: Picture, channel: Channel) -> list[Finding]:
    if channel.aspect_ratio is None:
        return []
    width, height = channel.aspect_ratio
    # One pixel more or less is rounding.
    fits = abs(picture.width_px * height - picture.height_px * width) <= max(width, height)
    value = Phrase("{width} x {height} px", {"width": picture.width_px, "height": picture.height_px})
    named = {"aspect": channel.aspect}
    measure = picture.width_px / picture.height_px
    if not channel.aspect_required:
        allowed = Phrase("{aspect} recommended", named)
        return [Finding("aspect", value, allowed, "pass" if fits else "warn", None, measure)]
    repair = None if fits else Phrase("frames the product at {aspect}", named)
    return [Finding("aspect", value, Phrase("{aspect}", named), "pass" if fits else "fail", repair, measure)]


def _enlarged(picture: Picture) -> Finding:
    steps = [step for step in picture.history if step["task"] == "enhance"]
    # Unless it says otherwise, Enhance enlarges twofold.
    found = any(step["request"].get("scale", 2) != 1 for step in steps)
    return Finding(
        "enlarged",
        Phrase("a step in the file's record enlarged it" if found else "no step in the file's record enlarged it"),
        Phrase("no enlarged pictures"),
        "fail" if found else "pass",
        Phrase("nothing: start from the original picture") if found else None,
        None,
    )


def _transparency(picture: Picture) -> Finding:
    share = 0.0 if picture.alpha is None else float((picture.alpha < 1).float().mean())
    return Finding(
        "transparency",
        Phrase("{percent:g} % of the pixels are transparent", {"percent": _percent(share, up=True)}),
        Phrase("no transparent pixels"),
        "fail" if share else "pass",
        Phrase("lays the product on white") if share else None,
        share,
    )


def _ground(rgb: Tensor, alpha: Tensor | None, block_px: int) -> Finding:
    allowed = Phrase("the ground is 255/255/255")
    if alpha is None:
        return Finding("ground", NO_PRODUCT, allowed, "warn")
    # From corner to corner of a block; so near to the product nobody can tell its edge from the ground.
    share = off_white_share(rgb, alpha, margin_px=math.ceil(math.sqrt(2) * (block_px - 1)))
    fits = share <= OFF_WHITE_MOST
    return Finding(
        "ground",
        Phrase("{percent:g} % of the ground is not pure white", {"percent": _percent(share, up=True)}),
        allowed,
        "pass" if fits else "fail",
        None if fits else Phrase("cuts the product out and lays it on white"),
        share,
    )


def _placing(alpha: Tensor | None, channel: Channel) -> list[Finding]:
    findings = []
    box = None if alpha is None else measured(alpha)
    if channel.fill_least is not None or channel.fill_most is not None:
        findings.append(_fill(None if alpha is None or box is None else box.fill(*alpha.shape[2:]), channel))
    if "cut-off" in channel.forbid:
        allowed = Phrase("the product touches no side of the frame")
        if alpha is None or box is None:
            findings.append(Finding("cut-off", NO_PRODUCT, allowed, "warn"))
        else:
            sides = overlays.cut_off(alpha)
            repair = Phrase("adds a margin; what is cut off stays cut off") if sides else None
            value = Phrase("it touches {sides} sides", {"sides": sides})
            findings.append(Finding("cut-off", value, allowed, "fail" if sides else "pass", repair, sides))
    return findings


def _fill(fill: float | None, channel: Channel) -> Finding:
    least, most = channel.fill_least, channel.fill_most
    values = {"least": _percent(least or 0), "most": _percent(most or 1)}
    if most is None:
        template = "at least {least:g} % of the frame's width or height"
    elif least is None:
        template = "at most {most:g} % of the frame's width and height"
    else:
        template = "{least:g} to {most:g} % of the frame's width or height"
    allowed = Phrase(template, {key: value for key, value in values.items() if f"{{{key}" in template})
    if fill is None:
        return Finding("fill", NO_PRODUCT, allowed, "warn")
    small, large = least is not None and fill < least, most is not None and fill > most
    target = Phrase("frames the product at {percent:g} %", {"percent": _percent(channel.fill_target or fill)})
    return Finding(
        "fill",
        Phrase("{percent:g} %", {"percent": _percent(fill, up=large)}),
        allowed,
        "fail" if small or large else "pass",
        target if small or large else None,
        fill,
    )


def _overlays(rgb: Tensor, alpha: Tensor | None, channel: Channel) -> list[Finding]:
    findings = []
    depth = overlays.borders(rgb, alpha)
    if "borders" in channel.forbid:
        findings.append(_borders(depth))
    height, width = rgb.shape[2:]
    rows, columns = slice(depth.top, height - depth.bottom), slice(depth.left, width - depth.right)
    seen, unknown = None, NO_PRODUCT
    if alpha is not None and {"text", "shadow"} & set(channel.forbid):
        seen, unknown = overlays.beside(rgb[:, :, rows, columns], alpha[:, :, rows, columns]), NOT_PLAIN
    if "text" in channel.forbid:
        findings.append(_text(rgb, alpha, seen, unknown))
    if "shadow" in channel.forbid:
        allowed = Phrase("no shadow")
        findings.append(_shadow(seen, allowed) if seen is not None else Finding("shadow", unknown, allowed, "warn"))
    return findings


def _borders(depth: Box) -> Finding:
    found = max(depth) > 0
    return Finding(
        "borders",
        Phrase("{left}, {top}, {right}, {bottom} px from the left, top, right and bottom", depth._asdict())
        if found
        else Phrase("none along the sides"),
        Phrase("no borders"),
        "fail" if found else "pass",
        Phrase("crops the borders") if found else None,
        max(depth),
    )


def _text(rgb: Tensor, alpha: Tensor | None, seen: overlays.Beside | None, unknown: Phrase) -> Finding:
    allowed = Phrase("no text, logos or watermarks")
    if seen is not None and seen.things:
        value = Phrase(
            "{things} separate things on the ground, the largest {percent:g} % of the frame: text, a logo, or a part "
            "that was not recognised",
            {"things": seen.things, "percent": _percent(seen.largest, up=True)},
        )
        return Finding("text", value, allowed, "fail", Phrase("cuts the product out and lays it on white"), seen.things)
    lines = overlays.text_lines(rgb, alpha)
    if lines:
        value = Phrase("{lines} lines look like text that is not printed on the product", {"lines": lines})
        return Finding("text", value, allowed, "warn", Phrase("nothing: remove it with Inpaint first"), lines)
    if seen is None:
        return Finding("text", unknown, allowed, "warn")
    return Finding("text", Phrase("nothing separate lies on the ground"), allowed, "pass", None, 0)


def _shadow(seen: overlays.Beside, allowed: Phrase) -> Finding:
    found = seen.shadow > SHADOW_MOST
    return Finding(
        "shadow",
        Phrase("{percent:g} % of the frame is softly darker than the ground", {"percent": _percent(seen.shadow)}),
        allowed,
        "fail" if found else "pass",
        Phrase("cuts the product out and lays it on white") if found else None,
        seen.shadow,
    )


def _percent(share: float, *, up: bool = False) -> float:
    return _rounded(100 * share, up=up)


def _rounded(value: float, *, up: bool) -> float:
    """To one digit after the point, or where it is small to the first that is not 0."""
    if value <= 0:
        return 0.0
    digits = max(1, -math.floor(math.log10(value)))
    factor = 10.0**digits
    turned = (math.ceil if up else math.floor)(round(value * factor, 6))
    return round(turned / factor, digits)
