"""Frame: the fill that is asked is measured, pixels are copied or cleanly resampled, grounds go on or are replaced."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from contracts import assert_contract

from gan.api import Studio
from gan.core.errors import InputError
from gan.edit.frame import CUT_OFF, ENLARGED, ON_WHITE, FrameRequest, aspect_of, framed
from gan.edit.geometry import measured
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio("cpu")


def _shape(kind: str, height: int = 120, width: int = 160) -> torch.Tensor:
    """(1, 1, H, W), the coverage of a product with soft or hard edges."""
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    if kind == "box":
        return ((x > 30) & (x < 101) & (y > 20) & (y < 60)).float()[None, None]
    if kind == "disc":
        return (40.5 - ((x - 83.3) ** 2 + (y - 61.7) ** 2).sqrt()).clamp(0, 1)[None, None]
    if kind in ("needle", "hair"):  # a body with a tip of four pixels or of one
        body = (x > 40) & (x < 90) & (y > 70) & (y < 100)
        tip = (x > 60) & (x < (64 if kind == "needle" else 61)) & (y > 10) & (y < 100)
        return (body | tip).float()[None, None]
    lozenge = 50 - (x - 80).abs() - (y - 60).abs()
    return lozenge.clamp(0, 1)[None, None]


def _noise(height: int = 120, width: int = 160, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (1, 3, height, width), generator=generator).float() / 255


@pytest.mark.parametrize("kind", ["box", "disc", "needle", "lozenge"])
@pytest.mark.parametrize("fill", [0.85, 0.9, 1 / 3, 0.1, 1.0])
@pytest.mark.parametrize("size", [(0, 0), (100, 0), (0, 333), (500, 500), (300, 90), (64, 64)])
def test_the_fill_is_what_is_asked_and_less_than_a_pixel_more(kind: str, fill: float, size: tuple[int, int]) -> None:
    # At the smallest scales a needle's tip is a hair, which has a test of its own.
    alpha = _shape("disc" if (kind, fill) == ("needle", 0.1) else kind)
    made = framed(Picture(_noise(), alpha), alpha, fill=fill, width_px=size[0], height_px=size[1], aspect="4:5")
    height, width = made.alpha.shape[2:]
    box = measured(made.alpha)
    assert box is not None
    assert made.box == box
    assert made.fill == box.fill(height, width) >= fill
    assert max(box.width - fill * width, box.height - fill * height) < 1
    assert (size[0] or width, size[1] or height) == (width, height)


def test_a_hair_that_is_averaged_away_stays_on_the_canvas() -> None:
    alpha = _shape("hair")
    made = framed(Picture(_noise(), alpha), alpha, fill=0.9, width_px=40, baseline=1.0)
    assert made.scale == pytest.approx(36 / 90)
    assert made.fill < 0.6
    rows = torch.nonzero(made.alpha[0, 0].amax(1) > 0.1).flatten()
    assert abs(int(rows[0]) - 4) <= 1


@pytest.mark.parametrize("kind", ["box", "disc", "needle"])
@pytest.mark.parametrize("size", [0, 97, 400])
def test_it_is_centred_to_the_pixel_or_stands_on_its_line(kind: str, size: int) -> None:
    alpha = _shape(kind)
    picture = Picture(_noise(), alpha)
    box, canvas = _box_and_size(framed(picture, alpha, width_px=size))
    assert abs(box.left - (canvas[1] - box.right)) <= 1
    assert abs(box.top - (canvas[0] - box.bottom)) <= 1
    box, canvas = _box_and_size(framed(picture, alpha, width_px=size, baseline=0.93))
    assert box.bottom == math.floor(0.93 * canvas[0] + 0.5)


def _box_and_size(made: Any) -> tuple[Any, tuple[int, int]]:
    return measured(made.alpha), tuple(made.alpha.shape[2:])


@pytest.mark.parametrize("aspect", ["1:1", "4:5", "16:9", "3/4", "1x4", ""])
def test_own_pixels_are_copied(aspect: str) -> None:
    alpha = _shape("disc")
    picture = Picture(_noise(), alpha, name="a.png")
    made = framed(picture, alpha, aspect=aspect)
    height, width = made.alpha.shape[2:]
    assert made.scale == 1
    assert not made.enlarged
    assert not made.notices
    ratio = aspect_of(aspect) if aspect else 160 / 120
    assert min(abs(width - round(height * ratio)), abs(height - round(width / ratio))) == 0
    across, down = made.box.left - 43, made.box.top - 22  # where the disc's box was
    there = slice(22, 102), slice(43, 124)
    here = slice(22 + down, 102 + down), slice(43 + across, 124 + across)
    assert made.picture.alpha is not None
    for new, old in ((made.picture.rgb, picture.rgb), (made.picture.alpha, alpha), (made.alpha, alpha)):
        assert torch.equal(new[0, 0][here], old[0, 0][there])
    assert made.picture.name == "a.png"


def test_a_canvas_that_asks_for_the_product_s_own_size_copies_too() -> None:
    alpha = _shape("box")
    made = framed(Picture(_noise(), alpha), alpha, fill=0.71, width_px=100)
    assert made.scale == 1
    assert torch.equal(made.picture.rgb[..., 30:70, 14:85], _noise()[..., 20:60, 30:101])


@pytest.mark.parametrize("size", [53, 400])
def test_no_color_from_behind_the_edge_gets_in(size: int) -> None:
    alpha = _shape("lozenge")
    rgb = torch.zeros(1, 3, 120, 160)  # black behind the edge and, at its pixels, the product's own red
    rgb[:, 0] = (alpha[0] > 0).float() * 0.8
    made = framed(Picture(rgb, alpha), alpha, width_px=size)
    assert made.picture.alpha is not None
    seen = made.picture.alpha > 0
    red = made.picture.rgb[:, :1][seen]
    assert float((red - 0.8).abs().max()) < 2e-3
    assert float(made.picture.rgb[:, 1:].masked_fill(~seen, 0).abs().max()) < 2e-3
    assert float(made.picture.alpha.max()) == 1


@pytest.mark.parametrize("size", [0, 77, 500])
def test_white_is_exactly_white_around_the_product(size: int) -> None:
    alpha = _shape("disc")
    made = framed(Picture(_noise()), alpha, width_px=size, ground="white")
    assert made.picture.alpha is None
    assert bool((made.picture.rgb.masked_select(made.alpha == 0) == 1).all())
    assert bool((made.alpha == 0).any())
    if size == 0:
        inside = made.alpha == 1
        old = _noise().masked_select(alpha == 1)
        assert torch.equal(made.picture.rgb.masked_select(inside), old)


@pytest.mark.parametrize(("ground", "color"), [("#336699", (0.2, 0.4, 0.6)), ("white", (1.0, 1.0, 1.0))])
def test_a_ground_that_is_asked_is_laid_below(ground: str, color: tuple[float, ...]) -> None:
    alpha = _shape("disc")
    for picture in (Picture(_noise(), alpha), Picture(_noise())):
        made = framed(picture, alpha, ground=ground)
        assert torch.allclose(made.picture.rgb[0, :, 0, 0], torch.tensor(color))
        assert made.picture.alpha is None
    cut = framed(Picture(_noise()), alpha, ground="transparent")
    assert cut.picture.alpha is not None
    assert torch.equal(cut.picture.alpha, cut.alpha)


def test_a_crop_inside_the_picture_keeps_its_ground() -> None:
    alpha = _shape("box")
    rgb = _noise()
    made = framed(Picture(rgb), alpha, aspect="16:9")
    assert made.notices == ()
    height, width = made.alpha.shape[2:]
    left, top = 30 - made.box.left, 20 - made.box.top
    assert min(left, top) > 0
    assert torch.equal(made.picture.rgb, rgb[..., top : top + height, left : left + width])


@pytest.mark.parametrize("size", [0, 90, 300])
@pytest.mark.parametrize("noise", [0.0, 0.004])
def test_a_plain_ground_goes_on(size: int, noise: float) -> None:
    alpha = _shape("lozenge")
    generator = torch.Generator().manual_seed(1)
    ground = torch.linspace(0.7, 0.9, 160).expand(1, 3, 120, 160) + noise * torch.randn(
        1, 3, 120, 160, generator=generator
    )
    rgb = torch.where(alpha > 0, 0.3, ground)
    made = framed(Picture(rgb), alpha, fill=0.4, width_px=size)
    assert made.picture.alpha is None
    assert ON_WHITE not in made.notices
    below = made.picture.rgb[0, 0, -1]
    assert float((below[1:-1] - below[1:-1].clamp(0.69, 0.91)).abs().max()) < 2 * noise + 0.01
    # No seam: the ground's steps along a column are its noise.
    column = made.picture.rgb[0, 0, :, 2]
    assert float(column.diff().abs().max()) < 8 * noise + 0.006


def test_pure_white_goes_on_as_pure_white() -> None:
    alpha = _shape("disc")
    made = framed(Picture(torch.where(alpha > 0, 0.4, 1.0).expand(1, 3, -1, -1).contiguous()), alpha, fill=0.3)
    assert bool((made.picture.rgb.masked_select(made.alpha == 0) == 1).all())


def test_a_busy_ground_that_cannot_go_on_becomes_white() -> None:
    alpha = _shape("disc")
    made = framed(Picture(_noise()), alpha, fill=0.5)
    assert made.notices == (ON_WHITE,)
    assert bool((made.picture.rgb.masked_select(made.alpha == 0) == 1).all())


def test_what_is_cut_off_or_enlarged_is_said() -> None:
    alpha = _shape("box").roll(-30, 3)
    assert CUT_OFF in framed(Picture(_noise()), alpha, ground="white").notices
    assert CUT_OFF not in framed(Picture(_noise(), alpha), alpha, ground="white").notices
    made = framed(Picture(_noise(), alpha), alpha, width_px=500)
    assert made.enlarged
    assert made.notices == (ENLARGED,)


def test_a_cut_out_keeps_the_shadow_in_its_transparency() -> None:
    product = _shape("box")
    with_shadow = torch.maximum(product, 0.4 * _shape("disc"))
    made = framed(Picture(_noise(), with_shadow), product)
    assert made.picture.alpha is not None
    assert float(made.picture.alpha.masked_fill(made.alpha > 0, 0).max()) == pytest.approx(0.4)
    alone = framed(Picture(_noise(), with_shadow), product, ground="transparent")
    assert alone.picture.alpha is not None
    assert torch.equal(alone.picture.alpha, alone.alpha)


def test_one_pixel_and_whole_pictures() -> None:
    alpha = torch.zeros(1, 1, 9, 9)
    alpha[..., 4, 4] = 1
    made = framed(Picture(_noise(9, 9), alpha), alpha, fill=0.2)
    assert tuple(made.alpha.shape[2:]) == (5, 5)
    full = torch.ones(1, 1, 30, 40)
    made = framed(Picture(_noise(30, 40)), full, fill=1.0, aspect="")
    assert torch.equal(made.picture.rgb, _noise(30, 40))
    faint = 0.3 * _shape("box")
    assert framed(Picture(_noise(), faint), faint, width_px=50).alpha.any()


def test_contract(studio: Studio) -> None:
    alpha = _shape("disc")
    result = assert_contract(studio, FrameRequest(picture=Picture(_noise(), alpha, name="a.png"), width_px=200))
    assert result.details["size"] == [200, 200]
    assert result.details["fill"] == 0.85
    assert result.details["enlarged"]
    assert result.weights == {}
    masked = studio.run(FrameRequest(picture=Picture(_noise()), mask=Mask(alpha), ground="white", baseline=0.95))
    left, top, right, bottom = masked.details["box"]
    width, height = masked.details["size"]
    assert bottom == math.floor(0.95 * height + 0.5)
    assert max((right - left) / width, (bottom - top) / height) == pytest.approx(masked.details["fill"], abs=1e-6)
    assert masked.details["scale"] == 1


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"fill": 0.099}, "fill"),
        ({"fill": 1.01}, "fill"),
        ({"fill": math.nan}, "fill"),
        ({"aspect": "1:5"}, "aspect"),
        ({"aspect": "0:0"}, "aspect"),
        ({"aspect": "wide"}, "aspect"),
        ({"width_px": -1}, "width_px"),
        ({"height_px": 20_001}, "height_px"),
        ({"baseline": 1.1}, "baseline"),
        ({"baseline": 0.0}, "baseline"),
        ({"ground": "plaid"}, "ground"),
        ({"mask": Mask(torch.ones(1, 1, 2, 2))}, "mask"),
    ],
)
def test_refusals(options: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        FrameRequest(picture=Picture(_noise(), _shape("box")), **options)
    assert caught.value.field == field


def test_limits_are_allowed() -> None:
    picture = Picture(_noise(), _shape("box"))
    for options in ({"fill": 0.1}, {"fill": 1}, {"aspect": "1:4"}, {"width_px": 20_000}, {"baseline": 1.0}):
        FrameRequest(picture=picture, **options)  # type: ignore[arg-type]


def test_what_only_the_product_tells_is_refused() -> None:
    picture = Picture(_noise(), _shape("needle"))
    with pytest.raises(InputError, match="90 px high above a line at 53 px"):
        framed(picture, _shape("needle"), baseline=0.5)
    with pytest.raises(InputError, match="at most 100 megapixels"):
        framed(picture, _shape("needle"), width_px=20_000)
    with pytest.raises(InputError, match="empty"):
        framed(picture, torch.zeros(1, 1, 120, 160))
