"""Check and Export as tasks: what breaks a rule is repaired, and nothing else is touched."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from shots import RED, cut, painted, shot
from torch import Tensor

from gan.api import Studio
from gan.core.contract import Context, Result, run
from gan.core.errors import InputError, WeightsError
from gan.core.message import Message
from gan.cutout.segment import Found
from gan.export import pipeline
from gan.export.autofix import ENLARGED, NOT_ENLARGED, NOTICES, RECOMMENDED, TOO_SMALL
from gan.export.channels import CHANNELS, Channel, channel_of
from gan.export.file_metadata import FileFacts
from gan.export.output import written
from gan.export.pipeline import UNKNOWN_PRODUCT, CheckRequest, ExportRequest, check_picture, export
from gan.export.rule_result import Finding, lasting_of
from gan.imaging.box import box_of
from gan.imaging.picture import GENERATED, Picture

GOOD = FileFacts(file_format="jpeg", bytes=1000, width_px=600, height_px=600, quality=95)


@pytest.fixture
def context(tiny_weights: Path) -> Context:
    return Context(torch.device("cpu"), Studio("cpu", tiny_weights).load)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets a test say what the network finds."""

    def say(alpha: Tensor | None) -> None:
        def find(picture: Picture, context: Context, *, model: str = "auto") -> Found:
            if alpha is None:
                raise InputError("image", "no product was found", "one is needed", "Choose another")
            return Found(alpha, 0.9, ("a notice",))

        monkeypatch.setattr(pipeline, "find", find)

    return say


def exported(context: Context, picture: Picture, channel: Channel, **options: Any) -> Result:
    return run(export, ExportRequest(picture=picture, channel=channel, **options), context, task="export")


def repairs(result: Result) -> list[str]:
    return [str(Message(**record)) for record in result.details["repairs"]]


def test_a_check_says_what_was_measured_and_changes_nothing(context: Context, seen: Any) -> None:
    picture, alpha = shot(600, 600, ground=254)
    seen(alpha)
    result = run(
        check_picture, CheckRequest(picture=picture, channel=CHANNELS["amazon"], facts=GOOD), context, task="check"
    )
    assert torch.equal(result.picture.rgb, picture.rgb)
    assert (result.details["channel"], result.details["checked"]) == ("amazon", "2026-11-22")
    assert not result.details["passed"]
    assert result.details["confidence"] == 0.9
    assert result.notices == ("a notice",)
    broken = [f.rule for f in map(Finding.of_record, result.details["findings"]) if f.status == "fail"]
    assert broken == ["ground"]
    json.dumps(result.record)


def test_a_request_is_recorded_by_the_channels_name(context: Context) -> None:
    picture, _ = shot(60, 60)
    request = ExportRequest(picture=picture, channel=CHANNELS["etsy"], facts=GOOD, fill=0.5)
    assert request.record() == {"seed": 0, "picture": "", "channel": "etsy", "fill": 0.5, "enlarge": 2, "model": "auto"}
    assert request.as_step() == {"channel": "etsy", "fill": 0.5}
    mine = Channel(name="mine", longest_least_px=50)
    assert channel_of(CheckRequest(picture=picture, channel=mine).as_step()["channel"]) == mine


@pytest.mark.parametrize(("name", "fill"), [("amazon", 0.84), ("amazon", 1.01), ("google", 0.91), ("etsy", 0.05)])
def test_a_fill_that_the_channel_does_not_take_is_refused(name: str, fill: float) -> None:
    picture, _ = shot(60, 60)
    with pytest.raises(InputError, match="fill"):
        ExportRequest(picture=picture, channel=CHANNELS[name], fill=fill)


def test_a_picture_that_passes_stays_as_it_is(context: Context, seen: Any) -> None:
    picture, alpha = shot(600, 600)
    seen(alpha)
    result = exported(context, picture, CHANNELS["amazon"], facts=GOOD, enlarge=1)
    assert torch.equal(result.picture.rgb, picture.rgb)
    assert repairs(result) == []
    assert torch.equal(result.pictures[1].alpha, alpha)  # type: ignore[arg-type]


