"""Tiles: equal to the whole, bounded, and robust against a device that is too small."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.imaging.tiling import MAX_BORDER_PX, MAX_RAMP_PX, MIN_TILE_PX, _divide, _Span, tiled

SIZES = [(1, 1), (1, 777), (777, 1), (2, 3), (64, 64), (257, 131)]
REACH_PX = 5


class Stack(nn.Module):
    """Looks exactly `REACH_PX` around itself, in input pixels."""

    def __init__(self, scale: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        layers: list[nn.Module] = []
        for i in range(REACH_PX):
            layers += [nn.Conv2d(3 if i == 0 else 8, 8, 3, padding=1), nn.Tanh()]
        self.body = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Conv2d(8, 3 * scale**2, 1), nn.Sigmoid(), nn.PixelShuffle(scale))
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.xavier_uniform_(layer.weight, gain=2)  # what a border does reaches far

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.body(x))
        return out


def whole(fn: nn.Module, x: Tensor, scale: int, border_px: int) -> Tensor:
    """The same without tiles."""
    padded = x
    for dim in (2, 3):
        size = x.shape[dim]
        period = max(1, 2 * (size - 1))
        index = [(i % period) for i in range(-border_px, size + border_px)]
        index = [0 if size == 1 else min(i, period - i) for i in index]
        padded = padded.index_select(dim, torch.tensor(index))
    out: Tensor = fn(padded)
    edge = border_px * scale
    return out[:, :, edge : out.shape[2] - edge, edge : out.shape[3] - edge]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scale", [1, 2])
@torch.no_grad()
def test_tiled_equals_whole(size: tuple[int, int], scale: int) -> None:
    fn = Stack(scale)
    x = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(1))
    expected = whole(fn, x, scale, REACH_PX)
    for tile_px in (40, 1024):
        out = tiled(fn, x, scale=scale, context_px=REACH_PX, tile_px=tile_px)
        torch.testing.assert_close(out, expected, atol=1e-5, rtol=0)


@torch.no_grad()
def test_context_that_is_too_small_shows() -> None:
    """The comparison above can fail."""
    fn = Stack(1)
    x = torch.rand(1, 3, 100, 100)
    different = tiled(fn, x, context_px=0, tile_px=32) - tiled(fn, x, context_px=0, tile_px=100)
    assert different.abs().max() > 1 / 255


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("multiple", [1, 2, 7, 8])
def test_tiles_divide_by_the_multiple_and_start_on_it(size: tuple[int, int], multiple: int) -> None:
    """Where positions are counted from the tile's origin, they mean the same in every tile."""

    def phase(tile: Tensor) -> Tensor:
        height, width = tile.shape[2:]
        assert height % multiple == 0
        assert width % multiple == 0
        rows = torch.arange(height)[:, None] % multiple
        columns = torch.arange(width)[None] % multiple
        return tile * (rows * multiple + columns) / multiple**2

    x = torch.rand(1, 1, *size)
    one = tiled(phase, x, multiple=multiple, context_px=12, tile_px=1024)
    many = tiled(phase, x, multiple=multiple, context_px=12, tile_px=40)
    assert one.shape == x.shape
    torch.testing.assert_close(many, one, atol=1e-6, rtol=0)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("tile_px", [17, 32, 64])
def test_identity_and_white(size: tuple[int, int], tile_px: int) -> None:
    x = torch.rand(1, 3, *size)
    torch.testing.assert_close(tiled(lambda t: t, x, tile_px=tile_px, context_px=4), x, atol=1e-6, rtol=0)
    white = tiled(torch.ones_like, x, tile_px=tile_px, context_px=4)
    assert white.max() <= 1
    assert white.min() >= 1 - 1e-6


@pytest.mark.parametrize("tile_px", [1, 2, 5])
def test_tiny_tiles(tile_px: int) -> None:
    x = torch.rand(1, 3, 13, 8)
    torch.testing.assert_close(tiled(lambda t: t, x, tile_px=tile_px, context_px=1), x, atol=1e-6, rtol=0)


