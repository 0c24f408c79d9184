"""The app: what importing it does, its options, and how its page is set up."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request

import gradio as gr
import pytest
import torch
from gradio.layouts import Form
from pages import ROOT, FakeStudio, serving, within_a_loop

import app
from gan.limits import MAX_AGE_S, SWEEP_S
from gan.ui import i18n

ENDPOINTS = (
    *("enhance", "generate", "project", "film", "nearest", "inpaint", "mask", "stylize", "sheet"),
    *("cutout", "recolor", "shadow", "frame", "white", "match", "recolour", "scene", "scenes"),
    *("flatfield", "colorcard", "matte", "stack", "straighten", "perspective", "crop", "rotate", "pad", "print"),
    "annotate",
    *("check", "export", "check_stored", "channels", "channel", "run", "compare"),
)
"""Those of the four tasks, then those of the product's, in the page's order."""

IMPORT = """
import builtins, json, socket, sys
opened, connected = [], []
def audit(event, args):
    if event == "open" and isinstance(args[0], str):
        opened.append(args[0])
    if event == "socket.connect" and isinstance(args[1], tuple):
        connected.append(args[1])
sys.addaudithook(audit)
import app
print(json.dumps({"modules": sorted(sys.modules), "opened": opened, "connected": connected}))
"""


def start(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "app.py", *options], cwd=ROOT, capture_output=True, text=True, timeout=180, check=False
    )


def test_importing_the_app_starts_and_reads_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORT], cwd=ROOT, capture_output=True, text=True, check=True)
    seen = json.loads(done.stdout.splitlines()[-1])
    assert not seen["connected"]
    assert not [path for path in seen["opened"] if path.endswith((".safetensors", ".pth"))]
    loaded = set(seen["modules"])
    assert "gan.enhance.page.tab" in loaded
    assert not {"lightning", "spandrel", "scipy", "skimage", "tensorboard", "matplotlib"} & loaded
    assert not {"torchvision", "torch._dynamo"} & loaded
    assert not [name for name in loaded if name.startswith("gan.training")]
    assert not [name for name in loaded if name.startswith("gan.") and name.endswith((".train", ".train.recipe"))]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--device", "abacus"], "abacus"),
        (["--port", "many"], "many is not within 0 and 65535"),
        (["--port", "99999"], "99999 is not within"),
        (["--no-such-option"], "--no-such-option"),
    ],
)
def test_an_option_that_cannot_be_is_one_line_and_status_2(
    options: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        app.main(options)
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("app.py: ")
    assert told in line


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_device_that_is_not_there_is_one_line_and_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["--device", "cuda"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("app.py: device: cuda; ")


def test_the_command_serves_and_a_second_one_says_that_the_port_is_taken() -> None:
    with serving(["app.py", "--device", "cpu", "--host", "127.0.0.1", "--port", "7955"]) as url:
        with urllib.request.urlopen(f"{url}healthz") as answer:
            assert json.load(answer) == {"status": "ok", "jobs": 0}
        done = start("--port", "7955")
        assert done.returncode == 2
        assert "port: 127.0.0.1:7955 cannot be listened on" in done.stderr


@pytest.fixture(scope="module")
def page() -> gr.Blocks:
    return within_a_loop(lambda: app.build(FakeStudio()))  # type: ignore[arg-type]


def test_the_tasks_alone_are_public(page: gr.Blocks) -> None:
    public = [event.api_name for event in page.fns.values() if event.api_visibility != "private"]
    assert public == [*ENDPOINTS]


def test_what_visitors_open_carries_no_endpoints(page: gr.Blocks) -> None:
    config = page.get_config_file()
    opened, apart = config["page"][""], config["page"]["endpoints"]
    named = {one["id"]: one["props"].get("elem_id") or "" for one in config["components"]}
    assert not [named[part] for part in opened["components"] if "-api-" in named.get(part, "")]
    public = [one["id"] for one in config["dependencies"] if one["api_visibility"] == "public"]
    assert public == apart["dependencies"]


GROUPS = ("light", "decoding", "clicking", "preview", "beforehand", "computing")


def test_every_event_says_how_many_run_at_once(page: gr.Blocks) -> None:
    for event in page.fns.values():
        if event.fn is not None:
            assert event.concurrency_id in GROUPS, event.api_name
            assert isinstance(event.concurrency_limit, int)
    (enhance,) = [event for event in page.fns.values() if event.api_name == "enhance"]
    assert enhance.concurrency_limit == 1


def test_the_queue_and_the_cache_are_bounded(page: gr.Blocks) -> None:
    assert page._queue.max_size == 32
    assert page.delete_cache == (SWEEP_S, MAX_AGE_S)
    assert page.analytics_enabled is False


def test_every_widget_that_is_used_has_a_name(page: gr.Blocks) -> None:
    used = {block for event in page.fns.values() for block in (*event.inputs, *event.outputs)}
    unnamed = {type(block).__name__ for block in used if not getattr(block, "elem_id", None)}
    assert unnamed <= {"BrowserState", "State", "Row"}


def test_every_label_of_the_page_is_translated(page: gr.Blocks) -> None:
    keys = {i18n.label(key).key for key in i18n.LABELS}
    for block in page.blocks.values():
        text = getattr(block, "label", None)
        if "-api-" in (getattr(block, "elem_id", None) or ""):
            continue  # out of sight: it is the help of the API's listing
        if text is not None and not isinstance(block, gr.Dataset):
            assert getattr(text, "key", None) in keys or not getattr(block, "elem_id", None), text


def test_sliders_in_a_row_have_room_for_their_labels_on_a_phone(page: gr.Blocks) -> None:
    def parts(row: gr.Row) -> list[gr.Component]:
        return [part for child in row.children for part in (child.children if isinstance(child, Form) else [child])]

    rows = [parts(block) for block in page.blocks.values() if isinstance(block, gr.Row)]
    beside = [part for row in rows if len(row) > 1 for part in row if isinstance(part, gr.Slider)]
    assert beside
    assert not [slider.elem_id for slider in beside if slider.min_width < 200]


def test_a_click_that_runs_a_network_shows_that_it_is_at_work(page: gr.Blocks) -> None:
    for name in ("cutout", "inpaint"):
        (picture,) = [
            block for block in page.blocks.values() if getattr(block, "elem_id", "") == f"{name}-click-picture"
        ]
        (click,) = [event for event in page.fns.values() if (picture._id, "select") in event.targets]
        assert click.show_progress == "minimal"
        assert click.show_progress_on == [picture]
