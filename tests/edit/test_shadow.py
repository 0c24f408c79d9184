"""Shadow: falls away from the light, touches where the product stands, and never moves the product's own pixels."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import torch
from contracts import assert_contract

from gan.api import Studio
from gan.core.errors import InputError
from gan.edit.shadow import CUT_OFF, Kind, ShadowRequest, shaded
from gan.edit.shadow_render import Light, floor_line, outline_of
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture

KINDS = get_args(Kind)
LIGHT = Light(45, 0.5, 0.3)


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio("cpu")


def _box(height: int = 200, width: int = 200) -> torch.Tensor:
    alpha = torch.zeros(1, 1, height, width)
    alpha[..., 60:140, 70:130] = 1
    alpha[..., 60:140, 69] = alpha[..., 60:140, 130] = 0.5
    return alpha


def _table() -> torch.Tensor:
    """A slab on four legs, of which two stand farther back."""
    alpha = torch.zeros(1, 1, 200, 200)
    alpha[..., 60:80, 40:160] = 1
    for left, bottom in ((45, 140), (70, 125), (125, 125), (149, 140)):
        alpha[..., 80:bottom, left : left + 6] = 1
    return alpha


def _colors() -> torch.Tensor:
    return torch.rand(1, 3, 200, 200, generator=torch.Generator().manual_seed(0))


def _dark(kind: str, alpha: torch.Tensor, light: Light = LIGHT, opacity: float = 0.5) -> torch.Tensor:
    layer = shaded(Picture(_colors(), alpha), alpha, kind, light, opacity=opacity).layer.alpha
    assert layer is not None
    return layer[0, 0]


def _centre(dark: torch.Tensor) -> tuple[float, float]:
    y, x = torch.meshgrid(torch.arange(dark.shape[0]) + 0.5, torch.arange(dark.shape[1]) + 0.5, indexing="ij")
    return float((x * dark).sum() / dark.sum()), float((y * dark).sum() / dark.sum())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ground", [None, "white", "#808080"])
@pytest.mark.parametrize("opaque", [False, True])
def test_the_product_s_own_pixels_stay(kind: str, ground: str | None, opaque: bool) -> None:
    alpha, rgb = _box(), _colors()
    made = shaded(Picture(rgb, None if opaque else alpha), alpha, kind, LIGHT, ground=ground)
    whole = alpha == 1
    assert torch.equal(made.baked.rgb.masked_select(whole), rgb.masked_select(whole))
    assert made.baked.rgb.shape == made.layer.rgb.shape == rgb.shape
    assert (made.baked.alpha is None) == (opaque or ground is not None)
    if made.baked.alpha is not None:
        assert bool((made.baked.alpha >= alpha).all())
        assert bool((made.baked.alpha[whole] == 1).all())


@pytest.mark.parametrize("kind", KINDS)
def test_the_layer_below_the_product_is_the_baked_picture(kind: str) -> None:
    alpha, rgb = _box(), _colors()
    made = shaded(Picture(rgb, alpha), alpha, kind, LIGHT, ground="#C0D0E0")
    assert made.layer.alpha is not None
    ground = torch.tensor([0xC0, 0xD0, 0xE0]).view(1, 3, 1, 1) / 255
    stacked = torch.lerp(torch.lerp(ground.expand_as(rgb), made.layer.rgb, made.layer.alpha), rgb, alpha)
    assert torch.allclose(made.baked.rgb, stacked, atol=1e-5)


@pytest.mark.parametrize("kind", ["contact", "drop"])
def test_an_opaque_picture_keeps_its_ground_darkened(kind: str) -> None:
    alpha, rgb = _box(), _colors()
    made = shaded(Picture(rgb), alpha, kind, LIGHT)
    assert made.layer.alpha is not None
    dark = made.layer.alpha
    ground = alpha == 0
    assert torch.allclose(made.baked.rgb.masked_select(ground), (rgb * (1 - dark)).masked_select(ground), atol=1e-6)
    far = ground & (dark == 0)
    assert bool(far.any())
    assert torch.equal(made.baked.rgb.masked_select(far), rgb.masked_select(far))


@pytest.mark.parametrize(("angle", "across", "down"), [(0, -1, 0), (90, 0, 1), (180, 1, 0), (270, 0, -1), (360, -1, 0)])
def test_a_drop_shadow_falls_away_from_the_light(angle: float, across: int, down: int) -> None:
    box = _box().clone()
    before, after = _centre(box[0, 0]), _centre(_dark("drop", box, Light(angle, 0.2, 0.5)))
    moved = 0.2 * 0.5 * 80 * 0.75  # near and far halves, by a half and by all of it
    assert after[0] - before[0] == pytest.approx(across * moved, abs=0.3)
    assert after[1] - before[1] == pytest.approx(down * moved, abs=0.3)


def test_a_hard_drop_shadow_is_the_outline_itself() -> None:
    dark = _dark("drop", _box(), Light(180, 0, 0.5), opacity=1.0)
    assert torch.allclose(dark, _box()[0, 0].roll(8, 1), atol=0.02)


@pytest.mark.parametrize("kind", ["contact", "drop"])
def test_softer_is_wider_and_opacity_scales(kind: str) -> None:
    hard, soft = (_dark(kind, _box(), Light(90, softness, 0.3)) for softness in (0.1, 1.0))
    assert int((soft > 0).sum()) > 1.3 * int((hard > 0).sum())
    full, half = (_dark(kind, _box(), opacity=opacity) for opacity in (1.0, 0.5))
    assert torch.allclose(full * 0.5, half)
    assert 0.5 < float(full.max()) <= 1
    assert not _dark(kind, _box(), opacity=0.0).any()


def test_a_contact_shadow_is_darkest_where_the_product_stands() -> None:
    dark = _dark("contact", _box())
    assert int(dark[:, 100].argmax()) in (138, 139, 140)
    below = dark[140:, 100]
    assert bool((below.diff() <= 0).all())
    assert float(below[0]) > 0.3 > float(below[20])
    assert not dark[:70].any()  # nothing floats above
    assert not dark[190:].any()


def test_every_leg_of_a_table_has_its_shadow() -> None:
    dark = _dark("contact", _table())
    for left, bottom in ((45, 140), (70, 125), (125, 125), (149, 140)):
        assert float(dark[bottom, left + 3]) > 0.2
        assert float(dark[bottom, left + 3]) > 1.5 * float(dark[bottom - 22, left + 3])
    assert float(dark[85, 100]) < 0.02  # the slab stands nowhere


@pytest.mark.parametrize(("angle", "sign"), [(0, -1), (180, 1)])
def test_a_contact_shadow_leans_away_from_the_light(angle: float, sign: int) -> None:
    across, _ = _centre(_dark("contact", _box(), Light(angle, 0.5, 0.5)))
    upright, _ = _centre(_dark("contact", _box(), Light(90, 0.5, 0.5)))
    assert sign * (across - upright) > 1
    assert upright == pytest.approx(100, abs=0.5)


def test_a_reflection_is_the_flipped_product_and_fades() -> None:
    alpha, rgb = _box(), _colors()
    made = shaded(Picture(rgb, alpha), alpha, "reflection", Light(45, 0, 0.5), opacity=0.8)
    assert made.layer.alpha is not None
    dark = made.layer.alpha[0, 0]
    flipped = rgb.flip(2).roll(80, 2)  # about row 140
    assert torch.allclose(made.layer.rgb[..., 140:175, 75:125], flipped[..., 140:175, 75:125], atol=1e-4)
    column = dark[140:, 100]
    assert 0.7 < float(column[0]) <= 0.8
    assert bool((column.diff() <= 0).all())
    assert not dark[:140].any()
    assert not dark[181:].any()  # half the product's height
    assert bool((made.layer.rgb.masked_select(made.layer.alpha == 0) == 1).all())


def test_a_soft_reflection_is_sharp_at_the_floor_and_blurred_below() -> None:
    alpha = _box()
    stripes = torch.ones(1, 3, 200, 200)
    stripes[..., ::4], stripes[..., 1::4] = 0, 0
    made = shaded(Picture(stripes, alpha), alpha, "reflection", Light(45, 1.0, 0.8))
    contrast = [float(made.layer.rgb[0, 0, row, 85:115].std()) for row in (141, 160, 190)]
    assert contrast[0] > 0.4
    assert contrast[0] > 1.3 * contrast[1] > 2 * contrast[2]


def test_a_slanted_floor_is_mirrored_along_its_slope() -> None:
    x = torch.arange(200) + 0.5
    floor = 140 - 0.3 * (x - 40)
    rows = torch.arange(200)[:, None] + 0.5
    alpha = ((rows > 50) & (rows < floor) & (x > 40) & (x < 160)).float()[None, None]
    dark = _dark("reflection", alpha, Light(45, 0, 0.4))
    for column in (50, 100, 150):
        seen = torch.nonzero(dark[:, column]).flatten()
        assert abs(int(seen[0]) - float(floor[column])) <= 2


def test_a_ball_touches_its_reflection_at_its_lowest_part_only() -> None:
    y, x = torch.meshgrid(torch.arange(200) + 0.5, torch.arange(200) + 0.5, indexing="ij")
    alpha = ((x - 100) ** 2 + (y - 90) ** 2 < 40**2).float()[None, None]
    dark = _dark("reflection", alpha, Light(45, 0, 1.0))
    first = [int(torch.nonzero(dark[:, column]).flatten()[0]) for column in (100, 115, 130, 138)]
    assert abs(first[0] - 130) <= 2
    assert first[0] - 6 < first[1] < first[2] < first[3]
    assert first[3] > 145


@pytest.mark.parametrize("kind", KINDS)
def test_a_shadow_that_the_canvas_cuts_off_is_said(kind: str) -> None:
    alpha = _box()
    assert shaded(Picture(_colors(), alpha), alpha, kind, LIGHT).notices == ()
    low = alpha.roll(60, 2)
    made = shaded(Picture(_colors(), low), low, kind, LIGHT)
    assert made.notices == (CUT_OFF,)
    assert made.baked.rgb.shape == (1, 3, 200, 200)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(1, 2), (2, 7), (40, 3), (350, 900)])
def test_every_size(kind: str, size: tuple[int, int]) -> None:
    alpha = torch.zeros(1, 1, *size)
    alpha[..., : max(1, size[0] // 2), size[1] // 3 : size[1] // 3 + max(1, size[1] // 2)] = 1
    for light in (Light(0, 0, 0), Light(45, 1, 1), LIGHT):
        made = shaded(Picture(torch.rand(1, 3, *size), alpha), alpha, kind, light, opacity=1.0)
        for picture in (made.baked, made.layer):
            assert picture.alpha is not None
            assert bool(torch.isfinite(picture.rgb).all())
            assert 0 <= float(picture.alpha.min()) <= float(picture.alpha.max()) <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_contract(studio: Studio, kind: str) -> None:
    cut = assert_contract(studio, ShadowRequest(picture=Picture(_colors(), _box(), name="a.png"), kind=kind))
    assert len(cut.pictures) == 2
    assert cut.image.mode == "RGBA"
    assert 0 < cut.details["darkest"] <= 0.35
    opaque = studio.run(ShadowRequest(picture=Picture(_colors()), kind=kind, mask=Mask(_box())))
    assert [picture.alpha is None for picture in opaque.pictures] == [True, False]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"kind": "long"}, "kind"),
        ({"angle_deg": -1.0}, "angle_deg"),
        ({"angle_deg": 360.5}, "angle_deg"),
        ({"softness": 1.01}, "softness"),
        ({"opacity": -0.01}, "opacity"),
        ({"length": 2.0}, "length"),
        ({"ground": "plaid"}, "ground"),
        ({"mask": Mask(torch.ones(1, 1, 2, 2))}, "mask"),
    ],
)
def test_refusals(options: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        ShadowRequest(picture=Picture(_colors(), _box()), **options)
    assert caught.value.field == field


def test_limits_are_allowed() -> None:
    ShadowRequest(picture=Picture(_colors()), angle_deg=360, softness=1, opacity=1, length=1)
    ShadowRequest(picture=Picture(_colors()), angle_deg=0, softness=0, opacity=0, length=0)


def test_each_shoe_of_a_pair_stands_on_its_own_line() -> None:
    """Two soles 18 rows apart; the arch of one of them is bridged, and what hangs in the air stands on none."""
    alpha = torch.zeros(200, 200)
    alpha[40:142, 20:80] = alpha[40:160, 110:170] = alpha[40:60, 80:110] = 1
    alpha[150:160, 130:150] = 0  # the arch
    columns, outline = outline_of(alpha.numpy())
    line = floor_line(columns, outline, 120.0)
    assert set(line[2:55].tolist()) == {142.0}
    assert set(line[92:148].tolist()) == {160.0}
    alpha[40:142, 20:80] = 0
    alpha[60:100, 40:70] = 1  # held by what is above it, far from the floor
    columns, outline = outline_of(alpha.numpy())
    assert float(floor_line(columns, outline, 120.0).min()) >= 160 - 60 * 0.8
    assert float(floor_line(columns, outline, 120.0)[:20].min()) > 101
