"""Materials drawn by code: seeded square tiles of wood, stone, cloth, paper and ground, at any size."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from gan.scene.noise import Noise, blurred, slope, smooth, warped
from gan.scene.textures import TEXTURES, resized

Floats = npt.NDArray[np.float64]

GAMMA: Final = 2.2
"""Colors are encoded with this power, so that a tile times encoded light is the encoded product of both."""


@dataclass(frozen=True)
class Paint:
    """Noise, colors and light with which a tile is drawn.

    Attributes:
        noise: gives its random fields; says the tile's side in pixels.
        color, second: (3, 1, 1), encoded.
        count: how many boards, tiles or stones lie side by side in the tile.
        toward: where the light comes from in the tile's plane, down and across, of length up to 1.
        relief: how strongly light models its relief; 1 is usual.
    """

    noise: Noise
    color: Tensor
    second: Tensor
    count: int
    toward: tuple[float, float]
    relief: float = 1.0

    @property
    def size_px(self) -> int:
        return self.noise.size_px

    def px(self, share: float) -> float:
        """Pixels of a share of the tile."""
        return share * self.size_px

    def lit(self, height: Tensor, strength: float) -> Tensor:
        """Light on a relief of heights in pixels, around 1."""
        return 1 - strength * self.relief * slope(height, self.toward)


def draw(material: str, paint: Paint) -> Tensor:
    """A tile of a material, (3, T, T) in [0, 1], encoded with `GAMMA`, periodic in both directions."""
    return MATERIALS[material](paint).clamp_(0.004, 1)


def _paper(paint: Paint) -> Tensor:
    """Seamless paper: even, with the faintest cloud and fiber."""
    fiber = paint.noise.field(0.02, slope=0.4, band=(1.6, 1.0))
    cloud = paint.noise.field(0.5, slope=1.6)
    return paint.color * (1 + 0.004 * fiber + 0.005 * cloud)


def _plaster(paint: Paint) -> Tensor:
    """Trowelled plaster or limewash: broad clouds and shallow strokes in relief."""
    noise = paint.noise
    cloud = noise.field(0.6, slope=1.5)
    patches = noise.field(0.16, slope=1.1, band=(1.0, 0.7))
    relief = noise.field(0.14, slope=1.5, band=(1.1, 0.8)) * paint.px(0.0035)
    grain = noise.field(0.008, slope=0.2)
    shade = paint.lit(relief, 0.035) * (1 + 0.005 * grain)
    mixed = torch.lerp(paint.color, paint.second, smooth(0.6 * cloud + 0.5 * patches, -1.8, 2.2)[None])
    return mixed * shade


def _concrete(paint: Paint) -> Tensor:
    """Cast concrete: clouds, fine grain and pores."""
    noise = paint.noise
    cloud = noise.field(0.5, slope=1.3)
    stain = noise.field(0.18, slope=1.0, band=(0.6, 1.0))
    grain = noise.field(0.012, slope=0.1)
    pores = noise.field(0.009, slope=0.0, shortest=0.005)
    open_ = smooth(pores, 2.9, 3.6)
    mixed = torch.lerp(paint.color, paint.second, smooth(cloud + 0.6 * stain, -2.2, 2.4)[None])
    shade = 1 + 0.018 * grain + 0.02 * stain
    edge = paint.lit(blurred(-open_, 0.8), 0.5)
    return mixed * (shade * (1 - 0.38 * open_) * edge)[None]


def _marble(paint: Paint) -> Tensor:
    """Polished marble: gray clouds, and veins that thin out and join."""
    noise = paint.noise
    bend = noise.field(0.45, slope=1.5) * paint.px(0.05)
    bend_across = noise.field(0.45, slope=1.5) * paint.px(0.05)
    strength = smooth(noise.field(0.5, slope=1.2), -0.6, 1.6)
    made = torch.zeros(paint.size_px, paint.size_px)
    for length, width, dark in ((0.55, 0.035, 0.75), (0.26, 0.03, 0.32), (0.12, 0.035, 0.12)):
        ridge = warped(noise.field(length, slope=1.7, band=(0.8, 1.25)), bend, bend_across).abs()
        core = torch.exp(-((ridge / width) ** 1.0))
        halo = torch.exp(-((ridge / (6 * width)) ** 1.2))
        made = made + dark * strength * (0.65 * core + 0.28 * halo)
    cloud = smooth(warped(noise.field(0.5, slope=1.5), bend, bend_across), -0.8, 2.4)
    share = (0.22 * cloud + made).clamp(0, 1)[None]
    return torch.lerp(paint.color, paint.second, share) * (1 + 0.004 * noise.field(0.01, slope=0.1))


def _wood(paint: Paint) -> Tensor:
    """Boards with growth rings that run along them, each cut from another place, with fine dark pores."""
    noise, size, boards = paint.noise, paint.size_px, paint.count
    height = size / boards
    rows = torch.arange(size)[:, None] + 0.5
    board = (rows / height).floor().long().clamp(max=boards - 1)[:, 0]  # (T,)
    within = ((rows / height) % 1)[:, 0]
    shift = noise.uniform(boards)[board][:, None] * size
    tone = (noise.uniform(boards)[board] - 0.5)[:, None]
    zero = torch.zeros(size, size)
    wander = warped(noise.field(0.6, slope=1.6, band=(1.0, 0.16)), zero, shift.expand(size, size))
    wave = warped(noise.field(0.25, slope=1.5, band=(1.0, 0.12)), zero, shift.expand(size, size))
    centre = (noise.uniform(boards)[board] * 1.6 - 0.3)[:, None]
    depth = (within[:, None] - centre).abs() + 0.10 * wander + 0.03 * wave
    rings = depth * (9 + 4 * noise.uniform(boards)[board][:, None])
    phase = rings % 1
    late = smooth(phase, 0.25, 0.92) * (1 - smooth(phase, 0.94, 1.0))
    fiber = noise.field(0.03, slope=0.5, band=(1.0, 0.025))
    pores = smooth(noise.field(0.008, slope=0.0, band=(1.0, 0.05), shortest=0.002), 1.6, 2.8)
    cloud = noise.field(0.5, slope=1.4, band=(1.0, 0.3))
    share = 0.10 + 0.42 * late + 0.10 * fiber + 0.08 * cloud + 0.45 * tone
    made = torch.lerp(paint.color, paint.second, share.clamp(-0.2, 1.15)[None])
    made = made * (1 - 0.20 * pores - 0.025 * fiber)[None]
    if boards > 1:
        gap_px = max(1.2, 0.0016 * size)
        edge = torch.minimum(within, 1 - within)[:, None] * height
        made = made * (1 - 0.62 * torch.exp(-((edge / gap_px) ** 2)))[None]
        made = made * (1 - 0.10 * torch.exp(-(edge / (4 * gap_px))))[None]
    return made


def _linen(paint: Paint) -> Tensor:
    """Woven cloth: threads of uneven thickness over and under each other."""
    noise, size = paint.noise, paint.size_px
    threads = min(64 * paint.count, size // 4)
    along = torch.arange(size) * (threads / size)
    made = torch.zeros(size, size)
    over = torch.zeros(size, size)
    uneven = [noise.field(0.12, slope=0.8, band=(1.0, 0.08)), noise.field(0.12, slope=0.8, band=(0.08, 1.0))]
    number = along.floor().long() % threads
    tones = [noise.normal(threads)[number], noise.normal(threads)[number]]
    weft = torch.cos(2 * math.pi * (along[:, None] + 0.05 * uneven[0])) * 0.5 + 0.5
    warp = torch.cos(2 * math.pi * (along[None, :] + 0.05 * uneven[1])) * 0.5 + 0.5
    checker = ((number[:, None] + number[None, :]) % 2).float()
    over = torch.where(checker > 0, weft, warp)
    made = torch.where(checker > 0, tones[0][:, None].expand(size, size), tones[1][None, :].expand(size, size))
    slubs = torch.where(checker > 0, uneven[0], uneven[1])
    fold = noise.field(0.7, slope=2.0) * paint.px(0.006)
    share = (0.5 - 0.10 * made - 0.12 * slubs).clamp(0, 1)
    mixed = torch.lerp(paint.color, paint.second, share[None])
    contrast = min(1.0, size / threads / 10)
    return mixed * (0.93 + 0.09 * over * (0.4 + 0.6 * contrast))[None] * paint.lit(fold, 0.35)[None]


def _terrazzo(paint: Paint) -> Tensor:
    """Polished terrazzo: angular chips of several stones in a fine binder."""
    noise, size = paint.noise, paint.size_px
    image = Image.new("RGB", (size, size), _bytes(paint.color))
    pen = ImageDraw.Draw(image)
    chips = 170 * paint.count
    places = noise.uniform(chips, 2).numpy() * size
    sizes = (0.006 + 0.034 * noise.uniform(chips) ** 2.6).numpy() * size * 1.6 / math.sqrt(paint.count)
    hues = _chip_colors(paint)
    kinds = (noise.uniform(chips) * len(hues)).long().tolist()
    tones = (1 + 0.07 * noise.normal(chips)).tolist()
    turns = noise.uniform(chips, 9).numpy()
    for index in range(chips):
        corners = 5 + int(turns[index, 8] * 3)
        angles = np.sort((np.arange(corners) + 0.75 * turns[index, :corners]) / corners * 2 * np.pi)
        radii = sizes[index] * (0.6 + 0.5 * turns[index, corners - 1 :: -1][:corners])
        ring = np.stack([np.cos(angles) * radii * 1.15, np.sin(angles) * radii * 0.85], 1)
        tilt = turns[index, 7] * np.pi
        ring = ring @ np.array([[math.cos(tilt), -math.sin(tilt)], [math.sin(tilt), math.cos(tilt)]])
        fill = tuple(int(max(0, min(255, channel * tones[index]))) for channel in hues[kinds[index]])
        for start in _copies(places[index], 1.5 * sizes[index], size):
            pen.polygon([tuple(point) for point in ring + start], fill=fill)
    made = torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1).float() / 255
    made = blurred(made, max(0.5, size / 2048))
    return made * (1 + 0.012 * noise.field(0.01, slope=0.2) + 0.01 * noise.field(0.4, slope=1.4))


def _copies(place: Floats, reach: float, size: int) -> list[Floats]:
    """A place, and those in which a tile's neighbors would draw the same into it."""
    shifts = [[0.0, *([size] if at < reach else []), *([-size] if at > size - reach else [])] for at in place]
    return [place + np.array([across, down]) for across in shifts[0] for down in shifts[1]]


