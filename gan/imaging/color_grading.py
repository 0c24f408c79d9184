"""Looks: the tone and color of pictures, moved onto those of others by one smooth and invertible map of colors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.imaging import lut
from gan.imaging.color import to_oklab, to_rgb, toe, without_toe
from gan.imaging.optimal_transport import moments, transport
from gan.imaging.resize import resize
from gan.imaging.row_chunks import bands
from gan.imaging.tone import Tones, measured, transported

SIZES = (2, 129)
LATTICE_SIZE = 33
INVERSE_SIZE = 65
STATISTICS_PX = 512

LEAST_GAIN, MOST_GAIN = 0.55, 1.5
"""Of chroma; beyond it colors turn neon, or cannot be got back."""

MOST_SHIFT = 0.08
"""Largest shift of a gray in (a, b)."""

MOST_OF_ROOM = 0.5
"""Largest share of its distance to 0 or 1 that a channel may move."""

SMOOTHINGS = 6
"""Means over neighboring nodes: sRGB's edges are sharp in OKLab, above all between blue and cyan."""

MOST_RETURN = 3.6
"""Largest growth of an error in the inverse: half a code value of 8 bits stays below two."""

_HALVINGS = 8
_TRACE = 1e-3
_MOST_TEXTURE = 0.1
_SHADOW = 0.15


@dataclass(frozen=True, eq=False)
class Look:
    """A map of sRGB-encoded colors to such colors, linearly interpolated between the nodes of a lattice.

    Attributes:
        lattice: float32, shape (S, S, S, 3), indexed [blue, green, red]: the colors at nodes evenly spaced over
            [0, 1]; S is 2 to 129. Results outside [0, 1] are clipped where the look is applied.
        name: file name of the source without folders; empty where there was none.

    Raises:
        ValueError: the tensor does not have this shape and type, or not all of it is finite.
    """

    lattice: Tensor
    name: str = ""

    def __post_init__(self) -> None:
        size, shape = self.lattice.shape[0], tuple(self.lattice.shape)
        if shape != (size, size, size, 3) or self.lattice.dtype != torch.float32:
            raise ValueError(f"a lattice is float32 of shape (S, S, S, 3), not {self.lattice.dtype} of {shape}")
        if not SIZES[0] <= size <= SIZES[1]:
            raise ValueError(f"a lattice has {SIZES[0]} to {SIZES[1]} nodes a side, not {size}")
        if not bool(self.lattice.isfinite().all()):
            raise ValueError("a lattice's values are finite")

    @property
    def size(self) -> int:
        """Nodes along each side."""
        return int(self.lattice.shape[0])

    def apply(self, rgb: Tensor) -> Tensor:
        """The look on a picture.

        Args:
            rgb: (1, 3, H, W), float32, in [0, 1]; it is not changed.

        Returns:
            (1, 3, H, W), float32, in [0, 1].
        """
        result = torch.empty_like(rgb)
        for rows in bands(*rgb.shape[2:]):
            result[:, :, rows] = lut.sample(self.lattice, rgb[:, :, rows]).clamp_(0, 1)
        return result

    def inverted(self) -> Look:
        """The look that takes this one back, wherever this one has clipped nothing.

        What this look does not reach has values below 0 or above 1, so that the colors beside it come out right.
        """
        size = max(self.size, INVERSE_SIZE)
        return Look(lut.inverse(self.lattice, size), self.name)

    def at_strength(self, strength: float) -> Look:
        """From no change at 0 to this look at 1."""
        return Look(torch.lerp(identity(self.size).lattice, self.lattice, strength), self.name)


def identity(size: int = LATTICE_SIZE) -> Look:
    """The look that changes nothing."""
    return Look(lut.nodes(size))


