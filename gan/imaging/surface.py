"""A smooth ground as a polynomial of low order: fitted where it is seen, continued where it is not."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

DEGREE = 2
ROUNDS = 4
MOST_SAMPLES = 20_000
OUTLIER = 3.0
"""Deviations beyond which a pixel is something else than the ground."""

LEAST_DEVIATION = 1e-3


@dataclass(frozen=True)
class Surface:
    """A ground's colors as a function of place.

    Attributes:
        coefficients: (terms, C).
        deviation: robust standard deviation of the fit's residuals, over all channels.
        inliers: share of the pixels that were fitted which lie within `OUTLIER` deviations.
        degree: of the polynomial.
    """

    coefficients: Tensor
    deviation: float
    inliers: float
    degree: int

    def at(self, height_px: int, width_px: int, rows: slice | None = None, columns: slice | None = None) -> Tensor:
        """The colors of a picture of that size, or of a part of it: (1, C, h, w)."""
        y = torch.linspace(-1, 1, max(height_px, 2))[:height_px][slice(None) if rows is None else rows]
        x = torch.linspace(-1, 1, max(width_px, 2))[:width_px][slice(None) if columns is None else columns]
        made = _terms(y[:, None].expand(len(y), len(x)).reshape(-1), x.repeat(len(y)), self.degree) @ self.coefficients
        return made.T.reshape(1, -1, len(y), len(x))


def fit(values: Tensor, known: Tensor, *, degree: int = DEGREE) -> Surface | None:
    """Fit a polynomial to what is known of a ground, leaving out what does not belong to it.

    Least squares, again without the pixels that lie further away than `OUTLIER` robust deviations, `ROUNDS` times;
    first with a constant, then with a plane, and so on.

    Args:
        values: (1, C, H, W).
        known: (1, 1, H, W) of bool, where it is seen.

    Returns:
        None where fewer pixels are known than the polynomial has terms, four times over.
    """
    height, width = values.shape[2:]
    place = known[0, 0].flatten().nonzero()[:, 0]
    place = place[:: -(-len(place) // MOST_SAMPLES) or 1]
    y = torch.linspace(-1, 1, max(height, 2))[place // width]
    x = torch.linspace(-1, 1, max(width, 2))[place % width]
    terms, wanted = _terms(y, x, degree), values[0].flatten(1).T[place].float()  # (n, terms), (n, C)
    if len(place) < 4 * terms.shape[1]:
        return None
    kept = torch.ones(len(place), dtype=torch.bool)
    coefficients, away, deviation = terms.new_zeros(terms.shape[1], wanted.shape[1]), wanted.new_zeros(len(place)), 0.0
    # From a constant on: a polynomial that is free from the start bends to what does not belong to the ground.
    for order in range(degree + 1):
        usable = _orders(degree) <= order
        for _ in range(ROUNDS):
            coefficients = terms.new_zeros(terms.shape[1], wanted.shape[1])
            coefficients[usable] = _solved(terms[kept][:, usable], wanted[kept])
            away = (wanted - terms @ coefficients).abs().amax(1)
            # The median of what was kept: of a normal distribution 0.67 deviations.
            deviation = max(LEAST_DEVIATION, 1.48 * float(away[kept].median()))
            inside = away <= OUTLIER * deviation
            if int(inside.sum()) < 4 * terms.shape[1] or bool((inside == kept).all()):
                break
            kept = inside
    return Surface(coefficients, deviation, float((away <= OUTLIER * deviation).float().mean()), degree)


def _solved(terms: Tensor, wanted: Tensor) -> Tensor:
    """(terms, C): least squares; of a constant the median, which up to half of something else does not move."""
    if terms.shape[1] == 1:
        return wanted.median(0, keepdim=True).values
    solved: Tensor = torch.linalg.lstsq(terms.double(), wanted.double(), driver="gelsd").solution.float()
    return solved


def _terms(y: Tensor, x: Tensor, degree: int) -> Tensor:
    """(n, terms): the monomials up to a degree."""
    return torch.stack([y**i * x**j for i, j in _exponents(degree)], 1)


def _orders(degree: int) -> Tensor:
    return torch.tensor([i + j for i, j in _exponents(degree)])


def _exponents(degree: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(degree + 1) for j in range(degree + 1 - i)]
