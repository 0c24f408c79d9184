"""What the Generate tab does: the handlers behind its widgets, from what these hold to what is shown."""

from __future__ import annotations

import dataclasses
import html
import tempfile
import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from gan.core.contract import Progress
from gan.core.errors import Cancelled, InputError
from gan.generate import latent as latents
from gan.generate.latent import Latent
from gan.generate.page.directions import Library, show
from gan.generate.page.result import (
    PREVIEW_PX,
    Record,
    RenderedResult,
    from_results,
    product_line,
    single_records,
    values_of,
    write_record,
)
from gan.generate.page.settings import INDEX, NAMED, Models, Settings, neutral, placed, read_saved, to_requests, told
from gan.generate.pipeline import AUTO_MODEL, Edit, GenerateRequest, record_of
from gan.generate.text import Parsed
from gan.imaging.io.codec import decode
from gan.ui.background_job import follow, one_sentence
from gan.ui.i18n import Language, language, say
from gan.ui.preview import preview_size, write_preview
from gan.ui.protocols import Run

SAID = ("category", *NAMED)
"""What a line of text can set."""


@dataclass(frozen=True)
class Asked:
    """What all widgets together say.

    Attributes:
        held: latents that take the seed's place; empty where products come from seeds.
    """

    settings: Settings
    held: tuple[Latent, ...]
    edits: tuple[Edit, ...]

    def requests(self, **changes: Any) -> list[GenerateRequest]:
        """Raises `InputError` where no request can be made of them."""
        settings = dataclasses.replace(self.settings, **changes)
        return to_requests(settings, held=self.held, edits=self.edits)


