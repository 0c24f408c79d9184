"""Training pictures of a generator as thumbnails with their makers, and the distance of a picture to them.

The distance needs no network, so that it stays what it is when others are published: histograms of oriented gradients
(Dalal and Triggs, CVPR 2005) and a coarse grid of colors of the product alone, projected so that views and colors of
one product lie close together (within-class covariance normalization, Hatch et al., Interspeech 2006).
`gan.generate.train.training_pictures` fits the projection and writes the file.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import safetensors.torch
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from gan.core.contract import Context, Model
from gan.imaging.box import Box, box_of
from gan.imaging.product import to_ycc
from gan.imaging.resize import resize

FILE: Final = "training-pictures.safetensors"
"""Its name beside a checkpoint."""

USUAL: Final = 3
"""Number of training pictures that a generated picture's record names."""

THUMBNAIL_PX: Final = 64
SEEN_PX: Final = 48
"""Side of the product as the distance sees it."""

_CELL_PX, _DIRECTIONS, _COLORS, _COLOR_WEIGHT = 6, 9, 6, 3.0
_MARGIN: Final = 1 / 16
_QUALITY: Final = 75


@dataclass(frozen=True)
class Product:
    """A product that a training picture shows, and whom it is owed to.

    Attributes:
        licence: of the picture and so of its thumbnail.
    """

    name: str
    creator: str
    licence: str
    source: str


@dataclass(frozen=True)
class Neighbor:
    """A training picture near to another picture.

    Attributes:
        distance: 0 for a copy; 1 is the median distance from a training picture to the nearest one of another product.
        index: of the picture.
        name: of its file, without suffix.
    """

    distance: float
    index: int
    name: str
    product: Product

    def record(self) -> dict[str, Any]:
        """JSON-ready: distance, picture, and what is known of the product."""
        return {"distance": round(self.distance, 4), "picture": self.name, **self.product.__dict__}


