"""The Cut-out tab's settings: the ground, and the edits that are ticked, each in a fold of its own."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import gradio as gr
from gradio.components.base import Component

from gan.cutout.page.settings import COLOR, OF_THE_PAGE, PICTURE, swatches
from gan.edit.background import TRANSPARENT, WHITE
from gan.edit.frame import FrameRequest
from gan.edit.recolor import RecolorRequest
from gan.edit.shadow import ShadowRequest
from gan.edit.white import WhiteRequest
from gan.ui.form import Form, hex_of
from gan.ui.i18n import label
from gan.ui.widgets import LIGHT

ASPECTS = ("1:1", "4:5", "3:4", "4:3", "16:9")


@dataclass(frozen=True)
class Panel:
    """The controls.

    Attributes:
        fields: by the names that `gan.cutout.page.settings.Edits.held` takes: the ground's, the tasks', the options'.
        protect: mask of what keeps its colour.
    """

    fields: dict[str, Component]
    protect: gr.File

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.fields)

    @property
    def inputs(self) -> list[Component]:
        return list(self.fields.values())

    @property
    def ground(self) -> list[Component]:
        return [self.fields[name] for name in ("ground", "color", "file")]

    @property
    def remembered(self) -> list[Component]:
        """Not what belongs to one product: its colours, and a picture of a ground."""
        return [widget for name, widget in self.fields.items() if name not in ("file", "recolor", "to")]


def build_ground() -> dict[str, Component]:
    """Add the choice of a ground."""
    ground = gr.Radio(
        [(label(f"cutout.ground.{name}"), name) for name in (TRANSPARENT, WHITE, COLOR, PICTURE)],
        value=TRANSPARENT,
        label=label("cutout.ground"),
        elem_id="cutout-ground",
    )
    color = gr.ColorPicker("#F2F2F2", label=label("cutout.ground.color"), visible=False, elem_id="cutout-color")
    file = gr.File(
        label=label("cutout.ground.file"), type="filepath", height=150, visible=False, elem_id="cutout-ground-file"
    )
    ground.change(
        lambda chosen: (gr.update(visible=chosen == COLOR), gr.update(visible=chosen == PICTURE)),
        ground,
        [color, file],
        **LIGHT,
    )
    return {"ground": ground, "color": color, "file": file}


def build_folds() -> Panel:
    """Add a fold for each edit."""
    recolor, protect = _recolor()
    return Panel({**recolor, **_frame(), **_shadow(), **_white()}, protect)


def joined(ground: dict[str, Component], folds: Panel, start: gr.Button) -> Panel:
    """Combine the ground's controls with the folds, and wire those that depend on each other.

    Args:
        ground: of `build_ground`.
        folds: of `build_folds`.
        start: the button that carries all out; it says whether there is more to do than cutting out.
    """
    fields = {**ground, **folds.fields}
    ticks = [fields[name] for name in ("recolor", "frame", "shadow", "white")]
    gr.on(
        [tick.change for tick in ticks],  # type: ignore[attr-defined]
        lambda *on: gr.update(value=label("cutout.run.edit" if any(on) else "cutout.run")),
        ticks,
        start,
        **LIGHT,
    )
    fields["white"].change(  # type: ignore[attr-defined]
        lambda on: gr.update(value=WHITE, interactive=False) if on else gr.update(interactive=True),
        fields["white"],
        fields["ground"],
        **LIGHT,
    )
    return Panel(fields, folds.protect)


def _recolor() -> tuple[dict[str, Component], gr.File]:
    form = Form(RecolorRequest, "recolor", prefix="cutout")
    with _fold("recolor") as apply:
        colors = form.add("to", placeholder="#1F6FEB, #B91C1C", elem_id="cutout-colors")
        chips = gr.HTML(elem_id="cutout-swatches", elem_classes="swatches", padding=False)
        with gr.Row(equal_height=True):
            pick = gr.ColorPicker("#1F6FEB", label=label("recolor.pick"), min_width=100, elem_id="cutout-pick")
            add = gr.Button(label("recolor.add"), size="sm", min_width=120, elem_id="cutout-add")
        form.add_rest(without=OF_THE_PAGE)
        protect = gr.File(label=label("recolor.protect"), type="filepath", height=150, elem_id="cutout-protect")
    colors.change(lambda text: (_chips(text), bool(swatches(text))), colors, [chips, apply], **LIGHT)
    add.click(
        lambda text, color: ", ".join(dict.fromkeys([*swatches(text), *swatches(hex_of(color))])),
        [colors, pick],
        colors,
        **LIGHT,
    )
    return {"recolor": apply, **form.fields}, protect


def _frame() -> dict[str, Component]:
    form = Form(FrameRequest, "frame", prefix="cutout")
    with _fold("frame") as apply:
        form.add("fill")
        form.add_choice("aspect", ASPECTS, value=ASPECTS[0], allow_custom_value=True, filterable=True)
        gr.Markdown(label("frame.size.info"), elem_classes="facts")
        with gr.Row():
            for side in ("width", "height"):
                form.add(side, min_width=110)
        form.add_rest(without=OF_THE_PAGE)
    return {"frame": apply, **form.fields}


def _shadow() -> dict[str, Component]:
    form = Form(ShadowRequest, "shadow", prefix="cutout")
    with _fold("shadow") as apply:
        kind = form.add("kind")
        angle = form.add("angle", visible=False)
        form.add_rest(without=OF_THE_PAGE)
    kind.change(lambda chosen: gr.update(visible=chosen == "drop"), kind, angle, **LIGHT)
    return {"shadow": apply, **form.fields}


def _white() -> dict[str, Component]:
    form = Form(WhiteRequest, "white", prefix="cutout")
    with _fold("white") as apply:
        keep = form.add("keep_shadow")
        form.add_rest(without=OF_THE_PAGE)
    keep.input(lambda on, white: white or on, [keep, apply], apply, **LIGHT)
    return {"white": apply, **form.fields}


@contextmanager
def _fold(task: str) -> Iterator[gr.Checkbox]:
    """The fold of an edit, with what says whether it is made."""
    with gr.Accordion(label(f"{task}.title"), open=False, elem_id=f"cutout-{task}"):
        yield gr.Checkbox(False, label=label(f"{task}.apply"), elem_id=f"cutout-{task}-apply")


def _chips(text: str) -> str:
    """Render the colors of a text as swatches."""
    chips = (f'<span><i style="background:{color}"></i>{html.escape(color)}</span>' for color in swatches(text))
    return "".join(chips)
