"""Turn a result of the Stylize tab into a file, previews, a record, a .cube file and a summary."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from gan.core.contract import Result
from gan.core.errors import InputError
from gan.imaging.color_grading import Look
from gan.imaging.io.codec import Encoding
from gan.imaging.io.cube import write_cube
from gan.imaging.picture import Picture
from gan.imaging.resize import shrunk
from gan.stylize.page.style import title_of
from gan.ui.i18n import Language, say
from gan.ui.result import RenderedResult, rendered, stem_of

MEASURED_PX: Final = 512


def from_result(
    result: Result, source: Picture, encoding: Encoding, folder: Path, to: Language, *, look: Look | None = None
) -> RenderedResult:
    """Write the result's files into the folder and sum it up.

    Args:
        look: what a photographic result does to colors, for a .cube file.
    """
    cube = None
    if look is not None:
        stem = Path(source.name).stem or "picture"
        cube = folder / f"{stem}-look.cube"
        write_cube(look, cube, title=", ".join(style_names(result)) or stem)
    details, asked = result.details, result.request
    names, shares = [title_of(name, to) for name in style_names(result)], details["shares"]
    mixed = [f"{name} {share:.0%}" for name, share in zip(names, shares, strict=True)] if len(names) > 1 else names
    rows = [(say("Style", to), " · ".join(mixed))] if mixed else []
    partial = asked["where"] != "everywhere"
    if partial:
        rows.append((say("Restyled area", to), f"{100 * details['covered']:.2f} %"))
    return rendered(
        result.picture,
        source,
        result.record,
        encoding,
        folder,
        to,
        stem=stem_of(source, "stylized"),
        rows=[*rows, *_measured(result.picture, source, to)],
        exact=partial,
        extra=cube,
    )


def style_names(result: Result) -> list[str]:
    """Of the style pictures, without endings; none where a ready look was applied."""
    return [Path(style["picture"]).stem for style in result.request.get("styles", ())]


def _measured(picture: Picture, source: Picture, to: Language) -> list[tuple[str, str]]:
    """SSIM with the photograph, measured on small copies: on large pictures it takes many seconds."""
    from gan.metrics.fidelity import compare  # scipy takes a moment, and the page is to open at once

    small = (Picture(shrunk(one.rgb, MEASURED_PX)) for one in (picture, source))
    try:
        figure = compare(*small)["SSIM"]
    except InputError:  # smaller than the measure's window
        return []
    text = say("{figure} of 1 (SSIM at {size} px)", to, figure=f"{figure:.2f}", size=MEASURED_PX)
    return [(say("Structure kept", to), text)]
