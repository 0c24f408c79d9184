"""Triples of a content, a style and the style's texture; item i is the same on every machine, in any order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import Dataset

from gan.imaging.product import from_ycc, rotation, to_ycc
from gan.imaging.texture import detail_of, spread
from gan.training.data.dice import of_item
from gan.training.data.pictures import Entry, Pictures

FOLDER = "styles"
"""Pictures below a folder of this name are styles; without such a folder, every picture is."""

ALSO = "textures"
"""Pictures below this one are both."""


def parted(entries: Sequence[Entry], folder: Path) -> tuple[list[Entry], list[Entry]]:
    """(contents, styles) of what was found below a folder; where one of them would be empty, all are both."""

    def below(name: str) -> list[Entry]:
        return [entry for entry in entries if name in entry.path.relative_to(folder).parts]

    styles = below(FOLDER)
    contents = [entry for entry in entries if entry not in styles]
    return (contents, styles + below(ALSO)) if styles and contents else (list(entries), list(entries))


def around(patch_px: int) -> int:
    """Side of the part of a style that a crop's texture comes from."""
    return patch_px + patch_px // 2


class StylePairs(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """Item i is (content, style, texture), (3, patch, patch) each, in [0, 1] and the texture in [-1, 1].

    Args:
        contents, styles: where the crops come from.
        drawn: as of `drawings`, a third of the styles; may be empty.
        patch_px: side of the crops; `around` it at most that of styles and drawings.
        turned: how often a style's hues are turned, so that few pictures make many palettes.
    """

    def __init__(
        self,
        contents: Pictures,
        styles: Pictures,
        drawn: Sequence[Tensor],
        patch_px: int,
        seed: int,
        *,
        turned: float = 0.5,
    ) -> None:
        self.contents = contents
        self.styles = styles
        self.drawn = drawn
        self.patch_px = patch_px
        self.seed = seed
        self.turned = turned

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        generator = of_item(self.seed, index)
        content = self.contents.crop(self.patch_px, generator)
        kind, turn, angle, which = torch.rand(4, generator=generator).tolist()
        if self.drawn and kind < 1 / 3:
            style = self._cut(self.drawn[int(which * len(self.drawn))], generator)
        else:
            style = self.styles.crop(around(self.patch_px), generator)
        if turn < self.turned:
            style = _turned(style, angle)
        texture = spread(detail_of(style[None]), self.patch_px, self.patch_px, generator)[0]
        edge = (style.shape[1] - self.patch_px) // 2
        return content, style[:, edge : edge + self.patch_px, edge : edge + self.patch_px], texture

    def _cut(self, picture: Tensor, generator: torch.Generator) -> Tensor:
        side = around(self.patch_px)
        room = picture.shape[1] - side + 1
        top, left = (int(v) for v in torch.randint(room, (2,), generator=generator))
        return picture[:, top : top + side, left : left + side].float() / 255


def _turned(rgb: Tensor, angle: float) -> Tensor:
    """(3, H, W) with all hues turned by `angle` of a full circle."""
    ycc = to_ycc(rgb[None])
    turn = rotation(torch.tensor([angle * 2 * torch.pi]))[0]
    ycc[:, 1:] = torch.einsum("ij,njhw->nihw", turn, ycc[:, 1:])
    return from_ycc(ycc)[0].clamp(0, 1)
