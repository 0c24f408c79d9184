"""The mask's tools below the editor: what is found, picked, given by numbers or by a file, and changed as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import gradio as gr
import torch
from gradio.components.base import Component

from gan.imaging import mask as masks
from gan.imaging.mask import MOST_PX, MOST_TOLERANCE, Mask
from gan.imaging.resize import fitted
from gan.inpaint.mask_builder import TOLERANCE, Marking, marked
from gan.inpaint.page.session import Session
from gan.ui import pictures
from gan.ui.background_job import one_sentence
from gan.ui.form import IMAGE, none_given
from gan.ui.i18n import Language, label, language, say
from gan.ui.mask_editor import LONGEST_PX, EditorValue, write_layer
from gan.ui.selected import place
from gan.ui.widgets import DECODING, LIGHT

KINDS: Final = {
    "scratches": "mask.find.scratches",
    "dust": "mask.find.dust",
    "text": "mask.find.text",
}
"""Kinds of defects that can be found, and the labels' keys."""
FETCH: Final = "() => setTimeout(() => document.querySelector('#inpaint-mask-file').click(), 200)"
"""The download begins once the page knows the file that was just written."""


@dataclass(frozen=True)
class Panel:
    """The widgets.

    Attributes:
        pick: the picture to click on for a colour.
        remembered: controls whose settings are worth remembering.
    """

    clear: gr.Button
    invert: gr.Button
    back: gr.Button
    kinds: gr.CheckboxGroup
    sensitivity: gr.Slider
    find: gr.Button
    pick: gr.Image
    color: tuple[gr.Number, gr.Number]
    tolerance: gr.Slider
    connected: gr.Checkbox
    choose: gr.Button
    transparent: gr.Button
    rectangle: tuple[gr.Number, ...]
    frame: gr.Button
    by: gr.Number
    grow: gr.Button
    shrink: gr.Button
    soften: gr.Button
    file: gr.File
    save: gr.Button
    saved: gr.DownloadButton

    @property
    def remembered(self) -> list[Component]:
        return [self.kinds, self.sensitivity, self.tolerance, self.connected]


def build_row() -> tuple[gr.Button, gr.Button, gr.Button]:
    """Add the buttons that are always at hand: take back, invert, clear."""
    with gr.Row(elem_id="inpaint-tools"):
        return (
            _button("mask.back", "inpaint-back"),
            _button("mask.invert", "inpaint-invert"),
            _button("mask.clear", "inpaint-clear"),
        )


