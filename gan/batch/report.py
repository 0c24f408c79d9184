"""The report on a batch: a table, the same as JSON, and contact sheets with every picture before and after."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import torch

from gan.batch.jobs import SHEET, Job
from gan.batch.outliers import outliers
from gan.batch.recipe_json import KEPT, Recipe, to_json
from gan.batch.results import Outcome, Summary
from gan.batch.worker import CELL_PX, cell
from gan.core.contract import licence_lines
from gan.core.errors import InputError
from gan.core.files import csv_cell, write_atomic
from gan.imaging.contact_sheet import contact_sheet
from gan.imaging.io.codec import decode, write
from gan.imaging.io.formats import Encoding
from gan.imaging.picture import Picture

MOST_CELLS: Final = 200
"""On one contact sheet: a hundred pictures before and after."""

COLUMNS: Final = 10
"""Of a contact sheet; even, so that before and after stay side by side."""

TABLE: Final = (
    *("source", "target", "status", "width_px", "height_px", "file_bytes", "delta_e", "outlier", "notices", "error"),
    *("input_sha256", "output_sha256", "licences"),
)


class Report:
    """Collect the outcomes of a plan's jobs, in any order, and write the report. Thumbnails wait on the disk.

    Args:
        recipe: what was done.
        jobs: all that was planned; a view that grows counts too.
        out: the folder of results.
        ignored: as of `Summary`.
    """

    def __init__(self, recipe: Recipe, jobs: Collection[Job], out: Path, ignored: Sequence[str] = ()) -> None:
        self._recipe = recipe
        self._out = out
        self._jobs = jobs
        self._ignored = tuple(ignored)
        self._outcomes: dict[Path, Outcome] = {}

    def add(self, job: Job, outcome: Outcome) -> None:
        """Add the outcome of a job.

        Raises:
            OSError: its small pictures cannot be written.
        """
        self._outcomes[job.target] = dataclasses.replace(outcome, before=b"", after=b"")
        if outcome.status == "made":
            for path, data in zip(self._cells(outcome), (outcome.before, outcome.after), strict=True):
                if path is not None and not path.is_file():
                    write_atomic(path, data)

    def summary(self) -> Summary:
        """Summary of the outcomes so far."""
        outcomes = tuple(self._outcomes[job.target] for job in self._jobs if job.target in self._outcomes)
        return Summary(len(self._jobs), outcomes, outliers(outcomes), self._ignored)

    def write(self) -> Summary:
        """Write report.csv, report.json and the contact sheets, each atomically and without timestamps.

        Raises:
            OSError: one of them cannot be written.
        """
        summary = self.summary()
        rows = [self._row(outcome, summary) for outcome in summary.outcomes]
        as_csv, as_json = self._out / "report.csv", self._out / "report.json"
        write_atomic(as_csv, _table(rows))
        record = {
            "recipe": self._recipe.record(),
            "recipe_sha256": self._recipe.sha256,
            "total": summary.total,
            "pictures": rows,
            "outliers": [dataclasses.asdict(outlier) for outlier in summary.outliers],
            "ignored": summary.ignored,
        }
        write_atomic(as_json, to_json(record))
        sheets = self._write_sheets()
        return dataclasses.replace(summary, report_csv=as_csv, report_json=as_json, sheets=sheets)

    def _row(self, outcome: Outcome, summary: Summary) -> dict[str, Any]:
        row = {name: getattr(outcome, name) for name in TABLE if hasattr(outcome, name)}
        row["source"] = "" if self._recipe.draws else outcome.name
        row["outlier"] = [each.what for each in summary.outliers if each.target == outcome.target]
        row["error"] = "" if outcome.error is None else str(outcome.error)
        return {name: row[name] for name in TABLE}

    def _write_sheets(self) -> tuple[Path, ...]:
        shown = [
            (job, outcome)
            for job in self._jobs
            if (outcome := self._outcomes.get(job.target)) is not None and outcome.good
        ]
        for job, outcome in shown:
            self._complete(job, outcome)
        a_page = MOST_CELLS if self._recipe.draws else MOST_CELLS // 2
        sheets: list[Path] = []
        for first in range(0, len(shown), a_page):
            pictures: list[Picture] = []
            captions: list[str] = []
            for job, outcome in shown[first : first + a_page]:
                names = (job.name, outcome.target)
                for path, caption in zip(self._cells(outcome), names, strict=True):
                    if path is not None:
                        pictures.append(_small(path))
                        captions.append(caption)
            sheet = contact_sheet(pictures, captions, columns=COLUMNS, cell_px=CELL_PX)
            sheets.append(self._out / f"contact-sheet-{len(sheets) + 1:02d}.jpg")
            write(sheet, sheets[-1], Encoding(file_format="jpeg", quality=85))
        for path in self._out.glob("contact-sheet-*.jpg"):
            if SHEET.fullmatch(path.name) and path not in sheets:
                path.unlink()
        return tuple(sheets)

    def _complete(self, job: Job, outcome: Outcome) -> None:
        """Recreate missing thumbnails of an earlier run's results."""
        files = (job.source, self._out / outcome.target)
        for path, file in zip(self._cells(outcome), files, strict=True):
            if path is not None and file is not None and not path.is_file():
                with suppress(InputError):
                    write_atomic(path, cell(decode(file)))

    def _cells(self, outcome: Outcome) -> tuple[Path | None, Path | None]:
        """Paths of the thumbnails before and after, named by their content's hash; None if there was no input."""
        folder = self._out / KEPT / "cells"
        before = folder / f"{outcome.input_sha256}.jpg" if outcome.input_sha256 else None
        return before, folder / f"{outcome.output_sha256}.jpg"


def _small(path: Path) -> Picture:
    with suppress(InputError):
        return decode(path)
    return Picture(torch.ones(1, 3, CELL_PX, CELL_PX))


def _table(rows: Sequence[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    table = csv.DictWriter(text, TABLE)
    table.writeheader()
    for row in rows:
        table.writerow({name: _told(value) for name, value in row.items()})
    # Spreadsheets take a file without a mark for another encoding than UTF-8.
    return text.getvalue().encode("utf-8-sig", "backslashreplace")


def _told(value: Any) -> Any:
    if isinstance(value, Mapping):
        value = licence_lines(value)
    return csv_cell("; ".join(map(str, value)) if isinstance(value, (list, tuple)) else value)
