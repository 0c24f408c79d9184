"""White: the ground is exactly 255, the product's own pixels stay, a shadow stays where it is asked for."""

from __future__ import annotations

import pytest
import torch
from contracts import assert_contract

from gan.api import Studio
from gan.core.errors import InputError
from gan.edit.shadow_extract import shade_on_paper
from gan.edit.white import NO_PAPER, WhiteRequest, off_white_share, snapped
from gan.imaging.io.codec import Encoding, decode, encode
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio("cpu")


def _disc(side: int = 96, radius: float = 20.3) -> torch.Tensor:
    y, x = torch.meshgrid(torch.arange(side) + 0.5, torch.arange(side) + 0.5, indexing="ij")
    return (radius + 0.5 - ((x - side / 2) ** 2 + (y - side / 2) ** 2).sqrt()).clamp(0, 1)[None, None]


def _studio_picture(side: int = 240, *, noise: float = 0.006) -> tuple[Picture, torch.Tensor, torch.Tensor]:
    """A disc on tinted, unevenly lit paper with a soft shadow below; its coverage, and the shadow's light."""
    generator = torch.Generator().manual_seed(0)
    y, x = torch.meshgrid(torch.linspace(-1, 1, side), torch.linspace(-1, 1, side), indexing="ij")
    paper = torch.stack([0.85 - 0.08 * x - 0.05 * y * y, 0.84 - 0.08 * x, 0.79 - 0.07 * x + 0.02 * y])[None]
    shade = 1 - 0.5 * torch.exp(-((x / 0.35) ** 2) - ((y - 0.35) / 0.15) ** 2)[None, None]
    alpha = _disc(side, side / 6)
    rgb = torch.lerp(paper * shade, torch.tensor([0.1, 0.5, 0.3]).view(1, 3, 1, 1), alpha)
    rgb = (rgb + noise * torch.randn(rgb.shape, generator=generator)).clamp(0, 1)
    return Picture(rgb), alpha, shade


@pytest.mark.parametrize(("level", "share"), [(254, 1.0), (254.4, 1.0), (254.6, 0.0), (255, 0.0)])
def test_254_is_off_white_and_255_is_not(level: float, share: float) -> None:
    rgb = torch.full((1, 3, 10, 10), level / 255)
    assert off_white_share(rgb, torch.zeros(1, 1, 10, 10)) == share
    rgb[:, :2] = 1  # one channel is enough
    assert off_white_share(rgb, torch.zeros(1, 1, 10, 10)) == share


def test_the_share_counts_the_ground_only() -> None:
    alpha = torch.zeros(1, 1, 20, 20)
    alpha[..., 5:15, 5:15] = 1
    rgb = torch.where(alpha > 0, 0.3, 1.0).expand(1, 3, -1, -1).clone()
    assert off_white_share(rgb, alpha) == 0
    rgb[..., 0, :3] = 0.9
    assert off_white_share(rgb, alpha) == pytest.approx(3 / 300)
    rgb[..., 4, 5:15] = 0.9  # a line at the product's edge
    assert off_white_share(rgb, alpha) == pytest.approx(13 / 300)
    # Without the nearest pixels, 12 x 12 less their corners, those are not looked at.
    assert off_white_share(rgb, alpha, margin_px=1) == pytest.approx(3 / (400 - 140))
    assert off_white_share(rgb, torch.ones(1, 1, 20, 20)) == 0


def test_snapping_after_a_lossy_step_is_exact() -> None:
    alpha = _disc()
    picture = Picture(
        torch.lerp(
            torch.ones(1, 3, 96, 96),
            torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(0)).round(),
            alpha,
        )
    )
    lossy = decode(encode(picture, Encoding(file_format="jpeg", quality=60)))
    assert off_white_share(lossy.rgb, alpha) > 0.02
    made = snapped(lossy.rgb, alpha)
    assert off_white_share(made, alpha) == 0
    kept = (alpha > 0).expand(1, 3, -1, -1)
    assert torch.equal(made[kept], lossy.rgb[kept])


def test_the_ground_becomes_255_and_the_product_stays(studio: Studio) -> None:
    picture, alpha, _ = _studio_picture()
    result = assert_contract(studio, WhiteRequest(picture=picture, mask=Mask(alpha)))
    assert result.details["off_white_before"] == 1
    assert result.details["off_white"] == 0
    rgb = result.picture.rgb
    assert bool((rgb.masked_select(alpha == 0) == 1).all())
    assert torch.equal(rgb.masked_select(alpha == 1), picture.rgb.masked_select(alpha == 1))