def build(row: tuple[gr.Button, gr.Button, gr.Button]) -> Panel:
    """Add the folded tools.

    Args:
        row: of `build_row`.
    """
    back, invert, clear = row
    with gr.Accordion(label("mask.find"), open=False, elem_id="inpaint-find"):
        kinds = gr.CheckboxGroup(
            [(label(key), kind) for kind, key in KINDS.items()],
            value=list(KINDS),
            label=label("mask.find.kinds"),
            elem_id="inpaint-kinds",
        )
        sensitivity = gr.Slider(
            0, 1, 0.5, step=0.05, label=label("mask.find.sensitivity"), elem_id="inpaint-sensitivity"
        )
        find = _button("mask.find.run", "inpaint-find-run")
        gr.Markdown(label("mask.find.info"), elem_classes="facts")
    with gr.Accordion(label("mask.select"), open=False, elem_id="inpaint-select"):
        gr.Markdown(label("mask.color.info"), elem_classes="facts")
        pick = pictures.clickable("inpaint-pick", label("mask.color"), 200)
        with gr.Row():
            color = (_number("mask.x", "inpaint-x"), _number("mask.y", "inpaint-y"))
        tolerance = gr.Slider(
            0, MOST_TOLERANCE, TOLERANCE, step=1, label=label("mask.tolerance"), elem_id="inpaint-tolerance"
        )
        connected = gr.Checkbox(True, label=label("mask.connected"), elem_id="inpaint-connected")
        with gr.Row():
            choose = _button("mask.color", "inpaint-color")
            transparent = _button("mask.transparent", "inpaint-transparent")
    with gr.Accordion(label("mask.rectangle"), open=False, elem_id="inpaint-rectangle"):
        with gr.Row():
            rectangle = tuple(
                _number(key, elem_id)
                for key, elem_id in (
                    ("mask.left", "inpaint-rectangle-left"),
                    ("mask.top", "inpaint-rectangle-top"),
                    ("mask.width", "inpaint-rectangle-width"),
                    ("mask.height", "inpaint-rectangle-height"),
                )
            )
        frame = _button("mask.rectangle.run", "inpaint-rectangle-run")
    with gr.Accordion(label("mask.more"), open=False, elem_id="inpaint-change"):
        by = gr.Number(
            4, label=label("mask.by"), precision=0, minimum=1, maximum=MOST_PX, min_width=120, elem_id="inpaint-by"
        )
        with gr.Row():
            grow = _button("mask.grow", "inpaint-mask-grow")
            shrink = _button("mask.shrink", "inpaint-mask-shrink")
            soften = _button("mask.feather", "inpaint-mask-feather")
        file = gr.File(label=label("mask.file"), type="filepath", height=140, elem_id="inpaint-mask")
        save = _button("mask.save", "inpaint-mask-save")
        saved = gr.DownloadButton(label("mask.save"), visible="hidden", elem_id="inpaint-mask-file")
    return Panel(
        clear=clear,
        invert=invert,
        back=back,
        kinds=kinds,
        sensitivity=sensitivity,
        find=find,
        pick=pick,
        color=color,
        tolerance=tolerance,
        connected=connected,
        choose=choose,
        transparent=transparent,
        rectangle=rectangle,
        frame=frame,
        by=by,
        grow=grow,
        shrink=shrink,
        soften=soften,
        file=file,
        save=save,
        saved=saved,
    )


def attach(panel: Panel, visit: gr.State, editor: gr.ImageEditor, line: gr.HTML) -> None:
    """Let every tool work on the mask in force, and show what it made of it."""
    shown = [visit, editor, line]

    def on(click: Callable[..., Any], tool: Callable[..., Mask], inputs: Sequence[Component] = ()) -> None:
        click(_handler(tool), [visit, editor, *inputs], shown, **DECODING)

    on(panel.find.click, _found, [panel.kinds, panel.sensitivity])
    on(panel.choose.click, _coloured, [*panel.color, panel.tolerance, panel.connected])
    on(panel.transparent.click, lambda at, mask: marked(at.picture(), Marking(given=mask, transparent=True)))
    on(panel.frame.click, _framed, panel.rectangle)
    on(panel.invert.click, lambda at, mask: masks.inverted(mask))
    on(panel.grow.click, lambda at, mask, px: masks.grown(mask, int(px or 0)), [panel.by])
    on(panel.shrink.click, lambda at, mask, px: masks.grown(mask, -int(px or 0)), [panel.by])
    on(panel.soften.click, lambda at, mask, px: masks.feathered(mask, int(px or 0)), [panel.by])
    on(panel.file.upload, _read, [panel.file])
    for emptied in (panel.clear.click, editor.clear):
        on(emptied, _emptied)
    panel.back.click(_take_back, [visit, editor], shown, **DECODING)
    panel.pick.select(_point, visit, [*panel.color], **DECODING).success(
        _handler(_coloured), [visit, editor, *panel.color, panel.tolerance, panel.connected], shown, **DECODING
    )
    panel.save.click(_save, [visit, editor], panel.saved, **DECODING).success(None, js=FETCH, **LIGHT)


