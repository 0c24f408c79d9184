"""Directions: orthonormal, found again where they were hidden, moved in their layers only, refused where they are not
the model's own."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from gan.core.errors import InputError
from gan.generate.directions import (
    Direction,
    directions_of,
    layer_ranges,
    load,
    move,
    principal,
    save,
    sefa,
)
from gan.generate.network import GenerateConfig, GenerateNet

SHA = "0123456789abcdef" * 4


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def some(**changes: object) -> Direction:
    fields = {"name": "wider seat", "kind": "sefa", "vector": (0.6, 0.0, -0.8), "layers": (1, 3), "unit": 2.0}
    return Direction(**{**fields, **changes})


def test_both_kinds_are_orthonormal_with_a_positive_largest_component() -> None:
    for rows in (sefa([normal(7, 12), normal(20, 12, seed=1)], 12), principal(normal(40, 12), 12)[0]):
        torch.testing.assert_close(rows @ rows.T, torch.eye(12), atol=1e-5, rtol=0)
        assert (rows.gather(1, rows.abs().argmax(1, keepdim=True)) > 0).all()


def test_sefa_equals_the_singular_vectors_of_the_normalised_weights() -> None:
    weights = [normal(6, 5), 3 * normal(9, 5, seed=1)]
    stacked = torch.cat(weights)
    _, _, right = torch.linalg.svd(stacked / stacked.norm(dim=1, keepdim=True))
    agreement = (sefa(weights, 3) * right[:3]).sum(1).abs()
    torch.testing.assert_close(agreement, torch.ones(3), atol=1e-5, rtol=0)


def test_sefa_finds_the_axis_that_most_channels_read_whatever_their_scale() -> None:
    axes = torch.eye(4)
    reading = torch.stack([axes[2], 0.01 * axes[2], axes[2], 100 * axes[1], axes[1], axes[0]])
    torch.testing.assert_close(sefa([reading], 3), axes[[2, 1, 0]], atol=1e-6, rtol=0)


def test_a_channel_that_reads_nothing_is_no_number_short() -> None:
    assert sefa([torch.cat([normal(5, 3), torch.zeros(1, 3)])], 2).isfinite().all()


def test_principal_finds_hidden_axes_and_their_deviations() -> None:
    basis = torch.linalg.qr(normal(6, 6)).Q
    spread = torch.tensor([4.0, 2.0, 1.0, 0.1, 0.1, 0.1])
    w = 5 + (normal(20_000, 6, seed=1) * spread) @ basis.T
    directions, deviations = principal(w, 3)
    torch.testing.assert_close((directions @ basis[:, :3]).abs(), torch.eye(3), atol=0.03, rtol=0)
    torch.testing.assert_close(deviations, spread[:3], atol=0, rtol=0.03)


def test_principal_of_two_samples_is_the_way_between_them() -> None:
    directions, deviations = principal(torch.tensor([[0.0, 0.0], [3.0, 4.0]]), 2)
    torch.testing.assert_close(directions[0], torch.tensor([0.6, 0.8]))
    torch.testing.assert_close(deviations, torch.tensor([5 / math.sqrt(2), 0.0]), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("count", [0, -1, 5])
def test_a_count_outside_the_style_is_refused(count: int) -> None:
    with pytest.raises(InputError, match="1 to 4"):
        sefa([normal(8, 4)], count)
    with pytest.raises(InputError, match="1 to 4"):
        principal(normal(8, 4), count)


def test_too_little_to_look_at_is_refused() -> None:
    with pytest.raises(InputError, match="at least one layer"):
        sefa([], 1)
    with pytest.raises(InputError, match="at least 2"):
        principal(normal(1, 4), 1)


@pytest.mark.parametrize("layers", range(1, 17))
def test_ranges_partition_the_layers(layers: int) -> None:
    ranges = layer_ranges(layers)
    assert list(ranges) == ["coarse", "middle", "fine"]
    assert [layer for first, last in ranges.values() for layer in range(first, last)] == list(range(layers))


def test_ranges_follow_the_blocks() -> None:
    assert layer_ranges(12) == {"coarse": (0, 4), "middle": (4, 8), "fine": (8, 12)}
    assert layer_ranges(1) == {"coarse": (0, 1), "middle": (1, 1), "fine": (1, 1)}


def test_moving_adds_units_of_the_vector_in_the_directions_layers_only() -> None:
    w = normal(2, 5, 3)
    before = w.clone()
    moved = move(w, some(), -1.5)
    assert torch.equal(w, before)
    assert torch.equal(moved[:, [0, 3, 4]], w[:, [0, 3, 4]])
    step = -1.5 * 2.0 * torch.tensor([0.6, 0.0, -0.8])
    torch.testing.assert_close(moved[:, 1:3] - w[:, 1:3], step.expand(2, 2, 3))


def test_styles_that_share_memory_move_apart() -> None:
    shared = normal(2, 1, 3).expand(-1, 4, -1)
    moved = move(shared, some(), 1.0)
    assert torch.equal(moved[:, 0], shared[:, 0])
    assert not torch.equal(moved[:, 1], shared[:, 1])


@pytest.mark.parametrize("shape", [(1, 2, 3), (1, 5, 4)])
def test_a_direction_of_another_network_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="3 numbers for the layers up to 3"):
        move(torch.zeros(shape), some(), 1.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "  "},
        {"name": "a" * 81},
        {"name": "two\nlines"},
        {"kind": "other"},
        {"vector": ()},
        {"vector": (0.0, 0.0)},
        {"vector": (math.nan, 1.0)},
        {"layers": (2, 2)},
        {"layers": (-1, 2)},
        {"unit": 0.0},
        {"unit": math.inf},
    ],
)
def test_a_direction_that_leads_nowhere_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(InputError):
        some(**changes)


def test_saving_loading_and_renaming(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    renamed = dataclasses.replace(some(vector=(0.1, 1 / 3, -1e-9)), name="更宽")
    save(path, [renamed, some(kind="pca")], "chairs", SHA)
    assert load(path, SHA) == load(path.read_bytes(), SHA) == [renamed, some(kind="pca")]


def test_another_models_directions_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    save(path, [some()], "chairs", SHA)
    with pytest.raises(InputError, match=r"they belong to the model chairs, 0123456789ab\.\.\."):
        load(path, "f" * 64)


def _saved(**changes: object) -> bytes:
    record = {**dataclasses.asdict(some()), **changes}
    return json.dumps({"format": "packshot-directions-1", "model": "m", "sha256": SHA, "directions": [record]}).encode()


def test_the_file_that_the_next_test_breaks_is_whole() -> None:
    assert load(_saved(), SHA) == [some()]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"[]",
        b"{}",
        b"[" * 100_000,
        json.dumps({"format": "packshot-directions-1", "sha256": SHA, "directions": {}}).encode(),
        json.dumps({"format": "packshot-directions-1", "sha256": SHA}).encode(),
        json.dumps({"format": "packshot-directions-1", "sha256": SHA, "directions": [7]}).encode(),
        _saved()[:-9],
        _saved(name=7),
        _saved(kind=[]),
        _saved(vector="abc"),
        _saved(vector=[None]),
        _saved(vector=[math.nan]),
        _saved(vector=[10**400]),
        _saved(layers=[1]),
        _saved(layers=[0.5, 2]),
        _saved(unit="far"),
    ],
)
def test_broken_files_are_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        load(content, SHA)


def test_missing_and_huge_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no file gone\.json"):
        load(tmp_path / "gone.json", SHA)
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(17 * 2**20)
    with pytest.raises(InputError, match="more than 16 MB"):
        load(huge, SHA)


class Toy:
    """Styles that differ along known axes, around a mean that is the category's."""

    def __init__(self, layers: int, spread: tuple[float, ...]) -> None:
        self.config = SimpleNamespace(categories=("bed", "chair"), layers=layers, width=len(spread))
        self.spread = torch.tensor(spread)

    def draw(self, category: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        return torch.randn(len(self.spread), generator=generator), torch.zeros(0)

    def map(self, z: Tensor, attributes: Tensor, category: Tensor) -> Tensor:
        w = z * self.spread + 100 * category[:, None]
        return w[:, None].expand(-1, self.config.layers, -1)

    def style_weights(self) -> list[Tensor]:
        return [normal(6, self.config.width, seed=layer) for layer in range(self.config.layers)]


def test_a_networks_directions_are_those_of_its_layers_and_not_of_its_categories() -> None:
    network = Toy(10, (3.0, 1.0, 0.0, 2.0, 0.5, 0.25, 0.1))
    found = directions_of(network)
    assert found == directions_of(network)
    assert [d.name for d in found if d.kind == "pca"] == [f"PCA {number}" for number in range(1, 7)]
    assert [d.layers for d in found if d.kind == "sefa"] == [(0, 4)] * 4 + [(4, 8)] * 4 + [(8, 10)] * 4
    first = next(d for d in found if d.kind == "pca")
    assert first.layers == (0, 10)
    assert abs(first.vector[0]) > 0.99  # the spread of 3; across categories it would be the diagonal
    assert first.unit == pytest.approx(3.0, rel=0.1)
    fine = torch.tensor([d.vector for d in found if d.layers == (8, 10)])
    torch.testing.assert_close(fine, sefa(network.style_weights()[8:], 4))


def test_a_classical_network_has_coarse_directions_and_no_dead_ones() -> None:
    found = directions_of(Toy(1, (1.0, 0.0, 2.0)))
    assert [(d.kind, d.layers) for d in found] == [("sefa", (0, 1))] * 3 + [("pca", (0, 1))] * 2
    assert directions_of(Toy(1, (0.0, 0.0)))  # nothing differs, and still nothing fails


def test_the_strong_networks_directions_move_its_pictures() -> None:
    torch.manual_seed(0)
    config = GenerateConfig(
        resolution=32,
        categories=("bed", "chair"),
        attributes=("lightness",),
        latent=16,
        style=8,
        encoder_px=16,
        code_px=4,
        channels_base=64,
        channels_max=8,
        members=6,
    )
    network = GenerateNet(config).requires_grad_(False).eval()
    network.member_z.copy_(normal(6, 16))
    network.member_category[3:] = 1
    found = directions_of(network)
    assert {d.kind for d in found} == {"sefa", "pca"}
    w = network.map(normal(1, 16), torch.zeros(1, 1), torch.tensor([0]))
    still = network.synthesize(w)
    for direction in found:
        assert torch.equal(network.synthesize(move(w, direction, 0.0)), still)
        assert (network.synthesize(move(w, direction, 1.0)) - still).abs().max() > 1e-4
