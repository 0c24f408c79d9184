"""Contact sheets: one's own picture in every ready-made choice, on which a click chooses one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import gradio as gr
from gradio.components.base import Component

from gan.core.contract import Request
from gan.imaging.contact_sheet import FONT_PATHS
from gan.imaging.io.codec import Encoding, write
from gan.ui import pictures
from gan.ui.belonging import Belonging
from gan.ui.endpoint import Asked, Done, Endpoints, carry_out
from gan.ui.form import read
from gan.ui.i18n import Language, label, language
from gan.ui.preview import write_preview
from gan.ui.protocols import Run
from gan.ui.result import stem_of
from gan.ui.run_button import Bar, bar
from gan.ui.widgets import LIGHT, SCROLL

R = TypeVar("R", bound=Request)


@dataclass(frozen=True)
class Kind(Generic[R]):
    """A task that makes a sheet.

    Attributes:
        request: with captions and `cell_px` among its fields, and names of choices, which are not asked for.
        stem: end of the file's name.
        titles: of the choices in a language, in the sheet's order.
        cell_px: of the room for each picture.
        asked: the options that count, by public name.
    """

    request: type[R]
    stem: str
    titles: Callable[[Language], Sequence[str]]
    cell_px: int
    asked: Callable[[Mapping[str, Any]], dict[str, Any]] = dict

    def fields(self, values: Mapping[str, Any], to: Language) -> dict[str, Any]:
        """The request's fields; captions in that language where the server has its letters."""
        drawable = to == "en" or any(Path(path).is_file() for path in FONT_PATHS)
        captions = tuple(self.titles(to if drawable else "en"))
        return {**self.asked(values), "captions": captions, "cell_px": self.cell_px}

    def finish(self, done: Done[Any]) -> tuple[Any, ...]:
        """The sheet's file, and its pictures with the choices' titles."""
        page, *cells = done.result.pictures
        file = done.folder / f"{stem_of(done.asked.request.picture, self.stem)}.png"
        write(page, file, Encoding())
        titled = enumerate(zip(cells, self.titles(done.to), strict=True))
        return str(file), [(write_preview(cell, done.folder / f"{n}.jpg"), title) for n, (cell, title) in titled]


@dataclass(frozen=True)
class Sheet:
    """The fold with a sheet."""

    bar: Bar
    gallery: gr.Gallery
    download: gr.DownloadButton

    def values(self) -> list[Component]:
        """Outputs in the API's order: the file first."""
        return [self.download, self.gallery]

    def expose(self, public: Endpoints, name: str, kind: Kind[Any], run: Run, returns: str) -> None:
        """Let programs call it under a name."""
        public.expose(
            name,
            kind.request,
            run,
            kind.finish,
            self.values(),
            self.bar.status,
            returns=returns,
            adapt=kind.fields,
            without=("names", "cell_px"),
            encoded=False,
        )

    def attach(
        self,
        kind: Kind[Any],
        run: Run,
        photograph: gr.File,
        options: Mapping[str, Component],
        of: Belonging | None = None,
    ) -> None:
        """Let the fold's button make a sheet of a photograph.

        Args:
            options: widgets of the request's options, by public name; what is empty is not asked for.
            of: as of `gan.ui.run_button.Bar.attach`.
        """

        def on_page(request: gr.Request, image: str | None, *values: Any) -> Iterator[tuple[Any, ...]]:
            to = language(request)

            def ask() -> Asked[Any]:
                given = {name: value for name, value in zip(options, values, strict=True) if value not in (None, "")}
                return Asked(read(kind.request, kind.fields({**given, "image": image}, to)), Encoding())

            yield from carry_out(run, ask, kind.finish, to, outputs=len(self.values()))

        made = self.bar.attach(self.bar.start.click, on_page, [photograph, *options.values()], self.values(), of=of)
        shown = made.success(lambda: [gr.update(visible=True)] * 2, None, self.values(), **LIGHT)
        shown = shown if of is None else of.settle(shown.then)
        shown.then(None, js=SCROLL.format(self.gallery.elem_id), **LIGHT)


def build(name: str, *, ready: bool = True) -> Sheet:
    """Add the fold.

    Args:
        name: prefix of the labels' ids and, with hyphens, of the elements'.
        ready: whether it can be started.
    """
    own = name.replace(".", "-")
    with gr.Accordion(label(name), open=False, elem_id=own):
        gr.Markdown(label(f"{name}.info"), elem_classes="facts")
        running = bar(own, f"{name}.run", enabled=ready)
        gallery = pictures.pickable(f"{own}-gallery", label(f"{name}.gallery"), columns=4)
        download = gr.DownloadButton(
            label(f"{name}.download"), size="sm", visible=False, min_width=200, elem_id=f"{own}-download"
        )
    return Sheet(running, gallery, download)
