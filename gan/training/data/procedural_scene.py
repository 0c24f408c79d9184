"""What the procedural styles are drawn over: a random scene with light, dark and edges, in a palette."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from gan.training.data.procedural_canvas import UNITS, Canvas, Floats, even, luma, ramp, stretched

PALETTES = (
    ("22223b", "4a4e69", "9a8c98", "c9ada7", "f2e9e4"),
    ("03071e", "9d0208", "dc2f02", "f48c06", "ffba08", "fff3d6"),
    ("264653", "2a9d8f", "e9c46a", "f4a261", "e76f51", "fdf6e3"),
    ("001219", "005f73", "0a9396", "94d2bd", "e9d8a6", "ee9b00", "ae2012"),
    ("2d1e2f", "6b2d5c", "f0386b", "ff5376", "f8c0c8", "e2c290"),
    ("0b132b", "1c2541", "3a506b", "5bc0be", "f5f1e3"),
    ("283618", "606c38", "dda15e", "bc6c25", "fefae0"),
    ("1d3557", "457b9d", "a8dadc", "e63946", "f1faee"),
    ("10002b", "3c096c", "7b2cbf", "c77dff", "ffc8dd", "fff0f5"),
    ("2f3e46", "52796f", "84a98c", "cad2c5", "f2d0a9", "d88c9a"),
    ("3d2b1f", "7f4f24", "b08968", "ddb892", "ede0d4", "6b705c"),
    ("0d1b2a", "1b4965", "62b6cb", "ffd166", "ef476f", "fff7e6"),
    ("111111", "d62828", "f7b801", "2a4d9b", "f4efe6"),
    ("33202a", "8c3b4a", "d4786e", "f2b8a0", "8fa998", "f7eee3"),
)
"""Hexadecimal sRGB."""


@dataclass(frozen=True)
class Scene:
    """Something to draw.

    Attributes:
        rgb: (S, S, 3) in [0, 1].
        tone: (S, S), its brightness stretched to [0, 1].
        palette: (K, 3), dark to light.
        labels: (S, S) int, which shape lies on top; 0 for the ground.
    """

    rgb: Floats
    tone: Floats
    palette: Floats
    labels: npt.NDArray[np.int32]


def scene(canvas: Canvas, *, palette: Floats | None = None, busy: float = 1.0) -> Scene:
    """A ground of fractal noise or a horizon, with shaded blobs, polygons, petals and bands on it."""
    colors = random_palette(canvas) if palette is None else palette
    field = canvas.noise(canvas.real(1, 3), 4, canvas.real(0.35, 0.6))
    if canvas.chance(0.4):
        field = field * 0.5 + np.sign(canvas.real(-1, 1)) * (canvas.y - 128) / 70
    order = canvas.rng.permutation(len(colors)) if canvas.chance(0.3) else np.arange(len(colors))
    start = canvas.whole(0, len(colors) - 3)
    rgb = ramp(colors[order][start:], even(field))
    light = canvas.real(0, 2 * math.pi)
    labels = np.zeros((canvas.side, canvas.side), np.int32)
    for index in range(1, 1 + round(busy * canvas.whole(3, 9))):
        mask, shade = _shape(canvas, light)
        labels[mask] = index
        key = int(canvas.rng.integers(len(colors)))
        low, high = colors[max(0, key - 1)], colors[min(len(colors) - 1, key + 1)]
        t = np.clip(shade[mask], -1, 1)[:, None]
        rgb[mask] = colors[key] + 0.75 * (
            np.maximum(t, 0) * (high - colors[key]) + np.minimum(t, 0) * (colors[key] - low)
        )
    rgb = np.clip(rgb + canvas.real(0, 0.05) * canvas.noise(6, 3)[..., None], 0, 1).astype(np.float32)
    return Scene(rgb, stretched(luma(rgb)), colors, labels)


def _shape(canvas: Canvas, light: float) -> tuple[npt.NDArray[np.bool_], Floats]:
    """Where one shape lies and how it is lit, -1 to 1."""
    x, y, r = canvas.real(0, UNITS), canvas.real(0, UNITS), UNITS * canvas.real(0.08, 0.32)
    kind = canvas.whole(0, 4)
    turn, ratio = canvas.real(0, math.pi), canvas.real(0.45, 1)
    angles = np.linspace(0, 2 * math.pi, 96, endpoint=False)
    if kind == 0:
        radii = 1 + sum(canvas.real(0, 0.35 / k) * np.cos(k * angles + canvas.real(0, 6.3)) for k in range(2, 6))
    elif kind == 1:
        corners = canvas.whole(3, 7)
        radii = np.cos(math.pi / corners) / np.cos((angles % (2 * math.pi / corners)) - math.pi / corners)
    elif kind == 2:
        radii = 0.35 + 0.75 * np.abs(np.cos(canvas.whole(2, 5) * angles / 1.0)) ** 0.7
    elif kind == 3:
        radii, ratio = np.ones_like(angles), canvas.real(0.7, 1)
    else:
        radii, ratio, r = np.cos(math.pi / 4) / np.cos((angles % (math.pi / 2)) - math.pi / 4), 0.12, 1.6 * UNITS
    u, v = r * radii * np.cos(angles), ratio * r * radii * np.sin(angles)
    px = (x + u * math.cos(turn) - v * math.sin(turn)) * canvas.unit
    py = (y + u * math.sin(turn) + v * math.cos(turn)) * canvas.unit
    image = Image.new("1", (canvas.side, canvas.side))
    ImageDraw.Draw(image).polygon(list(zip(px.tolist(), py.tolist(), strict=True)), fill=1)
    reach = min(r, UNITS / 2)
    shade = ((canvas.x - x) * math.cos(light) + (canvas.y - y) * math.sin(light)) / reach
    return np.asarray(image), (canvas.real(0.2, 1) * shade).astype(np.float32)


def random_palette(canvas: Canvas) -> Floats:
    """(K, 3) sRGB, dark to light: half the time one of `PALETTES`, else drawn in OKLab by a harmony of hues."""
    if canvas.chance(0.5):
        row = PALETTES[canvas.whole(0, len(PALETTES) - 1)]
        colors = hexadecimal(*row)
        if canvas.chance(0.3):
            colors = colors[:, canvas.rng.permutation(3)]
    else:
        count = canvas.whole(5, 7)
        hue, spread = canvas.real(0, 2 * math.pi), canvas.real(0.1, 0.9)
        harmony = ((0.0,), (0.0, math.pi), (0.0, 2.1, -2.1), (0.0, 2.6))[canvas.whole(0, 3)]
        hues = hue + canvas.rng.choice(harmony, count) + canvas.rng.normal(0, spread / 2, count)
        lightness = np.linspace(canvas.real(0.15, 0.35), canvas.real(0.85, 0.97), count)
        chroma = canvas.real(0.03, 0.16) * canvas.rng.uniform(0.5, 1.1, count) * np.sin(math.pi * lightness) ** 0.5
        colors = from_oklab(np.stack([lightness, chroma * np.cos(hues), chroma * np.sin(hues)], -1))
    ordered: Floats = colors[np.argsort(luma(colors))].astype(np.float32)
    return ordered


def hexadecimal(*codes: str) -> Floats:
    """(K, 3) in [0, 1] of codes such as "22223b"."""
    return np.array([[int(code[i : i + 2], 16) for i in (0, 2, 4)] for code in codes], np.float32) / 255


def from_oklab(lab: npt.NDArray[np.float64]) -> Floats:
    """(..., 3) OKLab to sRGB, clipped (Ottosson, "A perceptual color space for image processing", 2020)."""
    cones = lab @ np.array(
        [[1, 1, 1], [0.3963377774, -0.1055613458, -0.0894841775], [0.2158037573, -0.0638541728, -1.291485548]]
    )
    linear = cones**3 @ np.array(
        [
            [4.0767416621, -1.2684380046, -0.0041960863],
            [-3.3077115913, 2.6097574011, -0.7034186147],
            [0.2309699292, -0.3413193965, 1.707614701],
        ]
    )
    linear = np.clip(linear, 0, 1)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    finished: Floats = srgb.astype(np.float32)
    return finished