def matched(
    contents: Sequence[Tensor],
    styles: Sequence[Tensor],
    weights: Sequence[float],
    *,
    covers: Sequence[Tensor | None],
    tone_only: bool = False,
) -> Look:
    """One look for all contents that gives them, as a whole, the tone and color of the styles.

    In OKLab, lightness is moved by a tone curve (`gan.imaging.tone`), and color, given lightness, by the linear
    Monge-Kantorovitch map, which together are the Knothe-Rosenblatt rearrangement (Villani, "Optimal Transport: Old
    and New", 2009, chapter 1): triangular, hence invertible. Slopes and shifts are bounded, white and black stay
    neutral, and what would leave sRGB goes less far. Whites and blacks, which are grounds and shadows
    more than colors, count little in the statistics. Several styles: the mean of the maps.

    Args:
        contents: (1, 3, H, W) each, in [0, 1]; at least one. Each counts alike.
        styles: the same; at least one.
        weights: of the styles, from 0; they need not sum to 1, but to more than 0.
        covers: for each content (1, 1, H, W) in [0, 1], how much each pixel counts, or None: all alike, as where a
            cover is 0 everywhere.
        tone_only: leave colors alone and move lightness only.

    Raises:
        ValueError: the numbers of these do not fit together, or the weights do not sum to more than 0.
    """
    if not contents or len(contents) != len(covers) or not styles or len(styles) != len(weights):
        raise ValueError(
            f"{len(contents)} contents with {len(covers)} covers and {len(styles)} styles with {len(weights)} weights"
        )
    total = sum(weights)
    if min(weights) < 0 or not total > 0:
        raise ValueError(f"weights from 0 are needed, not {list(weights)}")
    source = _statistics(contents, covers)
    rgb = lut.nodes(LATTICE_SIZE).double().permute(3, 0, 1, 2)[None]
    lab = _with_toe(to_oklab(rgb))
    moved = torch.zeros_like(lab)
    for style, weight in zip(styles, weights, strict=True):
        if weight > 0:
            moved += weight / total * _moved(lab, source, _statistics([style], [None]), tone_only=tone_only)
    reached = _within(rgb, to_rgb(_without_toe(moved)))[0].permute(1, 2, 3, 0)
    return Look(_held(reached).float().contiguous())


@dataclass(frozen=True, eq=False)
class _Statistics:
    """Of pictures, in OKLab.

    Attributes:
        tones: of lightness.
        mean, covariance: (3,) and (3, 3), of (L, a, b).
    """

    tones: Tones
    mean: Tensor
    covariance: Tensor

    @property
    def lean(self) -> Tensor:
        """(2,): how much (a, b) changes with lightness."""
        return self.covariance[0, 1:] / (self.covariance[0, 0] + _TRACE)

    @property
    def spread(self) -> Tensor:
        """(1, 3, 3): the covariance of what lightness does not explain of (a, b); 0 for lightness."""
        rest = torch.zeros(1, 3, 3, dtype=self.covariance.dtype)
        rest[0, 1:, 1:] = self.covariance[1:, 1:] - self.lean[:, None] * self.covariance[:1, 1:]
        return rest

    def expected(self, lightness: Tensor) -> Tensor:
        """(1, 2, ...): the mean (a, b) at a lightness (1, 1, ...)."""
        extra = (1,) * (lightness.ndim - 2)
        return self.mean[1:].view(1, 2, *extra) + self.lean.view(1, 2, *extra) * (lightness - self.mean[0])


def _statistics(pictures: Sequence[Tensor], covers: Sequence[Tensor | None]) -> _Statistics:
    """Pooled over the pictures, each of which counts alike."""
    labs, shares, energies = [], [], []
    for rgb, cover in zip(pictures, covers, strict=True):
        ratio = STATISTICS_PX / max(STATISTICS_PX, *rgb.shape[2:])
        height_px, width_px = (max(1, round(side * ratio)) for side in rgb.shape[2:])
        lab = _with_toe(to_oklab(resize(rgb, height_px, width_px).double()))
        weight = torch.ones_like(lab[:, :1]) if cover is None else resize(cover, height_px, width_px).double()
        if not bool(weight.any()):
            weight = torch.ones_like(weight)
        share = weight * (_room(lab[:, :1]) + _TRACE)
        energy = _energy(lab[:, :1], share)
        labs.append(lab.flatten(2))
        shares.append((share / weight.sum()).flatten(2))
        energies.append((energy / weight.sum()).flatten(2))
    lab, share, energy = (torch.cat(parts, 2) for parts in (labs, shares, energies))
    mean, covariance = moments(lab[:, :, None], share[:, :, None])
    tones = measured(*(x.flatten().numpy() for x in (lab[:, :1].clamp(0, 1), share, energy)))
    return _Statistics(tones, mean[0], covariance[0])


