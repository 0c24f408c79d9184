"""The evaluator of Inpaint: what it measures on, figures whose answer is known, bars, refusals."""

from __future__ import annotations

import dataclasses
import math
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from rooms import furnish
from torch import Tensor

from gan.core.contract import Result
from gan.core.errors import InputError, WeightsError
from gan.imaging.io.codec import decode
from gan.imaging.resize import resize
from gan.inpaint.pipeline import InpaintRequest
from gan.inpaint.train.evaluate import (
    BOUNDS,
    LARGE_FROM,
    METHODS,
    REMOVED,
    TELEA,
    Cases,
    Reading,
    Removals,
    evaluate,
    summed,
)
from gan.training.data.inpainting_data import PLAIN
from gan.training.data.pictures import find, split
from gan.training.evaluation import OURS, Evaluation

READING = Reading(
    source="a", size_bin=0, method=OURS, share=0.1, squared=0.01, absolute=0.1, distance=0.2, seconds=1.0, known=True
)


def save(path: Path, size: tuple[int, int] = (256, 256), seed: int = 0) -> Path:
    """Soft noise, so that every fill has something to go by and none is exact."""
    path.parent.mkdir(parents=True, exist_ok=True)
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(path)
    return path


def answered(request: InpaintRequest, rgb: Tensor) -> Result:
    return Result("inpaint", (request.picture.with_pixels(rgb, None),), 0, 0.25, {}, (), {}, {})


def test_cases_are_the_same_each_time_and_a_limit_cuts_off_the_end(tmp_path: Path) -> None:
    for index in range(3):
        save(tmp_path / f"photos/{index}.png", (300, 280), index)
    whole, begun = Cases(tmp_path), Cases(tmp_path, limit=2)
    assert (len(whole), len(begun)) == (3, 2)
    for index in (1, 0):
        assert torch.equal(whole[index].truth, begun[index].truth)
        assert torch.equal(whole[index].hole, begun[index].hole)
    assert not torch.equal(whole[0].hole, whole[1].hole)


def test_folders_take_turns_and_bins_are_even_in_each(tmp_path: Path) -> None:
    save(tmp_path / "data/photos/large.png", (1024, 800))
    for index in range(5):
        save(tmp_path / f"data/catalogue/images/{index}.png", seed=index)
    save(tmp_path / "data/photos/small.png", (400, 255))
    (tmp_path / "data/photos/broken.png").write_bytes(b"nothing")
    cases = Cases(tmp_path / "data")
    assert [cases[index].source for index in range(4)] == ["catalogue", "photos"] * 2
    assert Counter((case.source, case.size_bin) for case in map(cases.__getitem__, range(10))) == {
        (source, size_bin): 1 for source in ("catalogue", "photos") for size_bin in range(5)
    }
    assert len(cases) == 5 + 12
    assert cases.too_small == 2
    for index in range(len(cases)):
        case = cases[index]
        low, high = BOUNDS[case.size_bin], BOUNDS[case.size_bin + 1]
        assert case.truth.shape == (1, 3, 256, 256)
        assert torch.equal((case.truth * 255).round() / 255, case.truth)
        assert case.hole.unique().tolist() == [0, 1]
        assert low < float(case.hole.mean()) <= high


