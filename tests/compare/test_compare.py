"""Two pictures laid over one another: where, how much and why they differ."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from gan.api import Studio
from gan.cli.main import main
from gan.compare.page.fold import finish
from gan.compare.pipeline import UNKNOWN_STEPS, CompareRequest, reason, setting, steps_between
from gan.core.errors import InputError
from gan.imaging.io.codec import Encoding, write
from gan.imaging.picture import Picture
from gan.metrics.change import VISIBLE, changed, ciede2000, heat_map
from gan.ui.endpoint import Asked, Done

SHARMA = (
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0011), 7.2195),
    ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
)
"""Of the test data of Sharma, Wu and Dalal (2005)."""


def flat(color: tuple[float, float, float], height: int = 20, width: int = 30) -> Tensor:
    return torch.tensor(color)[None, :, None, None].expand(1, 3, height, width).clone()


def square(canvas: tuple[int, int], left: int, top: int, side: int, color: tuple[float, ...]) -> Picture:
    """A colored square on transparent ground, with a darker half so that places within it are told apart."""
    alpha = torch.zeros(1, 1, *canvas)
    alpha[:, :, top : top + side, left : left + side] = 1
    rgb = torch.tensor(color)[None, :, None, None].expand(1, 3, *canvas).clone()
    rgb[:, :, :, : left + side // 2] *= 0.5
    return Picture(rgb, alpha, name="a.png")


@pytest.fixture(scope="module")
def studio(tiny_weights: Path) -> Studio:
    return Studio("cpu", tiny_weights)


def test_ciede2000_is_the_published_one() -> None:
    """The formula is skimage's; here it is the way there that is checked: sRGB, D65, pairs of pixels."""
    from skimage.color import deltaE_ciede2000, lab2rgb

    for first, second, wanted in SHARMA:
        assert deltaE_ciede2000(first, second) == pytest.approx(wanted, abs=1e-3)
    lab = ((60.0, 10.0, 5.0), (55.0, 14.0, 2.0))
    rgb = [torch.tensor(lab2rgb([[each]])).float().permute(2, 0, 1)[None] for each in lab]
    assert ciede2000(*rgb).item() == pytest.approx(float(deltaE_ciede2000(*lab)), abs=0.02)


def test_a_change_is_found_where_it_is_and_nowhere_else() -> None:
    before = torch.cat([flat((0.5, 0.4, 0.3)), torch.ones(1, 1, 20, 30)], 1)
    after = before.clone()
    after[:, 0, :5, :6] += 40 / 255
    change = changed(before, after)
    assert change.share() == pytest.approx(30 / 600)
    where = torch.zeros(1, 1, 20, 30, dtype=torch.bool)
    where[:, :, :5, :6] = True
    assert (change.share(where), change.share(~where)) == (1.0, 0.0)
    assert change.figures()["red"] == {"mean": pytest.approx(2.0, abs=1e-3), "max": pytest.approx(40, abs=1e-3)}
    assert change.figures()["blue"] == {"mean": 0, "max": 0}
    assert set(change.figures()) == {"delta_e", "red", "green", "blue"}
    assert change.share(torch.zeros_like(where)) is None


def test_what_transparency_hides_is_no_difference() -> None:
    clear = torch.cat([flat((1.0, 0.0, 0.0)), torch.zeros(1, 1, 20, 30)], 1)
    other = torch.cat([flat((0.0, 0.0, 1.0)), torch.zeros(1, 1, 20, 30)], 1)
    change = changed(clear, other)
    assert change.share() == 0
    assert change.figures()["alpha"]["max"] == 0
    solid = other.clone()
    solid[:, 3] = 1
    assert changed(clear, solid).figures()["alpha"]["mean"] == 255


