"""From a repaired picture to a file that the channel takes, measured again as it was written."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from torch import Tensor

from gan.cutout.segment import has_transparency
from gan.edit.white import snapped
from gan.export.channels import Channel
from gan.export.comparing import merged
from gan.export.file_metadata import facts_of
from gan.export.measures import Measures
from gan.export.rule_result import Finding
from gan.export.rules import RULES, judged
from gan.export.rules_file import writable
from gan.imaging.io.codec import decode, encode
from gan.imaging.io.formats import FORMATS, Encoding, Format
from gan.imaging.picture import Picture
from gan.imaging.resize import resize

BEST_QUALITY = 95
"""Above it files grow and nobody sees why."""

LEAST_QUALITY = 80
"""Below it blocks are seen: rather a smaller picture; a channel may ask for more."""

SMALLER = 0.97
"""Margin when a size is estimated from the bytes; at least this much smaller each time."""

LEAST_PX = 64


@dataclass(frozen=True)
class Written:
    """A finished file.

    Attributes:
        data: its content.
        encoding: how it was written; None where it is the source's file, byte for byte.
        suffix: with the dot.
        findings: what `gan.export.rules.check` says of it after it was decoded again.
        measures: what these were judged by; None where the file was not decoded again.
        width_px, height_px: of the picture in it, which may be smaller than what was handed in.
    """

    data: bytes
    encoding: Encoding | None
    suffix: str
    findings: tuple[Finding, ...]
    width_px: int
    height_px: int
    measures: Measures | None = None


def written(picture: Picture, alpha: Tensor | None, channel: Channel, lasting: tuple[Finding, ...] = ()) -> Written:
    """Write a picture as a channel wants it.

    The first of the channel's formats that holds the picture is taken, JPEG with the best quality that fits into its
    bytes. Where not even the least does, the picture is reduced until it fits. On channels of white grounds the ground
    is exactly 255 before the encoder sees it; where a lossy format spoils it nevertheless, one without loss is taken.

    Args:
        picture: H x W pixels.
        alpha: (1, 1, H, W) in [0, 1], where the product is; None where that is not known.
        channel: gives formats, greatest size in bytes, least quality, and the ground.
        lasting: findings that stay true whatever is written, as `gan.export.pipeline.export` gives them.

    Raises:
        InputError: as of `gan.imaging.io.codec.encode`.
    """
    first, *others = _formats(picture, channel)
    made = _measured(picture, alpha, channel, first)
    for name in others:
        if not any(finding.rule == "ground" and finding.status == "fail" for finding in made.findings):
            break
        made = _measured(picture, alpha, channel, name)
    return dataclasses.replace(made, findings=merged(made.findings, lasting, RULES))


def _formats(picture: Picture, channel: Channel) -> list[Format]:
    """The format to write, and those without loss to fall back on."""
    names = writable(channel)
    if has_transparency(picture):
        names = tuple(name for name in names if FORMATS[name].alpha) or names
    return [names[0], *(name for name in names[1:] if Encoding(file_format=name).exact)]


def _measured(picture: Picture, alpha: Tensor | None, channel: Channel, name: Format) -> Written:
    if channel.ground == "white" and alpha is not None and picture.alpha is None:
        picture = picture.with_pixels(snapped(picture.rgb, alpha), None)
    data, encoding = _best(picture, channel, name)
    most = channel.bytes_most or math.inf
    longest = max(picture.width_px, picture.height_px)
    if len(data) > most and longest > LEAST_PX:
        scale = max(SMALLER * min(1.0, math.sqrt(most / len(data))), LEAST_PX / longest)
        size = [max(1, round(side * scale)) for side in (picture.height_px, picture.width_px)]
        own = None if picture.alpha is None else resize(picture.alpha, *size)
        smaller = picture.with_pixels(resize(picture.rgb, *size), own)
        return _measured(smaller, None if alpha is None else resize(alpha, *size), channel, name)
    seen = decode(data)
    measures = Measures(seen, facts_of(data, picture=seen), alpha)
    findings = judged(measures, channel)
    return Written(data, encoding, encoding.suffix, findings, picture.width_px, picture.height_px, measures)


def _best(picture: Picture, channel: Channel, name: Format) -> tuple[bytes, Encoding]:
    """The file of the best quality that the channel's bytes hold; of the least where none fits."""

    def at(quality: int) -> tuple[bytes, Encoding]:
        encoding = Encoding(file_format=name, quality=quality, bits=8)
        return encode(picture, encoding), encoding

    most = channel.bytes_most or math.inf
    best = at(BEST_QUALITY)
    if len(best[0]) <= most or best[1].exact:
        return best
    low, high = min(BEST_QUALITY, max(LEAST_QUALITY, channel.quality_least or 0)), BEST_QUALITY
    best = at(low)
    if len(best[0]) > most:
        return best
    while high - low > 1:  # what fits at `low` does not at `high`
        middle = (low + high) // 2
        made = at(middle)
        if len(made[0]) <= most:
            low, best = middle, made
        else:
            high = middle
    return best
