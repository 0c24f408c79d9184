"""What the tests of the Generate tab share: a model, a run and a desk without weights."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr
import torch
from pages import SHA256

from gan.core.contract import Progress, Request, Result
from gan.core.errors import Cancelled
from gan.core.option import parameters
from gan.generate.attributes import Sliders
from gan.generate.directions import Direction
from gan.generate.interpolation import FilmRequest
from gan.generate.latent import Latent
from gan.generate.page import directions, handlers, result
from gan.generate.page.settings import AS_DRAWN, Models, defaults
from gan.generate.pipeline import Edit, GenerateRequest
from gan.generate.projection import ProjectRequest
from gan.imaging.picture import Picture

CATEGORIES = ("chair", "lamp")
NAMES = (*(parameter.public for parameter in parameters(GenerateRequest)), AS_DRAWN)
ATTRIBUTES = ("lightness", "blue", "red", "size", "aspect", "azimuth")
WAY = Direction(name="PCA 1", kind="pca", vector=(1.0, 0.0), layers=(0, 6))
FINE = Direction(name="SeFa fine 1", kind="sefa", vector=(0.0, 1.0), layers=(4, 6))
OWN = Direction(name="legs", kind="saved", vector=(0.5, 0.5), layers=(0, 2))


@dataclasses.dataclass(frozen=True)
class FakeModel:
    name: str = "generate-catalogue"
    title: str = "Ours"
    ready: bool = True
    reason: str = ""
    config: Mapping[str, Any] = dataclasses.field(
        default_factory=lambda: {"categories": list(CATEGORIES), "attributes": list(ATTRIBUTES)}
    )


class FakeRun:
    """Flat pictures whose lightness is the seed's; remembers what it was asked."""

    def __init__(self, step_s: float = 0.0) -> None:
        self.step_s = step_s
        self.requests: list[Any] = []
        self.cancelled = threading.Event()

    def __call__(
        self, request: Request, *, progress: Progress | None = None, cancel: threading.Event | None = None
    ) -> Result:
        self.requests.append(request)
        for step in range(10 if self.step_s else 0):
            if cancel is not None and cancel.is_set():
                self.cancelled.set()
                raise Cancelled
            time.sleep(self.step_s)
            if progress is not None:
                progress(step + 1, 10, "Generating")
        details: dict[str, Any] = {"model": "generate-catalogue"}
        if isinstance(request, FilmRequest):
            pictures = tuple(flat(32, number / 50) for number in range(request.total_frames))
        elif isinstance(request, ProjectRequest):
            pictures = (flat(request.size, 0.3, name="chair-projected.png"),)
            details |= {"latent": latent("chair"), "psnr": 21.25, "category": "chair"}
        else:
            assert isinstance(request, GenerateRequest)
            found = [request.latent or latent(request.category or "lamp") for _ in range(request.count)]
            pictures = tuple(
                flat(request.size, (request.seed + i) % 100 / 100, name=f"{one.category}-{request.seed + i}.png")
                for i, one in enumerate(found)
            )
            details["latents"] = found
        weights = {"generate-catalogue": SHA256}
        return Result("generate", pictures, request.seed, 0.5, weights, (), details, request.record())


def flat(side: int, value: float, name: str = "") -> Picture:
    return Picture(torch.full((1, 3, side, side), value), name=name)


def latent(category: str = "chair") -> Latent:
    return Latent(z=(0.5, -0.25), attributes=(0.0,) * 6, category=category, model="generate-catalogue", sha256=SHA256)


def desk(run: Any = None, *, find: Any = lambda _: [FINE, WAY]) -> handlers.Handlers:
    models = Models([FakeModel()])
    return handlers.Handlers(run or FakeRun(), models, directions.Library(find, models), NAMES)


def values(settings: Mapping[str, Any] | None = None, held: str = "", *panel: Any) -> list[Any]:
    """What the widgets hold, as handlers take it."""
    shown = {**defaults(), **(settings or {})}
    return [*(shown[name] for name in NAMES), held, *(panel or ((), [], (), None, 0, "own", 1, None))]


OPEN: list[Any] = []


def last(steps: Any) -> tuple[Any, ...]:
    """The first values that are a result and no report."""
    OPEN.append(steps)
    for step in steps:
        if step[0] != gr.skip():
            return step  # type: ignore[no-any-return]
    raise AssertionError("nothing was made")


EVERYTHING = GenerateRequest(
    category="lamp",
    seed=7,
    count=3,
    truncation=0.5,
    size=512,
    transparent=True,
    model="generate-catalogue",
    sliders=Sliders(hue_deg=30, lightness=-0.5, size=0.25, aspect=0.5, azimuth_deg=-20, colour="red"),
    edits=(Edit(direction=WAY, amount=2),),
    mix_seed=9,
    mix=("coarse", "fine"),
)


def shown(tmp_path: Path, *requests: GenerateRequest, **options: Any) -> result.RenderedResult:
    return result.from_results([FakeRun()(one) for one in requests], tmp_path, options.pop("to", "en"), **options)
