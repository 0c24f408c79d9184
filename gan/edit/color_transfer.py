"""Color transfer from one product color to another: a map of colors, made for one pair.

Dichromatic reflection (Shafer, Using color to separate reflection components, 1985): what a pixel shows is the
product's own color, lighter or darker by the shading, plus light that the surface mirrors, which has no color. The
two are told apart by saturation; the first changes its color, the second stays. A product that is white, gray or
black shows no saturation to go by: there, what is far brighter than its dominant color is taken for mirrored.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch
from torch import Tensor

from gan.imaging.color import to_linear, to_oklab, to_rgb, to_srgb, toe, without_toe
from gan.imaging.lut import nodes

LATTICE = 65
"""Nodes along each side of a tabulated map."""

_LUMINANCE = (0.2126, 0.7152, 0.0722)
"""Of linear sRGB (IEC 61966-2-1)."""

_SAMPLES, _STARTS, _SHIFTS = 4096, 256, 40
_SPREAD = (0.1, 0.035, 0.035)
"""Radius of the dominant color's kernel in OKLab: shading spreads lightness more than color."""

_SALIENCE, _VIVID = 2.0, (0.05, 0.12)
"""A product is named by its colors before its black and white parts: pixels of that chroma count that much more."""

_PURE = (0.3, 0.9)
"""Below the first saturation a product counts as white, gray or black; from the second on it is relied on."""

_NOISE = (0.12, 0.02)
"""Variation of saturation without specular light: at white, and the increase per darkness."""

_SAME_DEG, _OTHER_DEG = 32.0, 62.0
"""Up to the first angle of hue a pixel is of the same material; from the second on it is of another and stays."""

_TINGE, _OTHER_CHROMA = 0.05, 0.11
"""The same for products without saturation: a chroma that light may lend, and one that is a color of its own."""

_LEAST_LIGHTNESS = 0.08
_LEAST = 1e-6
_FLARE = 0.04
_MATTE = 1.0
_DEPTH = 0.25
"""The fall of lightness from the dominant color to the deepest folds that a good photograph shows, as a share."""

_MOST_SLOPE = 4.0
"""Steeper than this, the noise of dark products becomes texture."""

_VARIETY = 0.6
"""Share of a deviation in hue and saturation that is kept; more would bring out color noise."""

_TURNS, _MET = 6, 1e-3


@dataclass(frozen=True, eq=False)
class Tint:
    """Color map that takes one color of a product to another, and the rest of the product with it.

    Attributes:
        source: (3,), in OKLab: the product's dominant color.
        aim: (3,), in OKLab: what it becomes.
        power: of the lightness relative to the dominant color: 1 scales light as another paint does; more makes folds
            deeper, and less, shallower.
    """

    source: Tensor
    aim: Tensor
    power: float = 1.0

    def __call__(self, rgb: Tensor) -> Tensor:
        """The map of colors: (1, 3, ...) in [0, 1], sRGB-encoded, to the same."""
        source, aim = (x.reshape(1, 3, *(1,) * (rgb.ndim - 2)) for x in (self.source, self.aim))
        light = to_linear(rgb)
        mirrored, relied = _mirrored(light, to_linear(to_rgb(source).clamp(0, 1)))
        body = to_oklab(to_srgb((light - mirrored).clamp(min=0)))
        lightness = self._toned(body[:, :1])

        strength, shade = lightness / aim[:, :1], body[:, :1] / source[:, :1]
        rest = body[:, 1:] - shade * source[:, 1:]
        turned = _VARIETY * _turned(rest, self.source[1:], self.aim[1:]) * strength / shade.clamp(min=0.05)
        kept = rest * (lightness / body[:, :1].clamp(min=0.05)).clamp(max=1.5)
        plane = strength * aim[:, 1:] + torch.lerp(kept, turned, relied)
        painted = _in_gamut(to_linear(to_rgb(torch.cat((lightness, plane), 1)).clamp(min=0)))
        made = painted + mirrored * (1 - painted)

        other = torch.lerp(_ramp(_length(rest), _TINGE, _OTHER_CHROMA), _otherness(rgb, source), relied)
        return to_srgb(torch.lerp(made, light, other).clamp(0, 1))

    @property
    def slope(self) -> float:
        """Of `toe`'s lightness at the dominant color: how much a step of the source is stretched."""
        source, aim = toe(torch.stack((self.source[0], self.aim[0])))
        return float(self.power * aim / (source + _FLARE))

    def lattice(self) -> Tensor:
        """The map at the nodes of a lattice, for `gan.imaging.lut.sample`."""
        at = nodes(LATTICE)
        return self(at.reshape(1, -1, 3).transpose(1, 2))[0].T.reshape(at.shape).contiguous()

    def _toned(self, lightness: Tensor) -> Tensor:
        """A smooth increasing curve through (source, aim) that flattens towards white."""
        dark, (source, aim) = toe(lightness), toe(torch.stack((self.source[0], self.aim[0])))
        below = aim * ((dark + _FLARE) / (source + _FLARE)) ** self.power
        room = (1 - aim).clamp(min=1e-3)
        above = aim + room * (1 - torch.exp(-self.slope * (dark - source).clamp(min=0) / room))
        return without_toe(torch.where(dark < source, below, above))


