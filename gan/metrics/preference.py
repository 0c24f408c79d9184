"""Strengths from choices among two or more (Bradley & Terry 1952; Plackett-Luce's first choice), with intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

NORMAL_95: Final = 1.959963984540054
_STEPS, _DONE = 100, 1e-10


@dataclass(frozen=True)
class Choice:
    """One choice.

    Attributes:
        shown: indices of what was to be chosen from, at least two.
        chosen: the index that was preferred; None for a tie.
    """

    shown: tuple[int, ...]
    chosen: int | None


@dataclass(frozen=True)
class Strength:
    """Strength of one item by the choices.

    Attributes:
        wins, losses, ties: choices in which it was shown.
        score: logarithm of its Bradley-Terry strength; the mean of all is 0, and of two items the first is preferred
            with probability 1 / (1 + exp(second - first)).
        low, high: ends of the 95 % interval of `score`.
    """

    wins: int
    losses: int
    ties: int
    score: float
    low: float
    high: float

    @property
    def preferred(self) -> float:
        """Probability that it is preferred to an item of mean strength."""
        return float(1 / (1 + np.exp(-self.score)))


def strengths(choices: Sequence[Choice], count: int) -> tuple[list[Strength], bool]:
    """The strengths of `count` items that make the choices likeliest.

    A tie counts as a share of one choice for each that was shown. Intervals follow from the curvature of the likelihood
    at its peak, for which choices count as independent.

    Returns:
        The strengths, and whether a tie between each two was imagined: where some were never preferred to others, the
        likelihood has no peak without it.
    """
    alike = Counter((tuple(sorted(each.shown)), each.chosen) for each in choices)
    trials = [(np.array(shown), times * _shares(Choice(shown, chosen))) for (shown, chosen), times in alike.items()]
    imagined = not _has_peak(trials, count)
    if imagined:
        pairs = [(first, second) for second in range(count) for first in range(second)]
        trials += [(np.array(pair), np.array([0.5, 0.5])) for pair in pairs]
    score = np.zeros(count)
    for _ in range(_STEPS):
        slope, curvature = _derivatives(trials, score)
        step = np.linalg.pinv(curvature) @ slope
        now, size = _likelihood(trials, score), 1.0
        while _likelihood(trials, score + size * step) < now - 1e-12 and size > 1e-6:
            size /= 2
        score = score + size * step
        if np.abs(step).max(initial=0) < _DONE:
            break
    score -= score.mean()
    # Only differences are known: the inverse within the space of scores that sum to 0.
    spread = NORMAL_95 * np.sqrt(np.diag(np.linalg.pinv(_derivatives(trials, score)[1])).clip(0))
    made = []
    for index in range(count):
        mine = [each for each in choices if index in each.shown]
        wins = sum(each.chosen == index for each in mine)
        ties = sum(each.chosen is None for each in mine)
        value, wide = float(score[index]), float(spread[index])
        made.append(Strength(wins, len(mine) - wins - ties, ties, value, value - wide, value + wide))
    return made, imagined


Trials = Sequence[tuple[npt.NDArray[np.int64], Floats]]
"""Indices of what was shown, and how often each was chosen."""


def _shares(choice: Choice) -> Floats:
    if choice.chosen is None:
        return np.full(len(choice.shown), 1 / len(choice.shown))
    return np.array([float(index == choice.chosen) for index in choice.shown])


def _has_peak(trials: Trials, count: int) -> bool:
    """Every item has to be preferred, through others, to every other one (Ford 1957)."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    beats = np.zeros((count, count))
    for shown, shares in trials:
        for index, share in zip(shown, shares, strict=True):
            beats[index, shown] += share
    np.fill_diagonal(beats, 0)
    parts, _ = connected_components(csr_matrix(beats), directed=True, connection="strong")
    return bool(parts == 1)


def _chances(score: Floats) -> Floats:
    powers = np.exp(score - score.max())
    made: Floats = powers / powers.sum()
    return made


def _likelihood(trials: Trials, score: Floats) -> float:
    return float(sum(shares @ np.log(_chances(score[shown])) for shown, shares in trials))


def _derivatives(trials: Trials, score: Floats) -> tuple[Floats, Floats]:
    """The slope of the logarithm of the likelihood, and minus its second derivative."""
    slope, curvature = np.zeros_like(score), np.zeros((len(score), len(score)))
    for shown, shares in trials:
        chances = _chances(score[shown])
        times = shares.sum()
        slope[shown] += shares - times * chances
        curvature[np.ix_(shown, shown)] += times * (np.diag(chances) - np.outer(chances, chances))
    return slope, curvature
