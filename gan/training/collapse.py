"""Collapse: which figures of a validation say that training goes on and leads nowhere.

Unlike a divergence it cannot be repaired by going back a few steps, so it is said aloud and left to a person. A
recipe takes part by the names of its figures: `diversity_ratio`, `coverage`, `d_real_sign`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class AlarmThresholds:
    """When a validation's figure is alarming.

    Attributes:
        diversity_ratio: diversity of samples, as a share of that of real pictures, below which modes are gone.
        coverage_lost: coverage (arXiv 2002.09797) below this is a collapse
        coverage_held: where it was above this before: a young generator covers nothing yet.
        coverage_fall: share of the last validation's coverage that may be lost until the next,
        coverage_noise: where the last one was at least this: below, it is a matter of a few pictures.
        overfit_sign: share of real training pictures that the discriminator calls real, above which it knows them by
            heart (r_t of arXiv 2006.06676 is twice this less 1)
        overfit_validations: when it is so at this many validations running.
        lost_sign: the same share, below which the discriminator tells nothing.
    """

    diversity_ratio: float = 0.5
    coverage_lost: float = 0.1
    coverage_held: float = 0.3
    coverage_fall: float = 0.5
    coverage_noise: float = 0.1
    overfit_sign: float = 0.95
    overfit_validations: int = 3
    lost_sign: float = 0.5


@dataclass(frozen=True)
class Alarm:
    """One reason for concern: the figure, its value, a sentence that says what it means and what to do."""

    figure: str
    value: float
    why: str

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


class Alarms:
    """Looks at every validation's figures and remembers what it needs of those before.

    Attributes:
        active: what was alarming at the last validation.
    """

    def __init__(self, thresholds: AlarmThresholds | None = None) -> None:
        self.thresholds = thresholds or AlarmThresholds()
        self.active: list[Alarm] = []
        self._highest_coverage = 0.0
        self._last_coverage = 0.0
        self._overfit = 0

    def look(self, figures: Mapping[str, float]) -> list[Alarm]:
        """What is alarming now; a figure that is absent or no number is not judged."""
        rules = {"diversity_ratio": self._diversity, "coverage": self._coverage, "d_real_sign": self._sign}
        found = {name: rule(figures[name]) for name, rule in rules.items() if figures.get(name, float("nan")) >= 0}
        self.active = [Alarm(name, float(figures[name]), why) for name, why in found.items() if why]
        return self.active

    def state_dict(self) -> dict[str, Any]:
        return {
            "active": [alarm.record() for alarm in self.active],
            "highest_coverage": self._highest_coverage,
            "last_coverage": self._last_coverage,
            "overfit": self._overfit,
        }

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        self.active = [Alarm(**record) for record in saved["active"]]
        self._highest_coverage = saved["highest_coverage"]
        self._last_coverage = saved["last_coverage"]
        self._overfit = int(saved["overfit"])

    def _diversity(self, ratio: float) -> str:
        if ratio >= self.thresholds.diversity_ratio:
            return ""
        return f"samples are {ratio:.2f} times as diverse as real pictures: the generator has lost modes"

    def _coverage(self, coverage: float) -> str:
        limits, before = self.thresholds, self._last_coverage
        self._highest_coverage = max(self._highest_coverage, coverage)
        self._last_coverage = coverage
        if self._highest_coverage > limits.coverage_held and coverage < limits.coverage_lost:
            return f"coverage is {coverage:.3f} and was {self._highest_coverage:.3f}: the generator has collapsed"
        if before >= limits.coverage_noise and coverage < before * (1 - limits.coverage_fall):
            return f"coverage fell from {before:.3f} to {coverage:.3f} since the last validation"
        return ""

    def _sign(self, share: float) -> str:
        limits = self.thresholds
        self._overfit = self._overfit + 1 if share > limits.overfit_sign else 0
        if share < limits.lost_sign:
            return f"the discriminator calls {share:.0%} of real pictures real: it has lost"
        if self._overfit >= limits.overfit_validations:
            return (
                f"the discriminator calls {share:.0%} of real pictures real, at {self._overfit} validations running: "
                "it knows them by heart; augment more, or stop at the best checkpoint"
            )
        return ""
