"""Four corners become a rectangle's exactly; a box's front is found; what cannot be is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from contracts import assert_contract

from gan.api import Studio
from gan.core.errors import InputError
from gan.edit.box_front import front_of
from gan.edit.perspective import PerspectiveRequest, quad_of
from gan.imaging.homography import applied, corners_of, homography
from gan.imaging.io.codec import decode
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture
from gan.imaging.warp import warped

PICTURES = Path(__file__).resolve().parents[1] / "pictures"
CORNERS = "52,41 231,22 219,171 60,150"
QUAD = ((52.0, 41.0), (231.0, 22.0), (219.0, 171.0), (60.0, 150.0))


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio("cpu")


def _quarters(height: int = 120, width: int = 160) -> torch.Tensor:
    """Red, green, blue and white quarters, (1, 3, H, W)."""
    rgb = torch.zeros(1, 3, height, width)
    rgb[:, 0, : height // 2, : width // 2] = 1
    rgb[:, 1, : height // 2, width // 2 :] = 1
    rgb[:, 2, height // 2 :, : width // 2] = 1
    rgb[:, :, height // 2 :, width // 2 :] = 1
    return rgb


def test_the_corners_become_a_rectangles(studio: Studio) -> None:
    # The quarters seen in perspective, on gray; straightened they are quarters again.
    matrix = homography(QUAD, corners_of(160, 120))
    seen = warped(_quarters(), matrix, 200, 280)
    request = PerspectiveRequest(picture=Picture(seen), corners=CORNERS, aspect="4:3", width_px=160)
    result = assert_contract(studio, request)
    assert result.details["size"] == [160, 120]
    assert result.details["corners"] == [list(point) for point in QUAD]
    difference = (result.picture.rgb - _quarters()).abs()
    difference[:, :, 57:63] = difference[..., 77:83] = 0
    assert difference[:, :, 3:-3, 3:-3].max() < 0.02


def test_surroundings_keep_the_surface_where_it_was(studio: Studio) -> None:
    seen = Picture(warped(_quarters(), homography(QUAD, corners_of(160, 120)), 200, 280))
    options = {"corners": CORNERS, "aspect": "4:3", "width_px": 160}
    alone = studio.run(PerspectiveRequest(picture=seen, **options)).picture
    result = studio.run(PerspectiveRequest(picture=seen, surroundings=True, **options))
    left, top, right, bottom = result.details["surface"]
    assert (right - left, bottom - top) == (160, 120)
    assert left > 0
    assert top > 0
    part = result.picture.rgb[:, :, top:bottom, left:right]
    assert (part - alone.rgb).abs().mean() < 0.01
    # As much is kept as the map makes of the picture.
    mapped = applied(homography(QUAD, corners_of(160, 120)), corners_of(280, 200))
    assert mapped.min(0) == pytest.approx((-left, -top), abs=1)


def test_corners_may_be_shares(studio: Studio) -> None:
    picture = Picture(torch.rand(1, 3, 50, 200))
    assert quad_of("10%,20% 90%,20% 90%,80% 10%,80%", picture) == ((20, 10), (180, 10), (180, 40), (20, 40))
    made = studio.run(PerspectiveRequest(picture=picture, corners="10%,20% 90%,20% 90%,80% 10%,80%")).picture
    # An upright rectangle is a crop.
    assert torch.allclose(made.rgb, picture.rgb[:, :, 10:40, 20:180], atol=1e-5)


@pytest.mark.parametrize(
    ("corners", "sentence"),
    [
        ("1,2 3,4", "four corners such as"),
        ("a b c d", "four corners such as"),
        ("10,10 90,90 90,10 10,90", "clockwise"),
        ("10,10 10,90 90,90 90,10", "clockwise"),
        ("10,10 50,10 90,10 50,50", "clockwise"),
        ("10,10 11,10 11,11 10,11", "clockwise"),
    ],
)
def test_corners_that_are_none_are_refused(corners: str, sentence: str) -> None:
    with pytest.raises(InputError, match=f"corners: .*{sentence}"):
        PerspectiveRequest(picture=Picture(torch.rand(1, 3, 100, 100)), corners=corners)


def test_the_front_of_the_carton_is_found(studio: Studio) -> None:
    carton = decode(PICTURES / "carton.jpg")
    result = studio.run(PerspectiveRequest(picture=carton))
    assert result.details["found"]
    # The larger of its two faces, as measured by eye in the picture.
    wanted = np.array([(113, 86), (176, 73), (172, 212), (117, 229)])
    assert np.abs(np.array(result.details["corners"]) - wanted).max() < 5
    assert 1.5 < result.picture.height_px / result.picture.width_px < 3


def test_the_front_of_a_drawn_box_is_found_to_a_pixel() -> None:
    front = ((120.0, 90.0), (300.0, 60.0), (290.0, 330.0), (125.0, 360.0))
    side = ((60.0, 70.0), (120.0, 90.0), (125.0, 360.0), (68.0, 320.0))
    rgb, cover = torch.full((1, 3, 420, 400), 0.95), torch.zeros(1, 1, 420, 400)
    for face, shade in ((side, 0.35), (front, 0.6)):
        seen = warped(torch.ones(1, 1, 50, 50), homography(face, corners_of(50, 50)), 420, 400, outside="nothing")
        rgb, cover = torch.lerp(rgb, torch.full_like(rgb, shade), seen), torch.maximum(cover, seen)
    found = front_of(rgb, cover)
    assert found is not None
    assert np.abs(np.array(found) - np.array(front)).max() < 2


def test_where_no_front_is_clear_it_is_refused(studio: Studio) -> None:
    y, x = torch.meshgrid(torch.arange(200) - 100.0, torch.arange(200) - 100.0, indexing="ij")
    ball = (70.5 - (x**2 + y**2).sqrt()).clamp(0, 1)[None, None]
    request = PerspectiveRequest(picture=Picture(1 - 0.6 * ball.repeat(1, 3, 1, 1)), mask=Mask(ball))
    with pytest.raises(InputError, match=r"corners: no front of a box was found.*Click the four corners"):
        studio.run(request)


def test_a_cut_out_stays_one(studio: Studio) -> None:
    alpha = torch.zeros(1, 1, 100, 120)
    alpha[:, :, 30:80, 20:90] = 1
    picture = Picture(torch.rand(1, 3, 100, 120), alpha)
    made = studio.run(PerspectiveRequest(picture=picture, corners="10,20 100,25 110,90 15,95")).picture
    assert made.alpha is not None
    assert 0.3 < float(made.alpha.mean()) < 0.9
