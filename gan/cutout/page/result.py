"""What the Cut-out tab makes of finished pictures: files, previews, a record, what is said."""

from __future__ import annotations

import dataclasses
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gan.core.contract import Result
from gan.imaging.io.codec import Encoding, write
from gan.imaging.picture import Picture
from gan.ui import widgets
from gan.ui.i18n import Language, notice, say, word
from gan.ui.preview import lay, preview_size, write_preview
from gan.ui.result import common_rows, write_record

RECIPE_VERSION: Final = 1


@dataclass(frozen=True)
class RenderedResult:
    """What the page shows of one finished picture.

    Attributes:
        file: the full picture in the chosen format.
        pair: previews before and after, of equal size.
        summary: HTML.
        record: JSON: the steps as a recipe, and what came of them.
        told: the same, for a file in another format.
        rows: what the summary says besides the file's own lines.
        notices: as templates.
        layer: the shadow alone, as PNG; None where there is none.
    """

    file: Path
    pair: tuple[str, str]
    summary: str
    record: Path
    told: Mapping[str, Any]
    rows: tuple[tuple[str, str], ...]
    notices: tuple[str, ...]
    layer: Path | None = None

    def values(self) -> tuple[Any, ...]:
        """For `gan.ui.widgets.ResultView.values`."""
        return str(self.file), self.pair, self.summary, str(self.record)


def from_results(
    results: Sequence[Result],
    source: Picture,
    encoding: Encoding,
    folder: Path,
    to: Language,
    *,
    index: int = 0,
    picture: Picture | None = None,
    layer: Picture | None = None,
    stem: str = "",
    off_white: float | None = None,
) -> RenderedResult:
    """Write a finished picture's files into the folder and sum up how it was made.

    Args:
        results: of the requests that made it, in order.
        source: the photograph.
        index: which picture it is of those that were made together.
        picture: the finished one; by default the last result's.
        layer: its shadow alone.
        stem: of the files' names; by default the photograph's with the last task's.
        off_white: share of the photograph's ground that is not white, where the finisher saw the cut-out only.
    """
    made = results[-1].pictures[index] if picture is None else picture
    stem = stem or f"{Path(source.name).stem or 'picture'}-{SUFFIXES[results[-1].task]}"
    notices = dict.fromkeys((*source.notices, *(text for result in results for text in result.notices)))
    rows = [row for result in results for row in rows_of(result, index, to, off_white)]
    shadow = None
    if layer is not None:
        shadow = folder / f"{stem}-layer.png"
        write(layer, shadow, Encoding())
    before, after = previews(source, made, results, folder, stem)
    told = _told(results, made, stem)
    shown = RenderedResult(Path(), (before, after), "", Path(), told, tuple(rows), tuple(notices), shadow)
    return written(shown, made, encoding, folder, to, stem=stem)


SUFFIXES: Final = {
    "cutout": "cutout",
    "recolor": "recolored",
    "shadow": "shadow",
    "frame": "framed",
    "white": "white",
    "match": "matched",
}
"""How a file is called that a task made."""


def written(
    shown: RenderedResult, picture: Picture, encoding: Encoding, folder: Path, to: Language, *, stem: str = ""
) -> RenderedResult:
    """The same picture's file, record and summary in a format."""
    file = folder / f"{stem or shown.file.stem}{encoding.suffix}"
    write(picture, file, encoding)
    record = write_record(shown.told, file, encoding)
    size = f"{picture.width_px} × {picture.height_px} px"
    rows = [*shown.rows, *common_rows(shown.told, size, file, encoding, to)]
    summary = widgets.facts_list(rows, [notice(text, to) for text in shown.notices])
    return dataclasses.replace(shown, file=file, record=record, summary=summary)


def zipped(shown: Sequence[RenderedResult], path: Path) -> Path:
    """All files in one, uncompressed, since pictures are compressed already."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for one in shown:
            archive.write(one.file, one.file.name)
    return path


def previews(source: Picture, made: Picture, results: Sequence[Result], folder: Path, stem: str) -> tuple[str, str]:
    """Before and after, of equal size: after a frame the photograph lies where its product then is."""
    size = preview_size(made)
    after = write_preview(made, folder / f"{stem}-after.jpg", size, checkered=True)
    before = folder / f"{stem}-before.jpg"
    moved = _moved(results)
    if moved is None:
        return write_preview(source, before, size, checkered=True), after
    scale, left, top = moved
    plain = write_preview(source, folder / f"{stem}-source.jpg", checkered=True)
    laid = (round(source.width_px * scale), round(source.height_px * scale))
    return lay(Path(plain), laid, (left, top), made, before), after


def rows_of(result: Result, index: int, to: Language, off_white: float | None) -> list[tuple[str, str]]:
    """What a step found or did, for `gan.ui.widgets.facts_list`."""
    details, asked = result.details, result.request
    if result.task == "cutout" and asked.get("mask") is None and result.weights:
        sure, share = f"{details['confidence']:.0%}", f"{details['share']:.1%}"
        return [(say("Confidence", to), sure), (say("Product", to), say("{share} of the picture", to, share=share))]
    if result.task == "recolor":
        target = details["targets"][index]
        before, after = f"{target['delta_e_before']:.1f}", f"{target['delta_e']:.1f}"
        return [(say("Colour", to), f"{target['to']} · ΔE {before} → {after}")]
    if result.task == "frame":
        return [(say("Fill", to), f"{details['fill']:.1%}")]
    if result.task == "shadow":
        return [(say("Shadow", to), word(f"shadow.{asked['kind']}", to))]
    if result.task == "white":
        shares = (details["off_white_before"] if off_white is None else off_white, details["off_white"])
        return [(say("Off-white ground", to), " → ".join(f"{share:.1%}" for share in shares))]
    return []


def _told(results: Sequence[Result], picture: Picture, stem: str) -> dict[str, Any]:
    """One request's record as it is; of several, a recipe of all that was done to the picture, and what came of it."""
    if len(results) == 1:
        return results[0].record
    records = [result.record for result in results]
    return {
        "version": RECIPE_VERSION,
        "name": stem,
        "steps": [dict(step) for step in picture.history],
        "weights": {name: sha256 for record in records for name, sha256 in record["weights"].items()},
        "seconds": sum(record["seconds"] for record in records),
        "notices": list(dict.fromkeys(text for record in records for text in record["notices"])),
        "details": [{"task": record["task"], **record["details"]} for record in records],
    }


def _moved(results: Sequence[Result]) -> tuple[float, int, int] | None:
    """Where the photograph lies in a framed picture: its scale, and its left and top; None without a frame."""
    boxes = [result.details["box"] for result in results if result.task == "cutout" and "box" in result.details]
    frames = [result.details for result in results if result.task == "frame"]
    if not frames or not boxes:
        return None
    (left, top, *_), scale = boxes[0], frames[-1]["scale"]
    at_left, at_top, *_ = frames[-1]["box"]
    return scale, round(at_left - left * scale), round(at_top - top * scale)
