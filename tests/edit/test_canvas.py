"""Crop, rotate and pad keep every pixel, all sixteen bits of it, and refuse what cannot be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from contracts import assert_contract
from deep_pictures import by_cv2, noise, words

from gan.api import Studio
from gan.core.errors import InputError
from gan.edit.canvas import CropRequest, PadRequest, RotateRequest
from gan.edit.frame import ON_WHITE
from gan.imaging.picture import Picture


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio("cpu")


def _noise(height: int = 31, width: int = 47, *, alpha: bool = False) -> Picture:
    generator = torch.Generator().manual_seed(0)
    values = torch.randint(0, 65536, (1, 4, height, width), generator=generator).float() / 65535
    return Picture(values[:, :3], values[:, 3:] if alpha else None, bits=16)


@pytest.mark.parametrize("alpha", [False, True])
def test_four_quarter_turns_and_two_flips_are_the_picture(studio: Studio, alpha: bool) -> None:
    picture = _noise(alpha=alpha)
    made = picture
    for _ in range(4):
        made = studio.run(RotateRequest(picture=made, turn=90)).picture
    for flip in ("horizontal", "horizontal", "vertical", "vertical"):
        made = studio.run(RotateRequest(picture=made, flip=flip)).picture
    assert torch.equal(made.rgb, picture.rgb)
    assert made.alpha is None if picture.alpha is None else torch.equal(made.alpha, picture.alpha)
    assert made.bits == 16


def test_a_quarter_turn_is_clockwise_and_a_flip_mirrors(studio: Studio) -> None:
    picture = _noise()
    turned = assert_contract(studio, RotateRequest(picture=picture, turn=90)).picture
    assert (turned.width_px, turned.height_px) == (31, 47)
    assert torch.equal(turned.rgb[..., 0, -1], picture.rgb[..., 0, 0])  # upper left goes to the upper right
    flipped = studio.run(RotateRequest(picture=picture, flip="horizontal")).picture
    assert torch.equal(flipped.rgb, picture.rgb.flip(3))
    both = studio.run(RotateRequest(picture=picture, turn=180, flip="vertical")).picture
    assert torch.equal(both.rgb, picture.rgb.flip(3))


def test_a_crop_copies(studio: Studio) -> None:
    picture = _noise(alpha=True)
    result = assert_contract(studio, CropRequest(picture=picture, left_px=5, top_px=3, width_px=20, height_px=11))
    assert result.details["box"] == [5, 3, 25, 14]
    assert torch.equal(result.picture.rgb, picture.rgb[:, :, 3:14, 5:25])
    assert torch.equal(result.picture.alpha, picture.alpha[:, :, 3:14, 5:25])
    rest = studio.run(CropRequest(picture=picture, left_px=40, top_px=30))
    assert rest.details["box"] == [40, 30, 47, 31]


@pytest.mark.parametrize(
    ("aspect", "box"), [("1:1", [8, 0, 39, 31]), ("2:1", [0, 3, 47, 27]), ("1:2", [15, 0, 31, 31])]
)
def test_an_aspect_is_taken_from_the_middle(studio: Studio, aspect: str, box: list[int]) -> None:
    assert studio.run(CropRequest(picture=_noise(), aspect=aspect)).details["box"] == box


def test_a_crop_beyond_the_picture_is_refused() -> None:
    with pytest.raises(InputError, match=r"width: 40 to 50 px of a picture of 47 px"):
        CropRequest(picture=_noise(), left_px=40, width_px=10)
    with pytest.raises(InputError, match="height"):
        CropRequest(picture=_noise(), top_px=31)
    with pytest.raises(InputError, match="aspect"):
        CropRequest(picture=_noise(), aspect="9:1")


def test_a_border_continues_plain_paper_and_keeps_the_picture(studio: Studio) -> None:
    rgb = torch.full((1, 3, 40, 60), 0.9)
    rgb[:, :, 15:25, 20:40] = 0.2
    result = assert_contract(studio, PadRequest(picture=Picture(rgb), left_px=7, top_px=2, right_px=1, bottom_px=12))
    made = result.picture
    assert (made.width_px, made.height_px) == (68, 54)
    assert torch.equal(made.rgb[:, :, 2:42, 7:67], rgb)
    assert (made.rgb[:, :, :2] == rgb[0, 0, 0, 0]).all()
    assert result.details["box"] == [7, 2, 67, 42]


def test_other_backgrounds_get_white_and_transparency_stays(studio: Studio) -> None:
    noisy = studio.run(PadRequest(picture=_noise(120, 160), left_px=4))
    assert noisy.notices == (ON_WHITE,)
    assert (noisy.picture.rgb[..., :4] == 1).all()
    picture = _noise(alpha=True)
    made = studio.run(PadRequest(picture=picture, top_px=3)).picture
    assert made.alpha is not None
    assert (made.alpha[:, :, :3] == 0).all()
    assert torch.equal(made.alpha[:, :, 3:], picture.alpha)
    assert torch.equal(made.rgb[:, :, 3:], picture.rgb)
    blue = studio.run(PadRequest(picture=_noise(), left_px=4, ground="#0000FF")).picture
    assert torch.equal(blue.rgb[0, :, 0, 0], torch.tensor([0.0, 0.0, 1.0]))
    assert torch.equal(blue.rgb[..., 4:], _noise().rgb)


@pytest.mark.parametrize(("aspect", "size"), [("1:1", (47, 47)), ("2:1", (62, 31)), ("47:31", (47, 31))])
def test_padding_reaches_an_aspect(studio: Studio, aspect: str, size: tuple[int, int]) -> None:
    made = studio.run(PadRequest(picture=_noise(), aspect=aspect, ground="white")).picture
    assert (made.width_px, made.height_px) == size


def test_too_large_a_border_is_refused() -> None:
    with pytest.raises(InputError, match="megapixels"):
        PadRequest(picture=_noise(), left_px=19_000, top_px=19_000)


def test_sixteen_bits_of_a_file_stay(studio: Studio, tmp_path: Path) -> None:
    values = noise()
    (tmp_path / "deep.png").write_bytes(by_cv2(values, ".png"))
    made = studio.rotate(tmp_path / "deep.png", turn=270).picture
    assert made.bits == 16
    assert (words(made) == np.rot90(values)).all()
