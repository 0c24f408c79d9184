"""Two runs beside each other, after the same number of pictures and after the same minutes, as one Markdown table.

    python -m benchmarks.generate_compare runs/style-64 runs/dcgan-64

Read from each run's log.jsonl. A figure is that of the run's latest validation by then. Minutes are those that the run
was at work, validations included: what lies between a stop, or a crash, and the next step does not count.
"""

from __future__ import annotations

import argparse
import bisect
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIGURES = {"kd_lite2": ("KD-lite2", "{:.0f}"), "diversity_ratio": ("diversity", "{:.2f}")}
MARKS = 4


@dataclass(frozen=True)
class Validation:
    """One validation: after how many pictures, after how many minutes of work, and what it found."""

    pictures: int
    minutes: float
    figures: dict[str, float]


def main(argv: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs=2, type=Path, metavar="RUN", help="a run's folder")
    options = parser.parse_args(argv)
    runs = {run.name: history(run) for run in options.runs}
    if len(runs) < 2:
        parser.error("the two runs need different names")
    empty = [name for name, validations in runs.items() if not validations]
    if empty:
        parser.error(f"no validation in the log of {', '.join(empty)}")
    print(table(runs))


def history(run: Path) -> list[Validation]:
    """The validations of a run in order, those left out that a resumed run did anew.

    `images_per_s` of a "train" line leaves validations and pauses out, so it says how long its steps took; what lies
    before any other line is taken from the clock, unless the run stood still.
    """
    batch = int(json.loads((run / "config.json").read_text("utf-8"))["config"]["batch"])
    kept: list[tuple[dict[str, Any], float]] = []  # lines with the seconds of work up to them
    for text in (run / "log.jsonl").read_text("utf-8").splitlines():
        line = json.loads(text)
        last = kept[-1][0] if kept else None
        if last is not None and _begins_anew(last, line):
            while kept and kept[-1][0]["step"] >= line["step"]:
                kept.pop()
        before, seconds = kept[-1] if kept else ({"step": 0, "time_s": line["time_s"], "kind": "stopped"}, 0.0)
        if line["kind"] == "train":
            seconds += (line["step"] - before["step"]) * batch / line["images_per_s"]
        elif before["kind"] != "stopped":
            seconds += max(line["time_s"] - before["time_s"], 0.0)
        kept.append((line, seconds))
    return [
        Validation(line["step"] * batch, seconds / 60, {name: float(line[name]) for name in FIGURES if name in line})
        for line, seconds in kept
        if line["kind"] == "validation"
    ]


def table(runs: dict[str, list[Validation]]) -> str:
    """Markdown: a row for each of four marks in pictures and four in minutes, up to where the shorter run ends."""
    head = ["after", *(f"{name}: {title}" for name in runs for title, _ in FIGURES.values())]
    lines = [head, ["---"] + ["---:"] * (len(head) - 1)]
    lines += _rows(runs, lambda validation: float(validation.pictures), lambda mark: f"{mark / 1000:.1f}k pictures")
    lines += _rows(runs, lambda validation: validation.minutes, lambda mark: f"{mark:.1f} minutes")
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _begins_anew(last: dict[str, Any], line: dict[str, Any]) -> bool:
    """Whether a run was resumed from before its last line; a rollback is part of the run, and its time was spent."""
    if "rollback" in (last["kind"], line["kind"]):
        return False
    # At one step the "train" line always comes first.
    return bool(line["step"] < last["step"] or (line["step"] == last["step"] and line["kind"] == "train"))


def _rows(
    runs: dict[str, list[Validation]], axis: Callable[[Validation], float], named: Callable[[float], str]
) -> list[list[str]]:
    end = min(axis(validations[-1]) for validations in runs.values())
    rows = []
    for mark in (end * place / MARKS for place in range(1, MARKS + 1)):
        cells = [named(mark)]
        for validations in runs.values():
            reached = bisect.bisect_right([axis(v) for v in validations], mark + 1e-9)
            figures = validations[reached - 1].figures if reached else {}
            cells += [form.format(figures[name]) if name in figures else "–" for name, (_, form) in FIGURES.items()]
        rows.append(cells)
    return rows


if __name__ == "__main__":
    main()
