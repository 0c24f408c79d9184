"""The Cut-out tab's settings: the ground, and the edits that are ticked, each in a fold of its own."""

from __future__ import annotations

import html
from dataclasses import dataclass

import gradio as gr
from gradio.components.base import Component

from gan.cutout.page.settings import CENTERED, COLOR, PICTURE, Settings, hex_of, swatches
from gan.edit.background import TRANSPARENT, WHITE
from gan.ui.i18n import label
from gan.ui.widgets import LIGHT

ASPECTS = ("1:1", "4:5", "3:4", "4:3", "16:9")
KINDS = ("contact", "drop", "reflection")
STANDARD = Settings()
"""What the controls hold at first."""


@dataclass(frozen=True)
class Panel:
    """The controls.

    Attributes:
        fields: by the names of `Settings`'s fields.
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
        return [widget for name, widget in self.fields.items() if name not in ("file", "recolor", "colors")]


def build_ground() -> dict[str, Component]:
    """Add the choice of a ground."""
    ground = gr.Radio(
        [(label(f"ground.{name}"), name) for name in (TRANSPARENT, WHITE, COLOR, PICTURE)],
        value=STANDARD.ground,
        label=label("ground"),
        elem_id="cutout-ground",
    )
    color = gr.ColorPicker("#F2F2F2", label=label("ground.color"), visible=False, elem_id="cutout-color")
    file = gr.File(label=label("ground.file"), type="filepath", height=150, visible=False, elem_id="cutout-ground-file")
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
    """All controls, and what they have to do with one another.

    Args:
        ground: of `build_ground`.
        folds: of `build_folds`.
        start: the button that carries all out; it says whether there is more to do than cutting out.
    """
    fields = {**ground, **folds.fields}
    ticks = [fields[name] for name in ("recolor", "frame", "shadow", "white")]
    gr.on(
        [tick.change for tick in ticks],  # type: ignore[attr-defined]
        lambda *on: gr.update(value=label("cutout.make" if any(on) else "cutout.run")),
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
    with gr.Accordion(label("recolor"), open=False, elem_id="cutout-recolor"):
        apply = gr.Checkbox(False, label=label("recolor.apply"), elem_id="cutout-recolor-apply")
        colors = gr.Textbox(
            "",
            label=label("recolor.to"),
            info=label("recolor.to.info"),
            placeholder="#1F6FEB, #B91C1C",
            max_length=200,
            elem_id="cutout-colors",
        )
        chips = gr.HTML(elem_id="cutout-swatches", elem_classes="swatches", padding=False)
        with gr.Row(equal_height=True):
            pick = gr.ColorPicker("#1F6FEB", label=label("recolor.pick"), min_width=100, elem_id="cutout-pick")
            add = gr.Button(label("recolor.add"), size="sm", min_width=120, elem_id="cutout-add")
        strength = gr.Slider(
            0, 1, STANDARD.strength, step=0.05, label=label("recolor.strength"), elem_id="cutout-strength"
        )
        protect = gr.File(label=label("recolor.protect"), type="filepath", height=150, elem_id="cutout-protect")
    colors.change(lambda text: (_chips(text), bool(swatches(text))), colors, [chips, apply], **LIGHT)
    add.click(
        lambda text, color: ", ".join(dict.fromkeys([*swatches(text), *swatches(hex_of(color))])),
        [colors, pick],
        colors,
        **LIGHT,
    )
    return {"recolor": apply, "colors": colors, "strength": strength}, protect


def _frame() -> dict[str, Component]:
    with gr.Accordion(label("frame"), open=False, elem_id="cutout-frame"):
        apply = gr.Checkbox(False, label=label("frame.apply"), elem_id="cutout-frame-apply")
        fill = gr.Slider(0.1, 1, STANDARD.fill, step=0.01, label=label("frame.fill"), elem_id="cutout-fill")
        aspect = gr.Dropdown(
            list(ASPECTS),
            value=STANDARD.aspect,
            label=label("frame.aspect"),
            allow_custom_value=True,
            filterable=True,
            elem_id="cutout-aspect",
        )
        gr.Markdown(label("frame.size.info"), elem_classes="facts")
        with gr.Row():
            width, height = (
                gr.Number(0, label=label(key), precision=0, minimum=0, min_width=110, elem_id=elem_id)
                for key, elem_id in (("frame.width", "cutout-width"), ("frame.height", "cutout-height"))
            )
        baseline = gr.Slider(
            CENTERED,
            1,
            STANDARD.baseline,
            step=0.01,
            label=label("frame.baseline"),
            info=label("frame.baseline.info"),
            elem_id="cutout-baseline",
        )
    return {
        "frame": apply,
        "fill": fill,
        "aspect": aspect,
        "width": width,
        "height": height,
        "baseline": baseline,
    }


def _shadow() -> dict[str, Component]:
    with gr.Accordion(label("shadow"), open=False, elem_id="cutout-shadow"):
        apply = gr.Checkbox(False, label=label("shadow.apply"), elem_id="cutout-shadow-apply")
        kind = gr.Radio(
            [(label(f"shadow.{name}"), name) for name in KINDS],
            value=STANDARD.kind,
            label=label("shadow.kind"),
            elem_id="cutout-kind",
        )
        angle = gr.Slider(
            0, 360, STANDARD.angle, step=5, label=label("shadow.angle"), visible=False, elem_id="cutout-angle"
        )
        softness, opacity = (
            gr.Slider(0, 1, getattr(STANDARD, name), step=0.05, label=label(f"shadow.{name}"), elem_id=f"cutout-{name}")
            for name in ("softness", "opacity")
        )
        length = gr.Slider(0, 1, STANDARD.length, step=0.05, label=label("shadow.length"), elem_id="cutout-length")
    kind.change(lambda chosen: gr.update(visible=chosen == "drop"), kind, angle, **LIGHT)
    return {
        "shadow": apply,
        "kind": kind,
        "angle": angle,
        "softness": softness,
        "opacity": opacity,
        "length": length,
    }


def _white() -> dict[str, Component]:
    with gr.Accordion(label("white"), open=False, elem_id="cutout-white"):
        apply = gr.Checkbox(False, label=label("white.apply"), elem_id="cutout-white-apply")
        keep = gr.Checkbox(False, label=label("white.keep_shadow"), elem_id="cutout-keep-shadow")
    keep.input(lambda on, white: white or on, [keep, apply], apply, **LIGHT)
    return {"white": apply, "keep_shadow": keep}


def _chips(text: str) -> str:
    """What is written, as swatches."""
    chips = (f'<span><i style="background:{color}"></i>{html.escape(color)}</span>' for color in swatches(text))
    return "".join(chips)
