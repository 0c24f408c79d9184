"""See-through products in a scene: the set shows through them by their coverage, and they stand on their own edge."""

from __future__ import annotations

import pytest
import torch
from scene_products import box, made
from torch import Tensor

from examples.capture_glass import glass, on_ground
from gan import Studio
from gan.imaging.box import SEEN, least_cover, product_box
from gan.imaging.picture import Picture

HEIGHT, WIDTH = 120, 90


def tumbler(color: tuple[float, float, float], label: float = 0.3) -> Picture:
    """A clear tumbler: 15% cover in its middle, 45% at its sides, with an opaque label on its middle."""
    alpha = torch.zeros(1, 1, HEIGHT, WIDTH)
    alpha[:, :, 10:110, 20:70] = 0.45
    alpha[:, :, 12:106, 24:66] = 0.15
    half = round(label * 40)
    alpha[:, :, 60 - half : 60 + half, 45 - half // 2 : 45 + half // 2] = 1
    rgb = torch.tensor(color).view(1, 3, 1, 1).expand(1, 3, HEIGHT, WIDTH).clone()
    return Picture(rgb, alpha, name="tumbler.png")


def on_canvas(picture: Picture, at: list[int], size: tuple[int, int]) -> Tensor:
    """The coverage where a scene without resampling has put it, (1, 1, height, width)."""
    assert picture.alpha is not None
    there = product_box(picture.alpha)
    down, right = at[1] - there.top, at[0] - there.left
    canvas = torch.zeros(1, 1, *size)
    canvas[:, :, down + there.top : down + there.bottom, right + there.left : right + there.right] = there.of(
        picture.alpha
    )
    return canvas


def test_the_set_is_seen_through_by_what_is_not_covered() -> None:
    green, dark = (tumbler(color) for color in ((0.5, 0.7, 0.6), (0.1, 0.1, 0.2)))
    one, other = (made(each, "kitchen-tile", keep_pixels=True) for each in (green, dark))
    size = one.picture.rgb.shape[2:]
    alpha = on_canvas(green, one.details["box"], size)
    # What two tumblers of different color differ by is their own share; the rest of each pixel is the set's.
    own = torch.tensor([0.4, 0.6, 0.4]).view(1, 3, 1, 1) * alpha
    bottom = one.details["box"][3]  # below its foot the table mirrors it
    away = (one.picture.rgb - other.picture.rgb - own)[:, :, :bottom]
    assert float(away.abs().max()) < 2e-5
    behind = (one.picture.rgb - green.rgb[..., :1, :1] * alpha) / (1 - alpha).clamp(min=0.5)
    seen = behind[:, :, alpha[0, 0].isclose(torch.tensor(0.15))]
    assert float(seen.std()) > 0.02  # joints between tiles and the table's grain
    assert 0.2 < float(seen.mean()) < 0.95


def test_kept_pixels_of_glass_are_counted_apart() -> None:
    kept = made(tumbler((0.5, 0.7, 0.6)), "kitchen-tile", keep_pixels=True).details["kept"]
    whole = 24 * 12
    assert (kept["pixels"], kept["changed"]) == (whole, 0)
    assert kept["partly"] == 100 * 50 - whole


@pytest.mark.parametrize("label", [0.3, 0.0])
def test_it_stands_by_the_glass_and_not_by_its_label(label: float) -> None:
    for options in ({"width_px": 120}, {"keep_pixels": True}):
        result = made(tumbler((0.5, 0.7, 0.6), label), "oak-table", baseline=0.8, fill=0.5, **options)
        left, top, right, bottom = result.details["box"]
        assert bottom == pytest.approx(0.8 * result.picture.height_px, abs=1.5)
        assert (bottom - top) / (right - left) == pytest.approx(2.0, abs=0.06)


def test_its_shadow_is_lighter_than_a_solid_one() -> None:
    clear = tumbler((0.5, 0.7, 0.6), 0.0)
    solid = clear.with_pixels(clear.rgb, (clear.alpha > 0).float())  # type: ignore[operator]
    options = {"width_px": 160, "angle_deg": -60, "softness": 0.2, "fill": 0.4}
    none, light, dark = (
        made(clear, "white-sweep", shadow=0.0, **options),
        *(made(each, "white-sweep", **options) for each in (clear, solid)),
    )
    _, top, right, bottom = none.details["box"]
    beside = (none.picture.rgb - each.picture.rgb for each in (light, dark))
    lost = [float(each[:, :, top:bottom, right + 3 : right + 25].clamp(min=0).sum()) for each in beside]
    assert 0 < lost[0] < 0.6 * lost[1]


def test_a_matte_of_two_grounds_goes_into_a_scene() -> None:
    alpha, color = glass(HEIGHT, WIDTH)
    studio = Studio("cpu")
    cut = studio.matte(on_ground(alpha, color, 0.004), on_white=on_ground(alpha, color, 0.85)).picture
    result = made(cut, "oak-table", keep_pixels=True)
    assert result.details["kept"]["partly"] > 1000
    left, top, right, bottom = result.details["box"]
    assert (bottom - top) / (right - left) == pytest.approx(1.2, abs=0.05)  # the rim's, not the label's


def test_what_is_see_through_is_told_by_how_much_is_solid() -> None:
    assert least_cover(tumbler((0.1, 0.1, 0.1)).alpha) == SEEN  # type: ignore[arg-type]
    assert least_cover(box().alpha) == 0.5  # type: ignore[arg-type]
    edges = torch.nn.functional.avg_pool2d(box().alpha, 5, 1, 2)  # type: ignore[arg-type]
    assert least_cover(edges) == 0.5
    assert least_cover(torch.zeros(1, 1, 4, 4)) == 0.5
