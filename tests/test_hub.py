from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hub_server import HubServer
from huggingface_hub import ModelCard

from gan.core.errors import WeightsError
from gan.models.hub import PUBLISHED_FILES, SAMPLES_FILE, hub_id, push, render_card
from gan.models.manifest import Record
from gan.models.weights import write_checkpoint

ROOT = Path(__file__).resolve().parent.parent

RECORD = Record(
    name="enhance-x4",
    task="enhance",
    path="enhance-x4",
    sha256="ab" * 32,
    bytes=123_456,
    parameters=230_000,
    recipe="enhance",
    preset="x4",
    seen_images=640_000,
    data="26 photographs | textures",
    data_licence="CC-BY-4.0",
    metrics={"PSNR-Y": {"dataset": "held out", "n": 26, "value": 28.4567, "baseline": {"bicubic": 27.43}}},
)


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer(token="hf_test") as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "enhance-x4"
    state = {"weight": torch.arange(6.0)}
    write_checkpoint(path, name="enhance-x4", task="enhance", config={"width": 8}, state=state, card="Sharpens.")
    (path / ".model.safetensors.leftover").write_bytes(b"of an interrupted write")
    return path


def client(code: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run Python with the real client, which reads its settings when it is imported; refusals end in one line."""
    script = f"""
from pathlib import Path
from gan.core.errors import WeightsError
from gan.models.hub import pull, push
try:
    {code}
except WeightsError as error:
    raise SystemExit(str(error))
"""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**kept, "HF_HUB_DISABLE_IMPLICIT_TOKEN": "", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_card_is_what_the_hub_reads_and_repeats_the_record() -> None:
    text = render_card(RECORD, "Enlarges *four* times.\n")
    card = ModelCard(text)
    assert card.data.license == "apache-2.0"
    assert card.data.library_name == "packshot-studio"
    assert card.data.pipeline_tag == "image-to-image"
    assert "enhance" in card.data.tags
    (figure,) = card.data.eval_results
    assert (figure.metric_name, figure.metric_value, figure.dataset_name) == ("PSNR-Y", 28.4567, "held out")
    assert "Enlarges *four* times." in text
    for fact in (RECORD.sha256, "230,000", "123,456", "enhance / x4", "640,000", "CC-BY-4.0"):
        assert fact in text
    assert "| PSNR-Y | held out | 26 | 28.46 | bicubic 27.43 |" in text
    assert r"26 photographs \| textures" in text


def test_a_card_without_figures_or_facts_leaves_them_out() -> None:
    text = render_card(Record("a", "generate", "a", "0" * 64, 1, 1), "Text.")
    assert ModelCard(text).data.eval_results is None
    assert ModelCard(text).data.pipeline_tag == "unconditional-image-generation"
    for absent in ("Measured", "Recipe", "Trained on", "Licence of"):
        assert absent not in text


def test_a_figure_whose_number_of_pictures_is_not_known_says_none() -> None:
    metrics = {"KD": {"dataset": "mine", "n": 0, "value": 0.5, "baseline": {}}}
    text = render_card(Record("a", "generate", "a", "0" * 64, 1, 1, metrics=metrics), "Text.")
    assert "| KD | mine |  | 0.5 |  |" in text


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("owner/name", ("owner/name", None)),
        ("owner/name-x4.1", ("owner/name-x4.1", None)),
        ("owner/name/file.pth", ("owner/name", "file.pth")),
        ("owner/name/sub/file.pth", ("owner/name", "sub/file.pth")),
        ("name", None),
        ("/etc/passwd", None),
        ("./a/b", None),
        ("../a", None),
        ("owner/name/../../x.pth", None),
        ("https://host/owner/name", None),
        ("", None),
    ],
)
def test_what_counts_as_a_hub_id(name: str, parts: tuple[str, str | None] | None) -> None:
    assert hub_id(name) == parts


def test_what_is_pushed_comes_back(hub: HubServer, folder: Path, tmp_path: Path) -> None:
    environment = hub.environment(tmp_path / "home")
    pushed = client(f"print(push(Path({str(folder)!r}), 'tester/enhance-x4', message='First'))", environment)
    assert pushed.returncode == 0, pushed.stderr
    assert pushed.stdout.strip() == f"{hub.url}/tester/enhance-x4"
    assert hub.repos["tester/enhance-x4"] == {name: (folder / name).read_bytes() for name in PUBLISHED_FILES}

    hub.repos["tester/enhance-x4"]["optimizer.bin"] = b"not needed for serving"
    pulled = client("print(pull('tester/enhance-x4'))", environment)
    assert pulled.returncode == 0, pulled.stderr
    there = Path(pulled.stdout.strip())
    assert {file.name: file.read_bytes() for file in there.iterdir()} == {
        name: (folder / name).read_bytes() for name in PUBLISHED_FILES
    }

    # The Hub is gone, the cache is not.
    offline = {**environment, "HF_ENDPOINT": "http://127.0.0.1:9"}
    assert client("print(pull('tester/enhance-x4'))", offline).stdout.strip() == str(there)


def test_pushing_again_replaces(hub: HubServer, folder: Path, tmp_path: Path) -> None:
    hub.repos["tester/enhance-x4"] = {"README.md": b"old", "kept.txt": b"kept"}
    pushed = client(f"push(Path({str(folder)!r}), 'tester/enhance-x4')", hub.environment(tmp_path))
    assert pushed.returncode == 0, pushed.stderr
    assert hub.repos["tester/enhance-x4"]["README.md"] == (folder / "README.md").read_bytes()
    assert hub.repos["tester/enhance-x4"]["kept.txt"] == b"kept"


def test_a_busy_hub_is_asked_again(hub: HubServer, folder: Path, tmp_path: Path) -> None:
    hub.fail("/api/repos/create", 503, times=2)
    pushed = client(f"push(Path({str(folder)!r}), 'tester/x', wait_s=0.01)", hub.environment(tmp_path))
    assert pushed.returncode == 0, pushed.stderr
    assert hub.calls.count("POST /api/repos/create") >= 3
    assert set(hub.repos["tester/x"]) == set(PUBLISHED_FILES)


@pytest.mark.parametrize("part", ["PUT /lfs/", "/commit/main", "/preupload/"])
def test_an_upload_whose_connection_dies_half_way_is_tried_again(
    hub: HubServer, folder: Path, tmp_path: Path, part: str
) -> None:
    hub.break_off(part)
    pushed = client(f"push(Path({str(folder)!r}), 'tester/x', wait_s=0.01)", hub.environment(tmp_path))
    assert pushed.returncode == 0, pushed.stderr
    assert len([call for call in hub.calls if part in call]) >= 2
    assert hub.repos["tester/x"] == {name: (folder / name).read_bytes() for name in PUBLISHED_FILES}


def test_samples_go_along(hub: HubServer, folder: Path, tmp_path: Path) -> None:
    (folder / SAMPLES_FILE).write_bytes(b"a picture")
    pushed = client(f"push(Path({str(folder)!r}), 'tester/x', quiet=True)", hub.environment(tmp_path))
    assert pushed.returncode == 0, pushed.stderr
    assert hub.repos["tester/x"]["samples.png"] == b"a picture"
    assert set(hub.repos["tester/x"]) == {*PUBLISHED_FILES, SAMPLES_FILE}


def test_a_refusal_is_one_line_and_final(hub: HubServer, folder: Path, tmp_path: Path) -> None:
    environment = {**hub.environment(tmp_path), "HF_TOKEN": "hf_wrong"}
    pushed = client(f"push(Path({str(folder)!r}), 'tester/x', wait_s=60)", environment)
    assert pushed.returncode == 1
    assert pushed.stderr.startswith("hub: the Hub refused tester/x (401)")
    assert len(pushed.stderr.strip().splitlines()) == 1
    assert hub.calls.count("POST /api/repos/create") == 1
    assert not hub.repos


def test_no_connection_is_one_line(folder: Path, tmp_path: Path) -> None:
    environment = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path), "HF_TOKEN": "hf_test"}
    for code in (f"push(Path({str(folder)!r}), 'tester/x', attempts=2, wait_s=0.01)", "pull('tester/x')"):
        done = client(code, environment)
        assert done.returncode == 1
        assert done.stderr.startswith("hub: tester/x cannot be reached"), done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


def test_a_community_file_is_pulled_alone(hub: HubServer, tmp_path: Path) -> None:
    hub.repos["someone/models"] = {"sub/a.pth": b"tensors", "huge.bin": b"0" * 1000}
    pulled = client("print(pull('someone/models/sub/a.pth'))", hub.environment(tmp_path))
    assert Path(pulled.stdout.strip()).read_bytes() == b"tensors", pulled.stderr
    assert not [call for call in hub.calls if "huge" in call]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nobody/nothing", "the Hub has no nobody/nothing"),
        ("someone/models", "is no checkpoint of this project"),
        ("someone/models/b.pth", "the Hub has no someone/models/b.pth"),
    ],
)
def test_what_the_hub_does_not_have_is_one_line(hub: HubServer, tmp_path: Path, name: str, sentence: str) -> None:
    hub.repos["someone/models"] = {"a.pth": b"tensors", "README.md": b"# Models"}
    pulled = client(f"pull({name!r})", hub.environment(tmp_path))
    assert pulled.returncode == 1
    assert sentence in pulled.stderr
    assert len(pulled.stderr.strip().splitlines()) == 1


def test_a_folder_that_is_no_checkpoint_is_not_pushed(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(WeightsError, match=r"has no model\.safetensors, README\.md"):
        push(tmp_path, "tester/x")


def test_importing_loads_no_client() -> None:
    script = "import sys, gan.models.weights, gan.models.hub; print(sorted({'huggingface_hub', 'spandrel', 'gradio'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
