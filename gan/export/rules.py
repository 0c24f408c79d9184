"""A channel's rules on one picture: each measured, none guessed.

This file holds the rules of the pixels; those of the file are in `gan.export.rules_file`. A rule that cannot be
measured on a picture is a warning that says so.
"""

from __future__ import annotations

import math

from torch import Tensor

from gan.core.message import Message
from gan.export.channels import Channel
from gan.export.file_metadata import FileFacts
from gan.export.measures import Measures, on_white
from gan.export.rule_result import Finding, Status, passed
from gan.export.rules_file import FILE_RULES, check_file
from gan.imaging.box import Box
from gan.imaging.picture import Picture

__all__ = ["FILE_RULES", "RULES", "Finding", "Status", "check", "judged", "on_white", "passed"]

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
    "product",
)
"""Every rule there is, in the order in which findings come; a picture gets those that its channel asks. "product" is
measured by `gan.export.comparing` on repaired pictures only."""

OFF_WHITE_MOST = 0.001
"""Share of a ground that may be off white: what the finding of the product misses of it counts as ground."""

SHADOW_MOST = 0.002
"""Share of the frame that may be a shadow."""

LARGEST_SCALE = 4
"""Repair enlarges no further, whatever is asked."""

LIKED_SCALE = 2
"""Repair enlarges no further unless more is asked for."""

NO_PRODUCT = Message("not measured: no product was found")
NOT_PLAIN = Message("not measured: the background is not plain")


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
    return judged(Measures(picture, facts, alpha), channel)


def judged(seen: Measures, channel: Channel) -> tuple[Finding, ...]:
    """The findings on measurements, in the order of `RULES`; of a record no picture is needed."""
    findings = [*check_file(seen, channel), *_sizes(seen, channel), *_shape(seen, channel)]
    if "enlarged" in channel.forbid:
        findings.append(_enlarged(seen))
    if "transparency" in channel.forbid:
        findings.append(_transparency(seen))
    if channel.ground == "white":
        findings.append(_ground(seen))
    findings += _placing(seen, channel)
    if "borders" in channel.forbid:
        findings.append(_borders(seen.borders))
    if "text" in channel.forbid:
        findings.append(_text(seen))
    if "shadow" in channel.forbid:
        findings.append(_shadow(seen))
    return tuple(findings)


def _sizes(seen: Measures, channel: Channel) -> list[Finding]:
    longest, shortest = (end(seen.width_px, seen.height_px) for end in (max, min))
    found = [
        _side(
            "longest", longest, channel, channel.longest_least_px, channel.longest_most_px, channel.longest_wanted_px
        ),
        _side("shortest", shortest, channel, channel.shortest_least_px, None, channel.shortest_wanted_px),
    ]
    findings = [finding for finding in found if finding is not None]
    if channel.megapixels_most is not None:
        megapixels = seen.width_px * seen.height_px / 1e6
        fits = megapixels <= channel.megapixels_most
        findings.append(
            Finding(
                "megapixels",
                # Rounded away from the limit, so that what fails never looks as if it passed.
                Message("{value:g} megapixels", {"value": _rounded(megapixels, up=not fits)}),
                Message("at most {most:g} megapixels", {"most": channel.megapixels_most}),
                "pass" if fits else "fail",
                None if fits else Message("reduces the picture"),
                megapixels,
            )
        )
    return findings


def _side(
    rule: str, length: int, channel: Channel, least: int | None, most: int | None, wanted: int | None
) -> Finding | None:
    if least is None and most is None and wanted is None:
        return None
    value = Message("{length} px", {"length": length})
    allowed = _span(least, most, wanted)
    if least is not None and length < least:
        return Finding(rule, value, allowed, "fail", _enlarging(least / length, channel), length)
    if most is not None and length > most:
        return Finding(
            rule, value, allowed, "fail", Message("reduces the picture to {most} px", {"most": most}), length
        )
    if wanted is not None and length < wanted:
        repair = None if "enlarged" in channel.forbid else Message("enlarges the picture toward the recommended size")
        return Finding(rule, value, allowed, "warn", repair, length)
    return Finding(rule, value, allowed, "pass", None, length)


def _enlarging(scale: float, channel: Channel) -> Message:
    if "enlarged" in channel.forbid:
        return Message("nothing: the channel does not accept enlarged pictures")
    if scale > LARGEST_SCALE:
        return Message("nothing: pictures are enlarged at most {most} times", {"most": LARGEST_SCALE})
    if scale > LIKED_SCALE:
        template = "nothing: pictures are enlarged at most {most} times, unless more is asked for"
        return Message(template, {"most": LIKED_SCALE})
    return Message("enlarges the picture, with a warning")


def _span(least: int | None, most: int | None, wanted: int | None) -> Message:
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
    return Message(template, {key: value for key, value in values.items() if value is not None})


