"""What became of one picture of a batch, and of all of them."""

from __future__ import annotations

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
    """What became of one picture. It travels between processes.

    Attributes:
        name: of the source below the folder that was given; of what was drawn, the target's.
        target: where the result goes, below the folder of results.
        status: what became of it.
        error: why it failed, and in which step.
        notices: what the user should be told, as templates of `gan.ui.i18n`.
        width_px, height_px: of the result.
        file_bytes: length of its file.
        input_sha256, output_sha256: of the files; empty where there is none.
        product, ground: their median colours in CIELAB (D65); None where there is none of them.
        delta_e: largest CIEDE2000 difference to what was asked for, where a step measured one.
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
    seconds: float = 0.0
    before: bytes = field(default=b"", repr=False)
    after: bytes = field(default=b"", repr=False)

    @property
    def good(self) -> bool:
        return self.status in GOOD


@dataclass(frozen=True)
class Outlier:
    """A result whose colour differs from the others', or from what was asked for.

    Attributes:
        name, target: as of `Outcome`.
        what: "product" or "ground", whose colour differs from the batch's median, or "target", which was missed.
        delta_e: CIEDE2000.
    """

    name: str
    target: str
    what: Literal["product", "ground", "target"]
    delta_e: float


@dataclass(frozen=True)
class Summary:
    """What became of a batch, and where that is written.

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
        """How many have one of these."""
        return sum(outcome.status in statuses for outcome in self.outcomes)

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """Those that could not be used, or are not what they should be."""
        return tuple(outcome for outcome in self.outcomes if not outcome.good)


def lab_of(value: Any) -> Lab | None:
    """A color from JSON."""
    if value is None:
        return None
    lightness, green_red, blue_yellow = (float(number) for number in value)
    return lightness, green_red, blue_yellow


def printable(name: str) -> str:
    """A file's name on one line of any terminal: what is no text is written as an escape."""
    text = name.encode("utf-8", "backslashreplace").decode()
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
