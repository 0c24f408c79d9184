"""Publishing while training goes on: one at a time, the newest, and never at training's cost."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hub_server import HubServer
from huggingface_hub import constants
from tiny_gan import RECIPE, RECIPES
from tiny_gan import step as gan_step

from gan.core.errors import InputError, WeightsError
from gan.models import hub
from gan.training import hub_upload
from gan.training.cli import main
from gan.training.hub_upload import Pusher, PushFailed
from gan.training.options import RunOptions
from gan.training.recipe import State


class FakeHub:
    """Stands in for `hub.push`; an upload waits until it is let through, and fails where it is to."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.seen: list[dict[str, bytes]] = []
        self.fails: set[str] = set()
        self.entered = threading.Semaphore(0)
        self.gate = threading.Semaphore(0)
        self.at_once = 0

    def push(self, folder: Path, repo_id: str, *, message: str, **_options: Any) -> str:
        self.at_once += 1
        assert self.at_once == 1
        self.begun.append(message)
        self.seen.append({path.name: path.read_bytes() for path in folder.iterdir()})
        self.entered.release()
        assert self.gate.acquire(timeout=60)
        self.at_once -= 1
        if message in self.fails:
            raise WeightsError("hub", "gone", "a connection is needed", "Try again")
        return f"https://hub/{repo_id}"


class BatchProgress:
    """Keeps printed lines and log entries."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.written: list[tuple[str, int]] = []

    def write(self, kind: str, step: int, _figures: Mapping[str, float | int | str]) -> None:
        self.written.append((kind, step))


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    fake = FakeHub()
    monkeypatch.setattr(hub, "push", fake.push)
    return fake


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    folder = tmp_path / "weights"
    folder.mkdir()
    for name in hub.PUBLISHED_FILES:
        (folder / name).write_text(f"{name} of step 1\n")
    return folder


@pytest.fixture
def told() -> BatchProgress:
    return BatchProgress()


@pytest.fixture
def pusher(tmp_path: Path, told: BatchProgress) -> Iterator[Pusher]:
    pusher = Pusher("tester/x", tmp_path / "push", say=told.said.append, write=told.write)
    yield pusher
    pusher.abandon()


def _never() -> bool:
    return False


def test_the_newest_that_waits_replaces_an_older_one(
    fake: FakeHub, pusher: Pusher, weights: Path, told: BatchProgress, tmp_path: Path
) -> None:
    pusher.submit(weights, None, step=1)
    assert fake.entered.acquire(timeout=60)
    for step in (2, 3, 4):
        (weights / hub.MODEL_FILE).write_text(f"tensors of step {step}")
        pusher.submit(weights, None, step=step)
    fake.gate.release(2)
    assert pusher.finish(_never) == "Published as tester/x."
    assert fake.begun == ["Step 1", "Step 4"]
    assert fake.seen[0][hub.MODEL_FILE] == b"model.safetensors of step 1\n"
    assert fake.seen[1][hub.MODEL_FILE] == b"tensors of step 4"
    assert told.written == [("push", 1), ("push", 4)]
    assert told.said == [f"Step {step} is published: https://hub/tester/x" for step in (1, 4)]
    assert list((tmp_path / "push").iterdir()) == []


def test_the_card_shows_the_samples(fake: FakeHub, pusher: Pusher, weights: Path, tmp_path: Path) -> None:
    grid = tmp_path / "step-000000007.png"
    grid.write_bytes(b"a picture")
    fake.gate.release()
    pusher.submit(weights, grid, step=7)
    pusher.finish(_never)
    assert fake.seen[0]["samples.png"] == b"a picture"
    card = fake.seen[0]["README.md"].decode()
    assert card.startswith("README.md of step 1\n")
    assert "](samples.png)" in card
    assert "samples" not in (weights / "README.md").read_text()


def test_a_push_that_fails_is_one_line_and_the_next_one_counts(
    fake: FakeHub, pusher: Pusher, weights: Path, told: BatchProgress
) -> None:
    fake.fails = {"Step 1"}
    fake.gate.release(2)
    pusher.submit(weights, None, step=1)
    with pytest.raises(PushFailed) as failed:
        pusher.finish(_never)
    assert str(failed.value).startswith("The last push to tester/x failed; the weights are saved. hub: gone")
    assert told.said == ["Push of step 1 failed: hub: gone; a connection is needed. Try again."]
    pusher.submit(weights, None, step=2)
    assert pusher.finish(_never)
    assert told.written == [("push_failed", 1), ("push", 2)]


def test_whatever_goes_wrong_stays_in_the_thread(
    monkeypatch: pytest.MonkeyPatch, pusher: Pusher, weights: Path, told: BatchProgress
) -> None:
    def broken(*_given: Any, **_options: Any) -> str:
        raise MemoryError

    monkeypatch.setattr(hub, "push", broken)
    pusher.submit(weights, None, step=1)
    with pytest.raises(PushFailed, match="MemoryError"):
        pusher.finish(_never)
    assert told.said == ["Push of step 1 failed: MemoryError"]


def test_waiting_can_be_interrupted(fake: FakeHub, pusher: Pusher, weights: Path) -> None:
    pusher.submit(weights, None, step=1)
    assert fake.entered.acquire(timeout=60)
    with pytest.raises(PushFailed, match="interrupted"):
        pusher.finish(lambda: True)
    pusher.submit(weights, None, step=2)
    pusher.abandon()
    fake.gate.release()
    pusher.finish(_never)
    assert fake.begun == ["Step 1"]


def test_a_stopped_run_does_not_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The background belongs to the client, and the process ends after it."""
    calls, stopped = [], threading.Event()

    def refused() -> None:
        calls.append(1)
        stopped.set()
        raise ConnectionError("gone")

    with pytest.raises(WeightsError, match="cannot be reached"):
        hub._with_retries(refused, "tester/x", attempts=5, wait_s=60, stopped=stopped)
    assert calls == [1]


