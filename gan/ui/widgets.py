"""Widgets that several tabs share: the picture going in, the one coming out, its format, what is remembered."""

from __future__ import annotations

import html
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.imaging.io.codec import Encoding, decode
from gan.imaging.picture import Picture
from gan.ui import pictures
from gan.ui.assets import html_of
from gan.ui.background_job import one_sentence
from gan.ui.belonging import READABLE, Belonging
from gan.ui.events import AT_ONCE as AT_ONCE
from gan.ui.events import COMPUTING as COMPUTING
from gan.ui.events import DECODING as DECODING
from gan.ui.events import LIGHT as LIGHT
from gan.ui.form import Form, read
from gan.ui.i18n import Language, label, language, notice
from gan.ui.preview import write_preview
from gan.ui.protocols import Choice

SCROLL: Final = "() => {{ document.getElementById('{}')?.scrollIntoView({{block: 'nearest', behavior: 'smooth'}}) }}"
"""Brings the result into sight on a phone, where it is below the controls; elsewhere it is, and nothing moves."""

BROWSERS_SHOW: Final = (".avif", ".jpeg", ".jpg", ".png", ".webp")
FORMATS: Final = (("PNG", "png"), ("JPEG", "jpeg"), ("WebP", "webp"), ("AVIF", "avif"), ("TIFF", "tiff"))


class OutputOptions(Form[Encoding]):
    """Controls of the downloaded file, in the order of `gan.imaging.io.formats.Encoding`'s fields."""

    def encoding(self, values: Sequence[Any]) -> Encoding:
        """Encoding selected by the controls.

        A choice that is out of sight does not count: it is about to be set back.

        Raises:
            InputError: a value out of range.
        """
        given = self.given(values)
        given["lossless"] = bool(given.get("lossless")) and given["format"] == "webp"
        given["keep_location"] = bool(given.get("keep_location")) and bool(given.get("keep_exif"))
        return read(Encoding, given)


@dataclass(frozen=True)
class ResultView:
    """Components that show a result; `values` are an event's outputs, `reveal` belongs behind its success."""

    around: gr.Column
    stage: gr.Column
    slider: gr.ImageSlider
    view: gr.Radio
    before: gr.Image
    after: gr.Image
    lens: gr.Button
    summary: gr.HTML
    files: gr.Row
    download: gr.DownloadButton
    record: gr.DownloadButton

    def values(self) -> list[Component]:
        """Outputs in the API's order: the file first."""
        return [self.download, self.slider, self.summary, self.record]

    def reveal(self, finished: gr.events.Dependency, of: Belonging | None = None) -> None:
        """Show the result, in the chosen view, once the event has succeeded (or was stopped: then the last one).

        Args:
            of: as of `gan.ui.run_button.Bar.attach`, where the picture may change meanwhile.
        """
        outputs = [self.slider, self.before, self.after, self.lens, self.view, self.files]
        shown = finished.success(_reveal, [self.view, self.slider], outputs, **LIGHT)
        shown = shown if of is None else of.settle(shown.then)
        shown.then(None, js=SCROLL.format(self.slider.elem_id), **LIGHT)

    def of(self, picture: gr.File, also: Sequence[Component] = ()) -> Belonging:
        """The result as what belongs to a picture.

        Args:
            also: further files and buttons, which go out of sight with it.
        """
        stills = [self.before, self.after]
        emptied = [self.download, self.slider, self.summary, self.record, *stills]
        emptied += [part for part in also if not isinstance(part, gr.Button) or isinstance(part, gr.DownloadButton)]
        return Belonging(picture, emptied, [*stills, self.lens, self.view, self.files, *also])


def heading() -> None:
    """The product's name and one line."""
    with gr.Column(elem_id="heading"):
        gr.Markdown("# Packshot Studio", elem_id="heading-name")
        gr.Markdown(label("page.tagline"), elem_id="heading-line")


def footer(*, mcp: bool = False) -> gr.Button:
    """A line of links: the API, agents where they are served, and on a Space a copy of it. Gives the button for a link.

    Args:
        mcp: whether agents are served.
    """
    links = html_of("footer.html", mcp=mcp)
    with gr.Row(elem_id="footer"):
        gr.HTML(links, elem_id="footer-links", padding=False)
        copy = gr.Button(label("page.link"), size="sm", min_width=0, elem_id="copy-link")
        if os.environ.get("SPACE_ID"):
            gr.DuplicateButton(label("page.duplicate"), min_width=0, elem_id="duplicate")
    return copy


