"""A tone curve that brings the lightness of one picture to that of another: by optimal transport, kept gentle.

On a line, optimal transport is the one increasing map that takes quantile to quantile. That map is as rough as the two
histograms are; what is made here is the smooth curve next to it, with bounded slopes, and no steeper in one place than
in another than the pictures' texture bears.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST_SLOPE, MOST_SLOPE = 0.45, 2.2
KNOTS = 17
BINS = 256
TEXTURE = 0.99
"""Lowest correlation of the gradients before and after that a curve may have."""

_STIFFNESS = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0, 3.0, 10.0)
_ENDS = 30.0


@dataclass(frozen=True, eq=False)
class ToneCurve:
    """A strictly increasing map of [0, 1] onto itself whose slope is piecewise linear.

    Attributes:
        slopes: (KNOTS,), at evenly spaced positions from 0 to 1, each within about `LEAST_SLOPE` and `MOST_SLOPE`.
    """

    slopes: Floats

    def __call__(self, x: Floats) -> Floats:
        """The curve at `x`, any shape, in [0, 1]."""
        values: Floats = (_areas(x.ravel()) @ self.slopes).reshape(x.shape)
        return values


@dataclass(frozen=True, eq=False)
class Tones:
    """Lightness histogram of a picture, and its gradients' energy by lightness.

    Attributes:
        shares: (BINS,), of the pixels' weights; they sum to 1.
        energy: (BINS,), of the squared gradients of the pixels there.
    """

    shares: Floats
    energy: Floats


def measured(lightness: Floats, weight: Floats, energy: Floats) -> Tones:
    """Histograms of pixels.

    Args:
        lightness: (N,), in [0, 1].
        weight: (N,), from 0, not all 0: how much each pixel counts.
        energy: (N,), from 0: the squared gradient at each.
    """
    shares, _ = np.histogram(lightness, BINS, (0, 1), weights=weight)
    energies, _ = np.histogram(lightness, BINS, (0, 1), weights=energy)
    return Tones(shares / shares.sum(), energies)


def transported(source: Tones, target: Tones) -> ToneCurve:
    """The gentle curve next to the optimal transport of `source` to `target`; black stays black and white, white."""
    centres = (np.arange(BINS) + 0.5) / BINS
    reached = np.cumsum(source.shares) - source.shares / 2
    edges = np.arange(BINS + 1) / BINS
    # A trace of an even distribution makes every quantile unique.
    known = np.append(0.0, np.cumsum((target.shares + 1e-9) / (target.shares + 1e-9).sum()))
    wanted = np.interp(reached, known, edges)
    for stiffness in _STIFFNESS:
        curve = _fitted(centres, wanted, source.shares, stiffness)
        if texture_kept(curve, source) >= TEXTURE:
            break
    return curve


def texture_kept(curve: ToneCurve, source: Tones) -> float:
    """The correlation of the lightness' gradients before and after the curve."""
    slopes = np.interp((np.arange(BINS) + 0.5) / BINS, np.linspace(0, 1, KNOTS), curve.slopes)
    squares = source.energy.sum() * (source.energy * slopes**2).sum()
    return float((source.energy * slopes).sum() / np.sqrt(squares)) if squares > 0 else 1.0


def _fitted(x: Floats, wanted: Floats, shares: Floats, stiffness: float) -> ToneCurve:
    """Least squares over the slopes: near what is wanted, changing little, and from corner to corner."""
    from scipy.optimize import lsq_linear  # here, because importing it takes longer than fitting

    root = np.sqrt(shares)[:, None]
    bends = np.diff(np.eye(KNOTS), axis=0) * np.sqrt(stiffness * KNOTS)
    whole = _areas(np.ones(1)) * _ENDS
    rows = np.concatenate((_areas(x) * root, bends, whole))
    goal = np.concatenate((wanted * root[:, 0], np.zeros(KNOTS - 1), [_ENDS]))
    slopes = lsq_linear(rows, goal, (LEAST_SLOPE, MOST_SLOPE)).x
    return ToneCurve(slopes / (_areas(np.ones(1)) @ slopes))


def _areas(x: Floats) -> Floats:
    """(N, KNOTS): the integral from 0 to each x of the piecewise linear function that is 1 at one knot, 0 at others."""
    knots = np.linspace(0, 1, KNOTS)
    step = knots[1]

    def ramps(at: Floats) -> Floats:
        halves = [np.maximum(at[:, None] - knots + shift, 0) ** 2 / 2 for shift in (step, 0, -step)]
        area: Floats = (halves[0] - 2 * halves[1] + halves[2]) / step
        return area

    return ramps(x) - ramps(np.zeros(1))
