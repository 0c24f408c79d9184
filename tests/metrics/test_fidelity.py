from __future__ import annotations

import math

import pytest
import torch

from gan.core.errors import InputError
from gan.imaging.picture import Picture
from gan.metrics.fidelity import compare, psnr_y, ssim_y


def constant(value: float, height: int = 16, width: int = 20) -> Picture:
    return Picture(torch.full((1, 3, height, width), value))


def noise(seed: int, n: int = 1) -> torch.Tensor:
    return torch.rand(n, 3, 24, 30, generator=torch.Generator().manual_seed(seed))


def test_identical_pictures_are_infinitely_close() -> None:
    picture = Picture(noise(0))
    assert compare(picture, picture) == {"MSE": 0.0, "PSNR": math.inf, "SSIM": pytest.approx(1.0)}


def test_a_constant_difference_has_the_textbook_figures() -> None:
    figures = compare(constant(0.5), constant(0.6))
    assert figures["MSE"] == pytest.approx(0.01, rel=1e-5)
    assert figures["PSNR"] == pytest.approx(20.0, abs=1e-4)
    # Without structure only the luminance term of SSIM is left: (2ab + c1) / (a^2 + b^2 + c1), c1 = 0.01^2.
    assert figures["SSIM"] == pytest.approx((2 * 0.5 * 0.6 + 1e-4) / (0.25 + 0.36 + 1e-4), rel=1e-5)


def test_figures_do_not_depend_on_the_order() -> None:
    a, b = Picture(noise(1)), Picture(noise(2))
    assert compare(a, b) == pytest.approx(compare(b, a))


def test_different_sizes_are_refused_and_both_are_named() -> None:
    with pytest.raises(InputError, match=r"30x16 pixels, and the picture has 20x16"):
        compare(constant(0.5), constant(0.5, 16, 30))


def test_a_side_shorter_than_the_window_is_refused() -> None:
    compare(constant(0.5, 11, 11), constant(0.5, 11, 11))
    with pytest.raises(InputError, match="at least 11"):
        compare(constant(0.5, 10, 40), constant(0.5, 10, 40))


def test_luma_runs_from_16_to_235() -> None:
    black, white = torch.zeros(1, 3, 12, 12), torch.ones(1, 3, 12, 12)
    assert psnr_y(black, white, 0).item() == pytest.approx(20 * math.log10(255 / 219))


@pytest.mark.parametrize(("channel", "share"), [(0, 65.481), (1, 128.553), (2, 24.966)])
def test_luma_weighs_the_channels_as_bt601_does(channel: int, share: float) -> None:
    a = torch.zeros(1, 3, 8, 8)
    b = a.clone()
    b[:, channel] = 1
    assert psnr_y(a, b, 0).item() == pytest.approx(20 * math.log10(255 / share), abs=1e-4)


def test_the_border_is_not_measured() -> None:
    a = noise(3)
    b = a.clone()
    b[..., :4, :], b[..., -4:, :], b[..., :, :4], b[..., :, -4:] = 0, 1, 0, 1
    assert math.isinf(psnr_y(a, b, 4).item())
    assert ssim_y(a, b, 4).item() == pytest.approx(1.0)
    assert psnr_y(a, b, 3).item() < 60


def test_each_picture_of_a_batch_has_its_own_figure() -> None:
    a, b = noise(4, 2), noise(5, 2)
    b[1] = a[1]
    for figure in (psnr_y, ssim_y):
        both = figure(a, b, 2)
        assert both.shape == (2,)
        assert both[0] == figure(a[:1], b[:1], 2)[0]
    assert math.isinf(psnr_y(a, b, 2)[1])


def test_ssim_falls_as_noise_grows() -> None:
    a = torch.linspace(0, 1, 40).expand(1, 3, 40, 40)
    wave = torch.randn(1, 3, 40, 40, generator=torch.Generator().manual_seed(6))
    figures = [ssim_y(a, (a + level * wave).clamp(0, 1), 0).item() for level in (0.0, 0.02, 0.1, 0.4)]
    assert figures == sorted(figures, reverse=True)
    assert figures[0] == pytest.approx(1.0)
    assert figures[-1] < 0.5


@pytest.mark.parametrize(
    ("a", "b", "border_px"),
    [
        (torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 9), 0),
        (torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 8, 8), 0),
        (torch.zeros(3, 8, 8), torch.zeros(3, 8, 8), 0),
        (torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 8), 4),
    ],
)
def test_what_cannot_be_compared_is_refused(a: torch.Tensor, b: torch.Tensor, border_px: int) -> None:
    with pytest.raises(InputError):
        psnr_y(a, b, border_px)


def test_ssim_needs_its_window_inside_the_border() -> None:
    x = torch.zeros(1, 3, 19, 19)
    ssim_y(x, x, 4)
    with pytest.raises(InputError, match="at least 11"):
        ssim_y(x, x, 5)
