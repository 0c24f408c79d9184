"""Turn a result of the Inpaint tab into its rows, previews and the strip of steps."""

from __future__ import annotations

from pathlib import Path

from gan.core.contract import Result
from gan.imaging.io.codec import Encoding
from gan.imaging.picture import Picture
from gan.ui.i18n import Language, say
from gan.ui.preview import lay, write_preview
from gan.ui.result import RenderedResult, rendered, size_of, stem_of


def from_result(result: Result, source: Picture, encoding: Encoding, folder: Path, to: Language) -> RenderedResult:
    """Write the result's files into the folder and sum it up. Pixels that were not marked are promised to stay."""
    picture, details, request = result.picture, result.details, result.request
    left, top, *_ = margins = details["margins"]
    plain = write_preview(source, folder / "source.jpg")
    rows = [
        (say("Filled areas", to), str(details["holes"])),
        (say("New pixels", to), f"{100 * details['share']:.2f} %"),
    ]
    if request.get("mask") is not None and (request["grow_px"] or request["feather_px"]):
        edge = say(
            "grown by {grow} px, feathered by {feather} px",
            to,
            grow=request["grow_px"],
            feather=request["feather_px"],
        )
        rows.append((say("Edge", to), edge))
    return rendered(
        picture,
        source,
        result.record,
        encoding,
        folder,
        to,
        stem=stem_of(source, "inpainted"),
        before=lay(Path(plain), (source.width_px, source.height_px), (left, top), picture, folder / "before.jpg"),
        size=size_of(picture, source if any(margins) else None),
        rows=rows,
        exact=True,
    )
