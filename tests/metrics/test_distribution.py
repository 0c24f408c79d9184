from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from gan.core.errors import InputError
from gan.metrics.distribution import (
    frechet_distance,
    kernel_distance,
    kernel_distance_interval,
    kernel_distance_of_halves,
    pooled_features,
)
from gan.metrics.neighbours import density_coverage, diversity, nearest_neighbour_ratio, precision_recall
from gan.metrics.summary import summarise
from gan.models.features import Features, load_features


def normal(n: int, channels: int = 4, *, seed: int = 0, mean: float = 0.0, scale: float = 1.0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return mean + scale * torch.randn(n, channels, generator=generator, dtype=torch.float64)


def column(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)[:, None]


def products(groups: int, views: int, *, seed: int = 0) -> tuple[Tensor, list[str]]:
    """Features in tight clusters, and the name of each one's cluster."""
    middles = normal(groups, seed=seed).repeat_interleave(views, 0)
    return middles + normal(groups * views, seed=seed + 1, scale=0.01), [str(i // views) for i in range(groups * views)]


@pytest.fixture(scope="module")
def lite2() -> Features:
    return load_features("lite2")


def test_kernel_distance_equals_the_definition() -> None:
    a, b = normal(5, 3), normal(7, 3, seed=1, mean=0.5)

    def kernel(x: Tensor, y: Tensor) -> float:
        return float(sum(x[c] * y[c] for c in range(3)) / 3 + 1) ** 3

    within_a = sum(kernel(a[i], a[j]) for i in range(5) for j in range(5) if i != j) / (5 * 4)
    within_b = sum(kernel(b[i], b[j]) for i in range(7) for j in range(7) if i != j) / (7 * 6)
    across = sum(kernel(x, y) for x in a for y in b) / (5 * 7)
    assert kernel_distance(a, b) == pytest.approx(1000 * (within_a + within_b - 2 * across), rel=1e-12)
    assert kernel_distance(b, a) == pytest.approx(kernel_distance(a, b), rel=1e-12)


def test_kernel_distance_of_two_points_is_known() -> None:
    # One channel, k(x, y) = (xy + 1)^3: both within are k(0, 0) = 1 and k(1, 1) = 8, across k(0, 1) = 1.
    assert kernel_distance(column(0, 0), column(1, 1, 1)) == pytest.approx(1000 * (1 + 8 - 2))


def test_kernel_distance_has_no_bias() -> None:
    values = [kernel_distance(normal(8, seed=2 * s), normal(12, seed=2 * s + 1)) for s in range(2000)]
    spread = torch.tensor(values).std().item() / math.sqrt(len(values))
    assert min(values) < 0 < max(values)
    assert abs(sum(values) / len(values)) < 4 * spread


def test_the_interval_holds_the_truth_about_95_times_in_100() -> None:
    def moments(m: float, n: float) -> float:
        """E (xy + 1)^3 for x of N(m, 1) and y of N(n, 1), whose second and third moments are 1 + m^2 and m^3 + 3m."""
        return 1 + 3 * m * n + 3 * (1 + m**2) * (1 + n**2) + (m**3 + 3 * m) * (n**3 + 3 * n)

    truth = 1000 * (moments(0, 0) + moments(1, 1) - 2 * moments(0, 1))
    hits = 0
    for seed in range(100):
        a, b = normal(100, 1, seed=2 * seed), normal(100, 1, seed=2 * seed + 1, mean=1)
        low, high = kernel_distance_interval(a, b, subsets=200)
        assert low < kernel_distance(a, b) < high
        hits += low < truth < high
    assert 85 <= hits <= 99


def test_drawing_by_product_widens_the_interval() -> None:
    a = normal(60, seed=9)
    b, names = products(10, 6)
    low, high = kernel_distance_interval(a, b)
    wide_low, wide_high = kernel_distance_interval(a, b, products_b=names)
    assert wide_high - wide_low > 1.5 * (high - low)
    assert wide_low < kernel_distance(a, b) < wide_high
    assert kernel_distance_interval(b, a, products_a=names) != kernel_distance_interval(b, a)


def test_the_interval_depends_on_the_seed_only() -> None:
    a, b = normal(20), normal(20, seed=1)
    assert kernel_distance_interval(a, b, seed=3) == kernel_distance_interval(a, b, seed=3)
    assert kernel_distance_interval(a, b, seed=3) != kernel_distance_interval(a, b, seed=4)


def test_halves_by_product_are_farther_apart_than_halves_by_picture() -> None:
    x, names = products(8, 6)
    by_picture, by_product = kernel_distance_of_halves(x), kernel_distance_of_halves(x, names)
    assert by_product > by_picture + 500
    # Without clusters there is nothing between the halves, whatever the samples are called.
    assert abs(kernel_distance_of_halves(normal(400), [str(i) for i in range(400)])) < 100


def test_frechet_distance_equals_the_closed_form_in_one_dimension() -> None:
    a, b = normal(9, 1), normal(6, 1, seed=1, mean=3, scale=2)
    expected = (a.mean() - b.mean()).square() + (a.std() - b.std()).square()
    assert frechet_distance(a, b) == pytest.approx(expected.item(), rel=1e-10)


def test_frechet_distance_equals_the_root_of_the_product_of_the_covariances() -> None:
    a, b = normal(40, 3), normal(50, 3, seed=1) @ normal(3, 3, seed=2)
    # The root's trace is the sum of the roots of the product's eigenvalues.
    root = torch.linalg.eigvals(torch.cov(a.T) @ torch.cov(b.T)).real.sqrt().sum()
    expected = (a.mean(0) - b.mean(0)).square().sum() + torch.cov(a.T).trace() + torch.cov(b.T).trace() - 2 * root
    assert frechet_distance(a, b) == pytest.approx(expected.item(), rel=1e-10)


def test_frechet_distance_is_stable_with_fewer_samples_than_channels() -> None:
    a = normal(10, 50)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-10)
    assert frechet_distance(a, a + 2) == pytest.approx(50 * 4, rel=1e-10)
    # Shrinking by half leaves a quarter of the covariance, and of its root with itself the half.
    centred = a - a.mean(0)
    assert frechet_distance(centred, centred / 2) == pytest.approx(0.25 * centred.var(0).sum().item(), rel=1e-10)


def test_frechet_distance_of_small_sets_is_too_large() -> None:
    small, large = (frechet_distance(normal(n, 20), normal(n, 20, seed=1)) for n in (20, 2000))
    assert small > 10 * large


def test_precision_and_recall_equal_naive_loops() -> None:
    real, made = normal(12, 2), normal(9, 2, seed=1, mean=1.5)

    def covered(x: Tensor, members: Tensor, k: int) -> bool:
        for i, member in enumerate(members):
            others = sorted(float((member - other).norm()) for j, other in enumerate(members) if j != i)
            if float((x - member).norm()) <= others[k - 1]:
                return True
        return False

    precision, recall = precision_recall(real, made, k=2)
    assert precision == sum(covered(x, real, 2) for x in made) / 9
    assert recall == sum(covered(x, made, 2) for x in real) / 12
    assert 0 < precision < 1
    assert 0 < recall < 1


def test_a_collapsed_generator_is_precise_and_recalls_nothing() -> None:
    real = normal(50)
    precision, recall = precision_recall(real, real[:1] + normal(20, scale=1e-6, seed=1))
    assert precision == 1
    assert recall <= 0.02


def test_density_and_coverage_of_three_points_are_known() -> None:
    # Radii for k=1 are 1, 1 and 9: the sample at 1.5 lies within those around 1 and 10, the one at 30 in none.
    density, coverage = density_coverage(column(0, 1, 10), column(1.5, 30), k=1)
    assert density == pytest.approx((2 + 0) / (1 * 2))
    assert coverage == pytest.approx(2 / 3)


def test_density_of_the_same_distribution_is_about_one() -> None:
    density, coverage = density_coverage(normal(600), normal(600, seed=1))
    assert density == pytest.approx(1, abs=0.1)
    # What is expected of large sets that are equally large (arXiv 2002.09797, section 3.3).
    assert coverage == pytest.approx(1 - 1 / 2**5, abs=0.03)


def test_crowding_raises_density_above_one() -> None:
    assert density_coverage(normal(200), normal(200, seed=1, scale=0.1))[0] > 1.3


def test_diversity_is_the_mean_over_pairs() -> None:
    assert diversity(column(0, 3, 4)) == pytest.approx((3 + 4 + 1) / 3)
    assert diversity(normal(1).expand(5, -1)) == 0


def test_copies_have_ratio_zero_and_are_named() -> None:
    training, held_out = normal(30), normal(20, seed=1)
    copies = nearest_neighbour_ratio(training[[4, 7, 9]], training, held_out)
    assert copies.ratio == 0
    assert copies.index.tolist() == [4, 7, 9]


def test_the_ratio_is_in_units_of_held_out_products() -> None:
    training = column(0, 10)
    # Held-out distances are 1, 2 and 4, made ones 3, 1 and 5.
    neighbours = nearest_neighbour_ratio(column(3, 11, -5), training, column(1, 12, 14))
    assert neighbours.distance.tolist() == [1.5, 0.5, 2.5]
    assert neighbours.ratio == 1.5
    assert neighbours.closest(2) == [(1, 1, 0.5), (0, 0, 1.5)]


def test_unseen_samples_of_the_same_distribution_have_ratio_one() -> None:
    neighbours = nearest_neighbour_ratio(normal(400), normal(400, seed=1), normal(400, seed=2))
    assert neighbours.ratio == pytest.approx(1, abs=0.1)


def test_a_held_out_set_of_copies_is_refused() -> None:
    with pytest.raises(InputError, match="copies of training pictures"):
        nearest_neighbour_ratio(normal(5), normal(9, seed=1), normal(9, seed=1)[:5])


@pytest.mark.parametrize(
    ("measure", "least"),
    [
        (kernel_distance, 2),
        (frechet_distance, 2),
        (kernel_distance_interval, 4),
        (precision_recall, 4),
        (lambda a, b: density_coverage(b, a), 6),
        (lambda a, b: diversity(b), 2),
        (lambda a, b: kernel_distance_of_halves(b), 4),
        (lambda a, b: summarise(b, a, a + 1), 6),
    ],
)
def test_too_few_samples_are_refused(measure: object, least: int) -> None:
    assert callable(measure)
    measure(normal(9), normal(least, seed=1))
    with pytest.raises(InputError, match=rf"{least - 1} pictures or products .* at least {least} are"):
        measure(normal(9), normal(least - 1, seed=1))


@pytest.mark.parametrize("measure", [kernel_distance, frechet_distance, precision_recall, density_coverage])
def test_features_of_two_networks_are_refused(measure: object) -> None:
    assert callable(measure)
    with pytest.raises(InputError, match="4 and 5 channels"):
        measure(normal(9, 4), normal(9, 5))


def test_too_few_products_are_refused() -> None:
    x, names = products(3, 4)
    with pytest.raises(InputError, match="3 pictures or products"):
        kernel_distance_of_halves(x, names)


def test_pooled_features_are_the_mean_of_the_last_stage(lite2: Features) -> None:
    x = torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    pooled = pooled_features([x[0], x[1:]], lite2, size_px=64, batch=2)
    assert pooled.dtype == torch.float64
    torch.testing.assert_close(pooled, lite2(x)[-1].mean((2, 3)).double(), atol=1e-4, rtol=1e-4)


def test_pictures_are_resized_and_grey_ones_get_three_channels(lite2: Features) -> None:
    x = torch.full((1, 3, 50, 70), 0.4)
    pooled = pooled_features([x, x[:, :1], torch.full((3, 32, 32), 0.4)], lite2, size_px=32)
    torch.testing.assert_close(pooled, pooled[:1].expand(3, -1), atol=1e-4, rtol=1e-4)


def test_no_pictures_are_refused(lite2: Features) -> None:
    with pytest.raises(InputError, match="0 pictures"):
        pooled_features([], lite2)


def test_a_summary_holds_what_the_functions_say() -> None:
    held_out, names = products(12, 3)
    made, training = normal(30, seed=5, mean=0.3), normal(90, seed=6)
    summary = summarise(made, held_out, training, 1, products=names)
    assert (summary.n, summary.n_held_out) == (30, 36)
    assert summary.made.kernel == kernel_distance(made, held_out)
    assert summary.made.interval == kernel_distance_interval(made, held_out, products_b=names, seed=1)
    assert summary.made.frechet == frechet_distance(made, held_out)
    assert (summary.made.precision, summary.made.recall) == precision_recall(held_out, made)
    assert (summary.made.density, summary.made.coverage) == density_coverage(held_out, made)
    assert summary.made.diversity == diversity(made) / diversity(held_out)
    assert summary.halves == kernel_distance_of_halves(held_out, names, seed=1)
    assert summary.neighbours.ratio == nearest_neighbour_ratio(made, training, held_out).ratio
    assert summary.real != summary.made


def test_the_floor_is_a_sample_of_the_training_pictures() -> None:
    made, held_out, training = normal(10), normal(40, seed=1), normal(10, seed=2)
    # As many training pictures as made ones: here all of them, in another order.
    assert summarise(made, held_out, training).real.kernel == pytest.approx(kernel_distance(training, held_out))


def test_a_summary_becomes_metrics_and_a_table() -> None:
    summary = summarise(normal(20, mean=0.5), normal(20, seed=1), normal(40, seed=2))
    metrics = summary.metrics("catalogue, held-out products")
    assert list(metrics) == [
        "KD-lite2",
        "Frechet-lite2",
        "precision",
        "recall",
        "density",
        "coverage",
        "diversity ratio",
        "NN ratio",
    ]
    distance = metrics["KD-lite2"]
    assert distance["n"] == 20
    assert distance["dataset"] == "catalogue, held-out products"
    assert distance["value"] == pytest.approx(summary.made.kernel, abs=1e-4)
    assert distance["baseline"] == pytest.approx(
        {
            "real": summary.real.kernel,
            "real halves": summary.halves,
            "low (95%)": summary.made.interval[0],
            "high (95%)": summary.made.interval[1],
        },
        abs=1e-4,
    )
    assert metrics["NN ratio"]["baseline"] == {"real": 1.0}
    table = summary.table()
    assert all(name in table for name in metrics)
    assert "20 made pictures against 20 held-out ones" in table
