"""Adjustments: each does what it says, nothing at 0, more with more strength, and never to pure white."""

from __future__ import annotations

import dataclasses

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.errors import InputError
from gan.enhance.adjust import Adjustments, apply, choose, sharpen
from gan.enhance.measure import luma, measure_blur, measure_gains, measure_levels, thumbnail
from gan.imaging.color import to_linear, to_srgb

EACH = [
    {"white_balance": 1.0},
    {"exposure": 1.0},
    {"local_contrast": 1.0},
    {"saturation": 1.0},
    {"saturation": -1.0},
    {"white_balance": 1.0, "exposure": 1.0, "local_contrast": 1.0, "saturation": 0.5},
]


@pytest.fixture(autouse=True)
def _small_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan.imaging.row_chunks.BAND_PIXELS", 1000)


def scene(height_px: int = 96, width_px: int = 128) -> Tensor:
    """Soft colours without a ground, from 0.2 to 0.8."""
    generator = torch.Generator().manual_seed(3)
    coarse = torch.rand(1, 3, 6, 8, generator=generator) * 0.6 + 0.2
    return F.interpolate(coarse, (height_px, width_px), mode="bilinear")


def packshot(ground: float = 1.0) -> Tensor:
    """A detailed, coloured product with a full range of tones, in the middle of a ground."""
    rgb = torch.full((1, 3, 128, 128), ground)
    generator = torch.Generator().manual_seed(4)
    detail = torch.rand(1, 1, 64, 64, generator=generator)
    rgb[:, :, 32:96, 32:96] = (torch.tensor([0.8, 0.5, 0.3])[:, None, None] * detail) * ground
    return rgb


def lit(rgb: Tensor, light: tuple[float, float, float]) -> Tensor:
    return to_srgb(to_linear(rgb) * torch.tensor(light)[:, None, None])


def spread(rgb: Tensor) -> float:
    """Between the channels' means, in linear light."""
    means = to_linear(rgb).mean((0, 2, 3))
    return float(means.max() - means.min())


@pytest.mark.parametrize("name", ["white_balance", "exposure", "local_contrast", "saturation", "sharpness"])
@pytest.mark.parametrize("value", [-1.01, 1.01, float("nan"), -0.01])
def test_ranges(name: str, value: float) -> None:
    if name == "saturation" and value == -0.01:
        assert Adjustments(saturation=value).saturation == value
        return
    with pytest.raises(InputError) as caught:
        Adjustments(**{name: value})  # type: ignore[arg-type]
    assert caught.value.field == name


def test_strength_0_is_the_picture_itself() -> None:
    rgb = scene()
    assert apply(rgb, Adjustments()) is rgb
    assert apply(rgb, Adjustments(auto=True, sharpness=1)) is rgb
    assert sharpen(rgb, 0) is rgb


@pytest.mark.parametrize("strengths", EACH)
@pytest.mark.parametrize("size", [(1, 1), (1, 50), (7, 3), (96, 128)])
def test_sizes_range_and_the_input_left_alone(strengths: dict[str, float], size: tuple[int, int]) -> None:
    rgb = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0))
    before = rgb.clone()
    out = apply(rgb, Adjustments(**strengths))  # type: ignore[arg-type]
    assert torch.equal(rgb, before)
    assert out.shape == rgb.shape
    assert out.dtype == torch.float32
    assert torch.isfinite(out).all()
    assert out.min() >= 0
    assert out.max() <= 1


@pytest.mark.parametrize("strengths", EACH)
@pytest.mark.parametrize("light", [(1.0, 1.0, 1.0), (0.6, 0.8, 1.0)])
def test_pure_white_stays_pure_white(strengths: dict[str, float], light: tuple[float, float, float]) -> None:
    rgb = lit(scene(), light)
    rgb[:, :, 20:40, 30:50] = 1
    out = apply(rgb, Adjustments(**strengths))  # type: ignore[arg-type]
    assert (out[:, :, 20:40, 30:50] == 1).all()
    assert (sharpen(out, 1.0)[:, :, 20:40, 30:50] == 1).all()


