"""Thumbnails of a generator's training pictures and the distance to them, written beside its checkpoint.

python train.py prepare generate --data DATA --out weights/generate-catalogue
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from gan.core.errors import InputError
from gan.generate.training_pictures import (
    FILE,
    SEEN_PX,
    THUMBNAIL_PX,
    Product,
    TrainingPictures,
    cropped,
    described,
    packed,
)
from gan.models.beside import add_beside
from gan.training.data.catalogue import Catalogue, load
from gan.training.data.records import read_records
from gan.training.options import PrepareOptions

READ_PX = 256
"""Side at which the pictures are read."""

LICENCES = {"blendswap-cc-0-winchestersofa": "CC-BY-3.0", "blendswap-cc-0-winchesterarmchair": "CC-BY-3.0"}
"""Of products whose records say otherwise than the license files of their models."""

DIMENSIONS = 64
REGULARIZATION = 0.03
"""Share of the mean variance within products that is added to every direction's."""


def prepare(options: PrepareOptions) -> str:
    """Write `FILE` beside a published checkpoint, of the part of the data that training sees.

    Returns:
        A sentence: how many pictures, how large, and how often the nearest held-out picture is of the same product.

    Raises:
        InputError: the folder holds no two pictures of one product.
        WeightsError: `out` is no published checkpoint.
    """
    training, held_out = load(options.data, READ_PX)
    made = training_pictures(training, options.data)
    data = made.to_bytes()
    add_beside(options.out, FILE, data)
    told = (
        f"{options.out / FILE}: {len(made.names)} pictures of {len(made.products)} products, {len(data) / 1e6:.2f} MB"
    )
    if held_out is training:
        return told
    seen = _seen(held_out)
    plain, projected = (_same_product(x, held_out.product) for x in (seen, (seen - made.mean) @ made.projection))
    return (
        f"{told}; of unseen products the nearest is another view {projected:.1%} of the time, unprojected {plain:.1%}"
    )


def training_pictures(catalogue: Catalogue, folder: Path) -> TrainingPictures:
    """Thumbnails, records and the fitted projection of a catalog.

    Raises:
        InputError: it holds no two pictures of one product.
    """
    seen = _seen(catalogue)
    mean, projection = _fitted(seen, catalogue.product)
    vectors = (seen - mean) @ projection
    unit = _unit(vectors, catalogue.product)
    records = read_records(folder).by_id
    numbers = {product: at for at, product in enumerate(sorted(set(catalogue.product.tolist())))}
    products: dict[int, Product] = {}
    for name, product in zip(catalogue.names, catalogue.product.tolist(), strict=True):
        record = records.get(name, {})
        told = {key: str(record.get(key, "")) for key in ("name", "creator", "licence", "source")}
        told["licence"] = LICENCES.get(str(record.get("product")), told["licence"])
        products.setdefault(numbers[product], Product(**{**told, "name": told["name"] or name}))
    thumbnails = [_crop(catalogue, index, THUMBNAIL_PX) for index in range(len(catalogue))]
    return TrainingPictures(
        names=catalogue.names,
        product=tuple(numbers[product] for product in catalogue.product.tolist()),
        products=tuple(products[at] for at in range(len(products))),
        vectors=vectors / unit,
        mean=mean,
        projection=projection / unit,
        packed=packed(thumbnails),
    )


def _seen(catalogue: Catalogue) -> Tensor:
    return torch.cat([described(_crop(catalogue, index, SEEN_PX)) for index in range(len(catalogue))])


def _crop(catalogue: Catalogue, index: int, size_px: int) -> Tensor:
    picture = catalogue.picture(index)[None]
    return cropped(picture[:, :3], picture[:, 3:], size_px)


def _fitted(seen: Tensor, product: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and projection (C, D) after which the scatter within products is the same in every direction.

    Raises:
        InputError: no two pictures are of one product.
    """
    x = seen.double()
    mean = x.mean(0)
    dimensions = min(DIMENSIONS, len(x) - 1, x.shape[1])
    principal = torch.linalg.svd(x - mean, full_matrices=False).Vh[:dimensions].T
    y = (x - mean) @ principal
    _, group, counts = torch.unique(product, return_inverse=True, return_counts=True)
    if not bool((counts > 1).any()):
        raise InputError(
            "data",
            "no two pictures show one product",
            "several views of each product are needed",
            "Add them, or a meta.jsonl that names the products",
        )
    centers = torch.zeros(len(counts), dimensions, dtype=torch.float64).index_add_(0, group, y) / counts[:, None]
    within = y - centers[group]
    scatter = within.T @ within / len(y)
    scatter += (REGULARIZATION * scatter.trace() / dimensions + 1e-9) * torch.eye(dimensions, dtype=torch.float64)
    whitening = torch.linalg.cholesky(torch.linalg.inv(scatter))
    return mean.float(), (principal @ whitening).float()


def _unit(vectors: Tensor, product: Tensor) -> float:
    """Median distance from a picture to the nearest one of another product; 1 where there is only one product."""
    apart = torch.cdist(vectors, vectors).masked_fill_(product[:, None] == product[None], torch.inf)
    nearest = apart.amin(1)
    return float(nearest.median()) if bool(nearest.isfinite().all()) else 1.0


def _same_product(x: Tensor, product: Tensor) -> float:
    """Share of the pictures whose nearest other one shows the same product."""
    nearest = torch.cdist(x, x).fill_diagonal_(torch.inf).argmin(1)
    return float((product[nearest] == product).float().mean())
