"""What can be expected of a training on that many products, said before the hours are spent."""

from __future__ import annotations

from dataclasses import dataclass

from gan.training.data.dataset_facts import Examined

_ENOUGH_SHARE = 0.9
"""Of the pictures that must be as large as the advised resolution."""


@dataclass(frozen=True)
class Expectation:
    """Advice by the number of distinct products.

    Attributes:
        products: that can be told apart, after removing copies and what cannot be read.
        views: pictures per product, on average.
        resolution_px: the largest that is worth trying; 0 where training is not.
        transfer: whether to begin from published weights.
        sentences: for people.
    """

    products: int
    views: float
    resolution_px: int
    transfer: bool
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class _Level:
    """What is true from a number of products on."""

    products: int
    resolution_px: int
    transfer: bool
    outlook: str


# Frechet distances: DiffAugment (arXiv 2006.10738) and FastGAN (arXiv 2101.04775).
_LEVELS = (
    _Level(
        10_000,
        256,
        False,
        "That is much: products of their own and fine details can be expected, given the pictures seen. Augmentation "
        "matters little any more.",
    ),
    _Level(
        2000,
        256,
        False,
        "That is a good number: clear shapes and variety can be expected, at 128 px first. Keep the augmentation on: "
        "with 5,000 faces at 256 px it more than halved the published Frechet distance (26.6 to 10.5).",
    ),
    _Level(
        500,
        128,
        True,
        "Expect recognisable products of each large category, variants and mixtures of those that are there rather "
        "than new designs, and soft details. Augmentation is needed: with 1,000 faces at 256 px it took the published "
        "Frechet distance from 62 to 26, and faces are more alike than products.",
    ),
    _Level(
        100,
        128,
        True,
        "Expect variants of the products that are there, in other colours, sizes and views, and few convincing new "
        "ones. Augmentation is needed, and so is an eye on memorisation: the evaluation's nearest-neighbour ratio.",
    ),
    _Level(
        20,
        64,
        True,
        "That is little: the network will know each product by heart and vary its colour, size and view. The best "
        "published figure for 100 pictures of one and the same face is a Frechet distance of 41; different products "
        "are harder.",
    ),
    _Level(
        0,
        0,
        True,
        "That is too little to train on: the result would be these products again. Add products, or use the published "
        "weights as they are.",
    ),
)


def expect(seen: Examined) -> Expectation:
    """The advice for a folder."""
    products = seen.distinct_products()
    usable = sum(not look.blank for look in seen.looks)
    views = usable / products if products else 0.0
    level = next(level for level in _LEVELS if products >= level.products)
    resolution = _within(seen, level.resolution_px)
    sentences = [
        f"{products:,} distinct {'product' if products == 1 else 'products'} after leaving out copies and what cannot "
        f"be read{f', about {views:.1f} pictures of each' if views >= 1.5 else ''}.",
        level.outlook,
    ]
    if views >= 1.5:
        sentences.append("Views of one product teach how it turns; they do not count as further products.")
    if resolution:
        sentences.append(f"Choose a preset of at most {resolution} px; Enhance makes samples larger.")
    if resolution < level.resolution_px:
        sentences.append(f"The number of products would allow {level.resolution_px} px, but the pictures are smaller.")
    if level.transfer and resolution:
        sentences.append("Begin from published weights with --from: shapes come sooner, and fewer pictures do.")
    counts = seen.by_category()
    if len(counts) > 1 and products / len(counts) < 20 and products:
        sentences.append(
            f"{products / len(counts):.0f} products in a category are few: one category alone, or all as one, learns "
            "better than many small ones."
        )
    kept = seen.held_out()
    measured = {seen.product(look) for look in seen.looks if look.path in kept}
    if products and len(measured) < 8:
        found = f"Only {len(measured)}" if measured else "None"
        sentences.append(
            f"{found} of the products would be held out for measuring: trust your eyes more than the figures."
        )
    return Expectation(products, round(views, 2), resolution, level.transfer, tuple(sentences))


def _within(seen: Examined, most_px: int) -> int:
    """The largest resolution, up to the given one, that nearly all pictures reach; 64 where few reach any."""
    for px in (256, 128):
        enough = sum(look.shorter_px >= px for look in seen.looks) >= _ENOUGH_SHARE * len(seen.looks)
        if px <= most_px and enough:
            return px
    return min(64, most_px)
