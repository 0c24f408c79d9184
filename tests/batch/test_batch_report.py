"""The report: table, JSON, contact sheets, what falls out of the batch."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from replays import FRAME, STILL, product, recipe_of, run
from skimage.color import rgb2lab

from gan.batch import report as reporting
from gan.batch.outliers import LEAST_DELTA_E, measured, outliers
from gan.batch.results import Outcome
from gan.batch.runner import Replay
from gan.batch.worker import CELL_PX
from gan.imaging.picture import Picture


def outcome(name: str, **measures: Any) -> Outcome:
    return Outcome(name=name, target=name, status="made", **measures)


def test_the_table_says_what_became_of_every_picture(tmp_path: Path) -> None:
    product(tmp_path / "in/a.png")
    (tmp_path / "in/bad.png").write_bytes(b"no picture")
    list(Replay(recipe_of(FRAME), [tmp_path / "in"], tmp_path / "out", run))
    data = (tmp_path / "out/report.csv").read_bytes()
    a, bad = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    assert (a["source"], a["target"], a["status"], a["width_px"], a["error"]) == ("a.png", "a.png", "made", "40", "")
    assert int(a["file_bytes"]) == (tmp_path / "out/a.png").stat().st_size
    assert (bad["status"], bad["width_px"]) == ("failed", "0")
    assert bad["error"].startswith("image: not a picture")
    report = json.loads((tmp_path / "out/report.json").read_bytes())
    assert report["total"] == 2
    assert [row["status"] for row in report["pictures"]] == ["made", "failed"]
    assert report["recipe"]["steps"][0]["task"] == "frame"
    assert "seconds" not in json.dumps(report)


def test_a_contact_sheet_shows_every_picture_before_and_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "MOST_CELLS", 4)
    for number in range(5):
        product(tmp_path / f"in/{number}.png", seed=number, color=(200, 30, 30))
    replay = Replay(recipe_of(STILL), [tmp_path / "in"], tmp_path / "out", run)
    list(replay)
    assert [path.name for path in replay.summary.sheets] == [f"contact-sheet-0{number}.jpg" for number in (1, 2, 3)]
    sizes = []
    for path in replay.summary.sheets:
        with Image.open(path) as sheet:
            sizes.append(sheet.size)
            pixels = np.asarray(sheet.convert("RGB")).astype(int)
    assert sizes[0] == sizes[1]
    assert sizes[0][0] > 4 * CELL_PX > sizes[2][0] > 2 * CELL_PX
    red = (pixels[..., 0] - pixels[..., 1]) > 100
    halves = np.array_split(red, 2, axis=1)
    assert all(half.sum() > 100 for half in halves)  # the product stands on both sides
    (tmp_path / "in/3.png").unlink()
    (tmp_path / "in/4.png").unlink()
    replay = Replay(recipe_of(STILL), [tmp_path / "in"], tmp_path / "out", run)
    assert {each.status for each in replay} == {"kept"}
    assert sorted(path.name for path in (tmp_path / "out").glob("contact-sheet*")) == [
        "contact-sheet-01.jpg",
        "contact-sheet-02.jpg",
    ]


def test_a_contact_sheet_is_the_same_after_resuming_without_its_small_pictures(tmp_path: Path) -> None:
    for name in "ab":
        product(tmp_path / f"in/{name}.png", side_px=400)
    out = tmp_path / "out"
    list(Replay(recipe_of(STILL), [tmp_path / "in"], out, run))
    sheet = (out / "contact-sheet-01.jpg").read_bytes()
    cells = list((out / ".packshot/cells").iterdir())
    assert len(cells) == 2  # the same picture twice, before and after
    cells[0].unlink()
    cells[1].write_bytes(b"damaged")
    list(Replay(recipe_of(STILL), [tmp_path / "in"], out, run))
    assert (out / "contact-sheet-01.jpg").is_file()
    cells[1].unlink()
    list(Replay(recipe_of(STILL), [tmp_path / "in"], out, run))
    assert (out / "contact-sheet-01.jpg").read_bytes() == sheet


def test_a_batch_of_failures_has_a_report_and_no_sheet(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    replay = Replay(recipe_of(STILL), [tmp_path / "bad.png"], tmp_path / "out", run)
    (outcome,) = replay
    assert not outcome.good
    assert replay.summary.sheets == ()
    assert replay.summary.failures == (outcome_without_time(outcome, replay),)


def outcome_without_time(outcome: Outcome, replay: Replay) -> Outcome:
    (kept,) = replay.summary.outcomes
    assert (kept.name, kept.status, str(kept.error)) == (outcome.name, outcome.status, str(outcome.error))
    return kept


def test_colors_of_product_and_ground_are_measured() -> None:
    red, grey = (0.8, 0.1, 0.1), (0.9, 0.9, 0.9)
    rgb = torch.tensor(grey).view(1, 3, 1, 1).repeat(1, 1, 40, 40)
    rgb[:, :, 10:30, 10:30] = torch.tensor(red).view(1, 3, 1, 1)
    told = measured(Picture(rgb), [])
    assert told["product"] == pytest.approx(rgb2lab(np.array([[red]]))[0, 0].tolist(), abs=0.01)
    assert told["ground"] == pytest.approx(rgb2lab(np.array([[grey]]))[0, 0].tolist(), abs=0.01)
    alpha = torch.zeros(1, 1, 40, 40)
    alpha[:, :, 10:30, 10:30] = 1
    assert measured(Picture(rgb, alpha), []) == {"product": told["product"]}
    white = measured(Picture(torch.ones(1, 3, 8, 8)), [])
    assert white == {"product": pytest.approx([100, 0, 0], abs=0.01)}
    noise = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    assert set(measured(Picture(noise), [])) == {"product"}


def test_the_largest_difference_that_a_step_tells_of_is_taken() -> None:
    grey = Picture(torch.full((1, 3, 8, 8), 0.5))
    details = [
        {"targets": [{"to": "#fff", "delta_e_before": 40.0, "delta_e": 2.5}]},
        {"delta_e": {"ground": 1, "x": None}},
    ]
    assert measured(grey, details)["delta_e"] == 2.5
    assert "delta_e" not in measured(grey, [{"delta_e_before": 3}, {"delta_e": None}, {"delta_e": float("nan")}])


def test_a_color_that_falls_out_of_the_batch_is_listed() -> None:
    reds = [outcome(f"{number}.png", product=(50 + number / 2, 60.0, 40.0)) for number in range(6)]
    (found,) = outliers([*reds, outcome("blue.png", product=(30.0, 20.0, -60.0))])
    assert (found.name, found.what) == ("blue.png", "product")
    assert found.delta_e > 40
    assert outliers(reds) == ()
    assert outliers([*reds[:3], outcome("blue.png", product=(30.0, 20.0, -60.0))]) == ()  # too few to say what is usual
    slightly = [*reds, outcome("near.png", product=(50.0, 63.0, 40.0))]
    assert outliers(slightly) == ()  # nobody sees it


def test_products_of_many_colors_are_no_outliers() -> None:
    rng = np.random.default_rng(0)
    colored = [outcome(str(number), product=tuple(rng.uniform((20, -60, -60), (90, 60, 60)))) for number in range(40)]
    assert len(outliers(colored)) <= 2


@pytest.mark.parametrize(("delta_e", "listed"), [(LEAST_DELTA_E, False), (LEAST_DELTA_E + 0.1, True)])
def test_a_missed_target_is_listed_at_its_limit(delta_e: float, listed: bool) -> None:
    found = outliers([outcome("a", delta_e=1.0), outcome("b", delta_e=delta_e), outcome("c")])
    assert [(each.name, each.what) for each in found] == ([("b", "target")] if listed else [])


def test_outliers_stand_in_the_report(tmp_path: Path) -> None:
    for number in range(5):
        product(tmp_path / f"in/{number}.png", seed=number)
    product(tmp_path / "in/blue.png", color=(20, 40, 220))
    replay = Replay(recipe_of(STILL), [tmp_path / "in"], tmp_path / "out", run)
    list(replay)
    assert [each.name for each in replay.summary.outliers] == ["blue.png"]
    rows = csv.DictReader(io.StringIO((tmp_path / "out/report.csv").read_bytes().decode("utf-8-sig")))
    assert {row["source"]: row["outlier"] for row in rows}["blue.png"] == "product"
