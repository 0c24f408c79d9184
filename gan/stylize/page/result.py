"""What the Stylize tab makes of a result: the file, previews, a record, a .cube file, what is said."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gan.core.contract import Result
from gan.core.errors import InputError
from gan.imaging.color_grading import Look
from gan.imaging.io.codec import Encoding, write
from gan.imaging.io.cube import write_cube
from gan.imaging.io.formats import LOSSY
from gan.imaging.picture import Picture
from gan.imaging.resize import shrunk
from gan.stylize.page.style import title_of
from gan.ui import widgets
from gan.ui.i18n import Language, notice, say
from gan.ui.preview import preview_size, write_preview
from gan.ui.result import common_rows, write_record

MEASURED_PX: Final = 512


@dataclass(frozen=True)
class RenderedResult:
    """What the page shows of a result.

    Attributes:
        file: the full picture in the chosen format.
        pair: previews before and after, of equal size.
        summary: HTML.
        record: JSON, enough to make the same picture again.
        cube: what was done to the colours, for other editors; None where strokes were painted.
    """

    file: Path
    pair: tuple[str, str]
    summary: str
    record: Path
    cube: Path | None

    def values(self) -> tuple[Any, ...]:
        """For `gan.ui.widgets.ResultView.values` and the .cube file."""
        return str(self.file), self.pair, self.summary, str(self.record), None if self.cube is None else str(self.cube)


def from_result(
    result: Result, source: Picture, encoding: Encoding, folder: Path, to: Language, *, look: Look | None = None
) -> RenderedResult:
    """Write the result's files into the folder and sum it up.

    Args:
        look: what a photographic result does to colours.
    """
    stem = Path(source.name).stem or "picture"
    file = folder / f"{stem}-stylized{encoding.suffix}"
    write(result.picture, file, encoding)
    size = preview_size(result.picture)
    before = write_preview(source, folder / "before.jpg", size)
    after = write_preview(result.picture, folder / "after.jpg", size)
    cube = None
    if look is not None:
        cube = folder / f"{stem}-look.cube"
        write_cube(look, cube, title=", ".join(style_names(result)) or stem)
    told = result.record
    return RenderedResult(
        file, (before, after), _summary(result, source, file, encoding, to), write_record(told, file, encoding), cube
    )


def style_names(result: Result) -> list[str]:
    """Of the style pictures, without endings; none where a ready look was applied."""
    return [Path(style["picture"]).stem for style in result.request.get("styles", ())]


def _summary(result: Result, source: Picture, file: Path, encoding: Encoding, to: Language) -> str:
    details, asked = result.details, result.request
    names, shares = [title_of(name, to) for name in style_names(result)], details["shares"]
    mixed = [f"{name} {share:.0%}" for name, share in zip(names, shares, strict=True)] if len(names) > 1 else names
    rows = common_rows(result.record, f"{source.width_px} × {source.height_px} px", file, encoding, to)
    rows += [(say("Style", to), " · ".join(mixed))] if mixed else []
    partial = asked["where"] != "everywhere"
    if partial:
        rows.append((say("Restyled", to), f"{100 * details['covered']:.2f} %"))
    rows += _measured(result.picture, source, to)
    notices = [*result.notices, *([LOSSY] if partial and not encoding.exact else [])]
    return widgets.facts_list(rows, [notice(text, to) for text in notices])


def _measured(picture: Picture, source: Picture, to: Language) -> list[tuple[str, str]]:
    """How much of the photograph's structure is left, on small copies: of large pictures it takes many seconds."""
    from gan.metrics.fidelity import compare  # scipy takes a moment, and the page is to open at once

    small = (Picture(shrunk(one.rgb, MEASURED_PX)) for one in (picture, source))
    try:
        figure = compare(*small)["SSIM"]
    except InputError:  # smaller than the measure's window
        return []
    text = say("{figure} of 1 (SSIM at {size} px)", to, figure=f"{figure:.2f}", size=MEASURED_PX)
    return [(say("Structure kept", to), text)]
