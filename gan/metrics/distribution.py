"""How far made pictures are from real ones as a distribution, in the features of a frozen network.

The figures carry the network's name: KD-lite2 is the kernel distance on the last stage of EfficientNet-Lite2, which
no loss of this project uses. They are not comparable with KID and FID, which mean Inception.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from gan.imaging.resize import resize
from gan.metrics.neighbours import require, require_samples
from gan.models.features import Features

MEASURED_PX = 256
"""Side at which pictures are measured; figures at another size are not comparable."""


def pooled_features(
    pictures: Iterable[Tensor], features: Features, size_px: int = MEASURED_PX, batch: int = 16
) -> Tensor:
    """The last stage of the frozen network, averaged over positions; Lite2's has 352 channels.

    Args:
        pictures: each (3, H, W) or (N, 3, H, W), in [0, 1], of any size; one channel stands for grey. Sizes other
            than `size_px` are resized to a square by an antialiased bicubic filter, as the FID literature asks for
            (Parmar et al., arXiv 2104.11222).
        features: e.g. `load_features("lite2")`, on the device where it is to run.
        batch: pictures that go through the network at once.

    Returns:
        (N, C), float64, on the CPU, in the order of the pictures.

    Raises:
        InputError: there is no picture.
    """
    device = next(features.parameters()).device
    pooled: list[Tensor] = []
    waiting: list[Tensor] = []

    def flush() -> None:
        if waiting:
            pooled.append(features(torch.stack(waiting).to(device))[-1].mean((2, 3)).double().cpu())
            waiting.clear()

    with torch.inference_mode():
        for picture in pictures:
            for x in picture.reshape(-1, *picture.shape[-3:]):
                waiting.append(resize(x.float()[None], size_px, size_px)[0].expand(3, -1, -1))
                if len(waiting) == batch:
                    flush()
        flush()
    require_samples(len(pooled), 1)
    return torch.cat(pooled)


def kernel_distance(a: Tensor, b: Tensor) -> float:
    """1000 times the unbiased squared maximum mean discrepancy with the kernel (x.y / C + 1)^3.

    Method: KID, Bińkowski et al., arXiv 1801.01401, equation 4, on all samples. No bias at any size of the sets, so
    that it can be slightly negative. Features of several pictures of one product vary together: then the products
    count as the number of samples, and few of them scatter widely.

    Args:
        a: (N, C), float64, N >= 2.
        b: (M, C), float64, M >= 2.

    Raises:
        InputError: a set has too few samples, or the sets come from different networks.
    """
    require(2, a, b)
    kernel = _kernel(torch.cat((a, b)))
    in_a = torch.arange(len(kernel)) < len(a)
    return _kernel_distances(kernel, in_a[None].double(), (~in_a)[None].double()).item()


def kernel_distance_interval(
    a: Tensor,
    b: Tensor,
    *,
    products_a: Sequence[str] | None = None,
    products_b: Sequence[str] | None = None,
    subsets: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """A 95% interval of `kernel_distance`, from random halves of both sets.

    A half drawn without replacement scatters around the whole set's figure as the figure itself scatters around the
    truth (the delete-half jackknife: Shao and Wu, Annals of Statistics 17, 1989). The usual bootstrap draws samples
    twice, and a sample's kernel with itself would then bias the figure. Near 0 the interval is somewhat too wide.

    Args:
        products_a, products_b: what each sample shows; the samples of one product are then drawn together.
        subsets: how many halves are drawn.

    Returns:
        (low, high), the 2.5% and 97.5% quantiles, around `kernel_distance(a, b)`.

    Raises:
        InputError: a set has fewer than four samples or products, or the sets come from different networks.
    """
    require(4, a, b)
    generator = torch.Generator().manual_seed(seed)
    half_a = _halves(_groups(a, products_a), subsets, generator)
    half_b = _halves(_groups(b, products_b), subsets, generator)
    in_a = torch.cat((half_a, torch.zeros(subsets, len(b), dtype=torch.float64)), 1)
    in_b = torch.cat((torch.zeros(subsets, len(a), dtype=torch.float64), half_b), 1)
    values = _kernel_distances(_kernel(torch.cat((a, b))), in_a, in_b)
    # Pairs within a product are a greater share of a half than of the whole, which lifts every half's figure alike.
    centred = values - values.mean() + kernel_distance(a, b)
    low, high = centred.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return low, high


def kernel_distance_of_halves(
    x: Tensor, products: Sequence[str] | None = None, *, splits: int = 200, seed: int = 0
) -> float:
    """The kernel distance between two halves of one set: the mean over random splits, never through a product.

    Raises:
        InputError: there are fewer than four samples or products.
    """
    require(4, x)
    half = _halves(_groups(x, products), splits, torch.Generator().manual_seed(seed))
    return _kernel_distances(_kernel(x), half, 1 - half).mean().item()


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """|mean a - mean b|^2 + tr(Sa + Sb - 2 (Sa Sb)^(1/2)) of the two Gaussians that fit the samples.

    Method: FID, Heusel et al., arXiv 1706.08500, equation 6. The trace of the root is the sum of the singular values
    of X Y^T, where Sa = X^T X and Sb = Y^T Y, so that covariances without full rank (fewer samples than channels)
    need no care. Biased: the fewer samples, the larger; compare figures of equally large sets only.

    Args:
        a: (N, C), float64, N >= 2.
        b: (M, C), float64, M >= 2.

    Returns:
        At least 0, in squared units of the features.

    Raises:
        InputError: a set has too few samples, or the sets come from different networks.
    """
    require(2, a, b)
    x, y = ((s - s.mean(0)) / (len(s) - 1) ** 0.5 for s in (a, b))
    # QR leaves X^T X as it is and shrinks X Y^T from (N, M) to at most (C, C).
    root = torch.linalg.svdvals(torch.linalg.qr(x, mode="r").R @ torch.linalg.qr(y, mode="r").R.T).sum()
    distance = (a.mean(0) - b.mean(0)).square().sum() + x.square().sum() + y.square().sum() - 2 * root
    return float(distance.clamp(min=0))


def _kernel(x: Tensor) -> Tensor:
    """(N, N), without the diagonal, which the unbiased estimate leaves out."""
    return (x @ x.T / x.shape[1] + 1).pow(3).fill_diagonal_(0)


def _kernel_distances(kernel: Tensor, in_a: Tensor, in_b: Tensor) -> Tensor:
    """(S,), between the samples that the rows of `in_a` and of `in_b` mark with 1; both are (S, N)."""
    rows_a, rows_b = in_a @ kernel, in_b @ kernel
    n_a, n_b = in_a.sum(1), in_b.sum(1)
    within_a = (rows_a * in_a).sum(1) / (n_a * (n_a - 1))
    within_b = (rows_b * in_b).sum(1) / (n_b * (n_b - 1))
    return 1000 * (within_a + within_b - 2 * (rows_a * in_b).sum(1) / (n_a * n_b))


def _groups(x: Tensor, products: Sequence[str] | None) -> Tensor:
    """(N,), a number for each sample that it shares with those of the same product."""
    if products is None:
        return torch.arange(len(x))
    numbers = {product: number for number, product in enumerate(dict.fromkeys(products))}
    return torch.tensor([numbers[product] for product in products])


def _halves(groups: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """(count, N) of zeros and ones: in each row half of the groups are marked."""
    number = int(groups.max()) + 1
    require_samples(number, 4)
    order = torch.rand(count, number, generator=generator).argsort(1).argsort(1)
    return (order < number // 2).double()[:, groups]
