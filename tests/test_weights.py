from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import nn

from gan.core.errors import WeightsError
from gan.models import weights
from gan.models.hub import CARD_FILE, CONFIG_FILE, MODEL_FILE
from gan.models.manifest import MANIFEST_FILE, Manifest, Record
from gan.models.weights import Check, listing, publish, read, resolve, verify, write_checkpoint


def network(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))


def ship(weights_dir: Path, name: str = "enhance-x4", *, seed: int = 0, **fields: Any) -> Record:
    state = fields.pop("state", network(seed).state_dict())
    return publish(weights_dir, name=name, task="enhance", config={"width": 4}, state=state, card="Text.", **fields)


def break_manifest(weights_dir: Path, **changes: object) -> None:
    path = weights_dir / MANIFEST_FILE
    (item,) = json.loads(path.read_text())
    path.write_text(json.dumps([{**item, **changes}]))


def test_what_is_published_is_read_back(tmp_path: Path) -> None:
    original = network()
    record = ship(tmp_path, preset="x4", seen_images=7, data="photographs", data_licence="CC0-1.0")
    checkpoint = read("enhance-x4", tmp_path)
    assert (checkpoint.name, checkpoint.task, checkpoint.config) == ("enhance-x4", "enhance", {"width": 4})
    assert checkpoint.record == record == Manifest.read(tmp_path).get("enhance-x4")
    assert checkpoint.licence == "apache-2.0; training data: CC0-1.0"
    assert checkpoint.sha256 == record.sha256
    copy = network(seed=1)
    checkpoint.fill(copy)
    for one, other in zip(original.state_dict().values(), copy.state_dict().values(), strict=True):
        assert torch.equal(one, other)
    # 3*4*9 weights and 4 biases, and four vectors of the batch norm; its counter is no parameter.
    assert record.parameters == 108 + 4 + 4 * 4
    assert record.bytes == (tmp_path / "enhance-x4" / MODEL_FILE).stat().st_size
    assert verify(tmp_path) == [Check("enhance-x4")]


@pytest.mark.parametrize(
    ("card", "found"),
    [
        ("---\nlicense: mit\ntags:\n- x\n---\n", "mit"),
        ('---\ntags:\n- x\nlicense: "cc-by-nc-4.0"\n---\n', "cc-by-nc-4.0"),
        ("---\ntags: x\n---\nlicense: of the text\n", ""),
        ("license: no front matter\n", ""),
    ],
)
def test_the_license_is_the_cards(card: str, found: str, tmp_path: Path) -> None:
    ship(tmp_path)
    (tmp_path / "enhance-x4" / CARD_FILE).write_text(card)
    assert read("enhance-x4", tmp_path).licence == found


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_stored_as_given_and_widened(tmp_path: Path, dtype: torch.dtype) -> None:
    ship(tmp_path, state={"w": torch.tensor([0.5, -2.0], dtype=dtype), "count": torch.tensor(3)})
    stored = safetensors.torch.load_file(tmp_path / "enhance-x4" / MODEL_FILE)
    assert stored["w"].dtype == dtype
    state = read("enhance-x4", tmp_path).state
    assert torch.equal(state["w"], torch.tensor([0.5, -2.0]))
    assert state["w"].dtype == torch.float32
    assert state["count"].dtype == torch.int64


def test_any_layout_and_shared_memory_can_be_published(tmp_path: Path) -> None:
    shared = torch.rand(2, 3, 4, 4).to(memory_format=torch.channels_last)
    ship(tmp_path, state={"a": shared, "b": shared, "c": shared.mT})
    state = read("enhance-x4", tmp_path).state
    assert torch.equal(state["a"], shared)
    assert torch.equal(state["c"], shared.mT)


def test_publishing_again_replaces_and_sorts(tmp_path: Path) -> None:
    ship(tmp_path, "b")
    ship(tmp_path, "a")
    record = ship(tmp_path, "b", seed=3)
    items = json.loads((tmp_path / MANIFEST_FILE).read_text())
    assert [item["name"] for item in items] == ["a", "b"]
    assert items[1]["sha256"] == record.sha256
    assert read("b", tmp_path).sha256 == record.sha256


