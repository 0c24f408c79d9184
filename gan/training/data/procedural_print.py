"""Procedural styles that are printed or drawn with lines: halftone, woodcut, engraving, pencil, stipple, risograph."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from gan.training.data.procedural_canvas import UNITS, Canvas, Floats, mixed, slid, step
from gan.training.data.procedural_scene import hexadecimal, scene

PAPERS = ("f5f0e1", "f8f6f0", "efe6d2", "e9e4d8", "f2e8da", "dfe5e2")
INKS = ("17171a", "1f2a44", "3a1f1b", "14342b", "4a1534", "2b2b52")
SPOTS = ("ff48b0", "0078bf", "ffe800", "00a95c", "f15060", "ff7477", "00838a", "765ba7", "ffb511", "3d5588", "62c2b1")
"""Colours near those that risograph drums are sold in."""


def halftone(canvas: Canvas) -> Floats:
    """Dots or lines whose size follows the tone: four inks, or one on a flat coloured ground."""
    what = scene(canvas)
    pitch = canvas.real(4.5, 12)
    shape = canvas.whole(0, 3)
    if canvas.chance(0.4):
        rgb = np.ones_like(what.rgb) * hexadecimal(PAPERS[canvas.whole(0, 5)])[0]
        inks = hexadecimal("00a0d8", "e5097f", "ffe600", "1d1d1b")
        need = 1 - what.rgb
        black = need.min(2)
        amounts = [*(np.clip(need[..., i] - 0.6 * black, 0, 1) for i in range(3)), np.clip(black - 0.25, 0, 1)]
        turn = canvas.real(0, 0.5)
        for ink, amount, angle in zip(inks, amounts, (0.26, 1.31, 0.0, 0.79), strict=True):
            cover = _screen(canvas, amount, pitch, angle + turn, 0 if shape == 3 else shape)
            rgb = rgb * (1 - cover[..., None] * (1 - ink))
        finished: Floats = rgb
        return finished
    colors = what.palette
    ink = colors[0] * canvas.real(0.4, 1)
    flat = canvas.blur(what.tone, 2)
    ground = colors[-1] + np.zeros_like(what.rgb)
    for color in canvas.rng.permutation(colors[1:-1])[: canvas.whole(1, 3)]:
        low = canvas.real(0.2, 0.7)
        ground = mixed(ground, color + np.zeros_like(ground), step(low, low + 0.02, flat + 0.15 * canvas.noise(3)))
    cover = _screen(canvas, 1.05 * (1 - what.tone) ** canvas.real(0.8, 1.4), pitch, canvas.real(0, 1.6), shape)
    return mixed(ground, ink + np.zeros_like(ground), cover)


def woodcut(canvas: Canvas) -> Floats:
    """Cut lines that swell with the dark and bend around forms, in one ink and at times a block of colour."""
    what = scene(canvas)
    ink = hexadecimal(INKS[canvas.whole(0, 5)])[0] * canvas.real(0.4, 1)
    paper = hexadecimal(PAPERS[canvas.whole(0, 5)])[0]
    pitch = canvas.real(5, 11)
    u, v = canvas.turned(canvas.real(0, math.pi))
    relief = canvas.blur(what.tone, 4)
    v = v + canvas.real(10, 40) * relief + canvas.real(2, 10) * canvas.noise(2.5)
    rough = 0.35 * canvas.streaks(u, v, 12, 1.5) + 0.35 * canvas.noise(50)
    dark = 1 - what.tone
    wave = np.abs((v / pitch) % 1 - 0.5) * 2  # 0 in the middle of a line, 1 between lines
    amount = np.clip(1.5 * dark - 0.28, 0, 1.2) + 0.06 * rough
    cover = step(-_soft(canvas, pitch), _soft(canvas, pitch), amount - wave)
    cover = np.where(amount < 0.06, 0, cover).astype(np.float32)
    ground = paper + np.zeros_like(what.rgb)
    if canvas.chance(0.6):
        for color in canvas.rng.permutation(what.palette[1:-1])[: canvas.whole(1, 3)]:
            low = canvas.real(0.25, 0.6)
            block = step(low, low + 0.03, canvas.blur(what.tone, 2) * 0.6 + 0.4 * (0.5 + 0.4 * canvas.noise(2.5)))
            ground = mixed(ground, color + np.zeros_like(ground), block * (1 - 0.25 * step(0.8, 1.4, rough * 2)))
    worn = 1 - step(1.5, 1.9, canvas.noise(70) + 0.35 * canvas.noise(10)) * (ground.mean(2) > 0.6)
    return mixed(ground, ink + np.zeros_like(ground), cover * worn) + 0.01 * canvas.noise(100)[..., None]


def engraving(canvas: Canvas) -> Floats:
    """Fine lines along the forms, crossed where it is dark, as on a banknote."""
    what = scene(canvas, busy=0.8)
    light_on_dark = canvas.chance(0.2)
    ink = hexadecimal(INKS[canvas.whole(0, 5)])[0]
    paper = hexadecimal(PAPERS[canvas.whole(0, 5)])[0]
    if canvas.chance(0.3):
        ink, paper = what.palette[0], what.palette[-1]
    pitch = canvas.real(3.6, 6)
    bend = canvas.real(15, 45) * canvas.blur(what.tone, 5) + canvas.real(3, 12) * canvas.noise(2)
    depth = what.tone if light_on_dark else 1 - what.tone
    cover = np.zeros_like(depth)
    base = canvas.real(0, math.pi)
    for turn, start in ((0.0, 0.05), (canvas.real(0.9, 1.6), 0.5), (canvas.real(2.0, 2.5), 0.8)):
        _, v = canvas.turned(base + turn)
        wave = np.abs(((v + bend) / pitch) % 1 - 0.5) * 2
        amount = np.clip((depth - start) / (1.05 - start), 0, 1) * 0.85 + 0.03 * canvas.noise(40)
        soft = _soft(canvas, pitch)
        cover = np.maximum(cover, step(-soft, soft, amount - wave) * step(start, start + 0.04, depth))
    a, b = (ink, paper) if light_on_dark else (paper, ink)
    return mixed(a + np.zeros_like(what.rgb), b + np.zeros_like(what.rgb), cover)


def crosshatch(canvas: Canvas) -> Floats:
    """Pencil or coloured pencil: up to four directions of broken strokes, more of them where it is darker."""
    what = scene(canvas)
    paper = hexadecimal(("fbf8f1", "f4efe4", "e8e2d4", "dcd5c6")[canvas.whole(0, 3)])[0]
    colored = canvas.chance(0.5)
    lead = hexadecimal(("2b2b30", "1d2b53", "5b2a1e", "1f3d2b")[canvas.whole(0, 3)])[0]
    pitch = canvas.real(2.6, 5.5)
    tooth = canvas.noise(canvas.real(90, 128))
    base = canvas.real(0, math.pi)
    dark = 1 - canvas.blur(what.tone, 0.8)
    density = np.zeros_like(dark)
    for layer in range(4):
        u, v = canvas.turned(base + layer * math.pi / 4 + canvas.real(-0.12, 0.12))
        v = v + 2.5 * canvas.noise(2.5) + 0.6 * canvas.streaks(u, v, 50, 6)
        wave = np.abs((v / pitch) % 1 - 0.5) * 2
        broken = canvas.streaks(u, v, 30, pitch)
        amount = np.clip((dark - 0.17 * layer - 0.08) * 1.6, 0, 0.8) + 0.12 * broken
        line = step(-0.25, 0.25, amount - wave) * step(0.02, 0.15, dark - 0.17 * layer)
        density += line * np.clip(0.55 + 0.2 * broken + 0.18 * tooth, 0.1, 1)
    density = 1 - np.exp(-canvas.real(1.1, 1.9) * density)
    color = np.clip(1.1 * canvas.blur(what.rgb, 2) - 0.12, 0, 1) if colored else lead + np.zeros_like(what.rgb)
    return mixed(paper + np.zeros_like(what.rgb), color, np.clip(density, 0, 1)) + 0.012 * tooth[..., None]


def stipple(canvas: Canvas) -> Floats:
    """Ink dots, smaller and farther apart where it is light; or light ones on a dark ground."""
    what = scene(canvas)
    inverse = canvas.chance(0.3)
    ink = hexadecimal(INKS[canvas.whole(0, 5)])[0]
    paper = hexadecimal(PAPERS[canvas.whole(0, 5)])[0]
    if canvas.chance(0.4):
        ink, paper = what.palette[0], what.palette[-1]
    if inverse:
        ink, paper = paper, ink
    amount = what.tone if inverse else 1 - what.tone
    step_units = canvas.real(2.5, 4.2)
    count = math.ceil(UNITS / step_units)
    jitter = canvas.rng.uniform(-0.45, 0.45, (2, count, count))
    rows, columns = np.mgrid[:count, :count]
    x, y = (columns + 0.5 + jitter[0]) * step_units, (rows + 0.5 + jitter[1]) * step_units
    most = canvas.side - 1
    at = amount[np.clip((y * canvas.unit).astype(int), 0, most), np.clip((x * canvas.unit).astype(int), 0, most)]
    kept = canvas.rng.random(at.shape) < 0.06 + 1.3 * at
    radius = step_units * (0.16 + 0.48 * at) * canvas.rng.uniform(0.75, 1.2, at.shape)
    large = 2 * canvas.side
    image = Image.new("L", (large, large))
    pen = ImageDraw.Draw(image)
    scale = 2 * canvas.unit
    boxes = np.stack([x - radius, y - radius, x + radius, y + radius], -1)[kept] * scale
    for box in boxes.tolist():
        pen.ellipse(box, fill=255)
    cover = np.asarray(image.reduce(2), np.float32) / 255
    color = ink + np.zeros_like(what.rgb)
    if canvas.chance(0.35):
        color = np.clip(what.rgb * 0.75, 0, 1)
    ground = mixed(
        paper + np.zeros_like(what.rgb), what.palette[-2] + np.zeros_like(what.rgb), 0.25 * step(-1, 1, canvas.noise(3))
    )
    return mixed(ground, color, cover)


def risograph(canvas: Canvas) -> Floats:
    """Two or three spot inks, each with grain or a screen, printed a little beside each other, multiplied."""
    what = scene(canvas)
    paper = hexadecimal(PAPERS[canvas.whole(0, 5)])[0]
    rgb = paper + np.zeros_like(what.rgb)
    inks = hexadecimal(*SPOTS)[canvas.rng.permutation(len(SPOTS))[: canvas.whole(2, 3)]]
    separations = [1 - what.tone, 0.5 + 0.45 * canvas.noise(2.5), 1 - np.abs(2 * what.tone - 1)]
    tint = (what.labels * 7 % 5) / 4
    for i, ink in enumerate(inks):
        amount: Floats = (0.65 * separations[i] + 0.35 * (tint if i % 2 else 1 - tint)).astype(np.float32)
        amount = slid(amount, *(round(canvas.real(-3, 3) * canvas.unit) for _ in range(2)))
        if canvas.chance(0.5):
            amount = np.floor(np.clip(amount, 0, 0.999) * 4) / 3
        if canvas.chance(0.5):
            cover = _screen(canvas, amount, canvas.real(3.5, 7), canvas.real(0, 1.6), canvas.whole(0, 1))
        else:
            cover = step(-0.3, 0.3, amount - 0.5 + 0.28 * canvas.noise(128, 1) + 0.1 * canvas.grain())
        cover = cover * np.clip(0.9 + 0.05 * canvas.noise(5, 3) + 0.05 * canvas.noise(100), 0, 1)
        rgb = rgb * (1 - cover[..., None] * (1 - ink))
    finished: Floats = rgb + 0.008 * canvas.grain()[..., None]
    return finished


def _screen(canvas: Canvas, amount: Floats, pitch: float, angle: float, shape: int) -> Floats:
    """(S, S) ink coverage of a tone in [0, 1]: round dots, lines, squares or rings."""
    u, v = canvas.turned(angle)
    if shape == 0:
        wave = 0.5 - 0.25 * (np.cos(2 * math.pi * u / pitch) + np.cos(2 * math.pi * v / pitch))
    elif shape == 1:
        wave = 0.5 - 0.5 * np.cos(2 * math.pi * v / pitch)
    elif shape == 2:
        wave = np.maximum(np.abs((u / pitch) % 1 - 0.5), np.abs((v / pitch) % 1 - 0.5)) * 2
    else:
        wave = 0.5 - 0.5 * np.cos(2 * math.pi * np.hypot(u - 70, v + 50) / pitch)
    soft = 1.4 / (pitch * max(canvas.unit, 0.25))
    return step(-soft, soft, 1.06 * amount - 0.03 - wave)


def _soft(canvas: Canvas, pitch: float) -> float:
    """Half a pixel's share of half a line, so that an edge is antialiased."""
    return max(0.08, 1.6 / (pitch * canvas.unit))
