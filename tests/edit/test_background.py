"""Grounds: how they are named, and that they are what they are called to the last bit."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import torch
from PIL import Image
from products import GREEN, RED, over, ring

from gan.core.errors import InputError
from gan.edit.background import check_ground, covering, ground_of, hex_color, laid_on
from gan.imaging.io.codec import to_pil
from gan.imaging.picture import Picture


@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("#FF8000", (1.0, 128 / 255, 0.0)),
        ("ff8000", (1.0, 128 / 255, 0.0)),
        (" #fff ", (1.0, 1.0, 1.0)),
        ("000", (0.0, 0.0, 0.0)),
    ],
)
def test_hex_colors(text: str, color: tuple[float, float, float]) -> None:
    assert hex_color(text) == color
    check_ground(text)


@pytest.mark.parametrize("text", ["", "#12345", "#1234567", "red", "#GGGGGG", "12 34 56", "##123456"])
def test_what_is_no_hex_color(text: str) -> None:
    with pytest.raises(InputError) as caught:
        hex_color(text, field="to")
    assert caught.value.field == "to"
    assert "such as #1F6FEB is allowed" in str(caught.value)


@pytest.mark.parametrize("text", ["", "clear", "#12345", "missing.png"])
def test_what_is_no_ground(text: str) -> None:
    for check in (check_ground, ground_of):
        with pytest.raises(InputError, match="transparent, white, a hex color such as #F2F2F2, or a picture's file"):
            check(text)


@pytest.mark.parametrize(
    ("text", "ground"),
    [("transparent", "transparent"), (" White ", "white"), ("#ff8000", "#FF8000"), ("abc", "#AABBCC")],
)
def test_grounds_by_name(text: str, ground: str) -> None:
    assert ground_of(text) == ground
    check_ground(ground)


def test_grounds_from_files(tmp_path: Path) -> None:
    image = Image.new("RGB", (6, 4), (255, 0, 0))
    path, buffer = tmp_path / "wall.png", io.BytesIO()
    image.save(path)
    image.save(buffer, format="PNG")
    for source in (path, str(path), image, buffer.getvalue()):
        ground = ground_of(source)
        assert isinstance(ground, Picture)
        assert (ground.width_px, ground.height_px) == (6, 4)
    picture = Picture(torch.rand(1, 3, 4, 4))
    assert ground_of(picture) is picture
    with pytest.raises(InputError, match=r"^ground: "):
        ground_of(b"no picture")


def _picture(alpha: torch.Tensor) -> Picture:
    noise = 0.02 * torch.rand(1, 3, *alpha.shape[2:], generator=torch.Generator().manual_seed(0))
    return Picture(over(RED, GREEN, alpha) + noise, name="a.jpg", exif=b"x")


@pytest.mark.parametrize(("ground", "color"), [("white", (255, 255, 255)), ("#0A64C8", (10, 100, 200))])
def test_a_plain_ground_is_exact(ground: str, color: tuple[int, int, int]) -> None:
    alpha = ring(120, 150)
    picture = _picture(alpha)
    made = laid_on(picture, alpha, ground)
    assert made.alpha is None
    assert (made.name, made.exif) == ("a.jpg", b"x")
    whole, empty = ((alpha == end).expand_as(made.rgb) for end in (1, 0))
    assert torch.equal(made.rgb[whole], picture.rgb[whole])
    assert torch.equal(made.rgb[empty], torch.tensor(color).view(1, 3, 1, 1).expand_as(made.rgb)[empty] / 255)
    assert to_pil(made).getpixel((75, 60)) == color
    # Half-covered pixels mix the product with the new ground; nothing of the green one is left.
    half = (alpha > 0) & (alpha < 1)
    wanted = over(RED + 0.01, torch.tensor(color).view(1, 3, 1, 1) / 255, alpha)
    assert (made.rgb - wanted).abs()[half.expand_as(made.rgb)].mean() < 0.03


def test_transparent() -> None:
    alpha = ring(120, 150)
    picture = _picture(alpha)
    made = laid_on(picture, alpha, "transparent")
    assert made.alpha is not None
    assert torch.equal(made.alpha, alpha)
    whole = (alpha == 1).expand_as(made.rgb)
    assert torch.equal(made.rgb[whole], picture.rgb[whole])
    assert (made.rgb[:, :, 0, 0] == 1).all()


def test_given_colors_are_used_and_left_alone() -> None:
    alpha = ring(60, 60)
    own = torch.rand(1, 3, 60, 60)
    before = own.clone()
    made = laid_on(_picture(alpha), alpha, "white", rgb=own)
    assert torch.equal(own, before)
    assert torch.allclose(made.rgb, over(own, torch.ones(1, 3, 1, 1), alpha), atol=1e-6)


def test_a_picture_covers_the_frame_evenly() -> None:
    stripes = torch.zeros(1, 3, 40, 200)
    stripes[:, 0, :, 80:120] = 1  # the middle fifth is what a square frame shows
    alpha = ring(100, 100)
    made = laid_on(_picture(alpha), alpha, Picture(stripes))
    assert (made.rgb[:, 0, :5, 5:95] > 0.95).all()
    assert covering(Picture(stripes), 100, 100).shape == (1, 3, 100, 100)


def test_a_ground_s_own_transparency_is_white() -> None:
    ground = Picture(torch.zeros(1, 3, 10, 10), torch.zeros(1, 1, 10, 10))
    assert torch.allclose(covering(ground, 7, 5), torch.ones(1, 3, 7, 5))


def test_an_unknown_ground_is_refused() -> None:
    with pytest.raises(InputError, match=r"^ground: beige;"):
        laid_on(Picture(torch.rand(1, 3, 4, 4)), torch.ones(1, 1, 4, 4), "beige")
