"""Pictures with holes, and their originals; item i is the same on every machine, in any order."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import Dataset

from gan.imaging.mask import BLIND, COARSE
from gan.imaging.patches import magnified, patch_fill
from gan.imaging.smooth_fill import smooth_fill
from gan.training.data.dice import Dice, of_item
from gan.training.data.holes import hole
from gan.training.data.pictures import Pictures
from gan.training.data.scenes import TruePairs

SHRINK_TO = 0.2
"""Photographs are shrunk down to this, so that a crop shows things and not only surfaces."""

PLAIN = 0.02
"""Standard deviation below which the ground of a hole teaches nothing that is not known after a thousand pictures."""


EXCHANGED = [1, 2, 0, 4, 5, 3, 6]
"""The planes of an item's second time: mirrored, red as green and so on."""


class Fills(Dataset[tuple[Tensor, Tensor]]):
    """Item i is (whole (3, p, p), given (7, p, p)), drawn from seed and i.

    `given` is what the function of that name says: two fills of the hole, and the mask, which is 0 where the picture
    is known, `BLIND` or `COARSE` in the hole.

    An item of `pairs` asks for the place behind a product: the hole is the product, around it lies what the camera saw
    with it there, its shadow too, and what belongs into the hole is the place without it.

    Args:
        pictures: where the crops come from.
        side_px: p.
        coarse: how often a hole is filled from a smaller copy: a later pass over a large hole.
        growing: items after which holes are as large as they get; 0 for large ones from the start.
        pairs: scenes with and without their product, of this side; None for none.
        often: how often an item is of these.
    """

    def __init__(
        self,
        pictures: Pictures,
        side_px: int,
        seed: int,
        *,
        coarse: float = 0.25,
        growing: int = 0,
        pairs: TruePairs | None = None,
        often: float = 0.0,
    ) -> None:
        self.pictures = pictures
        self.side_px = side_px
        self.seed = seed
        self.coarse = coarse
        self.growing = growing
        self.pairs = pairs
        self.often = often
        self._last: tuple[int, tuple[Tensor, Tensor]] | None = None

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        # Making an item takes as long as learning from it, so each serves twice: as it is, and in other colors.
        made, again = divmod(index, 2)
        if self._last is None or self._last[0] != made:
            self._last = (made, self._made(made))
        whole, given = self._last[1]
        return (whole.flip(2)[EXCHANGED[:3]], given.flip(2)[EXCHANGED]) if again else (whole, given)

    def _made(self, index: int) -> tuple[Tensor, Tensor]:
        generator = of_item(self.seed, index)
        dice = Dice(generator)
        if self.pairs is not None and dice.uniform(0, 1) < self.often:
            with_it, mask, without = self.pairs[index]
            whole = torch.where(mask > 0, without, with_it)
            return whole, given(whole, mask, smaller(whole, dice) if dice.uniform(0, 1) < self.coarse else None)
        growth = min(1.0, 0.6 + 0.8 * index / self.growing) if self.growing else 1.0
        patient = dice.uniform(0, 1) < 0.8
        for _ in range(4):
            whole = self.pictures.crop(self.side_px, generator, shrink_to=SHRINK_TO)
            mask = hole(self.side_px, generator, growth=growth)
            if not patient or whole[:, mask[0] > 0].std() > PLAIN:
                break
        return whole, given(whole, mask, smaller(whole, dice) if dice.uniform(0, 1) < self.coarse else None)


def given(whole: Tensor, mask: Tensor, coarse: Tensor | None = None) -> Tensor:
    """Network input for a hole, prepared as in serving.

    Args:
        whole: (3, H, W) in [0, 1].
        mask: (1, H, W), 1 in the hole.
        coarse: (3, H, W), the hole as a coarser level filled it; None where nothing is known.

    Returns:
        (7, H, W): the hole filled smoothly or with `coarse`, the hole filled with patches, and the mask.
    """
    picture, hole = whole[None], mask[None] > 0
    if coarse is None:
        smooth = smooth_fill(picture, hole)
        return torch.cat([smooth[0], patch_fill(smooth, hole).filled[0], BLIND * mask])
    half = F.avg_pool2d(picture, 2), F.max_pool2d(mask[None], 2) > 0
    filled = torch.where(hole, coarse[None], picture)
    source = patch_fill(smooth_fill(*half), half[1]).source
    copied = torch.where(hole, magnified(picture, source, filled, factor=2), picture)
    return torch.cat([filled[0], copied[0], COARSE * mask])


def smaller(whole: Tensor, dice: Dice) -> Tensor:
    """Downscale to a half or a quarter and upscale again, softened and tinted as a coarse fill may be."""
    side_px = whole.shape[-1]
    small_px = round(side_px / dice.uniform(1.8, 4.0))
    small = F.interpolate(whole[None], (small_px, small_px), mode="bilinear", antialias=True)
    if dice.uniform(0, 1) < 0.5:
        small = F.avg_pool2d(F.pad(small, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    coarse = F.interpolate(small, (side_px, side_px), mode="bicubic", align_corners=False)[0]
    tint = torch.tensor([dice.uniform(-0.02, 0.02) for _ in range(3)])[:, None, None]
    return (coarse + tint).clamp(0, 1)
