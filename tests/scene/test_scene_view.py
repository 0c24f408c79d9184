"""The camera and the stage against points whose places are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gan.scene.sets import SceneSet
from gan.scene.view import meet, profile, view_of


def camera(width: int = 400, height: int = 300, elevation: float = 20.0):
    return view_of(width, height, center_px=200.0, foot_px=240.0, elevation_deg=elevation, lens=2.5)


def test_the_foot_is_seen_where_it_was_asked_for_and_under_that_angle() -> None:
    view = camera()
    assert float(view.row(0.0, view.depth)) == pytest.approx(240.0)
    assert float(view.column(0.0, view.depth)) == pytest.approx(200.0)
    assert math.degrees(math.atan2(view.camera, view.depth)) == pytest.approx(20.0)
    assert view.px == pytest.approx(300.0)  # a unit is the shorter side


def test_a_row_meets_the_floor_where_the_floor_is_seen_in_that_row() -> None:
    view = camera()
    pieces = profile(SceneSet(stage="corner", distance=0.8), view, 0.0)
    for depth in (view.depth - 0.3, view.depth, view.depth + 0.5):
        hits = meet(pieces, view, np.array([float(view.row(0.0, depth))]))
        assert pieces[hits.piece[0]].part == "floor"
        assert hits.depth[0] == pytest.approx(depth, rel=1e-6)


def test_above_the_floor_a_row_meets_the_wall_at_its_height() -> None:
    view = camera()
    pieces = profile(SceneSet(stage="corner", distance=0.8), view, 0.0)
    hits = meet(pieces, view, np.array([float(view.row(0.35, view.depth + 0.8))]))
    assert pieces[hits.piece[0]].part == "wall"
    assert hits.depth[0] == pytest.approx(view.depth + 0.8)
    assert hits.along[0] == pytest.approx(0.35)


def test_a_sweep_goes_on_from_floor_to_wall_in_one_length() -> None:
    view = camera()
    scene = SceneSet(stage="sweep", distance=1.0, bend=0.4)
    pieces = profile(scene, view, 0.0)
    quarter = sum(piece.length for piece in pieces[1:-1])
    assert quarter == pytest.approx(math.pi / 2 * 0.4, rel=2e-3)
    rows = np.linspace(view.row(3.0, view.depth + 1.0), 299.0, 500)
    along = meet(pieces, view, rows).along
    assert (np.diff(along) < 0).all()  # from the wall down to the camera's feet


def test_parallel_lines_on_the_floor_meet_at_the_horizon() -> None:
    view = camera()
    near, far = view.depth, view.depth + 2.0
    x = [[float(view.column(across, depth)) for depth in (near, far)] for across in (-0.5, 0.5)]
    y = [float(view.row(0.0, depth)) for depth in (near, far)]
    slopes = [(line[1] - line[0]) / (y[1] - y[0]) for line in x]
    row = (x[1][0] - slopes[1] * y[0] - x[0][0] + slopes[0] * y[0]) / (slopes[0] - slopes[1])
    assert row == pytest.approx(view.horizon_px)


def test_a_scaled_view_sees_the_same() -> None:
    view = camera()
    small = view.scaled(100, 75)
    assert float(small.row(0.2, 3.0)) == pytest.approx(float(view.row(0.2, 3.0)) / 4)
    assert float(small.column(0.2, 3.0)) == pytest.approx(float(view.column(0.2, 3.0)) / 4)
