"""Unnamed directions of w: SeFa from the weights, PCA from the styles; moving, saving, loading.

They ask no more of a network than what `Directed` says.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal, Protocol, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.errors import InputError
from gan.core.files import write_atomic

Kind = Literal["sefa", "pca", "saved"]

LAYERS_PER_BLOCK: Final = 2
MAX_NAME: Final = 80
MAX_FILE_MB: Final = 16
FORMAT: Final = "packshot-directions-1"

SEFA_PER_LEVEL: Final = 4
PRINCIPAL: Final = 6
SAMPLES: Final = 1024
LEAST_SPREAD: Final = 1e-4
"""Principal directions along which w differs less than this, against the first, are noise of the arithmetic."""
SEFA_UNIT: Final = 0.3
"""Amount 1 along a closed-form direction, in root mean square distances of w from its category's mean."""


class Directed(Protocol):
    """A network with styles: `draw` gives z (latent,) and attributes (A,) of a category, `map` makes batches of both
    into styles (N, layers, style), and `style_weights` are the maps (channels, style) from w into each layer."""

    @property
    def config(self) -> Any: ...
    def draw(self, category: int, generator: torch.Generator) -> tuple[Tensor, Tensor]: ...
    def map(self, z: Tensor, attributes: Tensor, category: Tensor) -> Tensor: ...
    def style_weights(self) -> list[Tensor]: ...


