"""Pictures with a thing marked as a hole, and the shadow that it throws; items are the same on every machine."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import Dataset

from gan.imaging.mask_shapes import max_within
from gan.imaging.resize import resize
from gan.training.data.composites import Composites, photographed
from gan.training.data.dice import Dice, of_item
from gan.training.data.holes import hole
from gan.training.data.scenes import Scenes

STAGED, LAID = 0.4, 0.15
"""Shares of rendered scenes, where there are any, and of composites; the others have holes that take out no thing."""

LEAST_DARKER = 0.02
"""Difference of brightness that is a shadow: a little more than the noise of a rendered scene."""

PHOTOGRAPHED = 0.6

Item = tuple[Tensor, Tensor]


class ShadowItems(Dataset[Item]):
    """Item i is (given (4, p, p), shadow (1, p, p)): RGB and a hole, 0 or 1; and 1 where the thing in the hole throws
    its shadow, outside of the hole.

    Holes of which nothing was taken out have no shadow, so that strokes and letters find none.
    """

    def __init__(self, composites: Composites, scenes: Scenes | None, side_px: int, seed: int) -> None:
        self.composites = composites
        self.scenes = scenes
        self.side_px = side_px
        self.seed = seed

    def __getitem__(self, index: int) -> Item:
        dice = Dice(of_item(self.seed, index))
        if self.scenes is not None and dice.chance(STAGED):
            number = int(dice.uniform(0, 1) * len(self.scenes)) % len(self.scenes)
            return self._of_thing(*of_scene(self.scenes, number), dice)
        if dice.chance(LAID / (1 - STAGED)):
            return self._of_thing(*self.composites.removed(dice), dice)
        return self._of_nothing(dice)

    def _of_thing(self, seen: Tensor, cover: Tensor, empty: Tensor, dice: Dice) -> Item:
        """A thing's surroundings, with the thing marked more or less exactly."""
        side = seen.shape[-1]
        reach = max(1, round(side * dice.uniform(0.002, 0.03)))
        gone = max_within((cover > 0.05).float(), reach)
        x = torch.cat([seen, gone, darker(seen, empty) * (1 - gone)])
        rows, columns = around(gone, dice.uniform(0.35, 1.2), dice)
        x = resize(x[None, :, rows, columns], self.side_px, self.side_px)[0]
        x = x.flip(2) if dice.chance(0.5) else x
        return self._item(x[:3], x[3:4], x[4:], dice)

    def _of_nothing(self, dice: Dice) -> Item:
        if self.scenes is not None and dice.chance(0.3):
            rgb = resize(self.scenes.part(dice)[0][None], self.side_px, self.side_px)[0]
        else:
            # A hole over a part of a product leaves its shadow: it is still there.
            rgb = self.composites.picture(dice, "own" if dice.chance(0.5) else "")[0]
            rgb = resize(rgb[None], self.side_px, self.side_px)[0]
        gone = hole(self.side_px, dice.generator, growth=dice.uniform(0, 1))
        return self._item(rgb, gone, torch.zeros_like(gone), dice)

    def _item(self, rgb: Tensor, gone: Tensor, shadow: Tensor, dice: Dice) -> Item:
        if dice.chance(0.3):
            rgb = rgb[torch.randperm(3, generator=dice.generator)]
        if dice.chance(0.3):
            rgb = rgb.clamp(1e-3, 1) ** math.exp(dice.uniform(-0.5, 0.5))
        rgb = photographed(rgb, dice) if dice.chance(PHOTOGRAPHED) else rgb
        gone = (gone > 0.5).float()
        return torch.cat([rgb.clamp(0, 1), gone]), (shadow > 0.5).float() * (1 - gone)


def of_scene(scenes: Scenes, number: int) -> tuple[Tensor, Tensor, Tensor]:
    """A scene (3, S, S), the main product's coverage (1, S, S), and the place without it."""
    rgb, covers = scenes.whole(number)
    return rgb, covers[:1], scenes.empties[number].float() / 255


def darker(seen: Tensor, empty: Tensor) -> Tensor:
    """Mask of what is clearly darker in a picture (3, S, S) than without a thing: (1, S, S), 0 or 1."""
    lost = (empty - seen).mean(0, keepdim=True)[None]
    return (F.avg_pool2d(F.pad(lost, (1, 1, 1, 1), mode="replicate"), 3, 1)[0] > LEAST_DARKER).float()


def around(gone: Tensor, margin: float, dice: Dice | None) -> tuple[slice, slice]:
    """Rows and columns around a hole (1, S, S), wider than it on every side by a share of its longer side; with dice
    by more on some sides than on others.
    """
    ends = [torch.nonzero((gone[0] > 0.5).any(axis)).flatten() for axis in (1, 0)]
    if min(len(end) for end in ends) == 0:
        return slice(0, gone.shape[1]), slice(0, gone.shape[2])
    spans = [(int(end[0]), int(end[-1]) + 1) for end in ends]
    longer = max(last - first for first, last in spans)
    made = []
    for (first, last), side in zip(spans, gone.shape[1:], strict=True):
        low, high = (margin * longer * (1.0 if dice is None else dice.uniform(0.6, 1.4)) for _ in range(2))
        made.append(slice(max(0, round(first - low)), min(side, round(last + high))))
    return made[0], made[1]