@pytest.mark.parametrize("strengths", EACH)
@pytest.mark.parametrize("value", [0.0, 0.3, 0.7, 1.0])
def test_a_flat_picture_stays_flat(strengths: dict[str, float], value: float) -> None:
    out = apply(torch.full((1, 3, 64, 64), value), Adjustments(**strengths))  # type: ignore[arg-type]
    assert (out - value).abs().max() < 1e-4
    assert (sharpen(out, 1.0) - out).abs().max() < 1e-5


@pytest.mark.parametrize(
    "strengths", [{"white_balance": 1.0}, {"exposure": 1.0}, {"local_contrast": 1.0}, {"saturation": -1.0}]
)
def test_more_strength_is_more_effect(strengths: dict[str, float]) -> None:
    rgb = lit(scene(), (1.0, 0.8, 0.6)) * 0.8
    ((name, full),) = strengths.items()
    effects = [
        float((apply(rgb, Adjustments(**{name: full * share})) - rgb).abs().mean())  # type: ignore[arg-type]
        for share in (0.02, 0.25, 0.5, 0.75, 1.0)
    ]
    assert effects == sorted(effects)
    assert effects[0] < 0.1 * effects[-1]
    assert effects[-1] > 1 / 255


# white balance


@pytest.mark.parametrize("light", [(1.0, 0.85, 0.7), (0.75, 0.9, 1.0)])
def test_a_cast_on_the_ground_becomes_neutral(light: tuple[float, float, float]) -> None:
    grey = packshot(0.9).mean(1, keepdim=True).expand(1, 3, 128, 128)
    out = apply(lit(grey, light), Adjustments(white_balance=1))
    assert (out.amax(1) - out.amin(1)).max() < 2 / 255


@pytest.mark.parametrize("light", [(1.0, 0.8, 0.65), (0.7, 0.9, 1.0)])
def test_a_cast_without_a_ground_becomes_neutral(light: tuple[float, float, float]) -> None:
    grey = (luma(scene()) * 0.7).expand(1, 3, 96, 128)
    out = apply(lit(grey, light), Adjustments(white_balance=1))
    assert (out.amax(1) - out.amin(1)).max() < 2 / 255
    half = apply(lit(grey, light), Adjustments(white_balance=0.5))
    assert spread(out) < spread(half) < spread(lit(grey, light))


def test_a_neutral_ground_leaves_a_coloured_product_alone() -> None:
    rgb = packshot()
    torch.testing.assert_close(apply(rgb, Adjustments(white_balance=1)), rgb, atol=1e-5, rtol=0)


def test_shades_of_grey_has_the_known_answer() -> None:
    colours = torch.tensor([[0.2, 0.1, 0.4], [0.1, 0.3, 0.2]]).T  # (3, 2), linear
    rgb = to_srgb(colours)[None, :, None]
    illuminant = (colours.double() ** 6).mean(1) ** (1 / 6)
    expected = (illuminant * torch.tensor([0.2126, 0.7152, 0.0722])).sum() / illuminant
    assert measure_gains(rgb).gains.tolist() == pytest.approx(expected.clamp(1 / 1.6, 1.6).tolist(), rel=1e-4)


# levels


def test_a_grey_ground_becomes_white() -> None:
    out = apply(packshot(0.8), Adjustments(exposure=1))
    assert out[0, :, 5, 5].tolist() == pytest.approx([1, 1, 1], abs=1e-3)


def test_a_full_range_is_left_as_it_is() -> None:
    rgb = packshot()
    rgb[:, :, 40, 40] = 0
    levels = measure_levels(thumbnail(rgb))
    assert (levels.white, levels.gamma) == (1, 1)
    assert levels.black < 0.02


def test_a_dark_picture_becomes_lighter_and_a_light_one_darker() -> None:
    rgb = torch.linspace(0, 1, 256).view(1, 1, 16, 16).expand(1, 3, 16, 16)
    for gamma, darker in ((2.5, False), (0.4, True)):
        change = apply(rgb**gamma, Adjustments(exposure=1)) - rgb**gamma
        assert (float(change.mean()) < 0) == darker


# local contrast


