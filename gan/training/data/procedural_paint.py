"""Procedural styles that are painted: oil, watercolour, gouache, ink, pastel, points of colour."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from gan.training.data.procedural_canvas import (
    UNITS,
    Canvas,
    Floats,
    gaussian,
    lit,
    luma,
    mixed,
    ramp,
    standard,
    step,
    stretched,
)
from gan.training.data.procedural_scene import hexadecimal, scene


def oil(canvas: Canvas) -> Floats:
    """Oriented strokes, fine ones only at edges (Hertzmann, SIGGRAPH 1998), lit as thick paint."""
    what = scene(canvas)
    angle = canvas.flow(what.tone)
    width = canvas.real(14, 34)
    length = canvas.real(1.8, 3.4)
    loose = canvas.real(0.02, 0.055)
    large = canvas.side * 2
    paint = Image.new("RGB", (large, large), _bytes(what.rgb.mean((0, 1)))[0])
    relief = Image.new("L", (large, large), 90)
    pens = ImageDraw.Draw(paint), ImageDraw.Draw(relief)
    edges = np.hypot(*np.gradient(canvas.blur(what.tone, 2))) * canvas.unit
    for share, everywhere in ((1.0, 1.0), (0.6, 0.4), (0.33, 0.04)):
        source = canvas.blur(what.rgb, width * share * 0.25)
        busy = everywhere + step(0.01, 0.06, edges.astype(np.float32))
        _strokes(canvas, pens, source, angle, width * share, length / share**0.3, loose, busy)
    rgb = np.asarray(paint.reduce(2), np.float32) / 255
    strokes = np.asarray(relief.reduce(2), np.float32) / 255
    bristles = canvas.smeared(gaussian(canvas.grain(), 0.5 * canvas.unit), angle, width)
    bristles = bristles / bristles.std()
    height = gaussian(strokes * canvas.real(0.5, 1.3) + canvas.real(0.03, 0.1) * bristles, 0.7 * canvas.unit)
    shine = lit(height, canvas.real(0, 2 * math.pi)) * canvas.unit
    finished: Floats = rgb + canvas.real(0.3, 0.8) * shine[..., None] + 0.008 * bristles[..., None]
    return finished


def swirl(canvas: Canvas) -> Floats:
    """Long combed dabs that turn with a field, lighter and darker neighbours of the palette side by side."""
    what = scene(canvas)
    angle = canvas.flow(what.tone) + canvas.real(0.4, 1.3) * canvas.noise(canvas.real(1.5, 3.5))
    dabs = canvas.smeared(canvas.noise(UNITS / canvas.real(2.2, 4.5)), angle, canvas.real(18, 40))
    edged = np.tanh(canvas.real(1.2, 2.5) * standard(dabs))
    image = canvas.smeared(what.rgb, angle, 8)
    other = ramp(what.palette, np.clip(luma(image) + canvas.real(0.12, 0.3) * edged, 0, 1))
    rgb = mixed(image, other, np.full_like(dabs, canvas.real(0.45, 0.8))) + 0.06 * edged[..., None]
    shine = lit(gaussian(edged, 0.5 * canvas.unit), canvas.real(0, 2 * math.pi)) * canvas.unit
    finished: Floats = rgb + canvas.real(0.05, 0.25) * shine[..., None]
    return finished


def watercolor(canvas: Canvas) -> Floats:
    """Transparent washes, light to dark, that darken at their edges, granulate on the paper and bleed where wet."""
    what = scene(canvas, busy=0.9)
    image = canvas.warped(what.rgb, canvas.real(2, 5))
    paper = 0.6 * canvas.noise(90) + 0.4 * canvas.noise(24)
    wet = step(0.2, 1.6, canvas.noise(3, 2)) * canvas.real(0.3, 1)
    wobble = canvas.real(0.02, 0.06) * canvas.noise(6, 4, 0.6)
    mean = image.mean(2, keepdims=True)
    pigment = np.clip(mean + canvas.real(1.2, 2.0) * (image - mean), 0.06, 0.97)
    runny = canvas.blur(pigment, canvas.real(3, 7))
    pigment = pigment + wet[..., None] * (runny - pigment)
    tone = stretched(luma(pigment))
    rim_units, edge = canvas.real(1.2, 2.2), canvas.real(0.6, 1.6)
    layers = canvas.whole(3, 5)
    amount = np.zeros_like(tone)
    for layer in range(layers):
        level = 0.93 - 0.85 * layer / layers
        crisp = step(-0.03, 0.03, level - tone + wobble * canvas.real(0.7, 1.3))
        wash = crisp + wet * (canvas.blur(crisp, 4) - crisp)
        rim = np.clip(wash - canvas.blur(wash, rim_units), 0, 1) * (1 - wet)
        amount += (wash * (1 + 0.22 * canvas.noise(4, 3)) + edge * rim) / layers
    granules = np.clip(1 + canvas.real(0.06, 0.22) * paper + 0.04 * canvas.grain(), 0.3, 2)
    density = np.clip(amount, 0, None) * granules * canvas.real(0.75, 1.25)
    ground = np.array([0.99, 0.98, 0.955], np.float32)
    shown = ground * np.exp(density[..., None] * np.log(0.12 + 0.88 * pigment))
    if canvas.chance(0.35):
        shown = _bordered(canvas, shown, ground)
    washed: Floats = shown + 0.01 * paper[..., None]
    return washed


def gouache(canvas: Canvas) -> Floats:
    """A poster's few flat colours with wobbling edges, dry brush marks and a little overlap."""
    what = scene(canvas)
    tones = canvas.whole(4, 6)
    wobble = 0.06 * canvas.noise(14, 3)
    field = np.clip(canvas.blur(what.tone, canvas.real(1, 2.5)) + canvas.real(0.3, 1.2) * wobble, 0, 0.999)
    colors = what.palette[np.linspace(0, len(what.palette) - 1, tones).round().astype(int)]
    rgb = colors[-1] + np.zeros_like(what.rgb)
    u, v = canvas.turned(canvas.real(0, math.pi))
    dry = canvas.streaks(u, v, canvas.real(20, 60), canvas.real(1, 2))
    for i in range(tones - 1, 0, -1):
        edge = i / tones + 0.02 * dry * canvas.real(0, 1.5)
        cover = step(-0.012, 0.012, edge - field)
        streaky = 1 - canvas.real(0, 0.45) * step(0.7, 1.6, dry + 0.5 * canvas.noise(8, 2))
        rgb = mixed(rgb, colors[i - 1] * (1 + 0.02 * dry[..., None]), cover * streaky)
    finished: Floats = rgb + 0.02 * canvas.noise(90)[..., None] + 0.012 * dry[..., None]
    return finished


