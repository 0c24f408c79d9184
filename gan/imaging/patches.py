"""Filling holes with patches of what is known: texture that no smooth fill has."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

SIDE = 5
"""Of a patch, in pixels, on every level."""

HALF = SIDE // 2
ROUNDS = 2, 4, 8
"""Of searching and voting on each level, from the finest on: on coarse ones they cost little and decide which texture
comes from where."""

COARSEST_PX = 24
MOST_SOURCES = 3000
"""Patches that a patch of the hole is compared with on the coarsest level."""

LEAST_TRUST, FADE_PX = 0.03, 1.2
"""How much a pixel of the hole counts beside a known one, deep within it, and the depth at which it is down to 1 / e.
Trusted as much, the smooth fill finds the smoothest patches that there are."""

STEPS = ((0, 1), (0, -1), (1, 0), (-1, 0))


@dataclass(frozen=True)
class Copied:
    """A hole filled with patches, and from where they came.

    Attributes:
        filled: (1, 3, H, W) in [0, 1].
        source: (H, W) of int64: for each pixel of the hole the pixel, row * W + column, around which the patch that
            fits it best lies; -1 elsewhere.
    """

    filled: Tensor
    source: Tensor


def patch_fill(start: Tensor, hole: Tensor) -> Copied:
    """Make a hole's pixels the averages of known patches that resemble it, from coarse to fine.

    The method is that of Wexler, Shechtman and Irani (Space-time completion of video, 2007): find for every patch
    that touches the hole the known patch nearest to it, let all patches vote on the pixels, and do the same at twice
    the size. As there, pixels near the hole's edge count most, in comparing and in voting, so that lines and textures
    grow into it. Everything is compared on the coarsest level; finer ones search around what was found, as PatchMatch
    does (Barnes et al. 2009), which takes time in proportion to the hole.

    Args:
        start: (1, 3, H, W) in [0, 1], the hole filled smoothly.
        hole: (1, 1, H, W) of bool.

    Returns:
        What is known is unchanged; `start` itself, and no source, where no patch is known whole.
    """
    made, field = start, None
    sizes = _sizes(*start.shape[2:])
    for (height_px, width_px), rounds in reversed(list(zip(sizes, ROUNDS, strict=False))):
        level, gone = _level(start, hole, height_px, width_px)
        if field is not None:
            larger = F.interpolate(made, (height_px, width_px), mode="bilinear", align_corners=False)
            level = torch.where(gone, larger, level)
        whole = _whole(gone)
        if not bool(whole.any()) or not bool(gone.any()):
            continue
        field = _Field(gone, whole) if field is None else field.doubled(gone, whole)
        for _ in range(rounds):
            level = field.improved(level)
        made = level
    if field is None or made.shape != start.shape:
        return Copied(start, torch.full(start.shape[2:], -1))
    return Copied(torch.where(hole, made, start), torch.where(hole[0, 0], field.sources(), -1))


def magnified(picture: Tensor, source: Tensor, fallback: Tensor, *, factor: int, top: int = 0, left: int = 0) -> Tensor:
    """Copy a hole's pixels from where they came from on a coarser level, without another search.

    Args:
        picture: (1, 3, H, W), at the finer level.
        source: (h, w), `Copied.source` of the same area at the coarser level.
        fallback: (1, 3, H', W'), a part of the picture's area; what has no source is taken from here.
        factor: pixels of the picture for one of `source`, in each direction.
        top, left: where the part begins in the picture.

    Returns:
        (1, 3, H', W').
    """
    height, width = picture.shape[2:]
    rows = torch.arange(top, top + fallback.shape[2])[:, None]
    columns = torch.arange(left, left + fallback.shape[3])[None]
    origin = source[(rows // factor).clamp(max=source.shape[0] - 1), (columns // factor).clamp(max=source.shape[1] - 1)]
    y = (origin // source.shape[1] * factor + rows % factor).clamp(0, height - 1)
    x = (origin % source.shape[1] * factor + columns % factor).clamp(0, width - 1)
    return torch.where(origin >= 0, picture[:, :, y, x], fallback)


class _Field:
    """The nearest known patch for every patch that shows something of the hole, on one level."""

    def __init__(self, gone: Tensor, whole: Tensor, match: Tensor | None = None) -> None:
        self.gone = gone
        self.usable = whole.flatten()
        self.height, self.width = whole.shape
        grown = F.max_pool2d(gone.float(), SIDE, stride=1, padding=HALF) > 0
        self.rows, self.columns = grown[0, 0].nonzero(as_tuple=True)
        self.index = torch.full((self.height, self.width), -1)
        self.index[self.rows, self.columns] = torch.arange(len(self.rows))
        self.match = match
        self.trust = _trust(gone).flatten()
        # (n, 3 SIDE^2): of each color of the patches that are looked for
        self.weights = _patches(self.trust.view(1, 1, self.height, self.width))[self.centres].repeat(1, 3)

    @property
    def centres(self) -> Tensor:
        return self.rows * self.width + self.columns

    def sources(self) -> Tensor:
        """(H, W): the match of each center, -1 where there is none."""
        return torch.where(self.index >= 0, self.found[self.index.clamp(min=0)], -1)

    @property
    def found(self) -> Tensor:
        if self.match is None:
            raise RuntimeError("nothing was searched yet")
        return self.match

    def doubled(self, gone: Tensor, whole: Tensor) -> _Field:
        """The field at twice the size, with this one's matches."""
        larger = _Field(gone, whole)
        y, x = (larger.rows // 2).clamp(max=self.height - 1), (larger.columns // 2).clamp(max=self.width - 1)
        which = self.index[y, x]
        match = self.found[which.clamp(min=0)]
        my = (match // self.width * 2 + larger.rows % 2).clamp(max=larger.height - 1)
        mx = (match % self.width * 2 + larger.columns % 2).clamp(max=larger.width - 1)
        flat = my * larger.width + mx
        fallback = larger.usable.nonzero()[0, 0]
        larger.match = torch.where((which >= 0) & larger.usable[flat], flat, fallback)
        return larger

    def improved(self, level: Tensor) -> Tensor:
        """Search, and let the patches vote on the hole's pixels; returns the level with its hole filled."""
        patches = _patches(level)
        wanted = patches[self.centres]
        if self.match is None:
            self.match = self._everywhere(patches, wanted)
        self.match, error = self._around(patches, wanted)
        copied = patches[self.match]
        weight = torch.exp(-error / (2 * error.median().clamp(min=1e-4 * SIDE * SIDE * 3))) + 1e-4
        weight *= self.trust[self.centres]
        votes = torch.zeros(self.height * self.width, patches.shape[1] + 1)
        votes[self.centres] = torch.cat([copied * weight[:, None], weight[:, None]], 1)
        size = (self.height + 2 * HALF, self.width + 2 * HALF)
        total = F.fold(votes[:, :-1].T[None], size, SIDE)
        count = F.fold(votes[:, -1:].T[None].expand(1, SIDE * SIDE, -1), size, SIDE)
        mean = (total / count.clamp(min=1e-8))[:, :, HALF : HALF + self.height, HALF : HALF + self.width]
        return torch.where(self.gone, mean, level)

    def _everywhere(self, patches: Tensor, wanted: Tensor) -> Tensor:
        sources = self.usable.nonzero()[:, 0]
        sources = sources[:: -(-len(sources) // MOST_SOURCES)]
        known = patches[sources]
        # w |a - b|^2 = w |a|^2 - 2w ab + w |b|^2, and w |a|^2 is the same for all b
        distance = torch.addmm(self.weights @ known.square().T, self.weights * wanted, known.T, alpha=-2)
        return sources[distance.argmin(1)]

    def _around(self, patches: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
        """The best of each match, its four neighbors, and what continues the patches beside; its squared distance."""
        found = self.found
        y, x = found // self.width, found % self.width
        candidates = [found]
        for dy, dx in STEPS:
            candidates.append(self._flat(y + dy, x + dx))
            ny, nx = (self.rows + dy).clamp(0, self.height - 1), (self.columns + dx).clamp(0, self.width - 1)
            which = self.index[ny, nx]
            beside = found[which.clamp(min=0)]
            onward = self._flat(beside // self.width - dy, beside % self.width - dx)
            candidates.append(torch.where(which >= 0, onward, found))
        best, distance = found, torch.full(found.shape, torch.inf)
        for flat in candidates:
            error = (patches[flat] - wanted).square_().mul_(self.weights).sum(1)
            better = (error < distance) & self.usable[flat]
            best, distance = torch.where(better, flat, best), torch.where(better, error, distance)
        return best, distance

    def _flat(self, y: Tensor, x: Tensor) -> Tensor:
        return y.clamp(0, self.height - 1) * self.width + x.clamp(0, self.width - 1)


def _sizes(height_px: int, width_px: int) -> list[tuple[int, int]]:
    sizes = [(height_px, width_px)]
    while len(sizes) < len(ROUNDS) and min(sizes[-1]) >= 2 * COARSEST_PX:
        sizes.append((-(-sizes[-1][0] // 2), -(-sizes[-1][1] // 2)))
    return sizes


def _level(start: Tensor, hole: Tensor, height_px: int, width_px: int) -> tuple[Tensor, Tensor]:
    if (height_px, width_px) == tuple(start.shape[2:]):
        return start, hole
    shrunk = F.interpolate(start, (height_px, width_px), mode="area")
    return shrunk, F.adaptive_max_pool2d(hole.float(), (height_px, width_px)) > 0


def _patches(picture: Tensor) -> Tensor:
    """(1, C, H, W) to (H * W, C * SIDE^2): the patch around every pixel, the border repeated."""
    padded = F.pad(picture, (HALF, HALF, HALF, HALF), mode="replicate")
    return F.unfold(padded, SIDE)[0].T.contiguous()


def _trust(gone: Tensor) -> Tensor:
    """(1, 1, H, W): 1 where pixels are known, less and less within the hole."""
    from scipy import ndimage  # here, because importing it takes longer than a small fill

    depth = torch.from_numpy(ndimage.distance_transform_edt(gone[0, 0].numpy())).float()
    return torch.exp(-depth / FADE_PX).clamp(min=LEAST_TRUST)[None, None]


def _whole(gone: Tensor) -> Tensor:
    """(H, W) of bool: centers of patches within the picture that show nothing of the hole."""
    padded = F.pad(gone.float(), (HALF, HALF, HALF, HALF), value=1.0)
    return F.max_pool2d(padded, SIDE, stride=1)[0, 0] == 0
