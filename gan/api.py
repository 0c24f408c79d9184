"""The studio: one device, the models that are in use, and one call for each task."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from gan.core.contract import Cache, Context, Model, Output, Progress, Request, Result, run
from gan.core.errors import InputError, WeightsError
from gan.cutout.network import CutoutNet, cutout_config
from gan.cutout.pipeline import CutoutRequest, cutout
from gan.edit.frame import FrameRequest, frame
from gan.edit.match import MatchRequest, match
from gan.edit.recolor import RecolorRequest, recolor
from gan.edit.shadow import ShadowRequest, shadow
from gan.edit.white import WhiteRequest, white
from gan.enhance.network import EnhanceConfig, EnhanceNet
from gan.enhance.pipeline import EnhanceRequest, enhance
from gan.export.pipeline import CheckRequest, ExportRequest, check_picture, export
from gan.generate import classical_network
from gan.generate.directions import Direction, directions_of
from gan.generate.interpolation import FilmRequest, film
from gan.generate.network import GenerateNet, config_from
from gan.generate.pipeline import AUTO_MODEL, GenerateRequest, generate, load_network
from gan.generate.projection import ProjectRequest, project
from gan.inpaint.network import InpaintNet, inpaint_config
from gan.inpaint.pipeline import InpaintRequest, inpaint
from gan.models.blocks import fuse
from gan.models.community import load_community, load_masked
from gan.models.manifest import Manifest
from gan.models.weights import network_config, read, resolve, verify
from gan.product_calls import ProductCalls
from gan.room_calls import RoomCalls
from gan.stylize.network import StylizeNet, stylize_config
from gan.stylize.pipeline import SheetRequest, StylizeRequest, sheet, stylize

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS_DIR = ROOT / "weights"
MODELS_DIR = ROOT / "models"
"""Where users put community checkpoints; `python -m gan weights convert-realesrgan` writes there too."""

COMMUNITY_FOLDERS = {"enhance": "", "inpaint": "inpaint"}
"""Where below it a task looks."""

KEEP_MODELS = 4
COMMUNITY_SUFFIXES = (".safetensors", ".pth", ".pt")

PIPELINES: Mapping[type[Request], tuple[str, Callable[[Any, Context], Output]]] = {
    EnhanceRequest: ("enhance", enhance),
    GenerateRequest: ("generate", generate),
    ProjectRequest: ("project", project),
    FilmRequest: ("film", film),
    InpaintRequest: ("inpaint", inpaint),
    StylizeRequest: ("stylize", stylize),
    SheetRequest: ("stylize", sheet),
    CutoutRequest: ("cutout", cutout),
    RecolorRequest: ("recolor", recolor),
    FrameRequest: ("frame", frame),
    ShadowRequest: ("shadow", shadow),
    WhiteRequest: ("white", white),
    MatchRequest: ("match", match),
    CheckRequest: ("check", check_picture),
    ExportRequest: ("export", export),
}

MADE_FOR: Mapping[str, str] = {
    **{task: task for task in ("enhance", "inpaint", "stylize")},
    **dict.fromkeys(("cutout", "recolor", "frame", "shadow", "white", "match", "check"), "cutout"),
}
"""What a task's own network has to be made for; generating and exporting use others' too and look for themselves."""

NETWORKS: Mapping[str, Callable[[Mapping[str, Any]], nn.Module]] = {
    "enhance": lambda config: fuse(EnhanceNet(EnhanceConfig(**config))),
    "generate": lambda config: _generator(config),
    "inpaint": lambda config: InpaintNet(inpaint_config(config)),
    "stylize": lambda config: StylizeNet(stylize_config(config)),
    "cutout": lambda config: CutoutNet(cutout_config(config)),
}


@dataclass(frozen=True)
class ModelChoice:
    """A model that a task could use, for a list to choose from.

    Attributes:
        name: what a request's `model` takes.
        title: what a list shows.
        scale: output pixels per input pixel; 0 where only loading it would tell.
        ready: whether its file is there.
        reason: why it is not, as a sentence.
        config: the published network's config; empty for a community checkpoint.
    """

    name: str
    title: str
    scale: int
    ready: bool
    reason: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)


class Studio(RoomCalls, ProductCalls):
    """Runs requests. Nothing is loaded before it is needed; safe to use from several threads.

    Args:
        device: "auto" takes CUDA where there is one, else the CPU; or "cpu", "cuda".
        weights_dir: the published checkpoints with their manifest.
        models_dir: community checkpoints that are offered beside ours.

    Raises:
        InputError: there is no such device here.
    """

    def __init__(
        self, device: str = "auto", weights_dir: Path | str | None = None, models_dir: Path | str | None = None
    ) -> None:
        self.device = _device(device)
        self.weights_dir = Path(weights_dir) if weights_dir else WEIGHTS_DIR
        self.models_dir = Path(models_dir) if models_dir else MODELS_DIR
        self._models: OrderedDict[str, Model] = OrderedDict()
        self._cache = Cache()
        self._lock = threading.Lock()

    def run(
        self, request: Request, *, progress: Progress | None = None, cancel: threading.Event | None = None
    ) -> Result:
        """Carry out any task's request.

        Raises:
            InputError, WeightsError: the request or the model cannot be used.
            Cancelled: `cancel` was set.
        """
        task, pipeline = PIPELINES[type(request)]
        context = Context(
            self.device,
            self._loader(task),
            seed=request.seed,
            progress=progress,
            cancel=cancel,
            autocast=_native_half(self.device),
            cache=self._cache,
        )
        return run(pipeline, request, context, task=task)

    def directions(self, name: str = AUTO_MODEL) -> list[Direction]:
        """The unsupervised directions of a generating model.

        Raises:
            WeightsError: the model cannot be used.
        """
        return directions_of(load_network(Context(self.device, self.load), name)[1])

    def models(self, task: str) -> list[ModelChoice]:
        """Ours first, with their hashes checked, then what lies in `models_dir`; no network is built."""
        checks = {check.name: check.problem for check in verify(self.weights_dir)}
        names = [record.name for record in Manifest.read(self.weights_dir).records if record.task == task]
        choices = [
            ModelChoice(
                name,
                name,
                _scale_of(name),
                not checks[name],
                checks[name],
                {} if checks[name] else network_config(name, self.weights_dir),
            )
            for name in names
        ]
        if task in COMMUNITY_FOLDERS and (self.models_dir / COMMUNITY_FOLDERS[task]).is_dir():
            folder = self.models_dir / COMMUNITY_FOLDERS[task]
            files = sorted(p for p in folder.iterdir() if p.suffix in COMMUNITY_SUFFIXES)
            choices += [ModelChoice(str(path), path.stem, 0, True) for path in files]
        return choices

    def load(self, name: str, task: str = "") -> Model:
        """The model of that name, from memory where it was used lately; the least recently used one makes room.

        Args:
            task: what a community checkpoint is wanted for; one of ours says so itself.

        Raises:
            WeightsError: it is missing, damaged, or of a task without networks.
        """
        with self._lock:
            model = self._models.pop(name, None) or self._read(name, task)
            self._models[name] = model
            while len(self._models) > KEEP_MODELS:
                self._models.popitem(last=False)
            return model

    def close(self) -> None:
        """Forget all models."""
        with self._lock:
            self._models.clear()

    def _loader(self, task: str) -> Callable[..., Model]:
        """`load` as a task's pipeline is given it; it may name another task whose network it needs."""

        def load(name: str, wanted: str = MADE_FOR.get(task, "")) -> Model:
            model = self.load(name, wanted or task)
            if wanted and model.task != wanted:
                raise _foreign(name, model.task)
            return model

        return load

    # A pipeline asks for its model in inference mode, and weights made there could never be searched through.
    @torch.inference_mode(False)
    def _read(self, name: str, task: str) -> Model:
        path = resolve(name, self.weights_dir)
        if path.is_file():
            return _community(path, task, self.device)
        checkpoint = read(name, self.weights_dir)
        if checkpoint.task not in NETWORKS:
            raise _foreign(name, checkpoint.task)
        network = NETWORKS[checkpoint.task](checkpoint.config)
        checkpoint.fill(network)
        network = network.to(self.device).to(memory_format=torch.channels_last).eval().requires_grad_(False)
        model = Model(checkpoint.name, checkpoint.sha256, network, task=checkpoint.task)
        if isinstance(network, InpaintNet):
            return replace(model, multiple=network.config.multiple, context_px=InpaintNet.CONTEXT_PX)
        if isinstance(network, StylizeNet):
            return replace(model, multiple=StylizeNet.MULTIPLE, context_px=StylizeNet.CONTEXT_PX)
        if isinstance(network, CutoutNet):
            return replace(model, multiple=CutoutNet.MULTIPLE, whole=True)
        if checkpoint.task == "enhance":
            scale, multiple = int(checkpoint.config["scale"]), int(checkpoint.config["unshuffle"])
            return replace(model, scale=scale, multiple=multiple, context_px=EnhanceNet.CONTEXT_PX)
        return model


