"""A print follows known folds, keeps highlights and shadows, changes nothing outside of its region, repeats without
seams, and meets its corners."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest
import torch
from contracts import assert_contract

from gan.api import Studio
from gan.core.errors import InputError
from gan.edit.printing import PrintRequest, pattern_stems
from gan.edit.shading import BEND, FOLD, shading_of
from gan.imaging.box import Box
from gan.imaging.color import to_linear, to_srgb
from gan.imaging.io.codec import Encoding, write
from gan.imaging.mask import Mask, encode_mask
from gan.imaging.picture import Picture


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio("cpu")


def _plain(color: tuple[float, float, float], height: int = 40, width: int = 60) -> Picture:
    return Picture(
        torch.tensor(color, dtype=torch.float32).view(1, 3, 1, 1).expand(1, 3, height, width).contiguous(),
        name="plain.png",
    )


def _cloth(height: int = 240, width: int = 320, albedo: float = 0.5) -> tuple[Picture, Mask, torch.Tensor]:
    """A gray cloth on white, lit by 0.4 to 1 of full light from left to right; its mask; and the light."""
    light = torch.linspace(0.4, 1.0, width).view(1, 1, 1, -1).expand(1, 1, height, width)
    rgb = to_srgb((albedo * light).expand(1, 3, -1, -1)).clone()
    mask = torch.zeros(1, 1, height, width)
    mask[:, :, 30:-30, 40:-40] = 1
    rgb = torch.where(mask > 0, rgb, 1.0)
    return Picture(rgb), Mask(mask), light


def test_a_print_takes_the_light_of_what_it_lies_on(studio: Studio) -> None:
    picture, mask, light = _cloth()
    request = PrintRequest(
        picture=picture, pattern=(_plain((0.6, 0.3, 0.2)),), repeat=True, displacement=0.0, mask=mask
    )
    result = assert_contract(studio, request)
    assert result.details["covered"] == [1.0]
    inner = (slice(None), slice(None), slice(60, 180), slice(60, 260))
    made = to_linear(result.picture.rgb)[inner]
    ratio = made / to_linear(torch.tensor([0.6, 0.3, 0.2])).view(1, 3, 1, 1) / light[inner]
    # One factor everywhere: the surface's full light counts as 1.
    assert float(ratio.std() / ratio.mean()) < 0.06
    assert 0.9 < float(ratio.mean()) < 1.3


def test_nothing_changes_outside_of_the_region_nor_where_the_pattern_is_transparent(studio: Studio) -> None:
    picture, mask, _ = _cloth()
    alpha = torch.zeros(1, 1, 40, 60)
    alpha[..., :30] = 1
    logo = Picture(torch.zeros(1, 3, 40, 60), alpha)
    made = studio.run(PrintRequest(picture=picture, pattern=(logo,), mask=mask, displacement=0.0)).picture
    outside = (mask.coverage == 0).expand_as(picture.rgb)
    assert torch.equal(made.rgb[outside], picture.rgb[outside])
    # The pattern is 96 px wide around the middle, and its right half is empty.
    assert torch.equal(made.rgb[..., 162:], picture.rgb[..., 162:])
    assert (made.rgb[:, :, 100:140, 120:155] < 0.1).all()
    none = studio.run(PrintRequest(picture=picture, pattern=(logo,), mask=mask, opacity=0.0)).picture
    assert torch.equal(none.rgb, picture.rgb)


@pytest.mark.parametrize("blend", ["cover", "dye"])
def test_highlights_stay(studio: Studio, blend: str) -> None:
    picture, mask, _ = _cloth(albedo=0.15)
    rgb = picture.rgb.clone()
    rgb[:, :, 110:118, 150:158] = 1.0
    made = studio.run(
        PrintRequest(
            picture=picture.with_pixels(rgb, None),
            pattern=(_plain((0.0, 0.0, 0.3)),),
            repeat=True,
            blend=blend,
            mask=mask,
        )
    ).picture
    assert made.rgb[0, 0, 112:116, 152:156].min() > 0.85
    assert made.rgb[0, 0, 90:100, 150:158].max() < 0.1


def test_a_fold_bends_by_its_shading_s_gradient() -> None:
    # The log of the light is a * cos(2 pi x / length); blurring by sigma takes exp(-(2 pi sigma / length)^2 / 2) of it.
    height, width, amplitude, length = 256, 512, 0.1, 128.0
    x = torch.arange(width) + 0.5
    log = amplitude * torch.cos(2 * math.pi * x / length)
    light = 0.4 * torch.exp(log).view(1, 1, 1, -1).expand(1, 3, height, width)
    shading = shading_of(to_srgb(light), torch.ones(1, 1, height, width), Box(0, 0, width, height))
    sigma = FOLD * width
    left = math.exp(-((2 * math.pi * sigma / length) ** 2) / 2)
    wanted = -BEND * sigma**2 * amplitude * left * 2 * math.pi / length * torch.sin(2 * math.pi * x / length)
    bend = shading.displacement(slice(100, 101))
    inside = slice(64, -64)
    # Full light, to which the floor is added, is not exactly the mean.
    assert (bend[0, 0, 0] - wanted)[inside].abs().max() < 0.06 * float(wanted.abs().max())
    assert bend[0, 1].abs().max() < 1e-3


def test_a_stripe_on_a_fold_moves_as_far_as_it_should(studio: Studio) -> None:
    height, width = 200, 400
    y = torch.arange(height) + 0.5
    log = 0.3 * torch.cos(2 * math.pi * y / 100)
    rgb = to_srgb((0.4 * torch.exp(log)).view(1, 1, -1, 1).expand(1, 3, height, width)).contiguous()
    stripe = torch.ones(1, 3, 64, 64)
    stripe[:, :, 28:36] = 0.0
    mask = Mask(torch.ones(1, 1, height, width))

    def darkest(displacement: float) -> float:
        request = PrintRequest(
            picture=Picture(rgb),
            pattern=(Picture(stripe),),
            scale=0.5,
            down=0.375,
            displacement=displacement,
            mask=mask,
        )
        column = 1 - studio.run(request).picture.rgb[0, 0, 40:110, 200] / rgb[0, 0, 40:110, 200]
        column = (column - 0.5).clamp(min=0)
        return float((column * (torch.arange(40, 110) + 0.5)).sum() / column.sum())

    flat, bent = darkest(0.0), darkest(1.0)
    assert flat == pytest.approx(75, abs=0.6)
    bend = shading_of(rgb, mask.coverage, Box(0, 0, width, height)).displacement(slice(0, height))[0, 1, :, 200]
    # What is seen at y comes from y + bend(y): the stripe at 75 is seen where these meet.
    seen = float(y[(y + bend - 75).abs()[60:90].argmin() + 60])
    assert abs(seen - 75) > 1
    assert bent == pytest.approx(seen, abs=0.8)


def test_repeats_have_no_seams(studio: Studio) -> None:
    x = torch.arange(64) + 0.5
    wave = (0.5 + 0.4 * torch.sin(2 * math.pi * x / 64)).view(1, 1, 1, -1).expand(1, 3, 64, 64).contiguous()
    picture = Picture(torch.full((1, 3, 100, 400), 0.7))
    request = PrintRequest(
        picture=picture,
        pattern=(Picture(wave),),
        repeat=True,
        scale=0.1,
        displacement=0.0,
        mask=Mask(torch.ones(1, 1, 100, 400)),
    )
    row = studio.run(request).picture.rgb[0, 0, 50]
    wanted = 0.5 + 0.4 * torch.sin(2 * math.pi * (torch.arange(400) + 0.5 - 180) / 40)
    assert (row - wanted).abs().max() < 0.03


def test_a_label_meets_its_corners(studio: Studio) -> None:
    label = torch.zeros(1, 3, 60, 80)
    label[:, 0, :, :40] = 1
    label[:, 2, :, 40:] = 1
    picture = Picture(torch.full((1, 3, 200, 200), 0.8))
    made = studio.run(
        PrintRequest(picture=picture, pattern=(Picture(label),), corners="40,30 160,50 150,160 50,140")
    ).picture
    changed = (made.rgb != picture.rgb).any(1)[0]
    columns, rows = torch.nonzero(changed.any(0)).flatten(), torch.nonzero(changed.any(1)).flatten()
    assert (int(columns[0]), int(columns[-1]) + 1) == pytest.approx((40, 160), abs=2)
    assert (int(rows[0]), int(rows[-1]) + 1) == pytest.approx((30, 160), abs=2)
    assert made.rgb[0, 0, 80, 60] > 0.8 > 0.2 > made.rgb[0, 2, 80, 60]
    assert made.rgb[0, 2, 100, 140] > 0.8 > 0.2 > made.rgb[0, 0, 100, 140]
    assert torch.equal(made.rgb[:, :, :25], picture.rgb[:, :, :25])


def test_several_patterns_make_one_result_each(studio: Studio) -> None:
    picture, mask, _ = _cloth()
    patterns = (_plain((1, 0, 0)), _plain((0, 0, 1)))
    request = PrintRequest(picture=picture, pattern=patterns, mask=mask, repeat=True)
    result = assert_contract(studio, request)
    assert result.details["patterns"] == ["plain.png", "plain.png"]
    for index, made in enumerate(result.pictures):
        alone = studio.run(request.alone(index)).picture
        assert torch.equal(made.rgb, alone.rgb)
        assert len(made.history[-1]["request"]["pattern"]) == 1
    assert pattern_stems(["a.png", "a.png", ""]) == ["a", "a-2", "3"]


def test_a_cut_out_keeps_its_transparency(studio: Studio) -> None:
    _, mask, _ = _cloth()
    alpha = mask.coverage * 0.5
    picture = Picture(torch.full((1, 3, 240, 320), 0.7), alpha)
    made = studio.run(PrintRequest(picture=picture, pattern=(_plain((0.1, 0.2, 0.3)),), repeat=True)).picture
    assert made.alpha is not None
    assert torch.equal(made.alpha, alpha)
    assert torch.equal(made.rgb[:, :, :20], picture.rgb[:, :, :20])
    assert (made.rgb[0, 0, 100:120, 100:120] < 0.3).all()


def test_wrapping_makes_a_print_narrower_at_the_sides(studio: Studio) -> None:
    stripes = torch.ones(1, 3, 20, 40)
    stripes[..., :20] = 0
    picture = Picture(torch.full((1, 3, 60, 400), 0.7))
    mask = Mask(torch.ones(1, 1, 60, 400))

    def edges(wrap: float) -> list[int]:
        request = PrintRequest(
            picture=picture, pattern=(Picture(stripes),), repeat=True, scale=0.1, wrap=wrap, displacement=0.0, mask=mask
        )
        dark = studio.run(request).picture.rgb[0, 0, 30] < 0.5
        return torch.nonzero(dark[1:] != dark[:-1]).flatten().tolist()

    flat, round_ = edges(0.0), edges(0.9)
    assert max(b - a for a, b in itertools.pairwise(flat)) <= 21
    widths = [b - a for a, b in itertools.pairwise(round_)]
    assert widths[len(widths) // 2] > 1.8 * widths[0]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"pattern": ()}, "0 patterns; 1 to 12 are allowed"),
        ({"corners": "1,1"}, "four corners"),
        ({"mask": Mask(torch.ones(1, 1, 5, 5))}, "mask"),
        ({"scale": 5.0}, "scale: 5; 0.02 to 2 is allowed"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, object], sentence: str) -> None:
    picture, _, _ = _cloth()
    with pytest.raises(InputError, match=sentence):
        PrintRequest(**{"picture": picture, "pattern": (_plain((1, 0, 0)),), **options})


def test_corners_beside_the_picture_are_refused(studio: Studio) -> None:
    picture, _, _ = _cloth()
    with pytest.raises(InputError, match="outside the picture"):
        studio.run(
            PrintRequest(picture=picture, pattern=(_plain((1, 0, 0)),), corners="-90,-90 -50,-90 -50,-50 -90,-50")
        )


def test_files_are_read(studio: Studio, tmp_path: Path) -> None:
    picture, mask, _ = _cloth()
    write(picture, tmp_path / "cloth.png", Encoding())
    (tmp_path / "mask.png").write_bytes(encode_mask(mask))
    write(_plain((1, 0, 0)), tmp_path / "red.png", Encoding())
    result = studio.print(tmp_path / "cloth.png", tmp_path / "red.png", mask=tmp_path / "mask.png", repeat=True)
    assert result.details["patterns"] == ["red.png"]
    assert result.details["covered"] == [1.0]