def _chip_colors(paint: Paint) -> list[tuple[int, ...]]:
    base, other = paint.color, paint.second
    dark = 0.45 * other + 0.05
    pale = base + 0.55 * (1 - base)
    return [_bytes(color) for color in (other, pale, 0.5 * (base + other), dark, 0.8 * base + 0.02)]


def _tile(paint: Paint) -> Tensor:
    """Glazed square tiles with grout, each a little different and slightly domed."""
    noise, size, count = paint.noise, paint.size_px, paint.count
    return _laid(paint, noise, size, count, count, gap=0.016, bond=0.0, domed=1.0)


def _brick(paint: Paint) -> Tensor:
    """Painted brick in running bond."""
    noise, size = paint.noise, paint.size_px
    made = _laid(paint, noise, size, 2 * paint.count, paint.count, gap=0.03, bond=0.5, domed=0.6)
    rough = noise.field(0.03, slope=0.9) * paint.px(0.0008)
    return made * paint.lit(rough, 0.22)[None]


def _laid(
    paint: Paint, noise: Noise, size: int, rows: int, columns: int, *, gap: float, bond: float, domed: float
) -> Tensor:
    """Pieces in rows with joints; `gap` is the joint's half width as a share of a piece's height."""
    y = (torch.arange(size)[:, None] + 0.5) * rows / size
    row = y.floor().long()
    x = ((torch.arange(size)[None, :] + 0.5) * columns / size + bond * (row % 2)) % columns
    column = x.floor().long()
    tone = noise.normal(rows, columns)[row.expand(size, size), column.expand(size, size)]
    tilt = noise.normal(rows, columns)[row.expand(size, size), column.expand(size, size)]
    down = torch.minimum(y % 1, 1 - y % 1).expand(size, size)
    across = torch.minimum(x % 1, 1 - x % 1).expand(size, size) * (rows / columns)
    wobble = 0.18 * gap * noise.field(0.04, slope=0.8)
    inner = torch.minimum(down, across) + wobble  # distance from the joint's middle
    pixel = rows / size
    solid = smooth(inner, gap - 0.8 * pixel, gap + 0.8 * pixel + 0.01)
    dome = smooth(inner, gap, gap + 0.06) * (size / rows) * 0.02 * domed
    cloud = noise.field(0.3, slope=1.2)
    body = torch.lerp(
        paint.color, (paint.color + paint.second) / 2, (0.25 + 0.22 * tone + 0.1 * cloud).clamp(0, 1)[None]
    )
    shade = paint.lit(dome, 0.55) * (1 + 0.012 * tilt * (y % 1 - 0.5 + x % 1 - 0.5))
    grain = noise.field(0.01, slope=0.2)
    grout = paint.second * (0.93 + 0.025 * grain)[None]
    soft = 1 - 0.25 * torch.exp(-((((inner - gap).clamp(min=0)) / 0.02) ** 1.0)) * domed
    return torch.lerp(grout, body * shade[None] * soft[None], solid[None])


