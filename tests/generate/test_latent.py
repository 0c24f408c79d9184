"""Latents as numbers: every bit survives a file, and what is no latent is refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from gan.core.errors import InputError
from gan.generate.latent import Latent, load, save, to_json


def _latent(offsets: bool = True) -> Latent:
    generator = torch.Generator().manual_seed(0)
    z, attributes, rows = (torch.randn(shape, generator=generator) for shape in ((8,), (10,), (6, 16)))
    made = Latent.of(z, attributes, "椅子", offsets=rows if offsets else None)
    return dataclasses.replace(made, model="generate-catalogue", sha256="ab" * 32)


@pytest.mark.parametrize("offsets", [True, False])
def test_a_file_keeps_every_bit(tmp_path: Path, offsets: bool) -> None:
    latent = _latent(offsets)
    save(tmp_path / "deep/a.json", (latent, _latent()))
    for source in (tmp_path / "deep/a.json", str(tmp_path / "deep/a.json"), to_json((latent, _latent())).encode()):
        back = load(source)
        assert back == (latent, _latent())
    for a, b in zip(latent.tensors(), back[0].tensors(), strict=True):
        assert (a is None and b is None) or torch.equal(a, b)  # type: ignore[arg-type]
    assert (latent.tensors()[2] is not None) == offsets


def test_no_latents_are_no_latents(tmp_path: Path) -> None:
    save(tmp_path / "a.json", ())
    assert load(tmp_path / "a.json") == ()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no JSON",
        b"\xff\xfe\x00",
        b"[]",
        b"{}",
        b"5",
        b'{"latents": 5}',
        b'{"latents": null}',
        b'{"latents": [5]}',
        b'{"latents": {"a": 1}}',
        b'{"latents": [{"z": [1]}]}',
        b'{"latents": [{"z": "ab", "attributes": [], "category": "c"}]}',
        b'{"latents": [{"z": [NaN], "attributes": [], "category": "c"}]}',
        b'{"latents": [{"z": [1], "attributes": [Infinity], "category": "c"}]}',
        b'{"latents": [{"z": [1], "attributes": [], "category": "c", "offsets": [5]}]}',
        b'{"latents": [{"z": [1], "attributes": [], "category": "c", "offsets": [["x"]]}]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_latent_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="latent"):
        load(content)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.json holds no latents"):
        load(tmp_path / "none.json")


@pytest.mark.parametrize("record", [{}, None, [], {"z": None, "attributes": [], "category": ""}])
def test_a_record_that_is_no_latent_is_refused(record: Any) -> None:
    with pytest.raises(InputError, match="no latent"):
        Latent.from_record(record)


def test_a_record_is_the_dataclass_by_way_of_json() -> None:
    latent = _latent()
    assert Latent.from_record(json.loads(json.dumps(dataclasses.asdict(latent)))) == latent
