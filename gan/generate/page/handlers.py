"""Handlers of the Generate tab: from the values of its widgets to the results shown."""

from __future__ import annotations

import dataclasses
import html
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import gradio as gr
from gradio.components.base import Component

from gan.core.contract import Progress
from gan.core.errors import Cancelled, InputError
from gan.core.option import Option, Options
from gan.generate import latent as latents
from gan.generate.latent import Latent
from gan.generate.page.directions import Library, show
from gan.generate.page.result import (
    PREVIEW_PX,
    Record,
    from_results,
    product_line,
    single_records,
    values_of,
    write_record,
)
from gan.generate.page.settings import (
    AS_DRAWN,
    SAID,
    VIEW,
    Models,
    Settings,
    defaults,
    neutral,
    placed,
    read_saved,
    settings_of,
    to_requests,
    told,
)
from gan.generate.pipeline import Edit, GenerateRequest, record_of
from gan.generate.text import Parsed
from gan.imaging.io.codec import decode
from gan.ui import selected
from gan.ui.background_job import one_sentence
from gan.ui.endpoint import Endpoints, described, followed
from gan.ui.form import read
from gan.ui.i18n import Language, language, say
from gan.ui.preview import preview_size, write_preview
from gan.ui.protocols import Run

NAMES = {"size_in_frame": "fill", VIEW: "view"}
"""The sliders that programs know by another name than the page."""
FIRST = (
    *("text", "category", "seed", "count", "truncation", "size", "transparent"),
    *("hue", "lightness", "fill", "aspect", "view", "as_drawn", "colour", "model", "mix_seed", "mix", "saved"),
)
"""The order of /generate's first version."""
DOCS = """A line of text, such as "red armchair from the left", is read on top of the other settings. A saved record
makes its picture again, whatever the others say; saved latents take the place of the seed.

Returns the first picture as PNG, all pictures, a ZIP of them with their records, the first one's record, all latents,
and a summary as HTML."""
NAMES_BACK = {name: public for public, name in NAMES.items()}


class Described(Options):
    """Settings that programs give beside a request's fields."""

    text: Annotated[str, Option("a product in words, such as red armchair from the left")] = ""
    as_drawn: Annotated[bool, Option("seen as the latent has it, unless a view is set")] = True


@dataclass(frozen=True)
class Asked:
    """Combined values of all widgets.

    Attributes:
        held: latents that take the seed's place; empty where products come from seeds.
    """

    settings: Settings
    held: tuple[Latent, ...]
    edits: tuple[Edit, ...]

    def requests(self, **changes: Any) -> list[GenerateRequest]:
        """Raises `InputError` where no request can be made of them."""
        return to_requests({**self.settings, **changes}, held=self.held, edits=self.edits)


