"""The Cut-out page's edits: one request after the other, and what comes of them."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch
from cut_outs import CutOuts, product
from cutout_sessions import FIELDS, SIZE, laid, made, opened, page, strokes
from PIL import Image

from gan.cutout.page.chain import count
from gan.cutout.page.session import DROP, PROTECT
from gan.cutout.page.settings import Settings
from gan.imaging.io.codec import decode
from gan.imaging.mask import encode_mask, rectangle


@pytest.fixture
def mug(tmp_path: Path) -> Path:
    return product(tmp_path / "mug.png", SIZE)


def tasks(studio: CutOuts, since: int = 0) -> list[str]:
    return [type(request).__name__.removesuffix("Request").lower() for request in studio.requests[since:]]


@pytest.mark.parametrize(
    ("wish", "steps"),
    [
        ({}, ["cutout"]),
        ({"ground": "white"}, ["cutout", "cutout"]),
        ({"white": True}, ["cutout", "white"]),
        ({"frame": True}, ["cutout", "frame"]),
        ({"frame": True, "shadow": True, "ground": "white"}, ["cutout", "frame", "shadow"]),
        ({"recolor": True, "colors": "#112233", "ground": "white"}, ["cutout", "recolor", "cutout"]),
        (
            {"recolor": True, "colors": "#112233 a0b0c0", "frame": True, "white": True},
            ["cutout", "recolor", "frame", "white", "frame", "white"],
        ),
        ({"white": True, "keep_shadow": True}, ["cutout", "white"]),
        (
            {"white": True, "keep_shadow": True, "frame": True, "shadow": True},
            ["cutout", "white", "shadow", "frame"],
        ),
    ],
)
def test_the_ticked_edits_are_requests_one_after_the_other(mug: Path, wish: dict[str, Any], steps: list[str]) -> None:
    desk, studio = page()
    shown = made(desk, opened(desk, mug), **wish)
    assert tasks(studio) == steps
    assert count(Settings(**wish)) == len(steps) - 1
    entry = shown["visit"].entry
    history = [step["task"] for step in entry.variants[0].stored.rest.history]
    shadowy = bool(wish.get("keep_shadow"))
    assert history[0] == ("white" if shadowy else "cutout")
    assert "mask" not in json.dumps([step["request"] for step in entry.variants[0].stored.rest.history])
    if len(steps) > 1:
        record = json.loads(Path(shown["record"]).read_text(encoding="utf-8"))
        assert record["version"] == 1
        assert [step["task"] for step in record["steps"]] == history
        assert record["output"]["file"] == Path(shown["download"]).name


def test_steps_replayed_by_hand_make_the_same_file(mug: Path) -> None:
    desk, studio = page()
    shown = made(desk, opened(desk, mug), ground="white", frame=True, fill=0.6, aspect="4:5", shadow=True)
    picture = decode(mug)
    for request in list(studio.requests):
        picture = studio.run(dataclasses.replace(request, picture=picture)).picture
    assert torch.equal((picture.rgb * 255).round(), (decode(shown["download"]).rgb * 255).round())


def test_several_colors_are_several_files_and_one_is_chosen(mug: Path) -> None:
    desk, _ = page()
    shown = made(desk, opened(desk, mug), recolor=True, colors="#1F6FEB, b91c1c")
    assert [caption.split(" · ")[0] for _, caption in shown["variants"]["value"]] == ["#1F6FEB", "#B91C1C"]
    assert Path(shown["download"]).name == "mug-cutout_1F6FEB.png"
    with zipfile.ZipFile(shown["archive"]["value"]) as archive:
        assert archive.namelist() == ["mug-cutout_1F6FEB.png", "mug-cutout_B91C1C.png"]
    event = gr.SelectData(None, {"index": 1, "value": None})
    chosen = dict(zip(FIELDS, desk.choose(shown["visit"], event), strict=False))
    assert Path(chosen["download"]).name == "mug-cutout_B91C1C.png"
    assert "#B91C1C · ΔE" in chosen["summary"]
    red = decode(chosen["download"]).rgb[0, :, 36, 30]
    assert int(red.argmax()) == 0
    on_white = laid(desk, chosen["visit"], "white")
    assert Path(on_white["download"]).name == "mug-cutout_B91C1C.png"
    single = made(desk, chosen["visit"], recolor=True, colors="#00f")
    assert not single["variants"]["visible"]
    assert Path(single["download"]).name == "mug-cutout.png"
    assert not single["archive"]["visible"]
    assert desk.choose(None, event) == (gr.skip(),) * (len(FIELDS) - 1)


def test_protected_parts_keep_their_color(tmp_path: Path, mug: Path) -> None:
    desk, studio = page()
    given = tmp_path / "given.png"
    given.write_bytes(encode_mask(rectangle(72, 96, left=0, top=0, width=96, height=30)))
    value = strokes(tmp_path, (PROTECT, (0, 40, 96, 72)))
    shown = made(desk, opened(desk, mug), value, protect=str(given), recolor=True, colors="#0000FF")
    protect = studio.requests[-1].protect.coverage[0, 0]
    assert [float(protect[y, 20]) for y in (10, 35, 60)] == [1, 0, 1]
    rgb = decode(shown["download"]).rgb[0]
    assert rgb[:, 20, 48].argmax() == rgb[:, 55, 48].argmax() == 1
    assert rgb[:, 35, 30].argmax() == 2
    # Without recoloring it is not asked for.
    made(desk, opened(desk, mug), value, frame=True)
    assert not hasattr(studio.requests[-1], "protect")


def test_after_a_frame_the_photograph_lies_where_its_product_is(mug: Path) -> None:
    desk, _ = page()
    shown = made(desk, opened(desk, mug), frame=True, fill=0.5, width=200, height=200)
    before, after = (np.asarray(Image.open(path).convert("RGB"), np.int16) for path in shown["slider"])
    assert before.shape == after.shape == (200, 200, 3)
    green = [(picture[..., 1] - picture[..., 0]) > 50 for picture in (before, after)]
    assert (green[0] & green[1]).sum() > 0.95 * (green[0] | green[1]).sum()
    assert before[2, 2] == pytest.approx((226, 232, 240), abs=5)


def test_a_shadow_comes_as_a_layer_of_its_own(mug: Path) -> None:
    desk, _ = page()
    shown = made(desk, opened(desk, mug), frame=True, fill=0.5, shadow=True, kind="drop", ground="white")
    layer, baked = decode(shown["layer"]["value"]), decode(shown["download"])
    assert Path(shown["layer"]["value"]).name == "mug-cutout-layer.png"
    assert layer.alpha is not None
    assert (layer.width_px, layer.height_px) == (baked.width_px, baked.height_px)
    assert "Shadow</dt><dd>Drop" in shown["summary"]
    assert not made(desk, shown["visit"])["layer"]["visible"]


def test_the_white_finisher_measures_the_photograph(mug: Path) -> None:
    desk, _ = page()
    for keep_shadow in (False, True):
        shown = made(desk, opened(desk, mug), white=True, keep_shadow=keep_shadow)
        assert "Off-white ground</dt><dd>100.0% → " in shown["summary"]
        assert decode(shown["download"]).rgb[0, :, 2, 2].tolist() == [1, 1, 1]


def test_a_corrected_cut_out_s_natural_shadow_keeps_the_correction(tmp_path: Path, mug: Path) -> None:
    desk, studio = page()
    value = strokes(tmp_path, (DROP, (20, 28, 40, 44)))
    made(desk, opened(desk, mug), value, white=True, keep_shadow=True, frame=True)
    assert tasks(studio) == ["cutout", "cutout", "white", "frame"]
    assert all(float(request.mask.coverage[0, 0, 36, 28]) == 0 for request in studio.requests[2:])
