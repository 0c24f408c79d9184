"""Match: framing and light become the reference's, nothing is clipped, and what cannot be compared is left alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from torch import Tensor

from gan.core.contract import Context, Model, Result, run
from gan.core.errors import InputError
from gan.edit.match import BALANCE_LEFT, EXPOSURE_LEFT, NO_SHADOW, TOO_TALL, MatchRequest, match, scene_of
from gan.imaging.color import to_linear, to_srgb
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture

RED = (0.7, 0.12, 0.16)
LIGHT_ONLY = {"fill": False, "baseline": False}
FRAME_ONLY = {"white_balance": False, "exposure": False}


def no_model(name: str) -> Model:
    raise AssertionError(f"{name} was asked for although the product is known")


def made(request: MatchRequest) -> Result:
    return run(match, request, Context(torch.device("cpu"), no_model, seed=request.seed), task="match")


def scene(
    box: tuple[int, int, int, int],
    size: tuple[int, int] = (120, 120),
    *,
    color: tuple[float, float, float] = RED,
    ground: tuple[float, float, float] = (0.85, 0.85, 0.85),
    light: tuple[float, float, float] = (1, 1, 1),
) -> tuple[Picture, Mask]:
    """A box (left, top, right, bottom) on paper under a light, on (height, width) pixels."""
    left, top, right, bottom = box
    alpha = torch.zeros(1, 1, *size)
    alpha[..., top:bottom, left:right] = 1
    colors = [torch.tensor(value)[None, :, None, None] for value in (color, ground, light)]
    rgb = torch.where(alpha > 0, to_linear(colors[0]), to_linear(colors[1])) * colors[2]
    return Picture(to_srgb(rgb.clamp(0, 1)), name="a.png"), Mask(alpha)


def cut(picture: Picture, mask: Mask) -> Picture:
    return picture.with_pixels(picture.rgb, mask.coverage)


def found(monkeypatch: pytest.MonkeyPatch, reference: Picture, mask: Mask) -> None:
    """Let the network find the reference's product."""
    from gan.cutout import segment
    from gan.edit import match as task

    def find(picture: Picture, context: Context, **options: Any) -> segment.Found:
        return segment.Found(mask.coverage, 0.9) if picture is reference else segment.find(picture, context, **options)

    monkeypatch.setattr(task, "find", find)


def brightness(picture: Picture, mask: Mask) -> Tensor:
    """Of the ground: (3,), linear."""
    return to_linear(picture.rgb[0][:, mask.coverage[0, 0] == 0].median(1).values)


def test_framing_is_the_references() -> None:
    picture, mask = scene((10, 20, 50, 60), (100, 200))
    reference = cut(*scene((30, 40, 90, 120), (160, 120)))
    result = made(MatchRequest(picture=picture, reference=reference, mask=mask, **FRAME_ONLY))
    there, here = result.details["reference"], result.details["after"]
    assert there["fill"] == 0.5
    assert there["baseline"] == 0.75
    assert here["fill"] == pytest.approx(there["fill"], abs=0.02)
    assert here["baseline"] == pytest.approx(there["baseline"], abs=0.02)
    ratio = result.picture.width_px / result.picture.height_px
    assert ratio == pytest.approx(120 / 160, abs=0.02)
    json.dumps(result.record)


def test_fill_alone_keeps_the_baseline() -> None:
    picture, mask = scene((40, 30, 80, 70), (100, 120))
    reference = cut(*scene((10, 10, 90, 90), (100, 120)))
    result = made(MatchRequest(picture=picture, reference=reference, mask=mask, baseline=False, **FRAME_ONLY))
    assert result.details["after"]["fill"] == pytest.approx(0.8, abs=0.02)
    assert result.details["after"]["baseline"] == pytest.approx(0.9, abs=0.02)  # above 0.7 it had no room
    small = cut(*scene((40, 40, 70, 70), (100, 120)))
    result = made(MatchRequest(picture=picture, reference=small, mask=mask, baseline=False, **FRAME_ONLY))
    assert result.details["after"]["fill"] == pytest.approx(0.3, abs=0.02)
    assert result.details["after"]["baseline"] == pytest.approx(0.7, abs=0.02)