def test_the_heat_map_is_gray_below_what_is_seen_and_colored_by_the_scale() -> None:
    values = torch.tensor([0.0, VISIBLE / 2, 2.0, 5.0, 10.0, 20.0, 90.0])[None, None, None]
    made = heat_map(values, flat((0.2, 0.6, 0.9), 1, 7))
    saturation = (made.amax(1) - made.amin(1))[0, 0]
    assert saturation[:2].tolist() == [0, 0]
    assert (saturation[2:] > 0.1).all()
    assert made[0, 1, 0, 2] > made[0, 1, 0, 3] > made[0, 1, 0, 4] > made[0, 1, 0, 5]  # yellow, orange, red, violet
    assert made[0, 2, 0, 5] > made[0, 0, 0, 5]
    assert torch.equal(made[..., 5], made[..., 6])
    hidden = heat_map(values, flat((0, 0, 0), 1, 7), torch.zeros_like(values, dtype=torch.bool))
    assert (hidden == 1).all()


def test_the_same_picture_does_not_change(studio: Studio) -> None:
    picture = square((40, 60), 20, 10, 20, (0.9, 0.3, 0.2))
    details = studio.compare(picture, picture).details
    assert (details["share"], details["product"], details["ground"]) == (0, 0, 0)
    assert details["aligned"] == "whole"
    assert details["figures"]["delta_e"] == {"mean": 0, "max": 0}


def test_the_product_and_the_ground_have_shares_of_their_own(studio: Studio) -> None:
    before = square((40, 60), 20, 10, 20, (0.9, 0.3, 0.2))
    rgb = before.rgb.clone()
    rgb[:, :, 10:20, 20:40] = 0
    details = studio.compare(Picture(rgb, before.alpha), before).details
    assert details["product"] == pytest.approx(0.5)
    assert details["ground"] == 0
    assert details["share"] == pytest.approx(200 / 2400, abs=1e-4)


def test_another_scale_is_the_same_shape(studio: Studio) -> None:
    small = square((40, 60), 20, 10, 20, (0.9, 0.3, 0.2))
    large = square((80, 120), 40, 20, 40, (0.9, 0.3, 0.2))
    result = studio.compare(large, small)
    assert result.details["aligned"] == "whole"
    assert result.details["size"] == [120, 80]
    assert result.details["share"] < 0.05  # the interpolated edge
    assert studio.compare(large, small, longest_px=64).image.size == (64, 43)


def test_a_framed_product_is_laid_over_itself(studio: Studio) -> None:
    before = square((100, 150), 40, 10, 80, (0.9, 0.3, 0.2))
    framed = square((160, 160), 30, 32, 100, (0.9, 0.3, 0.2))
    details = studio.compare(framed, before).details
    assert details["aligned"] == "product"
    assert details["product"] < 0.08  # edges, which sampling has made softer
    recolored = square((160, 160), 30, 32, 100, (0.2, 0.3, 0.9))
    assert studio.compare(recolored, before).details["product"] > 0.9


def test_a_product_that_a_step_has_moved_is_laid_over_itself_in_the_same_shape_too(studio: Studio) -> None:
    before = square((100, 150), 40, 10, 80, (0.9, 0.3, 0.2))
    moved = square((100, 150), 10, 10, 80, (0.9, 0.3, 0.2))
    assert studio.compare(moved, before).details["product"] > 0.2
    history = ({"task": "frame", "request": {}, "weights": {}},)
    details = studio.compare(replace(moved, history=history), before).details
    assert (details["aligned"], details["product"]) == ("product", 0)
    nothing = Picture(torch.zeros(1, 3, 100, 150), torch.zeros(1, 1, 100, 150))
    assert studio.compare(replace(moved, history=history), nothing).details["aligned"] == "whole"


def test_pictures_of_other_shapes_without_a_product_are_refused(studio: Studio) -> None:
    nothing = Picture(torch.zeros(1, 3, 40, 60), torch.zeros(1, 1, 40, 60))
    with pytest.raises(InputError, match="60x40 pixels, and the picture has 64x64"):
        studio.compare(square((64, 64), 10, 12, 40, (0.9, 0.3, 0.2)), nothing)


