"""Check & export: from a picture and a channel to what the channel would say, and to a picture that it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError, check_within
from gan.cutout.segment import AUTO_MODEL, Found, find
from gan.export.autofix import LEAST_FILL, repaired
from gan.export.channels import CHANNELS, Channel
from gan.export.file_metadata import FileFacts
from gan.export.rule_result import Finding
from gan.export.rules import check, passed
from gan.imaging.picture import Picture

BY_PRODUCT = frozenset(("cut-off", "text", "shadow"))

UNKNOWN_PRODUCT = "No product was found: what needs it was neither measured nor repaired"


@dataclass(frozen=True, kw_only=True)
class CheckRequest(Request):
    """What Check is asked.

    Attributes:
        picture: what to measure.
        channel: whose rules.
        facts: of the picture's file; None where there is none, then nothing is said of the file.
        model: what finds the product: "auto" for ours; else a manifest name, a path, or a Hub id.
    """

    picture: Picture
    channel: Channel
    facts: FileFacts | None = None
    model: str = AUTO_MODEL

    def record(self) -> dict[str, Any]:
        return _named(super().record(), self.channel)

    def as_step(self) -> dict[str, Any]:
        return _named(super().as_step(), self.channel)


@dataclass(frozen=True, kw_only=True)
class ExportRequest(Request):
    """What Export is asked.

    Attributes:
        picture: what to repair.
        channel: whose rules.
        facts: as of `CheckRequest`.
        fill: share of the frame that every product is to take, 0.1 to 1; None leaves alone what the channel takes.
        model: as of `CheckRequest`.

    Raises:
        InputError: a value outside these, or a fill that the channel does not take.
    """

    picture: Picture
    channel: Channel
    facts: FileFacts | None = None
    fill: float | None = None
    model: str = AUTO_MODEL

    def __post_init__(self) -> None:
        super().__post_init__()
        check_fill(self.fill, self.channel)

    def record(self) -> dict[str, Any]:
        return _named(super().record(), self.channel)

    def as_step(self) -> dict[str, Any]:
        return _named(super().as_step(), self.channel)


def check_picture(request: CheckRequest, context: Context) -> Output:
    """Measure every rule; the picture comes back as it is.

    Details: `channel`, `checked` (the day on which its numbers were compared), `passed`, and `findings`, each as
    `Finding.record` gives it.
    """
    picture = request.picture
    found = _found(picture, request.channel, context, request.model)
    context.step(3, 4, "Measuring")
    findings = check(picture, request.facts, None if found is None else found.alpha, request.channel)
    context.step(4, 4, "Measuring")
    return Output((picture,), _notices(picture, request.channel, found), _details(request.channel, findings, found))


def export(request: ExportRequest, context: Context) -> Output:
    """Repair what breaks a rule, and nothing else.

    In this order: borders are cropped; the product is cut out and laid on white; it is framed; the picture is enlarged
    (only where the channel does not forbid it, and it would be too small otherwise) or reduced. Format, bytes and
    profile are `gan.export.output`'s.

    Returns:
        The repaired picture and, where a product was found, the product alone: the same pixels with its coverage as
        alpha, which `written` takes. Details: those of `check_picture`, measured before, and `repairs`, each as
        `Phrase.record` gives it.
    """
    picture, channel = request.picture, request.channel
    found = _found(picture, channel, context, request.model, wanted=request.fill is not None)
    context.step(3, 8, "Measuring")
    alpha = None if found is None else found.alpha
    findings = check(picture, request.facts, alpha, channel)
    context.step(4, 8, "Repairing")
    failing = frozenset(finding.rule for finding in findings if finding.status == "fail")
    made = repaired(picture, alpha, failing, channel, context.within(5, 8), fill=request.fill)
    context.step(8, 8, "Repairing")
    alone = () if made.alpha is None else (made.picture.with_pixels(made.picture.rgb, made.alpha),)
    return Output(
        (made.picture, *alone),
        (*_notices(picture, channel, found), *dict.fromkeys(made.notices)),
        {**_details(channel, findings, found), "repairs": [repair.record() for repair in made.repairs]},
    )


def check_fill(fill: float | None, channel: Channel) -> None:
    """Raise `InputError` for a fill that no frame has, or that the channel does not take."""
    if fill is not None:
        check_within("fill", fill, channel.fill_least or LEAST_FILL, channel.fill_most or 1)


def needs_product(channel: Channel) -> bool:
    """Whether any of a channel's rules goes by where the product is."""
    fill = channel.fill_least is not None or channel.fill_most is not None
    return fill or channel.ground == "white" or channel.aspect_required or bool(BY_PRODUCT & set(channel.forbid))


def _found(picture: Picture, channel: Channel, context: Context, model: str, *, wanted: bool = False) -> Found | None:
    """Where the product is; None where nothing asks for it, or none was found."""
    if not wanted and not needs_product(channel):
        return None
    try:
        return find(picture, context, model=model)
    except InputError as error:
        if error.field != "image":
            raise
        return None


def _notices(picture: Picture, channel: Channel, found: Found | None) -> tuple[str, ...]:
    if found is None:
        return (*picture.notices, UNKNOWN_PRODUCT) if needs_product(channel) else picture.notices
    return (*picture.notices, *found.notices)


def _details(channel: Channel, findings: tuple[Finding, ...], found: Found | None) -> dict[str, Any]:
    return {
        "channel": channel.name,
        "checked": channel.checked,
        "passed": passed(findings),
        "confidence": None if found is None else round(found.confidence, 4),
        "findings": [finding.record() for finding in findings],
    }


def _named(fields: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """A request's fields, with what `channel_of` reads for the channel, and without what a file says of itself."""
    known = CHANNELS.get(channel.name) == channel
    kept = {key: value for key, value in fields.items() if key != "facts"}
    return {**kept, "channel": channel.name if known else channel.record()}
