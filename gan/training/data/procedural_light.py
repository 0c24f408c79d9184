"""Procedural styles on a dark or coloured ground: neon, blueprint, gold leaf, chalk on slate."""

from __future__ import annotations

import math

import numpy as np

from gan.training.data.procedural_canvas import Canvas, Floats, even, lit, mixed, ramp, step
from gan.training.data.procedural_scene import hexadecimal, scene

GLOWS = ("ff2d95", "00e5ff", "ffe14d", "7cff6b", "b26bff", "ff6a3d", "4d7cff", "ff9df5")


def neon(canvas: Canvas) -> Floats:
    """Glowing tubes along contours in front of a dark wall."""
    what = scene(canvas, busy=0.8)
    field = canvas.blur(canvas.warped(what.tone[..., None], 2)[..., 0], canvas.real(3, 6))
    wall = hexadecimal(("0b0a1a", "100b16", "06121a", "15101c")[canvas.whole(0, 3)])[0]
    light = wall * (1 + 0.25 * canvas.noise(40, 2) + 0.3 * canvas.noise(2))[..., None]
    colors = hexadecimal(*GLOWS)[canvas.rng.permutation(len(GLOWS))[: canvas.whole(2, 4)]]
    slope = np.hypot(*np.gradient(field)) * canvas.unit + 0.002
    width = canvas.real(0.8, 1.6)
    bright = 0.6 * canvas.blur(what.rgb, 10) * canvas.real(0.1, 0.5)
    light = light + bright * colors.mean(0)
    for i, color in enumerate(np.concatenate([colors, colors])):
        level = (i + canvas.real(0.3, 0.8)) / (2 * len(colors))
        far = np.abs(field - level) / slope
        tube = step(width + 0.6, width - 0.6, far.astype(np.float32)) * step(0.004, 0.012, slope.astype(np.float32))
        halo = 1.1 * canvas.blur(tube, 2.5) + 0.8 * canvas.blur(tube, 7) + 0.9 * canvas.blur(tube, 20)
        light = light + halo[..., None] * color**1.7 * 0.8 + tube[..., None] * (0.5 * color + 0.35)
    glowing: Floats = 1 - np.exp(-1.1 * light)
    return glowing + 0.01 * canvas.grain()[..., None]


def blueprint(canvas: Canvas) -> Floats:
    """White lines, a grid and hatching on faded blue paper, or as a draughtsman on white."""
    what = scene(canvas)
    paper = hexadecimal(("1b4f8f", "16407a", "27588c", "123a5e", "1f6f78", "2b3f66")[canvas.whole(0, 5)])[0]
    chalk = hexadecimal(("f2f7ff", "e6f0fa", "fdf6e3")[canvas.whole(0, 2)])[0]
    fade = 1 + 0.06 * canvas.noise(2, 3) + 0.025 * canvas.noise(80, 2)
    rgb = paper * fade[..., None] + 0.05 * (what.tone * canvas.real(0, 2))[..., None]
    pitch = canvas.real(10, 20)
    fine, bold = (_grid(canvas, pitch * k, 0.55 * k**0.3) for k in (1, 5))
    tone = canvas.blur(what.tone, 1)
    edges = np.hypot(*np.gradient(tone)) * canvas.unit
    drawn = step(0.025, 0.06, edges.astype(np.float32))
    for level in np.linspace(0.15, 0.85, canvas.whole(3, 6)):
        slope = np.hypot(*np.gradient(canvas.blur(what.tone, 2))) * canvas.unit + 0.002
        near = np.abs(canvas.blur(what.tone, 2) - level) / slope
        drawn = np.maximum(
            drawn, 0.75 * step(1.1, 0.3, near.astype(np.float32)) * step(0.003, 0.01, slope.astype(np.float32))
        )
    hatch = np.zeros_like(tone)
    gap, base = canvas.real(4, 8), canvas.real(0, math.pi)
    for k, threshold in enumerate((0.45, 0.72)):
        _, v = canvas.turned(base + k * math.pi / 2)
        line = step(0.75, 0.3, np.abs((v / gap) % 1 - 0.5) * gap)
        hatch = np.maximum(hatch, line * step(threshold, threshold + 0.02, tone))
    worn = np.clip(0.9 + 0.15 * canvas.noise(70) + 0.1 * canvas.noise(8, 2), 0, 1)
    cover = np.clip(0.16 * fine + 0.24 * bold + 0.5 * hatch + 0.95 * drawn, 0, 1) * worn
    return mixed(rgb.astype(np.float32), chalk + np.zeros_like(rgb), cover.astype(np.float32))