def _shape(seen: Measures, channel: Channel) -> list[Finding]:
    if channel.aspect_ratio is None:
        return []
    width, height = channel.aspect_ratio
    # One pixel more or less is rounding, and so is the last digit of a ratio such as 1:1.44.
    across, down = (0.5 * 10.0 ** -len(part.partition(".")[2]) * ("." in part) for part in channel.aspect.split(":"))
    slack = max(width, height) + seen.width_px * down + seen.height_px * across
    fits = abs(seen.width_px * height - seen.height_px * width) <= slack
    value = Message("{width} x {height} px", {"width": seen.width_px, "height": seen.height_px})
    named = {"aspect": channel.aspect}
    measure = seen.width_px / seen.height_px
    if not channel.aspect_required:
        allowed = Message("{aspect} recommended", named)
        return [Finding("aspect", value, allowed, "pass" if fits else "warn", None, measure)]
    repair = None if fits else Message("frames the product at {aspect}", named)
    return [Finding("aspect", value, Message("{aspect}", named), "pass" if fits else "fail", repair, measure)]


def _enlarged(seen: Measures) -> Finding:
    found = seen.enlarged
    return Finding(
        "enlarged",
        Message("a step in the file's record enlarged it" if found else "no step in the file's record enlarged it"),
        Message("no enlarged pictures"),
        "fail" if found else "pass",
        Message("nothing: start from the original picture") if found else None,
        None,
    )


def _transparency(seen: Measures) -> Finding:
    share = seen.transparent
    return Finding(
        "transparency",
        Message("{percent:g} % of the pixels are transparent", {"percent": _percent(share, up=True)}),
        Message("no transparent pixels"),
        "fail" if share else "pass",
        Message("places the product on white") if share else None,
        share,
    )


def _ground(seen: Measures) -> Finding:
    allowed, share = Message("the background is 255/255/255"), seen.off_white
    if share is None:
        return Finding("ground", NO_PRODUCT, allowed, "warn")
    fits = share <= OFF_WHITE_MOST
    return Finding(
        "ground",
        Message("{percent:g} % of the background is not pure white", {"percent": _percent(share, up=True)}),
        allowed,
        "pass" if fits else "fail",
        None if fits else Message("cuts the product out and places it on white"),
        share,
    )


def _placing(seen: Measures, channel: Channel) -> list[Finding]:
    findings = []
    if channel.fill_least is not None or channel.fill_most is not None:
        findings.append(_fill(seen.fill, channel))
    if "cut-off" in channel.forbid:
        allowed, sides = Message("the product touches no side of the frame"), seen.cut_off
        if sides is None:
            findings.append(Finding("cut-off", NO_PRODUCT, allowed, "warn"))
        else:
            repair = Message("adds a margin; what is cut off stays cut off") if sides else None
            value = Message("it touches {sides} sides", {"sides": sides})
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
    allowed = Message(template, {key: value for key, value in values.items() if f"{{{key}" in template})
    if fill is None:
        return Finding("fill", NO_PRODUCT, allowed, "warn")
    small, large = least is not None and fill < least, most is not None and fill > most
    target = Message("frames the product at {percent:g} %", {"percent": _percent(channel.fill_target or fill)})
    return Finding(
        "fill",
        Message("{percent:g} %", {"percent": _percent(fill, up=large)}),
        allowed,
        "fail" if small or large else "pass",
        target if small or large else None,
        fill,
    )


def _borders(depth: Box) -> Finding:
    found = max(depth) > 0
    return Finding(
        "borders",
        Message("{left}, {top}, {right}, {bottom} px from the left, top, right and bottom", depth._asdict())
        if found
        else Message("none along the sides"),
        Message("no borders"),
        "fail" if found else "pass",
        Message("crops the borders") if found else None,
        max(depth),
    )


def _text(seen: Measures) -> Finding:
    allowed, beside = Message("no text, logos or watermarks"), seen.beside
    if beside is not None and beside.things:
        value = Message(
            (
                "{things} separate objects on the background, the largest {percent:g} % of the frame: text, a "
                "logo, or a part that was not recognized"
            ),
            {"things": beside.things, "percent": _percent(beside.largest, up=True)},
        )
        return Finding(
            "text", value, allowed, "fail", Message("cuts the product out and places it on white"), beside.things
        )
    lines = seen.text_lines
    if seen.texts:
        places = "; ".join(f"“{text}” {left},{top}-{right},{bottom}" for text, left, top, right, bottom in seen.texts)
        value = Message("text that is not printed on the product: {places} px", {"places": places})
        return Finding("text", value, allowed, "warn", Message("nothing: remove it with Inpaint first"), lines)
    if lines:
        value = Message("{lines} lines look like text that is not printed on the product", {"lines": lines})
        return Finding("text", value, allowed, "warn", Message("nothing: remove it with Inpaint first"), lines)
    if beside is None:
        return Finding("text", _unknown(seen), allowed, "warn")
    return Finding("text", Message("there are no separate objects on the background"), allowed, "pass", None, 0)


def _shadow(seen: Measures) -> Finding:
    allowed, beside = Message("no shadow"), seen.beside
    if beside is None:
        return Finding("shadow", _unknown(seen), allowed, "warn")
    found = beside.shadow > SHADOW_MOST
    return Finding(
        "shadow",
        Message(
            "{percent:g} % of the frame is a soft shade darker than the background",
            {"percent": _percent(beside.shadow)},
        ),
        allowed,
        "fail" if found else "pass",
        Message("cuts the product out and places it on white") if found else None,
        beside.shadow,
    )


def _unknown(seen: Measures) -> Message:
    return NOT_PLAIN if seen.product else NO_PRODUCT


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
