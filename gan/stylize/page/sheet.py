"""The Stylize tab's contact sheet: one's own picture in all presets, on which a click chooses one."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.core.contract import Progress
from gan.core.errors import Cancelled
from gan.imaging.contact_sheet import FONT_PATHS
from gan.imaging.io.codec import Encoding, decode, write
from gan.imaging.mask import decode_mask
from gan.stylize.page.handlers import EVERYWHERE, given
from gan.stylize.page.style import titles
from gan.stylize.pipeline import AUTO_MODEL, SheetRequest
from gan.ui.background_job import follow
from gan.ui.i18n import Language, label, language
from gan.ui.preview import write_preview
from gan.ui.protocols import Run
from gan.ui.run_button import Bar, bar

CELL_PX: Final = 384


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
    with gr.Accordion(label("sheet"), open=False, elem_id="stylize-sheet"):
        gr.Markdown(label("sheet.info"), elem_classes="facts")
        running = bar("stylize-sheet", "sheet.run", enabled=ready)
        gallery = gr.Gallery(
            label=label("sheet.gallery"),
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
            label("sheet.download"), size="sm", visible=False, min_width=200, elem_id="stylize-sheet-download"
        )
    return Panel(running, gallery, download)


class Maker:
    """The handler, for the page and for programs."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def sheet(
        self,
        image: str | None,
        strength: float = 1.0,
        preserve_color: bool = False,
        where: str = EVERYWHERE,
        mask: str | None = None,
        model: str = AUTO_MODEL,
        request: gr.Request | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Show a product photograph in all artistic presets, small, side by side.

        Returns the sheet as PNG, the single pictures with the styles' names, and nothing.
        """
        to = language(request)
        with tempfile.TemporaryDirectory(prefix="packshot-", ignore_cleanup_errors=True) as folder:

            def job(progress: Progress, cancel: threading.Event) -> tuple[Path, list[tuple[str, str]]]:
                path = given(image)
                wanted = SheetRequest(
                    picture=decode(path),
                    strength=strength,
                    preserve_color=preserve_color,
                    where=where,
                    mask=decode_mask(mask) if mask and where != EVERYWHERE else None,
                    captions=_captions(to),
                    cell_px=CELL_PX,
                    model=model,
                )
                result = self._run(wanted, progress=progress, cancel=cancel)
                if cancel.is_set():
                    raise Cancelled
                progress(0, 0, "Writing the files")
                page, *cells = result.pictures
                file = Path(folder) / f"{path.stem or 'picture'}-styles.png"
                write(page, file, Encoding())
                shown = [
                    (write_preview(cell, Path(folder) / f"{number}.jpg"), title)
                    for number, (cell, title) in enumerate(zip(cells, titles(to), strict=True))
                ]
                return file, shown

            file, shown = yield from follow(job, to, lambda line: (*(gr.skip() for _ in range(2)), line))
            yield str(file), shown, ""


def _captions(to: Language) -> tuple[str, ...]:
    """In that language where the server has its letters."""
    drawable = to == "en" or any(Path(path).is_file() for path in FONT_PATHS)
    return tuple(titles(to if drawable else "en"))