def test_local_contrast_grows_and_chromaticity_stays() -> None:
    generator = torch.Generator().manual_seed(0)
    tone = 0.4 + 0.05 * F.interpolate(torch.rand(1, 1, 24, 32, generator=generator), (96, 128), mode="bilinear")
    tone[..., :8], tone[..., -8:] = 0.1, 0.8  # the range is not the picture's texture
    rgb = to_srgb(to_linear(tone) * torch.tensor([1.0, 0.7, 0.5])[:, None, None])
    out = apply(rgb, Adjustments(local_contrast=1))
    assert luma(out)[..., 16:-16].std() > 1.2 * luma(rgb)[..., 16:-16].std()
    linear = to_linear(out)
    torch.testing.assert_close(linear[:, 1] / linear[:, 0], torch.full((1, 96, 128), 0.7), atol=2e-3, rtol=0)


# saturation


def test_minus_one_is_pillows_grey() -> None:
    rgb = scene()
    out = apply(rgb, Adjustments(saturation=-1))
    torch.testing.assert_close(out, luma(rgb).expand_as(rgb), atol=1e-6, rtol=0)


def test_saturation_clips_no_detail() -> None:
    rgb = scene()
    out = apply(rgb, Adjustments(saturation=1))
    before, after = rgb - luma(rgb), out - luma(rgb)
    assert (after.abs() >= before.abs() - 1e-6).all()
    assert after.abs().mean() > 1.5 * before.abs().mean()
    # The same direction from grey: the hue is the same.
    cosine = F.cosine_similarity(before, after, dim=1)
    assert cosine.min() > 0.999


def test_grey_has_no_saturation() -> None:
    grey = luma(scene()).expand(1, 3, 96, 128)
    torch.testing.assert_close(apply(grey, Adjustments(saturation=1)), grey, atol=1e-5, rtol=0)


# sharpness


def test_sharpen_in_bands_is_sharpen_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rgb = torch.rand(1, 3, 61, 50) * 0.5 + 0.25
    in_place = rgb.clone()
    sharpen(in_place, 0.7, out=in_place)
    bands = sharpen(rgb, 0.7)
    monkeypatch.setattr("gan.imaging.row_chunks.BAND_PIXELS", 2**20)
    whole = sharpen(rgb, 0.7)
    torch.testing.assert_close(bands, whole, atol=1e-6, rtol=0)
    torch.testing.assert_close(in_place, whole, atol=1e-6, rtol=0)


def test_sharpen_steepens_an_edge_by_strength() -> None:
    edge = torch.full((1, 3, 20, 40), 0.3)
    edge[..., 20:] = 0.7
    ranges = [float(sharpen(edge, s).max() - sharpen(edge, s).min()) for s in (0.0, 0.25, 0.5, 1.0)]
    assert ranges == sorted(ranges)
    assert ranges[-1] > ranges[0] + 0.1


# auto


def strengths(chosen: Adjustments) -> dict[str, float]:
    return {key: value for key, value in dataclasses.asdict(chosen).items() if key != "auto"}


def test_a_good_packshot_is_left_alone() -> None:
    chosen = choose(packshot())
    assert not chosen.auto
    assert set(strengths(chosen).values()) == {0}


def test_a_dull_tinted_packshot_is_mended() -> None:
    bad = lit(packshot(0.85), (1.0, 0.9, 0.8))
    chosen = choose(bad)
    assert chosen.white_balance > 0.8
    assert chosen.exposure > 0.5
    good = apply(bad, chosen)[0, :, 5, 5]
    assert good.min() > 0.97
    assert set(strengths(choose(apply(bad, chosen))).values()) == {0}


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("size", [(1, 1), (3, 200), (64, 64)])
def test_a_flat_picture_asks_for_nothing_but_white(value: float, size: tuple[int, int]) -> None:
    assert set(strengths(choose(torch.full((1, 3, *size), value))).values()) == {0}


def test_blur_asks_for_sharpness() -> None:
    sharp = (scene(128, 128) > 0.5).float()
    blurred = F.interpolate(F.avg_pool2d(sharp, 4), (128, 128), mode="bicubic").clamp(0, 1)
    assert measure_blur(sharp) < measure_blur(blurred)
    assert choose(sharp).sharpness == 0
    assert 0 < choose(blurred).sharpness <= 0.3
