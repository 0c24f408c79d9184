"""The studio: one device, the models that are in use, and one call for each task."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from gan.batch.replayed import replayed
from gan.calls import call_of
from gan.core.contract import NOT_STATED, Cache, Context, Model, Progress, Request, Result, foreign, run
from gan.core.errors import InputError, PackshotError
from gan.core.reader import AnySource
from gan.cutout import rembg_models
from gan.export.channels import Channel, channel_of
from gan.export.delivery import Delivery, deliver
from gan.export.pipeline import ExportRequest
from gan.export.zip_builder import Packed
from gan.export.zip_package import Package
from gan.generate.directions import Direction, directions_of
from gan.generate.pipeline import AUTO_MODEL, load_network
from gan.inpaint.network import InpaintNet
from gan.models.community import load_community, load_masked
from gan.models.community_files import licence_of
from gan.models.manifest import Manifest
from gan.models.weights import Checkpoint, damaged, network_config, read, resolve, verify
from gan.tasks import PYTHON, TASKS, Task, task_of

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS_DIR = ROOT / "weights"
MODELS_DIR = ROOT / "models"
"""Where users put community checkpoints; `python -m gan weights convert-realesrgan` writes there too."""

COMMUNITY_FOLDERS = {"enhance": "", "inpaint": "inpaint"}
"""Where below it a task looks."""

KEEP_MODELS = 6
COMMUNITY_SUFFIXES = (".safetensors", ".pth", ".pt")


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

    It has a call for each of `gan.tasks.TASKS`, such as `enhance(image, scale=4)`, whose arguments are the fields of
    the task's request.

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
        self._loading: dict[str, threading.Lock] = {}
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
        task = task_of(request)
        context = Context(
            self.device,
            self._loader(task),
            seed=request.seed,
            progress=progress,
            cancel=cancel,
            autocast=_native_half(self.device),
            cache=self._cache,
            replay=lambda picture, history: replayed(picture, history, self.run, self.models, cancel=cancel),
        )
        return run(task.pipeline, request, context, task=task.step)

    def deliver(
        self,
        images: Iterable[str | Path | tuple[str, bytes]],
        output: str | Path,
        channel: str | Path | Channel,
        *,
        repair: bool = True,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        **options: Any,
    ) -> list[Packed]:
        """Export many pictures into a ZIP or a new folder, under names by SKU, for one or several channels.

        Args:
            images: paths, or names with the files' contents.
            output: a path that ends in .zip, or that of a folder which is new or empty.
            channel: the first channel, as of `export`.
            repair: whether to repair what breaks a rule.
            progress, cancel: as of `run`.
            options: fields of `gan.export.delivery.Delivery`, such as names="{sku}.{slot}.{ext}", table="skus.csv",
                barcode=True, slots=("1", "2"), also=("ebay",), sizes=(2000, 800); and those of `export`.

        Returns:
            What became of each picture, and of each SKU that lacks slots.

        Raises:
            InputError: an option cannot be used, or two pictures have one name or one SKU and slot.
            Cancelled: `cancel` was set.
        """
        beside = {name: options.pop(name) for name in Delivery.model_fields if name in options}
        delivery = Delivery.read(beside, AnySource())
        targets = delivery.targets(channel_of(channel))
        fields = ExportRequest.read_fields(options, AnySource(), without=frozenset(("picture", "channel")))
        sources = [image if isinstance(image, tuple) else (Path(image).name, Path(image)) for image in images]
        with Package(Path(output), *(target.channel for target in targets)) as package:
            beside = {"repair": repair, "progress": progress, "cancel": cancel}
            return list(deliver(package, sources, targets, self.run, delivery, **beside, **fields))

    def directions(self, name: str = AUTO_MODEL) -> list[Direction]:
        """The unsupervised directions of a generating model.

        Raises:
            WeightsError: the model cannot be used.
        """
        return directions_of(load_network(Context(self.device, self.load), name)[1])

    def models(self, task: str) -> list[ModelChoice]:
        """Ours first, with their hashes checked, then what lies in `models_dir`, by its file's name, and for cut-outs
        rembg's where it is installed; none is built.
        """
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
            choices += [ModelChoice(path.name, path.stem, 0, True) for path in files]
        if task == "cutout" and rembg_models.installed():
            problems = {name: rembg_models.missing(name) for name in rembg_models.MODELS}
            choices += [
                ModelChoice(name, model.title, 1, problems[name] is None, str(problems[name] or ""))
                for name, model in rembg_models.MODELS.items()
            ]
        return choices

    def load(self, name: str, task: str = "") -> Model:
        """The model of that name, from memory where it was used lately; the least recently used one makes room.

        Args:
            task: what a community checkpoint is wanted for; one of ours says so itself.

        Raises:
            WeightsError: it is missing, damaged, or of a task without networks.
        """
        # Two tasks may have a community checkpoint of one name.
        key = name if self._beside(name, task) is None else f"{task}/{name}"
        if (model := self._loaded(key)) is not None:
            return model
        with self._lock:
            loading = self._loading.setdefault(key, threading.Lock())
        with loading:  # of this name alone: whoever wants another model does not wait for it
            if (model := self._loaded(key)) is not None:
                return model
            try:
                model = self._read(name, task)
                with self._lock:
                    self._models[key] = model
                    while len(self._models) > KEEP_MODELS:
                        self._models.popitem(last=False)
                return model
            finally:
                with self._lock:
                    self._loading.pop(key, None)

    def _loaded(self, name: str) -> Model | None:
        """The model where it is in memory, now the one that was used last."""
        with self._lock:
            if name in self._models:
                self._models.move_to_end(name)
            return self._models.get(name)

    def close(self) -> None:
        """Forget all models."""
        with self._lock:
            self._models.clear()

    def _loader(self, task: Task) -> Callable[..., Model]:
        """`load` as a task's pipeline is given it; it may name another task whose network it needs."""

        def load(name: str, wanted: str = task.needs) -> Model:
            model = self.load(name, wanted or task.name)
            if wanted and model.task != wanted:
                raise foreign(name, model.task)
            return model

        return load

    def _beside(self, name: str, task: str) -> Path | None:
        """A community checkpoint that is offered under its file's name."""
        path = self.models_dir / COMMUNITY_FOLDERS.get(task, "") / name
        plain = task in COMMUNITY_FOLDERS and name == Path(name).name and path.suffix in COMMUNITY_SUFFIXES
        return path if plain and path.is_file() else None

    # A pipeline asks for its model in inference mode, and weights made there could never be searched through.
    @torch.inference_mode(False)
    def _read(self, name: str, task: str) -> Model:
        if task == "cutout" and name in rembg_models.MODELS:
            network, sha256 = rembg_models.load(name)
            licence = rembg_models.MODELS[name].licence
            return Model(name, sha256, network, task=task, whole=True, alone=True, licence=licence)
        path = self._beside(name, task) or resolve(name, self.weights_dir)
        if path.is_file():
            return _community(path, task, self.device)
        checkpoint = read(name, self.weights_dir)
        published = TASKS.get(checkpoint.task)
        if published is None or published.network is None:
            raise foreign(name, checkpoint.task)
        network = _built(checkpoint)
        checkpoint.fill(network)
        spec = network.spec
        network = network.to(self.device).to(memory_format=torch.channels_last).eval().requires_grad_(False)
        licence = checkpoint.licence or NOT_STATED
        fields = {"task": checkpoint.task, "licence": licence, "beside": checkpoint.beside, **asdict(spec)}
        return Model(checkpoint.name, checkpoint.sha256, network, **fields)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Callable[..., Result]:
            """A task's call; see `gan.calls`."""


for _task in TASKS.values():
    for _name in (_task.name, *_task.aliases) if PYTHON in _task.on else ():
        setattr(Studio, _name, call_of(_task))


def _built(checkpoint: Checkpoint) -> Any:
    """The network of a checkpoint's config, its tensors not yet in it.

    Raises:
        WeightsError, ConfigError: the config is that of no network.
    """
    try:
        network = TASKS[checkpoint.task].network
        if network is None:
            raise foreign(checkpoint.name, checkpoint.task)
        return network(checkpoint.config)
    except PackshotError:
        raise
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, RuntimeError, ZeroDivisionError) as error:
        raise damaged(Path(checkpoint.name) / "config.json", f"{type(error).__name__}: {error}"[:200]) from error


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
            licence=licence_of(path) or NOT_STATED,
        )
    found = load_community(path)
    return Model(
        path.name,
        found.sha256,
        found.module.to(device),
        task="enhance",
        scale=found.scale,
        multiple=found.multiple,
        context_px=24,
        licence=licence_of(path) or NOT_STATED,
    )


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
