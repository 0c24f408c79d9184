"""All endpoints alike, with Gradio's real client: Python's pixels, one sentence for what cannot be, defaults."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cut_outs import cut_product, product
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from pages import photograph
from PIL import Image
from test_api_export import bowl

from gan import Adjustments, Studio
from gan.batch.page.recipe import READY
from gan.core.option import parameters
from gan.export.channels import CHANNELS
from gan.export.naming import Naming
from gan.imaging.mask import encode_mask, rectangle
from gan.stylize.presets import PRESETS
from gan.tasks import TASKS

FIRST, SECOND, *_ = PRESETS
CORNERS = "10,8 70,12 66,50 14,52"
OF_A_CUT_OUT = ("cutout", "recolor", "shadow", "frame", "white", "match")
ABOUT = {"check": "files", "export": "files", "run": "files", "check_stored": "stored"}
"""By endpoint the parameter without a default, where it is not a picture."""
NOTHING = ("generate", "film", "stack", "channels", "channel")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A photograph, a cut-out, which needs no network, others of these, and a mask of the photograph."""
    photograph(tmp_path / "shoe.png", (96, 64))
    cut_product(tmp_path / "mug.png")
    cut_product(tmp_path / "reference.png", (80, 80))
    product(tmp_path / "whole.png")
    bowl(tmp_path / "bowl.png")
    (tmp_path / "mask.png").write_bytes(encode_mask(rectangle(64, 96, left=20, top=10, width=30, height=20)))
    return tmp_path


def picture_of(task: str, options: dict[str, Any]) -> str:
    """No network is needed to find a cut-out's product; a model is only asked where there is none."""
    return ("whole.png" if "model" in options else "mug.png") if task in OF_A_CUT_OUT else "shoe.png"


