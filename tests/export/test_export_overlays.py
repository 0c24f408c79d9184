"""Borders, things and shadows on the ground: found where they are, and not where the product or the light is."""

from __future__ import annotations

import pytest
import torch
from PIL import ImageDraw, ImageFont
from shots import file_of, painted, shot
from torch import Tensor

from gan.export.overlays import beside, borders, cut_off, text_lines
from gan.imaging.io.codec import decode, to_pil
from gan.imaging.picture import Picture

BOX = (150, 150, 350, 350)
SIDE = 500


def framed_by(picture: Picture, width: int, grey: int, inset: int = 0) -> Picture:
    height_px, width_px = picture.height_px, picture.width_px
    for box in (
        (inset, inset, width_px - inset, inset + width),
        (inset, height_px - inset - width, width_px - inset, height_px - inset),
        (inset, inset, inset + width, height_px - inset),
        (width_px - inset - width, inset, width_px - inset, height_px - inset),
    ):
        picture = painted(picture, box, grey)
    return picture


@pytest.mark.parametrize("width", [1, 2, 7, 60])
@pytest.mark.parametrize("grey", [0, 128, 230])
def test_a_border_is_as_deep_as_it_is(width: int, grey: int) -> None:
    picture, alpha = shot(800, 700, (200, 200, 500, 500))
    assert borders(framed_by(picture, width, grey).rgb, alpha) == (width, width, width, width)


def test_a_line_within_the_frame_is_a_border() -> None:
    picture, alpha = shot(800, 700, (200, 200, 500, 500))
    assert borders(framed_by(picture, 2, 0, inset=20).rgb, alpha) == (22, 22, 22, 22)


def test_bands_at_two_sides() -> None:
    picture, alpha = shot(800, 700, (200, 200, 500, 500), ground=180)
    picture = painted(painted(picture, (0, 0, 800, 40)), (0, 670, 800, 700))
    assert borders(picture.rgb, alpha) == (0, 40, 0, 30)


def test_bands_around_a_photograph() -> None:
    torch.manual_seed(0)
    picture = painted(Picture(torch.rand(1, 3, 600, 600)), (0, 0, 600, 50))
    assert borders(picture.rgb, None) == (0, 50, 0, 0)


def test_jpeg_does_not_hide_a_border() -> None:
    picture, alpha = shot(800, 700, (200, 200, 500, 500))
    seen = decode(file_of(framed_by(picture, 9, 0), quality=80))
    assert borders(seen.rgb, alpha) == (9, 9, 9, 9)


def light(height: int, width: int) -> Tensor:
    """A studio's ground that falls off by a fifth."""
    down, across = torch.linspace(-1, 1, height)[:, None], torch.linspace(-1, 1, width)
    return (0.9 - 0.1 * (down**2 + across**2)).expand(1, 3, height, width)


def on_light(box: tuple[int, int, int, int] = BOX, noise: float = 0.0) -> tuple[Picture, Tensor]:
    torch.manual_seed(0)
    picture, alpha = shot(SIDE, SIDE, box)
    ground = light(SIDE, SIDE) + noise * torch.randn(1, 3, SIDE, SIDE)
    return Picture(torch.where(alpha > 0, picture.rgb, ground).clamp(0, 1)), alpha


@pytest.mark.parametrize("box", [BOX, (38, 38, 462, 462), (0, 50, 500, 450), (0, 0, 500, 500), (2, 150, 490, 350)])
def test_neither_a_product_nor_the_light_is_a_border(box: tuple[int, int, int, int]) -> None:
    for picture, alpha in (shot(SIDE, SIDE, box), on_light(box, 0.01)):
        assert borders(picture.rgb, alpha) == (0, 0, 0, 0)
        assert borders(decode(file_of(picture, quality=70)).rgb, alpha) == (0, 0, 0, 0)


def test_a_photograph_has_no_border() -> None:
    torch.manual_seed(0)
    assert borders(torch.rand(1, 3, 300, 400), None) == (0, 0, 0, 0)


