"""Procedural styles of thread: woven and knitted."""

from __future__ import annotations

import math

import numpy as np

from gan.training.data.procedural_canvas import Canvas, Floats
from gan.training.data.procedural_cells import averaged, numbered
from gan.training.data.procedural_scene import scene


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
    """Stocking stitch: rows of V, each stitch of one colour."""
    what = scene(canvas)
    wide = canvas.real(8, 16)
    high = wide * canvas.real(0.75, 0.95)
    u, v = canvas.x + 1.2 * canvas.noise(3), canvas.y + 1.2 * canvas.noise(3)
    column = np.floor(u / wide)
    a = u / wide - column - 0.5
    lean = np.abs(a) * canvas.real(1.5, 2.0)
    row = np.floor(v / high + lean)
    b = v / high + lean - row - 0.5
    labels = numbered(row, column)
    source = what.rgb
    if canvas.chance(0.5):
        turns = canvas.rng.integers(0, len(what.palette), 24)
        motif = (np.abs(column.astype(int) % 12 - 6) + row.astype(int)) % 24
        source = what.palette[turns[motif % 24]]
    color, _ = averaged(canvas, source, labels, 0.03)
    leg = 1 - (2 * (np.abs(a) - 0.25) / 0.5) ** 2
    bulge = np.sqrt(np.clip(leg * (1 - (1.75 * b) ** 2), 0, 1))
    fibre = np.sin((b * 3 + np.abs(a) * 9) * 2 * math.pi)
    shade = 0.3 + 0.75 * bulge + 0.06 * fibre + 0.06 * canvas.noise(100)
    finished: Floats = (color * shade[..., None]).astype(np.float32)
    return finished


def _stripes(canvas: Canvas, thread: Floats, palette: Floats) -> Floats:
    """(S, S, 3) colour of each thread: a check's repeating bands of the palette."""
    count = canvas.whole(8, 20)
    bands = np.repeat(canvas.rng.integers(0, len(palette), 6), canvas.rng.integers(1, count // 3 + 1, 6))
    finished: Floats = palette[bands[thread.astype(int) % len(bands)]]
    return finished
