"""Enhance's tab: its widgets, from widgets to a request, from a result to what is shown."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.core.contract import Progress, Result
from gan.core.errors import Cancelled, InputError
from gan.enhance.adjust import Adjustments
from gan.enhance.pipeline import AUTO_MODEL, SCALES, EnhanceRequest
from gan.imaging.io.codec import Encoding, decode, write
from gan.imaging.picture import Picture
from gan.ui import widgets
from gan.ui.background_job import follow
from gan.ui.i18n import Language, label, language, notice, say, sentence, word
from gan.ui.preview import preview_size, write_preview
from gan.ui.protocols import Choice, Run, say_why_not
from gan.ui.result import common_rows, encoding_of, write_record
from gan.ui.run_button import bar

ADJUSTMENTS: Final = ("white_balance", "exposure", "local_contrast", "saturation", "sharpness")


@dataclass(frozen=True)
class RenderedResult:
    """What the page shows of a result.

    Attributes:
        file: the full picture in the chosen format.
        pair: previews before and after, of equal size.
        summary: HTML.
        record: JSON, enough to make the same picture again.
    """

    file: Path
    pair: tuple[str, str]
    summary: str
    record: Path


def build(run: Run, models: Sequence[Choice], *, examples: Path | None = None) -> list[Component]:
    """Add the tab's widgets to the current Blocks.

    Args:
        run: carries out a request.
        models: all that are known; with none ready the button is disabled and the reasons are shown.
        examples: folder of pictures to offer.

    Returns:
        The controls whose settings are worth remembering.
    """
    ready = [choice for choice in models if choice.ready]
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            picture = widgets.picture_input("enhance", examples)
            if not ready:
                say_why_not("enhance", "unavailable", models)
            scale = gr.Radio(
                [(label(f"scale.{factor}"), factor) for factor in SCALES],
                value=2,
                label=label("scale"),
                elem_id="enhance-scale",
            )
            work = bar("enhance", "run", enabled=bool(ready), primary=True)
            with gr.Row(equal_height=True):
                strength = gr.Slider(
                    0,
                    1,
                    1,
                    step=0.05,
                    label=label("strength"),
                    min_width=200,
                    elem_id="enhance-strength",
                )
                model = gr.Dropdown(
                    [(label("model.auto"), AUTO_MODEL), *((choice.title, choice.name) for choice in ready)],
                    value=AUTO_MODEL,
                    label=label("model"),
                    filterable=False,
                    min_width=200,
                    elem_id="enhance-model",
                )
            width, height = _exact_size()
            auto, adjustments = _adjustments()
            output = widgets.output_options("enhance")
            with gr.Accordion(label("reference"), open=False, elem_id="enhance-measure"):
                reference = gr.File(
                    label=label("reference.file"), type="filepath", height=140, elem_id="enhance-reference"
                )
        with gr.Column(scale=7, min_width=320):
            view = widgets.result_view("enhance")

    settings: list[Component] = [scale, width, height, strength, model, auto, *adjustments, *output.controls()]
    auto.change(
        lambda chosen: [gr.update(interactive=not chosen) for _ in ADJUSTMENTS], auto, adjustments, **widgets.LIGHT
    )
    inputs = [picture, *settings, reference]
    view.reveal(work.attach(work.start.click, _handler(run), inputs, view.values(), api_name="enhance"))
    return settings


def to_request(
    picture: Picture,
    *,
    scale: int,
    width: float | None,
    height: float | None,
    strength: float,
    model: str,
    adjustments: Adjustments,
) -> EnhanceRequest:
    """A request from what the widgets hold; an exact size of 0 or nothing is none.

    Raises:
        InputError: as `EnhanceRequest` raises it.
    """
    return EnhanceRequest(
        picture=picture,
        scale=scale,
        width=int(width) if width else None,
        height=int(height) if height else None,
        strength=strength,
        model=model,
        adjustments=adjustments,
    )


def from_result(
    result: Result,
    source: Picture,
    encoding: Encoding,
    folder: Path,
    to: Language,
    *,
    reference: Picture | None = None,
) -> RenderedResult:
    """Write the result's files into the folder and sum it up.

    A reference of another size does not cost the user the result: the reason stands where the figures would.
    """
    stem = Path(source.name).stem or "picture"
    file = folder / f"{stem}-enhanced{encoding.suffix}"
    write(result.picture, file, encoding)
    size = preview_size(result.picture)
    before = write_preview(source, folder / "before.jpg", size)
    after = write_preview(result.picture, folder / "after.jpg", size)
    record = write_record(result.record, file, encoding)
    notices = [*source.notices, *(text for text in result.notices if text not in source.notices)]
    rows = [
        *common_rows(result.record, f"{_size(source)} → {_size(result.picture)}", file, encoding, to),
        *_chosen(result, to),
        *_measured(result.picture, reference, to),
    ]
    return RenderedResult(
        file, (before, after), widgets.facts_list(rows, [notice(text, to) for text in notices]), record
    )


def _handler(run: Run) -> Callable[..., Iterator[tuple[Any, ...]]]:
    def enhance(
        image: str | None,
        scale: int = 2,
        width: float | None = 0,
        height: float | None = 0,
        strength: float = 1.0,
        model: str = AUTO_MODEL,
        auto: bool = False,
        white_balance: float = 0.0,
        exposure: float = 0.0,
        local_contrast: float = 0.0,
        saturation: float = 0.0,
        sharpness: float = 0.0,
        file_format: str = "png",
        quality: float = 92,
        lossless: bool = False,
        keep_exif: bool = False,
        keep_location: bool = False,
        reference: str | None = None,
        request: gr.Request | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Enlarge and clean a product photograph.

        Returns the finished file, previews before and after, a summary as HTML, and a JSON record.
        """
        to = language(request)

        def job(progress: Progress, cancel: threading.Event) -> RenderedResult:
            encoding = encoding_of(file_format, quality, lossless, keep_exif, keep_location)
            picture = decode(_given(image))
            target = decode(Path(reference), field="reference") if reference else None
            wanted = to_request(
                picture,
                scale=scale,
                width=width,
                height=height,
                strength=strength,
                model=model,
                adjustments=Adjustments(
                    auto=auto,
                    white_balance=white_balance,
                    exposure=exposure,
                    local_contrast=local_contrast,
                    saturation=saturation,
                    sharpness=sharpness,
                ),
            )
            result = run(wanted, progress=progress, cancel=cancel)
            if cancel.is_set():
                raise Cancelled
            progress(0, 0, "Writing the files")
            return from_result(result, picture, encoding, Path(folder), to, reference=target)

        # Stop leaves the worker behind for one more step, which may still write here.
        with tempfile.TemporaryDirectory(prefix="packshot-", ignore_cleanup_errors=True) as folder:
            shown = yield from follow(job, to, lambda line: (*(gr.skip() for _ in range(4)), line))
            yield str(shown.file), shown.pair, shown.summary, str(shown.record), ""

    return enhance