def test_the_manifest_does_not_depend_on_the_order_of_writing(tmp_path: Path) -> None:
    records = [ship(tmp_path, name) for name in ("b", "a", "c")]
    Manifest(tmp_path / "x", tuple(records)).folder.mkdir()
    Manifest(tmp_path / "x", tuple(records)).write()
    Manifest(tmp_path, tuple(reversed(records))).write()
    assert (tmp_path / "x" / MANIFEST_FILE).read_bytes() == (tmp_path / MANIFEST_FILE).read_bytes()


def test_a_folder_without_manifest_has_no_records(tmp_path: Path) -> None:
    assert Manifest.read(tmp_path).records == ()
    assert verify(tmp_path) == []
    assert listing(tmp_path).startswith("name")


def test_a_run_keeps_a_checkpoint_without_a_manifest(tmp_path: Path) -> None:
    folder = tmp_path / "run" / "weights"
    record = write_checkpoint(folder, name="x4", task="enhance", config={}, state={"w": torch.ones(2)}, card="Text.")
    checkpoint = read(folder, tmp_path / "weights")
    assert checkpoint.record is None
    assert checkpoint.sha256 == record.sha256
    assert sorted(path.name for path in folder.iterdir()) == sorted([MODEL_FILE, CONFIG_FILE, CARD_FILE])


@pytest.mark.parametrize("by_name", [True, False])
def test_one_changed_byte_is_found(tmp_path: Path, by_name: bool) -> None:
    ship(tmp_path)
    path = tmp_path / "enhance-x4" / MODEL_FILE
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(WeightsError, match="has the SHA-256"):
        read("enhance-x4" if by_name else tmp_path / "enhance-x4", tmp_path)
    assert "SHA-256" in verify(tmp_path)[0].problem


def test_another_checkpoints_file_is_found(tmp_path: Path) -> None:
    ship(tmp_path)
    write_checkpoint(
        tmp_path / "enhance-x4", name="enhance-x4", task="enhance", config={}, state={"w": torch.ones(1)}, card="Text."
    )
    with pytest.raises(WeightsError, match="has the SHA-256"):
        read("enhance-x4", tmp_path)


@pytest.mark.parametrize("file", [MODEL_FILE, CONFIG_FILE])
def test_a_missing_file_is_named(tmp_path: Path, file: str) -> None:
    ship(tmp_path)
    (tmp_path / "enhance-x4" / file).unlink()
    with pytest.raises(WeightsError, match=f"{file} is missing"):
        read("enhance-x4", tmp_path)


def test_a_missing_card_is_found_by_verify(tmp_path: Path) -> None:
    ship(tmp_path)
    (tmp_path / "enhance-x4" / CARD_FILE).unlink()
    assert verify(tmp_path) == [Check("enhance-x4", "its model card is missing")]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"name": "a"}', '{"name": "a", "task": "b", "sha256": 1, "network": {}}']
)
def test_a_config_of_another_kind_is_refused(tmp_path: Path, text: str) -> None:
    ship(tmp_path)
    (tmp_path / "enhance-x4" / CONFIG_FILE).write_text(text)
    with pytest.raises(WeightsError, match=r"config\.json is damaged"):
        read("enhance-x4", tmp_path)


def test_a_file_that_is_no_safetensors_is_refused(tmp_path: Path) -> None:
    record = ship(tmp_path)
    path = tmp_path / "enhance-x4" / MODEL_FILE
    data = path.read_bytes()[:20]
    path.write_bytes(data)
    sha256 = weights.hashlib.sha256(data).hexdigest()
    assert sha256 != record.sha256
    break_manifest(tmp_path, sha256=sha256)
    with pytest.raises(WeightsError, match="is damaged"):
        read("enhance-x4", tmp_path)