def test_baseline_alone_keeps_the_fill() -> None:
    picture, mask = scene((40, 30, 80, 70), (100, 120))
    reference = cut(*scene((10, 10, 90, 90), (100, 120)))
    result = made(MatchRequest(picture=picture, reference=reference, mask=mask, fill=False, **FRAME_ONLY))
    assert result.details["after"]["fill"] == pytest.approx(0.4, abs=0.02)
    assert result.details["after"]["baseline"] == pytest.approx(0.9, abs=0.02)


def test_a_product_too_tall_for_the_line_is_made_smaller() -> None:
    picture, mask = scene((50, 10, 60, 110))
    reference = cut(*scene((6, 50, 114, 60)))
    result = made(MatchRequest(picture=picture, reference=reference, mask=mask, **FRAME_ONLY))
    assert result.details["after"]["baseline"] == pytest.approx(0.5, abs=0.02)
    assert result.details["after"]["fill"] == pytest.approx(0.45, abs=0.02)
    assert TOO_TALL in result.notices


@pytest.mark.parametrize("light", [(1.1, 1.0, 0.85), (0.7, 0.7, 0.7), (0.8, 0.9, 1.05)])
def test_light_is_the_references(light: tuple[float, float, float], monkeypatch: pytest.MonkeyPatch) -> None:
    """The same scene under another light comes out as under the reference's, product and ground."""
    box = (30, 30, 90, 90)
    reference, there = scene(box)
    picture, mask = scene(box, light=light)
    found(monkeypatch, reference, there)
    result = made(MatchRequest(picture=picture, reference=reference, mask=mask, **LIGHT_ONLY))
    torch.testing.assert_close(result.picture.rgb, reference.rgb, atol=0.01, rtol=0)
    assert result.details["delta_e"]["ground"] < 0.5
    assert result.details["delta_e"]["product"] < 0.5
    assert not result.notices
    assert result.details["gains"] == pytest.approx([1 / part for part in light], rel=0.01)


def test_white_balance_alone_keeps_the_exposure(monkeypatch: pytest.MonkeyPatch) -> None:
    box = (30, 30, 90, 90)
    reference, there = scene(box)
    picture, mask = scene(box, light=(0.75, 0.7, 0.6))
    found(monkeypatch, reference, there)
    result = made(MatchRequest(picture=picture, reference=reference, mask=mask, exposure=False, **LIGHT_ONLY))
    ground = brightness(result.picture, mask)
    assert (ground / ground.mean() - 1).abs().max() < 0.01
    weights = torch.tensor([0.2126, 0.7152, 0.0722])
    assert float((ground * weights).sum()) == pytest.approx(
        float((brightness(picture, mask) * weights).sum()), rel=0.01
    )


def test_exposure_alone_keeps_the_cast(monkeypatch: pytest.MonkeyPatch) -> None:
    box = (30, 30, 90, 90)
    reference, there = scene(box)
    picture, mask = scene(box, light=(0.75, 0.7, 0.6))
    found(monkeypatch, reference, there)
    result = made(MatchRequest(picture=picture, reference=reference, mask=mask, white_balance=False, **LIGHT_ONLY))
    gains = torch.tensor(result.details["gains"])
    assert (gains / gains[0] - 1).abs().max() < 1e-3
    assert float(gains[0]) == pytest.approx(1 / 0.703, rel=0.02)


