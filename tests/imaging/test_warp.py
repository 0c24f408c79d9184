"""Projective maps meet closed forms; resampling is exact where nothing moves and antialiased where it reduces."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from gan.imaging.homography import applied, area, corners_of, homography, is_convex, ordered, rotation, shown_size
from gan.imaging.warp import warped, warped_cut

QUAD = ((12.0, 7.0), (93.0, 15.0), (81.0, 70.0), (4.0, 61.0))


def test_four_points_go_where_they_should_and_lines_stay_lines() -> None:
    matrix = homography(QUAD, corners_of(120, 50))
    assert np.allclose(applied(matrix, QUAD), corners_of(120, 50), atol=1e-9)
    on_line = applied(np.linalg.inv(matrix), [(0, 10), (40, 10), (120, 10)])
    (ax, ay), (bx, by), (cx, cy) = on_line
    assert abs((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)) < 1e-8


def test_a_rotation_is_clockwise_on_the_screen_and_keeps_its_center() -> None:
    matrix = rotation(90, (10, 20), (10, 20))
    assert np.allclose(applied(matrix, [(10, 20), (15, 20)]), [(10, 20), (10, 25)])


def test_the_shape_of_a_rectangle_follows_from_its_perspective() -> None:
    # A rectangle of 3 x 2, turned and tilted before a camera of 800 px focal length that looks at (400, 300).
    turn = np.array([[math.cos(0.5), 0, math.sin(0.5)], [0, 1, 0], [-math.sin(0.5), 0, math.cos(0.5)]])
    tilt = np.array([[1, 0, 0], [0, math.cos(0.3), -math.sin(0.3)], [0, math.sin(0.3), math.cos(0.3)]])
    corners = np.array([[-1.5, -1, 0], [1.5, -1, 0], [1.5, 1, 0], [-1.5, 1, 0]]) @ (turn @ tilt).T + [0.2, 0.1, 6]
    seen = [(800 * x / z + 400, 800 * y / z + 300) for x, y, z in corners]
    width, height = shown_size((seen[0], seen[1], seen[2], seen[3]), (400, 300))
    assert width / height == pytest.approx(1.5, abs=1e-6)
    assert shown_size(((5, 5), (65, 5), (65, 45), (5, 45)), (50, 50)) == (60, 40)


def test_corners_are_put_in_order() -> None:
    assert ordered([QUAD[2], QUAD[0], QUAD[3], QUAD[1]]) == QUAD
    assert is_convex(QUAD)
    assert not is_convex((QUAD[0], QUAD[2], QUAD[1], QUAD[3]))
    assert not is_convex((QUAD[1], QUAD[0], QUAD[3], QUAD[2]))
    assert area(corners_of(6, 5)) == 30


def test_where_nothing_moves_pixels_stay() -> None:
    x = torch.rand(1, 3, 37, 53)
    assert torch.allclose(warped(x, np.eye(3), 37, 53), x, atol=1e-5)


def test_a_chessboard_in_perspective_meets_the_closed_form() -> None:
    # Smooth squares: their zero crossings are exact, whatever the resampling.
    y, x = torch.meshgrid(torch.arange(240) + 0.5, torch.arange(320) + 0.5, indexing="ij")
    board = 0.5 + 0.5 * torch.sin(x * math.pi / 40) * torch.sin(y * math.pi / 40)
    quad = ((40.0, 30.0), (290.0, 10.0), (270.0, 220.0), (60.0, 200.0))
    back = np.linalg.inv(homography(quad, corners_of(200, 160)))
    made = warped(board[None, None].expand(1, 3, -1, -1), back, 160, 200)
    places = np.stack(np.meshgrid(np.arange(200) + 0.5, np.arange(160) + 0.5), -1).reshape(-1, 2)
    source = applied(back, places)
    wanted = 0.5 + 0.5 * np.sin(source[:, 0] * math.pi / 40) * np.sin(source[:, 1] * math.pi / 40)
    assert np.abs(made[0, 0].numpy().ravel() - wanted).max() < 0.01


@pytest.mark.parametrize("factor", [2, 5, 16])
def test_reducing_averages_what_is_too_fine(factor: int) -> None:
    y, x = torch.meshgrid(torch.arange(64 * factor), torch.arange(48 * factor), indexing="ij")
    board = ((x + y) % 2).float()[None, None].expand(1, 3, -1, -1)
    made = warped(board, np.diag([factor, factor, 1.0]), 64, 48)
    assert (made - 0.5).abs().max() < 0.06


def test_transparency_leaves_no_fringe_of_the_color_below_it() -> None:
    rgb = torch.zeros(1, 3, 60, 60)
    rgb[:, 0] = 1.0  # red where it is seen
    alpha = torch.zeros(1, 1, 60, 60)
    alpha[:, :, 15:45, 15:45] = 1
    rgb[:, :, :, :][(alpha == 0).expand_as(rgb)] = 0.5
    colors, cover = warped_cut(rgb, alpha, rotation(17, (30, 30), (30, 30)), 60, 60)
    seen = (cover > 0.02)[0, 0]
    assert (colors[0, 0][seen] > 0.99).all()
    assert (colors[0, 1:][:, seen] < 0.01).all()
    assert float(cover.sum()) == pytest.approx(900, rel=0.01)
    assert (colors[(cover == 0).expand_as(colors)] == 1).all()


def test_bands_fit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.rand(1, 3, 80, 70)
    back = np.linalg.inv(homography(QUAD, corners_of(75, 66)))
    at_once = warped(x, back, 66, 75)
    monkeypatch.setattr("gan.imaging.warp.BAND_SAMPLES", 75 * 8)
    # Bands may take more or fewer samples of a pixel than the whole does.
    assert (warped(x, back, 66, 75) - at_once).abs().mean() < 0.02
