"""Contract of every task: a Request goes in, a Result comes out, and `run` executes the pipeline between.

A task defines a frozen `Request` and a plain function, its pipeline, `(request, context) -> Output`. `run` owns
whatever a pipeline could forget: inference mode, the seed, clamping, the clock, the record of what was used. The
`Context` that it hands to the pipeline owns `eval()`, locks, padding, tiling and cropping, progress and Stop.
"""

from __future__ import annotations

import copy
import dataclasses
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from gan.core.errors import Cancelled, WeightsError
from gan.core.request import SEED_LIMIT, Request, plain
from gan.imaging.io.codec import to_pil
from gan.imaging.mask import Mask
from gan.imaging.picture import History, Picture
from gan.imaging.tiling import tiled
from gan.models.beside import Beside

Progress = Callable[[int, int, str], None]
"""Called with (steps done, steps in all, what is being done, as a template of `gan.ui.i18n`)."""

__all__ = ["SEED_LIMIT", "Cache", "Context", "Model", "Output", "Progress", "Request", "Result", "run"]

T = TypeVar("T")

NOT_STATED = "no license stated; ask whoever made the model"


@dataclass(frozen=True)
class Model:
    """A network in service, with its size requirements.

    Attributes:
        name: as in the manifest, or the path or Hub id it came from.
        sha256: of the weights' file.
        network: maps (N, 3, H, W) in [0, 1] to (N, 3, H * scale, W * scale), nominally in [0, 1].
        task: what it was made for.
        scale: output pixels per input pixel, in each direction.
        multiple: height and width must be divisible by this; `Context.apply` pads and crops.
        context_px: how far, in input pixels, a pixel of the output looks around itself.
        whole: whether it needs all of a picture at once and cannot be tiled.
        alone: of a network for cut-outs: whether it maps (1, 3, H, W) to the coverage (1, 1, H, W) by itself; ours
            takes a prior of it too, and gives logits.
        licence: of the weights, as their card or their makers state it.
        beside: further files of a published checkpoint.
    """

    name: str
    sha256: str
    network: nn.Module
    task: str = ""
    scale: int = 1
    multiple: int = 1
    context_px: int = 32
    whole: bool = False
    alone: bool = False
    licence: str = NOT_STATED
    beside: Beside = field(default_factory=Beside)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)


def foreign(name: str, task: str) -> WeightsError:
    """The error for a model of another task than the one that is asked of it."""
    return WeightsError(
        "model",
        "{name} is made for {task}",
        "a model of this task is expected",
        "Choose another",
        name=name,
        task=task,
    )


@dataclass(frozen=True)
class Output:
    """Return value of a pipeline: pictures, notices for the user, the details it chose on the way, and by name the
    masks that led to the pictures where these do not hold them."""

    pictures: tuple[Picture, ...]
    notices: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    masks: Mapping[str, Mask] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """Result of a request: the pictures, and a record sufficient to reproduce them.

    Attributes:
        pictures: float32 pictures in [0, 1]; `image` and `images` give them as PIL.
        weights: {name: sha256} of every model that took part.
        licences: {name: license} of the same, as `Model.licence` states it.
        seconds: from the request to the finished pixels, decoding and encoding excluded.
        notices: sentences for the user, as templates of `gan.ui.i18n`.
        details: what the pipeline chose, such as the settings that "auto" found.
        request: the request's record.
        masks: by name, for files beside the pictures; not in the record.
    """

    task: str
    pictures: tuple[Picture, ...]
    seed: int
    seconds: float
    weights: Mapping[str, str]
    notices: tuple[str, ...]
    details: Mapping[str, Any]
    request: Mapping[str, Any]
    masks: Mapping[str, Mask] = field(default_factory=dict)
    licences: Mapping[str, str] = field(default_factory=dict)

    @property
    def picture(self) -> Picture:
        return self.pictures[0]

    @property
    def image(self) -> Image.Image:
        """The first picture, 8 bits a channel, RGB or RGBA."""
        return to_pil(self.picture)

    @property
    def images(self) -> list[Image.Image]:
        return [to_pil(picture) for picture in self.pictures]

    @property
    def record(self) -> dict[str, Any]:
        """JSON-ready: task, seed, request, weights with hashes and licenses, seconds, notices, details."""
        told = (item.name for item in dataclasses.fields(self) if item.name not in ("pictures", "masks"))
        return {name: plain(getattr(self, name)) for name in told}


