"""Procedural styles that are laid, floated, carved or cut: mosaic, glass, marbling, wood, stone, paper, tiles."""

from __future__ import annotations

import math

import numpy as np

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
from gan.training.data.procedural_cells import averaged, cells, inset, numbered
from gan.training.data.procedural_scene import hexadecimal, scene


def mosaic(canvas: Canvas) -> Floats:
    """Small stones of one colour each, in rows that follow the forms or as broken pieces, with grout between."""
    what = scene(canvas)
    size = canvas.real(7, 15)
    if canvas.chance(0.5):
        labels = cells(canvas, size)
    else:
        bend = canvas.real(5, 25) * canvas.noise(2) + canvas.real(0, 20) * canvas.blur(what.tone, 8)
        u, v = canvas.turned(canvas.real(0, math.pi))
        row = np.floor((v + bend) / size)
        shift = (row * 0.618) % 1
        column = np.floor((u + 0.4 * bend) / (size * canvas.real(0.9, 1.4)) + shift)
        labels = numbered(row, column)
    color, chosen = averaged(canvas, what.rgb, labels, canvas.real(0.03, 0.09))
    inner = inset(labels) / canvas.unit
    grout = hexadecimal(("e8e2d6", "35322f", "8d867c", "d9cfc0")[canvas.whole(0, 3)])[0]
    stone = step(0.1, 1.1, inner - canvas.real(0.2, 0.7))
    tilt = (chosen[labels, 0] - 0.5) * (canvas.x % size - size / 2) / size + (chosen[labels, 1] - 0.5) * 0.12
    bevel = lit(step(0, canvas.real(1.5, 3), inner), 0.8) * canvas.unit
    face = color * (1 + 0.5 * tilt[..., None]) + 0.25 * bevel[..., None] + 0.015 * canvas.noise(70, 1)[..., None]
    return mixed(grout + 0.03 * canvas.noise(60)[..., None] + np.zeros_like(color), face, stone)


def stained_glass(canvas: Canvas) -> Floats:
    """Panes of glowing, rippled colour between lead."""
    what = scene(canvas)
    labels = cells(canvas, canvas.real(20, 44), loose=0.5)
    labels = numbered(labels, what.labels)
    rich = what.rgb.mean(2, keepdims=True) + 1.7 * (what.rgb - what.rgb.mean(2, keepdims=True))
    color, _ = averaged(canvas, np.clip(rich, 0.04, 1).astype(np.float32), labels, 0.07)
    inner = inset(labels) / canvas.unit
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
        labels = cells(canvas, size, loose=0.9)
        inner = inset(labels) / canvas.unit
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
    """Sheets of coloured paper, cut along contours and stacked, each with its shadow."""
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
    seam = step(0.3, 1.1, inset(pieces) / canvas.unit)
    finished: Floats = rgb * (0.35 + 0.65 * seam)[..., None] + 0.05 * lit(gaussian(height, 0.5), 1.2)[..., None]
    return finished


def geometric(canvas: Canvas) -> Floats:
    """A grid of quarter circles, triangles, rings and stripes in flat colours, as of the Bauhaus."""
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
    labels = numbered(i, j)
    ground, _ = averaged(canvas, what.rgb, labels, 0)
    tones = np.linspace(0, 1, len(what.palette))
    base = np.abs(luma(ground)[..., None] - luma(what.palette)).argmin(-1)
    partner = (base + 1 + canvas.rng.integers(0, len(tones) - 1, (64, 64))[j, i]) % len(tones)
    rgb = mixed(what.palette[base], what.palette[partner], cover)
    paper = canvas.real(0, 0.03) * (canvas.noise(110) + canvas.noise(9, 3))
    return rgb + paper[..., None]


def tiles(canvas: Canvas) -> Floats:
    """Glazed tiles with a mirrored ornament, crackled, in two or three colours."""
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
