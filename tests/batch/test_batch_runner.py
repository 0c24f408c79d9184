"""Replaying: same pixels as one call after the other, resumed, stopped, verified."""

from __future__ import annotations

import dataclasses
import json
import pickle
import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from replays import FRAME, STILL, product, recipe_of, run, written

from gan.batch import worker
from gan.batch.jobs import sidecar_of
from gan.batch.recipe_json import Recipe, from_history, read_recipe, write_recipe
from gan.batch.results import Outcome
from gan.batch.runner import Replay, verify
from gan.batch.worker import carry_out
from gan.core.contract import Request, Result
from gan.core.errors import Cancelled, InputError, WeightsError
from gan.edit.frame import FrameRequest
from gan.edit.recolor import RecolorRequest
from gan.enhance.adjust import Adjustments
from gan.enhance.pipeline import EnhanceRequest
from gan.imaging.io.codec import decode, encode
from gan.imaging.io.formats import Encoding
from gan.imaging.pixel_hash import sha256_of

SHARP = {"task": "enhance", "request": {"scale": 1, "strength": 0, "adjustments": {"sharpness": 0.5}}}


def statuses(outcomes: Any) -> dict[str, str]:
    return {outcome.target: outcome.status for outcome in outcomes}


def test_the_same_as_one_call_after_the_other(tmp_path: Path) -> None:
    source = product(tmp_path / "in/a.png")
    recipe = recipe_of(SHARP, FRAME)
    assert statuses(Replay(recipe, [tmp_path / "in"], tmp_path / "out", run)) == {"a.png": "made"}
    sharp = run(
        EnhanceRequest(picture=decode(source), scale=1, strength=0, adjustments=Adjustments(sharpness=0.5))
    ).picture
    framed = run(FrameRequest(picture=sharp, fill=0.8, width_px=40, height_px=40)).picture
    assert (tmp_path / "out/a.png").read_bytes() == encode(framed, Encoding())
    with Image.open(tmp_path / "out/a.png") as image:
        assert image.size == (40, 40)
        assert image.mode == "RGBA"


def test_a_finished_picture_carries_its_recipe(tmp_path: Path) -> None:
    product(tmp_path / "in/a.png")
    list(Replay(recipe_of(SHARP, FRAME), [tmp_path / "in"], tmp_path / "out", run))
    again = from_history(decode(tmp_path / "out/a.png").history, name="again")
    write_recipe(again, tmp_path / "again.json")
    assert read_recipe(tmp_path / "again.json") == again
    list(Replay(again, [tmp_path / "in"], tmp_path / "second", run))
    assert (tmp_path / "second/a.png").read_bytes() == (tmp_path / "out/a.png").read_bytes()


def test_a_sidecar_is_a_recipe_of_the_same_and_tells_no_time(tmp_path: Path) -> None:
    product(tmp_path / "in/a.png")
    recipe = recipe_of(SHARP, FRAME)
    list(Replay(recipe, [tmp_path / "in"], tmp_path / "out", run))
    sidecar = tmp_path / "out/a.png.json"
    assert read_recipe(sidecar).sha256 == recipe.sha256
    assert statuses(Replay(read_recipe(sidecar), [tmp_path / "in"], tmp_path / "out", run)) == {"a.png": "kept"}
    told = json.loads(sidecar.read_bytes())
    assert "seconds" not in sidecar.read_text()
    assert [step["task"] for step in told["steps"]] == ["enhance", "frame"]
    assert told["result"]["input"]["file"] == "a.png"
    assert len(told["result"]["output"]["sha256"]) == len(told["result"]["recipe"]) == 64


def test_two_replays_write_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.png", "deep/b.png", "deep/c.webp"):
        product(tmp_path / "in" / name, seed=len(name))
    for out in ("first", "second"):
        list(Replay(recipe_of(FRAME), [tmp_path / "in"], tmp_path / out, run))
    first = written(tmp_path / "first")
    assert first == written(tmp_path / "second")
    assert set(first) == {
        *("a.png", "a.png.json", "deep/b.png", "deep/b.png.json", "deep/c.png", "deep/c.png.json"),
        *("report.csv", "report.json", "contact-sheet-01.jpg"),
    }


