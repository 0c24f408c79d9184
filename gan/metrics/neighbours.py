"""What the nearest neighbours of feature vectors say about samples: fidelity, variety, and copies of the training set.

All functions take float64 features of shape (samples, channels) and measure Euclidean distances.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gan.core.errors import InputError


@dataclass(frozen=True)
class Neighbours:
    """How close made samples lie to the training set.

    Attributes:
        ratio: median of `distance`; below 1 where samples are closer to the training set than unseen products are.
        distance: (M,), from each made sample to its nearest training sample, in units of the median distance from a
            held-out real sample to its own; near 0 for a copy. The median hides a few copies, these do not.
        index: (M,), which training sample is nearest.
    """

    ratio: float
    distance: Tensor
    index: Tensor

    def closest(self, count: int) -> list[tuple[int, int, float]]:
        """(made sample, training sample, distance) of the most suspicious pairs, the closest first."""
        order = self.distance.argsort(stable=True)[:count].tolist()
        return [(made, int(self.index[made]), float(self.distance[made])) for made in order]


def precision_recall(real: Tensor, made: Tensor, k: int = 3) -> tuple[float, float]:
    """How many made samples look real, and how much of the real variety is made.

    A sample is covered by a set where it lies within the distance from some member to that member's k-th neighbour
    in the set. Precision is the share of made samples that the real set covers, recall the share of real samples
    that the made set covers. Method: Kynkäänniemi et al., arXiv 1904.06991, equations 1 and 2. Both sets should be
    equally large: more samples have smaller neighbourhoods.

    Args:
        real: (N, C), N > k.
        made: (M, C), M > k.

    Returns:
        (precision, recall), both in [0, 1].

    Raises:
        InputError: a set has too few samples, or the sets come from different networks.
    """
    require(k + 1, real, made)
    distance = _distances(real, made)
    precision = (distance <= _radius(real, k)[:, None]).any(0)
    recall = (distance <= _radius(made, k)[None]).any(1)
    return precision.double().mean().item(), recall.double().mean().item()


def density_coverage(real: Tensor, made: Tensor, k: int = 5) -> tuple[float, float]:
    """As precision and recall, but sturdy against outliers: only real samples have neighbourhoods.

    Density counts how many real neighbourhoods a made sample lies in, divided by k; coverage is the share of real
    samples whose neighbourhood holds a made one. Method: Naeem et al., arXiv 2002.09797, equations 4 and 5.

    Args:
        real: (N, C), N > k.
        made: (M, C), M >= 1.

    Returns:
        (density, coverage): density about 1 where both follow one distribution, and above 1 where made samples crowd
        into dense places; coverage in [0, 1].

    Raises:
        InputError: a set has too few samples, or the sets come from different networks.
    """
    require(k + 1, real)
    require(1, real, made)
    inside = _distances(real, made) <= _radius(real, k)[:, None]
    return inside.sum(0).double().mean().item() / k, inside.any(1).double().mean().item()


def diversity(x: Tensor) -> float:
    """Mean distance between two samples; 0 where a generator makes one picture only.

    Args:
        x: (N, C), N >= 2.

    Raises:
        InputError: there are fewer than two samples.
    """
    require(2, x)
    return torch.nn.functional.pdist(x).mean().item()


def nearest_neighbour_ratio(made: Tensor, training: Tensor, held_out: Tensor) -> Neighbours:
    """Whether samples repeat the training set: are they closer to it than unseen real products are?

    Args:
        made: (M, C).
        training: (N, C), every picture that was trained on; with a part of it, copies of the rest go unseen.
        held_out: (H, C), of products that were never trained on.

    Raises:
        InputError: a set is empty, the sets come from different networks, or half of the held-out samples lie in the
            training set themselves.
    """
    require(1, made, training, held_out)
    unit = _distances(held_out, training).amin(1).median()
    if unit == 0:
        raise InputError(
            "data",
            "held-out pictures are copies of training pictures",
            "products that were never trained on are expected",
            "Remove the duplicates",
        )
    distance, index = (_distances(made, training) / unit).min(1)
    return Neighbours(distance.median().item(), distance, index)


def require(least: int, *sets: Tensor) -> None:
    """Refuse sets of features that are too small or do not belong together.

    Raises:
        InputError: one has fewer than `least` samples, or they differ in their number of channels.
    """
    for x in sets:
        require_samples(len(x), least)
        if x.shape[1:] != sets[0].shape[1:]:
            raise InputError(
                "features",
                "{a} and {b} channels",
                "both sets need the same network's features",
                "Measure both with one network",
                a=sets[0].shape[-1],
                b=x.shape[-1],
            )


def require_samples(count: int, least: int) -> None:
    """Refuse to measure too little.

    Raises:
        InputError: `count` is less than `least`.
    """
    if count < least:
        raise InputError(
            "data",
            "{count} pictures or products to measure",
            "at least {least} are needed",
            "Measure more pictures",
            count=count,
            least=least,
        )


def _distances(a: Tensor, b: Tensor) -> Tensor:
    # The faster way over matrix products leaves a distance of 1e-6 between equal vectors.
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")


def _radius(x: Tensor, k: int) -> Tensor:
    """(N,), the distance from each sample to its k-th neighbour, itself not counted."""
    return _distances(x, x).fill_diagonal_(torch.inf).kthvalue(k, dim=1).values