def _given(path: str | None) -> Path:
    if path is None:
        raise InputError("image", "none was given", "a picture is needed", "Choose a file or one of the examples first")
    return Path(path)


def _exact_size() -> tuple[gr.Number, gr.Number]:
    with gr.Accordion(label("size"), open=False, elem_id="enhance-size"):
        gr.Markdown(label("size.info"), elem_classes="facts")
        with gr.Row():
            return (
                gr.Number(0, label=label("width"), precision=0, minimum=0, min_width=120, elem_id="enhance-width"),
                gr.Number(0, label=label("height"), precision=0, minimum=0, min_width=120, elem_id="enhance-height"),
            )


def _adjustments() -> tuple[gr.Checkbox, list[gr.Slider]]:
    with gr.Accordion(label("adjust"), open=False, elem_id="enhance-adjust"):
        auto = gr.Checkbox(False, label=label("auto"), info=label("auto.info"), elem_id="enhance-auto")
        return auto, [
            gr.Slider(
                -1 if name == "saturation" else 0,
                1,
                0,
                step=0.05,
                label=label(name),
                elem_id=f"enhance-{name.replace('_', '-')}",
            )
            for name in ADJUSTMENTS
        ]


def _size(picture: Picture) -> str:
    return f"{picture.width_px} × {picture.height_px} px"


def _chosen(result: Result, to: Language) -> list[tuple[str, str]]:
    found = result.details.get("adjustments", {})
    set_ones = [f"{word(name, to)} {found[name]:+.2f}" for name in ADJUSTMENTS if found.get(name)]
    return [(say("Adjusted", to), " · ".join(set_ones))] if set_ones else []


def _measured(picture: Picture, reference: Picture | None, to: Language) -> list[tuple[str, str]]:
    if reference is None:
        return []
    from gan.metrics.fidelity import compare  # scipy's statistics take a second, and few give a reference

    try:
        figures = compare(picture, reference)
    except InputError as error:
        return [(say("Measured", to), sentence(error, to))]
    units = {"MSE": "{:.6f}", "PSNR": "{:.2f} dB", "SSIM": "{:.4f}"}
    return [(name, units[name].format(value)) for name, value in figures.items() if name in units]