class Handlers:
    """The handlers. Where they take `*values`, these are of all settings, what is held, and the directions' panel."""

    def __init__(self, run: Run, models: Models, library: Library) -> None:
        self.run = run
        self.models = models
        self.library = library

    def asked(self, values: Sequence[Any]) -> Asked:
        """Raises `InputError` where the directions cannot be used."""
        settings, held = Settings(*values[: len(INDEX)]), values[len(INDEX)]
        edits = self.library.edits(settings.model, *values[len(INDEX) + 1 :])
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

    def api_generate(
        self,
        text: str = "",
        category: str = "",
        seed: float = 0,
        count: float = 1,
        truncation: float = 0.8,
        size: int = 256,
        transparent: bool = False,
        hue: float = 0.0,
        lightness: float = 0.0,
        fill: float = 0.0,
        aspect: float = 0.0,
        view: float = 0.0,
        as_drawn: bool = True,
        colour: str = "",
        model: str = AUTO_MODEL,
        mix_seed: float = 1,
        mix: list[str] | None = None,
        saved: str | None = None,
        request: gr.Request | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Generate pictures of products that do not exist.

        A line of text, such as "red armchair from the left", is read on top of the other settings. A saved record
        makes its picture again, whatever the others say; saved latents take the place of the seed.

        Returns the first picture as PNG, all pictures, a ZIP of them with their records, the first one's record, all
        latents, and a summary as HTML.
        """

        def requests() -> list[GenerateRequest]:
            replayed, held = read_saved(Path(saved)) if saved else (None, ())
            if replayed is not None:
                return [replayed]
            given = Settings(category, seed, count, truncation, size, transparent, hue, lightness, fill, aspect, view)
            given = dataclasses.replace(
                given, as_drawn=as_drawn, colour=colour, model=model, mix_seed=mix_seed, mix=tuple(mix or ())
            )
            return to_requests(told(given, text, self.models.categories(model))[0], held=held)

        for preview_and_more in self._made(requests, (), language(request)):
            yield *preview_and_more[:6], preview_and_more[-1]

    def choose(
        self, gallery: Sequence[tuple[str, Any]], records: Sequence[Record], event: gr.SelectData, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        """A picture of the set becomes the product that the sliders edit: as `load`, then its files."""
        to = language(request)
        number = int(event.index)
        path, record = Path(gallery[number][0]), records[number]
        with one_sentence(to), tempfile.TemporaryDirectory(prefix="packshot-") as folder:
            replayed = record_of(record["request"])
            picture = decode(path)
            small = write_preview(picture, Path(folder) / "preview.jpg", preview_size(picture, PREVIEW_PX))
            count = gr.skip()  # of the next set; the picture's own is one
            values = placed(Settings.of(replayed))
            values[INDEX["count"]] = count
            held = () if replayed.latent is None else (replayed.latent,)
            yield (
                *self._put(values, held, replayed.edits, to),
                small,
                _facts(product_line(record, to)),
                str(path),
                str(write_record(Path(folder), path, record)),
            )

    def load(self, request: gr.Request, path: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """A saved file: settings, held, release, the panel's values, preview, line."""
        to = language(request)
        with one_sentence(to), tempfile.TemporaryDirectory(prefix="packshot-") as folder:
            replayed, held = read_saved(Path(path))
            if replayed is None:
                asked = self.asked(values)
                known = held[0].category in self.models.categories(asked.settings.model)
                settings = dataclasses.replace(asked.settings, category=held[0].category if known else "")
                asked = Asked(settings, held, asked.edits)
            else:
                self._check_offered(replayed)
                asked = Asked(Settings.of(replayed), held, replayed.edits)
            drawn = self._drawn(asked, Path(folder), to)
            yield *self._put(placed(asked.settings), held, asked.edits, to), *drawn

    def tell(self, text: str, category: str, model: str, request: gr.Request) -> list[Any]:
        """What a line of text sets, in the order of `SAID`; held, release; a sentence on what was not understood."""
        settings, parsed = told(Settings(category=category, model=model), text, self.models.categories(model))
        values = settings.values()
        letting_go = ("", gr.update(visible=False)) if parsed.category else (gr.skip(), gr.skip())
        line = _facts(_misunderstood(parsed, language(request)))
        return [*(values[INDEX[name]] for name in SAID), *letting_go, line]

    def take(self, latent: Latent, settings: Settings, to: Language) -> list[Any]:
        """A projected product becomes the one that the sliders edit: settings, held, release, the panel's values."""
        known = latent.category in self.models.categories(settings.model)
        plain = dataclasses.replace(neutral(settings), category=latent.category if known else "", mix=())
        return self._put(placed(plain), (latent,), (), to)

    def _put(self, values: list[Any], held: Sequence[Latent], edits: Sequence[Edit], to: Language) -> list[Any]:
        text = latents.to_json(tuple(held)) if held else ""
        return [*values, text, gr.update(visible=bool(held)), *show(edits, to)]

    def _drawn(self, asked: Asked, folder: Path, to: Language) -> tuple[str, str]:
        wanted, *_ = asked.requests(count=1, size=PREVIEW_PX, transparent=False)
        result = self.run(wanted)
        record, *_ = single_records(result)
        more = f" + {len(asked.held) - 1}" if len(asked.held) > 1 else ""
        return write_preview(result.picture, folder / "preview.jpg"), _facts(product_line(record, to) + more)

    def _made(
        self, requests: Any, before: Sequence[tuple[Path, Record]], to: Language
    ) -> Generator[tuple[Any, ...], None, None]:
        with tempfile.TemporaryDirectory(prefix="packshot-", ignore_cleanup_errors=True) as folder:

            def job(progress: Progress, cancel: threading.Event) -> RenderedResult:
                wanted = requests()
                results = []
                for number, one in enumerate(wanted):
                    if len(wanted) > 1:
                        progress(number, len(wanted), "Generating")
                    results.append(self.run(one, progress=progress if len(wanted) == 1 else None, cancel=cancel))
                if cancel.is_set():
                    raise Cancelled
                progress(0, 0, "Writing the files")
                return from_results(results, Path(folder), to, before=before)

            shown = yield from follow(job, to, lambda line: (*(gr.skip() for _ in range(9)), line))
            yield *values_of(shown), shown.preview, _facts(shown.line), list(shown.records), ""

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
        parts.append(say("Not understood: {words}", to, words=", ".join(parsed.unknown)))
    if parsed.overruled:
        parts.append(say("Overruled by a later word: {words}", to, words=", ".join(parsed.overruled)))
    return " · ".join(parts)
