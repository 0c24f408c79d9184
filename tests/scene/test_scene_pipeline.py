"""A product in a set: what stays, what is drawn around it, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scene_products import box, made

from gan.core.errors import InputError
from gan.imaging.picture import Picture
from gan.imaging.pixel_hash import sha256_of
from gan.scene.pipeline import SceneRequest
from gan.scene.sets import NAMES, SETS
from gan.scene.view import meet, profile, view_of
from gan.scene.volume import volume_of


@pytest.mark.parametrize("name", NAMES)
def test_every_set_renders_in_every_shape(name: str) -> None:
    for aspect, size in (("1:1", (48, 48)), ("4:5", (48, 60)), ("16:9", (64, 36))):
        result = made(box(), name, width_px=size[0], height_px=size[1], aspect=aspect)
        assert (result.picture.width_px, result.picture.height_px) == size
        assert result.picture.alpha is None
        assert float(result.picture.rgb.std()) > 0.005


@pytest.mark.parametrize("name", NAMES)
def test_every_set_renders_a_single_pixel(name: str) -> None:
    dot = Picture(torch.full((1, 3, 1, 1), 0.5), None)
    one = Picture(dot.rgb, torch.full((1, 1, 1, 1), 0.75))
    result = made(one, name, width_px=1, height_px=1)
    assert result.picture.rgb.shape == (1, 3, 1, 1)


def test_the_same_seed_gives_the_same_pixels_and_another_one_others() -> None:
    first, again, other = (made(box(), "oak-table", width_px=96, seed=seed) for seed in (5, 5, 6))
    assert sha256_of(first.picture) == sha256_of(again.picture)
    assert sha256_of(first.picture) != sha256_of(other.picture)


def test_kept_pixels_are_the_products_own_and_the_record_proves_it() -> None:
    product = box()
    result = made(product, "graphite-sweep", keep_pixels=True)
    left, top, right, bottom = result.details["box"]
    inside = result.picture.rgb[:, :, top:bottom, left:right]
    assert torch.equal(inside, product.rgb[:, :, 10:70, 10:50])
    assert result.details["kept"]["pixels"] == 60 * 40
    assert result.details["kept"]["changed"] == 0
    assert result.details["kept"]["sha256"] == sha256_of(Picture(product.rgb[:, :, 10:70, 10:50].reshape(1, 3, -1, 1)))


def test_without_it_light_alone_changes_and_within_limits() -> None:
    product = box()
    result = made(product, "plank-room", match=1.0)
    left, top, right, bottom = result.details["box"]
    before, after = product.rgb[:, :, 10:70, 10:50], result.picture.rgb[:, :, top:bottom, left:right]
    gain = (after / before).pow(2.2)
    assert float(gain.max()) < 1.2
    assert float(gain.min()) > 0.5
    # What light does is smooth: neighbors get about the same.
    assert float((gain[..., 1:] - gain[..., :-1]).abs().max()) < 0.03


def test_it_stands_by_its_lowest_edge_where_the_set_says() -> None:
    result = made(box(), "walnut-linen", width_px=200, fill=0.5, baseline=0.8)
    left, top, right, bottom = result.details["box"]
    assert bottom == 160
    assert bottom - top == 100
    assert abs((left + right) / 2 - 100) <= 1


def test_a_shadow_falls_away_from_the_light() -> None:
    def darkness(angle: float) -> tuple[float, float]:
        options = {"width_px": 160, "angle_deg": angle, "softness": 0.1, "elevation_deg": 20.0, "seed": 1}
        with_, without = (made(box(), "sand-paper", shadow=share, **options) for share in (1.0, 0.0))
        left, _, right, bottom = with_.details["box"]
        lost = (without.picture.rgb - with_.picture.rgb).mean(1)[0, bottom - 12 : bottom + 12]
        return float(lost[:, :left].clamp(min=0).sum()), float(lost[:, right:].clamp(min=0).sum())

    from_left, from_right = darkness(-80.0), darkness(80.0)
    assert from_left[1] > 3 * from_left[0]
    assert from_right[0] > 3 * from_right[1]


def test_a_polished_floor_mirrors_the_product_and_a_dull_one_does_not() -> None:
    def redness(gloss: float) -> float:
        dark = SETS["graphite-sweep"]
        own = dark.replaced(floor=dark.floor.replaced(gloss=gloss))
        result = made(box(color=(0.9, 0.05, 0.05)), own, width_px=160, shadow=0.0)
        left, _, right, bottom = result.details["box"]
        below = result.picture.rgb[0, :, bottom + 3 : bottom + 12, left + 4 : right - 4]
        return float(below[0].mean() - below[2].mean())

    assert redness(0.9) > redness(0.0) + 0.05


def test_several_products_stand_on_one_line() -> None:
    result = made(box(60, 40), "white-sweep", others=(box(30, 20, color=(0.1, 0.2, 0.8)),), width_px=300, match=0.0)
    rgb = result.picture.rgb[0]
    blue = (rgb[2] > rgb[0] + 0.3).nonzero()
    red = (rgb[0] > rgb[2] + 0.3).nonzero()
    assert abs(int(blue[:, 0].max()) - int(red[:, 0].max())) <= 1
    assert int(blue[:, 1].min()) > int(red[:, 1].max())
    # Alike in size, whatever they came in.
    assert abs(len(blue) / len(red) - 1) < 0.1


def test_its_own_background_is_kept_but_for_the_shadow() -> None:
    room = Picture(torch.linspace(0.4, 0.8, 120).view(1, 1, 120, 1).expand(1, 3, 120, 120).clone())
    options = {"width_px": 120, "height_px": 120, "background": room, "horizon": 0.3}
    result = made(box(), "white-sweep", **options)
    away = result.picture.rgb[0, :, 5:30, 5:20] - room.rgb[0, :, 5:30, 5:20]
    assert float(away.abs().mean()) < 0.01  # grain
    left, _, right, bottom = result.details["box"]
    under = room.rgb[0, :, bottom, left:right] - result.picture.rgb[0, :, bottom, left:right]
    assert float(under.mean()) > 0.05
    assert result.details["horizon"] == pytest.approx(0.3, abs=1e-3)


def test_what_cannot_go_together_is_refused() -> None:
    with pytest.raises(InputError, match="keep_pixels"):
        SceneRequest(picture=box(), keep_pixels=True, width_px=500)
    with pytest.raises(InputError, match="others"):
        SceneRequest(picture=box(), others=tuple(box() for _ in range(9)))
    with pytest.raises(InputError, match="aspect"):
        SceneRequest(picture=box(), aspect="wide")
    with pytest.raises(InputError, match="season"):
        SceneRequest(picture=box(), season="monsoon")


def test_a_step_names_a_shipped_set_and_carries_one_of_ones_own() -> None:
    assert SceneRequest(picture=box(), set=SETS["lawn"]).as_step() == {"set": "lawn"}
    own = SETS["lawn"].replaced(distance=3.0)
    assert SceneRequest(picture=box(), set=own).as_step()["set"]["distance"] == 3.0


def chair(rear_px: int) -> Picture:
    """A seat on four thin legs, 4 px wide, of which the rear ones end so far above the front ones."""
    alpha = torch.zeros(1, 1, 160, 120)
    alpha[:, :, 20:90, 20:100] = 1
    for left, foot in ((20, 150), (96, 150), (40, 150 - rear_px), (76, 150 - rear_px)):
        alpha[:, :, 90:foot, left : left + 4] = 1
    return Picture(torch.full((1, 3, 160, 120), 0.5), alpha)


@pytest.mark.parametrize("name", ["oak-table", "parquet-room", "white-shelf", "color-steps"])
def test_the_floor_reaches_behind_the_legs_that_stand_furthest_away(name: str) -> None:
    scene = SETS[name]
    view = view_of(160, 160, center_px=60, foot_px=150, elevation_deg=scene.elevation_deg, lens=scene.lens)
    volume = volume_of(F.pad(chair(24).alpha, (0, 40)), view)
    # A ray through a rear leg's end meets the floor there.
    depth = view.focal_px * view.camera / (150 - 24 - view.horizon_px)
    assert volume.behind == pytest.approx(depth - view.depth, rel=0.05)
    hits = meet(profile(scene, view, 0.0, volume.behind), view, np.array([126.0, 140.0]))
    assert (hits.depth[0] - view.depth) == pytest.approx(volume.behind, rel=0.05)
    assert np.isfinite(volume.gap[int(41 * volume.view.width_px / 160)])
    assert volume.gap[int(42 * volume.view.width_px / 160)] == 0


def test_a_pot_with_leaves_that_hang_has_no_legs() -> None:
    alpha = torch.zeros(1, 1, 160, 160)
    alpha[:, :, 20:60, 20:140] = 1
    alpha[:, :, 60:110, 22:26] = 1
    alpha[:, :, 60:150, 60:100] = 1
    view = view_of(160, 160, center_px=80, foot_px=150, elevation_deg=12, lens=2.5)
    volume = volume_of(alpha, view)
    assert volume.behind < 0.5
    assert volume.gap[24] > 20


@pytest.mark.parametrize("name", [name for name in NAMES if SETS[name].theme == "outdoors"])
def test_no_set_outdoors_burns_out(name: str) -> None:
    rgb = made(box(color=(0.3, 0.3, 0.3)), name, width_px=96).picture.rgb
    assert float((rgb.amin(1) > 0.97).float().mean()) < 0.01
    assert 0.3 < float(rgb.mean()) < 0.75
