"""Masks that the promptable network gives of a picture: of what clicks ask for, or of its product."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.contract import Context, Model
from gan.select.network import MASK_STRIDE, MEANT, NOT_MEANT, fitted_to

MODEL = "select"


@dataclass(frozen=True, eq=False)
class Encoded:
    """A picture as the network's decoder needs it; every prompt after the first is answered within milliseconds.

    Attributes:
        features: (1, C, S, S) in half precision.
        height, width: of the picture within the square that was encoded, in that square's pixels.
    """

    model: Model
    features: Tensor
    height: int
    width: int

    def mask(
        self, context: Context, places: Sequence[tuple[float, float, bool]] = (), prior: Tensor | None = None
    ) -> tuple[Tensor, float]:
        """The mask of one thing, and the IoU that the network expects of it.

        Args:
            places: clicks as x and y in shares of the picture's width and height, and whether the thing is meant;
                without any the product is asked for.
            prior: (1, 1, h, w) in [0, 1], what is known of the mask, of the same proportions as the picture.

        Returns:
            (1, 1, h, w) in [0, 1], a value for `MASK_STRIDE` pixels of the square in each direction; and 0 to 1.
        """
        kinds = ((x * self.width - 0.5, y * self.height - 0.5, MEANT if meant else NOT_MEANT) for x, y, meant in places)
        clicks = torch.tensor([list(kinds)]) if places else None
        height, width = (max(1, round(side / MASK_STRIDE)) for side in (self.height, self.width))
        side = int(self.model.network.side_px) // MASK_STRIDE  # type: ignore[arg-type]
        known = None
        if prior is not None:
            small = F.interpolate(prior, (height, width), mode="bilinear", antialias=True)
            known = F.pad(small, (0, side - width, 0, side - height))
        logits, quality = context.call(self.model, "forward", self.features.float(), clicks, known)
        return logits[:, :, :height, :width].sigmoid(), float(quality.clamp(0, 1))


def encoded(rgb: Tensor, context: Context) -> Encoded:
    """Encode colors (1, 3, H, W) in [0, 1]; once for a picture, however many requests ask about it."""
    model = context.model(MODEL, MODEL)
    height, width = fitted_to(rgb.shape[2], rgb.shape[3], int(model.network.side_px))  # type: ignore[arg-type]
    # Also a picture that was read anew from its file is the same.
    seen = F.interpolate(rgb, (height, width), mode="bilinear", antialias=True, align_corners=False)
    key = hashlib.sha256((seen * 255).round().byte().numpy().tobytes()).digest()

    def make() -> Tensor:
        return context.call(model, "encode", seen)[0].half()

    return Encoded(model, context.kept(("encoded", model.sha256, key), make), height, width)