@dataclass(frozen=True)
class TrainingPictures:
    """N training pictures of P products.

    Attributes:
        names: of their files, N.
        product: of each picture its place in `products`.
        vectors: (N, D), projected descriptions in units of the distance.
        mean, projection: (C,) and (C, D), from `described` to `vectors`.
        packed: the thumbnails in rows on one WebP.
    """

    names: tuple[str, ...]
    product: tuple[int, ...]
    products: tuple[Product, ...]
    vectors: Tensor
    mean: Tensor
    projection: Tensor
    packed: bytes

    def nearest(self, rgb: Tensor, cover: Tensor, count: int) -> list[Neighbor]:
        """The training pictures nearest to a product, the nearest first.

        Args:
            rgb: (1, 3, H, W) in [0, 1], on white.
            cover: (1, 1, H, W) in [0, 1], the product's coverage.
        """
        seen = described(cropped(rgb, cover, SEEN_PX))
        distances = torch.linalg.vector_norm((seen - self.mean) @ self.projection - self.vectors, dim=1)
        found = distances.topk(min(count, len(self.names)), largest=False)
        pairs = zip(found.values.tolist(), found.indices.tolist(), strict=True)
        return [Neighbor(near, i, self.names[i], self.products[self.product[i]]) for near, i in pairs]

    @cached_property
    def _sheet(self) -> Tensor:
        """(3, rows * T, columns * T) uint8 with T = `THUMBNAIL_PX`; 27 MB for 2,000 pictures, so only where shown."""
        with Image.open(io.BytesIO(self.packed)) as image:
            return torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)

    def thumbnail(self, index: int) -> Tensor:
        """(1, 3, T, T) in [0, 1]."""
        row, column = divmod(index, self._sheet.shape[2] // THUMBNAIL_PX)
        left, top = column * THUMBNAIL_PX, row * THUMBNAIL_PX
        return Box(left, top, left + THUMBNAIL_PX, top + THUMBNAIL_PX).of(self._sheet)[None].float() / 255

    def to_bytes(self) -> bytes:
        """Serialize as safetensors, the numbers in half precision."""
        told = {
            "names": self.names,
            "product": self.product,
            "products": [list(product.__dict__.values()) for product in self.products],
        }
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        tensors = {name: getattr(self, name).half() for name in ("vectors", "mean", "projection")}
        return safetensors.torch.save({**tensors, "packed": _as_tensor(self.packed), "records": _as_tensor(text)})

    @classmethod
    def from_bytes(cls, data: bytes) -> TrainingPictures:
        """The inverse of `to_bytes`, of a file whose hash was checked."""
        tensors = safetensors.torch.load(data)
        told, packed = json.loads(_as_bytes(tensors.pop("records"))), _as_bytes(tensors.pop("packed"))
        products = tuple(Product(*fields) for fields in told["products"])
        numbers = {name: tensor.float() for name, tensor in tensors.items()}
        return cls(tuple(told["names"]), tuple(told["product"]), products, packed=packed, **numbers)


def of_model(model: Model, context: Context) -> TrainingPictures | None:
    """The training pictures that a model was published with; None where nothing is known of them."""

    def read() -> TrainingPictures | None:
        data = model.beside.read(FILE)
        return None if data is None else TrainingPictures.from_bytes(data)

    return context.kept((FILE, model.name, model.sha256), read)


def cropped(rgb: Tensor, cover: Tensor, size_px: int) -> Tensor:
    """The product alone in a square with a small margin, (1, 3, size_px, size_px), on white.

    Args:
        rgb: (1, 3, H, W) in [0, 1], on white.
        cover: (1, 1, H, W); where it is empty the whole picture counts.
    """
    height, width = rgb.shape[2:]
    box = box_of(cover) or Box(0, 0, width, height)
    side = math.ceil(max(box.width, box.height) * (1 + 2 * _MARGIN))
    left, top = (round((a + b - side) / 2) for a, b in ((box.left, box.right), (box.top, box.bottom)))
    # Negative padding cuts off, so one call does both.
    square = F.pad(rgb, (-left, left + side - width, -top, top + side - height), value=1.0)
    return resize(square, size_px, size_px)


def described(products: Tensor) -> Tensor:
    """Descriptions (N, C) of products (N, 3, `SEEN_PX`, `SEEN_PX`): gradients' directions by cell, and colors."""
    ycc = to_ycc(products)
    y = F.pad(ycc[:, :1], (1, 1, 1, 1), mode="replicate")
    across, down = (y[:, 0, 1:-1, 2:] - y[:, 0, 1:-1, :-2]) / 2, (y[:, 0, 2:, 1:-1] - y[:, 0, :-2, 1:-1]) / 2
    strength = (across.square() + down.square() + 1e-12).sqrt()
    place = torch.atan2(down, across).remainder(math.pi) / math.pi * _DIRECTIONS
    first = place.floor()
    share, first = place - first, first.long() % _DIRECTIONS
    votes = torch.zeros(len(y), _DIRECTIONS, *strength.shape[1:])
    votes.scatter_add_(1, first[:, None], (strength * (1 - share))[:, None])
    votes.scatter_add_(1, ((first + 1) % _DIRECTIONS)[:, None], (strength * share)[:, None])
    shape = F.normalize(F.avg_pool2d(votes, _CELL_PX).sqrt().flatten(1), dim=1)
    colors = F.adaptive_avg_pool2d(ycc, _COLORS).flatten(1) * (_COLOR_WEIGHT / _COLORS)
    return torch.cat([shape, colors], 1)


def packed(thumbnails: Sequence[Tensor]) -> bytes:
    """Thumbnails (1, 3, T, T) in [0, 1] in rows on one WebP, as of `TrainingPictures.packed`."""
    columns = math.ceil(math.sqrt(len(thumbnails)))
    missing = -len(thumbnails) % columns
    cells = torch.cat([*thumbnails, torch.ones(missing, 3, THUMBNAIL_PX, THUMBNAIL_PX)])  # (rows * columns, 3, T, T)
    rows = cells.reshape(-1, columns, 3, THUMBNAIL_PX, THUMBNAIL_PX).permute(0, 3, 1, 4, 2)  # (rows, T, columns, T, 3)
    levels = (rows.reshape(-1, columns * THUMBNAIL_PX, 3) * 255).round().to(torch.uint8)
    file = io.BytesIO()
    Image.fromarray(levels.numpy()).save(file, "webp", quality=_QUALITY, method=6)
    return file.getvalue()


def _as_tensor(data: bytes) -> Tensor:
    return torch.frombuffer(bytearray(data), dtype=torch.uint8)


def _as_bytes(tensor: Tensor) -> bytes:
    return tensor.numpy().tobytes()
