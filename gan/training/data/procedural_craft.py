"""Procedural styles made of pieces or threads: mosaic, glass, marbling, wood, stone, paper, tiles, cloth."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from gan.training.data.procedural_canvas import (
    UNITS,
    Canvas,
    Floats,
    even,
    gaussian,
    lit,
    luma,
    mixed,
    ramp,
    slid,
    step,
)
from gan.training.data.procedural_scene import hexadecimal, scene

Labels = npt.NDArray[np.int32]


def mosaic(canvas: Canvas) -> Floats:
    """Small stones of one color each, in rows that follow the forms or as broken pieces, with grout between."""
    what = scene(canvas)
    size = canvas.real(7, 15)
    if canvas.chance(0.5):
        labels = _cells(canvas, size)
    else:
        bend = canvas.real(5, 25) * canvas.noise(2) + canvas.real(0, 20) * canvas.blur(what.tone, 8)
        u, v = canvas.turned(canvas.real(0, math.pi))
        row = np.floor((v + bend) / size)
        shift = (row * 0.618) % 1
        column = np.floor((u + 0.4 * bend) / (size * canvas.real(0.9, 1.4)) + shift)
        labels = _numbered(row, column)
    color, chosen = _averaged(canvas, what.rgb, labels, canvas.real(0.03, 0.09))
    inner = _inset(labels) / canvas.unit
    grout = hexadecimal(("e8e2d6", "35322f", "8d867c", "d9cfc0")[canvas.whole(0, 3)])[0]
    stone = step(0.1, 1.1, inner - canvas.real(0.2, 0.7))
    tilt = (chosen[labels, 0] - 0.5) * (canvas.x % size - size / 2) / size + (chosen[labels, 1] - 0.5) * 0.12
    bevel = lit(step(0, canvas.real(1.5, 3), inner), 0.8) * canvas.unit
    face = color * (1 + 0.5 * tilt[..., None]) + 0.25 * bevel[..., None] + 0.015 * canvas.noise(70, 1)[..., None]
    return mixed(grout + 0.03 * canvas.noise(60)[..., None] + np.zeros_like(color), face, stone)


def stained_glass(canvas: Canvas) -> Floats:
    """Panes of glowing, rippled color between lead."""
    what = scene(canvas)
    labels = _cells(canvas, canvas.real(20, 44), loose=0.5)
    labels = _numbered(labels, what.labels)
    rich = what.rgb.mean(2, keepdims=True) + 1.7 * (what.rgb - what.rgb.mean(2, keepdims=True))
    color, _ = _averaged(canvas, np.clip(rich, 0.04, 1).astype(np.float32), labels, 0.07)
    inner = _inset(labels) / canvas.unit
    glow = 0.72 + 0.4 * step(0, 12, inner) + 0.22 * even(canvas.noise(2)) - 0.08
    ripple = lit(canvas.noise(canvas.real(12, 30), 2), 0.7) * canvas.unit
    lead = canvas.real(1.4, 3.0)
    glass = color * glow[..., None] * (1 + 0.9 * ripple[..., None]) + 0.03 * canvas.noise(50)[..., None]
    rounded = np.clip(inner / lead, 0, 1)
    metal = (0.09 + 0.1 * (1 - rounded))[..., None] * np.array([1, 1.02, 1.06], np.float32)
    return mixed(metal.astype(np.float32), glass, step(lead - 0.6, lead + 0.6, inner))


def marbling(canvas: Canvas) -> Floats:
    """Floating inks, combed and swirled: sinusoids in warped coordinates, with veins."""
    x, y = canvas.turned(canvas.real(0, math.pi))
    for _ in range(canvas.whole(2, 4)):
        reach, turn = canvas.real(6, 30), canvas.real(0, 2 * math.pi)
        period = canvas.real(40, 160)
        dx = np.sin(2 * math.pi * (y * math.cos(turn) + x * math.sin(turn)) / period + canvas.real(0, 6))
        dy = np.sin(2 * math.pi * (x * math.cos(turn) - y * math.sin(turn)) / period + canvas.real(0, 6))
        x, y = x + reach * dx, y + reach * dy
    drift = canvas.real(6, 26)
    x, y = x + drift * canvas.noise(3, 2), y + drift * canvas.noise(3, 2)
    field = x / canvas.real(18, 60) + canvas.real(0, 0.8) * canvas.noise(2, 3)
    what = scene(canvas, busy=0)
    colors = what.palette[canvas.rng.permutation(len(what.palette))]
    colors = np.concatenate([colors, colors[::-1]])
    t = field - np.floor(field)
    banded = ramp(colors, t)
    hard = colors[np.clip((t * len(colors)).astype(int), 0, len(colors) - 1)]
    rgb = mixed(banded, hard, np.full_like(t, canvas.real(0, 0.85)))
    near = np.abs((field * canvas.whole(2, 4)) % 1 - 0.5)
    vein = step(canvas.real(0.02, 0.08), 0, near) * step(-0.3, 1, canvas.noise(5))
    line = what.palette[-1] if canvas.chance(0.6) else hexadecimal("c9a24b")[0]
    return mixed(rgb, line + np.zeros_like(rgb), vein * 0.85) + 0.012 * canvas.noise(90)[..., None]


def terrazzo(canvas: Canvas) -> Floats:
    """Chips of stone of many sizes in polished cement."""
    what = scene(canvas, busy=0.4)
    light = canvas.chance(0.75)
    ground = (what.palette[-1] if light else what.palette[0]) * np.float32(0.96)
    speck = 0.02 * canvas.noise(120) + 0.015 * canvas.noise(30)
    rgb = ground + speck[..., None] + np.zeros_like(what.rgb)
    scale = canvas.real(0.8, 2.2)
    for size in (scale * 6, scale * canvas.real(11, 16), scale * canvas.real(18, 32)):
        labels = _cells(canvas, size, loose=0.9)
        inner = _inset(labels) / canvas.unit
        count = int(labels.max()) + 1
        shown = canvas.rng.random(count) < canvas.real(0.25, 0.6)
        gap = (0.06 + 0.3 * canvas.rng.random(count)) * size
        colors = what.palette[canvas.rng.integers(0, len(what.palette), count)]
        colors = (colors + canvas.rng.normal(0, 0.04, (count, 3))).astype(np.float32)
        rough = 0.5 * canvas.noise(50)
        cover = step(-0.6, 0.6, inner - gap[labels].astype(np.float32) + rough) * shown[labels]
        face = colors[labels] * (1 + 0.05 * canvas.noise(12, 3)[..., None])
        rgb = mixed(rgb, face.astype(np.float32), cover.astype(np.float32))
    finished: Floats = rgb
    return finished


def paper_cut(canvas: Canvas) -> Floats:
    """Sheets of colored paper, cut along contours and stacked, each with its shadow."""
    what = scene(canvas, busy=0.9)
    field = canvas.blur(what.tone, canvas.real(2, 5)) + canvas.real(0.05, 0.2) * canvas.noise(canvas.real(2, 5), 2)
    levels = canvas.whole(4, 7)
    colors = ramp(
        what.palette if canvas.chance(0.6) else what.palette[::-1], np.linspace(0, 1, levels).astype(np.float32)
    )
    azimuth, lift = canvas.real(0, 2 * math.pi), canvas.real(2, 5)
    offset = [round(lift * canvas.unit * f(azimuth)) for f in (math.sin, math.cos)]
    rgb = colors[0] + np.zeros_like(what.rgb)
    texture = 0.018 * canvas.noise(100, 2)
    for i in range(1, levels):
        cover = step(-0.006, 0.006, field - i / levels)
        shadow = canvas.blur(slid(cover, *offset), lift * 0.7)
        rgb = rgb * (1 - canvas.real(0.35, 0.6) * shadow[..., None])
        edge = np.clip(cover - slid(cover, *offset), 0, 1) * 0.06
        rgb = mixed(rgb, colors[i] + (texture * canvas.real(-1, 1) - edge)[..., None], cover)
    finished: Floats = rgb + texture[..., None]
    return finished


def wood(canvas: Canvas) -> Floats:
    """Planks, or inlaid veneers of several woods: rings, fibres and pores."""
    what = scene(canvas, busy=0.4)
    woods = hexadecimal("e0c09a", "c8955a", "a86f3c", "8a5530", "5c3a22", "d8a878", "3b2417", "b5803f")
    pieces = what.labels if canvas.chance(0.6) else np.floor(canvas.y / canvas.real(30, 70)).astype(np.int32)
    rgb = np.zeros_like(what.rgb)
    height = np.zeros_like(what.tone)
    tinted = canvas.chance(0.4)
    bend = canvas.noise(2, 2)
    for piece in np.unique(pieces):
        mask = pieces == piece
        u, v = canvas.turned(canvas.real(0, math.pi) if pieces is what.labels else canvas.real(-0.04, 0.04))
        warp = 6 * bend * canvas.real(-1, 1) + 2 * canvas.streaks(u, v, 90, 14)
        ring = ((v + warp + canvas.real(0, 60)) / canvas.real(4, 11)) % 1
        fibre = canvas.streaks(u, v, canvas.real(14, 30), 1.0)
        pore = step(1.0, 2.4, canvas.streaks(u, v, 9, 1.0))
        base = woods[canvas.whole(0, 7)]
        if tinted:
            base = 0.55 * base + 0.45 * what.palette[canvas.whole(0, len(what.palette) - 1)]
        shade = 1.08 - 0.34 * ring**2 + 0.06 * fibre - 0.16 * pore
        rgb[mask] = (base * shade[..., None])[mask]
        height[mask] = (0.3 * ring + 0.2 * fibre)[mask]
    seam = step(0.3, 1.1, _inset(pieces) / canvas.unit)
    finished: Floats = rgb * (0.35 + 0.65 * seam)[..., None] + 0.05 * lit(gaussian(height, 0.5), 1.2)[..., None]
    return finished


def geometric(canvas: Canvas) -> Floats:
    """A grid of quarter circles, triangles, rings and stripes in flat colors, as of the Bauhaus."""
    what = scene(canvas)
    size = UNITS / canvas.whole(5, 14)
    turn = math.pi / 4 if canvas.chance(0.2) else 0.0
    u, v = canvas.turned(turn)
    i, j = np.floor(u / size).astype(int) % 64, np.floor(v / size).astype(int) % 64
    a, b = u / size - np.floor(u / size) - 0.5, v / size - np.floor(v / size) - 0.5
    kinds = canvas.rng.integers(0, 4, 3)[canvas.rng.integers(0, 3, (64, 64))][j, i]
    quarter = canvas.rng.integers(0, 4, (64, 64))[j, i]
    a, b = np.choose(quarter, [a, b, -a, -b]), np.choose(quarter, [b, -a, -b, a])
    far = np.hypot(a + 0.5, b + 0.5)
    soft = 0.9 / (size * canvas.unit)
    rings = np.abs((far * 3) % 1 - 0.5) * 2 / 6
    shapes = [1 - far, a + b, 0.36 - np.hypot(a, b), (rings - 0.083) * 2]
    cover = step(-soft, soft, np.choose(kinds, shapes).astype(np.float32))
    labels = _numbered(i, j)
    ground, _ = _averaged(canvas, what.rgb, labels, 0)
    tones = np.linspace(0, 1, len(what.palette))
    base = np.abs(luma(ground)[..., None] - luma(what.palette)).argmin(-1)
    partner = (base + 1 + canvas.rng.integers(0, len(tones) - 1, (64, 64))[j, i]) % len(tones)
    rgb = mixed(what.palette[base], what.palette[partner], cover)
    paper = canvas.real(0, 0.03) * (canvas.noise(110) + canvas.noise(9, 3))
    return rgb + paper[..., None]


def tiles(canvas: Canvas) -> Floats:
    """Glazed tiles with a mirrored ornament, crackled, in two or three colors."""
    what = scene(canvas, busy=0)
    size = UNITS / canvas.whole(2, 5)
    fold = [np.abs((t / size) % 1 - 0.5) * 2 for t in (canvas.x, canvas.y)]
    high, low = np.maximum(*fold), np.minimum(*fold)
    far = np.hypot(high, low)
    waves = [canvas.real(1.0, 3.2), canvas.real(2, 6), canvas.real(0, 6.3), canvas.real(0.3, 1.4)]
    field = np.sin(2 * math.pi * (far * waves[0])) + waves[3] * np.cos(waves[1] * math.pi * (high - low) + waves[2])
    field = (
        field + canvas.real(0.3, 1) * np.sin(math.pi * high * low * canvas.whole(2, 5) * 2) + 0.05 * canvas.noise(30)
    )
    rgb = what.palette[-1] + np.zeros_like(what.rgb)
    for level, color in zip((0.1, 0.7, 1.3), canvas.rng.permutation(what.palette[:-1]), strict=False):
        rgb = mixed(rgb, color + np.zeros_like(rgb), step(level - 0.06, level + 0.06, field.astype(np.float32)))
    rim = np.minimum(*[0.5 - np.abs((t / size) % 1 - 0.5) for t in (canvas.x, canvas.y)]) * size
    glaze = 1 + 0.06 * canvas.noise(6, 3) + 0.35 * lit(step(0, 4, rim), 0.9) * canvas.unit
    return mixed(
        hexadecimal("d8d2c6")[0] + np.zeros_like(rgb), rgb * glaze[..., None].astype(np.float32), step(0.6, 1.6, rim)
    )


def weave(canvas: Canvas) -> Floats:
    """Cloth: plain, basket or twill, over a scene, stripes or a check; coarse enough that threads show."""
    what = scene(canvas)
    pitch = canvas.real(4, 9)
    u, v = canvas.turned(canvas.real(-0.15, 0.15) + (math.pi / 4 if canvas.chance(0.15) else 0))
    u, v = u + 0.5 * canvas.noise(4), v + 0.5 * canvas.noise(4)
    i, j = np.floor(u / pitch), np.floor(v / pitch)
    a, b = u / pitch - i - 0.5, v / pitch - j - 0.5
    pattern = canvas.whole(0, 3)
    over = (
        (i + j) % 2
        if pattern == 0
        else (i + j) % 4 < 2
        if pattern == 1
        else (i // 2 + j // 2) % 2
        if pattern == 2
        else (i - j) % 3 < 1
    ) > 0
    across, along = np.where(over, a, b), np.where(over, b, a)
    if canvas.chance(0.5):
        warp, weft = (_stripes(canvas, k, what.palette) for k in (i, j))
    else:
        warp = weft = what.rgb
        warp = np.clip(warp * canvas.real(0.8, 1), 0, 1)
        weft = np.clip(weft * canvas.real(0.9, 1.1) + canvas.real(0, 0.06), 0, 1)
    color = np.where(over[..., None], warp, weft)
    thread = np.where(over, i * 1.7, j * 2.3 + 0.5)
    tint = 0.06 * np.sin(thread * 12.9898)
    twist = 0.05 * np.sin(2 * math.pi * (along * 2.5 + across * 1.5))
    round_light = np.sqrt(np.clip(1 - (2 * across) ** 2, 0, 1)) * (0.78 + 0.22 * np.cos(math.pi * along))
    shade = 0.42 + 0.68 * round_light + tint + twist + 0.04 * canvas.noise(110)
    finished: Floats = (color * shade[..., None]).astype(np.float32)
    return finished


def knit(canvas: Canvas) -> Floats:
    """Stocking stitch: rows of V, each stitch of one color."""
    what = scene(canvas)
    wide = canvas.real(8, 16)
    high = wide * canvas.real(0.75, 0.95)
    u, v = canvas.x + 1.2 * canvas.noise(3), canvas.y + 1.2 * canvas.noise(3)
    column = np.floor(u / wide)
    a = u / wide - column - 0.5
    lean = np.abs(a) * canvas.real(1.5, 2.0)
    row = np.floor(v / high + lean)
    b = v / high + lean - row - 0.5
    labels = _numbered(row, column)
    source = what.rgb
    if canvas.chance(0.5):
        turns = canvas.rng.integers(0, len(what.palette), 24)
        motif = (np.abs(column.astype(int) % 12 - 6) + row.astype(int)) % 24
        source = what.palette[turns[motif % 24]]
    color, _ = _averaged(canvas, source, labels, 0.03)
    leg = 1 - (2 * (np.abs(a) - 0.25) / 0.5) ** 2
    bulge = np.sqrt(np.clip(leg * (1 - (1.75 * b) ** 2), 0, 1))
    fibre = np.sin((b * 3 + np.abs(a) * 9) * 2 * math.pi)
    shade = 0.3 + 0.75 * bulge + 0.06 * fibre + 0.06 * canvas.noise(100)
    finished: Floats = (color * shade[..., None]).astype(np.float32)
    return finished


def _stripes(canvas: Canvas, thread: Floats, palette: Floats) -> Floats:
    """(S, S, 3) color of each thread: a check's repeating bands of the palette."""
    count = canvas.whole(8, 20)
    bands = np.repeat(canvas.rng.integers(0, len(palette), 6), canvas.rng.integers(1, count // 3 + 1, 6))
    finished: Floats = palette[bands[thread.astype(int) % len(bands)]]
    return finished


def _cells(canvas: Canvas, size: float, loose: float = 0.75) -> Labels:
    """(S, S) Voronoi cells of a jittered grid, `size` units apart."""
    count = max(2, math.ceil(UNITS / size) + 2)
    rows, columns = np.mgrid[:count, :count]
    jitter = canvas.rng.uniform(-loose / 2, loose / 2, (2, count, count))
    most = canvas.side - 1
    y = np.clip(((rows + jitter[0] - 0.5) * size * canvas.unit).astype(int), 0, most)
    x = np.clip(((columns + jitter[1] - 0.5) * size * canvas.unit).astype(int), 0, most)
    seeds = np.zeros((canvas.side, canvas.side), np.int32)
    seeds[y, x] = np.arange(count * count).reshape(count, count) + 1
    nearest = ndimage.distance_transform_edt(seeds == 0, return_distances=False, return_indices=True)
    labels: Labels = seeds[tuple(nearest)] - 1
    return labels


def _numbered(*parts: npt.NDArray[np.generic]) -> Labels:
    """(S, S) whole numbers from 0, one for each combination."""
    joined = np.zeros(parts[0].shape, np.int64)
    for part in parts:
        values = part.astype(np.int64)
        joined = joined * (int(values.max()) - int(values.min()) + 1) + values - values.min()
    _, numbers = np.unique(joined, return_inverse=True)
    return numbers.reshape(joined.shape).astype(np.int32)


def _inset(labels: Labels) -> Floats:
    """(S, S) pixels to the nearest place where the label changes."""
    inside = np.ones(labels.shape, bool)
    down, across = labels[1:] == labels[:-1], labels[:, 1:] == labels[:, :-1]
    inside[1:] &= down
    inside[:, 1:] &= across
    if inside.all():
        return np.full(labels.shape, 1e3, np.float32)
    return np.asarray(ndimage.distance_transform_edt(inside), np.float32)


def _averaged(canvas: Canvas, rgb: Floats, labels: Labels, spread: float) -> tuple[Floats, Floats]:
    """(S, S, 3) mean color of each cell, varied; and (N, 2) a pair of random numbers for each."""
    flat = labels.ravel()
    count = int(flat.max()) + 1
    sizes = np.maximum(np.bincount(flat, minlength=count), 1)
    means = np.stack([np.bincount(flat, rgb[..., i].ravel(), count) / sizes for i in range(3)], -1)
    means = means + canvas.rng.normal(0, 1, (count, 1)) * spread + canvas.rng.normal(0, 1, (count, 3)) * spread / 3
    return means.astype(np.float32)[labels], canvas.rng.random((count, 2), dtype=np.float32)