def test_snapshots_of_a_killed_process_are_removed(tmp_path: Path, told: BatchProgress) -> None:
    (tmp_path / "push/3").mkdir(parents=True)
    Pusher("tester/x", tmp_path / "push", say=told.said.append, write=told.write)
    assert not (tmp_path / "push").exists()


@pytest.mark.parametrize(
    ("steps", "save_every", "push_every", "pushed"),
    [
        (12, 1, None, [5, 10, 12]),
        (12, 2, 4, [4, 8, 12]),
        (10, 2, 3, [4, 6, 10]),  # at the first save after 3, 6, 9
        (12, 6, 1, [6, 12]),
        (3, 1, 100, [3]),
    ],
)
def test_when_a_run_pushes(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    steps: int,
    save_every: int,
    push_every: int | None,
    pushed: list[int],
) -> None:
    submitted = []
    monkeypatch.setattr(Pusher, "submit", lambda _self, _weights, _samples, *, step: submitted.append(step))
    command = [
        "tiny",
        "--data",
        str(tmp_path),
        "--out",
        str(tmp_path / "run"),
        "--steps",
        str(steps),
        "--device",
        "cpu",
    ]
    command += ["--save-every", str(save_every), "--push-to-hub", "tester/tiny"]
    assert main(RECIPES, command + (["--push-every", str(push_every)] if push_every else [])) == 0
    assert submitted == pushed
    # The same command once more has nothing to train and publishes what is there.
    assert main(RECIPES, command) == 0
    assert submitted == [*pushed, steps]


@pytest.mark.parametrize("name", ["nonsense", "owner/name/file.pth", "../x", "https://huggingface.co/a/b"])
def test_a_name_that_is_none_is_refused_before_training(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="owner/name is expected"):
        RunOptions(data=tmp_path, out=tmp_path, preset="tiny", steps=1, push_to_hub=name)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Point the real client of this process, which read its settings when it was imported, to another address."""
    monkeypatch.setenv("HF_TOKEN", "hf_test")
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_IMPLICIT_TOKEN", False)
    monkeypatch.setattr(hub_upload, "WAIT_S", 0.01)
    return lambda address: monkeypatch.setattr(constants, "ENDPOINT", address)


def _train(run: Path) -> int:
    """Train ten steps; the seventh waits until a push has arrived or failed."""

    def patient(state: State, *given: Any) -> Any:
        deadline = time.monotonic() + 60
        while state.step == 6 and '"kind": "push' not in (run / "log.jsonl").read_text():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return gan_step(state, *given)

    command = ["tiny", "--data", str(run.parent), "--out", str(run), "--device", "cpu", "--steps", "10"]
    command += ["--save-every", "2", "--push-every", "4", "--push-to-hub", "tester/tiny"]
    return main({"tiny": (dataclasses.replace(RECIPE, step=patient),)}, command)


def _logged(run: Path) -> list[tuple[str, int]]:
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [(line["kind"], line["step"]) for line in lines if line["kind"].startswith(("push", "train"))]


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the client's own
def test_a_connection_that_dies_half_way_is_mended_while_training_goes_on(
    client: Callable[[str], None], tmp_path: Path, capsys: Any
) -> None:
    run = tmp_path / "run"
    with HubServer(token="hf_test") as server:
        server.break_off("PUT /lfs/")
        server.break_off("/commit/main")
        client(server.url)
        assert _train(run) == 0
    printed = capsys.readouterr().out
    logged = _logged(run)
    assert ("push", 4) in logged[: logged.index(("train", 10))]
    assert logged[-1] == ("push", 10)
    assert "Step 4 is published: " in printed
    assert printed.splitlines()[-1] == "Published as tester/tiny."
    assert len([call for call in server.calls if call.endswith("/commit/main")]) >= 3
    there = server.repos["tester/tiny"]
    assert set(there) == {"README.md", "config.json", "model.safetensors", "samples.png"}
    for name in ("model.safetensors", "config.json"):
        assert there[name] == (run / "weights" / name).read_bytes()
    assert there["samples.png"] == (run / "grids/step-000000010.png").read_bytes()
    card = there["README.md"].decode()
    assert card.startswith((run / "weights/README.md").read_text())
    assert "| spread |" in card
    assert "](samples.png)" in card
    assert not list((run / "push").iterdir() if (run / "push").exists() else [])


def test_a_connection_that_never_works_costs_the_exit_status_alone(
    client: Callable[[str], None], tmp_path: Path, capsys: Any
) -> None:
    run = tmp_path / "run"
    client("http://127.0.0.1:9")
    assert _train(run) == 1
    printed = capsys.readouterr()
    logged = _logged(run)
    assert ("push_failed", 4) in logged[: logged.index(("train", 10))]
    assert logged[-1] == ("push_failed", 10)
    assert printed.out.count("Push of step 4 failed: hub: tester/tiny cannot be reached") == 1
    assert "Traceback" not in printed.err
    assert printed.err.splitlines()[-1].startswith(
        "The last push to tester/tiny failed; the weights are saved. hub: tester/tiny cannot be reached"
    )
    assert (run / "weights/model.safetensors").exists()
    assert json.loads((run / "status.json").read_text())["status"] == "done"
