"""Damaged manifests and configs are one sentence each, whatever is wrong with them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from gan.api import Studio
from gan.core.errors import ConfigError, WeightsError
from gan.models.manifest import MANIFEST_FILE, Manifest
from gan.models.weights import network_config

NESTED = "[" * 100_000


@pytest.fixture
def weights(tiny_weights: Path, tmp_path: Path) -> Path:
    shutil.copytree(tiny_weights, tmp_path / "weights")
    return tmp_path / "weights"


def records(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / MANIFEST_FILE).read_text("utf-8"))
    return found


@pytest.mark.parametrize(
    "content",
    [
        NESTED,
        "[1, 2]",
        "7",
        "null",
        '["a"]',
        "{",
        '[{"name": "x"}]',
        pytest.param("\x00", id="zero"),
    ],
)
def test_a_damaged_manifest_is_told(content: str, weights: Path) -> None:
    (weights / MANIFEST_FILE).write_text(content)
    with pytest.raises(WeightsError, match=r"weights: weights/manifest.json cannot be read"):
        Manifest.read(weights)


@pytest.mark.parametrize(
    ("field", "value"),
    [("sha256", 7), ("name", None), ("path", ["x"]), ("bytes", "many"), ("parameters", True), ("metrics", 3)],
)
def test_a_field_of_another_type_is_told(field: str, value: object, weights: Path) -> None:
    changed = [{**record, field: value} for record in records(weights)]
    (weights / MANIFEST_FILE).write_text(json.dumps(changed))
    with pytest.raises(WeightsError, match=f"{field} is "):
        Manifest.read(weights)


@pytest.mark.parametrize(
    "network",
    [
        {"scale": 2, "channels": 10**9, "blocks": 1, "unshuffle": 2},
        {"scale": 2, "channels": 4, "blocks": 10**6, "unshuffle": 2},
        {"scale": 2, "channels": 1e300, "blocks": 1, "unshuffle": 2},
        {"scale": 2, "channels": -4, "blocks": 1, "unshuffle": 2},
        {"scale": 0, "channels": 4, "blocks": 1, "unshuffle": 0},
        {"scale": 2, "channels": "4", "blocks": 1, "unshuffle": 2},
        {"scale": 2, "channels": [4], "blocks": None, "unshuffle": 2},
        {"nonsense": 1},
        {"scale": 2, "channels": 4, "blocks": list(range(10_000)), "unshuffle": 2},
    ],
)
def test_a_config_that_fits_no_network_is_told(network: dict[str, Any], weights: Path) -> None:
    path = weights / "enhance-x2" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "network": network}))
    with pytest.raises((WeightsError, ConfigError)):
        Studio("cpu", weights).load("enhance-x2")


def test_a_config_nested_a_thousand_deep_is_told(weights: Path) -> None:
    (weights / "enhance-x2" / "config.json").write_text(NESTED)
    with pytest.raises(WeightsError, match=r"enhance-x2/config.json is damaged"):
        network_config("enhance-x2", weights)


def test_what_is_published_is_read(weights: Path) -> None:
    assert Studio("cpu", weights).load("enhance-x2").name == "enhance-x2"
    assert len(Manifest.read(weights).records) == len(records(weights)) > 3
