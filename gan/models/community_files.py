"""Read third-party checkpoint files: their tensors, without running code in them, and their architecture.

A .pth file is a pickle; it is read with PyTorch's restricted unpickler, which makes tensors and plain containers and
refuses everything else. A .pt file of TorchScript is a program with tensors; the tensors are taken out and the program
is left.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import io
import pickle
import re
import zipfile
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from gan.core.errors import WeightsError
from gan.core.message import Message
from gan.limits import MAX_LAYER_NUMBER, MAX_TENSORS

SUFFIXES = (".safetensors", ".pth", ".pt")
EXTRA_ARCHITECTURES = "spandrel_extra_arches"
"""The package that holds MAT among others, whose licenses forbid commercial use; used where a user has installed it."""


def describe_file(path: Path) -> tuple[Any, str]:
    """spandrel's descriptor of a checkpoint, and the file's SHA-256.

    Args:
        path: .safetensors, .pth with tensors only, or .pt with either these or TorchScript.

    Raises:
        WeightsError: the file is missing or damaged, carries more than tensors, or is of no known architecture.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise unusable(
            path,
            Message('it ends in "{suffix}"', {"suffix": path.suffix}),
            Message("{suffixes} are read", {"suffixes": ", ".join(SUFFIXES)}),
        )
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unusable(path, Message("it cannot be read"), Message("an existing file is expected")) from error
    return _describe(path, _tensors(path, data)), hashlib.sha256(data).hexdigest()


def licence_of(path: Path) -> str:
    """License that a .safetensors file names in its metadata; empty where it names none, and for other files."""
    if path.suffix.lower() != ".safetensors":
        return ""
    with safetensors.safe_open(path, "pt") as file:
        metadata = file.metadata() or {}
    return next((metadata[key][:200] for key in ("license", "licence", "modelspec.license") if metadata.get(key)), "")


def unusable(path: Path, reason: str, allowed: str) -> WeightsError:
    return WeightsError(
        "model",
        "{path} cannot be used: {reason}",
        "{expected}",
        "Choose another file",
        path=path.name,
        reason=reason,
        expected=allowed,
    )


def _tensors(path: Path, data: bytes) -> dict[str, Any]:
    try:
        if path.suffix.lower() == ".safetensors":
            return dict(safetensors.torch.load(data))
        archive = _torchscript(data)
        if archive is not None:
            return _torchscript_tensors(archive)
        loaded = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise unusable(
            path, Message("it is damaged, or contains more than tensors"), Message("files of tensors alone are read")
        ) from error
    except Exception as error:
        # What a damaged archive raises depends on where the damage is; no kind of it is the program's fault.
        raise unusable(path, Message("it is damaged"), Message("an intact file is expected")) from error
    if not isinstance(loaded, dict):
        raise unusable(
            path,
            Message("it contains {kind}", {"kind": type(loaded).__name__}),
            Message("a dictionary of tensors is expected"),
        )
    return loaded


def _describe(path: Path, state: dict[str, Any]) -> Any:
    from spandrel import MAIN_REGISTRY, ModelLoader, UnsupportedModelError, canonicalize_state_dict

    registry = MAIN_REGISTRY.copy()
    if importlib.util.find_spec(EXTRA_ARCHITECTURES) is not None:
        registry.add(*importlib.import_module(EXTRA_ARCHITECTURES).EXTRA_REGISTRY, ignore_duplicates=True)
    _check_names(path, state)
    known = Message("architectures that spandrel or {package} knows are read", {"package": EXTRA_ARCHITECTURES})
    try:
        return ModelLoader("cpu", registry).load_from_state_dict(canonicalize_state_dict(state))
    except UnsupportedModelError as error:
        raise unusable(path, Message("its architecture is not known"), known) from error
    except Exception as error:
        # An architecture that is recognized by a few keys and then does not fit fails in its own constructor.
        raise unusable(path, Message("its tensors fit no known architecture"), known) from error


def _check_names(path: Path, state: dict[str, Any]) -> None:
    """spandrel builds as many layers as the names count to: a name is enough to make it build 200,000."""
    if len(state) > MAX_TENSORS:
        raise unusable(
            path,
            Message("it holds {count} tensors", {"count": len(state)}),
            Message("at most {most} are allowed", {"most": MAX_TENSORS}),
        )
    for name in state:
        for number in re.findall(r"\d+", str(name)):
            if len(number) > 9 or int(number) > MAX_LAYER_NUMBER:
                reason = Message("it names a layer {number}", {"number": number[:20]})
                raise unusable(path, reason, Message("layers up to {most} are read", {"most": MAX_LAYER_NUMBER}))


def _torchscript(data: bytes) -> zipfile.ZipFile | None:
    buffer = io.BytesIO(data)
    if not zipfile.is_zipfile(buffer):
        return None
    archive = zipfile.ZipFile(buffer)
    if sum(member.file_size for member in archive.infolist()) > 2 * len(data):
        raise ValueError("a checkpoint's archive is stored and not packed")
    return archive if any(name.endswith("/constants.pkl") for name in archive.namelist()) else None


def _torchscript_tensors(archive: zipfile.ZipFile) -> dict[str, Tensor]:
    """Parameters and buffers in the names of `state_dict`: attributes of objects within objects."""
    state: dict[str, Tensor] = {}

    def collect(prefix: str, found: _Object) -> None:
        for name, value in found.items():
            if isinstance(value, Tensor):
                state[prefix + name] = value
            elif isinstance(value, _Object):
                collect(f"{prefix}{name}.", value)

    root = _Unpickler(archive).load()
    collect("", root if isinstance(root, _Object) else _Object())
    return state


class _Object(dict[str, Any]):
    """Placeholder for an object of any TorchScript class."""

    def __setstate__(self, attributes: dict[str, Any]) -> None:
        self.update(attributes)


class _Unpickler(pickle.Unpickler):
    """Unpickler that makes `_Object`s, tensors and lists, and calls nothing that the file names."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._root = next(name for name in archive.namelist() if name.endswith("/data.pkl")).removesuffix("data.pkl")
        super().__init__(io.BytesIO(archive.read(f"{self._root}data.pkl")))

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".")[0] == "__torch__":
            return _Object
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuilt
        if (module, name) == ("collections", "OrderedDict"):
            return dict
        if module == "torch" and name.endswith("Storage"):
            return name
        if module == "torch.jit._pickle":
            return _first
        raise pickle.UnpicklingError(f"{module}.{name} is no tensor")

    def persistent_load(self, pid: Any) -> Tensor:
        _, storage, key, _, count = pid
        dtype = _STORAGES[storage]
        if not count:
            return torch.empty(0, dtype=dtype)
        return torch.frombuffer(bytearray(self._archive.read(f"{self._root}data/{key}")), dtype=dtype, count=count)


_STORAGES = {
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "DoubleStorage": torch.float64,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


def _rebuilt(storage: Tensor, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> Tensor:
    return storage.as_strided(size, stride, offset)


def _first(value: Any, *_: Any) -> Any:
    """Build a list of a declared type, as TorchScript's pickler writes them."""
    return value
