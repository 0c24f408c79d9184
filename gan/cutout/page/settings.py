"""Settings of the Cut-out page: a background, and the selected edits, as steps after the cut-out.

All steps work on the cut-out, which carries its own transparency, so that the network has to look once only and every
picture's history holds steps that do the same to another photograph. Where the natural shadow is to stay, there is no
cut-out to work on: the photograph itself becomes white first, and is framed last, since its shadow needs its canvas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from gan.core.contract import Request
from gan.core.errors import InputError
from gan.core.option import Parameter, parameters
from gan.core.recipe import Step
from gan.cutout.pipeline import CutoutRequest
from gan.edit.background import TRANSPARENT, WHITE, Ground, ground_of, hex_color
from gan.edit.frame import FrameRequest
from gan.edit.recolor import RecolorRequest
from gan.edit.shadow import ShadowRequest
from gan.edit.white import WhiteRequest
from gan.imaging.io.codec import decode
from gan.ui.form import SEPARATOR, hex_of, read_fields

COLOR, PICTURE = "color", "picture"
"""Choices of a background besides `TRANSPARENT` and `WHITE`."""

EDITS: Final[Mapping[str, type[Request]]] = {
    "recolor": RecolorRequest,
    "frame": FrameRequest,
    "shadow": ShadowRequest,
    "white": WhiteRequest,
}
"""The edits by their tasks, in the order in which they are made."""

OF_THE_PAGE: Final = ("picture", "mask", "protect", "ground", "model", "seed")
"""Fields of the edits that no widget of their own holds."""


def options_of(task: str) -> list[Parameter]:
    """The options of an edit that its fold shows."""
    return [parameter for parameter in parameters(EDITS[task]) if parameter.name not in OF_THE_PAGE]


@dataclass(frozen=True, kw_only=True)
class Edits:
    """Settings of all edits of a cut-out.

    Attributes:
        ground: `TRANSPARENT`, `WHITE`, `COLOR` or `PICTURE`.
        color: of the ground.
        file: path of the ground's picture.
        ticked: what the widgets of the edits that are ticked hold, by task and public name.
    """

    ground: str = TRANSPARENT
    color: str = "#FFFFFF"
    file: str | None = None
    ticked: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def held(cls, values: Mapping[str, Any]) -> Edits:
        """From what the page's widgets hold, by name; whether an edit is ticked stands under its task."""
        ticked = {}
        for task in EDITS:
            if values.get(task):
                names = [parameter.public for parameter in options_of(task)]
                ticked[task] = {name: values[name] for name in names if values.get(name) is not None}
        return cls(ground=values["ground"], color=values["color"], file=values["file"], ticked=ticked)

    @property
    def on_paper(self) -> bool:
        """True if the photograph's own background stays, as paper that becomes white under the product's shadow."""
        return bool(self.ticked.get("white", {}).get("keep_shadow"))

    def same_ground(self, other: Edits) -> bool:
        """True if both lead to the same background; a color or file that is not selected does not count."""

        def meant(edits: Edits) -> tuple[str, ...]:
            if "white" in edits.ticked:
                return (WHITE,)
            return edits.ground, {COLOR: hex_of(edits.color), PICTURE: edits.file or ""}.get(edits.ground, "")

        return meant(self) == meant(other)

    def steps(self) -> list[Step]:
        """The requests to carry out, in order; the last edit that can lays the ground, else one of its own does.

        Raises:
            InputError: a value that its request refuses, or a ground that is none.
        """
        fields = {task: read_fields(EDITS[task], self._values(task)) for task in self.ticked}
        ground = self._read_ground()
        order: Sequence[str] = ("white", "recolor", "shadow", "frame") if self.on_paper else tuple(EDITS)
        under = next((task for task in ("shadow", "frame") if task in fields), None)
        if ground != TRANSPARENT and "white" not in fields and under is not None:
            fields[under]["ground"] = ground
        steps = [Step(kind=EDITS[task], fields=fields[task]) for task in order if task in fields]
        if ground != TRANSPARENT and "white" not in fields and under is None:
            steps.append(Step(kind=CutoutRequest, fields={"ground": ground}))
        return steps

    def _values(self, task: str) -> dict[str, Any]:
        held = dict(self.ticked[task])
        return {**held, "to": colors_of(held.get("to", ""))} if task == "recolor" else held

    def _read_ground(self) -> Ground:
        if "white" in self.ticked or self.ground == WHITE:
            return WHITE
        if self.ground == COLOR:
            return ground_of(hex_of(self.color), field="ground")
        if self.ground == PICTURE:
            if self.file is None:
                raise InputError("ground", "missing", "one picture is required", "Choose a file or another background")
            return decode(self.file, field="ground")
        return TRANSPARENT


def count(steps: Sequence[Step]) -> int:
    """Number of requests of the steps: what follows several colors is run for each."""
    total, branches = 0, 1
    for step in steps:
        total += branches
        branches *= len(step.fields["to"]) if step.kind is RecolorRequest else 1
    return total


def colors_of(text: str, *, field: str = "to") -> tuple[str, ...]:
    """Several colours with commas, semicolons or spaces between them, each as "#RRGGBB" and only once.

    Raises:
        InputError: there is none, or one that is no colour.
    """
    names = [part for part in SEPARATOR.split(text or "") if part]
    if not names:
        raise InputError(field, "missing", "at least one color is needed", "Write one, such as #1F6FEB")
    return tuple(dict.fromkeys(_written(hex_color(name, field=field)) for name in names))


def swatches(text: str) -> list[str]:
    """Valid colors in a text that is still being typed."""
    return list(dict.fromkeys(color for part in SEPARATOR.split(text or "") for color in _color(part)))


def _color(text: str) -> tuple[str, ...]:
    try:
        return (_written(hex_color(text)),)
    except InputError:
        return ()


def _written(rgb: Sequence[float]) -> str:
    return "#" + "".join(f"{round(255 * part):02X}" for part in rgb)
