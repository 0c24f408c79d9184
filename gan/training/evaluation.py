"""Evaluation of a task on a folder: readings of each method, figures of groups of them, targets, the table, JSON.

A task brings cases and figures in `gan.*.train.evaluate`; everything that does not depend on the task is here.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, Protocol, TypeVar

from torch import Tensor

from gan.core.contract import Progress
from gan.core.errors import InputError
from gan.models.features import not_installed
from gan.models.manifest import Metric

OURS = "ours"

Targets = Mapping[str, tuple[str, float]]
"""{figure: ("at least" or "at most", value)}."""


class Reading(Protocol):
    """Scores of one method on one case; a frozen dataclass."""

    @property
    def method(self) -> str:
        """`OURS`, or the name of a peer."""


R = TypeVar("R", bound=Reading)
T = TypeVar("T")
C_co = TypeVar("C_co", covariant=True)


class Cases(Protocol[C_co]):
    """A sequence or a dataset."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> C_co: ...


@dataclass(frozen=True)
class Figure(Generic[R]):
    """A statistic over readings.

    Attributes:
        name: in JSON.
        of: at least one reading -> the value; None where nothing was measured.
        shown: format of the value, with what stands before it in a row; `{n}` is the number of readings. Empty for a
            figure that is not printed.
        metric: name in the manifest's record, to which the group is added; empty for a figure that is not kept there,
            such as seconds, which depend on the machine.
    """

    name: str
    of: Callable[[Sequence[R]], Any]
    shown: str = ""
    metric: str = ""


@dataclass(frozen=True)
class Table(Generic[R]):
    """Figures of every method in every group of readings; groups without readings are left out.

    Attributes:
        groups: {name: readings}.
        methods: in the order of rows; others are not shown.
        figures: in the order of columns.
        heading: format of a group's line, with `{group}` and `{n}`, the readings of the first method.
        width: of the methods' names.
    """

    groups: Mapping[str, Sequence[R]]
    methods: Sequence[str]
    figures: Sequence[Figure[R]]
    heading: str = "{group}, {n} pictures"
    width: int = 14

    @cached_property
    def values(self) -> dict[str, dict[str, dict[str, Any]]]:
        """{group: {method: {figure: value}}}, with the number of readings as "n"."""
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for group, readings in self.groups.items():
            apart = {method: [r for r in readings if r.method == method] for method in self.methods}
            rows = {
                method: {"n": len(some), **{figure.name: figure.of(some) for figure in self.figures}}
                for method, some in apart.items()
                if some
            }
            if rows:
                found[group] = rows
        return found

    def lines(self) -> list[str]:
        """For a terminal."""
        lines = []
        for group, rows in self.values.items():
            lines.append(self.heading.format(group=group, n=next(iter(rows.values()))["n"]))
            for method, row in rows.items():
                shown = (f.shown.format(row[f.name], n=row["n"]) for f in self.figures if row[f.name] is not None)
                lines.append(f"  {method:<{self.width}}{''.join(shown)}")
        return lines

    def metrics(self, dataset: str, groups: Mapping[str, str] | None = None) -> dict[str, Metric]:
        """Ours beside the other methods, for the manifest's record.

        Args:
            groups: {group: what is added to a figure's name}; by default every group with its name.
        """
        found: dict[str, Metric] = {}
        for group, suffix in ({g: f", {g}" for g in self.values} if groups is None else groups).items():
            rows = self.values.get(group, {})
            for figure in self.figures if OURS in rows else ():
                of = {m: round(row[figure.name], 4) for m, row in rows.items() if row[figure.name] is not None}
                if figure.metric and OURS in of:
                    found[figure.metric + suffix] = metric(dataset, rows[OURS]["n"], of.pop(OURS), of)
        return found


@dataclass(frozen=True)
class Evaluation:
    """Findings of an evaluation, to be printed, written as JSON, and copied into the manifest.

    Attributes:
        dataset: what was measured, with the split.
        lines: of the table, below `title`.
        metrics: for the manifest's record.
        title: the first line; by default the dataset.
        targets: what a task is to reach.
        reached: measured values of figures in `targets`; those that were not measured are missing.
        left_out: what was not measured and why.
        details: of the record, JSON-ready.
    """

    dataset: str
    lines: Sequence[str]
    metrics: Mapping[str, Metric]
    title: str = ""
    targets: Targets = field(default_factory=dict)
    reached: Mapping[str, float] = field(default_factory=dict)
    left_out: Sequence[str] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    def missed(self) -> list[str]:
        """The figures that do not reach their targets."""
        return [name for name, value in self.reached.items() if not _reaches(value, *self.targets[name])]

    def table(self) -> str:
        """For a terminal."""
        lines = [self.title or self.dataset, *self.lines]
        if self.targets:
            lines.append("Bars")
        width = max(map(len, self.reached), default=0)
        missed = self.missed()
        for name, value in self.reached.items():
            way, target = self.targets[name]
            lines.append(
                f"  {name:<{width}}{value:>10.4g}   {way} {target:g}: {'MISSED' if name in missed else 'kept'}"
            )
        return "\n".join([*lines, *(f"Left out: {what}" for what in self.left_out)])

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "dataset": self.dataset,
            **self.details,
            "bars": dict(self.reached),
            "left_out": list(self.left_out),
            "metrics": dict(self.metrics),
        }


def metric(dataset: str, n: int, value: float, baseline: Mapping[str, float] | None = None) -> Metric:
    """A figure as the manifest's record holds it, rounded to four places."""
    rounded = {name: round(other, 4) for name, other in (baseline or {}).items()}
    return Metric(dataset=dataset, n=n, value=round(value, 4), baseline=rounded)


def as_records(readings: Sequence[Any]) -> list[dict[str, Any]]:
    """Dataclasses as JSON's objects."""
    return [dataclasses.asdict(reading) for reading in readings]


def name_of(folder: Path, held_out: bool) -> str:
    """A data set's name with its split."""
    return f"{folder.name}{', held-out' if held_out else ''}"


def each(cases: Cases[T], on_progress: Progress | None, what: str = "") -> Iterator[T]:
    """The cases, reporting each when the next one is asked for."""
    for index in range(len(cases)):
        yield cases[index]
        if on_progress is not None:
            on_progress(index + 1, len(cases), what)


def timed(method: Callable[..., T], *given: Any) -> tuple[T, float]:
    """Result of a method, and the seconds it took."""
    began = time.perf_counter()
    made = method(*given)
    return made, time.perf_counter() - began


def in_8_bits(x: Tensor) -> Tensor:
    """Rounded to multiples of 1/255, as a file would hold it."""
    return (x * 255).round() / 255


def check_at_least(option: str, number: int | None, least: int = 1) -> None:
    """Raise `InputError` for a number that is too small; None stands for no limit."""
    if number is not None and number < least:
        raise InputError(option, "{number}", "{least} or more is allowed", "Choose more", number=number, least=least)


def opencv() -> ModuleType:
    """OpenCV, whose methods are peers.

    Raises:
        WeightsError: it is not installed.
    """
    try:
        import cv2
    except ImportError as error:
        raise not_installed("opencv-python-headless", "peers") from error
    module: ModuleType = cv2
    return module


def _reaches(value: float, way: str, target: float) -> bool:
    return value >= target if way == "at least" else value <= target