def picture_input(name: str, examples: Path | None = None, only: Sequence[str] = (), *, press: str = "") -> gr.File:
    """A place to drop a picture, with a preview that we make, and examples below.

    The file arrives as it was uploaded: an image component would re-encode some kinds and fail on others, and browsers
    cannot show HEIC or TIFF.

    Args:
        name: prefix of the element ids.
        examples: folder of pictures; may be missing or empty.
        only: names, without suffixes, of those to offer, in this order; empty for all.
        press: element id of a button that an example presses.
    """
    file = picture_file(name)
    preview = pictures.preview(f"{name}-preview")
    facts = gr.HTML(visible=False, elem_id=f"{name}-facts", elem_classes="facts", padding=False)
    seen = file.change(_look, file, [preview, facts], **DECODING)
    setattr(file, READABLE, seen.success)
    shelf(name, file, examples, only, press=press)
    return file


def picture_file(name: str) -> gr.File:
    """A place to drop a picture."""
    return gr.File(label=label("picture.file"), type="filepath", height=130, elem_id=f"{name}-picture")


def shelf(
    name: str,
    file: gr.File,
    examples: Path | None,
    only: Sequence[str] = (),
    *,
    beside: Sequence[Component] = (),
    values_beside: Callable[[str, gr.Request], Sequence[Any]] = lambda _, __: (),
    press: str = "",
) -> None:
    """Examples that a click puts into the file, as of `picture_input`.

    Args:
        beside: what else a click fills.
        values_beside: with what, for an example's name without its suffix.
        press: as of `picture_input`.
    """
    paths = [path for path in _pictures(examples) if not only or path.stem in only]
    if only:
        paths.sort(key=lambda path: only.index(path.stem))
    if paths:
        shown = gr.Dataset(
            components=[gr.Image(type="filepath", visible=False)],
            samples=[[str(path)] for path in paths],
            type="index",
            label=label("picture.examples"),
            elem_id=f"{name}-examples",
            elem_classes="examples",
        )

        def chosen(number: int, request: gr.Request) -> Any:
            path = str(paths[number])
            # Gradio takes a list of one as the value itself.
            return [path, *values_beside(paths[number].stem, request)] if beside else path

        clicked = shown.click(chosen, shown, [file, *beside], **LIGHT)
        if press:
            clicked.success(None, js=f"() => document.getElementById('{press}')?.click()", **LIGHT)


def output_options(name: str) -> OutputOptions:
    """Format, quality and what of the camera's data stays; folded."""
    options = OutputOptions(Encoding, "output", prefix=name)
    with gr.Accordion(label("output.title"), open=False, elem_id=f"{name}-output"):
        file_format = options.add("format", choices=list(FORMATS))
        quality = options.add("quality", visible=False)
        lossless = options.add("lossless", visible=False)
        keep_exif = options.add("keep_exif")
        keep_location = options.add("keep_location", visible=False)
    gr.on(
        [file_format.change, lossless.change, keep_exif.change],
        lambda kind, exact, exif: (*_offer_quality(kind, exact), _offer_location(exif)),
        [file_format, lossless, keep_exif],
        [quality, lossless, keep_location],
        **LIGHT,
    )
    return options


def result_view(name: str) -> ResultView:
    """Before and after under a slider, or as pictures for those who use the keyboard; the files and the summary."""
    with gr.Column() as around, gr.Column(elem_id=f"{name}-stage", elem_classes="stage") as stage:
        slider = gr.ImageSlider(
            type="filepath",
            image_mode=None,
            interactive=False,
            label=label("result.compare"),
            buttons=["fullscreen"],
            slider_position=50,
            max_height=560,
            elem_id=f"{name}-slider",
        )
        with gr.Row():
            before = _still(name, "before")
            after = _still(name, "after")
    view = gr.Radio(
        [(label(f"result.view.{choice}"), choice) for choice in ("swipe", "before", "after", "both")],
        value="swipe",
        label=label("result.view"),
        visible=False,
        elem_id=f"{name}-view",
    )
    lens = gr.Button(label("result.lens"), size="sm", visible=False, elem_id=f"{name}-lens", elem_classes="lens-button")
    with gr.Row(visible=False, elem_id=f"{name}-made") as files:
        download = gr.DownloadButton(
            label("result.download"), variant="primary", min_width=140, elem_id=f"{name}-download"
        )
        record = gr.DownloadButton(label("result.record"), variant="secondary", min_width=140, elem_id=f"{name}-record")
    summary = gr.HTML(elem_id=f"{name}-summary", elem_classes="summary", padding=False)
    view.change(_arrange, [view, slider], [slider, before, after, lens], **LIGHT)
    return ResultView(around, stage, slider, view, before, after, lens, summary, files, download, record)


def facts_list(rows: Sequence[tuple[str, str]], notices: Sequence[str] = ()) -> str:
    """Names and values as an HTML list, and sentences below; everything is escaped."""
    return html_of("facts.html", rows=rows, notices=notices)