def _moved(lab: Tensor, source: _Statistics, target: _Statistics, *, tone_only: bool) -> Tensor:
    """(1, 3, ...), maybe beyond sRGB."""
    curve = transported(source.tones, target.tones)
    old, opponents = lab[:, :1], lab[:, 1:]
    new = torch.from_numpy(curve(old.clamp(0, 1).numpy()))
    opponents = opponents * _saturable(new) / _saturable(old)
    if tone_only:
        return torch.cat((new, opponents), 1)
    values, vectors = torch.linalg.eigh(transport(source.spread, target.spread)[0, 1:, 1:])
    gain = vectors * values.clamp(LEAST_GAIN, MOST_GAIN) @ vectors.T

    def turned(x: Tensor) -> Tensor:
        return torch.einsum("ij,nj...->ni...", gain, x)

    shift = target.expected(new) - turned(source.expected(old))
    length = shift.square().sum(1, keepdim=True).sqrt().clamp(min=1e-12)
    shift = shift * MOST_SHIFT / length * torch.tanh(length / MOST_SHIFT)
    return torch.cat((new, turned(opponents) + _room(new) * shift), 1)


def _held(lattice: Tensor) -> Tensor:
    """Blend the map toward identity until its inverse amplifies rounding errors by at most `MOST_RETURN`."""
    slopes, still = lut.jacobian(lattice), torch.eye(3, dtype=lattice.dtype)
    least, most = 0.0, 1.0
    strength = most
    for _ in range(_HALVINGS):
        back = torch.linalg.inv(torch.lerp(still, slopes, strength))
        if float(back.abs().sum(-1).max()) <= MOST_RETURN:
            least = strength
        else:
            most = strength
        if least == most:
            break
        strength = (least + most) / 2
    return torch.lerp(lut.nodes(len(lattice)).to(lattice), lattice, least)


def _with_toe(lab: Tensor) -> Tensor:
    """OKLab with the lightness in which tone is moved; near black a step of OKLab's is one of many code values."""
    return torch.cat((toe(lab[:, :1].clamp(min=0)), lab[:, 1:]), 1)


def _without_toe(lab: Tensor) -> Tensor:
    return torch.cat((without_toe(lab[:, :1]), lab[:, 1:]), 1)


def _saturable(lightness: Tensor) -> Tensor:
    """Chroma as a function of lightness: proportional in shadows, where it would clip, nearly constant in lights."""
    return lightness.clamp(min=1e-6) / (lightness + _SHADOW)


def _room(lightness: Tensor) -> Tensor:
    """Chroma available at a lightness: 0 at black and white, 1 between them."""
    return 1 - (2 * lightness.clamp(0, 1) - 1).abs() ** 3


def _within(rgb: Tensor, moved: Tensor) -> Tensor:
    """From `rgb` towards `moved`, which may be beyond [0, 1], as far as there is room.

    A short step is made in full; one that is long beside the way to 0 or 1 ends before it, at most `MOST_OF_ROOM` of
    the way. So nothing is ever clipped, and the slope stays above 1 - `MOST_OF_ROOM`.
    """
    step = moved - rgb
    smooth = step
    for _ in range(SMOOTHINGS):
        smooth = F.avg_pool3d(F.pad(smooth, (1,) * 6, mode="replicate"), 3, stride=1)
    # Grays keep the step they have: it is smooth already, and 0 at black and white.
    step = torch.lerp(step, smooth, (2 * (rgb.amax(1, keepdim=True) - rgb.amin(1, keepdim=True))).clamp(max=1))
    room = MOST_OF_ROOM * torch.where(step > 0, 1 - rgb, rgb)
    held = step.abs() / room.clamp(min=1e-12)
    return rgb + step / (1 + held**4) ** 0.25


def _energy(lightness: Tensor, weight: Tensor) -> Tensor:
    """(1, 1, h, w): squared differences to the next pixel, to the right and below.

    The steps of outlines are no texture: long ones are cut, and one to a pixel of no weight is not counted.
    """
    total = torch.zeros_like(lightness)
    for axis in (2, 3):
        size = lightness.shape[axis] - 1
        step = lightness.diff(dim=axis).clamp(-_MOST_TEXTURE, _MOST_TEXTURE)
        counted = torch.minimum(weight.narrow(axis, 0, size), weight.narrow(axis, 1, size))
        total.narrow(axis, 0, size).add_(step.square() * counted)
    return total
