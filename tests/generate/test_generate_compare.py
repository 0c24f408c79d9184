"""Two runs side by side, as `benchmarks/generate_compare.py` prints them from their logs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.generate_compare import history
from benchmarks.generate_compare import main as compare_runs


def write_run(folder: Path, lines: list[dict[str, Any]], batch: int = 10) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"config": {"batch": batch}}), "utf-8")
    (folder / "log.jsonl").write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    return folder


def train(step: int, time_s: float) -> dict[str, Any]:
    return {"kind": "train", "step": step, "time_s": time_s, "images_per_s": 10.0}  # a second a step


def validation(step: int, time_s: float, kd: float) -> dict[str, Any]:
    return {"kind": "validation", "step": step, "time_s": time_s, "kd_lite2": kd, "diversity_ratio": kd / 1000}


def test_minutes_leave_pauses_out_and_pictures_leave_repeats_out(tmp_path: Path) -> None:
    lines = [
        train(60, 1000),
        validation(60, 1060, 900),  # a minute of looking
        {"kind": "stopped", "step": 90, "time_s": 1090},
        train(120, 9000),  # hours later, 30 steps
        validation(120, 9060, 800),
        train(180, 9120),
        validation(180, 9180, 1),
        train(180, 20000),  # after a crash: resumed from step 120
        validation(180, 20060, 700),
    ]
    found = history(write_run(tmp_path / "run", lines))
    assert [v.pictures for v in found] == [600, 1200, 1800]
    assert [v.figures["kd_lite2"] for v in found] == [900, 800, 700]
    assert [v.minutes for v in found] == pytest.approx([2, 4, 6])


def test_two_runs_side_by_side(tmp_path: Path, capsys: Any) -> None:
    slow = write_run(
        tmp_path / "slow", [train(60, 60), validation(60, 60, 500), train(120, 120), validation(120, 120, 400)]
    )
    fast = write_run(tmp_path / "fast", [train(240, 240), validation(240, 240, 300)], batch=5)
    compare_runs([str(slow), str(fast)])
    rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == ["after", "slow: KD-lite2", "slow: diversity", "fast: KD-lite2", "fast: diversity"]
    assert rows[3] == ["0.6k pictures", "500", "0.50", "–", "–"]
    assert rows[5] == ["1.2k pictures", "400", "0.40", "300", "0.30"]
    assert rows[9] == ["2.0 minutes", "400", "0.40", "300", "0.30"]
    empty = write_run(tmp_path / "empty", [train(60, 60)])
    with pytest.raises(SystemExit):
        compare_runs([str(slow), str(empty)])
    assert "no validation in the log of empty" in capsys.readouterr().err
