"""Procedural style pictures: deterministic, in range, neither flat nor alike, of one design at every size."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from gan.training.data.procedural import KINDS, LEAST_PX, draw
from gan.training.data.procedural_canvas import Canvas, gaussian, lit, ramp, slid, standard, step
from gan.training.data.procedural_scene import PALETTES, from_oklab, hexadecimal, random_palette, scene

SEED = 7


def _canvas(side_px: int = 64, seed: int = 0) -> Canvas:
    return Canvas(side_px, np.random.default_rng(seed))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_a_picture_in_range_with_light_dark_and_edges(kind: str) -> None:
    picture = draw(kind, 96, SEED)
    assert picture.shape == (3, 96, 96)
    assert picture.dtype == torch.float32
    assert float(picture.min()) >= 0
    assert float(picture.max()) <= 1
    tone = picture.mean(0)
    assert float(tone.std()) > 0.04
    assert float((tone[1:] - tone[:-1]).abs().mean()) > 0.004


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_is_a_picture_and_another_seed_another(kind: str) -> None:
    torch.manual_seed(1)
    first = draw(kind, 48, SEED)
    np.random.default_rng().random()
    torch.manual_seed(2)
    assert torch.equal(first, draw(kind, 48, SEED))
    assert float((first - draw(kind, 48, SEED + 1)).abs().mean()) > 0.03


def test_kinds_differ_though_the_seed_is_the_same() -> None:
    small = torch.stack([draw(kind, 32, SEED).flatten() for kind in KINDS])
    apart = torch.cdist(small, small, p=1) / small.shape[1] + torch.eye(len(KINDS))
    assert float(apart.min()) > 0.03


@pytest.mark.parametrize("kind", ["oil", "watercolor", "mosaic", "marbling", "gold_leaf", "risograph"])
def test_twice_the_size_is_the_same_design(kind: str) -> None:
    small, large = draw(kind, 128, SEED), draw(kind, 256, SEED)
    coarse = [F.adaptive_avg_pool2d(picture, 16).flatten() for picture in (small, large)]
    assert float(torch.corrcoef(torch.stack(coarse))[0, 1]) > 0.8


@pytest.mark.parametrize("kind", KINDS)
def test_the_smallest_and_an_odd_size(kind: str) -> None:
    for size_px in (LEAST_PX, 37):
        picture = draw(kind, size_px, SEED)
        assert picture.shape == (3, size_px, size_px)
        assert bool(torch.isfinite(picture).all())


@pytest.mark.parametrize(
    ("kind", "size_px", "seed", "named"),
    [
        ("fresco", 64, 0, "watercolor"),
        ("oil", LEAST_PX - 1, 0, "16"),
        ("oil", 64, -1, "seed"),
        ("oil", 64, 2**63, "seed"),
    ],
)
def test_what_cannot_be_drawn_is_refused(kind: str, size_px: int, seed: int, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        draw(kind, size_px, seed)


def test_noise_is_standard_and_stretches_with_its_cells() -> None:
    canvas = _canvas(128)
    coarse, fine = canvas.noise(2), canvas.noise(40)
    for noise in (coarse, fine):
        assert abs(float(noise.mean())) < 1e-4
        assert float(noise.std()) == pytest.approx(1, abs=1e-3)
    assert np.abs(np.diff(fine, axis=0)).mean() > 5 * np.abs(np.diff(coarse, axis=0)).mean()


def test_streaks_are_long_in_one_direction() -> None:
    canvas = _canvas(128)
    streaks = canvas.streaks(canvas.x, canvas.y, 60, 3)
    assert np.abs(np.diff(streaks, axis=0)).mean() > 5 * np.abs(np.diff(streaks, axis=1)).mean()


def test_smearing_keeps_what_does_not_change_along_the_lines() -> None:
    canvas = _canvas(64)
    rows = (np.arange(64, dtype=np.float32) % 5)[:, None] + np.zeros((64, 64), np.float32)
    level = np.zeros((64, 64), np.float32)
    assert np.abs(canvas.smeared(rows, level, 40) - rows).max() < 1e-4
    assert canvas.smeared(rows, level + np.float32(np.pi / 2), 60)[16:48].std() < 0.3 * rows.std()


def test_a_blur_keeps_the_mean_and_a_flat_picture() -> None:
    for sigma in (1.0, 9.0):
        assert np.abs(gaussian(np.full((80, 80, 3), 0.3, np.float32), sigma) - 0.3).max() < 1e-5
        noise = np.random.default_rng(0).random((80, 80)).astype(np.float32)
        assert gaussian(noise, sigma).mean() == pytest.approx(noise.mean(), abs=5e-3)
        assert gaussian(noise, sigma).std() < 0.4 * noise.std()


def test_operators_with_known_answers() -> None:
    ends = step(0.2, 0.6, np.array([0.0, 0.2, 0.4, 0.6, 1.0]))
    assert ends.tolist() == pytest.approx([0, 0, 0.5, 1, 1])
    assert step(0.6, 0.2, np.array([0.0, 0.4, 1.0])).tolist() == pytest.approx([1, 0.5, 0])
    colors = hexadecimal("000000", "ff0000", "ffffff")
    assert ramp(colors, np.array([0, 0.25, 0.5, 1])).tolist() == [[0, 0, 0], [0.5, 0, 0], [1, 0, 0], [1, 1, 1]]
    square = np.arange(9.0).reshape(3, 3)
    assert slid(square, 1, 0).tolist() == [[0, 1, 2], [0, 1, 2], [3, 4, 5]]
    assert slid(square, 0, -1).tolist() == [[1, 2, 2], [4, 5, 5], [7, 8, 8]]
    assert np.allclose(lit(square, 0), 1)
    assert np.allclose(lit(square, np.pi / 2), 3)
    assert np.allclose(standard(np.ones((4, 4))), 0)


def test_oklab_of_white_grey_and_red() -> None:
    lab = np.array([[1, 0, 0], [0, 0, 0], [0.5999, 0, 0], [0.627955, 0.224863, 0.125846]])
    expected = [[1, 1, 1], [0, 0, 0], [0.5, 0.5, 0.5], [1, 0, 0]]
    assert np.abs(from_oklab(lab) - expected).max() < 4e-3


def test_palettes_are_dark_to_light() -> None:
    assert all(len(code) == 6 for row in PALETTES for code in row)
    for seed in range(20):
        colors = random_palette(_canvas(16, seed))
        tones = colors @ np.array([0.299, 0.587, 0.114])
        assert (np.diff(tones) >= 0).all()
        assert tones[-1] - tones[0] > 0.3


def test_a_scene_has_shapes_and_a_full_range_of_tones() -> None:
    what = scene(_canvas(96, 3))
    assert len(np.unique(what.labels)) >= 3
    assert float(what.tone.min()) == 0
    assert float(what.tone.max()) == 1
    assert what.rgb.shape == (96, 96, 3)
