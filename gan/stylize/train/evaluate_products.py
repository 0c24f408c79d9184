"""Evaluate products on white in a style: unchanged background, and structure kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import torch
from skimage.metrics import structural_similarity
from torch import Tensor

from gan.core.errors import InputError
from gan.imaging.mask import Cover
from gan.imaging.picture import Picture
from gan.imaging.product import to_ycc
from gan.stylize.pipeline import Style, StylizeRequest
from gan.stylize.train.evaluate_cases import Product, Sample
from gan.stylize.train.evaluate_pairs import Run


@dataclass(frozen=True)
class ProductReading:
    """Scores of restyling one product.

    Attributes:
        ground: whether every pixel that the mask leaves out is identical.
        found_ground: without a mask, the share of the same pixels that are identical; 0 where no product was found.
        unchanged: whether strength 0 gives the input.
        ssim: of the lightness inside the product, by the mask, with that of the input.
    """

    name: str
    style: str
    ground: bool
    found_ground: float
    unchanged: bool
    ssim: float


@dataclass(frozen=True)
class ProductFigures:
    """Over n products.

    Attributes:
        ground, unchanged: how many of them.
        found_ground, ssim: means.
    """

    n: int
    ground: int
    found_ground: float
    unchanged: int
    ssim: float


def product_figures(readings: Sequence[ProductReading]) -> ProductFigures:
    """Of at least one reading."""
    return ProductFigures(
        n=len(readings),
        ground=sum(reading.ground for reading in readings),
        found_ground=fmean(reading.found_ground for reading in readings),
        unchanged=sum(reading.unchanged for reading in readings),
        ssim=fmean(reading.ssim for reading in readings),
    )


def measure_product(product: Product, style: Sample, run: Run, model: str) -> ProductReading:
    """Restyle the product alone, with its mask and without one, and at strength 0."""
    before = product.sample.rgb

    def restyled(mask: Cover | None, strength: float) -> Tensor:
        styles = (Style(Picture(style.rgb)),)
        request = StylizeRequest(
            picture=Picture(before), styles=styles, where="product", mask=mask, strength=strength, model=model
        )
        return run(request).picture.rgb

    cover = product.mask.coverage
    made = restyled(product.mask, 1.0)
    ground = (cover == 0).expand_as(before)
    try:
        found_ground = float((restyled(None, 1.0) == before)[ground].float().mean())
    except InputError:  # no plain background to segment it from
        found_ground = 0.0
    return ProductReading(
        name=product.sample.name,
        style=style.name,
        ground=torch.equal(made[ground], before[ground]),
        found_ground=found_ground,
        unchanged=torch.equal(restyled(product.mask, 0.0), before),
        ssim=_ssim_inside(made, before, cover),
    )


def _ssim_inside(made: Tensor, before: Tensor, cover: Tensor) -> float:
    """SSIM of Wang et al. (2004) on the lightness, averaged by coverage."""
    a, b = (to_ycc(x)[0, 0].double().numpy() for x in (made, before))
    _, each = structural_similarity(  # type: ignore[no-untyped-call]
        a, b, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
    )
    weight = cover[0, 0].double()
    return float((torch.from_numpy(each) * weight).sum() / weight.sum())
