"""The pipeline: known pixels stay, holes of every kind are filled, refusals say why."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from contracts import assert_contract

from gan.api import Studio
from gan.core.errors import InputError, WeightsError
from gan.imaging.io.codec import Encoding, decode, encode
from gan.imaging.mask import Mask, encode_mask
from gan.imaging.picture import Picture
from gan.inpaint.pipeline import EMPTY, MAX_OUTPUT_PIXELS, InpaintRequest


@pytest.fixture(scope="module")
def studio(tiny_weights: Path) -> Studio:
    return Studio("cpu", weights_dir=tiny_weights)


def _picture(height_px: int = 70, width_px: int = 90, *, seed: int = 0) -> Picture:
    generator = torch.Generator().manual_seed(seed)
    rgb = torch.randint(0, 256, (1, 3, height_px, width_px), generator=generator).float() / 255
    return Picture(rgb, name="a.png")


def _mask(height_px: int = 70, width_px: int = 90, where: tuple[slice, slice] = (slice(20, 40), slice(30, 60))) -> Mask:
    coverage = torch.zeros(1, 1, height_px, width_px)
    coverage[0, 0][where] = 1
    return Mask(coverage, "a_mask.png")


def _unchanged(made: Picture, picture: Picture, mask: Mask) -> bool:
    known = (mask.coverage == 0).expand_as(picture.rgb)
    return torch.equal(made.rgb[known], picture.rgb[known])


def test_contract(studio: Studio) -> None:
    result = assert_contract(studio, InpaintRequest(picture=_picture(), mask=_mask()))
    assert result.record["request"]["mask"] == "a_mask.png"
    assert result.details["holes"] == 1
    assert list(result.weights) == ["inpaint"]


@pytest.mark.parametrize(
    "where",
    [
        (slice(33, 34), slice(44, 45)),
        (slice(0, 9), slice(0, 90)),
        (slice(0, 70), slice(80, 90)),
        (slice(1, 70), slice(0, 90)),
        (slice(0, 70, 6), slice(0, 90, 6)),
        (slice(0, 70), slice(44, 46)),
    ],
    ids=["one pixel", "top edge", "right edge", "all but a row", "dust", "from edge to edge"],
)
def test_known_pixels_do_not_move(studio: Studio, where: tuple[slice, slice]) -> None:
    picture, mask = _picture(), _mask(where=where)
    result = studio.run(InpaintRequest(picture=picture, mask=mask))
    assert _unchanged(result.picture, picture, mask)
    assert not torch.equal(result.picture.rgb, picture.rgb)


def test_noise_in_a_mask_marks_nothing(studio: Studio) -> None:
    """A black of 1 in 255 is black, and so is what JPEG leaves around an edge."""
    picture, mask = _picture(), _mask()
    clean = studio.run(InpaintRequest(picture=picture, mask=mask)).picture.rgb
    for noisy in (mask.coverage.clamp(min=1 / 255), torch.where(mask.coverage > 0, 0.97, 0.02)):
        made = studio.run(InpaintRequest(picture=picture, mask=Mask(noisy))).picture
        assert _unchanged(made, picture, mask)
        assert torch.equal(made.rgb, clean)


def test_faint_gray_is_no_mask(studio: Studio) -> None:
    with pytest.raises(InputError, match="30 % of white"):
        studio.run(InpaintRequest(picture=_picture(), mask=Mask(0.3 * _mask().coverage)))


def test_a_plain_gradient_is_continued_whatever_the_network_says(studio: Studio) -> None:
    down = torch.linspace(0.95, 0.85, 120).view(1, 1, 120, 1).expand(1, 3, 120, 160)
    plain = Picture((down * 255).round() / 255, name="a.png")
    mask = _mask(120, 160, (slice(40, 80), slice(60, 110)))
    marked = plain.with_pixels(torch.where(mask.coverage > 0, 0.2, plain.rgb), None)
    made = studio.run(InpaintRequest(picture=marked, mask=mask)).picture.rgb
    assert float((made - down).abs().max()) <= 2 / 255


def test_a_hole_that_touches_every_edge(studio: Studio) -> None:
    picture = _picture()
    mask = Mask(1 - _mask().coverage)
    result = studio.run(InpaintRequest(picture=picture, mask=mask))
    assert _unchanged(result.picture, picture, mask)


@pytest.mark.parametrize(("height_px", "width_px"), [(1, 50), (50, 1), (2, 3), (40, 700)])
def test_odd_sizes(studio: Studio, height_px: int, width_px: int) -> None:
    picture = _picture(height_px, width_px)
    mask = _mask(height_px, width_px, (slice(0, max(1, height_px // 2)), slice(0, max(1, width_px // 2))))
    result = studio.run(InpaintRequest(picture=picture, mask=mask))
    assert result.picture.rgb.shape == picture.rgb.shape
    assert _unchanged(result.picture, picture, mask)


def test_a_hole_larger_than_the_network_sees_is_filled_from_coarse_to_fine(studio: Studio) -> None:
    """On a plain ground with a product, the middle of a wide hole is the ground's."""
    rgb = torch.full((1, 3, 500, 400), 0.8)
    rgb[:, :, :40] = 0.2
    mask = _mask(500, 400, (slice(60, 460), slice(20, 380)))
    result = studio.run(InpaintRequest(picture=Picture(rgb), mask=mask))
    assert (result.picture.rgb[..., 200:400, 100:300] - 0.8).abs().mean() < 0.2
    assert _unchanged(result.picture, Picture(rgb), mask)