def _paving(paint: Paint) -> Tensor:
    """Slabs of natural stone with rough faces, worn edges and sandy joints."""
    noise = paint.noise
    slabs = _laid(paint, noise, paint.size_px, paint.count, max(1, paint.count // 2), gap=0.028, bond=0.5, domed=0.5)
    rough = noise.field(0.14, slope=0.9) * paint.px(0.0022)
    grit = noise.field(0.006, slope=0.0)
    stain = noise.field(0.35, slope=1.2)
    return slabs * (paint.lit(rough, 0.16) * (1 + 0.03 * grit + 0.045 * stain))[None]


def _sand(paint: Paint) -> Tensor:
    """Dry sand: soft ripples and single grains."""
    noise, size = paint.noise, paint.size_px
    bend = noise.field(0.6, slope=1.6) * paint.px(0.06)
    y = torch.arange(size)[:, None] + bend
    ripple = torch.sin(2 * math.pi * paint.count * y / size + 0.8 * noise.field(0.3, slope=1.3))
    height = ripple * paint.px(0.0045) * (0.6 + 0.4 * smooth(noise.field(0.5, slope=1.2), -1, 1))
    height = height + noise.field(0.2, slope=1.4) * paint.px(0.003)
    grain = noise.field(0.004, slope=0.0)
    dark = smooth(noise.field(0.004, slope=0.0), 1.7, 2.6)
    shade = paint.lit(height, 0.30) * (1 + 0.045 * grain)
    mixed = torch.lerp(paint.color, paint.second, (0.35 - 0.10 * ripple + 0.08 * noise.field(0.3))[None].clamp(0, 1))
    return mixed * (shade * (1 - 0.28 * dark))[None]


def _flutes(paint: Paint) -> Tensor:
    """A wall of upright half-round battens."""
    noise, size = paint.noise, paint.size_px
    x = (torch.arange(size) + 0.5) * (paint.count * 8) / size % 1 - 0.5
    side = 2 * x  # the surface's normal across
    front = (1 - side.clamp(-0.98, 0.98) ** 2).sqrt()
    light = (0.62 * front + 0.38 * (side * paint.toward[1]).clamp(-1, 1)) * (0.35 + 0.65 * front**0.5)
    grain = noise.field(0.3, slope=1.2, band=(0.06, 1.0))
    return (paint.color * (0.42 + 0.80 * light[None, None, :])) * (1 + 0.015 * grain)


def _foliage(paint: Paint) -> Tensor:
    """Leaves far out of focus: soft discs of light between greens."""
    noise = paint.noise
    light = noise.field(0.45, slope=0.9, shortest=0.03)
    near = noise.field(0.10, slope=0.6, shortest=0.03)
    spots = smooth(noise.field(0.045, slope=0.0, shortest=0.03), 1.5, 1.9)
    made = torch.lerp(paint.second, paint.color, smooth(0.8 * light + 0.45 * near, -1.6, 2.0)[None])
    return made + 0.16 * (spots * smooth(light, -0.5, 1.5))[None] * (1 - made)


def _sky(paint: Paint) -> Tensor:
    """Sky from the horizon, at the tile's edge, up to its middle, with thin cloud."""
    noise, size = paint.noise, paint.size_px
    up = 1 - (2 * (torch.arange(size) + 0.5) / size - 1).abs()
    haze = smooth(noise.field(0.5, slope=1.5, band=(1.0, 0.35)), -0.2, 2.6)
    made = torch.lerp(paint.color, paint.second, (up[None, :, None] * 1.6).clamp(0, 1).expand(3, size, size))
    return torch.lerp(made, torch.full((3, 1, 1), 0.97).expand_as(made), (0.5 * haze)[None])


def _photographed(name: str) -> Callable[[Paint], Tensor]:
    """A tile that was photographed, in the color that is asked for; enlarged it gets grain in place of detail."""

    def paint(given: Paint) -> Tensor:
        made = given.color * resized(name, given.size_px)
        return made * (1 + 0.03 * given.noise.field(0.006, slope=0.1)) if given.size_px > 512 else made

    return paint


MATERIALS: Final[Mapping[str, Callable[[Paint], Tensor]]] = {
    "paper": _paper,
    "plaster": _plaster,
    "concrete": _concrete,
    "marble": _marble,
    "wood": _wood,
    "linen": _linen,
    "terrazzo": _terrazzo,
    "tile": _tile,
    "brick": _brick,
    "paving": _paving,
    "sand": _sand,
    "flutes": _flutes,
    "foliage": _foliage,
    "sky": _sky,
    **{name: _photographed(name) for name in TEXTURES},
}


def _bytes(color: Tensor) -> tuple[int, ...]:
    return tuple(round(255 * part) for part in color.flatten().clamp(0, 1).tolist())
