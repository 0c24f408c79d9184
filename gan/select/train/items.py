"""Training data of Select: pictures with the masks that clicks, or none, ask for."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import Dataset

from gan.imaging.mask_shapes import max_within
from gan.imaging.resize import shrunk
from gan.select.network import MASK_STRIDE, MEAN, MEANT, NOT_MEANT, NOTHING, PRODUCT
from gan.training.data.composites import Composites, photographed, prior
from gan.training.data.dice import Dice, of_item
from gan.training.data.scenes import LEAST_SHARE, Scenes, uneven

STAGED, CROWDED = 0.75, 0.125
"""Shares of scenes, where there are any, and of composites of several products; the others are of one."""

COUNTS = (0.6, 0.25, 0.15)
"""Probabilities of one, two and three clicks; the first is always on the thing."""

BESIDE = 0.55
"""Probability that a further click is on what is not meant."""

PHOTOGRAPHED = 0.6
"""Probability that a scene gets the noise and the compression of a photograph."""

TOLD_MORE, TOLD_LESS, TOLD_ANOTHER = 0.35, 0.25, 0.1
"""Probabilities that what others saw holds another thing too, lacks a part, or is another thing."""

Item = tuple[Tensor, Tensor, Tensor, Tensor]


class PromptItems(Dataset[Item]):
    """Item i is (picture (3, S, S), prompts (K, 3, 3), wanted (K, 1, m, m), told (1, m, m)), the same on every machine,
    in any order.

    The picture is padded to the network's square; m is S / `MASK_STRIDE`. The first prompt asks for the product where
    enough of one is seen; the others are one to three clicks on any thing. `told` is what other networks may have seen
    of what the first prompt asks for.

    Args:
        side_px: S.
        count: K.
    """

    def __init__(self, composites: Composites, scenes: Scenes | None, side_px: int, count: int, seed: int) -> None:
        self.composites = composites
        self.scenes = scenes
        self.side_px = side_px
        self.count = count
        self.seed = seed

    def __getitem__(self, index: int) -> Item:
        dice = Dice(of_item(self.seed, index))
        if self.scenes is not None and dice.chance(STAGED):
            rgb, covers = self.scenes.part(dice)
            rgb = photographed(rgb, dice) if dice.chance(PHOTOGRAPHED) else rgb
            things = covers
        elif dice.chance(CROWDED / (1 - STAGED)):
            x = uneven(torch.cat(self.composites.crowd(dice)), dice)
            rgb, covers = x[:3], x[3:]
            things = covers
        else:
            x = uneven(torch.cat(self.composites.picture(dice)), dice)
            rgb, covers = x[:3], x[3:]
            things = covers if _is_one(covers[0]) else covers[:0]
        return self._asked(rgb, covers, things, dice)

    def _asked(self, rgb: Tensor, covers: Tensor, things: Tensor, dice: Dice) -> Item:
        """Prompts about a picture (3, h, w) whose product is covers[0] and whose things can be clicked on."""
        small = on_square(covers, self.side_px // MASK_STRIDE)
        seen = [k for k, share in enumerate(things.mean((1, 2)).tolist()) if share >= LEAST_SHARE]
        prompts, wanted = [], []
        if float(covers[0].mean()) >= LEAST_SHARE or not seen:
            prompts.append(product_prompt())
            wanted.append(small[:1])
        while len(prompts) < self.count:
            if not seen:
                prompts.append(prompts[0])
                wanted.append(wanted[0])
                continue
            number = seen[int(dice.uniform(0, 1) * len(seen)) % len(seen)]
            others = (small.sum(0) - small[number]).clamp(0, 1)
            prompts.append(_clicks(small[number], others, dice))
            wanted.append(small[number : number + 1])
        picture = on_square(rgb, self.side_px, MEAN)
        others = (small.sum(0, keepdim=True) - wanted[0]).clamp(0, 1)
        return picture, torch.stack(prompts), torch.stack(wanted), seen_by_others(wanted[0], small, others, dice)


def seen_by_others(wanted: Tensor, covers: Tensor, others: Tensor, dice: Dice) -> Tensor:
    """Simulate what other networks saw of a thing: coarse, with another thing too, without a part, or another thing.

    Args:
        wanted: (1, m, m), the thing.
        covers: (K, m, m), what is seen of each thing.
        others: (1, m, m), what is seen of all others.
    """
    told = wanted
    number = int(dice.uniform(0, 1) * len(covers)) % len(covers)
    another = covers[number : number + 1]
    if dice.chance(TOLD_ANOTHER) and float((another * others).sum()) > 0:
        told = another
    elif dice.chance(TOLD_MORE):
        told = torch.maximum(told, another * dice.uniform(0.4, 1.0))
    if dice.chance(TOLD_LESS):
        # One side of a line through it fades.
        side = told.shape[-1]
        y, x = torch.meshgrid(torch.linspace(-1, 1, side), torch.linspace(-1, 1, side), indexing="ij")
        turn = dice.uniform(-3.15, 3.15)
        share = (wanted[0] * x).sum() / wanted.sum().clamp(min=1), (wanted[0] * y).sum() / wanted.sum().clamp(min=1)
        along = (x - share[0]) * np.cos(turn) + (y - share[1]) * np.sin(turn)
        told = told * torch.sigmoid(30 * (along + dice.uniform(0.0, 0.3))).clamp(min=dice.uniform(0, 0.6))
    return prior(told, dice)


def product_prompt() -> Tensor:
    """The prompt for the product, (3, 3)."""
    return torch.tensor([[0.0, 0, PRODUCT], [0, 0, NOTHING], [0, 0, NOTHING]])


def click_prompt(place: tuple[int, int]) -> Tensor:
    """The prompt of one click at a row and a column of a mask, (3, 3)."""
    return torch.tensor([_at(place, MEANT), [0, 0, NOTHING], [0, 0, NOTHING]])


def on_square(x: Tensor, side_px: int, fill: tuple[float, ...] = ()) -> Tensor:
    """(C, h, w) with its longer side made `side_px`, padded below and to the right to (C, side_px, side_px).

    Args:
        fill: a value for each channel; 0 by default.
    """
    height, width = (max(1, round(side * side_px / max(x.shape[1:]))) for side in x.shape[1:])
    if max(x.shape[1:]) > side_px:
        made = shrunk(x[None], side_px)[0]
    else:
        made = F.interpolate(x[None], (height, width), mode="bilinear", align_corners=False)[0]
    square = torch.tensor(fill or (0.0,) * len(x))[:, None, None].repeat(1, side_px, side_px)
    square[:, : made.shape[1], : made.shape[2]] = made
    return square


def _at(place: tuple[int, int], kind: int) -> list[float]:
    """A click in the middle of a mask's value."""
    return [(place[1] + 0.5) * MASK_STRIDE, (place[0] + 0.5) * MASK_STRIDE, kind]