def test_a_grey_ground_becomes_white_and_the_product_stays(context: Context, seen: Any) -> None:
    picture, alpha = shot(600, 600, ground=200)
    seen(alpha)
    result = exported(context, picture, CHANNELS["amazon"], enlarge=1)
    assert repairs(result) == ["product cut out and placed on white"]
    made = result.picture.rgb
    assert bool((made[(alpha == 0).expand_as(made)] == 1).all())
    assert torch.equal(made[(alpha == 1).expand_as(made)], picture.rgb[(alpha == 1).expand_as(made)])


def test_a_small_product_is_framed_with_its_own_pixels(context: Context, seen: Any) -> None:
    picture, alpha = shot(2000, 1500, (700, 500, 1300, 1000))
    seen(alpha)
    result = exported(context, picture, CHANNELS["amazon"], enlarge=1)
    assert repairs(result) == [f"product framed at {100 * 600 / result.picture.width_px:.1f} %"]
    cover = result.pictures[1].alpha
    assert cover is not None
    box = box_of(cover)
    assert box is not None
    assert (box.width, box.height) == (600, 500)
    assert box.fill(*cover.shape[2:]) >= 0.88
    assert result.picture.width_px == result.picture.height_px == int(600 / 0.88)
    assert torch.equal(
        result.picture.rgb[:, :, box.top : box.bottom, box.left : box.right], picture.rgb[:, :, 500:1000, 700:1300]
    )


def test_every_product_is_framed_alike_where_that_is_asked(context: Context, seen: Any) -> None:
    for box in ((30, 30, 570, 570), (200, 100, 400, 550)):
        picture, alpha = shot(600, 600, box)
        seen(alpha)
        cover = exported(context, picture, CHANNELS["shopify"], fill=0.7, enlarge=1).pictures[1].alpha
        assert cover is not None
        found = box_of(cover)
        assert found is not None
        assert 0.7 <= found.fill(*cover.shape[2:]) < 0.705


def test_what_is_too_small_is_enlarged_with_a_warning(context: Context, seen: Any) -> None:
    picture, alpha = shot(320, 320)
    seen(alpha)
    result = exported(context, picture, CHANNELS["amazon"])
    assert result.picture.width_px == result.picture.height_px == 640  # twice, towards the recommended 1600
    assert ENLARGED in result.notices
    assert repairs(result) == ["enlarged to 640 x 640 px"]
    assert set(result.weights) == {"enhance-x2"}
    assert float(result.picture.rgb[0, :, 0, 0].min()) == 1


def test_a_framed_product_that_became_too_small_is_enlarged_and_still_fills(context: Context, seen: Any) -> None:
    picture, alpha = shot(600, 600, (250, 250, 400, 350))
    seen(alpha)
    result = exported(context, picture, CHANNELS["amazon"], fill=0.85, enlarge=3)
    cover = result.pictures[1].alpha
    assert cover is not None
    box = box_of(cover)
    assert box is not None
    assert 500 <= result.picture.width_px <= 540
    assert 0.85 <= box.fill(*cover.shape[2:]) < 0.86
    assert result.weights
    assert len([line for line in repairs(result) if "framed" in line]) == 1


def channel_of_size(**sizes: int) -> Channel:
    return Channel(name="a", **sizes)


