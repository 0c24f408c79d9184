"""Recolor: the target is met, light and texture stay, nothing outside moves, refusals say why."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from skimage.color import deltaE_ciede2000, rgb2lab
from torch import Tensor

from gan.core.contract import Context, Model, Result, run
from gan.core.errors import InputError
from gan.edit.background import hex_color
from gan.edit.color_transfer import around, dominant, fitted
from gan.edit.recolor import (
    MAX_OUTPUT_PIXELS,
    MISSED,
    MOST_TARGETS,
    RecolorRequest,
    delta_e,
    recolor,
)
from gan.imaging.lut import sample
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture

SIZE = 96
COLORS = ("#B3202A", "#1F2A4D", "#D9A521", "#F4C9D2", "#111111", "#F5F5F2", "#0D7377")


def no_model(name: str) -> Model:
    raise AssertionError(f"{name} was asked for although a mask was given")


def made(request: RecolorRequest) -> Result:
    return run(recolor, request, Context(torch.device("cpu"), no_model, seed=request.seed), task="recolor")


def disc() -> Tensor:
    """(1, 1, SIZE, SIZE): a disc with an edge one pixel soft."""
    at = torch.arange(SIZE) - (SIZE - 1) / 2
    distance = (at[:, None] ** 2 + at[None] ** 2).sqrt()
    return (0.4 * SIZE - distance + 0.5).clamp(0, 1)[None, None]


def shading() -> Tensor:
    """(1, 1, SIZE, SIZE): light from one side, with folds; 1 in the middle."""
    at = torch.linspace(-1, 1, SIZE)
    return (1 + 0.15 * at[None, :] + 0.04 * torch.sin(20 * at)[:, None])[None, None]


def ball(color: str, *, ground: float = 0.9) -> tuple[Picture, Mask]:
    """A shaded ball in 8 bits on grey, and where it is."""
    linear = ((torch.tensor(hex_color(color)) + 0.055) / 1.055) ** 2.4
    body = (linear[:, None, None] * shading()[0]).clamp(0, 1) ** (1 / 2.2)
    alpha = disc()
    rgb = ((ground + alpha * (body[None] - ground)) * 255).round() / 255
    return Picture(rgb, name="ball.png"), Mask(alpha, "ball_mask.png")


def middle(picture: Picture, mask: Mask) -> Tensor:
    """The median color of what is whole."""
    return picture.rgb[0][:, mask.coverage[0, 0] == 1].median(1).values


def difference(a: Tensor, b: Tensor) -> float:
    return float(deltaE_ciede2000(rgb2lab(a.double().numpy()), rgb2lab(b.double().numpy())))


@pytest.mark.parametrize("before", COLORS)
def test_target_is_met(before: str) -> None:
    picture, mask = ball(before)
    result = made(RecolorRequest(picture=picture, mask=mask, to=COLORS))
    assert len(result.pictures) == len(COLORS)
    for color, made_picture, told in zip(COLORS, result.pictures, result.details["targets"], strict=True):
        target = torch.tensor(hex_color(color))
        assert told["to"] == color
        assert difference(middle(made_picture, mask), target) < 3
        assert told["delta_e"] < 1.5
        assert told["delta_e_before"] == pytest.approx(difference(middle(picture, mask), target), abs=2.5)
    assert MISSED not in result.notices
    json.dumps(result.record)


@pytest.mark.parametrize("before", COLORS)
def test_texture_and_light_stay(before: str) -> None:
    picture, mask = ball(before)
    result = made(RecolorRequest(picture=picture, mask=mask, to=("#B3202A", "#9FB7D4")))
    whole = mask.coverage[0, 0] == 1
    known = picture.rgb[0].mean(0)[whole].numpy()
    for made_picture in result.pictures:
        light = made_picture.rgb[0].mean(0)[whole].numpy()
        assert np.corrcoef(known, light)[0, 1] > 0.9
        assert light.std() / light.mean() > 0.3 * known.std() / known.mean()


@pytest.mark.parametrize("color", COLORS)
def test_its_own_color_changes_little(color: str) -> None:
    picture, mask = ball(color)
    first = made(RecolorRequest(picture=picture, mask=mask, to=(color,)))
    result = made(RecolorRequest(picture=picture, mask=mask, to=(first.details["dominant"],)))
    assert (result.picture.rgb - picture.rgb).abs().max() < 0.03


def test_outside_is_the_inputs() -> None:
    picture, mask = ball("#B3202A")
    outside = (mask.coverage == 0).expand_as(picture.rgb)
    result = made(RecolorRequest(picture=picture, mask=mask, to=("#0D7377",)))
    assert torch.equal(result.picture.rgb[outside], picture.rgb[outside])
    assert not torch.equal(result.picture.rgb, picture.rgb)


def test_request_is_not_changed() -> None:
    picture, mask = ball("#B3202A")
    before, cover = picture.rgb.clone(), mask.coverage.clone()
    made(RecolorRequest(picture=picture, mask=mask, to=("#0D7377",)))
    assert torch.equal(picture.rgb, before)
    assert torch.equal(mask.coverage, cover)


def test_no_fringe_is_left() -> None:
    """On half-covered pixels the new picture is what a ball of the new color would have looked like."""
    picture, mask = ball("#B3202A")
    wanted, _ = ball("#1F4D2A")
    result = made(RecolorRequest(picture=picture, mask=mask, to=("#1F4D2A",)))
    half = ((mask.coverage > 0) & (mask.coverage < 1)).expand_as(picture.rgb)
    assert (result.picture.rgb - wanted.rgb)[half].abs().mean() < 0.02


def test_mask_off_by_half_a_pixel_leaves_no_fringe() -> None:
    picture, mask = ball("#B3202A")
    wanted, _ = ball("#1F4D2A")
    half = (mask.coverage > 0) & (mask.coverage < 1)
    narrow = Mask(torch.where(half, (mask.coverage - 0.25).clamp(min=0.05), mask.coverage))
    result = made(RecolorRequest(picture=picture, mask=narrow, to=("#1F4D2A",)))
    assert (result.picture.rgb - wanted.rgb)[half.expand_as(picture.rgb)].abs().mean() < 0.02


def test_highlights_stay_neutral() -> None:
    picture, mask = ball("#B3202A")
    picture.rgb[:, :, 40:46, 40:46] = 1
    picture.rgb[:, :, 50:54, 40:46] = torch.tensor(hex_color("#D98F94"))[:, None, None]  # half mirrored
    result = made(RecolorRequest(picture=picture, mask=mask, to=("#1F2A4D",)))
    assert result.picture.rgb[:, :, 40:46, 40:46].min() > 0.98
    soft = result.picture.rgb[0, :, 52, 43]
    assert soft.min() > 0.45
    assert (soft - soft.mean()).abs().max() < 0.08


def test_black_and_white_parts_of_a_colored_product_stay() -> None:
    picture, mask = ball("#B3202A")
    picture.rgb[:, :, 30:40, 40:56] = 0.06
    picture.rgb[:, :, 56:66, 40:56] = 0.93
    result = made(RecolorRequest(picture=picture, mask=mask, to=("#F4C9D2", "#0D7377")))
    for made_picture in result.pictures:
        assert (made_picture.rgb - picture.rgb)[:, :, 30:40, 40:56].abs().max() < 0.03
        assert (made_picture.rgb - picture.rgb)[:, :, 56:66, 40:56].abs().max() < 0.03


def test_each_color_tells_how_to_make_it_alone() -> None:
    picture, mask = ball("#B3202A")
    both = RecolorRequest(picture=picture, mask=mask, to=("#F4C9D2", "#0D7377"), strength=0.5)
    result = made(both)
    assert [one.history[0]["request"]["to"] for one in result.pictures] == [["#F4C9D2"], ["#0D7377"]]
    assert torch.equal(made(both.alone(1)).picture.rgb, result.pictures[1].rgb)
    one = both.alone(1)
    assert one.alone(0) is one


def test_other_colors_stay() -> None:
    picture, mask = ball("#B3202A")
    picture.rgb[:, :, 30:40, 40:56] = torch.tensor(hex_color("#2A6FB3"))[:, None, None]
    result = made(RecolorRequest(picture=picture, mask=mask, to=("#4D8F2A",)))
    assert (result.picture.rgb - picture.rgb)[:, :, 30:40, 40:56].abs().max() < 0.02


def test_mirrored_light_of_a_black_product_stays_neutral() -> None:
    picture, mask = ball("#141414")
    picture.rgb[:, :, 40:46, 40:46] = 0.97
    result = made(RecolorRequest(picture=picture, mask=mask, to=("#F4C9D2",)))
    shine = result.picture.rgb[0, :, 43, 43]
    assert shine.min() > 0.95


def test_protected_pixels_are_the_inputs() -> None:
    picture, mask = ball("#B3202A")
    protect = torch.zeros_like(mask.coverage)
    protect[..., : SIZE // 2] = 1
    result = made(RecolorRequest(picture=picture, mask=mask, to=("#1F2A4D",), protect=Mask(protect)))
    half = SIZE // 2
    assert torch.equal(result.picture.rgb[..., :half], picture.rgb[..., :half])
    right = mask.coverage[0, 0, :, half:] == 1
    assert (
        difference(result.picture.rgb[0, :, :, half:][:, right].median(1).values, torch.tensor(hex_color("#1F2A4D")))
        < 3
    )


def test_what_is_protected_does_not_count() -> None:
    picture, mask = ball("#B3202A")
    protect = (picture.rgb[:, :1] > 0).float()
    protect[..., SIZE // 3 :] = 0
    picture.rgb[..., : SIZE // 3] = torch.tensor(hex_color("#2A6FB3"))[:, None, None]
    result = made(RecolorRequest(picture=picture, mask=mask, to=("#1F4D2A",), protect=Mask(protect)))
    assert difference(torch.tensor(hex_color(result.details["dominant"])), torch.tensor(hex_color("#B3202A"))) < 6


def test_strength() -> None:
    picture, mask = ball("#B3202A")
    request = RecolorRequest(picture=picture, mask=mask, to=("#0D7377",))
    none = made(request.replaced(strength=0))
    assert torch.equal(none.picture.rgb, picture.rgb)
    assert none.details["targets"][0]["delta_e"] == pytest.approx(none.details["targets"][0]["delta_e_before"])
    whole, half = made(request).picture.rgb, made(request.replaced(strength=0.5)).picture.rgb
    torch.testing.assert_close(half, (whole + picture.rgb) / 2, atol=1e-4, rtol=0)


def test_own_transparency_marks_the_product() -> None:
    picture, mask = ball("#B3202A")
    cut = picture.with_pixels(picture.rgb, mask.coverage)
    result = made(RecolorRequest(picture=cut, to=("#1F2A4D",)))
    assert torch.equal(result.picture.alpha, mask.coverage)  # type: ignore[arg-type]
    hidden = (mask.coverage == 0).expand_as(picture.rgb)
    assert torch.equal(result.picture.rgb[hidden], picture.rgb[hidden])
    assert difference(middle(result.picture, mask), torch.tensor(hex_color("#1F2A4D"))) < 3


def test_dark_products_become_light_without_steps() -> None:
    """A ramp of four codes of 8 bits must not come out as four stripes."""
    ramp = torch.linspace(24, 28, SIZE).round().div(255).expand(1, 3, SIZE, SIZE).clone()
    result = made(RecolorRequest(picture=Picture(ramp), mask=Mask(torch.ones(1, 1, SIZE, SIZE)), to=("#F4C9D2",)))
    assert len(np.unique((result.picture.rgb[0, 1] * 255).round().numpy())) > 8
    again = made(RecolorRequest(picture=Picture(ramp), mask=Mask(torch.ones(1, 1, SIZE, SIZE)), to=("#F4C9D2",)))
    assert torch.equal(result.picture.rgb, again.picture.rgb)


def test_threads_and_bands_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    picture, mask = ball("#141414")
    request = RecolorRequest(picture=picture, mask=mask, to=("#F4C9D2",))
    whole = made(request).picture.rgb
    monkeypatch.setattr("gan.imaging.row_chunks.BAND_PIXELS", 7 * SIZE)
    one = made(request).picture.rgb
    torch.testing.assert_close(one, whole, atol=1e-5, rtol=0)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    assert torch.equal(made(request).picture.rgb, one)


def test_large_products_are_painted_by_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    picture, mask = ball("#B3202A")
    request = RecolorRequest(picture=picture, mask=mask, to=("#D9A521",))
    exact = made(request).picture.rgb
    monkeypatch.setattr("gan.edit.repaint.LATTICE", 2)
    table = made(request).picture.rgb
    assert not torch.equal(table, exact)
    assert (table - exact).abs().max() < 0.02


def test_soft_masks_blend() -> None:
    """A mask without hard edges is no edge of a product: half of the way is gone where it is a half."""
    picture = Picture(torch.tensor(hex_color("#B3202A"))[None, :, None, None].expand(1, 3, SIZE, SIZE).clone())
    cover = torch.linspace(0, 1, SIZE).expand(1, 1, SIZE, SIZE).clone()
    result = made(RecolorRequest(picture=picture, mask=Mask(cover), to=("#0D7377",)))
    target = torch.tensor(hex_color("#0D7377"))
    expected = torch.lerp(picture.rgb, target[None, :, None, None].expand_as(picture.rgb), cover)
    assert (result.picture.rgb - expected).abs().max() < 0.03


def test_dominant_is_free_of_highlights_and_shadows() -> None:
    red = torch.tensor(hex_color("#B3202A"))
    pixels = red[:, None].expand(3, 1000).clone()
    pixels[:, :250] = 1.0
    pixels[:, 250:500] = 0.02
    assert difference(dominant(pixels, torch.ones(1000)), red) < 1
    assert difference(dominant(pixels, (torch.arange(1000) < 250).float()), torch.ones(3)) < 1


def test_the_recorded_dominant_color_is_the_product_s() -> None:
    picture, mask = ball("#2A6FB3")
    found = made(RecolorRequest(picture=picture, mask=mask, to=("#0D7377",))).details["dominant"]
    assert difference(torch.tensor(hex_color(found)), middle(picture, mask)) < 4


def test_lattice_is_the_map() -> None:
    generator = torch.Generator().manual_seed(0)
    rgb = torch.rand(1, 3, 1, 4000, generator=generator)
    base = torch.tensor(hex_color("#B3202A"))
    pixels = base[:, None] * torch.linspace(0.8, 1.1, 50)
    weight = around(pixels, torch.ones(50), base)
    tint = fitted(pixels, weight, torch.tensor(hex_color("#D9A521")))
    assert (sample(tint.lattice(), rgb) - tint(rgb)).abs().mean() < 0.004


def test_known_differences() -> None:
    black, white = torch.zeros(3), torch.ones(3)
    assert delta_e(black, white) == pytest.approx(100, abs=0.1)
    assert delta_e(white, white) == 0


def test_unreachable_color_is_told() -> None:
    """Half black, half white in one pixel pattern: no map of colors makes that one light blue."""
    picture, mask = ball("#808080")
    rgb = torch.where(torch.arange(SIZE) % 2 == 0, 0.02, 0.98).expand(1, 3, SIZE, SIZE).clone()
    result = made(RecolorRequest(picture=picture.with_pixels(rgb, None), mask=mask, to=("#7FA6E0",)))
    told = result.details["targets"][0]["delta_e"]
    assert (MISSED in result.notices) == (told > 3)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"to": ()}, r"to: 0 colors; 1 to 12 are allowed"),
        ({"to": ("#123456",) * (MOST_TARGETS + 1)}, r"to: 13 colors; 1 to 12 are allowed"),
        ({"to": ("navy",)}, r"to: navy; a hex color"),
        ({"to": ("#12345",)}, r"to: #12345; a hex color"),
        ({"strength": 1.01}, r"strength: 1.01; 0 to 1"),
        ({"strength": float("nan")}, r"strength: nan; 0 to 1"),
        ({"mask": Mask(torch.ones(1, 1, 4, 4))}, r"mask: 4 x 4 px mask, 96 x 96 px picture"),
        ({"protect": Mask(torch.ones(1, 1, 4, 4))}, r"mask: 4 x 4 px mask, 96 x 96 px picture"),
        ({"seed": -1}, r"seed: -1"),
    ],
)
def test_refusals(change: dict[str, object], sentence: str) -> None:
    picture, mask = ball("#B3202A")
    with pytest.raises(InputError, match=sentence):
        RecolorRequest(**{"picture": picture, "mask": mask, "to": ("#123456",), **change})  # type: ignore[arg-type]


def test_too_many_pixels() -> None:
    large = Picture(torch.zeros(1, 3, 1, 1).expand(1, 3, 10_000, MAX_OUTPUT_PIXELS // 20_000))
    RecolorRequest(picture=large, to=("#123456",) * 2)
    with pytest.raises(InputError, match="3 pictures of 10000 x 10000 px; at most 200 megapixels"):
        RecolorRequest(picture=large, to=("#123456",) * 3)


def test_nothing_left_to_change() -> None:
    picture, mask = ball("#B3202A")
    with pytest.raises(InputError, match="protect: all of the product is protected"):
        made(RecolorRequest(picture=picture, mask=mask, to=("#123456",), protect=Mask(torch.ones_like(mask.coverage))))
    with pytest.raises(InputError, match="mask: it is empty"):
        made(RecolorRequest(picture=picture, mask=Mask(torch.zeros_like(mask.coverage)), to=("#123456",)))


def test_whole_frame_and_one_pixel() -> None:
    picture, _ = ball("#B3202A")
    made(RecolorRequest(picture=picture, mask=Mask(torch.ones(1, 1, SIZE, SIZE)), to=("#123456",)))
    one = torch.zeros(1, 1, SIZE, SIZE)
    one[..., 48, 48] = 1
    result = made(RecolorRequest(picture=picture, mask=Mask(one), to=("#123456",)))
    assert difference(result.picture.rgb[0, :, 48, 48], torch.tensor(hex_color("#123456"))) < 1
    assert torch.equal(result.picture.rgb[..., :48], picture.rgb[..., :48])
