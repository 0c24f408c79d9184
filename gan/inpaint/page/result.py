"""What the Inpaint tab makes of a result: the file, previews, a record, what is said; and the strip of steps."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan.core.contract import Result
from gan.imaging.io.codec import Encoding, write
from gan.imaging.io.formats import LOSSY
from gan.imaging.picture import Picture
from gan.ui import widgets
from gan.ui.i18n import Language, notice, say
from gan.ui.preview import lay, preview_size, write_preview
from gan.ui.result import common_rows, write_record


@dataclass(frozen=True)
class RenderedResult:
    """What the page shows of a result.

    Attributes:
        file: the full picture in the chosen format.
        pair: previews before and after, of equal size.
        summary: HTML.
        record: JSON, enough to make the same picture again.
        told: the result's own record, for a file in another format.
        notices: on reading the photograph and on filling, as templates.
    """

    file: Path
    pair: tuple[str, str]
    summary: str
    record: Path
    told: Mapping[str, Any]
    notices: tuple[str, ...]

    def values(self) -> tuple[Any, ...]:
        """For `gan.ui.widgets.ResultView.values`."""
        return str(self.file), self.pair, self.summary, str(self.record)


def from_result(result: Result, source: Picture, encoding: Encoding, folder: Path, to: Language) -> RenderedResult:
    """Write the result's files into the folder and sum it up."""
    picture = result.picture
    size = preview_size(picture)
    left, top, *_ = result.details["margins"]
    plain = write_preview(source, folder / "source.jpg")
    before = lay(Path(plain), (source.width_px, source.height_px), (left, top), picture, folder / "before.jpg")
    after = write_preview(picture, folder / "after.jpg", size)
    notices = (*source.notices, *(text for text in result.notices if text not in source.notices))
    shown = RenderedResult(Path(), (before, after), "", Path(), result.record, notices)
    return written(shown, picture, encoding, folder, to)


def written(shown: RenderedResult, picture: Picture, encoding: Encoding, folder: Path, to: Language) -> RenderedResult:
    """The same result's file, record and summary in a format."""
    stem = Path(picture.name).stem or "picture"
    file = folder / f"{stem}-inpainted{encoding.suffix}"
    write(picture, file, encoding)
    record = write_record(shown.told, file, encoding)
    summary = _summary(shown, file, encoding, to)
    return dataclasses.replace(shown, file=file, record=record, summary=summary)


def _summary(shown: RenderedResult, file: Path, encoding: Encoding, to: Language) -> str:
    details, request = shown.told["details"], shown.told["request"]
    left, top, right, bottom = details["margins"]
    width_px, height_px = details["size"]
    size = f"{width_px} × {height_px} px"
    if left or top or right or bottom:
        size = f"{width_px - left - right} × {height_px - top - bottom} px → {size}"
    rows = [
        *common_rows(shown.told, size, file, encoding, to),
        (say("Holes", to), str(details["holes"])),
        (say("Made anew", to), f"{100 * details['share']:.2f} %"),
    ]
    if request.get("mask") is not None and (request["grow_px"] or request["feather_px"]):
        edge = say(
            "grown by {grow} px, feathered over {feather} px",
            to,
            grow=request["grow_px"],
            feather=request["feather_px"],
        )
        rows.append((say("Edge", to), edge))
    notices = [*shown.notices, *([] if encoding.exact else [LOSSY])]
    return widgets.facts_list(rows, [notice(text, to) for text in notices])