@pytest.mark.parametrize(
    ("sizes", "side", "options", "made"),
    [
        ({"longest_wanted_px": 80}, 48, {}, 80),
        ({"shortest_wanted_px": 200}, 48, {}, 96),  # never beyond twice
        ({"shortest_wanted_px": 200}, 48, {"enlarge": 3}, 144),
        ({"shortest_wanted_px": 200}, 48, {"enlarge": 1}, 48),
        ({"longest_wanted_px": 48}, 48, {}, 48),
        ({"longest_least_px": 120}, 48, {}, 48),  # more than twice has to be asked for
        ({"longest_least_px": 120}, 48, {"enlarge": 4}, 120),
    ],
)
def test_repair_goes_to_the_recommended_size_and_not_beyond_what_is_asked(
    context: Context, sizes: dict[str, int], side: int, options: dict[str, float], made: int
) -> None:
    picture, _ = shot(side, side)
    result = exported(context, picture, channel_of_size(**sizes), **options)
    assert (result.picture.width_px, result.picture.height_px) == (made, made)
    assert repairs(result) == ([] if made == side else [f"enlarged to {made} x {made} px"])
    least = sizes.get("longest_least_px", 0)
    expected = (TOO_SMALL,) if side == made < least else () if side == made else (ENLARGED if least else RECOMMENDED,)
    assert tuple(notice for notice in result.notices if notice in NOTICES) == expected


def test_a_recommendation_is_left_where_the_channel_forbids_enlarging(context: Context) -> None:
    picture, _ = shot(48, 48)
    result = exported(context, picture, Channel(name="a", longest_wanted_px=80, forbid=("enlarged",)))
    assert result.picture.width_px == 48
    assert not set(NOTICES) & set(result.notices)


def test_without_a_network_a_recommendation_is_left_and_a_rule_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any) -> Any:
        raise WeightsError("model", "none", "one is needed", "Restore it")

    context = Context(torch.device("cpu"), none)
    picture, _ = shot(48, 48)
    assert NOT_ENLARGED in exported(context, picture, channel_of_size(longest_wanted_px=80)).notices
    with pytest.raises(WeightsError):
        exported(context, picture, channel_of_size(longest_least_px=80))