def put(visit: Session, mask: Mask, to: Language, remark: str = "") -> tuple[Any, str]:
    """The editor with the current picture and the mask in force, and the line below it, which ends with the remark."""
    layers = [str(write_layer(mask, visit.masks[-1].with_name("layer.png")))] if visit.masks else []
    value = {"background": str(visit.step.copy), "layers": layers, "composite": None}
    share = 100 * float(mask.coverage.mean())
    said = [say("{share} % is marked", to, share=f"{share:.2f}")] if share else []
    line = " · ".join([*said, remark] if remark else said)
    return gr.update(value=value, visible=True), f'<span role="status">{line}</span>' if line else ""


def there(visit: Session | None) -> Session:
    """Raises `InputError` where there is no picture yet."""
    if visit is None:
        raise none_given(IMAGE)
    return visit


Tool = Callable[..., Mask]
"""Called with the visit, the mask in force with all strokes, and what its widgets hold."""


def _handler(tool: Tool) -> Callable[..., tuple[Any, ...]]:
    def handle(request: gr.Request, visit: Session | None, value: EditorValue | None, *values: Any) -> tuple[Any, ...]:
        to = language(request)
        with one_sentence(to):
            at, before = there(visit).caught_up(value)
            mask = tool(at, before, *values)
            same = bool(torch.equal(mask.coverage, before.coverage))
            after = at if same and at.masks else at.with_mask(mask)
            # Clearing what is clear is no surprise; finding nothing may be one.
            remark = say("nothing changed", to) if same and tool is not _emptied else ""
            return after, *put(after, mask, to, remark)

    return handle


def _emptied(at: Session, mask: Mask) -> Mask:
    return Mask(torch.zeros_like(mask.coverage))


def _found(at: Session, mask: Mask, kinds: Sequence[str], sensitivity: float) -> Mask:
    return marked(at.picture(), Marking(given=mask, kinds=tuple(kinds), sensitivity=sensitivity))


def _coloured(at: Session, mask: Mask, x: float | None, y: float | None, tolerance: float, connected: bool) -> Mask:
    marking = Marking(given=mask, color=(int(x or 0), int(y or 0)), tolerance=tolerance, connected=connected)
    return marked(at.picture(), marking)


def _framed(at: Session, mask: Mask, *numbers: float | None) -> Mask:
    left, top, width, height = (int(number or 0) for number in numbers)
    frame = masks.rectangle(mask.height_px, mask.width_px, left=left, top=top, width=width, height=height)
    return masks.united(mask, frame)


def _read(at: Session, mask: Mask, path: str) -> Mask:
    return masks.united(marked(at.picture(), Marking(given=masks.decode_mask(path))), mask)


def _take_back(visit: Session | None, value: EditorValue | None, request: gr.Request) -> tuple[Any, ...]:
    """Strokes since the last tool are one change."""
    to = language(request)
    with one_sentence(to):
        after = there(visit).caught_up(value)[0].taken_back()
        return after, *put(after, after.mask, to)


def _point(visit: Session | None, event: gr.SelectData) -> tuple[Any, ...]:
    """From a pixel of the copy to the picture's."""
    if visit is None:
        return gr.skip(), gr.skip()
    width_px, height_px = visit.step.size
    copy_height_px, copy_width_px = fitted(height_px, width_px, LONGEST_PX)
    x, y = place(event)
    return int((x + 0.5) * width_px / copy_width_px), int((y + 0.5) * height_px / copy_height_px)


def _save(visit: Session | None, value: EditorValue | None, request: gr.Request) -> str:
    with one_sentence(language(request)):
        at, mask = there(visit).caught_up(value)
        return str((at if at.masks else at.with_mask(mask)).masks[-1])


def _button(key: str, elem_id: str) -> gr.Button:
    return gr.Button(label(key), size="sm", min_width=72, elem_id=elem_id)


def _number(key: str, elem_id: str) -> gr.Number:
    return gr.Number(0, label=label(key), precision=0, minimum=0, min_width=110, elem_id=elem_id)