def sent(folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    return {name: handle_file(folder / value) if _is_file(value) else value for name, value in options.items()}


def _is_file(value: Any) -> bool:
    return isinstance(value, str) and value.endswith(".png")


@pytest.mark.parametrize(
    ("task", "options", "same", "name"),
    [
        ("enhance", {}, {}, "shoe-enhanced.png"),
        ("enhance", {"scale": 4, "strength": 0.5}, {}, ""),
        ("enhance", {"width": 61}, {}, ""),
        ("enhance", {"auto": True, "scale": 1}, {"adjustments": Adjustments(auto=True)}, ""),
        ("inpaint", {"mask": "mask.png", "grow": 3, "feather": 2}, {}, "shoe-inpainted.png"),
        ("inpaint", {"mask": "mask.png", "aspect": "1:1"}, {}, ""),
        ("inpaint", {"mask": "mask.png", "left": 7, "bottom": 3}, {}, ""),
        ("stylize", {"style": SECOND, "strength": 0.4, "preserve_color": True}, {}, "shoe-stylized.png"),
        ("stylize", {"style": SECOND, "content_px": 64, "style_px": 128}, {}, ""),
        ("stylize", {"style": SECOND, "kind": "photographic"}, {}, ""),
        ("cutout", {"ground": "#F2F2F2"}, {}, "mug-cutout.png"),
        ("recolor", {"to": "#1F6FEB", "strength": 0.8}, {}, "mug-recolored.png"),
        ("shadow", {}, {}, "mug-shadow.png"),
        ("shadow", {"kind": "drop", "angle": 120, "opacity": 0.5, "ground": "white"}, {}, ""),
        ("frame", {}, {}, "mug-framed.png"),
        ("frame", {"fill": 0.7, "aspect": "4:5", "width": 200, "baseline": 0.9, "ground": "white"}, {}, ""),
        ("white", {}, {}, "mug-white.png"),
        ("match", {"reference": "reference.png", "exposure": False}, {}, ""),
        ("crop", {"left": 3, "top": 5, "width": 30}, {}, ""),
        ("rotate", {"turn": 90, "flip": "horizontal"}, {}, ""),
        ("pad", {"bottom": 9, "ground": "#FF0000"}, {}, ""),
        ("straighten", {"angle": 4.5, "canvas": "crop"}, {}, ""),
        ("perspective", {"corners": CORNERS, "aspect": "4:3"}, {}, ""),
        ("annotate", {"badge": "NEW", "table": "A | 1 2\nB | 3"}, {"table": ("A | 1 2", "B | 3")}, ""),
    ],
)
def test_its_pixels_are_the_studio_s(
    client: Client,
    tiny_weights: Path,
    folder: Path,
    task: str,
    options: dict[str, Any],
    same: dict[str, Any],
    name: str,
) -> None:
    picture = folder / picture_of(task, options)
    file, pair, summary, record, *beside, status = client.predict(
        handle_file(picture), **sent(folder, options), api_name=f"/{task}"
    )
    assert (len(pair), status) == (2, "")
    assert Path(file).name == (name or Path(file).name)
    assert "px" in summary
    assert json.loads(Path(record).read_text(encoding="utf-8"))["task"] == task
    assert [one is not None for one in beside] in ([], [task == "shadow" or options.get("kind") == "photographic"])
    fields = {one.public: one.name for one in parameters(TASKS[task].request)}
    given = {fields.get(key, key): folder / value if _is_file(value) else value for key, value in options.items()}
    if "adjustments" in same:
        del given["auto"]
    expected = getattr(Studio("cpu", tiny_weights), task)(picture, **{**given, **same}).image
    with Image.open(file) as image:
        assert (image.size, image.mode) == (expected.size, expected.mode)
        assert image.tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    ("task", "options", "sentence"),
    [
        ("enhance", {"width": 5000}, "width: 5000 px from 96 px"),
        ("enhance", {"file_format": "jpeg", "lossless": True}, "lossless: jpeg is always lossy"),
        ("enhance", {"scale": 3}, "3"),
        ("enhance", {"model": "/etc/passwd"}, "/etc/passwd"),
        ("enhance", {"scale": "2"}, 'scale: "2"; a whole number is expected'),
        ("enhance", {"strength": "0.5"}, 'strength: "0.5"; a number is expected'),
        ("enhance", {"auto": "false"}, 'auto: "false"; true or false is expected'),
        ("enhance", {"quality": None}, "quality: null; a whole number is expected"),
        ("inpaint", {}, "mask: missing"),
        ("inpaint", {"aspect": "4:5", "left": 3}, "aspect: both an aspect ratio and pixels for a side"),
        ("inpaint", {"aspect": "9:1"}, "aspect: 9:1"),
        ("inpaint", {"left": 3, "file_format": "jpeg", "lossless": True}, "lossless: jpeg is always lossy"),
        ("inpaint", {"left": 3, "model": "/etc/passwd"}, "/etc/passwd"),
        ("mask", {}, "mask: nothing to mark was chosen"),
        ("stylize", {"style": "/etc/passwd"}, "style: there is no preset /etc/passwd"),
        ("stylize", {"weights": "1,2"}, "weight: 2 weights for 1 styles"),
        ("stylize", {"strength": 1.5}, "1.5"),
        ("stylize", {"where": "product"}, "where: the picture has no plain background"),
        ("stylize", {"style_px": 8}, "style_px: 8"),
        ("stylize", {"model": "/etc/passwd"}, "/etc/passwd"),
        ("stylize", {"file_format": "jpeg", "lossless": True}, "lossless: jpeg is always lossy"),
        ("cutout", {"ground": "/etc/passwd"}, "ground: /etc/passwd; transparent, white"),
        ("cutout", {"model": "/etc/passwd"}, "/etc/passwd"),
        ("cutout", {"clicks": "20,10; 900,1,-"}, "clicks: 900,1,-; a pixel of this picture"),
        ("cutout", {"clicks": "left"}, 'clicks: "left"; X,Y in pixels is expected'),
        ("recolor", {}, "to: missing"),
        ("recolor", {"to": "sky"}, "to: sky; a hex color"),
        ("shadow", {"kind": "long"}, "kind: long"),
        ("frame", {"fill": 2}, "fill: 2; 0.1 to 1 is allowed"),
        ("white", {"file_format": "jpeg", "lossless": True}, "lossless: jpeg is always lossy"),
        ("match", {}, "reference: missing"),
        ("crop", {"left": 100}, "width: 100 to 101 px of a picture of 96 px"),
        ("perspective", {"corners": "1,2"}, "four corners such as"),
        ("print", {"pattern": [], "corners": CORNERS}, "pattern: missing"),
        ("annotate", {}, "text: nothing to add"),
        ("annotate", {"badge": "NEW", "channel": "amazon"}, "allows no text, logos or marks on its main picture"),
        ("compare", {}, "before: missing"),
        ("scene", {"set": "nowhere"}, "oak-table"),
        ("scene", {"set": "/etc/passwd"}, "oak-table"),
        ("export", {"fill": 0.05}, "fill"),
        ("export", {"channel": "etsy", "fill": 1.5}, "1.5"),
        ("export", {"channel": "/etc/passwd"}, "/etc/passwd"),
        ("export", {"channel": "own"}, "channel: no file was given"),
        ("export", {"names": "{asin}.{ext}"}, "{asin} is not a field of names"),
        ("export", {"also": "amazon"}, "also: amazon is named twice"),
        ("export", {"sizes": "wide"}, "sizes"),
        ("export", {"enlarge": 5}, "enlarge: 5; 1 to 4 is allowed"),
    ],
)
def test_a_refusal_is_told(client: Client, folder: Path, task: str, options: dict[str, Any], sentence: str) -> None:
    picture: Any = handle_file(folder / picture_of(task, options))
    if ABOUT.get(task) == "files":
        picture = [handle_file(folder / "bowl.png")]
    with pytest.raises(AppError, match=sentence):
        client.predict(picture, **options, api_name=f"/{task}")


def test_everything_but_what_it_is_about_has_a_default(client: Client) -> None:
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    defaults: dict[str, dict[str, Any]] = {}
    for path, endpoint in endpoints.items():
        name = path.removeprefix("/")
        first = [] if name in NOTHING else [ABOUT.get(name, "image")]
        named = [one["parameter_name"] for one in endpoint["parameters"]]
        assert named[: len(first)] == first, name
        assert [one["parameter_name"] for one in endpoint["parameters"] if not one["parameter_has_default"]] == first
        defaults[name] = {one["parameter_name"]: one.get("parameter_default") for one in endpoint["parameters"]}
    for name in ("inpaint", "mask"):
        assert [defaults[name][key] for key in ("grow", "feather", "mask")] == [0, 0, None]
    assert [defaults["frame"][key] for key in ("fill", "aspect", "baseline", "ground")] == [0.85, "1:1", None, ""]
    for name in ("check", "export"):
        assert list(defaults[name])[1:3] == ["channel", "channel_file"]
        assert defaults[name]["channel"] == next(iter(CHANNELS))
    assert list(defaults["stylize"])[1:6] == ["style", "style_files", "weights", "kind", "strength"]
    names = [parameter.public for parameter in parameters(Naming)]
    assert list(defaults["run"])[1:] == ["recipe_file", "more_files", "ready", *names]
    assert defaults["run"]["ready"] == next(iter(READY))