def test_the_old_ground_leaves_no_fringe(studio: Studio) -> None:
    alpha = _disc()
    red, blue = (torch.tensor(color).view(1, 3, 1, 1) for color in ((0.8, 0.1, 0.1), (0.1, 0.2, 0.7)))
    picture = Picture(torch.lerp(blue.expand(1, 3, 96, 96), red.expand(1, 3, 96, 96), alpha))
    made = studio.run(WhiteRequest(picture=picture, mask=Mask(alpha))).picture.rgb
    wanted = torch.lerp(torch.ones(1, 3, 96, 96), red.expand(1, 3, 96, 96), alpha)
    assert float((made - wanted).abs().max()) < 0.03


def test_a_cut_out_is_laid_on_white_with_or_without_what_is_half_transparent(studio: Studio) -> None:
    product = _disc()
    with_shadow = torch.maximum(product, 0.4 * _disc(radius=35))
    picture = Picture(torch.full((1, 3, 96, 96), 0.2), with_shadow)
    plain = studio.run(WhiteRequest(picture=picture, mask=Mask(product)))
    assert plain.details["off_white"] == 0
    assert plain.details["off_white_before"] > 0.1
    kept = studio.run(WhiteRequest(picture=picture, mask=Mask(product), keep_shadow=True))
    wanted = torch.lerp(torch.ones(1, 3, 96, 96), picture.rgb, with_shadow)
    assert torch.allclose(kept.picture.rgb, wanted)
    assert kept.details["off_white"] == kept.details["off_white_before"]


@pytest.mark.parametrize("noise", [0.0, 0.006, 0.012])
def test_a_shadow_stays_and_its_paper_becomes_white(studio: Studio, noise: float) -> None:
    picture, alpha, shade = _studio_picture(noise=noise)
    result = studio.run(WhiteRequest(picture=picture, mask=Mask(alpha), keep_shadow=True))
    assert result.notices == ()
    ground = (alpha == 0).expand(1, 3, -1, -1)
    error = (result.picture.rgb - shade).abs()
    assert float(error[ground].max()) < 0.06
    assert float(error[ground].mean()) < 0.01
    paper = (shade > 0.995) & (alpha == 0)
    assert off_white_share(result.picture.rgb, (~paper).float()) < 0.002
    assert 0.05 < result.details["off_white"] < 0.4
    # A shadow has no color.
    spread = result.picture.rgb.amax(1, keepdim=True) - result.picture.rgb.amin(1, keepdim=True)
    assert float(spread.masked_select(alpha == 0).max()) == 0
    assert torch.equal(result.picture.rgb.masked_select(alpha == 1), picture.rgb.masked_select(alpha == 1))


def test_dirt_that_the_product_does_not_touch_is_no_shadow_of_its() -> None:
    picture, alpha, _ = _studio_picture(noise=0.0)
    rgb = picture.rgb.clone()
    rgb[..., 8:20, 8:20] *= 0.5
    shade = shade_on_paper(rgb, alpha)
    assert shade is not None
    assert bool((shade[..., 4:24, 4:24] == 1).all())
    assert float(shade.min()) < 0.7


def test_no_shadow_is_told_from_a_busy_or_a_dark_ground(studio: Studio) -> None:
    generator = torch.Generator().manual_seed(0)
    alpha = _disc()
    cells = torch.rand(1, 3, 12, 12, generator=generator).repeat_interleave(8, 2).repeat_interleave(8, 3)
    for rgb in (cells, torch.full((1, 3, 96, 96), 0.1)):
        result = studio.run(WhiteRequest(picture=Picture(rgb), mask=Mask(alpha), keep_shadow=True))
        assert result.notices == (NO_PAPER,)
        assert result.details["off_white"] == 0
    assert shade_on_paper(torch.ones(1, 3, 8, 8), torch.ones(1, 1, 8, 8)) is None


def test_pure_white_paper_stays_pure_white() -> None:
    shade = shade_on_paper(torch.ones(1, 3, 64, 64), _disc(64, 12))
    assert shade is not None
    assert bool((shade == 1).all())


def test_refusals() -> None:
    with pytest.raises(InputError) as caught:
        WhiteRequest(picture=Picture(torch.ones(1, 3, 8, 8)), mask=Mask(torch.ones(1, 1, 4, 4)))
    assert caught.value.field == "mask"