class Handlers:
    """The handlers. Where they take `*values`, these are of all settings, what is held, and the directions' panel.

    Args:
        names: of the settings, in the order of their values.
    """

    def __init__(self, run: Run, models: Models, library: Library, names: Sequence[str]) -> None:
        self.run = run
        self.models = models
        self.library = library
        self.names = tuple(names)

    def settings(self, values: Sequence[Any]) -> dict[str, Any]:
        """By name; a widget that was emptied counts as untouched."""
        held = zip(self.names, values, strict=False)
        return {name: value for name, value in held if value is not None}

    def asked(self, values: Sequence[Any]) -> Asked:
        """Raises `InputError` where the directions cannot be used."""
        settings, held, *panel = self.settings(values), *values[len(self.names) :]
        edits = self.library.edits(settings["model"], *panel)
        return Asked(settings, latents.load(held.encode()) if held else (), edits)

    def identify(self, model: str) -> tuple[str, str]:
        """A model's name and hash, as a result names them."""
        result = self.run(GenerateRequest(model=model, size=PREVIEW_PX))
        name = str(result.details["model"])
        return name, result.weights[name]

    def preview(self, request: gr.Request, *values: Any) -> Iterator[tuple[Any, ...]]:
        """The product under the sliders, small and at once: preview, line."""
        to = language(request)
        with one_sentence(to), tempfile.TemporaryDirectory(prefix="packshot-") as folder:
            yield self._drawn(self.asked(values), Path(folder), to)

    def fresh(self, request: gr.Request, *values: Any) -> Iterator[tuple[Any, ...]]:
        """The same for the seed, letting go of what is held: preview, line, held, release."""
        to = language(request)
        with one_sentence(to), tempfile.TemporaryDirectory(prefix="packshot-") as folder:
            asked = dataclasses.replace(self.asked(values), held=())
            yield *self._drawn(asked, Path(folder), to), "", gr.update(visible=False)

    def generate(self, request: gr.Request, *values: Any) -> Iterator[tuple[Any, ...]]:
        """A new set: the view's values, preview, line, records, status."""
        yield from self._made(lambda: self.asked(values).requests(), (), language(request))

    def keep(
        self, request: gr.Request, gallery: Sequence[tuple[str, Any]] | None, records: Sequence[Record], *values: Any
    ) -> Iterator[tuple[Any, ...]]:
        """The product under the sliders in full, put in front of the set; outputs as of `generate`."""
        before = [(Path(path), record) for (path, _), record in zip(gallery or (), records, strict=False)]
        yield from self._made(lambda: self.asked(values).requests(count=1), before, language(request))

    def expose(self, public: Endpoints, outputs: Sequence[Component]) -> None:
        """Let programs call /generate.

        Args:
            outputs: the view's, and the status.
        """
        saved = public.file("saved", "a record or latents that the tab saved")
        entries = [*public.entries(Described), *public.entries(GenerateRequest, names=NAMES), saved]

        def handle(values: dict[str, Any], request: gr.Request | None) -> Iterator[tuple[Any, ...]]:
            def requests() -> list[GenerateRequest]:
                replayed, asked = self.replayed(values)
                return [replayed] if replayed is not None else asked.requests()

            for made in self._made(requests, (), language(request)):
                yield *made[:6], made[-1]

        public.serve("generate", handle, entries, outputs, docs=f"{described(GenerateRequest)}\n\n{DOCS}", first=FIRST)

    def replayed(self, values: Mapping[str, Any]) -> tuple[GenerateRequest | None, Asked]:
        """The request of a saved record, if there is one; and otherwise what the parameters of an endpoint say.

        Raises:
            InputError: the saved file is neither a record nor latents.
        """
        given = {NAMES_BACK.get(name, name): value for name, value in values.items()}
        saved = given.pop("saved")
        request, held = read_saved(Path(saved)) if saved else (None, ())
        beside = read(Described, {name: given.pop(name) for name in Described.model_fields})
        given[AS_DRAWN] = beside.as_drawn
        if given.get("mix") and given.get("mix_seed") is None:
            given["mix_seed"] = 1
        if beside.text:
            given, _ = told(given, beside.text, self.models.categories(str(given["model"])))
        return request, Asked(given, held, ())

    def choose(
        self, gallery: Sequence[tuple[str, Any]], records: Sequence[Record], event: gr.SelectData, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        """A picture of the set becomes the product that the sliders edit: as `load`, then its files."""
        to = language(request)
        at = selected.number(event, min(len(gallery or ()), len(records or ())))
        path, record = Path(gallery[at][0]), records[at]
        with one_sentence(to), tempfile.TemporaryDirectory(prefix="packshot-") as folder:
            replayed = record_of(record["request"])
            picture = decode(path)
            small = write_preview(picture, Path(folder) / "preview.jpg", preview_size(picture, PREVIEW_PX))
            count = gr.skip()  # of the next set; the picture's own is one
            values = {**placed(settings_of(replayed)), "count": count}
            held = () if replayed.latent is None else (replayed.latent,)
            yield (
                *self._put(values, held, replayed.edits, to),
                small,
                _facts(product_line(record, to)),
                str(path),
                str(write_record(Path(folder), path, record)),
            )

    def load(self, request: gr.Request, path: str | None, *values: Any) -> Iterator[tuple[Any, ...]]:
        """A saved file: settings, held, release, the panel's values, preview, line."""
        to = language(request)
        with one_sentence(to), tempfile.TemporaryDirectory(prefix="packshot-") as folder:
            if path is None:
                raise InputError("saved", "missing", "a file that this page has saved is needed", "Choose one first")
            replayed, held = read_saved(Path(path))
            if replayed is None:
                asked = self.asked(values)
                known = held[0].category in self.models.categories(asked.settings["model"])
                settings = {**defaults(), **asked.settings, "category": held[0].category if known else ""}
                asked = Asked(settings, held, asked.edits)
            else:
                self._check_offered(replayed)
                asked = Asked(settings_of(replayed), held, replayed.edits)
            drawn = self._drawn(asked, Path(folder), to)
            yield *self._put(placed(asked.settings), held, asked.edits, to), *drawn

    def tell(self, text: str, category: str, model: str, request: gr.Request) -> list[Any]:
        """Parse a line of text into settings, in the order of `SAID`; held, release; a sentence on unknown words."""
        plain = {**defaults(), "category": category, "model": model}
        settings, parsed = told(plain, text, self.models.categories(model))
        letting_go = ("", gr.update(visible=False)) if parsed.category else (gr.skip(), gr.skip())
        line = _facts(_misunderstood(parsed, language(request)))
        return [*(settings[name] for name in SAID), *letting_go, line]

    def take(self, latent: Latent, settings: Settings, to: Language) -> list[Any]:
        """A projected product becomes the one that the sliders edit: settings, held, release, the panel's values."""
        known = latent.category in self.models.categories(settings["model"])
        plain = {**neutral({**defaults(), **settings}), "category": latent.category if known else "", "mix": []}
        return self._put(placed(plain), (latent,), (), to)

    def _put(self, values: Settings, held: Sequence[Latent], edits: Sequence[Edit], to: Language) -> list[Any]:
        text = latents.to_json(tuple(held)) if held else ""
        return [*(values[name] for name in self.names), text, gr.update(visible=bool(held)), *show(edits, to)]

    def _drawn(self, asked: Asked, folder: Path, to: Language) -> tuple[str, str]:
        wanted, *_ = asked.requests(count=1, size=PREVIEW_PX, transparent=False)
        result = self.run(wanted)
        record, *_ = single_records(result)
        more = f" + {len(asked.held) - 1}" if len(asked.held) > 1 else ""
        return write_preview(result.picture, folder / "preview.jpg"), _facts(product_line(record, to) + more)

    def _made(self, requests: Any, before: Sequence[tuple[Path, Record]], to: Language) -> Iterator[tuple[Any, ...]]:
        def work(folder: Path, progress: Progress, cancel: threading.Event) -> tuple[Any, ...]:
            wanted = requests()
            results = []
            for number, one in enumerate(wanted):
                if len(wanted) > 1:
                    progress(number, len(wanted), "Generating")
                results.append(self.run(one, progress=progress if len(wanted) == 1 else None, cancel=cancel))
            if cancel.is_set():
                raise Cancelled
            progress(0, 0, "Writing the files")
            shown = from_results(results, folder, to, before=before)
            return *values_of(shown), shown.preview, _facts(shown.line), list(shown.records)

        return followed(work, to, outputs=9)

    def _check_offered(self, request: GenerateRequest) -> None:
        if request.model not in [name for _, name in self.models.offered()]:
            raise InputError(
                "record",
                "it was made with {name}",
                "a model that is offered here is expected",
                "Choose another file",
                name=request.model,
            )


def _facts(text: str) -> str:
    return f'<span role="status">{html.escape(text)}</span>' if text else ""


def _misunderstood(parsed: Parsed, to: Language) -> str:
    parts = []
    if parsed.unknown:
        parts.append(say("Not recognized: {words}", to, words=", ".join(parsed.unknown)))
    if parsed.overruled:
        parts.append(say("Replaced by a later word: {words}", to, words=", ".join(parsed.overruled)))
    return " · ".join(parts)