def test_what_is_done_is_skipped_and_what_changed_is_not(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png", "d.png"):
        product(tmp_path / "in" / name, seed=ord(name[0]))
    recipe, out = recipe_of(FRAME), tmp_path / "out"
    list(Replay(recipe, [tmp_path / "in"], out, run))
    before = written(out)
    assert set(statuses(Replay(recipe, [tmp_path / "in"], out, run)).values()) == {"kept"}
    assert written(out).keys() == before.keys()

    product(tmp_path / "in/a.png", seed=99)  # another picture
    (out / "b.png").write_bytes(b"someone's edit")
    (out / "c.png.json").unlink()
    found = statuses(Replay(recipe, [tmp_path / "in"], out, run))
    assert found == {"a.png": "made", "b.png": "made", "c.png": "made", "d.png": "kept"}
    assert (out / "b.png").read_bytes() == before["b.png"]
    assert set(statuses(Replay(recipe, [tmp_path / "in"], out, run, again=True)).values()) == {"made"}
    other = recipe_of({**FRAME, "request": {**FRAME["request"], "fill": 0.7}})
    assert set(statuses(Replay(other, [tmp_path / "in"], out, run)).values()) == {"made"}


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"result": 3}', b'{"result": {"recipe": null}}', b"[" * 100_000]
)
def test_a_damaged_sidecar_is_made_anew(tmp_path: Path, content: bytes) -> None:
    product(tmp_path / "in/a.png")
    recipe, out = recipe_of(STILL), tmp_path / "out"
    list(Replay(recipe, [tmp_path / "in"], out, run))
    sidecar_of(out / "a.png").write_bytes(content)
    assert statuses(Replay(recipe, [tmp_path / "in"], out, run)) == {"a.png": "made"}


def test_several_colors_become_several_files(tmp_path: Path) -> None:
    product(tmp_path / "in/a.png")
    recipe = recipe_of({"task": "recolor", "request": {"to": ["#2040C0", "30A030"]}}, FRAME)
    found = statuses(Replay(recipe, [tmp_path / "in"], tmp_path / "out", run))
    assert found == {"a-2040C0.png": "made", "a-30A030.png": "made"}
    assert decode(tmp_path / "out/a-2040C0.png").history[0]["request"]["to"] == ["#2040C0"]
    both = run(RecolorRequest(picture=decode(tmp_path / "in/a.png"), to=("#2040C0", "#30A030")))
    green = run(FrameRequest(picture=both.pictures[1], fill=0.8, width_px=40, height_px=40)).picture
    assert sha256_of(green) == sha256_of(decode(tmp_path / "out/a-30A030.png"))


def test_a_drawing_recipe_takes_no_pictures_and_numbers_its_seeds(tmp_path: Path) -> None:
    recipe = recipe_of({"task": "generate", "request": {"seed": 7, "count": 3}}, STILL)
    replay = Replay(recipe, [], tmp_path / "out", run)
    assert [job.below for job in replay.jobs] == ["generated-7.png", "generated-8.png", "generated-9.png"]
    assert [job.recipe.arguments[0]["seed"] for job in replay.jobs] == [7, 8, 9]
    assert {job.recipe.arguments[0]["count"] for job in replay.jobs} == {1}
    with pytest.raises(InputError, match="begins with generate takes no pictures"):
        Replay(recipe, [product(tmp_path / "a.png")], tmp_path / "out", run)
    with pytest.raises(InputError, match="at least one"):
        Replay(recipe_of(STILL), [], tmp_path / "out", run)


def test_stop_keeps_what_is_done_and_the_next_call_goes_on(tmp_path: Path) -> None:
    for name in "abc":
        product(tmp_path / f"in/{name}.png")
    cancel = threading.Event()
    replay = Replay(recipe_of(FRAME), [tmp_path / "in"], tmp_path / "out", run, cancel=cancel)
    outcomes = iter(replay)
    assert next(outcomes).target == "a.png"
    cancel.set()
    with pytest.raises(Cancelled):
        next(outcomes)
    assert replay.summary.count("made") == 1
    assert replay.summary.report_csv == tmp_path / "out/report.csv"
    going_on = Replay(recipe_of(FRAME), [tmp_path / "in"], tmp_path / "out", run)
    assert statuses(going_on) == {"a.png": "kept", "b.png": "made", "c.png": "made"}