def _foreign(name: str, task: str) -> WeightsError:
    return WeightsError(
        "model",
        "{name} is made for {task}",
        "a model of this task is expected",
        "Choose another",
        name=name,
        task=task,
    )


def _community(path: Path, task: str, device: torch.device) -> Model:
    if task == "inpaint":
        masked = load_masked(path)
        # What looks at the whole picture finds the surroundings of a hole as useful as our own network does.
        return Model(
            path.name,
            masked.sha256,
            masked.module.to(device),
            task=task,
            multiple=masked.multiple,
            context_px=InpaintNet.CONTEXT_PX,
            whole=True,
        )
    found = load_community(path)
    module = found.module.to(device)
    return Model(
        path.name, found.sha256, module, task="enhance", scale=found.scale, multiple=found.multiple, context_px=24
    )


def _generator(config: Mapping[str, Any]) -> nn.Module:
    if config.get("kind") == "dcgan":
        return classical_network.from_config(config)
    return GenerateNet(config_from(config))


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name not in ("cpu", "cuda") or (name == "cuda" and not torch.cuda.is_available()):
        raise InputError(
            "device",
            "{name}",
            "auto, cpu or, where there is a GPU, cuda is allowed",
            "Choose cpu",
            name=name,
        )
    return torch.device(name)


def _native_half(device: torch.device) -> torch.dtype | None:
    """bfloat16 where the device computes it natively: twice the speed; elsewhere it would only be slower."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else None
    return torch.bfloat16 if torch.cpu._is_avx512_bf16_supported() else None


def _scale_of(name: str) -> int:
    tail = name.rpartition("-x")[2]
    return int(tail) if tail.isdigit() else 0
