"""Checkpoints as the community publishes them, small enough for a test."""

from __future__ import annotations

import functools
import importlib
from typing import Any

import pytest
import torch


def small_esrgan(blocks: int = 1, width: int = 8, channels: int = 3) -> dict[str, torch.Tensor]:
    """An ESRGAN x4 in the original names, small enough for a test."""
    generator = torch.Generator().manual_seed(0)
    state: dict[str, torch.Tensor] = {}

    def add(name: str, out: int, into: int) -> None:
        state[f"{name}.weight"] = torch.randn(out, into, 3, 3, generator=generator) * 0.05
        state[f"{name}.bias"] = torch.zeros(out)

    add("conv_first", width, channels)
    for block in range(blocks):
        for dense in (1, 2, 3):
            for conv in range(1, 6):
                out = width if conv == 5 else 32
                add(f"body.{block}.rdb{dense}.conv{conv}", out, width + 32 * (conv - 1))
    for name in ("conv_body", "conv_up1", "conv_up2", "conv_hr"):
        add(name, width, width)
    add("conv_last", channels, width)
    return state


def small_lama(patch: pytest.MonkeyPatch, channels: int = 3) -> dict[str, torch.Tensor]:
    """A LaMa in spandrel's names with few channels; its 51 million parameters are fixed, so spandrel is patched."""
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        return lama_class(patch)(in_nc=channels + 1, out_nc=channels).state_dict()


def lama_class(patch: pytest.MonkeyPatch) -> Any:
    """spandrel's LaMa, made small."""
    module = importlib.import_module("spandrel.architectures.LaMa.__arch.LaMa")
    patch.setattr(module, "FFCResNetGenerator", functools.partial(module.FFCResNetGenerator, ngf=8, n_blocks=1))
    return module.LaMa