def say_why_not(name: str, sentence: str, models: Sequence[Choice]) -> None:
    """Draw why a tab cannot work.

    Args:
        name: the tab's, as its elements' ids begin.
        sentence: a key of `gan.ui.locale.labels`.
        models: those that would be needed.
    """
    with gr.Column(elem_id=f"{name}-unavailable"):
        gr.Markdown(label(sentence))
        reasons = [f"{choice.title}: {choice.reason}" for choice in models if choice.reason]
        gr.HTML(facts_list([], reasons), elem_classes="summary", padding=False)


def remember(page: gr.Blocks, name: str, controls: Sequence[Any]) -> None:
    """Keep what the user last set in the user's own browser, and set it again when the page is opened.

    A value that is no longer allowed, such as a model that is gone, is passed over.
    """
    # Two for one key: what is read changes only where something is found when the page is opened, so that a first visit
    # costs no event with every control in it; what is written calls nothing.
    found, kept = (
        gr.BrowserState(None, storage_key=f"packshot-studio-{name}", secret="packshot-studio") for _ in range(2)
    )

    def restore(values: object) -> Any:
        if not isinstance(values, list) or len(values) != len(controls):
            kept_values = [gr.skip() for _ in controls]
        else:
            kept_values = [_allowed(control, value) for control, value in zip(controls, values, strict=True)]
        # Gradio takes a list of one as the value itself.
        return kept_values if len(controls) > 1 else kept_values[0]

    # A link to this tab brings its own settings.
    linked = f"values => [new URLSearchParams(location.search).get('tab') === {json.dumps(name)} ? null : values]"
    found.change(restore, found, list(controls), js=linked, **LIGHT)
    gr.on(
        [control.input for control in controls],
        None,
        list(controls),
        kept,
        js="(...values) => [values]",
        **LIGHT,
    )


def _allowed(control: Component, value: Any) -> Any:
    if isinstance(control, gr.Checkbox):
        return value if isinstance(value, bool) else gr.skip()
    try:
        control.preprocess(value)
    except (gr.Error, TypeError, ValueError):
        return gr.skip()
    return value


def _look(path: str | None, request: gr.Request) -> Iterator[tuple[Any, Any]]:
    """Show a preview of the file, or nothing and the reason."""
    yield gr.update(value=None, visible=False), gr.update(value="", visible=False)
    if path is None:
        return
    to = language(request)
    with tempfile.TemporaryDirectory(prefix="packshot-") as folder:
        with one_sentence(to):
            picture = decode(Path(path))
            preview = write_preview(picture, Path(folder) / "preview.jpg")
        yield gr.update(value=preview, visible=True), gr.update(value=facts(picture, Path(path), to), visible=True)


def facts(picture: Picture, path: Path, to: Language) -> str:
    """A file's size and kind, and what its reader noticed, as one line of HTML."""
    parts = [f"{picture.width_px} × {picture.height_px} px", picture.file_format, megabytes(path)]
    parts += [notice(text, to) for text in picture.notices]
    return html.escape(" · ".join(part for part in parts if part))


def megabytes(path: Path) -> str:
    """A file's size for people: "820 KB", "3.2 MB"."""
    size = path.stat().st_size
    return f"{size / 2**20:.1f} MB" if size >= 2**20 else f"{max(1, round(size / 2**10))} KB"


def _offer_quality(file_format: str, lossless: bool) -> tuple[Any, Any]:
    """Only what the format has; what is out of sight is off, since a choice nobody sees must not be refused."""
    webp = file_format == "webp"
    lossy = file_format in ("jpeg", "avif") or (webp and not lossless)
    return gr.update(visible=lossy), gr.update(visible=True) if webp else gr.update(value=False, visible=False)


def _offer_location(keep_exif: bool) -> Any:
    return gr.update(visible=True) if keep_exif else gr.update(value=False, visible=False)


def _still(name: str, which: str) -> gr.Image:
    return gr.Image(
        type="filepath",
        interactive=False,
        visible=False,
        label=label(f"result.view.{which}"),
        buttons=["fullscreen"],
        elem_id=f"{name}-{which}",
    )


def _arrange(view: str, pair: tuple[str, str] | None) -> tuple[Any, Any, Any, Any]:
    before, after = pair or (None, None)
    return (
        gr.update(visible=view == "swipe"),
        gr.update(value=before, visible=view in ("before", "both")),
        gr.update(value=after, visible=view in ("after", "both")),
        gr.update(visible=view == "swipe" and before is not None),
    )


def _reveal(view: str, pair: tuple[str, str] | None) -> tuple[Any, ...]:
    there = gr.update(visible=pair is not None and pair[0] is not None)
    return *_arrange(view, pair), there, there


def _pictures(folder: Path | None) -> list[Path]:
    if folder is None or not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in BROWSERS_SHOW)
