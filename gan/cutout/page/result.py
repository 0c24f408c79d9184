"""Turn finished pictures of the Cut-out tab into files, previews, a record and a summary."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from gan.core.contract import Result
from gan.imaging.io.codec import Encoding, write
from gan.imaging.picture import Picture
from gan.ui.i18n import Language, say, word
from gan.ui.preview import lay, write_preview
from gan.ui.result import RenderedResult, rendered, stem_of

RECIPE_VERSION: Final = 1


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
    stem = stem or stem_of(source, SUFFIXES[results[-1].task])
    shadow = None
    if layer is not None:
        shadow = folder / f"{stem}-layer.png"
        write(layer, shadow, Encoding())
    return rendered(
        made,
        source,
        _told(results, made, stem),
        encoding,
        folder,
        to,
        stem=stem,
        before=_before(source, made, results, folder, stem),
        rows=[row for result in results for row in rows_of(result, index, to, off_white)],
        extra=shadow,
        checkered=True,
    )


SUFFIXES: Final = {
    "cutout": "cutout",
    "recolor": "recolored",
    "shadow": "shadow",
    "frame": "framed",
    "white": "white",
    "match": "matched",
}
"""Name of a file that a task made."""


def _before(source: Picture, made: Picture, results: Sequence[Result], folder: Path, stem: str) -> str | None:
    """The photograph's preview after a frame, where it lies where its product then is; None without one."""
    moved = _moved(results)
    if moved is None:
        return None
    scale, left, top = moved
    plain = write_preview(source, folder / f"{stem}-source.jpg", checkered=True)
    laid = (round(source.width_px * scale), round(source.height_px * scale))
    return lay(Path(plain), laid, (left, top), made, folder / f"{stem}-before.jpg")


def rows_of(result: Result, index: int, to: Language, off_white: float | None) -> list[tuple[str, str]]:
    """Table rows of a step's results, for `gan.ui.widgets.facts_list`."""
    details, asked = result.details, result.request
    if result.task == "cutout" and asked.get("mask") is None and result.weights:
        sure, share = f"{details['confidence']:.0%}", f"{details['share']:.1%}"
        return [(say("Confidence", to), sure), (say("Product", to), say("{share} of the picture", to, share=share))]
    if result.task == "recolor":
        target = details["targets"][index]
        before, after = f"{target['delta_e_before']:.1f}", f"{target['delta_e']:.1f}"
        return [(say("Color", to), f"{target['to']} · ΔE {before} → {after}")]
    if result.task == "frame":
        return [(say("Fill", to), f"{details['fill']:.1%}")]
    if result.task == "shadow":
        return [(say("Shadow", to), word(f"shadow.kind.{asked['kind']}", to))]
    if result.task == "white":
        shares = (details["off_white_before"] if off_white is None else off_white, details["off_white"])
        return [(say("Off-white background", to), " → ".join(f"{share:.1%}" for share in shares))]
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
        **{
            key: {name: value for record in records for name, value in record[key].items()}
            for key in ("weights", "licences")
        },
        "seconds": sum(record["seconds"] for record in records),
        "notices": list(dict.fromkeys(text for record in records for text in record["notices"])),
        "details": [{"task": record["task"], **record["details"]} for record in records],
    }


def _moved(results: Sequence[Result]) -> tuple[float, int, int] | None:
    """Scale, left and top of the photograph in a framed picture; None without a frame."""
    boxes = [result.details["box"] for result in results if result.task == "cutout" and "box" in result.details]
    frames = [result.details for result in results if result.task == "frame"]
    if not frames or not boxes:
        return None
    (left, top, *_), scale = boxes[0], frames[-1]["scale"]
    at_left, at_top, *_ = frames[-1]["box"]
    return scale, round(at_left - left * scale), round(at_top - top * scale)