@pytest.mark.parametrize("grey", [0, 120, 215])
@pytest.mark.parametrize("places", [[(40, 40)], [(40, 40), (400, 60), (60, 450)]])
def test_separate_things_are_counted(grey: int, places: list[tuple[int, int]]) -> None:
    picture, alpha = shot(SIDE, SIDE, BOX)
    for left, top in places:
        for letter in range(5):
            picture = painted(picture, (left + 12 * letter, top, left + 12 * letter + 8, top + 20), grey)
    found = beside(picture.rgb, alpha)
    assert found is not None
    assert found.things == len(places)
    assert found.largest == pytest.approx(5 * 8 * 20 / SIDE**2, rel=0.2)
    assert found.shadow == 0


def test_things_are_found_on_uneven_light_with_noise() -> None:
    picture, alpha = on_light(noise=0.01)
    clean = beside(picture.rgb, alpha)
    assert clean is not None
    assert (clean.things, clean.shadow) == (0, 0)
    found = beside(painted(picture, (50, 50, 110, 80), 60).rgb, alpha)
    assert found is not None
    assert found.things == 1


@pytest.mark.parametrize(("side", "things"), [(4, 0), (6, 1)])
def test_dust_is_no_logo(side: int, things: int) -> None:
    picture, alpha = shot(SIDE, SIDE, BOX)
    found = beside(painted(picture, (100, 100, 100 + side, 100 + side)).rgb, alpha)
    assert found is not None
    assert found.things == things


@pytest.mark.parametrize(("grey", "things"), [(225, 1), (235, 0)])
def test_a_faint_thing_is_not_claimed(grey: int, things: int) -> None:
    picture, alpha = shot(SIDE, SIDE, BOX)
    found = beside(painted(picture, (50, 50, 90, 70), grey).rgb, alpha)
    assert found is not None
    assert found.things == things


def soft_shadow(color: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> tuple[Picture, Tensor]:
    """An ellipse under the product, dark in the middle and fading out."""
    picture, alpha = shot(SIDE, SIDE, BOX)
    down, across = torch.arange(float(SIDE))[:, None] - 350, torch.arange(float(SIDE)) - 250
    depth = 0.4 * torch.exp(-((down / 30) ** 2 + (across / 125) ** 2))
    shade = 1 - depth * torch.tensor(color).view(1, 3, 1, 1)
    return Picture(torch.where(alpha > 0, picture.rgb, shade)), alpha


def test_a_soft_shadow_is_a_shadow_and_no_thing() -> None:
    picture, alpha = soft_shadow()
    for seen in (picture, decode(file_of(picture, quality=80))):
        found = beside(seen.rgb, alpha)
        assert found is not None
        assert found.things == 0
        assert found.shadow == pytest.approx(0.1, abs=0.05)


def test_a_coloured_glow_is_no_shadow() -> None:
    picture, alpha = soft_shadow((1.0, 0.4, 0.1))
    found = beside(picture.rgb, alpha)
    assert found is not None
    assert found.shadow < 0.03


def test_on_other_grounds_nothing_is_claimed() -> None:
    torch.manual_seed(0)
    _, alpha = shot(200, 200, (50, 50, 150, 150))
    assert beside(torch.rand(1, 3, 200, 200), alpha) is None
    assert beside(torch.ones(1, 3, 200, 200), torch.ones_like(alpha)) is None


def lettered(place: tuple[int, int]) -> tuple[Picture, Tensor]:
    picture, alpha = shot(SIDE, SIDE, BOX, color=(210, 220, 230))
    image = to_pil(picture)
    ImageDraw.Draw(image).text(place, "SAMPLE SHOP", fill=(20, 20, 60), font=ImageFont.load_default(20))
    return decode(image), alpha


def test_text_is_seen_where_it_is_taken_for_the_product_and_print_is_none() -> None:
    picture, alpha = lettered((40, 400))
    assert text_lines(picture.rgb, alpha) == 1
    assert text_lines(picture.rgb, None) == 0
    half = alpha.clone()
    half[:, :, 395:430, 40:100] = 1  # a network that takes some of the letters for a part
    assert text_lines(picture.rgb, half) == 1
    printed, alpha = lettered((170, 240))
    assert text_lines(printed.rgb, alpha) == 0


def test_sides_that_the_product_reaches() -> None:
    alpha = torch.zeros(1, 1, 10, 12)
    assert cut_off(alpha) == 0
    alpha[:, :, 3:10, 0:5] = 1
    assert cut_off(alpha) == 2
    alpha[:, :, :3] = 0.4
    assert cut_off(alpha) == 2