def test_progress_and_time_left(tmp_path: Path) -> None:
    for name in "ab":
        product(tmp_path / f"in/{name}.png")
    steps: list[tuple[int, int, str]] = []
    replay = Replay(
        recipe_of(STILL, FRAME), [tmp_path / "in"], tmp_path / "out", run, progress=lambda *s: steps.append(s)
    )
    assert replay.left_s is None
    left = [replay.left_s for _ in replay]
    assert left[0] is not None
    assert left[0] > 0
    assert left[-1] == 0
    work = [done / total for done, total, what in steps if what != "Checking what is already done"]
    assert work == sorted(work)
    assert work[-1] == 1
    assert any(0.5 < share < 1 for share in work)


def test_missing_weights_end_the_batch(tmp_path: Path) -> None:
    Image.new("RGB", (20, 20), "red").save(tmp_path / "opaque.png")
    replay = Replay(recipe_of(FRAME), [tmp_path / "opaque.png"], tmp_path / "out", run)
    with pytest.raises(WeightsError):
        list(replay)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("enhance: the network returned non-finite values"), "non-finite"),
        (MemoryError(), "not enough memory"),
        (ValueError("a bug"), "ValueError: a bug"),
    ],
)
def test_whatever_a_step_stumbles_over_the_others_go_on(tmp_path: Path, error: Exception, said: str) -> None:
    for name in "ab":
        product(tmp_path / f"in/{name}.png")

    def stumbling(request: Request, **options: Any) -> Result:
        if vars(request)["picture"].name == "a.png":
            raise error
        return run(request, **options)

    a, b = Replay(recipe_of(STILL), [tmp_path / "in"], tmp_path / "out", stumbling)
    assert (a.status, b.status) == ("failed", "made")
    assert said in str(a.error)


def test_a_result_that_cannot_be_written_fails_alone_and_a_full_disk_ends_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "ab":
        product(tmp_path / f"in/{name}.png")
    real = worker.write_atomic

    def refusing(number: int) -> Any:
        def write(path: Path, data: bytes) -> None:
            if path.name == "a.png":
                raise OSError(number, "refused")
            real(path, data)

        return write

    monkeypatch.setattr(worker, "write_atomic", refusing(13))
    a, b = Replay(recipe_of(STILL), [tmp_path / "in"], tmp_path / "out", run)
    assert (a.status, b.status) == ("failed", "made")
    assert "a.png cannot be written" in str(a.error)
    monkeypatch.setattr(worker, "write_atomic", refusing(28))
    with pytest.raises(InputError, match="cannot be written"):
        list(Replay(recipe_of(STILL), [tmp_path / "in"], tmp_path / "full", run))


def test_two_runs_in_one_folder_are_refused(tmp_path: Path) -> None:
    product(tmp_path / "in/a.png")
    first = iter(Replay(recipe_of(STILL), [tmp_path / "in"], tmp_path / "out", run))
    next(first)
    with pytest.raises(InputError, match="another run is writing"):
        list(Replay(recipe_of(STILL), [tmp_path / "in"], tmp_path / "out", run))
    assert list(first) == []
    assert statuses(Replay(recipe_of(STILL), [tmp_path / "in"], tmp_path / "out", run)) == {"a.png": "kept"}


def test_verify_tells_the_same_from_another_and_a_missing_file(tmp_path: Path) -> None:
    for name in "abc":
        product(tmp_path / f"in/{name}.png")
    recipe, out = recipe_of(FRAME), tmp_path / "out"
    list(Replay(recipe, [tmp_path / "in"], out, run))
    before = written(out)
    assert set(statuses(verify(recipe, [tmp_path / "in"], out, run)).values()) == {"same"}
    (out / "a.png").write_bytes((out / "a.png").read_bytes()[:-1])
    (out / "b.png").unlink()
    (out / "c.png.json").unlink()
    found = statuses(verify(recipe, [tmp_path / "in"], out, run))
    assert found == {"a.png": "differs", "b.png": "missing", "c.png": "missing"}
    assert written(out).keys() == before.keys() - {"b.png", "c.png.json"}  # nothing is written


