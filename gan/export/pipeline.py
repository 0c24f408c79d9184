"""Check & export: from a picture and a channel to what the channel would say, and to a picture that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import InstanceOf, ValidationInfo, model_validator

from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError, check_within
from gan.core.option import PICTURE, Option
from gan.core.reader import READER, PictureFile, Reader
from gan.cutout.segment import AUTO_MODEL, SURE, FindingModel, Found, find
from gan.export.autofix import LEAST_FILL, repaired
from gan.export.channels import CHANNELS, Channel, ChannelFile
from gan.export.comparing import compared, lasting, uncertain
from gan.export.file_metadata import FileFacts, facts_of
from gan.export.measures import Measures
from gan.export.rule_result import Finding
from gan.export.rules import LARGEST_SCALE, LIKED_SCALE, judged, passed
from gan.imaging.io.codec import decode
from gan.imaging.picture import Picture

BY_PRODUCT = frozenset(("cut-off", "text", "shadow"))

UNKNOWN_PRODUCT = "No product was found: rules about the product were neither measured nor fixed"


class ChannelRequest(Request):
    """Base of what is asked of a picture and a sales channel.

    `facts` are of the picture's file; without them nothing is said of the file. They are read with the picture where
    that is a path or a file's content. With `measured` the details hold everything that can be measured, whatever the
    channel asks.
    """

    picture: PictureFile
    channel: Annotated[
        ChannelFile, Option(f"{', '.join(CHANNELS)}, or a channel's file of your own", metavar="NAME_OR_TOML")
    ]
    facts: Annotated[InstanceOf[FileFacts] | None, Option(internal=True)] = None
    measured: Annotated[bool, Option(internal=True)] = False

    @model_validator(mode="before")
    @classmethod
    def _facts_of_its_file(cls, values: Any, info: ValidationInfo) -> Any:
        reader: Reader | None = (info.context or {}).get(READER)
        source = values.get(PICTURE) if isinstance(values, Mapping) else None
        if reader is None or not reader.opens_texts or not isinstance(source, (str, Path, bytes)):
            return values
        picture = decode(source)
        return {"facts": facts_of(source, picture=picture), **values, PICTURE: picture}

    def record(self) -> dict[str, Any]:
        return _named(super().record(), self.channel)

    def as_step(self) -> dict[str, Any]:
        return _named(super().as_step(), self.channel)


class CheckRequest(ChannelRequest):
    """Measure a picture against a sales channel's rules."""

    model: FindingModel = AUTO_MODEL


class ExportRequest(ChannelRequest):
    """Repair a picture for a sales channel.

    Raises:
        InputError: a value outside its range, or a fill that the channel does not take.
    """

    fill: Annotated[
        float | None,
        Option(
            "frame every product alike, to this share; without it only what has to be", ge=LEAST_FILL, le=1, step=0.01
        ),
    ] = None
    enlarge: Annotated[
        float,
        Option(
            "most times that a picture is enlarged, toward the recommended size; 1 for never",
            ge=1,
            le=LARGEST_SCALE,
            step=0.1,
        ),
    ] = LIKED_SCALE
    model: FindingModel = AUTO_MODEL

    def check(self) -> None:
        check_fill(self.fill, self.channel)


def check_picture(request: CheckRequest, context: Context) -> Output:
    """Measure every rule; the picture comes back as it is.

    Details: `channel`, `checked` (the day on which its numbers were compared), `passed`, and `findings`, each as
    `Finding.record` gives it.
    """
    picture = request.picture
    found = _found(picture, request.channel, context, request.model)
    context.step(3, 4, "Measuring")
    seen = Measures(picture, request.facts, None if found is None else found.alpha)
    details = _details(request, judged(seen, request.channel), found, seen)
    context.step(4, 4, "Measuring")
    return Output((picture,), _notices(picture, request.channel, found), details)


def export(request: ExportRequest, context: Context) -> Output:
    """Repair what breaks a rule, and nothing else.

    In this order: borders are cropped; the product is cut out and laid on white; it is framed; the picture is enlarged
    toward the recommended size (only where the channel does not forbid it) or reduced. Format, bytes and profile are
    `gan.export.output`'s.

    Returns:
        The repaired picture and, where a product was found, the product alone: the same pixels with its coverage as
        alpha, which `written` takes. Details: those of `check_picture`, measured before, and `repairs`, each as
        `Message.record` gives it, and `lasting`: the findings that no writing changes, on what cannot be repaired and
        on whether the product still looks as it came.
    """
    picture, channel = request.picture, request.channel
    found = _found(picture, channel, context, request.model, wanted=request.fill is not None)
    context.step(3, 8, "Measuring")
    alpha = None if found is None else found.alpha
    seen = Measures(picture, request.facts, alpha)
    findings = judged(seen, channel)
    context.step(4, 8, "Fixing")
    failing = frozenset(finding.rule for finding in findings if finding.status == "fail")
    made = repaired(picture, alpha, failing, channel, context.within(5, 8), fill=request.fill, enlarge=request.enlarge)
    context.step(8, 8, "Fixing")
    alone = () if made.alpha is None else (made.picture.with_pixels(made.picture.rgb, made.alpha),)
    kept = lasting(findings, picture)
    if made.repairs and alpha is not None and made.alpha is not None:
        kept += (compared(picture, alpha, made.picture, made.alpha),)
        if "ground" in failing and found is not None and found.confidence < SURE and kept[-1].status == "pass":
            kept = (*kept[:-1], uncertain(found.confidence))
    details = {
        **_details(request, findings, found, seen),
        "repairs": [repair.record() for repair in made.repairs],
        "lasting": [finding.record() for finding in kept],
    }
    notices = (*_notices(picture, channel, found), *dict.fromkeys(made.notices))
    return Output((made.picture, *alone), notices, details)


def check_fill(fill: float | None, channel: Channel) -> None:
    """Raise `InputError` for a fill that no frame has, or that the channel does not take."""
    if fill is not None:
        check_within("fill", fill, channel.fill_least or LEAST_FILL, channel.fill_most or 1)


def needs_product(channel: Channel) -> bool:
    """True if any of a channel's rules needs the product's mask."""
    fill = channel.fill_least is not None or channel.fill_most is not None
    return fill or channel.ground == "white" or channel.aspect_required or bool(BY_PRODUCT & set(channel.forbid))


def _found(picture: Picture, channel: Channel, context: Context, model: str, *, wanted: bool = False) -> Found | None:
    """Segment the product; None if no rule needs it, or none was found."""
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


def _details(
    request: ChannelRequest, findings: tuple[Finding, ...], found: Found | None, seen: Measures
) -> dict[str, Any]:
    return {
        "channel": request.channel.name,
        "checked": request.channel.checked,
        "passed": passed(findings),
        "confidence": None if found is None else round(found.confidence, 4),
        "findings": [finding.record() for finding in findings],
        **({"measures": seen.record()} if request.measured else {}),
    }


def _named(fields: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """A request's fields, with what `channel_of` reads for the channel, and without what a file says of itself."""
    known = CHANNELS.get(channel.name) == channel
    kept = {key: value for key, value in fields.items() if key not in ("facts", "measured")}
    return {**kept, "channel": channel.name if known else channel.record()}