class Cache:
    """LRU cache of small items that several requests use, such as a style's code.

    Args:
        most: how many are kept.
    """

    def __init__(self, most: int = 64) -> None:
        self._most = most
        self._items: OrderedDict[Hashable, Any] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Item of that key. Whoever asks for one that is just being made waits for it; other items are not held up."""
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
                kept: T = self._items[key]
                return kept
            making = self._making.setdefault(key, threading.Lock())
        with making:
            return self._made_once(key, make)

    def _made_once(self, key: Hashable, make: Callable[[], T]) -> T:
        with self._lock:
            if key in self._items:  # made while this one waited
                kept: T = self._items[key]
                return kept
        try:
            made = make()
            with self._lock:
                self._items[key] = made
                while len(self._items) > self._most:
                    self._items.popitem(last=False)
            return made
        finally:
            with self._lock:
                self._making.pop(key, None)


class Context:
    """Services that a pipeline may use: models, the device, a seeded generator, progress, Stop.

    Args:
        device: where networks run; pictures stay on the CPU.
        load: gives the `Model` of a name, of a task if one is named; raises `WeightsError`.
        seed: of `generator`, which lives on the CPU so that a seed means the same on every device.
        progress: called after every finished step.
        cancel: when set, the next step raises `Cancelled`.
        tile_px: side of the area, in input pixels, that one call of a network contributes.
        autocast: a half-precision type that the device computes natively, or None for float32 throughout.
        cache: what `kept` keeps, shared between requests; by default this request's own.
        replay: gives a picture after the steps of a history; None where nothing can be replayed.
    """

    def __init__(
        self,
        device: torch.device,
        load: Callable[..., Model],
        *,
        seed: int = 0,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        tile_px: int = 256,
        autocast: torch.dtype | None = None,
        cache: Cache | None = None,
        replay: Callable[[Picture, History], Picture] | None = None,
    ) -> None:
        self.device = device
        self.generator = torch.Generator().manual_seed(seed)
        self.weights: dict[str, str] = {}
        self.licences: dict[str, str] = {}
        self._load = load
        self._progress = progress
        self._cancel = cancel
        self._tile_px = tile_px
        self._autocast = autocast
        self._cache = Cache() if cache is None else cache
        self._replay = replay

    def kept(self, key: Hashable, make: Callable[[], T]) -> T:
        """Cached value of this key, also from a recent earlier request; if there is none, it is made and cached."""
        return self._cache.get(key, make)

    def replayed(self, picture: Picture, history: History) -> Picture:
        """The picture after the steps of a history, which another picture's file may carry.

        Raises:
            InputError: a step cannot be carried out again.
            Cancelled: the user pressed Stop.
        """
        if not history:
            return picture
        if self._replay is None:
            raise RuntimeError("this context replays nothing")
        return self._replay(picture, history)

    def within(self, done: int, total: int) -> Context:
        """Context of a part of the work, whose progress is reported as part of the whole's."""
        part = copy.copy(self)
        part._progress = None if self._progress is None else lambda _done, _total, what: self.step(done, total, what)
        return part

    def model(self, name: str, task: str = "") -> Model:
        """Load a model by name, in eval mode on the device; it is recorded in the result's weights and licenses.

        Args:
            task: what it has to be made for, where that is not the request's own task.
        """
        model = self._load(name, task) if task else self._load(name)
        self.weights[model.name] = model.sha256
        self.licences[model.name] = model.licence
        return model

    def step(self, done: int, total: int, what: str) -> None:
        """Report progress.

        Raises:
            Cancelled: the user pressed Stop.
        """
        if self._cancel is not None and self._cancel.is_set():
            raise Cancelled
        if self._progress is not None:
            self._progress(done, total, what)

    def infer(self, model: Model, x: Tensor, *, multiple: int = 1) -> Tensor:
        """Run a network once on a whole picture: x (N, C, H, W) on the CPU, its output in float32 there too.

        Args:
            multiple: the picture is padded to it by repeating its border, and the output is cropped.
        """
        height, width = x.shape[2:]
        padded = F.pad(x, (0, -width % multiple, 0, -height % multiple), mode="replicate") if multiple > 1 else x
        with model.lock, torch.inference_mode(), self._half():
            out: Tensor = model.network.eval()(padded.to(self.device))
        return out[..., :height, :width].to("cpu", torch.float32)

    def call(self, model: Model, method: str, *inputs: Tensor | None) -> tuple[Tensor, ...]:
        """Run one method of a network that has several, on tensors of the CPU; all of its outputs in float32 there."""
        given = (x if x is None else x.to(self.device) for x in inputs)
        with model.lock, torch.inference_mode(), self._half():
            made = getattr(model.network.eval(), method)(*given)
        outputs: tuple[Tensor, ...] = made if isinstance(made, tuple) else (made,)
        return tuple(x.to("cpu", torch.float32) for x in outputs)

    def apply(
        self,
        model: Model,
        x: Tensor,
        *,
        around: Callable[[Callable[[Tensor], Tensor], Tensor], Tensor] | None = None,
        what: str = "Enhancing",
        tile_px: int | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Tensor:
        """Run a model over a picture of any size, tile by tile, on the context's device.

        Args:
            model: maps (1, C, h, w) to (1, 3, h * scale, w * scale).
            x: (1, C, H, W) on the CPU.
            around: called as `around(network, tile)` in place of `network(tile)`, for what belongs to each tile.
            what: the step's name for the progress.
            tile_px: side of a tile where it is not to be the context's.
            on_progress: called with (tiles done, tiles in all) in place of `step`; it has to call that.

        Returns:
            (1, 3, H * scale, W * scale), float32, on the CPU, clamped to [0, 1].
        """
        network = model.network.eval()

        def on_tile(tile: Tensor) -> Tensor:
            with self._half():
                out: Tensor = network(tile) if around is None else around(network, tile)
            return out

        with model.lock, torch.inference_mode():
            return tiled(
                on_tile,
                x,
                scale=model.scale,
                multiple=model.multiple,
                context_px=model.context_px,
                tile_px=tile_px or self._tile_px,
                device=self.device,
                on_progress=on_progress or (lambda done, total: self.step(done, total, what)),
            )

    def _half(self) -> torch.autocast:
        return torch.autocast(self.device.type, self._autocast, enabled=self._autocast is not None)


R = TypeVar("R", bound=Request)


def run(pipeline: Callable[[R, Context], Output], request: R, context: Context, *, task: str) -> Result:
    """Run one request; this step is appended to the history of every picture of the result.

    Raises:
        InputError, WeightsError: as the pipeline raises them.
        Cancelled: Stop was pressed.
        RuntimeError: the network returned a value that is no number; such a picture is not shown.
    """
    began = time.perf_counter()
    with torch.inference_mode():
        output = pipeline(request, context)
        for picture in output.pictures:
            # Both ends are NaN where any value is; isfinite() would allocate the whole picture once more.
            if not all(math.isfinite(end.item()) for end in torch.aminmax(picture.rgb)):
                raise RuntimeError(f"{task}: the network returned non-finite values")
            picture.rgb.clamp_(0, 1)
    weights = dict(context.weights)
    return Result(
        task=task,
        pictures=_with_provenance(output.pictures, request, task, weights),
        seed=request.seed,
        seconds=time.perf_counter() - began,
        weights=weights,
        notices=output.notices,
        details=output.details,
        request=request.record(),
        masks=output.masks,
        licences=dict(context.licences),
    )


def licence_lines(licences: Mapping[str, str]) -> list[str]:
    """A line for each network that took part: its name and its license."""
    return [f"{name}: {licence}" for name, licence in licences.items()]


def _with_provenance(
    pictures: tuple[Picture, ...], request: Request, task: str, weights: Mapping[str, str]
) -> tuple[Picture, ...]:
    """Append this step to the pictures' history, and set the source type if there is none."""
    source = getattr(request, "picture", None)
    history, source_type = (source.history, source.source_type) if isinstance(source, Picture) else ((), "")
    together = request.as_step()
    stamped = []
    for index, picture in enumerate(pictures):
        alone = request.alone(index)
        step = {"task": task, "request": together if alone is request else alone.as_step(), "weights": weights}
        stamped.append(
            dataclasses.replace(picture, history=(*history, step), source_type=picture.source_type or source_type)
        )
    return tuple(stamped)