def test_other_weights_are_told_of(tmp_path: Path) -> None:
    product(tmp_path / "in/a.png")
    step = {**FRAME, "weights": {"cutout": "0" * 64}}

    def told(**weights: str) -> bool:
        def ran(request: Request, **options: Any) -> Result:
            return dataclasses.replace(run(request, **options), weights=weights)

        (outcome,) = Replay(recipe_of(step), [tmp_path / "in"], tmp_path / f"out{len(list(tmp_path.iterdir()))}", ran)
        return worker.OTHER_WEIGHTS in outcome.notices

    assert told(cutout="1" * 64)
    assert told(another="0" * 64)
    assert not told(cutout="0" * 64, select="2" * 64)
    assert not told()  # no network was needed for this picture


def test_an_outcome_and_its_error_travel_between_processes(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    product(tmp_path / "small.png", side_px=4)
    too_large = recipe_of(STILL, {"task": "enhance", "request": {"width": 30}})
    for source, said in (("bad.png", "image: not a picture"), ("small.png", "step 2: width: 30 px from 4 px")):
        job = Replay(too_large, [tmp_path / source], tmp_path / "out", run).jobs[0]
        outcome = carry_out(job, run)
        again = pickle.loads(pickle.dumps(outcome))
        assert isinstance(again, Outcome)
        assert str(again.error) == str(outcome.error)
        assert said in str(again.error)
        assert again.error is not None
        assert again.error.step == (0 if source == "bad.png" else 2)
    recipe = pickle.loads(pickle.dumps(too_large))
    assert isinstance(recipe, Recipe)
    assert recipe.sha256 == too_large.sha256


def test_the_files_of_steps_are_kept_for_sidecars(tmp_path: Path) -> None:
    product(tmp_path / "in/deep/a.png")
    ground = encode(decode(product(tmp_path / "ground.png", color=(10, 20, 200))), Encoding(file_format="jpeg"))
    step = {"task": "frame", "request": {**FRAME["request"], "ground": {"file": "room/ground.jpg"}}}
    recipe = recipe_of(step, files={"room/ground.jpg": ground})
    list(Replay(recipe, [tmp_path / "in"], tmp_path / "out", run))
    sidecar = read_recipe(tmp_path / "out/deep/a.png.json")
    assert sidecar.files == {"ground.jpg": ground}
    assert sidecar.sha256 == recipe.sha256
    list(Replay(sidecar, [tmp_path / "in"], tmp_path / "second", run))
    assert (tmp_path / "second/deep/a.png").read_bytes() == (tmp_path / "out/deep/a.png").read_bytes()


def test_an_export_decides_the_format(tmp_path: Path) -> None:
    product(tmp_path / "in/a.webp", side_px=64)
    step = {"task": "export", "request": {"channel": "shopify"}}
    (outcome,) = Replay(recipe_of(STILL, step), [tmp_path / "in"], tmp_path / "out", run)
    assert outcome.status == "made", outcome.error
    assert (tmp_path / "out" / outcome.target).is_file()
    assert outcome.target.startswith("a.")
    (again,) = Replay(recipe_of(STILL, step), [tmp_path / "in"], tmp_path / "out", run)
    assert (again.status, again.target) == ("kept", outcome.target)


def test_transparency_that_a_format_has_not_is_told_of(tmp_path: Path) -> None:
    product(tmp_path / "in/a.png")
    recipe = recipe_of(STILL, output={"format": "jpeg", "quality": 80})
    (outcome,) = Replay(recipe, [tmp_path / "in"], tmp_path / "out", run)
    assert outcome.target == "a.jpg"
    assert "This format has no transparency; the picture was placed on white" in outcome.notices
    assert torch.equal(decode(tmp_path / "out/a.jpg").rgb[:, :, 0, 0], torch.ones(1, 3))


def test_an_engine_of_ones_own_gives_the_same_files(tmp_path: Path) -> None:
    for name in "abc":
        product(tmp_path / f"in/{name}.png")
    list(Replay(recipe_of(FRAME), [tmp_path / "in"], tmp_path / "local", run))

    def backwards(jobs: Any) -> Any:
        return [(job, pickle.loads(pickle.dumps(carry_out(job, run)))) for job in reversed(jobs)]

    replay = Replay(recipe_of(FRAME), [tmp_path / "in"], tmp_path / "other", run, engine=backwards)
    assert [outcome.target for outcome in replay] == ["c.png", "b.png", "a.png"]
    assert written(tmp_path / "local") == written(tmp_path / "other")
    assert dataclasses.replace(replay.summary.outcomes[0], seconds=0).target == "a.png"
