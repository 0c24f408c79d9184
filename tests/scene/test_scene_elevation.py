"""The camera's height from the ellipse of a round base, and when it is not known."""

from __future__ import annotations

import math

import pytest
import torch
from scene_products import box, made
from torch import Tensor

from gan.imaging.picture import Picture
from gan.scene.elevation import camera_above, seen_from
from gan.scene.sets import SETS

SIDE = 240


def can(elevation_deg: float, radius: float = 60.0, height: float = 130.0) -> Tensor:
    """Coverage of an upright cylinder seen from far away, (1, 1, 240, 240): a band between two half ellipses."""
    y, x = torch.meshgrid(torch.arange(SIDE * 4) / 4 + 0.125, torch.arange(SIDE * 4) / 4 + 0.125, indexing="ij")
    half = radius * math.sin(math.radians(elevation_deg)) * (1 - ((x - 120) / radius) ** 2).clamp(min=0).sqrt()
    top, bottom = 50.0, 50 + height * math.cos(math.radians(elevation_deg))
    inside = ((x - 120).abs() <= radius) & (y >= top - half) & (y <= bottom + half)
    return torch.nn.functional.avg_pool2d(inside[None, None].float(), 4)


@pytest.mark.parametrize("elevation_deg", [8.0, 15.0, 22.0, 31.0])
def test_a_cylinder_tells_from_where_it_was_seen(elevation_deg: float) -> None:
    assert seen_from(can(elevation_deg)) == pytest.approx(elevation_deg, abs=0.7)


def test_boxes_balls_and_nothing_do_not() -> None:
    y, x = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    edgewise = (y < 150 - 0.3 * (x - 120).abs()) & ((x - 120).abs() < 70) & (y > 30)
    ball = (x - 120) ** 2 + (y - 120) ** 2 < 80**2
    cut_off = can(20.0)[:, :, :150]
    legs = can(20.0)
    legs[:, :, 140:, 80:160] = 0
    for cover in (edgewise[None, None].float(), ball[None, None].float(), cut_off, legs, torch.zeros(1, 1, 9, 9)):
        assert seen_from(cover) is None
    assert seen_from(box().alpha) is None


def test_the_camera_goes_where_the_product_was_seen_from() -> None:
    usual = SETS["white-sweep"].elevation_deg
    near, far = can(usual + 3), can(25.5)
    assert camera_above(near, usual) == usual
    assert camera_above(far, usual) == 25.0
    photograph = Picture(torch.full((1, 3, SIDE, SIDE), 0.4), far, name="can.png")
    assert made(photograph, width_px=96).details["elevation_deg"] == 25.0
    assert made(photograph, width_px=96, elevation_deg=9.0).details["elevation_deg"] == 9.0
    assert made(photograph, width_px=96, others=(box(),)).details["elevation_deg"] == usual