def test_an_empty_mask_returns_the_input_and_says_so(studio: Studio) -> None:
    picture = _picture()
    result = studio.run(InpaintRequest(picture=picture, mask=_mask(where=(slice(0, 0), slice(0, 0)))))
    assert result.picture.rgb is picture.rgb
    assert EMPTY in result.notices
    assert result.weights == {}


def test_an_aspect_that_the_picture_has_already_speaks_of_no_mask(studio: Studio) -> None:
    result = studio.run(InpaintRequest(picture=Picture(torch.rand(1, 3, 64, 64)), aspect="1:1"))
    assert result.picture.rgb.shape[2:] == (64, 64)
    assert EMPTY not in result.notices


def test_a_full_mask_is_refused(studio: Studio) -> None:
    with pytest.raises(InputError, match="the whole picture is marked"):
        studio.run(InpaintRequest(picture=_picture(), mask=Mask(torch.ones(1, 1, 70, 90))))


def test_a_mask_of_another_size_is_refused_with_both_sizes() -> None:
    with pytest.raises(InputError, match=r"80 x 60 px mask, 90 x 70 px picture"):
        InpaintRequest(picture=_picture(), mask=_mask(60, 80))


def test_a_soft_mask_mixes(studio: Studio) -> None:
    picture, hard = _picture(), _mask()
    full = studio.run(InpaintRequest(picture=picture, mask=hard)).picture.rgb
    half = studio.run(InpaintRequest(picture=picture, mask=Mask(hard.coverage * 0.5))).picture.rgb
    assert torch.allclose(half, (full + picture.rgb) / 2, atol=1e-5)


def test_grow_and_feather_are_the_masks(studio: Studio) -> None:
    picture, mask = _picture(), _mask()
    grown = studio.run(InpaintRequest(picture=picture, mask=mask, grow_px=5)).picture.rgb
    changed = (grown != picture.rgb).any(1)[0].nonzero()
    assert changed.amin(0).tolist() == [15, 25]
    soft = studio.run(InpaintRequest(picture=picture, mask=mask, feather_px=4)).picture.rgb
    assert (soft != picture.rgb).any(1)[0].nonzero().amin(0).tolist() >= [16, 26]


def test_transparency_is_kept_and_colours_behind_it_are_not_looked_at(studio: Studio) -> None:
    picture, mask = _picture(), _mask()
    alpha = torch.ones(1, 1, 70, 90)
    alpha[..., 60:] = 0
    hidden = picture.rgb.clone()
    hidden[..., 60:] = 0
    made = [studio.run(InpaintRequest(picture=Picture(rgb, alpha), mask=mask)).picture for rgb in (picture.rgb, hidden)]
    assert all(one.alpha is not None and torch.equal(one.alpha, alpha) for one in made)
    assert torch.equal(made[0].rgb[..., :60], made[1].rgb[..., :60])
    assert torch.equal(made[0].rgb[..., 60:], picture.rgb[..., 60:])


def test_a_white_ground_is_white_again(studio: Studio) -> None:
    """A sticker half on a product, half on the ground."""
    rgb = torch.ones(1, 3, 90, 120)
    rgb[:, :, 30:70, 30:60] = torch.tensor([0.6, 0.2, 0.1])[None, :, None, None]
    mask = _mask(90, 120, (slice(40, 60), slice(50, 90)))
    made = studio.run(InpaintRequest(picture=Picture(rgb), mask=mask)).picture.rgb
    assert bool((made[..., 40:60, 78:90] == 1).all())


@pytest.mark.parametrize("file_format", ["png", "tiff", "webp"])
def test_known_pixels_are_identical_in_every_file_that_can_hold_them(
    studio: Studio, tmp_path: Path, file_format: str
) -> None:
    picture, mask = _picture(), _mask()
    result = studio.run(InpaintRequest(picture=picture, mask=mask))
    encoding = Encoding(file_format=file_format, lossless=True)
    again = decode(encode(result.picture, encoding))
    known = (mask.coverage == 0).expand_as(picture.rgb)
    assert torch.equal((again.rgb * 255).round()[known], (picture.rgb * 255).round()[known])


def test_sixteen_bits_stay_sixteen(studio: Studio) -> None:
    generator = torch.Generator().manual_seed(2)
    rgb = torch.randint(0, 65536, (1, 3, 70, 90), generator=generator).float() / 65535
    picture, mask = Picture(rgb, bits=16), _mask()
    result = studio.run(InpaintRequest(picture=picture, mask=mask))
    again = decode(encode(result.picture, Encoding(file_format="png")))
    known = (mask.coverage == 0).expand_as(rgb)
    assert again.bits == 16
    assert torch.equal((again.rgb * 65535).round()[known], (rgb * 65535).round()[known])