@dataclass(frozen=True, kw_only=True)
class Direction:
    """A direction in w, and the layers it applies to. A frozen value: rename it with `dataclasses.replace`.

    Attributes:
        name: 1 to 80 printable characters.
        kind: where it came from.
        vector: (style,), finite and not zero.
        layers: first layer, and the one behind the last.
        unit: how far amount 1 goes, in lengths of `vector`; positive.

    Raises:
        InputError: a value outside these.
    """

    name: str
    kind: Kind
    vector: tuple[float, ...]
    layers: tuple[int, int]
    unit: float = 1.0

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > MAX_NAME or not self.name.isprintable():
            raise InputError(
                "name",
                "a name of {length} characters",
                "1 to {most} printable characters are allowed",
                "Choose another",
                length=len(self.name),
                most=MAX_NAME,
            )
        first, last = self.layers
        way = all(map(math.isfinite, self.vector)) and any(self.vector)
        if self.kind not in get_args(Kind) or not way or not 0 <= first < last or not 0 < self.unit < math.inf:
            raise InputError(
                "direction",
                'the direction "{name}" has no effect',
                "finite numbers, a positive unit and at least one layer are needed",
                "Choose another",
                name=self.name,
            )

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Direction:
        """The inverse of `dataclasses.asdict` by way of JSON.

        Raises:
            InputError: it is no direction.
        """
        try:
            first, last = record["layers"]
            if not isinstance(record["name"], str) or not all(isinstance(layer, int) for layer in (first, last)):
                raise TypeError
            return cls(
                name=record["name"],
                kind=record["kind"],
                vector=tuple(float(number) for number in record["vector"]),
                layers=(first, last),
                unit=float(record["unit"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError):
            raise _damaged() from None


def layer_ranges(layers: int) -> dict[str, tuple[int, int]]:
    """Style layers of pose and outline, of parts, and of colors: first layer, and the one behind the last.

    Coarse are the first two blocks, middle the next two, fine the others (StyleGAN, arXiv 1812.04948, section 3.1).
    The three are disjoint and together all layers; of a small network the later ones are empty.
    """
    coarse, middle = min(2 * LAYERS_PER_BLOCK, layers), min(4 * LAYERS_PER_BLOCK, layers)
    return {"coarse": (0, coarse), "middle": (coarse, middle), "fine": (middle, layers)}


def sefa(weights: Sequence[Tensor], count: int) -> Tensor:
    """The directions of w that change styles most, in closed form (SeFa, arXiv 2007.06600, equation 6).

    Every channel's row is scaled to length 1 first, so that no channel counts for more than another.

    Args:
        weights: (channels, style) of each selected layer, `network.style_weights()[first:last]`.
        count: how many, 1 to style.

    Returns:
        (count, style), orthonormal, the strongest first; of each the component that is largest in size is positive.

    Raises:
        InputError: no layer, or `count` outside its range.
    """
    if not weights:
        raise InputError("layers", "0", "at least one layer is needed", "Choose more layers")
    rows = F.normalize(torch.cat([weight.detach().double() for weight in weights]), dim=1)  # (channels of all, style)
    _check_count(count, rows.shape[1])
    _, vectors = _strongest(rows.T @ rows, count)
    return vectors.to(weights[0])


def principal(w: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The directions in which styles differ most (GANSpace, arXiv 2004.02546, section 2.1).

    Args:
        w: (N, style), N >= 2; a few thousand samples are enough.
        count: how many, 1 to style.

    Returns:
        directions (count, style), orthonormal, signs as in `sefa`; standard deviations (count,) of w along them,
        falling.

    Raises:
        InputError: fewer than 2 samples, or `count` outside its range.
    """
    if len(w) < 2:
        raise InputError("samples", "{count}", "at least {least} are needed", "Use more samples", count=len(w), least=2)
    _check_count(count, w.shape[1])
    spread = w.detach().double()
    spread = spread - spread.mean(0)
    values, vectors = _strongest(spread.T @ spread / (len(w) - 1), count)
    return vectors.to(w), values.clamp(min=0).sqrt().to(w)


@torch.no_grad()
def directions_of(network: Directed) -> list[Direction]:
    """Four closed-form directions for each range of layers that is not empty, then six principal ones for all layers.

    Products of every category are drawn with fixed seeds, and each category's mean is taken off: what tells a chair
    from a table is no direction to go. So the same network has the same directions.
    """
    config, weights = network.config, network.style_weights()
    share = max(SAMPLES // len(config.categories), 2)
    w = torch.cat([_spread(network, category, share) for category in range(len(config.categories))])
    # A network that always makes the same product has no measure of its own.
    unit = SEFA_UNIT * float(w.square().sum(1).mean().sqrt()) or 1.0
    found = [
        Direction(name=f"SeFa {level} {number}", kind="sefa", vector=tuple(vector), layers=layers, unit=unit)
        for level, layers in layer_ranges(config.layers).items()
        if layers[0] < layers[1]
        for number, vector in enumerate(sefa(weights[slice(*layers)], min(SEFA_PER_LEVEL, config.width)).tolist(), 1)
    ]
    vectors, deviations = principal(w, min(PRINCIPAL, config.width))
    return found + [
        Direction(name=f"PCA {number}", kind="pca", vector=tuple(vector), layers=(0, config.layers), unit=deviation)
        for number, (vector, deviation) in enumerate(zip(vectors.tolist(), deviations.tolist(), strict=True), 1)
        if deviation > LEAST_SPREAD * deviations[0]
    ]


def move(w: Tensor, direction: Direction, amount: float) -> Tensor:
    """Move `amount` units along a direction, in its layers only.

    Args:
        w: (N, layers, style).

    Returns:
        A new tensor of the same shape; the other layers are equal bit for bit.

    Raises:
        InputError: the direction belongs to a network of another size.
    """
    first, last = direction.layers
    layers, style = w.shape[1:]
    if last > layers or len(direction.vector) != style:
        raise InputError(
            "direction",
            "{own} numbers for the layers up to {last}",
            "this model has {style} for {layers} layers",
            "Choose a direction of this model",
            own=len(direction.vector),
            last=last,
            style=style,
            layers=layers,
        )
    moved = w.clone(memory_format=torch.contiguous_format)
    moved[:, first:last] += amount * direction.unit * torch.tensor(direction.vector, dtype=w.dtype, device=w.device)
    return moved


def save(path: Path, directions: Sequence[Direction], model: str, sha256: str) -> None:
    """Write directions as JSON, with the model that they belong to.

    Args:
        model: its name, for people.
        sha256: of its weights, for `load`.

    Raises:
        OSError: the file cannot be written.
    """
    content = {"format": FORMAT, "model": model, "sha256": sha256, "directions": [asdict(item) for item in directions]}
    write_atomic(path, json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False).encode())


def load(source: Path | bytes, sha256: str) -> list[Direction]:
    """Read what `save` wrote.

    Args:
        source: a file, or its content.
        sha256: of the weights that the directions are for.

    Raises:
        InputError: the file is missing, too large, damaged, or belongs to other weights.
    """
    content = _content(source)
    if content.get("sha256") != sha256:
        raise InputError(
            "directions",
            "they belong to the model {name}, {found}...",
            "directions of the loaded model, {expected}..., are expected",
            "Choose another file, or the model that it belongs to",
            name=str(content.get("model"))[:MAX_NAME],
            found=str(content.get("sha256"))[:12],
            expected=sha256[:12],
        )
    if not isinstance(content.get("directions"), list):
        raise _damaged()
    return [Direction.from_record(record) for record in content["directions"]]


def _spread(network: Directed, category: int, count: int) -> Tensor:
    """Styles (count, style) of a category's products, less their mean, on the network's device."""
    generator = torch.Generator().manual_seed(category)
    drawn = [network.draw(category, generator) for _ in range(count)]
    z, attributes = torch.stack([z for z, _ in drawn]), torch.stack([known for _, known in drawn])
    w = network.map(z, attributes, torch.full((count,), category, device=z.device))[:, 0].float()
    return w - w.mean(0)


def _strongest(symmetric: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The largest eigenvalues (count,) and their vectors (count, n); `eigh` gives them rising, in columns."""
    values, vectors = torch.linalg.eigh(symmetric)
    rows = vectors.flip(1).T[:count]
    largest = rows.gather(1, rows.abs().argmax(1, keepdim=True))
    return values.flip(0)[:count], rows * largest.sign()


def _check_count(count: int, style: int) -> None:
    if not 1 <= count <= style:
        raise InputError(
            "count", "{count}", "1 to {most} is allowed", "Choose a number in this range", count=count, most=style
        )


def _content(source: Path | bytes) -> Mapping[str, Any]:
    if isinstance(source, Path):
        if not source.is_file():
            raise InputError(
                "directions", "there is no file {name}", "a saved file is needed", "Check the path", name=source.name
            )
        with source.open("rb") as file:
            source = file.read(MAX_FILE_MB * 2**20 + 1)
    if len(source) > MAX_FILE_MB * 2**20:
        raise InputError(
            "directions",
            "the file has more than {most} MB",
            "a saved file is needed",
            "Choose another file",
            most=MAX_FILE_MB,
        )
    try:
        content = json.loads(source)
    # A text nested a thousand deep ends the reader's recursion.
    except (ValueError, RecursionError):
        raise _damaged() from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _damaged()
    return content


def _damaged() -> InputError:
    return InputError("directions", "the file is damaged", "a saved file is needed", "Choose another file")