def test_channels_and_doubt_are_pictures_too(studio: Studio) -> None:
    rgb = torch.rand(1, 3, 48, 64) * 0.1 + 0.8
    rgb[:, :, 12:36, 20:44] = torch.tensor([0.8, 0.1, 0.1])[None, :, None, None]
    before = Picture(rgb)
    moved = rgb.clone()
    moved[:, 2] -= 30 / 255
    seen = {show: studio.compare(Picture(moved), before, show=show).picture.rgb for show in ("red", "blue")}
    smaller = studio.compare(Picture(moved), Picture(torch.rand(1, 3, 96, 128)))
    assert "alpha" not in smaller.details["figures"]  # nothing is transparent, whatever resampling rounds
    assert (seen["red"].amax(1) - seen["red"].amin(1)).max() < 1e-3
    assert (seen["blue"].amax(1) - seen["blue"].amin(1)).min() > 0.1
    result = studio.compare(before, before, show="doubt")
    assert result.image.size == (64, 48)
    assert 0 <= result.details["doubt"] <= 1
    assert "cutout" in result.weights
    with pytest.raises(InputError, match="show: doubt"):
        studio.compare(
            square((48, 64), 20, 12, 24, (0.8, 0.1, 0.1)), square((48, 64), 20, 12, 24, (0.0, 0.0, 0.0)), show="doubt"
        )


STEP: dict[str, Any] = {"task": "enhance", "request": {"scale": 2, "seed": 7}, "weights": {"enhance-x2": "ab"}}
WHITE: dict[str, Any] = {"task": "white", "request": {"softness": 0.5}, "weights": {}}


def test_every_step_since_has_a_sentence() -> None:
    export = {"task": "export", "request": {"channel": "amazon"}, "weights": {"cutout": "cd"}}
    steps = steps_between((STEP,), (STEP, WHITE, export, {**STEP, "request": {}}, {**WHITE, "request": {}}))
    assert [reason(step) for step in steps] == [
        "white: computed without a model, with softness 0.5",
        "export: what broke the rules of amazon was repaired",
        "enhance: made by the model enhance-x2, with the default settings",
        "white: computed without a model, with the default settings",
    ]
    assert reason(steps_between((), (STEP,))[0]) == "enhance: made by the model enhance-x2, with scale 2"
    assert steps_between((STEP,), (STEP,)) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "✓"),
        (0.25, "0.25"),
        ({"file": "mask.png", "sha256": "ab"}, "mask.png"),
        ({"file": "", "sha256": "ab"}, "one of its own"),
        ({"sharpness": 0.5, "auto": False}, "sharpness 0.5, auto ✗"),
        (["#ff0000", {"file": "b.png"}], "#ff0000, b.png"),
        ("x" * 80, "x" * 60 + "…"),
    ],
)
def test_settings_are_short_texts(value: Any, text: str) -> None:
    assert setting(value) == text