def test_weights_sum_to_one() -> None:
    for size in (33, 64, 100, 777):
        total = torch.zeros(size * 2)
        for span in _divide(_Span.whole(size, 2), 32, 2):
            assert len(span) <= 32
            total[span.start * 2 : span.stop * 2] += span.weight
        torch.testing.assert_close(total, torch.ones(size * 2))


def test_output_is_clamped_and_float_on_the_cpu() -> None:
    x = torch.rand(1, 3, 40, 40)
    out = tiled(lambda t: (t * 4 - 2).to(torch.bfloat16), x, tile_px=32, context_px=2)
    assert out.dtype == torch.float32
    assert out.min() == 0
    assert out.max() == 1


def test_channels_may_change() -> None:
    assert tiled(lambda t: t[:, :1], torch.rand(1, 3, 50, 20), tile_px=32).shape == (1, 1, 50, 20)
    assert tiled(lambda t: t[:, :3], torch.rand(1, 4, 50, 20), tile_px=32).shape == (1, 3, 50, 20)


def test_one_tile_is_one_call_without_zeros_at_its_border() -> None:
    seen: list[Tensor] = []
    x = torch.rand(1, 3, 64, 48) * 0.5 + 0.5

    def fn(tile: Tensor) -> Tensor:
        seen.append(tile)
        return tile

    tiled(fn, x, tile_px=64, context_px=32)
    assert len(seen) == 1
    expected = F.pad(x, (MAX_BORDER_PX,) * 4, mode="reflect")
    assert torch.equal(seen[0], expected)


def test_progress_counts_every_tile() -> None:
    calls: list[tuple[int, int]] = []
    tiled(lambda t: t, torch.rand(1, 3, 100, 60), tile_px=64, on_progress=lambda done, n: calls.append((done, n)))
    assert calls == [(0, 2), (1, 2), (2, 2)]


def test_cost_of_the_overlap() -> None:
    pixels = 0

    def fn(tile: Tensor) -> Tensor:
        nonlocal pixels
        pixels += tile.shape[2] * tile.shape[3]
        return tile

    x = torch.zeros(1, 3, 1000, 1500)
    tiled(fn, x, tile_px=256, context_px=32)
    assert pixels / (1000 * 1500) < 1.8
    assert MAX_RAMP_PX < 32


class Small:
    """A device with room for a tile of so many pixels, context included."""

    def __init__(self, fn: nn.Module, room: int) -> None:
        self.fn, self.room, self.refused, self.served = fn, room, 0, 0

    def __call__(self, tile: Tensor) -> Tensor:
        if tile.shape[2] * tile.shape[3] > self.room:
            self.refused += 1
            raise torch.OutOfMemoryError("no room")
        self.served += 1
        out: Tensor = self.fn(tile)
        return out


@torch.no_grad()
def test_out_of_memory_halves_the_tile_and_goes_on() -> None:
    fn = Stack(2)
    x = torch.rand(1, 3, 200, 230)
    device = Small(fn, 80 * 80)
    calls: list[tuple[int, int]] = []
    out = tiled(
        device, x, scale=2, context_px=REACH_PX, tile_px=160, on_progress=lambda done, n: calls.append((done, n))
    )
    expected = tiled(fn, x, scale=2, context_px=REACH_PX, tile_px=512)
    torch.testing.assert_close(out, expected, atol=1e-5, rtol=0)
    assert device.refused <= 2  # what was learned from the first tile holds for the others
    assert device.served > 4
    assert calls[-1] == (4, 4)


def test_gives_up_below_the_smallest_tile() -> None:
    device = Small(nn.Identity(), (MIN_TILE_PX - 1) ** 2)
    with pytest.raises(torch.OutOfMemoryError):
        tiled(device, torch.rand(1, 3, 300, 300), context_px=0, tile_px=256)
    assert device.served == 0


def test_other_errors_pass() -> None:
    def broken(tile: Tensor) -> Tensor:
        raise RuntimeError("another matter")

    with pytest.raises(RuntimeError, match="another matter"):
        tiled(broken, torch.rand(1, 3, 8, 8))
