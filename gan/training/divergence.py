"""Divergence: which of a step's figures say that training has left the road and must go back.

A recipe says by a figure's name how it is to be read:

- `d_real*`, `d_fake*`: mean logits of a discriminator. Beyond 50 a sigmoid is 0 or 1 to the last bit of float32 and
  the generator's gradient is rounding noise.
- `r1*`, `r2*`: gradient penalties, of every step or of every 16th. A spike is a discriminator that has become a cliff.
- a name with `norm` in it: a gauge, such as a gradient's norm, which may jump where a term joins the loss.
- all others: losses, which may rise, but not stay an order of magnitude above where they were. One that was negative
  lately, such as the hinge loss of a generator, has no magnitude and is not judged.

Whatever the name, a value that is no number is one too many.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

LOGITS = ("d_real", "d_fake")
PENALTIES = ("r1", "r2")
GAUGE = "norm"


@dataclass(frozen=True, kw_only=True)
class WatchLimits:
    """When a figure counts as diverged.

    Attributes:
        logit: largest absolute value of a discriminator's mean logit.
        penalty_factor: a penalty spikes above this many times its running median,
        penalty_floor: and above this: at the start the median is next to nothing and a hundred times it is harmless.
        penalty_values: figures that a penalty's median needs; a lazy one comes every 16th step.
        loss_factor: a loss is out of bounds above this many times its running median,
        loss_floor: and above this,
        loss_steps: and when it has been so this many times in a row.
        loss_values: figures that a loss's median needs; a young run's losses may change by orders of magnitude.
        window: figures that a median is taken over.
        tolerance: factor on a median's limits each time that it made training go back. What comes back at once is
            what the recipe does, such as a term that joins the loss, and must not end a run.
    """

    logit: float = 50.0
    penalty_factor: float = 20.0
    penalty_floor: float = 10.0
    penalty_values: int = 8
    loss_factor: float = 10.0
    loss_floor: float = 0.5
    loss_steps: int = 10
    loss_values: int = 100
    window: int = 100
    tolerance: float = 4.0


@dataclass(frozen=True)
class Divergence:
    """Which figure left its bounds, and a sentence about how."""

    figure: str
    value: float
    why: str


class Watch:
    """Looks at every step's figures; the same on all processes, since the figures are."""

    def __init__(self, limits: WatchLimits | None = None) -> None:
        self.limits = limits or WatchLimits()
        self._history: dict[str, deque[float]] = {}
        self._streaks: dict[str, int] = {}
        self._tolerances: dict[str, float] = {}

    def look(self, figures: Mapping[str, float]) -> Divergence | None:
        """Take in one step's figures, of which any may be absent; what has diverged, or None."""
        for name, value in figures.items():
            why = self._judge(name, value)
            if why:
                return Divergence(name, value, why)
        return None

    def went_back(self, divergence: Divergence) -> None:
        """Widen the bounds of a figure that made training go back; called once the older state is in place."""
        self._tolerances[divergence.figure] = self._tolerances.get(divergence.figure, 1.0) * self.limits.tolerance

    def state_dict(self) -> dict[str, Any]:
        return {
            "history": {name: list(values) for name, values in self._history.items()},
            "streaks": dict(self._streaks),
            "tolerances": dict(self._tolerances),
        }

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        self._history = {name: deque(values, self.limits.window) for name, values in saved["history"].items()}
        self._streaks = dict(saved["streaks"])
        self._tolerances = dict(saved["tolerances"])

    def _judge(self, name: str, value: float) -> str:
        if not math.isfinite(value):
            return f"{name} is {value}"
        if name.startswith(LOGITS):
            return self._beyond(name, value, self.limits.logit)
        if GAUGE in name or value == 0:  # 0 stands for a term that was not computed in this step
            return ""
        if name.startswith(PENALTIES):
            return self._spike(name, value)
        return self._stays_high(name, value)

    def _beyond(self, name: str, value: float, limit: float) -> str:
        return f"{name} is {value:.1f}, beyond {limit:g}" if abs(value) > limit else ""

    def _spike(self, name: str, value: float) -> str:
        limits = self.limits
        middle = self._median_before(name, value, limits.penalty_values)
        if middle is None or value <= self._bound(name, middle, limits.penalty_factor, limits.penalty_floor):
            return ""
        return f"{name} spiked to {value:.4g}, {value / middle:.0f} times its median {middle:.4g}"

    def _stays_high(self, name: str, value: float) -> str:
        limits = self.limits
        middle = self._median_before(name, value, limits.loss_values)
        signed = min(self._history[name]) < 0
        if middle is None or signed or value <= self._bound(name, middle, limits.loss_factor, limits.loss_floor):
            self._streaks.pop(name, None)
            return ""
        self._streaks[name] = self._streaks.get(name, 0) + 1
        if self._streaks[name] < limits.loss_steps:
            return ""
        return f"{name} is {value:.4g}, {value / middle:.0f} times its median, for {self._streaks[name]} steps in a row"

    def _bound(self, name: str, middle: float, factor: float, floor: float) -> float:
        return max(factor * middle, floor) * self._tolerances.get(name, 1.0)

    def _median_before(self, name: str, value: float, needed: int) -> float | None:
        """The median of what came before; None while there is too little. The value is then remembered."""
        history = self._history.setdefault(name, deque(maxlen=self.limits.window))
        middle = median(history) if len(history) >= needed else None
        history.append(value)
        return middle
