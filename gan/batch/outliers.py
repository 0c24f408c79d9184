"""What is measured of every result, so that those that fall out of a batch can be listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from gan.batch.results import Lab, Outcome, Outlier
from gan.imaging.picture import Picture
from gan.imaging.product import coverage
from gan.imaging.resize import shrunk

MEASURED_PX = 256
"""Longest side of the copy that is measured."""

LEAST_PICTURES = 5
"""A batch of fewer has no outliers: nothing says what is usual."""

LEAST_DELTA_E = 5.0
"""A smaller CIEDE2000 difference is hardly seen between two pictures that do not touch."""

DEVIATIONS = 3.0
_TO_DEVIATION = 1.4826
"""The median absolute deviation of a normal distribution times this is its standard deviation."""


def measured(picture: Picture, details: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Median colors of the product and of its ground, and how far a step has missed the color that it was asked for.

    The product is what is opaque, or stands on a plain ground; where neither is so, all of the picture.

    Args:
        picture: the result.
        details: of each step.

    Returns:
        JSON-ready: `product` and `ground` in CIELAB (D65), where there are any, and `delta_e` where a step has
        measured one.
    """
    rgb = shrunk(picture.rgb, MEASURED_PX)
    if picture.alpha is not None and bool((picture.alpha < 1).any()):
        cover = shrunk(picture.alpha, MEASURED_PX)
        told = {"product": _median(rgb[0].numpy(), cover[0, 0].numpy() > 0.5)}
    else:
        inside = coverage(rgb)[0, 0].numpy() > 0.5
        inside = inside if inside.any() else ~inside
        told = {"product": _median(rgb[0].numpy(), inside), "ground": _median(rgb[0].numpy(), ~inside)}
    missed = [number for each in details for number in _differences(each)]
    return {
        **{name: value for name, value in told.items() if value is not None},
        **({"delta_e": round(max(missed), 4)} if missed else {}),
    }


def outliers(outcomes: Sequence[Outcome]) -> tuple[Outlier, ...]:
    """The results whose colors differ, the largest difference first.

    A color counts as different when it is farther from the batch's median color than `LEAST_DELTA_E` and than the
    median distance by `DEVIATIONS` robust standard deviations; one that a step was to meet, when it is farther from
    that than `LEAST_DELTA_E`.
    """
    found = [*_apart(outcomes, "product"), *_apart(outcomes, "ground")]
    found += [
        Outlier(outcome.name, outcome.target, "target", outcome.delta_e)
        for outcome in outcomes
        if outcome.delta_e is not None and outcome.delta_e > LEAST_DELTA_E
    ]
    return tuple(sorted(found, key=lambda outlier: -outlier.delta_e))


def _apart(outcomes: Sequence[Outcome], what: Literal["product", "ground"]) -> list[Outlier]:
    colored: list[tuple[Outcome, Lab]] = [(each, lab) for each in outcomes if (lab := getattr(each, what)) is not None]
    if len(colored) < LEAST_PICTURES:
        return []
    labs = np.array([lab for _, lab in colored])
    distances = deltaE_ciede2000(labs, np.median(labs, axis=0, keepdims=True))  # type: ignore[no-untyped-call]
    usual = np.median(distances)
    spread = _TO_DEVIATION * np.median(np.abs(distances - usual))
    most = max(LEAST_DELTA_E, usual + DEVIATIONS * spread)
    return [
        Outlier(outcome.name, outcome.target, what, round(float(distance), 4))
        for (outcome, _), distance in zip(colored, distances, strict=True)
        if distance > most
    ]


def _median(rgb: NDArray[np.float32], inside: NDArray[np.bool_]) -> list[float] | None:
    """Of (3, h, w) where (h, w) says so, in CIELAB."""
    if not inside.any():
        return None
    lab = rgb2lab(rgb[:, inside].T.astype(np.float64))
    return [round(float(value), 3) for value in np.median(lab, axis=0)]


def _differences(value: Any) -> Iterator[float]:
    """All that a step's details call `delta_e`, wherever it stands in them."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key == "delta_e" and isinstance(item, Mapping):
                yield from (float(number) for number in item.values() if _is_number(number))
            elif key == "delta_e" and _is_number(item):
                yield float(item)
            else:
                yield from _differences(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _differences(item)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and bool(np.isfinite(value))
