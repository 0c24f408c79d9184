"""The rules that go by the file and not by its pixels."""

from __future__ import annotations

import dataclasses
from typing import Final, cast

from gan.core.message import Message
from gan.export.channels import Channel
from gan.export.file_metadata import FileFacts
from gan.export.measures import GENERATING, Measures
from gan.export.rule_result import Finding
from gan.imaging.io.formats import FORMATS, Format
from gan.imaging.picture import GENERATED, Picture

FILE_RULES: Final = ("format", "bytes", "quality", "frames", "srgb", "mark")


def writable(channel: Channel) -> tuple[Format, ...]:
    """The channel's formats that can be written, in its order; JPEG and PNG where it names none."""
    return tuple(cast(Format, name) for name in channel.formats if name in FORMATS) or ("jpeg", "png")


def check_file(seen: Measures, channel: Channel) -> list[Finding]:
    """Findings of `FILE_RULES`; without facts only those that the picture itself tells of."""
    findings = [] if seen.facts is None else _check_facts(seen.facts, channel)
    if channel.generated_mark:
        findings.append(_mark(seen))
    return findings


def with_mark(picture: Picture) -> Picture:
    """The picture with the digital source type that its history asks for; as it is where it has one."""
    if picture.source_type:
        return picture
    codes = {GENERATING.get(step["task"], "") for step in picture.history}
    code = GENERATED if GENERATED in codes else max(codes, default="")
    return dataclasses.replace(picture, source_type=code)


def _check_facts(facts: FileFacts, channel: Channel) -> list[Finding]:
    findings = []
    if channel.formats:
        findings.append(_format(facts, channel))
    if channel.bytes_most is not None:
        fits = facts.bytes <= channel.bytes_most
        findings.append(
            Finding(
                "bytes",
                Message("{bytes:,} bytes", {"bytes": facts.bytes}),
                Message("at most {most:,} bytes", {"most": channel.bytes_most}),
                "pass" if fits else "fail",
                None if fits else Message("lowers the quality, then the size, until it fits"),
                facts.bytes,
            )
        )
    if channel.quality_least is not None:
        findings.append(_quality(facts, channel.quality_least))
    if "frames" in channel.forbid:
        findings.append(
            Finding(
                "frames",
                Message("{frames} in the file", {"frames": facts.frames}),
                Message("a single picture"),
                "pass" if facts.frames == 1 else "fail",
                None if facts.frames == 1 else Message("keeps the first"),
                facts.frames,
            )
        )
    if channel.srgb:
        findings.append(_srgb(facts))
    return findings


def _format(facts: FileFacts, channel: Channel) -> Finding:
    fits = facts.file_format in channel.formats
    return Finding(
        "format",
        Message("{format}", {"format": _shown(facts.file_format)}) if facts.file_format else Message("none of these"),
        Message("{formats}", {"formats": ", ".join(_shown(name) for name in channel.formats)}),
        "pass" if fits else "fail",
        None if fits else Message("writes {format}", {"format": _shown(writable(channel)[0])}),
        facts.file_format,
    )


def _quality(facts: FileFacts, least: int) -> Finding:
    allowed = Message("JPEG quality {least} or more", {"least": least})
    if facts.file_format != "jpeg":
        return Finding("quality", Message("not a JPEG file"), allowed, "pass")
    if facts.quality is None:
        return Finding("quality", Message("not measured: unknown quantization tables"), allowed, "warn")
    fits = facts.quality >= least
    return Finding(
        "quality",
        Message("{quality}" if facts.quality_exact else "about {quality}", {"quality": facts.quality}),
        allowed,
        "pass" if fits else "fail",
        None if fits else Message("writes it with {least} or more; what was lost stays lost", {"least": least}),
        facts.quality,
    )


def _srgb(facts: FileFacts) -> Finding:
    said = {
        "srgb": Message("an sRGB profile"),
        "none": Message("no profile, shown as sRGB"),
        "other": Message("another color space, mode {mode}", {"mode": facts.mode}),
    }
    fits = facts.color != "other"
    return Finding(
        "srgb",
        said[facts.color],
        Message("sRGB"),
        "pass" if fits else "fail",
        None if fits else Message("converts the colors to sRGB"),
        facts.color,
    )


def _mark(seen: Measures) -> Finding:
    allowed = Message("generated pictures have IPTC's digital source type")
    if seen.source_type:
        value = Message("{code}", {"code": seen.source_type})
        return Finding("mark", value, allowed, "pass", None, seen.source_type)
    if seen.generated:
        value = Message("none, though a step in the file's record generated pixels")
        return Finding("mark", value, allowed, "fail", Message("adds the label"), "")
    value = Message("none, and nothing in the file says that it was generated")
    return Finding("mark", value, allowed, "pass", None, "")


def _shown(name: str) -> str:
    return {"webp": "WebP"}.get(name, name.upper())
