"""How close a picture is to its reference, pixel by pixel: MSE, PSNR, SSIM.

SSIM is Wang et al. 2004 as published: Gaussian window of 11 pixels with sigma 1.5, population covariance, averaged
where the window lies fully inside. Figures of other window settings are not comparable.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from skimage.color import rgb2ycbcr
from skimage.metrics import mean_squared_error, structural_similarity
from torch import Tensor

from gan.core.errors import InputError
from gan.imaging.picture import Picture

SSIM_WINDOW_PX = 11

Array = npt.NDArray[np.float64]


def compare(picture: Picture, reference: Picture) -> dict[str, float]:
    """The figures of a picture against its reference, over the colours; transparency is not compared.

    Returns:
        "MSE" of values in [0, 1], "PSNR" in dB (infinite for identical pictures), and "SSIM", at most 1.

    Raises:
        InputError: the sizes differ, or a side is shorter than SSIM's window of 11 pixels.
    """
    if picture.rgb.shape != reference.rgb.shape:
        raise InputError(
            "reference",
            "{width}x{height} pixels, and the picture has {own_width}x{own_height}",
            "both need the same size",
            "Choose the reference that belongs to this picture, or another scale",
            width=reference.width_px,
            height=reference.height_px,
            own_width=picture.width_px,
            own_height=picture.height_px,
        )
    _check_window(picture.height_px, picture.width_px)
    a, b = _pixels(picture.rgb)[0], _pixels(reference.rgb)[0]
    return {"MSE": float(mean_squared_error(a, b)), "PSNR": _psnr(a, b, 1.0), "SSIM": _ssim(a, b, 1.0)}


def psnr_y(a: Tensor, b: Tensor, border_px: int) -> Tensor:
    """PSNR in dB on the luma of BT.601, as the super-resolution literature reports it.

    Luma runs from 16 to 235 of 255, and the peak is 255 (MATLAB's `rgb2ycbcr`). Values are not rounded: pass pixels
    as they would be saved in order to measure what is saved.

    Args:
        a, b: (N, 3, H, W), RGB in [0, 1].
        border_px: cropped from each side; by custom the scale.

    Returns:
        (N,), float64; infinite where both are the same.

    Raises:
        InputError: the shapes differ, or the crop leaves nothing.
    """
    return torch.tensor([_psnr(x, y, 255.0) for x, y in _luma_pairs(a, b, border_px, 1)], dtype=torch.float64)


def ssim_y(a: Tensor, b: Tensor, border_px: int) -> Tensor:
    """SSIM on the luma of BT.601; arguments as for `psnr_y`.

    Returns:
        (N,), float64, at most 1.

    Raises:
        InputError: the shapes differ, or the crop leaves less than the window of 11 pixels.
    """
    pairs = _luma_pairs(a, b, border_px, SSIM_WINDOW_PX)
    return torch.tensor([_ssim(x, y, 255.0) for x, y in pairs], dtype=torch.float64)


def _luma_pairs(a: Tensor, b: Tensor, border_px: int, least_px: int) -> list[tuple[Array, Array]]:
    if a.shape != b.shape or a.ndim != 4 or a.shape[1] != 3:
        raise InputError(
            "reference",
            "shapes {a} and {b}",
            "two of the same shape (N, 3, H, W) are expected",
            "Convert them first",
            a=tuple(a.shape),
            b=tuple(b.shape),
        )
    height, width = a.shape[2] - 2 * border_px, a.shape[3] - 2 * border_px
    _check_window(height, width, least_px)
    inside = (slice(None), slice(None), slice(border_px, border_px + height), slice(border_px, border_px + width))
    return [
        (rgb2ycbcr(x)[..., 0], rgb2ycbcr(y)[..., 0])
        for x, y in zip(_pixels(a[inside]), _pixels(b[inside]), strict=True)
    ]


def _check_window(height: int, width: int, least_px: int = SSIM_WINDOW_PX) -> None:
    if min(height, width) < least_px:
        raise InputError(
            "image",
            "{width}x{height} pixels to compare",
            "each side needs at least {least}",
            "Choose a larger picture",
            width=width,
            height=height,
            least=least_px,
        )


def _pixels(x: Tensor) -> Array:
    pixels: Array = x.detach().cpu().double().permute(0, 2, 3, 1).numpy()  # (N, H, W, 3)
    return pixels


def _psnr(a: Array, b: Array, peak: float) -> float:
    mse = float(mean_squared_error(a, b))
    return math.inf if mse == 0 else 10 * math.log10(peak**2 / mse)


def _ssim(a: Array, b: Array, peak: float) -> float:
    options: dict[str, Any] = {"channel_axis": 2} if a.ndim == 3 else {}
    return float(
        structural_similarity(  # type: ignore[no-untyped-call]
            a, b, data_range=peak, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, **options
        )
    )