def test_highlights_are_not_clipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Brighter than the ground stays in order, below white, and smooth."""
    box = (20, 30, 100, 90)
    reference, there = scene(box)
    picture, mask = scene(box, light=(0.6, 0.6, 0.6))
    ramp = torch.linspace(0.3, 1, 80)
    picture.rgb[..., 40:60, 20:100] = ramp
    found(monkeypatch, reference, there)
    result = made(MatchRequest(picture=picture, reference=reference, mask=mask, **LIGHT_ONLY))
    line = result.picture.rgb[0, 1, 50, 20:100]
    assert (line.diff() > 0).all()
    assert line[-1] <= 1
    assert (line >= ramp - 1e-4).all()


def test_dark_grounds_become_white_to_the_last_code(monkeypatch: pytest.MonkeyPatch) -> None:
    box = (30, 30, 90, 90)
    reference, there = scene(box, ground=(1, 1, 1))
    picture, mask = scene(box, ground=(1, 1, 1), light=(0.8, 0.8, 0.8))
    found(monkeypatch, reference, there)
    result = made(MatchRequest(picture=picture, reference=reference, mask=mask, **LIGHT_ONLY))
    assert (result.picture.rgb[0][:, mask.coverage[0, 0] == 0] > 254.5 / 255).all()


def test_cut_outs_of_one_product_are_compared_by_it() -> None:
    box = (30, 30, 90, 90)
    reference = cut(*scene(box))
    picture = cut(*scene(box, light=(0.8, 0.8, 0.8)))
    result = made(MatchRequest(picture=picture, reference=reference, **LIGHT_ONLY))
    assert set(result.details["delta_e"]) == {"product"}
    assert result.details["delta_e"]["product"] < 0.5
    assert torch.equal(result.picture.alpha, picture.alpha)  # type: ignore[arg-type]


def test_different_products_without_grounds_are_left_alone() -> None:
    box = (30, 30, 90, 90)
    reference = cut(*scene(box))
    picture = cut(*scene(box, color=(0.05, 0.05, 0.05)))
    result = made(MatchRequest(picture=picture, reference=reference, **LIGHT_ONLY))
    assert torch.equal(result.picture.rgb, picture.rgb)
    assert result.notices == (BALANCE_LEFT, EXPOSURE_LEFT)
    assert result.details["delta_e"] == {}


def test_black_products_say_nothing_of_light() -> None:
    """Of a code or two no gain can be measured."""
    box = (30, 30, 90, 90)
    reference = cut(*scene(box, color=(0.06, 0.05, 0.05)))
    picture = cut(*scene(box, color=(0.02, 0.03, 0.02)))
    assert torch.equal(made(MatchRequest(picture=picture, reference=reference, **LIGHT_ONLY)).picture.rgb, picture.rgb)


def test_colored_paper_is_no_cast(monkeypatch: pytest.MonkeyPatch) -> None:
    box = (30, 30, 90, 90)
    reference, there = scene(box, ground=(0.95, 0.65, 0.75))
    picture, mask = scene(box, color=(0.1, 0.2, 0.6))
    found(monkeypatch, reference, there)
    result = made(MatchRequest(picture=picture, reference=reference, mask=mask, **LIGHT_ONLY))
    gains = result.details["gains"]
    assert gains[0] == gains[1] == gains[2]
    assert BALANCE_LEFT in result.notices


def test_black_paper_is_no_exposure(monkeypatch: pytest.MonkeyPatch) -> None:
    box = (30, 30, 90, 90)
    reference, there = scene(box, ground=(0.1, 0.1, 0.1))
    picture, mask = scene(box, color=(0.1, 0.2, 0.6))
    found(monkeypatch, reference, there)
    result = made(MatchRequest(picture=picture, reference=reference, mask=mask, **LIGHT_ONLY))
    assert torch.equal(result.picture.rgb, picture.rgb)
    assert EXPOSURE_LEFT in result.notices


def test_same_light_changes_no_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    picture, mask = scene((30, 30, 90, 90))
    reference, there = scene((20, 40, 100, 80), color=(0.1, 0.2, 0.6))
    found(monkeypatch, reference, there)
    result = made(MatchRequest(picture=picture, reference=reference, mask=mask, **LIGHT_ONLY))
    assert torch.equal(result.picture.rgb, picture.rgb)
    assert result.details["gains"] == pytest.approx([1, 1, 1], abs=0.002)


def shaded_scene(side: int) -> tuple[Picture, Mask]:
    """A box with a soft shadow below it that leans to one side (-1 left, 1 right)."""
    picture, mask = scene((90, 60, 150, 150), (240, 240))
    y, x = torch.meshgrid(torch.arange(240.0), torch.arange(240.0), indexing="ij")
    dark = 0.4 * torch.exp(-(((x - 120 - side * 40) / 40) ** 2) - ((y - 155) / 10) ** 2)
    rgb = torch.where(mask.coverage > 0, picture.rgb, picture.rgb * (1 - dark))
    return picture.with_pixels(rgb, None), mask


@pytest.mark.parametrize("side", [-1, 1])
def test_shadow_is_copied_from_its_side(side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    reference, there = shaded_scene(side)
    picture, mask = scene((90, 60, 150, 150), (240, 240))
    found(monkeypatch, reference, there)
    request = MatchRequest(picture=picture, reference=reference, mask=mask, shadow=True, **LIGHT_ONLY, **FRAME_ONLY)
    result = made(request)
    dark = (picture.rgb - result.picture.rgb)[0, 1]
    assert torch.equal(result.picture.rgb[0][:, mask.coverage[0, 0] == 1], picture.rgb[0][:, mask.coverage[0, 0] == 1])
    assert 0.1 < dark.max() < 0.5
    left, right = dark[:, :120].sum(), dark[:, 120:].sum()
    assert (right > left) == (side > 0)


def test_shadow_that_is_there_is_not_doubled(monkeypatch: pytest.MonkeyPatch) -> None:
    reference, there = shaded_scene(1)
    picture, mask = shaded_scene(1)
    found(monkeypatch, reference, there)
    request = MatchRequest(picture=picture, reference=reference, mask=mask, shadow=True, **LIGHT_ONLY, **FRAME_ONLY)
    assert torch.equal(made(request).picture.rgb, picture.rgb)


def test_no_shadow_to_copy() -> None:
    picture, mask = scene((30, 30, 90, 90))
    reference = cut(*scene((30, 30, 90, 90)))
    request = MatchRequest(picture=picture, reference=reference, mask=mask, shadow=True, **LIGHT_ONLY, **FRAME_ONLY)
    result = made(request)
    assert result.notices == (NO_SHADOW,)
    assert torch.equal(result.picture.rgb, picture.rgb)


def test_request_is_not_changed() -> None:
    picture, mask = scene((30, 30, 90, 90), light=(0.8, 0.8, 0.8))
    reference = cut(*scene((30, 30, 90, 90)))
    before = picture.rgb.clone(), mask.coverage.clone(), reference.rgb.clone()
    made(MatchRequest(picture=picture, reference=reference, mask=mask))
    for tensor, kept in zip((picture.rgb, mask.coverage, reference.rgb), before, strict=True):
        assert torch.equal(tensor, kept)


def test_everything_at_once_is_repeatable(monkeypatch: pytest.MonkeyPatch) -> None:
    reference, there = shaded_scene(1)
    picture, mask = scene((30, 30, 90, 90), light=(0.8, 0.75, 0.7))
    found(monkeypatch, reference, there)
    request = MatchRequest(picture=picture, reference=reference, mask=mask, shadow=True)
    first, second = made(request), made(request)
    assert torch.equal(first.picture.rgb, second.picture.rgb)
    assert first.details == second.details
    assert first.details["confidence"] == 0.9
    json.dumps(first.record)


def test_grounds_are_told() -> None:
    picture, mask = scene((30, 30, 90, 90))
    there = scene_of(picture, mask.coverage)
    assert there.ground is not None
    torch.testing.assert_close(there.ground, torch.full((3,), 0.85), atol=0.005, rtol=0)
    torch.testing.assert_close(there.product, torch.tensor(RED), atol=0.005, rtol=0)
    noise = torch.rand(picture.rgb.shape, generator=torch.Generator().manual_seed(0))
    patterned = picture.with_pixels(torch.where(mask.coverage > 0, picture.rgb, (noise > 0.5).float()), None)
    assert scene_of(patterned, mask.coverage).ground is None
    assert scene_of(picture, torch.ones_like(mask.coverage)).ground is None
    assert scene_of(cut(picture, mask), mask.coverage).ground is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"mask": Mask(torch.ones(1, 1, 4, 4))}, r"mask: 4 x 4 px mask, 120 x 120 px picture"),
        ({**LIGHT_ONLY, **FRAME_ONLY}, r"reference: nothing to match was chosen; fill"),
        ({"reference": Picture(torch.zeros(1, 3, 10, 50))}, r"aspect: 50:10; width:height within 1:4 and 4:1"),
        ({"seed": 2**32}, r"seed: 4294967296"),
    ],
)
def test_refusals(change: dict[str, Any], sentence: str) -> None:
    picture, mask = scene((30, 30, 90, 90))
    request = MatchRequest(picture=picture, reference=picture, mask=mask)
    with pytest.raises(InputError, match=sentence):
        request.replaced(**change)


def test_empty_mask() -> None:
    picture, mask = scene((30, 30, 90, 90))
    with pytest.raises(InputError, match="mask: it is empty"):
        made(MatchRequest(picture=picture, reference=cut(picture, mask), mask=Mask(torch.zeros_like(mask.coverage))))
