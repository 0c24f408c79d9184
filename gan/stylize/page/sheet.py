"""The Stylize tab's contact sheet: one's own picture in all presets, on which a click chooses one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.imaging.contact_sheet import FONT_PATHS
from gan.imaging.io.codec import Encoding, write
from gan.stylize.page.handlers import EVERYWHERE
from gan.stylize.page.style import titles
from gan.stylize.pipeline import SheetRequest
from gan.ui.endpoint import Done, Endpoints
from gan.ui.i18n import Language, label
from gan.ui.preview import write_preview
from gan.ui.protocols import Run
from gan.ui.result import stem_of
from gan.ui.run_button import Bar, bar

CELL_PX: Final = 384
RETURNS: Final = "Returns the sheet as PNG, the single pictures with the styles' names, and nothing."


@dataclass(frozen=True)
class Panel:
    """The fold with the sheet."""

    bar: Bar
    gallery: gr.Gallery
    download: gr.DownloadButton

    def values(self) -> list[Component]:
        """Outputs in the API's order: the file first."""
        return [self.download, self.gallery]


def build(*, ready: bool) -> Panel:
    """Draw it. Without a model it cannot be started."""
    with gr.Accordion(label("stylize.sheet"), open=False, elem_id="stylize-sheet"):
        gr.Markdown(label("stylize.sheet.info"), elem_classes="facts")
        running = bar("stylize-sheet", "stylize.sheet.run", enabled=ready)
        gallery = gr.Gallery(
            label=label("stylize.sheet.gallery"),
            columns=4,
            height="auto",
            object_fit="contain",
            allow_preview=False,
            interactive=False,
            visible=False,
            buttons=[],
            elem_id="stylize-sheet-gallery",
            elem_classes="pickable sheet",
        )
        download = gr.DownloadButton(
            label("stylize.sheet.download"), size="sm", visible=False, min_width=200, elem_id="stylize-sheet-download"
        )
    return Panel(running, gallery, download)


def expose(public: Endpoints, run: Run, panel: Panel) -> None:
    """Let programs call /sheet."""
    public.expose(
        "sheet",
        SheetRequest,
        run,
        finish,
        panel.values(),
        panel.bar.status,
        returns=RETURNS,
        adapt=of_sheet,
        without=("names", "cell_px"),
        encoded=False,
    )


def of_sheet(values: Mapping[str, Any], to: Language) -> dict[str, Any]:
    """The fields of a contact sheet's request. A mask that is out of sight does not count."""
    kept = {name: value for name, value in values.items() if name != "mask" or values.get("where") != EVERYWHERE}
    return {**kept, "captions": _captions(to), "cell_px": CELL_PX}


def finish(done: Done[SheetRequest]) -> tuple[Any, ...]:
    """The sheet's file, and its pictures with the styles' names."""
    page, *cells = done.result.pictures
    file = done.folder / f"{stem_of(done.asked.request.picture, 'styles')}.png"
    write(page, file, Encoding())
    shown = [
        (write_preview(cell, done.folder / f"{number}.jpg"), title)
        for number, (cell, title) in enumerate(zip(cells, titles(done.to), strict=True))
    ]
    return str(file), shown


def _captions(to: Language) -> tuple[str, ...]:
    """In that language where the server has its letters."""
    drawable = to == "en" or any(Path(path).is_file() for path in FONT_PATHS)
    return tuple(titles(to if drawable else "en"))