def _clicks(cover: Tensor, others: Tensor, dice: Dice) -> Tensor:
    """One to three clicks (3, 3) that ask for a thing with this cover (m, m); others are near it or on other things."""
    inside = cover > 0.7
    first = _within(inside, dice)
    if first is None:
        return product_prompt()
    made = [_at(first, MEANT)]
    for _ in range(dice.choose(list(COUNTS))):
        if dice.chance(BESIDE):
            around = _reached(inside, 15) & ~_reached(inside, 2)
            place = _within(around & (others > 0.7), dice) or _within(around, dice)
            made += [_at(place, NOT_MEANT)] if place is not None else []
        else:
            made.append(_at(_within(inside, dice) or first, MEANT))
    return torch.tensor(made + [[0.0, 0, NOTHING]] * (3 - len(made)))


def _reached(inside: Tensor, reach: int) -> Tensor:
    return max_within(inside[None].float(), reach, reach)[0] > 0.5


def _within(inside: Tensor, dice: Dice) -> tuple[int, int] | None:
    """A place in (m, m), mostly not at its edge; None where there is none."""
    deep = ~_reached(~inside, 3)
    places = torch.nonzero(deep if bool(deep.any()) and dice.chance(0.8) else inside)
    if len(places) == 0:
        return None
    y, x = places[int(dice.uniform(0, 1) * len(places)) % len(places)].tolist()
    return y, x


def _is_one(cover: Tensor) -> bool:
    """True if nearly all of what is covered hangs together."""
    from scipy import ndimage

    parts, count = ndimage.label((cover > 0.5).numpy())
    sizes = np.sort(np.bincount(parts.ravel(), minlength=count + 1)[1:])
    return count == 1 or bool(count > 1 and sizes[-2] < 0.05 * sizes[-1])
