"""What a network must not move, and the colours behind transparency."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from gan.imaging.alpha import bleed
from gan.imaging.color import keep_chroma, keep_white, match_low_frequencies, to_linear, to_srgb
from gan.imaging.io.codec import decode, to_pil
from gan.imaging.picture import Picture
from gan.imaging.resize import resize

SIZES = [(1, 1), (1, 77), (16, 16), (33, 16), (65, 131)]


@pytest.fixture(autouse=True)
def _small_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every picture here is worked on in several bands."""
    monkeypatch.setattr("gan.imaging.row_chunks.BAND_PIXELS", 300)


def grown(x: torch.Tensor, scale: int) -> torch.Tensor:
    return x.repeat_interleave(scale, 2).repeat_interleave(scale, 3)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_moved_colour_comes_back(size: tuple[int, int], scale: int) -> None:
    reference = torch.rand(1, 3, *size) * 0.6 + 0.2
    expected = grown(reference, scale)
    output = expected + torch.tensor([0.05, -0.1, 0.02])[:, None, None]
    match_low_frequencies(output, reference, scale=scale)
    torch.testing.assert_close(output, expected, atol=1e-4, rtol=0)


def test_a_gradual_shift_comes_back() -> None:
    reference = torch.full((1, 3, 64, 96), 0.5)
    output = grown(reference, 2) + torch.linspace(-0.1, 0.1, 192)
    match_low_frequencies(output, reference, scale=2)
    inner = output[..., 32:-32]  # at the sides the shift beyond the last centre is not known
    assert (inner - 0.5).abs().max() < 1e-3


def test_detail_within_a_cell_stays() -> None:
    reference = torch.full((1, 3, 64, 64), 0.5)
    detail = grown(torch.tensor([[0.1, -0.1], [-0.1, 0.1]])[None, None], 1).repeat(1, 3, 32, 32)
    output = reference + detail + 0.07
    match_low_frequencies(output, reference, scale=1)
    torch.testing.assert_close(output, reference + detail, atol=1e-5, rtol=0)


@pytest.mark.parametrize("size", [(64, 64), (65, 131), (15, 40)])
def test_the_average_does_not_move(size: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(0)
    reference = torch.rand(1, 3, *size, generator=generator) * 0.4 + 0.3
    output = torch.rand(1, 3, size[0] * 2, size[1] * 2, generator=generator) * 0.4 + 0.35
    match_low_frequencies(output, reference, scale=2)
    assert (output.mean((2, 3)) - reference.mean((2, 3))).abs().max() < 0.3 / 255


def test_bands_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    reference, output = torch.rand(1, 3, 40, 50), torch.rand(1, 3, 80, 100)
    other = output.clone()
    match_low_frequencies(output, reference, scale=2)
    monkeypatch.setattr("gan.imaging.row_chunks.BAND_PIXELS", 2**20)
    match_low_frequencies(other, reference, scale=2)
    assert torch.equal(output, other)


def test_matching_stays_within_the_range() -> None:
    reference, output = torch.ones(1, 3, 40, 40), torch.rand(1, 3, 40, 40)
    match_low_frequencies(output, reference, scale=1)
    assert output.max() <= 1
    assert output.min() >= 0


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scale", [1, 2, 4])
def test_white_stays_white_and_nothing_else_becomes_it(size: tuple[int, int], scale: int) -> None:
    reference = torch.rand(1, 3, *size)
    reference[:, :, torch.rand(size) > 0.5] = 1.0
    reference[:, 0, 0, 0] = 254 / 255
    output = torch.full((1, 3, size[0] * scale, size[1] * scale), 0.9)
    keep_white(output, reference, scale=scale)
    white = grown((reference == 1).all(1, keepdim=True), scale).expand_as(output)
    assert (output[white] == 1).all()
    assert (output[~white] == 0.9).all()


def test_white_is_what_is_255_in_8_bits() -> None:
    reference = torch.tensor([254.4, 254.6]).div(255).expand(1, 3, 1, 2)
    output = torch.zeros(1, 3, 1, 2)
    keep_white(output, reference, scale=1)
    assert output[0, 0, 0].tolist() == [0, 1]


def test_sizes_must_fit() -> None:
    for function in (match_low_frequencies, keep_white):
        with pytest.raises(ValueError, match="times the reference"):
            function(torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 8), scale=2)


def test_linear_light() -> None:
    x = torch.linspace(0, 1, 256)
    torch.testing.assert_close(to_srgb(to_linear(x)), x, atol=1e-6, rtol=0)
    assert to_linear(torch.tensor(0.5)) == pytest.approx(0.21404, abs=1e-5)  # IEC 61966-2-1
    assert to_linear(torch.tensor([0.0, 1.0])).tolist() == [0, 1]


# behind transparency


@pytest.mark.parametrize("size", [*SIZES, (64, 3)])
def test_opaque_pixels_are_not_touched(size: tuple[int, int]) -> None:
    rgb = torch.rand(1, 3, *size)
    alpha = (torch.rand(1, 1, *size) > 0.9) * torch.rand(1, 1, *size)
    out = bleed(rgb, alpha)
    visible = (alpha > 0).expand_as(rgb)
    assert torch.equal(out[visible], rgb[visible])
    assert torch.isfinite(out).all()
    assert out.min() >= 0
    assert out.max() <= 1


