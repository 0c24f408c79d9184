"""What surrounds the network: crops, levels, colours that meet, grounds that stay."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from gan.core.contract import Context, Model
from gan.inpaint.filling import Box, fill, holes
from gan.inpaint.network import PLANES


class _Offset(nn.Module):
    """A network that fills with the smooth fill and is wrong by a constant everywhere; it counts its calls."""

    def __init__(self, offset: float = 0.0) -> None:
        super().__init__()
        self.offset = offset
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(x)
        return x[:, :3] + self.offset


def _filled(rgb: Tensor, hole: Tensor, network: nn.Module, box: Box, **fields: object) -> Tensor:
    model = Model("m", "0" * 64, network, task="inpaint", multiple=32, context_px=48, **fields)  # type: ignore[arg-type]
    shares: list[float] = []
    made = fill(rgb, hole, box, model, model, Context(torch.device("cpu"), lambda _: model), shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    return made


def _hole(height_px: int, width_px: int, *boxes: Box) -> Tensor:
    hole = torch.zeros(1, 1, height_px, width_px, dtype=torch.bool)
    for box in boxes:
        box.of(hole).fill_(True)
    return hole


def test_holes_far_apart_have_crops_of_their_own() -> None:
    near, far = (Box(10, 10, 20, 20), Box(25, 10, 30, 20)), Box(300, 400, 310, 404)
    assert holes(_hole(400, 500, *near, far), 48) == [Box(10, 10, 30, 20), far]
    assert holes(_hole(400, 500), 48) == []


def test_many_specks_become_few_crops() -> None:
    specks = [Box(y, x, y + 2, x + 2) for y in range(0, 200, 20) for x in range(0, 200, 20)]
    assert len(holes(_hole(400, 500, *specks), 48)) == 1


def test_a_small_hole_is_filled_in_one_call_at_its_own_size() -> None:
    network, box = _Offset(), Box(100, 100, 120, 130)
    rgb = torch.rand(1, 3, 400, 400, generator=torch.Generator().manual_seed(0))
    made = _filled(rgb, _hole(400, 400, box), network, box)
    assert made.shape == (1, 3, 20, 30)
    (seen,) = network.seen
    assert seen.shape[1] == PLANES
    assert max(seen.shape[2:]) <= 192


def test_a_large_hole_goes_through_several_levels_and_keeps_a_ramp() -> None:
    """With a network that changes nothing, a ramp of light over the whole picture is continued at every level."""
    network, box = _Offset(), Box(100, 120, 420, 440)
    rgb = torch.linspace(0.2, 0.8, 560)[None, None, None, :].expand(1, 3, 540, 560).contiguous()
    hole = _hole(540, 560, box)
    made = _filled(rgb.masked_fill(hole, 1.0), hole, network, box)
    assert {float(seen[:, -1].max()) for seen in network.seen} == {1.0, 0.5}
    assert (made - box.of(rgb)).abs().max() < 0.03


def test_a_step_at_the_edge_is_taken_away() -> None:
    network, box = _Offset(0.1), Box(40, 40, 60, 70)
    rgb = torch.full((1, 3, 120, 130), 0.5)
    rgb += 0.01 * torch.rand(rgb.shape, generator=torch.Generator().manual_seed(0))
    made = _filled(rgb, _hole(120, 130, box), network, box)
    assert (made - 0.505).abs().max() < 0.02


def test_a_ground_of_one_colour_is_that_colour_again() -> None:
    box = Box(40, 40, 60, 70)
    ground = torch.tensor([1.0, 1.0, 250 / 255])[None, :, None, None].expand(1, 3, 120, 130).contiguous()
    ground[:, :, :, 75:] = torch.rand(1, 3, 120, 55, generator=torch.Generator().manual_seed(0))
    made = _filled(ground, _hole(120, 130, box), _Noise(), box)
    assert torch.equal(made[..., :20], ground[..., 40:60, 40:60])


def test_a_network_that_sees_a_hole_as_a_whole_is_called_once_with_four_planes() -> None:
    network, box = _Offset(), Box(100, 100, 300, 420)
    rgb = torch.rand(1, 3, 400, 600, generator=torch.Generator().manual_seed(0))
    _filled(rgb, _hole(400, 600, box), network, box, whole=True)
    (seen,) = network.seen
    assert seen.shape[1] == 4


class _Noise(nn.Module):
    """Wrong by up to two steps of 255."""

    def forward(self, x: Tensor) -> Tensor:
        noise = torch.rand(x[:, :3].shape, generator=torch.Generator().manual_seed(1))
        return x[:, :3] + (noise - 0.5) * 4 / 255
