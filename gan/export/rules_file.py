"""The rules that go by the file and not by its pixels."""

from __future__ import annotations

import dataclasses
from typing import Final

from gan.export.channels import Channel
from gan.export.file_metadata import FileFacts
from gan.export.rule_result import Finding, Phrase
from gan.imaging.io.formats import FORMATS
from gan.imaging.picture import GENERATED, PARTLY_GENERATED, Picture

FILE_RULES: Final = ("format", "bytes", "quality", "frames", "srgb", "mark")

GENERATING: Final = {"generate": GENERATED, "inpaint": PARTLY_GENERATED}
"""Tasks whose networks make pixels up, and the code that their pictures carry; Stylize knows itself when it does."""


def writable(channel: Channel) -> tuple[str, ...]:
    """The channel's formats that can be written, in its order; JPEG and PNG where it names none."""
    return tuple(name for name in channel.formats if name in FORMATS) or ("jpeg", "png")


def check_file(picture: Picture, facts: FileFacts | None, channel: Channel) -> list[Finding]:
    """Findings of `FILE_RULES`; without facts only those that the picture itself tells of."""
    findings = [] if facts is None else _check_facts(facts, channel)
    if channel.generated_mark:
        findings.append(_mark(picture))
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
                Phrase("{bytes:,} bytes", {"bytes": facts.bytes}),
                Phrase("at most {most:,} bytes", {"most": channel.bytes_most}),
                "pass" if fits else "fail",
                None if fits else Phrase("lowers the quality, then the size, until it fits"),
                facts.bytes,
            )
        )
    if channel.quality_least is not None:
        findings.append(_quality(facts, channel.quality_least))
    if "frames" in channel.forbid:
        findings.append(
            Finding(
                "frames",
                Phrase("{frames} in the file", {"frames": facts.frames}),
                Phrase("a single picture"),
                "pass" if facts.frames == 1 else "fail",
                None if facts.frames == 1 else Phrase("keeps the first"),
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
        Phrase("{format}", {"format": _shown(facts.file_format)}) if facts.file_format else Phrase("none of these"),
        Phrase("{formats}", {"formats": ", ".join(_shown(name) for name in channel.formats)}),
        "pass" if fits else "fail",
        None if fits else Phrase("writes {format}", {"format": _shown(writable(channel)[0])}),
        facts.file_format,
    )


def _quality(facts: FileFacts, least: int) -> Finding:
    allowed = Phrase("JPEG quality {least} or more", {"least": least})
    if facts.file_format != "jpeg":
        return Finding("quality", Phrase("no JPEG file"), allowed, "pass")
    if facts.quality is None:
        return Finding("quality", Phrase("not measured: tables of another kind"), allowed, "warn")
    fits = facts.quality >= least
    return Finding(
        "quality",
        Phrase("{quality}" if facts.quality_exact else "about {quality}", {"quality": facts.quality}),
        allowed,
        "pass" if fits else "fail",
        None if fits else Phrase("writes it with {least} or more; what was lost stays lost", {"least": least}),
        facts.quality,
    )


def _srgb(facts: FileFacts) -> Finding:
    said = {
        "srgb": Phrase("an sRGB profile"),
        "none": Phrase("no profile, shown as sRGB"),
        "other": Phrase("other colours, mode {mode}", {"mode": facts.mode}),
    }
    fits = facts.color != "other"
    return Finding(
        "srgb",
        said[facts.color],
        Phrase("sRGB"),
        "pass" if fits else "fail",
        None if fits else Phrase("converts the colours"),
        facts.color,
    )


def _mark(picture: Picture) -> Finding:
    allowed = Phrase("generated pictures carry IPTC's digital source type")
    if picture.source_type:
        value = Phrase("{code}", {"code": picture.source_type})
        return Finding("mark", value, allowed, "pass", None, picture.source_type)
    if any(step["task"] in GENERATING for step in picture.history):
        value = Phrase("none, though a step in the file's record generated pixels")
        return Finding("mark", value, allowed, "fail", Phrase("writes the mark"), "")
    value = Phrase("none, and nothing in the file says that it was generated")
    return Finding("mark", value, allowed, "pass", None, "")


def _shown(name: str) -> str:
    return {"webp": "WebP"}.get(name, name.upper())