@pytest.mark.parametrize("size", [(40, 60), (1, 9), (33, 65)])
def test_garbage_is_replaced_by_the_only_visible_colour(size: tuple[int, int]) -> None:
    rgb = torch.rand(1, 3, *size)
    alpha = torch.zeros(1, 1, *size)
    colour = torch.tensor([0.2, 0.4, 0.6])
    rgb[0, :, 0, 0] = colour
    alpha[0, 0, 0, 0] = 0.01
    torch.testing.assert_close(bleed(rgb, alpha), colour[None, :, None, None].expand_as(rgb), atol=1e-5, rtol=0)


def test_the_nearer_colour_wins() -> None:
    rgb = torch.zeros(1, 3, 32, 64)
    rgb[:, 0, :, :8] = 1
    rgb[:, 2, :, -8:] = 1
    alpha = (rgb.sum(1, keepdim=True) > 0).float()
    out = bleed(rgb, alpha)
    assert (out[0, 0, :, 8:16] > 0.8).all()
    assert (out[0, 2, :, -16:-8] > 0.8).all()


def test_nothing_to_see_or_nothing_hidden() -> None:
    rgb = torch.rand(1, 3, 8, 8)
    assert bleed(rgb, torch.zeros(1, 1, 8, 8)) is rgb
    assert bleed(rgb, torch.ones(1, 1, 8, 8)) is rgb


def test_transparent_pixels_do_not_bleed_through_resampling() -> None:
    """A red disc on transparent black, halved: no dark fringe."""
    y, x = np.mgrid[:64, :64]
    image = np.zeros((64, 64, 4), dtype=np.uint8)
    image[(y - 32) ** 2 + (x - 32) ** 2 < 400] = (255, 0, 0, 255)
    picture = decode(Image.fromarray(image))
    assert picture.alpha is not None
    small = Picture(resize(bleed(picture.rgb, picture.alpha), 32, 32), resize(picture.alpha, 32, 32))
    pixels = np.asarray(to_pil(small))
    assert (pixels[pixels[..., 3] > 0][:, 0] >= 254).all()
    dark = resize(picture.rgb, 32, 32)[0, 0][small.alpha[0, 0] > 0.02]  # type: ignore[index]
    assert dark.min() < 0.5


# resampling


def test_the_same_size_is_the_same_tensor() -> None:
    x = torch.rand(1, 3, 7, 9)
    assert resize(x, 7, 9) is x


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (50, 2), (28, 36)])
def test_resize(size: tuple[int, int]) -> None:
    x = torch.full((1, 3, 7, 9), 0.3)
    torch.testing.assert_close(resize(x, *size), torch.full((1, 3, *size), 0.3))
    extreme = resize(torch.randint(0, 2, (1, 3, 7, 9)).float(), *size)
    assert extreme.min() >= 0
    assert extreme.max() <= 1


def test_reduction_is_antialiased() -> None:
    stripes = (torch.arange(64) % 2).float().expand(1, 3, 64, 64)
    assert (resize(stripes, 8, 8) - 0.5).abs().max() < 0.02
    assert (F.interpolate(stripes, (8, 8), mode="nearest") - 0.5).abs().max() == 0.5


def test_chroma_stays_within_what_is_near() -> None:
    """Colored fringes on gray stripes go, their lightness stays."""
    stripes = (
        ((torch.arange(32) // 2) % 2).float().mul(0.8).add(0.1).view(1, 1, 1, 32).expand(1, 3, 24, 32).contiguous()
    )
    fringed = stripes.repeat_interleave(4, 2).repeat_interleave(4, 3)
    tint = torch.tensor([0.1, -0.06, 0.02]).view(1, 3, 1, 1)
    output = (fringed + tint).clamp(0, 1)
    luma = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    before = (output * luma).sum(1)
    keep_chroma(output, stripes, scale=4)
    assert (output[:, 0] - output[:, 1]).abs().max() <= 4 / 255
    assert (output[:, 2] - output[:, 1]).abs().max() <= 4 / 255
    assert ((output * luma).sum(1) - before).abs().max() < 1e-5


def test_gray_and_yellow_side_by_side_make_no_green() -> None:
    """Both differences may be in range and their sum nowhere near."""
    reference = torch.full((1, 3, 24, 32), 0.5)
    reference[:, 2, :, ::2] = 0.2
    output = reference.repeat_interleave(4, 2).repeat_interleave(4, 3)
    output[:, 0] -= 0.06
    output[:, 1] += 0.03
    keep_chroma(output, reference, scale=4)
    assert (output[:, 0] - output[:, 1]).abs().max() <= 1 / 255
    assert (output[:, 1] - output[:, 2]).max() == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_colors_that_are_near_stay_to_the_last_bit(scale: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan.imaging.row_chunks.BAND_PIXELS", 200)
    generator = torch.Generator().manual_seed(0)
    reference = torch.rand(1, 3, 17, 13, generator=generator)
    output = reference.repeat_interleave(scale, 2).repeat_interleave(scale, 3)
    # A neighbor's color is near too.
    output = torch.roll(output, scale, 3)
    output[..., :scale] = reference[..., :1].repeat_interleave(scale, 2).expand(-1, -1, -1, scale)
    before = output.clone()
    keep_chroma(output, reference, scale=scale)
    assert torch.equal(output, before)


def test_bands_of_chroma_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(1)
    reference, output = torch.rand(1, 3, 19, 11, generator=generator), torch.rand(1, 3, 38, 22, generator=generator)
    whole = output.clone()
    keep_chroma(whole, reference, scale=2)
    monkeypatch.setattr("gan.imaging.row_chunks.BAND_PIXELS", 60)
    keep_chroma(output, reference, scale=2)
    assert torch.equal(output, whole)