def test_the_command_says_how_much_and_why(
    studio: Studio, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gan.api.WEIGHTS_DIR", studio.weights_dir)
    for name in ("in/a.png", "in/b.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        write(square((40, 60), 20, 10, 20, (0.9, 0.3, 0.2)), path, Encoding())
    made = studio.recolor(tmp_path / "in/a.png", to="#2040c0").picture
    (tmp_path / "out").mkdir()
    for name in ("a.png", "b.png"):
        write(made, tmp_path / "out" / name, Encoding())
    line = ["compare", str(tmp_path / "out"), "--before", str(tmp_path / "in"), "-o", str(tmp_path / "heat")]
    assert main([*line, "--device", "cpu", "--quiet"]) == 0
    assert {path.name for path in (tmp_path / "heat").iterdir()} == {"a.png", "b.png"}
    capsys.readouterr()
    one = ["compare", str(tmp_path / "out/a.png"), "--before", str(tmp_path / "in/a.png"), "--device", "cpu"]
    assert main([*one, "-o", str(tmp_path / "one.png")]) == 0
    said = capsys.readouterr().out
    assert "differs visibly: picture " in said
    assert "product " in said
    assert "recolor: computed without a model, with to #2040c0" in said
    assert main([*one, "-o", str(tmp_path / "two.png"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[0])
    assert told["details"]["steps"][0]["task"] == "recolor"
    with Image.open(tmp_path / "two.png") as image:
        assert image.size == (60, 40)


def test_the_page_says_it_in_the_visitors_language(studio: Studio, tmp_path: Path) -> None:
    before = square((40, 60), 20, 10, 20, (0.9, 0.3, 0.2))
    request = CompareRequest(picture=studio.recolor(before, to="#2040c0").picture, before=before)
    done = Done(Asked(request, Encoding()), studio.run(request), tmp_path, "zh")
    file, summary, record = finish(done)
    assert Path(file).name == "a-changed.png"
    assert "商品改动" in summary
    assert "直接计算得出，未使用模型" in summary
    assert json.loads(Path(record).read_text("utf-8"))["details"]["steps"][0]["task"] == "recolor"


def test_a_file_without_a_history_says_so(studio: Studio) -> None:
    picture = square((40, 60), 20, 10, 20, (0.9, 0.3, 0.2))
    assert studio.compare(picture, picture).notices == (UNKNOWN_STEPS,)


def chained(studio: Studio) -> tuple[Picture, list[Picture]]:
    """A square, and it after a turn, another color and a turn back."""
    before = square((40, 60), 20, 10, 20, (0.9, 0.3, 0.2))
    made = [studio.rotate(before, flip="horizontal").picture]
    made.append(studio.recolor(made[-1], to="#2040c0").picture)
    made.append(studio.rotate(made[-1], flip="horizontal").picture)
    return before, made


def test_each_step_of_several_is_shown_alone(studio: Studio) -> None:
    before, made = chained(studio)
    stages = [before, *made]
    for number in (1, 2, 3):
        alone = studio.run(CompareRequest(picture=made[-1], before=before, step=number))
        first, second = stages[number - 1 : number + 1]
        expected = studio.run(CompareRequest(picture=second, before=first))
        assert torch.equal(alone.picture.rgb, expected.picture.rgb)
        assert alone.details["figures"] == expected.details["figures"]
        assert [step["task"] for step in alone.details["steps"]] == [("rotate", "recolor", "rotate")[number - 1]]
    channels = studio.run(CompareRequest(picture=made[-1], before=before, step=2, show="blue"))
    assert channels.details["figures"]["blue"]["max"] > 10
    assert len(studio.run(CompareRequest(picture=made[-1], before=before)).details["steps"]) == 3
    # Steps that both pictures have are none of these.
    later = studio.run(CompareRequest(picture=made[-1], before=made[0], step=1))
    assert [step["task"] for step in later.details["steps"]] == ["recolor"]


@pytest.mark.parametrize("step", [4, 99])
def test_a_step_that_is_not_there_is_refused(studio: Studio, step: int) -> None:
    before, made = chained(studio)
    with pytest.raises(InputError, match=f"step: {step}; the file carries 3 steps beyond the earlier picture"):
        studio.run(CompareRequest(picture=made[-1], before=before, step=step))


def test_a_step_that_cannot_be_repeated_says_why(studio: Studio) -> None:
    before, made = chained(studio)

    def told(**changes: Any) -> Picture:
        return replace(
            made[-1], history=({"task": "rotate", "request": {"flip": "horizontal"}, "weights": {}}, changes)
        )

    unknown = told(task="teleport", request={}, weights={})
    with pytest.raises(InputError, match="teleport"):
        studio.run(CompareRequest(picture=unknown, before=before, step=2))
    elsewhere = told(task="enhance", request={"model": "/etc/passwd"}, weights={})
    with pytest.raises(InputError, match="/etc/passwd is not offered here"):
        studio.run(CompareRequest(picture=elsewhere, before=before, step=2))
    masked = told(task="recolor", request={"to": ["#ff0000"], "mask": {"file": "m.png", "sha256": "ab"}}, weights={})
    with pytest.raises(InputError, match=r"m\.png"):
        studio.run(CompareRequest(picture=masked, before=before, step=2))
