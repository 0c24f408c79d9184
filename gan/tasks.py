"""Tasks: one line each, which `Studio`, its calls from Python, the commands, recipes and training read.

A new task is its folder and a line here: its request declares the options, which every surface derives.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any

from gan.capture.colorcard import ColorcardRequest, colorcard
from gan.capture.flatfield import FlatfieldRequest, flatfield
from gan.capture.matte import MatteRequest, matte
from gan.capture.stack import StackRequest, stack
from gan.compare.pipeline import CompareRequest, compare
from gan.core.contract import Context, Output, Request
from gan.cutout.network import published_network as cutout_network
from gan.cutout.pipeline import CutoutRequest, cutout
from gan.edit.canvas import CropRequest, PadRequest, RotateRequest, crop, pad, rotate
from gan.edit.frame import FrameRequest, frame
from gan.edit.match import MatchRequest, match
from gan.edit.perspective import PerspectiveRequest, perspective
from gan.edit.printing import PrintRequest, printed
from gan.edit.recolor import RecolorRequest, recolor
from gan.edit.shadow import ShadowRequest, shadow
from gan.edit.straighten import StraightenRequest, straighten
from gan.edit.white import WhiteRequest, white
from gan.enhance.network import EnhanceNet
from gan.enhance.pipeline import EnhanceRequest, enhance
from gan.export.annotate import AnnotateRequest, annotate
from gan.export.pipeline import CheckRequest, ExportRequest, check_picture, export
from gan.generate.interpolation import FilmRequest, film
from gan.generate.nearest import NearestRequest, nearest
from gan.generate.network import GenerateNet
from gan.generate.pipeline import GenerateRequest, generate
from gan.generate.projection import ProjectRequest, project
from gan.inpaint.network import InpaintNet
from gan.inpaint.pipeline import InpaintRequest, inpaint
from gan.scene.pipeline import SceneRequest, scene
from gan.scene.sheet import ScenesRequest, scenes
from gan.select.network import PromptNet
from gan.select.pipeline import SelectRequest, select
from gan.stylize.network import StylizeNet
from gan.stylize.pipeline import SheetRequest, StylizeRequest, sheet, stylize
from gan.stylize.sources import styled

PYTHON, COMMAND, STEP = "python", "command", "step"
"""Surfaces beside the page: a call of `Studio`, a command of `python -m gan`, a step of recipes."""

EVERYWHERE = frozenset((PYTHON, COMMAND, STEP))


@dataclass(frozen=True)
class Task:
    """A task: a request, its pipeline, and the surfaces that offer it.

    Attributes:
        name: as every surface calls it.
        request: its options; its docstring says what the task does.
        pipeline: from a request to its output.
        needs: the task whose network serves it; empty where it needs none or looks for them itself.
        network: builds its own network, without weights, from a published config, as `gan.core.spec` asks; None
            where it has none.
        recipes: modules in its `train` folder that hold a `RECIPE` each, where it has a network.
        aliases: former names, which are still understood.
        on: the surfaces that offer it.
        recorded: the task that records, histories and recipes name instead of it.
        second: an optional field that Python's call takes as its second argument too.
        worded: arguments of Python's call that are no fields: a function of these to fields.
    """

    name: str
    request: type[Request]
    pipeline: Callable[[Any, Context], Output]
    _: KW_ONLY
    needs: str = ""
    network: Callable[[Mapping[str, Any]], Any] | None = None
    recipes: tuple[str, ...] = ("recipe",)
    aliases: tuple[str, ...] = ()
    on: frozenset[str] = EVERYWHERE
    recorded: str = ""
    second: str = ""
    worded: Callable[..., Mapping[str, Any]] | None = None

    @property
    def description(self) -> str:
        """The request's docstring up to its sections: the task in words, without what is refused."""
        return inspect.cleandoc(self.request.__doc__ or "").partition("\n\nRaises:")[0]

    @property
    def help(self) -> str:
        """The description's first sentence as a phrase, as `python -m gan --help` lists it."""
        first = self.description.partition(".")[0]
        return first[:1].lower() + first[1:]

    @property
    def step(self) -> str:
        """The name of the step in records, histories and recipes."""
        return self.recorded or self.name


CALLED = frozenset((PYTHON,))

TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task("generate", GenerateRequest, generate, network=GenerateNet.published, recipes=("recipe", "classical")),
        Task("nearest", NearestRequest, nearest, needs="generate", on=CALLED | {COMMAND}),
        Task("project", ProjectRequest, project, on=CALLED),
        Task("film", FilmRequest, film, on=CALLED),
        Task("enhance", EnhanceRequest, enhance, needs="enhance", network=EnhanceNet.published),
        Task(
            "inpaint",
            InpaintRequest,
            inpaint,
            needs="inpaint",
            network=InpaintNet.published,
            recipes=("recipe", "shadow"),
            second="mask",
        ),
        Task("stylize", StylizeRequest, stylize, needs="stylize", network=StylizeNet.published, worded=styled),
        Task("sheet", SheetRequest, sheet, needs="stylize", recorded="stylize", on=CALLED),
        Task("cutout", CutoutRequest, cutout, needs="cutout", network=cutout_network),
        Task("select", SelectRequest, select, needs="cutout", network=PromptNet.published, on=CALLED),
        Task("recolor", RecolorRequest, recolor, needs="cutout", aliases=("recolour",)),
        Task("shadow", ShadowRequest, shadow, needs="cutout"),
        Task("frame", FrameRequest, frame, needs="cutout"),
        Task("white", WhiteRequest, white, needs="cutout"),
        Task("match", MatchRequest, match, needs="cutout"),
        Task("scene", SceneRequest, scene, needs="cutout"),
        Task("scenes", ScenesRequest, scenes, needs="cutout", recorded="scene", on=CALLED),
        Task("flatfield", FlatfieldRequest, flatfield),
        Task("colorcard", ColorcardRequest, colorcard),
        Task("matte", MatteRequest, matte, second="on_white", on=CALLED | {COMMAND}),
        Task("stack", StackRequest, stack, on=CALLED | {COMMAND}),
        Task("print", PrintRequest, printed, needs="cutout"),
        Task("straighten", StraightenRequest, straighten, needs="cutout"),
        Task("perspective", PerspectiveRequest, perspective, needs="cutout"),
        Task("crop", CropRequest, crop),
        Task("rotate", RotateRequest, rotate),
        Task("pad", PadRequest, pad),
        Task("annotate", AnnotateRequest, annotate, needs="cutout"),
        Task("compare", CompareRequest, compare, needs="cutout"),
        Task("check", CheckRequest, check_picture, needs="cutout", on=CALLED | {COMMAND}),
        Task("export", ExportRequest, export),
    )
}
"""By name, in the order in which lists show them."""


def task_of(request: Request) -> Task:
    """The task that a request asks for."""
    return next(task for task in TASKS.values() if task.request is type(request))


def former_names() -> dict[str, str]:
    """{former name: today's}."""
    return {alias: task.name for task in TASKS.values() for alias in task.aliases}
