"""Own backgrounds: horizons that are known are found, and mean the same row whatever the frame cuts off."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from scene_products import box, made

from gan.imaging.picture import Picture
from gan.scene.photograph import USUAL, horizon_of, in_frame, stretch_of


def of(image: Image.Image) -> Picture:
    return Picture(torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1)[None].float() / 255)


def planks(horizon: float, size: tuple[int, int], vanishing: float) -> Picture:
    """A floor of boards that run to a point on the horizon, before a wall whose foot lies below it."""
    width, height = size
    image = Image.new("RGB", (2 * width, 2 * height), (196, 192, 186))
    pen = ImageDraw.Draw(image)
    row, low = 2 * height * horizon, 2 * height
    foot = row + 0.24 * height
    pen.rectangle([0, foot, 2 * width, low], fill=(150, 120, 90))
    to = vanishing * 2 * width
    for number in range(-27, 28):
        near = to + 0.5 * number * width
        far = to + (near - to) * (foot - row) / (low - row)
        pen.line([(near, low), (far, foot)], fill=(90, 70, 50), width=4)
    small = np.asarray(image.resize(size)).astype(float)
    noisy = small + np.random.default_rng(0).normal(0, 2.5, small.shape)
    return of(Image.fromarray(noisy.clip(0, 255).astype(np.uint8)))


def room(horizon: float) -> Picture:
    """A box seen from within, with smooth faces."""
    width, height = 480, 360
    image = Image.new("RGB", (width, height), (220, 218, 210))
    pen = ImageDraw.Draw(image)
    middle = width / 2, horizon * height
    near = [(0, 0), (width, 0), (width, height), (0, height)]
    far = [(middle[0] + 0.35 * (x - middle[0]), middle[1] + 0.35 * (y - middle[1])) for x, y in near]
    for side, fill in enumerate(((240, 240, 238), (190, 188, 182), (150, 125, 100), (200, 198, 190))):
        after = (side + 1) % 4
        pen.polygon([near[side], near[after], far[after], far[side]], fill=fill)
    return of(image)


@pytest.mark.parametrize("horizon", [0.15, 0.35, 0.6])
@pytest.mark.parametrize(("size", "vanishing"), [((480, 360), 0.5), ((300, 450), 0.3)])
def test_where_boards_meet_is_the_horizon(horizon: float, size: tuple[int, int], vanishing: float) -> None:
    assert horizon_of(planks(horizon, size, vanishing)) == pytest.approx(horizon, abs=0.02)


def test_so_is_where_the_edges_of_a_room_meet_and_where_the_sea_ends() -> None:
    for horizon in (0.3, 0.5):
        assert horizon_of(room(horizon)) == pytest.approx(horizon, abs=0.02)
    y = torch.arange(300) / 300
    for horizon in (0.2, 0.5, 0.65):
        sea = torch.where(y < horizon, 0.8 - 0.1 * y, 0.35 + 0.1 * y).view(1, 1, 300, 1).expand(1, 3, 300, 400)
        assert horizon_of(Picture(sea)) == pytest.approx(horizon, abs=0.01)


def test_a_picture_without_any_has_the_usual_one() -> None:
    assert horizon_of(Picture(torch.full((1, 3, 200, 200), 0.5))) == USUAL
    assert horizon_of(Picture(torch.rand(1, 3, 8, 8))) == USUAL


def test_the_horizon_is_the_photograph_s_row_in_every_frame() -> None:
    tall = Picture(torch.full((1, 3, 200, 100), 0.6))
    assert stretch_of(tall, 100, 100) == 2
    assert in_frame(0.5, 2) == 0.5
    assert in_frame(0.25, 2) == 0
    result = made(box(), background=tall, horizon=0.4, width_px=96)
    assert result.details["horizon"] == pytest.approx(0.3, abs=1e-3)
    assert made(box(), background=tall, horizon=0.4, width_px=48, height_px=96).details["horizon"] == pytest.approx(0.4)