def ink_wash(canvas: Canvas) -> Floats:
    """Black ink thinned with water on rice paper: blooms, dry brush, splatter, at times a red seal's colour."""
    what = scene(canvas, busy=0.6)
    ink = hexadecimal(("14161a", "1b1714", "101a2c", "2b1220")[canvas.whole(0, 3)])[0]
    paper = hexadecimal(("f6f1e4", "f2ece0", "eee4cf", "f8f6f0")[canvas.whole(0, 3)])[0]
    angle = canvas.flow(what.tone)
    wobble = canvas.noise(5, 4, 0.6)
    bristle = canvas.smeared(canvas.grain(), angle, canvas.real(18, 40))
    depth = np.zeros_like(what.tone)
    tone = canvas.warped(what.tone[..., None], canvas.real(2, 5))[..., 0]
    for level, strength in ((0.8, 0.22), (0.55, 0.35), (0.35, 0.5), (0.16, 0.9)):
        field = level + 0.05 * wobble - tone
        crisp = step(-0.02, 0.03, field - 0.05 * canvas.real(0, 1) * bristle)
        bloom = canvas.blur(crisp, canvas.real(3, 10))
        wet = step(-0.6, 0.9, canvas.noise(3, 2))
        wash = crisp + wet * (bloom - crisp)
        depth += strength * (wash + 0.9 * np.clip(wash - canvas.blur(wash, 2), 0, 1) * (1 - wet))
    dry = step(0.2, 1.2, bristle) * canvas.real(0.1, 0.45)
    depth = depth * (1 - dry) * (1 + 0.08 * canvas.noise(60, 2))
    depth += _splatter(canvas, canvas.whole(5, 40))
    depth = 1 - np.exp(-canvas.real(1.0, 1.6) * np.clip(depth, 0, None))
    rgb = mixed(paper + np.zeros_like(what.rgb), ink + np.zeros_like(what.rgb), depth)
    if canvas.chance(0.5):
        accent = what.palette[canvas.whole(1, len(what.palette) - 2)]
        spot = step(0.6, 1.6, canvas.noise(2, 3)) * canvas.real(0.4, 0.9)
        rgb = rgb * (1 - spot[..., None] * (1 - accent))
    fibres = canvas.streaks(*canvas.turned(canvas.real(0, 3)), 14, 1.2)
    return rgb + 0.012 * fibres[..., None]