@pytest.mark.parametrize(("name", "side"), [("google", 90), ("amazon", 100)])
def test_what_must_not_or_cannot_be_enlarged_is_not(context: Context, seen: Any, name: str, side: int) -> None:
    picture, alpha = shot(side, side, (5, 5, side * 9 // 10, side * 9 // 10))
    seen(alpha)
    result = exported(context, picture, CHANNELS[name])
    assert (result.picture.width_px, result.picture.height_px) == (side, side)
    assert TOO_SMALL in result.notices
    assert not result.weights


@pytest.mark.parametrize(
    ("channel", "size"),
    [
        (Channel(name="a", longest_most_px=300), (300, 200)),
        (Channel(name="a", megapixels_most=0.06), (300, 200)),
        (Channel(name="a", longest_most_px=450, megapixels_most=0.06), (300, 200)),
    ],
)
def test_what_is_too_large_is_reduced(context: Context, channel: Channel, size: tuple[int, int]) -> None:
    picture, _ = shot(600, 400)
    result = exported(context, picture, channel)
    assert (result.picture.width_px, result.picture.height_px) == size
    assert repairs(result) == ["reduced to 300 x 200 px"]
    assert len(result.pictures) == 1


def test_borders_are_cropped_on_channels_of_any_ground(context: Context, seen: Any) -> None:
    picture, alpha = shot(700, 700, (150, 150, 550, 550), ground=220)
    seen(alpha)
    bordered = painted(painted(picture, (0, 0, 700, 20)), (0, 0, 20, 700))
    result = exported(context, bordered, CHANNELS["ebay"], enlarge=1)
    assert repairs(result) == ["borders cropped"]
    assert torch.equal(result.picture.rgb, picture.rgb[:, :, 22:, 22:])


def test_text_goes_and_the_product_stays(context: Context, seen: Any) -> None:
    picture, alpha = shot(700, 700, (150, 150, 550, 550), ground=220)
    seen(alpha)
    result = exported(context, painted(picture, (40, 40, 90, 60)), CHANNELS["ebay"], enlarge=1)
    assert repairs(result) == ["product cut out and placed on white"]
    assert float(result.picture.rgb[:, :, :100].min()) == 1


def test_a_cut_out_is_laid_on_white_and_framed_without_a_network(context: Context) -> None:
    picture, alpha = shot(900, 700, (300, 200, 800, 600), ground=90)
    result = exported(context, cut(picture, alpha), CHANNELS["amazon"], enlarge=1)
    assert result.picture.alpha is None
    assert result.weights == {}
    assert float(result.picture.rgb[0, :, 0, 0].min()) == 1
    centre = result.picture.rgb[0, :, result.picture.height_px // 2, result.picture.width_px // 2]
    assert [round(255 * value) for value in centre.tolist()] == list(RED)


def test_another_aspect_is_made_where_it_is_required(context: Context, seen: Any) -> None:
    picture, alpha = shot(800, 400, (300, 100, 500, 300))
    seen(alpha)
    result = exported(context, picture, Channel(name="a", aspect="4:5", aspect_required=True))
    assert result.picture.width_px / result.picture.height_px == pytest.approx(0.8, abs=0.003)


def test_without_a_product_what_can_be_done_is_done(context: Context, seen: Any) -> None:
    seen(None)
    picture, _ = shot(12000, 10, (0, 0, 1, 1), ground=120)
    result = exported(context, picture, CHANNELS["amazon"])
    assert UNKNOWN_PRODUCT in result.notices
    assert repairs(result) == ["reduced to 10000 x 8 px"]
    assert len(result.pictures) == 1


def test_no_product_is_looked_for_where_no_rule_asks(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "find", lambda *_, **__: pytest.fail("it was looked for"))
    picture, _ = shot(700, 700)
    assert exported(context, picture, CHANNELS["etsy"]).details["passed"]


def test_other_refusals_are_not_swallowed(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Found:
        raise InputError("model", "nobody", "a model is needed", "Choose one")

    monkeypatch.setattr(pipeline, "find", refuse)
    picture, _ = shot(700, 700)
    with pytest.raises(InputError, match="model"):
        exported(context, picture, CHANNELS["amazon"])


def test_the_mark_of_generated_pictures_is_written(context: Context, seen: Any) -> None:
    picture, alpha = shot(600, 600)
    seen(alpha)
    step = {"task": "generate", "request": {}, "weights": {}}
    result = exported(context, dataclasses.replace(picture, history=(step,)), CHANNELS["google"])
    assert result.picture.source_type == GENERATED


def test_what_the_frame_cuts_off_fails_after_repair_too(context: Context, seen: Any) -> None:
    picture, alpha = shot(1000, 1000, (0, 120, 760, 1000), ground=240)
    seen(alpha)
    result = exported(context, picture, CHANNELS["amazon"], enlarge=1)
    assert "product cut out and placed on white" in repairs(result)
    lasting = lasting_of(result.details)
    assert [(finding.rule, finding.status) for finding in lasting] == [("cut-off", "fail"), ("product", "pass")]
    after = written(result.picture, result.pictures[1].alpha, CHANNELS["amazon"], lasting).findings
    assert [finding.rule for finding in after if finding.status == "fail"] == ["cut-off"]


@pytest.mark.parametrize(("confidence", "status"), [(0.72, "fail"), (0.74, "pass")])
def test_what_is_laid_on_white_was_found_for_certain(
    context: Context, monkeypatch: pytest.MonkeyPatch, confidence: float, status: str
) -> None:
    picture, alpha = shot(1600, 1600, ground=240)
    monkeypatch.setattr(pipeline, "find", lambda *_, **__: Found(alpha, confidence))
    lasting = lasting_of(exported(context, picture, CHANNELS["amazon"]).details)
    assert [(finding.rule, finding.status) for finding in lasting] == [("product", status)]


def test_a_repair_that_punches_a_hole_fails(context: Context, seen: Any) -> None:
    picture, alpha = shot(1600, 1600, ground=240)
    printed = painted(picture, (600, 600, 900, 800), 60)
    alpha[:, :, 600:800, 600:900] = 0.3
    seen(alpha)
    lasting = lasting_of(exported(context, printed, CHANNELS["amazon"]).details)
    assert [(finding.rule, finding.status) for finding in lasting] == [("product", "fail")]
