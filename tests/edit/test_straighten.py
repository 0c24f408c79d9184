"""The angle of a picture that was turned by a known one is found; turning meets a closed form; what is unclear is
refused."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from contracts import assert_contract
from PIL import Image, ImageDraw

from gan.api import Studio
from gan.core.errors import InputError
from gan.edit.straighten import StraightenRequest, tilt_of, turned
from gan.imaging.io.codec import decode
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture

PICTURES = Path(__file__).resolve().parents[1] / "pictures"


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio("cpu")


def _jar(label: bool = True) -> tuple[Picture, torch.Tensor]:
    """A round-shouldered jar with a label, and its coverage."""
    image, mask = Image.new("RGB", (400, 480), (245, 245, 243)), Image.new("L", (400, 480))
    for drawn, color in ((image, (120, 150, 60)), (mask, 255)):
        ImageDraw.Draw(drawn).rounded_rectangle((90, 60, 310, 440), 60, fill=color)
    if label:
        draw = ImageDraw.Draw(image)
        draw.rectangle((120, 180, 280, 330), fill=(250, 240, 220))
        for row in range(4):
            draw.rectangle((140, 200 + 30 * row, 260, 212 + 30 * row), fill=(90, 40, 30))
    return decode(image), decode(mask).rgb[:, :1].clone()


def _turned(picture: Picture, cover: torch.Tensor, angle: float) -> tuple[Picture, torch.Tensor]:
    return turned(picture, angle), turned(Picture(cover.expand(1, 3, -1, -1).contiguous()), angle).rgb[:, :1]


@pytest.mark.parametrize("by", ["auto", "product", "label"])
@pytest.mark.parametrize("angle", [0.0, 3.7, -11.3])
def test_the_angle_of_a_turned_picture_is_found(by: str, angle: float) -> None:
    picture, cover = _turned(*_jar(), angle)
    found = tilt_of(picture.rgb, cover, by=by)
    assert found == pytest.approx(angle, abs=0.2)


def test_a_box_in_perspective_is_straightened_by_its_upright_edges(studio: Studio) -> None:
    carton = decode(PICTURES / "carton.jpg")
    cover = (
        decode(PICTURES / "masks" / "carton.png").rgb[:, :1] if (PICTURES / "masks" / "carton.png").exists() else None
    )
    cover = studio.cutout(carton).picture.alpha if cover is None else cover
    for angle in (0.0, 3.7):
        picture, mask = _turned(carton, cover, angle)
        result = studio.run(StraightenRequest(picture=picture, mask=Mask(mask)))
        assert result.details["angle_deg"] == pytest.approx(-angle, abs=0.2)
        assert result.details["found"]


def test_what_has_no_straight_edges_is_refused(studio: Studio) -> None:
    y, x = torch.meshgrid(torch.arange(200) - 100.0, torch.arange(200) - 100.0, indexing="ij")
    ball = (70.5 - (x**2 + y**2).sqrt()).clamp(0, 1)[None, None]
    request = StraightenRequest(picture=Picture(1 - 0.6 * ball.repeat(1, 3, 1, 1)), mask=Mask(ball))
    with pytest.raises(InputError, match=r"angle: no straight edges that agree were found.*Type the angle"):
        studio.run(request)


def test_at_no_degrees_every_bit_stays(studio: Studio) -> None:
    picture = Picture(torch.rand(1, 3, 20, 30), torch.rand(1, 1, 20, 30))
    made = assert_contract(studio, StraightenRequest(picture=picture, angle_deg=0.0)).picture
    assert torch.equal(made.rgb, picture.rgb)
    assert torch.equal(made.alpha, picture.alpha)


def test_turning_meets_the_closed_form(studio: Studio) -> None:
    y, x = torch.meshgrid(torch.arange(100) - 49.5, torch.arange(140) - 69.5, indexing="ij")
    wave = 0.5 + 0.4 * torch.sin(x / 6)
    result = studio.run(StraightenRequest(picture=Picture(wave.expand(1, 3, -1, -1).contiguous()), angle_deg=20.0))
    turn = math.radians(20)
    wanted = 0.5 + 0.4 * torch.sin((x * math.cos(turn) + y * math.sin(turn)) / 6)
    inside = (x.abs() < 40) & (y.abs() < 30)
    assert (result.picture.rgb[0, 0] - wanted)[inside].abs().max() < 0.01


def test_canvases(studio: Studio) -> None:
    picture = Picture(torch.full((1, 3, 100, 140), 0.5))

    def made(**options: object) -> Picture:
        return studio.run(StraightenRequest(picture=picture, angle_deg=10.0, **options)).picture

    assert (made().width_px, made().height_px) == (140, 100)
    grown = made(canvas="grow", ground="transparent")
    assert (grown.width_px, grown.height_px) == (156, 123)
    assert float(grown.alpha.sum()) == pytest.approx(14_000, rel=0.01)
    cropped = made(canvas="crop", ground="transparent")
    assert cropped.alpha is None  # nothing of it was empty
    assert cropped.width_px * cropped.height_px > 0.6 * 14_000
    assert (made(ground="#FF0000").rgb[0, :, 0, 0] == torch.tensor([1.0, 0.0, 0.0])).all()
    # Without a ground its own edge goes on.
    assert torch.allclose(made().rgb, picture.rgb)


def test_a_cut_out_stays_one(studio: Studio) -> None:
    picture, cover = _jar()
    result = studio.run(StraightenRequest(picture=picture.with_pixels(picture.rgb, cover), angle_deg=-7.0))
    assert result.picture.alpha is not None
    assert float(result.picture.alpha.sum()) == pytest.approx(float(cover.sum()), rel=0.01)
    assert (result.picture.alpha[:, :, 0, 0] == 0).all()
