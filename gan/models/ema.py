"""Exponential moving average of weights, with a half-life in images so that it does not depend on the batch."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


def ema_decay(batch: int, half_life_kimg: float, seen_images: int, ramp: float = 0.05) -> float:
    """The decay per step: half-life `half_life_kimg`, shorter at the start so that the first weights are forgotten.

    The ramp is StyleGAN2-ADA's (arXiv 2006.06676): the half-life is at most `ramp` times the images seen so far.
    """
    half_life_images = min(half_life_kimg * 1000, max(seen_images * ramp, 1e-8))
    return float(0.5 ** (batch / half_life_images))


class EMA(AveragedModel):
    """`torch.optim.swa_utils.AveragedModel` whose decay is given anew at every update; buffers are copied."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__(network, use_buffers=False)
        self.module.requires_grad_(False)
        self.module.eval()

    @torch.no_grad()
    def update(self, network: nn.Module, decay: float) -> None:
        self.multi_avg_fn = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
        self.update_parameters(network)
