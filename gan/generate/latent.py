"""A latent: all that a network needs to draw one picture again, as plain numbers that a record and a file can hold."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan.core.errors import InputError
from gan.core.files import write_atomic


@dataclass(frozen=True, kw_only=True)
class Latent:
    """A point of one network's latent space.

    Attributes:
        z: what is neither category nor measurable.
        attributes: the measured inputs, in the network's order.
        category: name.
        offsets: what a projection adds to w, layer by layer; empty for none.
        truncation: how far from its category's mean it was drawn, 0 to 1; it comes back as it looked.
        model: name of the network.
        sha256: of its weights; another network's latents mean nothing to it.
    """

    z: tuple[float, ...]
    attributes: tuple[float, ...]
    category: str
    offsets: tuple[tuple[float, ...], ...] = ()
    truncation: float = 1.0
    model: str = ""
    sha256: str = ""

    @classmethod
    def of(cls, z: Tensor, attributes: Tensor, category: str, *, offsets: Tensor | None = None) -> Latent:
        """From tensors (latent,), (A,) and (layers, style)."""
        rows = () if offsets is None else tuple(tuple(row) for row in offsets.tolist())
        return cls(z=tuple(z.tolist()), attributes=tuple(attributes.tolist()), category=category, offsets=rows)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Latent:
        """The inverse of `dataclasses.asdict` by way of JSON.

        Raises:
            InputError: it is no latent.
        """
        try:
            return cls(
                z=_numbers(record["z"]),
                attributes=_numbers(record["attributes"]),
                category=str(record["category"]),
                offsets=tuple(_numbers(row) for row in record.get("offsets", ())),
                truncation=_numbers([record.get("truncation", 1.0)])[0],
                model=str(record.get("model", "")),
                sha256=str(record.get("sha256", "")),
            )
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
            raise InputError(
                "latent",
                "these numbers are no latent",
                "what Packshot Studio saved is expected",
                "Save the latent again from the Generate tab",
            ) from error

    def tensors(self) -> tuple[Tensor, Tensor, Tensor | None]:
        """z (latent,), attributes (A,), offsets (layers, style) or None; float32."""
        offsets = torch.tensor(self.offsets) if self.offsets else None
        return torch.tensor(self.z), torch.tensor(self.attributes), offsets


def save(path: Path, latents: tuple[Latent, ...]) -> None:
    """Write latents as JSON."""
    write_atomic(path, to_json(latents).encode())


def to_json(latents: tuple[Latent, ...]) -> str:
    return json.dumps({"latents": [dataclasses.asdict(latent) for latent in latents]}) + "\n"


def load(source: Path | str | bytes) -> tuple[Latent, ...]:
    """Read what `save` wrote.

    Raises:
        InputError: the file is missing, is no JSON, or holds no latents.
    """
    try:
        text = source if isinstance(source, bytes) else Path(source).read_bytes()
        records = list(json.loads(text)["latents"])
    # A text nested a thousand deep ends the reader's recursion.
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        name = "the file" if isinstance(source, bytes) else Path(source).name
        raise InputError(
            "latent",
            "{name} holds no latents",
            "a JSON file saved by Packshot Studio is expected",
            "Choose another file",
            name=name,
        ) from error
    return tuple(Latent.from_record(record) for record in records)


def _numbers(values: Iterable[Any]) -> tuple[float, ...]:
    numbers = tuple(float(value) for value in values)
    if not all(map(math.isfinite, numbers)):
        raise ValueError("not finite")
    return numbers