def test_a_picture_of_the_right_size_is_used_whole(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png")
    case = Cases(tmp_path)[0]
    assert torch.equal(case.truth, decode(path).rgb)
    assert case.source == tmp_path.name


def test_a_hole_avoids_plain_ground_where_it_can(tmp_path: Path) -> None:
    sheet = Image.new("RGB", (256, 256), "white")
    with Image.open(save(tmp_path / "n/noise.png", (128, 128))) as noise:
        sheet.paste(noise, (64, 64))
    (tmp_path / "d").mkdir()
    for index in range(10):
        sheet.save(tmp_path / f"d/{index}.png")
    cases = Cases(tmp_path / "d")
    for case in map(cases.__getitem__, range(10)):
        assert float(case.truth[case.hole.expand_as(case.truth) > 0].std()) > PLAIN
    Image.new("RGB", (256, 256), "white").save(tmp_path / "d/0.png")
    assert len(Cases(tmp_path / "d")) == 10


def test_held_out_is_what_training_never_sees(tmp_path: Path) -> None:
    names = [f"{index}.png" for index in range(60)]
    for name in names:
        Image.new("RGB", (256, 256), "white").save(tmp_path / name)
    expected = len(split(find(tmp_path))[1])
    assert 0 < expected < 60
    assert len(Cases(tmp_path, held_out=True)) == expected


def test_what_is_made_is_compared_with_what_was_there(tmp_path: Path) -> None:
    truths = [decode(save(tmp_path / f"data/{index}.png", seed=index)).rgb for index in range(2)]
    seen: list[int] = []

    def run(request: InpaintRequest) -> Result:
        assert request.mask is not None
        hole = request.mask.coverage.expand_as(request.picture.rgb) > 0
        given = request.picture.rgb
        truth = next(x for x in truths if torch.equal(x[~hole], given[~hole]))
        marked = given.movedim(1, 3)[request.mask.coverage[0] > 0]
        assert marked.unique(dim=0).tolist() == [[1, 0, 1]]  # nothing of the truth is left
        made = truth.clone()
        if len(seen) == 1:
            made[hole] = (made[hole] - 0.1).abs()
            made[:, :, 0, :] += 1 / 255  # moves known pixels
        seen.append(1)
        return answered(request, made)

    progress: list[tuple[int, int]] = []
    (result,) = evaluate(tmp_path / "data", run, on_progress=lambda done, total, _: progress.append((done, total)))
    assert progress == [(1, 2), (2, 2)]
    readings = [Reading(**reading) for reading in result.details["readings"]]
    exact, moved = (reading for reading in readings if reading.method == OURS)
    assert (exact.squared, exact.absolute, exact.known, exact.seconds) == (0, 0, True, 0.25)
    assert exact.distance == pytest.approx(0, abs=1e-6)
    assert moved.squared == pytest.approx(0.01, rel=0.1)
    assert moved.absolute == pytest.approx(0.1, rel=0.1)
    assert moved.distance > 0.001
    assert result.reached["known pixels identical"] == 0.5
    others = [reading for reading in readings if reading.method != OURS]
    assert len(others) == 2 * (len(METHODS) - 1)
    assert all(reading.known and 0 < reading.squared < 0.1 and reading.distance > 0 for reading in others)
    assert "data, 256 px" in result.dataset
    assert result.left_out == []


def evaluation(**changed: dict[str, float]) -> Evaluation:
    """Two small holes and one large one, by two methods; `changed` sets fields of ours."""
    readings = []
    for method, factor in ((OURS, 1.0), (TELEA, 2.0)):
        for size_bin, share, squared in ((0, 0.02, 1e-4), (1, 0.08, 1e-2), (LARGE_FROM, 0.3, 1e-1)):
            reading = dataclasses.replace(
                READING,
                method=method,
                size_bin=size_bin,
                share=share,
                squared=factor * squared,
                distance=0.1 * factor * (1 + size_bin),
                source="ab"[size_bin > 0],
            )
            readings.append(dataclasses.replace(reading, **changed.get(method, {})))
    return summed("d", readings)


def test_figures_are_means_of_db_and_pooled_over_pixels() -> None:
    figures = evaluation().details["groups"]["all"][OURS]
    assert figures["psnr"] == pytest.approx((40 + 20 + 10) / 3)
    assert figures["pooled"] == pytest.approx(-10 * math.log10((0.02 * 1e-4 + 0.08 * 1e-2 + 0.3 * 1e-1) / 0.4))
    assert (figures["n"], figures["l1"], figures["fd"]) == (3, pytest.approx(0.1), pytest.approx(0.7 / 3))
    exact = summed("d", [dataclasses.replace(READING, method=method, squared=0.0) for method in (OURS, TELEA)])
    assert exact.details["groups"]["all"][OURS]["psnr"] == 60


def test_groups_are_by_share_and_by_source() -> None:
    groups = evaluation().details["groups"]
    assert {name: by_method[OURS]["n"] for name, by_method in groups.items()} == {
        "all": 3,
        "holes up to 5%": 1,
        "holes of 5% to 10%": 1,
        "holes of 20% to 40%": 1,
        "holes over 20%": 1,
        "a": 1,
        "b": 2,
    }


def test_bars_are_kept_or_missed() -> None:
    reached = evaluation().reached
    assert reached == {
        "dB over Telea": pytest.approx(10 * math.log10(2)),
        "FD / Telea": pytest.approx(0.5),
        "FD / Telea, holes over 20%": pytest.approx(0.5),
        "known pixels identical": 1,
    }
    assert "MISSED" not in evaluation().table()
    missed = evaluation(ours={"distance": 0.9, "known": False, "squared": 0.5}).table()
    assert missed.count("MISSED") == 4
    small = [r for x in evaluation().details["readings"] if (r := Reading(**x)).size_bin < LARGE_FROM]
    assert "FD / Telea, holes over 20%" not in summed("d", small).reached


def test_things_removed_have_a_group_and_bars_of_their_own() -> None:
    removed = [
        dataclasses.replace(READING, method=method, size_bin=-1, squared=squared, distance=distance)
        for method, squared, distance in ((OURS, 1e-2, 0.3), (TELEA, 1e-1, 0.4))
    ]
    found = summed("d", [Reading(**x) for x in evaluation().details["readings"]], removed=removed)
    assert found.details["groups"]["all"] == evaluation().details["groups"]["all"]
    assert found.reached[f"dB over Telea, {REMOVED}"] == pytest.approx(10)
    assert found.reached[f"FD / Telea, {REMOVED}"] == pytest.approx(0.75)
    assert found.table().count("MISSED") == 1
    assert found.metrics[f"PSNR in the hole, {REMOVED}"]["baseline"] == {TELEA: pytest.approx(10)}


def test_a_removed_thing_leaves_the_empty_place_as_truth(tmp_path: Path) -> None:
    furnish(tmp_path / "rooms")
    whole, held_out = Removals(tmp_path), Removals(tmp_path, held_out=True)
    assert (len(whole), len(held_out), len(Removals(tmp_path, limit=2))) == (4, 1, 2)
    case = held_out[0]
    empty, seen = (
        resize(decode(tmp_path / f"rooms/{name}/scene-3.webp").rgb, 384, 384) for name in ("empty", "pictures")
    )
    hole = case.hole.expand_as(empty) > 0
    assert torch.allclose(case.truth[hole], empty[hole], atol=0.01)
    assert torch.allclose(case.truth[~hole], seen[~hole], atol=0.01)
    assert (seen - empty).abs().amax(1, keepdim=True)[case.hole == 0].max() < 0.2  # the product is within the hole
    assert len(Removals(tmp_path / "nothing")) == 0
    save(tmp_path / "photo.png")
    furnish(tmp_path / "large", side=256)
    assert len(Cases(tmp_path)) == 1


def test_metrics_stand_beside_the_baselines_with_their_own_n() -> None:
    metrics = evaluation().metrics
    assert metrics["PSNR in the hole"] == {
        "dataset": "d",
        "n": 3,
        "value": 23.3333,
        "baseline": {TELEA: pytest.approx(20.323, abs=1e-3)},
    }
    assert metrics["FD-lite2, holes over 20%"]["n"] == 1
    assert metrics["FD / Telea, holes over 20%"] == {"dataset": "d", "n": 1, "value": 0.5, "baseline": {}}
    assert metrics["known pixels identical"]["value"] == 1
    assert not any("seconds" in name for name in metrics)


def test_refusals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "small.png", (100, 100))
    with pytest.raises(InputError, match="no readable picture of at least 256 px"):
        Cases(tmp_path)
    with pytest.raises(InputError, match="limit: 0; 1 or more"):
        evaluate(tmp_path, lambda request: answered(request, request.picture.rgb), limit=0)
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(WeightsError, match="opencv-python-headless is not installed"):
        evaluate(tmp_path, lambda request: answered(request, request.picture.rgb))