def gold_leaf(canvas: Canvas) -> Floats:
    """Crinkled metal foil laid in broken patches and thin veins on lacquer."""
    what = scene(canvas, busy=0.7)
    lacquer = hexadecimal(("12100f", "0f1c24", "2a0f14", "10231c", "f1ece1", "1c1430")[canvas.whole(0, 5)])[0]
    metal = hexadecimal(
        *(
            ("5a3a0c", "a8741f", "d9ab45", "f7dd8a", "fff6d2"),
            ("5a2a1c", "a85f42", "d99a78", "f4c9ae", "fff0e4"),
            ("4a4a4e", "85868c", "b5b7bd", "dcdee3", "fbfbfd"),
            ("5a3a0c", "b07d1f", "e0b040", "f9e29a", "fff8dc"),
        )[canvas.whole(0, 3)]
    )
    tone = canvas.warped(what.tone[..., None], 4)[..., 0]
    ragged = 0.05 * canvas.noise(16, 4, 0.7)
    level = canvas.real(0.35, 0.6)
    leaf = step(-0.015, 0.015, tone - level + ragged) * step(-1.9, -1.5, canvas.noise(45) + 0.7 * canvas.noise(9, 2))
    veins = np.zeros_like(tone)
    for cells in (2.5, 5):
        field = canvas.noise(cells, 4, 0.55)
        slope = np.hypot(*np.gradient(field)) * canvas.unit + 0.005
        veins = np.maximum(
            veins, step(1.5, 0.5, (np.abs(field) / slope).astype(np.float32)) * step(-0.2, 0.4, canvas.noise(3))
        )
    leaf = np.clip(leaf + veins, 0, 1)
    folds = 1 - np.abs(canvas.noise(canvas.real(8, 16), 4, 0.65))
    crinkle = lit(folds, canvas.real(0, 2 * math.pi)) * canvas.unit * canvas.real(3, 5)
    sheen = even(0.8 * canvas.noise(2.5) + 0.9 * np.tanh(1.4 * crinkle) + 0.35 * canvas.noise(90))
    foil = ramp(metal, sheen)
    ground = lacquer * (1 + 0.1 * canvas.noise(3, 4)[..., None]) + 0.1 * canvas.blur(what.rgb, 3) * (
        lacquer.mean() < 0.5
    )
    shadow = canvas.blur(leaf, 1.5) * (1 - leaf) * 0.4
    return mixed((ground * (1 - shadow[..., None])).astype(np.float32), foil, leaf)


def chalk(canvas: Canvas) -> Floats:
    """Coloured chalk rubbed and drawn on slate, with wiped traces."""
    what = scene(canvas)
    slate = hexadecimal(("232a2b", "24312b", "1f2430", "2b2b2b")[canvas.whole(0, 3)])[0]
    rgb = slate * (1 + 0.12 * canvas.noise(3, 3) + 0.05 * canvas.noise(90))[..., None]
    u, v = canvas.turned(canvas.real(0, math.pi))
    rgb = rgb + 0.03 * np.clip(canvas.streaks(u, v, 70, 5), 0, None)[..., None]
    tooth = canvas.noise(128) + 0.5 * canvas.noise(60)
    hatch = canvas.streaks(u + 0.3 * v, v - 0.3 * u, canvas.real(25, 60), canvas.real(2, 4))
    image = canvas.warped(what.rgb, 2, 9)
    light = 0.35 + 0.65 * np.clip(image, 0, 1)
    tone = canvas.warped(what.tone[..., None], 2, 9)[..., 0]
    rubbed = step(0.1, 1, canvas.blur(tone, 3)) * 0.45
    strokes = step(0.1, 1.6, 1.5 * tone - 0.55 + 0.45 * hatch + 0.3 * tooth)
    edges = np.hypot(*np.gradient(canvas.blur(what.tone, 1.5))) * canvas.unit
    line = step(0.015, 0.06, edges.astype(np.float32)) * step(-1.0, 0.4, tooth)
    cover = np.clip(rubbed + 0.75 * strokes, 0, 0.95)
    rgb = mixed(rgb.astype(np.float32), light.astype(np.float32), cover)
    return mixed(rgb, 0.5 * light.astype(np.float32) + 0.47, 0.85 * line) + 0.02 * tooth[..., None]


def _grid(canvas: Canvas, pitch: float, width: float) -> Floats:
    """(S, S) ruled lines, antialiased."""
    soft = max(0.5, 0.7 / canvas.unit)
    near = [np.abs((t / pitch) % 1 - 0.5) * pitch for t in (canvas.x, canvas.y)]
    return step(width + soft, width - soft, np.minimum(*near))
