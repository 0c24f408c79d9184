"""Outcome of one picture of a batch, and summary of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from gan.core.errors import StepError

Status = Literal["made", "kept", "failed", "same", "differs", "missing"]
"""Made now, made by an earlier run, or could not be used; and of a verification: the file is the same when it is made
again, or another one, or is not there."""

Lab = tuple[float, float, float]

GOOD: tuple[Status, ...] = ("made", "kept", "same")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Outcome of one picture. It is pickled between processes.

    Attributes:
        name: of the source below the folder that was given; of what was drawn, the target's.
        target: where the result goes, below the folder of results.
        status: see `Status`.
        error: why it failed, and in which step.
        notices: for the user, as templates of `gan.ui.i18n`.
        width_px, height_px: of the result.
        file_bytes: length of its file.
        input_sha256, output_sha256: of the files; empty if there is no file.
        product, ground: their median colors in CIELAB (D65); None if there is no such region.
        delta_e: largest CIEDE2000 difference to what was asked for, where a step measured one.
        licences: of the networks that took part, by name.
        seconds: that it took.
        before, after: small JPEGs for the contact sheet; empty where it was not made now.
    """

    name: str
    target: str
    status: Status
    error: StepError | None = None
    notices: tuple[str, ...] = ()
    width_px: int = 0
    height_px: int = 0
    file_bytes: int = 0
    input_sha256: str = ""
    output_sha256: str = ""
    product: Lab | None = None
    ground: Lab | None = None
    delta_e: float | None = None
    licences: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    before: bytes = field(default=b"", repr=False)
    after: bytes = field(default=b"", repr=False)

    @property
    def good(self) -> bool:
        return self.status in GOOD


@dataclass(frozen=True)
class Outlier:
    """A result whose color differs from the others', or from what was asked for.

    Attributes:
        name, target: as of `Outcome`.
        what: "product" or "ground", whose color differs from the batch's median, or "target", which was missed.
        delta_e: CIEDE2000.
    """

    name: str
    target: str
    what: Literal["product", "ground", "target"]
    delta_e: float


@dataclass(frozen=True)
class Summary:
    """Summary of a batch, and the paths of its reports.

    Attributes:
        total: pictures that were to be made.
        outcomes: of those whose turn came, in the plan's order, without their small pictures.
        outliers: the largest difference first.
        ignored: files in the folders that are not called as pictures are, below their folder.
        report_csv, report_json: the same as tables; None where nothing is written.
        sheets: contact sheets, before beside after.
    """

    total: int
    outcomes: tuple[Outcome, ...] = ()
    outliers: tuple[Outlier, ...] = ()
    ignored: tuple[str, ...] = ()
    report_csv: Path | None = None
    report_json: Path | None = None
    sheets: tuple[Path, ...] = ()

    def count(self, *statuses: Status) -> int:
        """Number of outcomes with one of these statuses."""
        return sum(outcome.status in statuses for outcome in self.outcomes)

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """Outcomes that failed, or whose result is not as required."""
        return tuple(outcome for outcome in self.outcomes if not outcome.good)


def lab_of(value: Any) -> Lab | None:
    """Color from its JSON form."""
    if value is None:
        return None
    lightness, green_red, blue_yellow = (float(number) for number in value)
    return lightness, green_red, blue_yellow


def printable(name: str) -> str:
    """A file's name on one line of any terminal; undecodable bytes are escaped."""
    text = name.encode("utf-8", "backslashreplace").decode()
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