def pastel(canvas: Canvas) -> Floats:
    """Crayon or chalk: strokes of pigment that catch only on the peaks of rough paper, light or dark."""
    what = scene(canvas)
    tooth = 0.8 * canvas.noise(canvas.real(120, 220)) + 0.4 * canvas.noise(60)
    dark = canvas.chance(0.35)
    grounds = ("2b3038", "3a2f2f", "26383a") if dark else ("f4eee2", "efe2d0", "dfe3e0")
    rgb = hexadecimal(grounds[canvas.whole(0, 2)])[0] + np.zeros_like(what.rgb)
    image = canvas.warped(what.rgb, 1.5, 12)
    soft = canvas.blur(image, 4)
    base, fine = canvas.real(0, math.pi), canvas.real(2, 4.5)
    rough = canvas.real(0.35, 0.8)
    for layer in range(3):
        u, v = canvas.turned(base + canvas.real(-0.35, 0.35) + (0.9 if layer == 1 else 0))
        strokes = canvas.streaks(u, v + 4 * canvas.noise(3), canvas.real(30, 70), fine)
        cover = step(-0.9, 0.8, rough * tooth + 0.55 * strokes + (0.8, 0.1, -0.35)[layer])
        color = (soft if layer == 0 else image) + 0.06 * canvas.rng.standard_normal(3, dtype=np.float32) * (layer > 0)
        color = np.clip(color + canvas.real(0.02, 0.07) * strokes[..., None], 0, 1).astype(np.float32)
        rgb = mixed(rgb, color, cover * canvas.real(0.8, 0.95))
    finished: Floats = rgb + 0.018 * tooth[..., None] + 0.008 * canvas.grain()[..., None]
    return finished


def points(canvas: Canvas) -> Floats:
    """Dots of pure colour side by side that mix only in the eye."""
    what = scene(canvas)
    size = canvas.real(4.5, 9)
    large = 2 * canvas.side
    image = Image.new("RGB", (large, large), _bytes(what.palette[-1] * canvas.real(0.85, 1))[0])
    pen = ImageDraw.Draw(image)
    spread, odd = canvas.real(0.04, 0.1), canvas.real(0, 0.12)
    for share, most in ((1.2, 3000), (0.85, 2500)):
        x, y = (place[:most] for place in _scattered(canvas, size * share * 0.78))
        color = _sampled(canvas, what.rgb, x, y)
        mean = color.mean(1, keepdims=True)
        color = mean + canvas.real(1.2, 1.7) * (color - mean) + canvas.rng.normal(0, spread, color.shape)
        strange = canvas.rng.random(len(color)) < odd
        color[strange] = what.palette[canvas.rng.integers(0, len(what.palette), int(strange.sum()))]
        radius = size * share * canvas.rng.uniform(0.42, 0.58, len(x))
        boxes = np.stack([x - radius, y - radius, x + radius, y + radius], 1) * (2 * canvas.unit)
        for box, fill in zip(boxes.tolist(), _bytes(color), strict=True):
            pen.ellipse(box, fill=fill)
    rgb = np.asarray(image.reduce(2), np.float32) / 255
    return rgb + canvas.real(0.1, 0.6) * (lit(luma(gaussian(rgb, 0.6 * canvas.unit)), 0.8) * canvas.unit)[..., None]


def charcoal(canvas: Canvas) -> Floats:
    """Soft black rubbed into toothed paper, drawn lines at the edges and lifted lights."""
    what = scene(canvas, busy=0.8)
    paper = hexadecimal(("efe9dd", "e4dccb", "d9d4c9", "f4f1ea")[canvas.whole(0, 3)])[0]
    stick = hexadecimal(("1a1918", "33211a", "231f20", "5a2a1c")[canvas.whole(0, 3)])[0]
    tooth = 0.8 * canvas.noise(canvas.real(70, 128)) + 0.4 * canvas.noise(35)
    u, v = canvas.turned(canvas.real(0, math.pi))
    hatch = canvas.streaks(u, v + 4 * canvas.noise(3), canvas.real(30, 70), canvas.real(1.3, 3))
    tone = canvas.blur(what.tone, 1) + 0.05 * canvas.noise(5, 3)
    rubbed = 0.75 * canvas.blur(1 - tone, 3)
    edges = np.hypot(*np.gradient(canvas.blur(what.tone, 1.2))) * canvas.unit
    line = step(0.015, 0.07, edges * (1 + 0.3 * canvas.noise(12, 2)))
    drawn = step(0.2, 1.0, 1.25 * (1 - tone) + 0.18 * hatch + 0.16 * tooth - 0.1)
    depth = np.clip(0.45 * rubbed + 0.65 * drawn + 0.75 * line, 0, 1) * step(-1.6, 0.2, tooth + 2.2 * (0.75 - tone))
    depth = np.clip(depth * canvas.real(0.85, 1.0) + 0.02 * tooth, 0, 1)
    return mixed(paper + np.zeros_like(what.rgb), stick + np.zeros_like(what.rgb), depth) + 0.015 * tooth[..., None]


