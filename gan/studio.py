"""The studio: one device, the models that are in use, and one call for each task."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import nn

from gan.contract import Context, Model, Output, Progress, Request, Result, run
from gan.enhance.adjust import Adjustments
from gan.enhance.network import EnhanceConfig, EnhanceNet
from gan.enhance.pipeline import EnhanceRequest, enhance
from gan.errors import InputError, WeightsError
from gan.generate import classical_network
from gan.generate.directions import Direction, directions_of
from gan.generate.interpolation import FilmRequest, film
from gan.generate.network import GenerateNet, config_from
from gan.generate.pipeline import AUTO_MODEL, GenerateRequest, generate, load_network
from gan.generate.projection import ProjectRequest, project
from gan.imaging.codec import decode
from gan.manifest import Manifest
from gan.nets.blocks import fuse
from gan.nets.community import load_community
from gan.weights import network_config, read, resolve, verify

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS_DIR = ROOT / "weights"
MODELS_DIR = ROOT / "models"
"""Where users put community checkpoints; `python -m gan weights convert-realesrgan` writes there too."""

KEEP_MODELS = 4
COMMUNITY_SUFFIXES = (".safetensors", ".pth")

PIPELINES: Mapping[type[Request], tuple[str, Callable[[Any, Context], Output]]] = {
    EnhanceRequest: ("enhance", enhance),
    GenerateRequest: ("generate", generate),
    ProjectRequest: ("project", project),
    FilmRequest: ("film", film),
}

NETWORKS: Mapping[str, Callable[[Mapping[str, Any]], nn.Module]] = {
    "enhance": lambda config: fuse(EnhanceNet(EnhanceConfig(**config))),
    "generate": lambda config: _generator(config),
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


class Studio:
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
            self._load_to_enhance if task == "enhance" else self.load,
            seed=request.seed,
            progress=progress,
            cancel=cancel,
            autocast=_native_half(self.device),
        )
        return run(pipeline, request, context, task=task)

    def enhance(
        self,
        image: Image.Image | Path | str | bytes,
        *,
        adjustments: Adjustments | None = None,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        **options: Any,
    ) -> Result:
        """Enhance one picture.

        Args:
            image: a PIL image, a path, or the bytes of a file.
            options: the other fields of `EnhanceRequest`, such as `scale=4`, `strength=0.8`, `width=1600`.

        Returns:
            A `Result` whose `.image` is PIL, RGB or RGBA.

        Raises:
            InputError: the picture or an option cannot be used.
            WeightsError: the model cannot be used.
        """
        request = EnhanceRequest(picture=decode(image), adjustments=adjustments or Adjustments(), **options)
        return self.run(request, progress=progress, cancel=cancel)

    def generate(
        self, *, progress: Progress | None = None, cancel: threading.Event | None = None, **options: Any
    ) -> Result:
        """Generate pictures of products.

        Args:
            options: the fields of `GenerateRequest`, such as `category="chair", seed=0, count=4`.

        Returns:
            A `Result` whose `.images` are PIL, RGB or RGBA.

        Raises:
            InputError: an option cannot be used.
            WeightsError: the model cannot be used.
        """
        return self.run(GenerateRequest(**options), progress=progress, cancel=cancel)

    def project(
        self,
        image: Image.Image | Path | str | bytes,
        *,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        **options: Any,
    ) -> Result:
        """Find a picture in the latent space; `result.details["latent"]` goes into `generate(latent=...)`.

        Raises:
            InputError: the picture or an option cannot be used.
            WeightsError: the model cannot be used.
        """
        return self.run(ProjectRequest(picture=decode(image), **options), progress=progress, cancel=cancel)

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
        if task == "enhance" and self.models_dir.is_dir():
            files = sorted(p for p in self.models_dir.iterdir() if p.suffix in COMMUNITY_SUFFIXES)
            choices += [ModelChoice(str(path), path.stem, 0, True) for path in files]
        return choices

    def load(self, name: str) -> Model:
        """The model of that name, from memory where it was used lately; the least recently used one makes room.

        Raises:
            WeightsError: it is missing, damaged, or of a task without networks.
        """
        with self._lock:
            model = self._models.pop(name, None) or self._read(name)
            self._models[name] = model
            while len(self._models) > KEEP_MODELS:
                self._models.popitem(last=False)
            return model

    def close(self) -> None:
        """Forget all models."""
        with self._lock:
            self._models.clear()

    def _load_to_enhance(self, name: str) -> Model:
        """A network that draws from latents has no pictures for its input."""
        model = self.load(name)
        if hasattr(model.network, "synthesize"):
            raise _foreign(name, "generate")
        return model

    # A pipeline asks for its model in inference mode, and weights made there could never be searched through.
    @torch.inference_mode(False)
    def _read(self, name: str) -> Model:
        path = resolve(name, self.weights_dir)
        if path.is_file():
            found = load_community(path)
            module = found.module.to(self.device)
            return Model(path.name, found.sha256, module, scale=found.scale, multiple=found.multiple, context_px=24)
        checkpoint = read(name, self.weights_dir)
        if checkpoint.task not in NETWORKS:
            raise _foreign(name, checkpoint.task)
        network = NETWORKS[checkpoint.task](checkpoint.config)
        checkpoint.fill(network)
        network = network.to(self.device).to(memory_format=torch.channels_last).eval().requires_grad_(False)
        if checkpoint.task != "enhance":
            return Model(checkpoint.name, checkpoint.sha256, network)
        return Model(
            checkpoint.name,
            checkpoint.sha256,
            network,
            scale=int(checkpoint.config["scale"]),
            multiple=int(checkpoint.config["unshuffle"]),
            context_px=EnhanceNet.CONTEXT_PX,
        )


def _foreign(name: str, task: str) -> WeightsError:
    return WeightsError(
        "model",
        "{name} is made for {task}",
        "a model of this task is expected",
        "Choose another",
        name=name,
        task=task,
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
