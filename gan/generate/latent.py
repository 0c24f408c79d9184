"""Latent: everything a network needs to reproduce a picture, as plain numbers for a record or a file."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
from pydantic import InstanceOf, WrapValidator
from pydantic_core.core_schema import ValidatorFunctionWrapHandler
from torch import Tensor

from gan.core.errors import InputError
from gan.core.files import write_atomic
from gan.limits import MAX_LATENTS, MAX_NUMBERS, MAX_SAVED_BYTES


@dataclass(frozen=True, kw_only=True)
class Latent:
    """A point in one network's latent space.

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
            if sum(map(len, (record["z"], record["attributes"], *record.get("offsets", ())))) > MAX_NUMBERS:
                raise ValueError("more numbers than any network has")
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
                "these numbers are not a latent",
                "a latent saved by Packshot Studio is expected",
                "Save the latent again from the Generate tab",
            ) from error

    def tensors(self) -> tuple[Tensor, Tensor, Tensor | None]:
        """z (latent,), attributes (A,), offsets (layers, style) or None; float32."""
        offsets = torch.tensor(self.offsets) if self.offsets else None
        return torch.tensor(self.z), torch.tensor(self.attributes), offsets


def _latent(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    return Latent.from_record(value) if isinstance(value, Mapping) else handler(value)


LatentRecord = Annotated[InstanceOf[Latent], WrapValidator(_latent)]
"""The field of a request that holds a latent, or its record."""


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
        records = list(json.loads(_content(source))["latents"])
        if len(records) > MAX_LATENTS:
            raise ValueError("more latents than are saved in one file")
    # A text nested a thousand deep ends the reader's recursion.
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        name = "the file" if isinstance(source, bytes) else Path(source).name
        raise InputError(
            "latent",
            "{name} contains no latents",
            "a JSON file saved by Packshot Studio is expected",
            "Choose another file",
            name=name,
        ) from error
    return tuple(Latent.from_record(record) for record in records)


def _content(source: Path | str | bytes) -> bytes:
    if isinstance(source, bytes):
        data = source
    else:
        with Path(source).open("rb") as file:
            data = file.read(MAX_SAVED_BYTES + 1)
    if len(data) > MAX_SAVED_BYTES:
        raise ValueError("larger than what is saved")
    return data


def _numbers(values: Iterable[Any]) -> tuple[float, ...]:
    numbers = tuple(float(value) for value in values)
    if not all(map(math.isfinite, numbers)):
        raise ValueError("not finite")
    return numbers