def _strokes(
    canvas: Canvas,
    pens: tuple[ImageDraw.ImageDraw, ImageDraw.ImageDraw],
    source: Floats,
    angle: Floats,
    width: float,
    length: float,
    loose: float,
    busy: Floats,
) -> None:
    """Lines of one width on a canvas of twice the size, each of one colour and one height; `busy` is how likely."""
    x, y = _scattered(canvas, width * 0.68)
    kept = canvas.rng.random(len(x)) < _sampled(canvas, busy[..., None], x, y)[:, 0]
    x, y = x[kept], y[kept]
    color = (
        _sampled(canvas, source, x, y)
        + canvas.rng.normal(0, loose, (len(x), 1))
        + canvas.rng.normal(0, loose / 2, (len(x), 3))
    )
    heading = _sampled(canvas, angle[..., None], x, y)[:, 0] + canvas.rng.normal(0, 0.12, len(x))
    half = width * length / 2 * canvas.rng.uniform(0.5, 1.1, len(x))
    bend = canvas.rng.normal(0, 0.18, len(x)) * half
    c, s = np.cos(heading), np.sin(heading)
    scale = 2 * canvas.unit
    ends = np.stack([x - half * c, y - half * s, x - bend * s, y + bend * c, x + half * c, y + half * s], 1) * scale
    line_px = max(1, round(width * 0.8 * scale))
    tops = canvas.rng.integers(60, 200, len(x)).tolist()
    for line, fill, top in zip(ends.tolist(), _bytes(color), tops, strict=True):
        pens[0].line(line, fill=fill, width=line_px)
        pens[1].line(line, fill=top, width=line_px)


def _scattered(canvas: Canvas, apart: float) -> tuple[Floats, Floats]:
    """Points about `apart` units from each other, shuffled."""
    count = max(2, math.ceil(UNITS / apart) + 1)
    row, column = np.divmod(canvas.rng.permutation(count * count), count)
    jitter = canvas.rng.uniform(-0.5, 0.5, (2, count * count))
    return ((column + jitter[0]) * apart).astype(np.float32), ((row + jitter[1]) * apart).astype(np.float32)


def _sampled(canvas: Canvas, x: Floats, across: Floats, down: Floats) -> Floats:
    """(N, C) of the (S, S, C) values at points in units."""
    most = canvas.side - 1
    finished: Floats = x[
        np.clip((down * canvas.unit).astype(int), 0, most), np.clip((across * canvas.unit).astype(int), 0, most)
    ]
    return finished


def _bytes(color: Floats) -> list[tuple[int, int, int]]:
    return [(r, g, b) for r, g, b in (np.clip(np.atleast_2d(color), 0, 1) * 255).round().astype(int).tolist()]


def _bordered(canvas: Canvas, rgb: Floats, ground: Floats) -> Floats:
    """Bare paper around what is painted, with a ragged edge."""
    rim = np.minimum(np.minimum(canvas.x, UNITS - canvas.x), np.minimum(canvas.y, UNITS - canvas.y))
    ragged = rim + 5 * canvas.noise(7, 4, 0.6)
    return mixed(ground + np.zeros_like(rgb), rgb, step(9, 11, ragged))


def _splatter(canvas: Canvas, count: int) -> Floats:
    """(S, S) drops of many sizes."""
    large = 2 * canvas.side
    image = Image.new("L", (large, large))
    pen = ImageDraw.Draw(image)
    for x, y, size in zip(*canvas.rng.uniform(0, large, (2, count)), canvas.rng.exponential(1.3, count), strict=True):
        r = (0.4 + size) * canvas.unit * 2
        pen.ellipse((x - r, y - r, x + r, y + r), fill=canvas.whole(90, 255))
    return np.asarray(image.reduce(2), np.float32) / 255