def test_tensors_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    ship(tmp_path)
    with pytest.raises(WeightsError, match="do not match"):
        read("enhance-x4", tmp_path).fill(nn.Conv2d(3, 5, 3))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"bytes": 1}, "size"),
        ({"parameters": 1}, "number of parameters"),
        ({"task": "inpaint"}, "names another model"),
        ({"sha256": "0" * 64}, "SHA-256"),
        ({"path": "elsewhere"}, "missing"),
    ],
)
def test_verify_finds_a_record_that_is_wrong(tmp_path: Path, changes: dict[str, object], problem: str) -> None:
    ship(tmp_path)
    break_manifest(tmp_path, **changes)
    assert problem in verify(tmp_path)[0].problem


def test_verify_finds_a_folder_without_record(tmp_path: Path) -> None:
    ship(tmp_path)
    write_checkpoint(tmp_path / "stray", name="stray", task="enhance", config={}, state={}, card="Text.")
    assert verify(tmp_path) == [Check("enhance-x4"), Check("stray", "it has no record in the manifest")]


@pytest.mark.parametrize("path", ["../elsewhere", "/etc", "a/../..", ".", "", "link"])
def test_paths_cannot_leave_the_folder(tmp_path: Path, path: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    inside = tmp_path / "weights"
    ship(inside)
    os.symlink(tmp_path / "elsewhere", inside / "link")
    break_manifest(inside, path=path)
    with pytest.raises(WeightsError, match="leads out of"):
        read("enhance-x4", inside)


@pytest.mark.parametrize("text", ["", "[", "{}x", '[{"name": "a"}]', "[1]", '[{"surprise": 1}]'])
def test_a_damaged_manifest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST_FILE).write_text(text)
    with pytest.raises(WeightsError, match=r"manifest\.json cannot be read"):
        Manifest.read(tmp_path)


@pytest.mark.parametrize("name", ["", "Big", "a b", "../a", "a/b", ".hidden", "名"])
def test_names_that_make_no_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(WeightsError, match="lowercase letters"):
        ship(tmp_path, name)
    assert not (tmp_path / MANIFEST_FILE).exists()


def test_resolve_prefers_the_manifest_then_a_path_then_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    asked: list[str] = []
    monkeypatch.setattr(weights, "pull", lambda name: asked.append(name) or tmp_path / "pulled")
    ship(tmp_path / "weights")
    (tmp_path / "enhance-x4").mkdir()
    (tmp_path / "a.pth").touch()
    assert resolve("enhance-x4", tmp_path / "weights") == tmp_path / "weights" / "enhance-x4"
    assert resolve("a.pth", tmp_path / "weights") == Path("a.pth")
    assert resolve("weights/enhance-x4", tmp_path / "weights") == Path("weights/enhance-x4")
    assert asked == []
    assert resolve("owner/name/a.pth", tmp_path / "weights") == tmp_path / "pulled"
    assert asked == ["owner/name/a.pth"]


@pytest.mark.parametrize("name", ["enhance-x5", "weights/enhance-x5", "./owner/name", "/owner/name", "../name", ""])
def test_a_mistyped_name_never_asks_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(weights, "pull", lambda name: pytest.fail("the Hub was asked"))
    ship(tmp_path / "weights")
    with pytest.raises(WeightsError):
        read(name, tmp_path / "weights")


def test_the_listing_names_every_checkpoint(tmp_path: Path) -> None:
    ship(tmp_path, "a", preset="x2", seen_images=1234)
    ship(tmp_path, "b")
    head, first, second = listing(tmp_path).splitlines()
    assert head.split()[:2] == ["name", "task"]
    assert first.split() == ["a", "enhance", "128", "0.00", "1,234", "x2"]
    assert second.startswith("b")


def test_the_shipped_weights_are_what_their_manifest_says() -> None:
    weights_dir = Path(__file__).resolve().parent.parent / "weights"
    assert [check for check in verify(weights_dir) if check.problem] == []