def test_from_python_with_files_and_pictures(studio: Studio, tmp_path: Path) -> None:
    picture, mask = _picture(), _mask()
    (tmp_path / "a.png").write_bytes(encode(picture, Encoding(file_format="png")))
    (tmp_path / "m.png").write_bytes(encode_mask(mask))
    wanted = studio.run(InpaintRequest(picture=picture, mask=mask)).image
    made = studio.inpaint(tmp_path / "a.png", tmp_path / "m.png").image
    assert made.tobytes() == wanted.tobytes()


class TestExtending:
    def test_a_plain_ground_goes_on_exactly_and_needs_no_network(self, studio: Studio) -> None:
        rgb = torch.full((1, 3, 60, 60), 253 / 255)
        rgb[..., 20:40, 20:40] = 0.3
        result = studio.run(InpaintRequest(picture=Picture(rgb), aspect="16:9"))
        made = result.picture.rgb
        assert made.shape[2:] == (60, 107)
        assert torch.equal(made[..., 23:83], rgb)
        assert bool((made[..., :23] == rgb[0, 0, 0, 0]).all())
        assert result.weights == {}
        assert result.details["margins"] == [23, 0, 24, 0]

    def test_a_graded_ground_goes_on_along_its_side(self, studio: Studio) -> None:
        rgb = torch.linspace(0.5, 0.9, 200)[None, None, :, None].expand(1, 3, 200, 60).contiguous()
        made = studio.run(InpaintRequest(picture=Picture(rgb), left=10)).picture.rgb
        assert torch.equal(made[..., :10], rgb[..., :10])

    def test_a_busy_side_is_filled_by_the_network_and_the_picture_stays(self, studio: Studio) -> None:
        picture = _picture()
        result = studio.run(InpaintRequest(picture=picture, top=12, right=7))
        assert result.picture.rgb.shape[2:] == (82, 97)
        assert torch.equal(result.picture.rgb[..., 12:, :90], picture.rgb)
        assert list(result.weights) == ["inpaint"]

    def test_a_mask_and_an_extension_at_once(self, studio: Studio) -> None:
        picture, mask = _picture(), _mask(where=(slice(0, 10), slice(0, 10)))
        made = studio.run(InpaintRequest(picture=picture, mask=mask, left=8)).picture.rgb
        assert torch.equal(made[..., 10:, 8:], picture.rgb[..., 10:, :])

    def test_a_cut_out_goes_on_transparent(self, studio: Studio) -> None:
        alpha = torch.zeros(1, 1, 40, 40)
        alpha[..., 10:30, 10:30] = 1
        picture = Picture(_picture(40, 40).rgb, alpha)
        result = studio.run(InpaintRequest(picture=picture, bottom=20))
        assert result.picture.alpha is not None
        assert not bool(result.picture.alpha[..., 40:, :].any())
        assert result.weights == {}

    @pytest.mark.parametrize(
        ("aspect", "size"),
        [("1:1", (90, 90)), ("4:5", (112, 90)), ("3:4", (120, 90)), ("16:9", (70, 124)), ("2.5:2", (72, 90))],
    )
    def test_aspects(self, aspect: str, size: tuple[int, int]) -> None:
        margins = InpaintRequest(picture=_picture(), aspect=aspect).margins
        assert (70 + margins.top + margins.bottom, 90 + margins.left + margins.right) == size


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"aspect": "wide"}, "wide"),
        ({"aspect": "1:9"}, "1:9"),
        ({"aspect": "0:1"}, "0:1"),
        ({"aspect": "1:1", "left": 3}, "one of the two"),
        ({"left": -1}, "-1"),
        ({"top": 281}, "281"),
        ({"right": 361}, "361"),
        ({"grow_px": 201}, "201"),
        ({"grow_px": -201}, "-201"),
        ({"feather_px": -1}, "-1"),
        ({}, "missing"),
    ],
)
def test_refusals(fields: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        InpaintRequest(picture=_picture(), **fields)  # type: ignore[arg-type]


def test_limits_are_allowed() -> None:
    InpaintRequest(picture=_picture(), left=360, right=360, top=280, bottom=280, grow_px=-200, feather_px=200)


def test_more_than_can_be_made_is_refused_at_once() -> None:
    side = int((MAX_OUTPUT_PIXELS / 9) ** 0.5) + 1
    rgb = torch.zeros(1, 1, 1, 1).expand(1, 3, side, side)
    with pytest.raises(InputError, match="at most 100 megapixels"):
        InpaintRequest(picture=Picture(rgb), left=side, right=side, top=side, bottom=side)


def test_a_network_of_another_task_is_refused(studio: Studio) -> None:
    with pytest.raises(WeightsError, match="enhance-x2 is made for enhance"):
        studio.run(InpaintRequest(picture=_picture(), mask=_mask(), model="enhance-x2"))