def fitted(rgb: Tensor, weight: Tensor, target: Tensor) -> Tint:
    """Fit the map after which a product's dominant color is `target`.

    Args:
        rgb: (3, N), pixels of the product, sRGB-encoded, in [0, 1].
        weight: (N,), of `around` its dominant color.
        target: (3,), sRGB-encoded, in [0, 1].
    """
    goal = oklab(target)
    source = mean(rgb, weight)
    source = torch.cat((source[:1].clamp(min=_LEAST_LIGHTNESS), source[1:]))
    tint = Tint(source, _aim(goal))
    tint = dataclasses.replace(tint, power=_power(tint, rgb, weight))
    best, least = tint, torch.inf
    for _ in range(_TURNS):
        error = goal - mean(tint(rgb[None])[0], weight)
        distance = float(_length(error[None]))
        if distance < least:
            best, least = tint, distance
        if least < _MET:
            break
        tint = dataclasses.replace(tint, aim=_aim(tint.aim + error))
    return best


def dominant(rgb: Tensor, weight: Tensor) -> Tensor:
    """Dominant color of a product, free of highlights and shadows: the mode of its density in OKLab.

    Mean shift (Comaniciu and Meer, 2002) with a Gaussian that is wider along lightness, from the best of some pixels.

    Args:
        rgb: (3, N), sRGB-encoded, in [0, 1], N from 1.
        weight: (N,), from 0, not all 0: how much each pixel counts.

    Returns:
        (3,), sRGB-encoded, in [0, 1].
    """
    step = max(1, rgb.shape[1] // _SAMPLES)
    points = _scaled(rgb[:, ::step])  # (n, 3)
    vivid = _ramp(_length(points[:, 1:] * _SPREAD[1]), *_VIVID)[:, 0]
    share = weight[::step] * (1 + _SALIENCE * vivid)
    starts = points[:: max(1, len(points) // _STARTS)]
    place = starts[(_kernel(starts, points) @ share).argmax()][None]
    for _ in range(_SHIFTS):
        near = _kernel(place, points) * share
        place = near @ points / near.sum()
    return to_rgb((place * torch.tensor(_SPREAD)).T[None])[0, :, 0].clamp(0, 1)


def around(rgb: Tensor, weight: Tensor, color: Tensor) -> Tensor:
    """Kernel weight of each pixel for that color: (3, N), (N,) and (3,), sRGB-encoded, to (N,) that sum to 1."""
    near = weight * _kernel(_scaled(color[:, None]), _scaled(rgb))[0]
    return near / near.sum()


def mean(rgb: Tensor, weight: Tensor) -> Tensor:
    """The mean in OKLab, (3,), of sRGB-encoded pixels (3, N) with weights (N,) that sum to 1."""
    return to_oklab(rgb[None])[0] @ weight


def named(rgb: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Representative color of a product, the mean `around` the `dominant` one.

    Args:
        rgb: (3, N), sRGB-encoded, in [0, 1], N from 1.
        weight: (N,), from 0, not all 0: how much each pixel counts.

    Returns:
        (3,), sRGB-encoded, in [0, 1]; and (N,), how much each pixel shows it, which sums to 1.
    """
    near = around(rgb, weight, dominant(rgb, weight))
    return shown(rgb, near), near


def shown(rgb: Tensor, weight: Tensor) -> Tensor:
    """The same as `mean`, sRGB-encoded, in [0, 1]."""
    return to_rgb(mean(rgb, weight)[None, :, None])[0, :, 0].clamp(0, 1)


def oklab(color: Tensor) -> Tensor:
    """A sRGB-encoded color, (3,), in OKLab."""
    return to_oklab(color[None, :, None])[0, :, 0]


def luminance(linear: Tensor) -> float:
    """Luminance of a linear color, (3,) in [0, 1]."""
    return float((linear * torch.tensor(_LUMINANCE)).sum())


def _mirrored(light: Tensor, base: Tensor) -> tuple[Tensor, Tensor]:
    """Specular light of each pixel, (1, 3, ...), and the weight of saturation in the estimate, in [0, 1]."""
    bright, least = _luminance(light), _luminance(base)
    direction = base - least
    purity = torch.linalg.vector_norm(direction) / least.sum()
    relied = _ramp(purity, *_PURE)

    colored = ((light - bright) * direction).sum(1, keepdim=True) / direction.square().sum().clamp(min=_LEAST)
    share = colored * least / bright.clamp(min=_LEAST)
    margin = ((_NOISE[0] + _NOISE[1] / to_srgb(least)) / purity.clamp(min=_LEAST)).clamp(max=0.6)
    by_color = bright * (1 - ((share - margin / 3) / (1 - margin * 4 / 3)).clamp(0, 1))

    excess = (bright / least - 1).clamp(min=0)
    by_light = light * ((excess - excess / (1 + excess / _MATTE)) / (1 + excess))
    return torch.lerp(by_light, by_color.expand_as(light), relied), relied


def _otherness(rgb: Tensor, source: Tensor) -> Tensor:
    """0 for the source's hue, 1 for a clearly different one; (1, 1, ...)."""
    plane, hue = to_oklab(rgb)[:, 1:], source[:, 1:]
    cosine = (plane * hue).sum(1, keepdim=True) / (_length(plane) * _length(hue)).clamp(min=_LEAST)
    return _ramp(torch.rad2deg(torch.acos(cosine.clamp(-1, 1))), _SAME_DEG, _OTHER_DEG)


def _turned(rest: Tensor, source: Tensor, aim: Tensor) -> Tensor:
    """Chroma deviations, rotated and scaled as the source's color is to become the target's."""
    (a, b), (c, d) = source, aim
    norm = (a * a + b * b).clamp(min=1e-4)
    along, across = (a * c + b * d) / norm, (a * d - b * c) / norm
    return torch.cat((rest[:, :1] * along - rest[:, 1:] * across, rest[:, :1] * across + rest[:, 1:] * along), 1)


def _power(tint: Tint, rgb: Tensor, weight: Tensor) -> float:
    """Exponent that makes folds as deep as `_DEPTH`, between another paint's contrast and the same contrast."""
    pixels = to_oklab(rgb[None])[0]
    order = pixels[0].argsort()
    reached = weight[order].cumsum(0)
    lowest = pixels[0][order][int((reached < 0.05).sum())]
    fall = float((1 - lowest / tint.source[0]).clamp(min=0.02))
    ratio = float(tint.aim[0] / tint.source[0])
    least, most = sorted((1.0, float(ratio**-0.5)))
    return float(min(max(_DEPTH / fall, least), most, max(least, _MOST_SLOPE / tint.slope)))


def _in_gamut(light: Tensor) -> Tensor:
    """Desaturate linear colors above 1 toward the gray of their luminance until they fit the gamut."""
    gray = _luminance(light).clamp(max=1)
    away = light - gray
    room = torch.where(away > 0, 1 - gray, gray) / away.abs().clamp(min=_LEAST)
    return gray + away * room.amin(1, keepdim=True).clamp(max=1)


def _aim(lab: Tensor) -> Tensor:
    return torch.cat((lab[:1].clamp(0.02, 1), lab[1:].clamp(-0.4, 0.4)))


def _scaled(rgb: Tensor) -> Tensor:
    """(3, N) to (N, 3): OKLab in units of `_SPREAD`."""
    return to_oklab(rgb[None])[0].T / torch.tensor(_SPREAD)


def _luminance(light: Tensor) -> Tensor:
    weights = torch.tensor(_LUMINANCE).reshape(1, 3, *(1,) * (light.ndim - 2))
    return (light * weights).sum(1, keepdim=True)


def _length(x: Tensor) -> Tensor:
    length: Tensor = torch.linalg.vector_norm(x, dim=1, keepdim=True)
    return length


def _ramp(x: Tensor, low: float, high: float) -> Tensor:
    t = ((x - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def _kernel(places: Tensor, points: Tensor) -> Tensor:
    """(K, 3) and (N, 3) to (K, N)."""
    return torch.exp(-torch.cdist(places, points).square() / 2)
