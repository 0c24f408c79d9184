"""Models of rembg beside ours: their names, licences and files, and a network that runs one.

rembg (MIT) is the extra `[rembg]`. It downloads what it lacks; here a model's file has to be there already, and nothing
asks for it over the network.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import torch
from PIL import Image
from torch import Tensor, nn

from gan.core.errors import WeightsError

PACKAGE: Final = "rembg"
_SESSIONS: Final = "_rembg_sessions"
_APACHE: Final = "Apache-2.0"
_MIT: Final = "MIT"


@dataclass(frozen=True)
class RembgModel:
    """A model that rembg knows.

    Attributes:
        name: rembg's; its file is NAME.onnx.
        licence: of the weights.
        seconds: of one picture on two cores, network and edge; None where it was not measured here.
    """

    name: str
    licence: str
    seconds: float | None = None

    @property
    def file(self) -> str:
        return f"{self.name}.onnx"

    @property
    def title(self) -> str:
        """For a list to choose from."""
        parts = [self.licence] if self.seconds is None else [self.licence, f"{self.seconds:g} s"]
        return f"{self.name} ({', '.join(parts)})"


MODELS: Final[Mapping[str, RembgModel]] = {
    model.name: model
    for model in (
        RembgModel("u2net", _APACHE, 1.6),
        RembgModel("u2netp", _APACHE),
        RembgModel("u2net_human_seg", _APACHE),
        RembgModel("silueta", _APACHE),
        RembgModel("isnet-general-use", _APACHE),
        RembgModel("isnet-anime", _APACHE),
        RembgModel("birefnet-general", _MIT),
        RembgModel("birefnet-general-lite", _MIT),
        RembgModel("birefnet-portrait", _MIT),
        RembgModel("birefnet-dis", _MIT),
        RembgModel("birefnet-hrsod", _MIT),
        RembgModel("birefnet-cod", _MIT),
        RembgModel("birefnet-massive", _MIT),
        RembgModel("bria-rmbg", "CC BY-NC 4.0: no commercial use"),
    )
}
"""Those that answer with the coverage of what stands out, on this machine: without rembg's segmenters of clothes and of
points, its custom files and its services over the network."""


def installed() -> bool:
    """True if the package is there; it is not imported."""
    return importlib.util.find_spec(PACKAGE) is not None


def found(name: str) -> Path | None:
    """A model's file, where rembg looks for it, in the same order; None where it is not there."""
    return next((path for path in _places(MODELS[name]) if path.is_file()), None)


def missing(name: str) -> WeightsError | None:
    """The error for a model that cannot be used here; None for one that can. No path of this machine is in it."""
    if not installed():
        return WeightsError(
            "model",
            "the package {package} is not installed",
            "it runs {name}",
            'Run: pip install "rembg[cpu]"',
            package=PACKAGE,
            name=name,
        )
    if found(name) is None:
        return WeightsError(
            "model",
            "{file} is not there",
            "nothing is downloaded",
            "Put {file} into the folder that U2NET_HOME names, or into ~/.rembg/models/{name}",
            file=MODELS[name].file,
            name=name,
        )
    return None


def load(name: str) -> tuple[RembgNet, str]:
    """A model's network, and the sha256 of its file.

    Raises:
        WeightsError: the package or the file is not there, or cannot be used.
    """
    if (problem := missing(name)) is not None:
        raise problem
    path = found(name)
    assert path is not None
    try:
        return RembgNet(_session(name, path)), _sha256(path)
    except Exception as error:  # onnxruntime's errors have no base of their own
        raise WeightsError(
            "model",
            "{file} cannot be used ({reason})",
            "a model of rembg, and the package with its runtime, are expected",
            'Restore the file, or run: pip install "rembg[cpu]"',
            file=path.name,
            reason=str(error).splitlines()[0][:200] if str(error) else type(error).__name__,
        ) from error


class RembgNet(nn.Module):
    """A session of rembg as a network: (1, 3, H, W) in [0, 1] to the coverage (1, 1, H, W) in [0, 1]."""

    def __init__(self, session: Any) -> None:
        super().__init__()
        self._session = session

    def forward(self, x: Tensor) -> Tensor:
        pixels = (x[0] * 255).round().byte().permute(1, 2, 0).cpu().numpy()
        mask = self._session.predict(Image.fromarray(pixels))[0].convert("L")
        cover = torch.frombuffer(bytearray(mask.tobytes()), dtype=torch.uint8).reshape(mask.height, mask.width)
        return (cover.float() / 255)[None, None].to(x.device)


def _places(model: RembgModel) -> Iterator[Path]:
    """Places in which rembg looks for a model: its own folder, then the former one for all; U2NET_HOME sets both."""
    own, data = os.environ.get("U2NET_HOME"), os.environ.get("XDG_DATA_HOME")
    home = own or os.environ.get("REMBG_HOME") or (f"{data}/rembg" if data else "~/.rembg")
    yield Path(home).expanduser() / "models" / model.name / model.file
    yield Path(own or f"{data or '~'}/.u2net").expanduser() / model.file


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def _session(name: str, path: Path) -> Any:
    """rembg's session of a model, with that file and no look for another one."""
    import onnxruntime

    kind = next(kind for kind in _sessions().sessions_class if kind.name() == name)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()

    class Local(kind):  # type: ignore[misc, valid-type]
        @classmethod
        def download_models(cls, *_args: Any, **_named: Any) -> str:
            return str(path)

    return Local(name, options, providers=["CPUExecutionProvider"])


_LOADING: Final = threading.Lock()


def _sessions() -> ModuleType:
    """rembg.sessions, without running rembg itself: that compiles a matting library for a minute and more, unused."""
    with _LOADING:
        if _SESSIONS not in sys.modules:
            package = importlib.util.find_spec(PACKAGE)
            root = Path(next(iter((package.submodule_search_locations if package else None) or ())), "sessions")
            spec = importlib.util.spec_from_file_location(
                _SESSIONS, root / "__init__.py", submodule_search_locations=[str(root)]
            )
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            sys.modules[_SESSIONS] = module
            try:
                spec.loader.exec_module(module)
            except BaseException:
                del sys.modules[_SESSIONS]
                raise
        return sys.modules[_SESSIONS]
