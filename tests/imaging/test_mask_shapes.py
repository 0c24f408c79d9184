"""Masks grown, feathered and found by colour: the answers are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from gan.core.errors import InputError
from gan.imaging import mask_shapes
from gan.imaging.mask import Mask, feathered, from_color, grown, rectangle
from gan.imaging.mask_shapes import max_within
from gan.imaging.picture import Picture


def _mask(rows: list[list[float]]) -> Mask:
    return Mask(torch.tensor(rows, dtype=torch.float32)[None, None])


def _random(height_px: int, width_px: int, *, share: float = 0.01, seed: int = 0) -> Mask:
    drawn = torch.rand(1, 1, height_px, width_px, generator=torch.Generator().manual_seed(seed))
    return Mask((drawn < share).float())


def _refused(error: pytest.ExceptionInfo[InputError], field: str, *parts: str) -> None:
    assert error.value.field == field
    assert all(part in str(error.value) for part in parts), str(error.value)


@pytest.mark.parametrize("px", [1, 2, 3, 7, 20])
def test_a_point_grows_to_a_disc(px: int) -> None:
    point = torch.zeros(1, 1, 41, 43)
    point[..., 20, 21] = 1
    y, x = np.mgrid[:41, :43]
    expected = np.hypot(y - 20, x - 21) <= px
    assert (grown(Mask(point), px).coverage[0, 0].numpy() == expected).all()


def test_growing_agrees_with_the_distance_transform_over_many_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    from scipy import ndimage

    monkeypatch.setattr(mask_shapes, "TILE_PX", 32)
    mask = _random(97, 131, share=0.004)
    shape = mask.coverage[0, 0].numpy() > 0
    outside = ndimage.distance_transform_edt(~shape)
    inside = ndimage.distance_transform_edt(outside > 9)
    for px in (1, 9, 45, 200):
        assert (grown(mask, px).coverage[0, 0].numpy() == (outside <= px)).all()
    large = grown(mask, 9)
    shrunk = grown(large, -4).coverage[0, 0].numpy()
    assert (shrunk == (ndimage.distance_transform_edt(large.coverage[0, 0].numpy()) > 4)).all()
    assert inside.any()


def test_growing_and_shrinking_are_each_others_inverse_on_a_large_disc() -> None:
    y, x = np.mgrid[:80, :90]
    disc = Mask(torch.from_numpy(np.hypot(y - 40, x - 45) <= 20)[None, None].float())
    assert not torch.equal(grown(disc, 10).coverage, disc.coverage)
    there_and_back = grown(grown(disc, 10), -10).coverage
    # A grown disc of pixels is not quite the larger disc: corners of it stay filled, none is lost.
    assert (there_and_back >= disc.coverage).all()
    assert (there_and_back - disc.coverage).sum() <= 8


def test_a_mask_that_touches_the_border_goes_on_touching_it() -> None:
    mask = rectangle(20, 30, left=0, top=0, width=10, height=20)
    assert grown(mask, -4).coverage[0, 0, :, 0].all()
    assert grown(mask, -4).coverage.sum() == 6 * 20
    assert grown(mask, 4).coverage.sum() == 14 * 20


def test_grey_values_survive_growing_where_they_are_larger() -> None:
    row = _mask([[0, 0, 0.3, 0.6, 1, 1, 0.4, 0, 0, 0]])
    assert grown(row, 1).coverage.flatten().tolist() == pytest.approx([0, 0, 1, 1, 1, 1, 1, 0, 0, 0])
    assert grown(row, -1).coverage.flatten().tolist() == pytest.approx([0, 0, 0, 0, 1, 0, 0, 0, 0, 0])
    faint = _mask([[0, 0.3, 0.2, 0]])
    assert torch.equal(grown(faint, 2).coverage, faint.coverage)


def test_nothing_grows_out_of_nothing_and_a_full_mask_stays_full() -> None:
    empty, full = Mask(torch.zeros(1, 1, 9, 9)), Mask(torch.ones(1, 1, 9, 9))
    for px in (-200, -1, 1, 200):
        assert torch.equal(grown(empty, px).coverage, empty.coverage)
        assert torch.equal(grown(full, px).coverage, full.coverage)
    assert grown(empty, 0) is empty


def test_a_point_is_gone_after_shrinking_by_one() -> None:
    assert not grown(_mask([[0, 0, 0], [0, 1, 0], [0, 0, 0]]), -1).coverage.any()


@pytest.mark.parametrize("size", [(1, 50), (50, 1), (1, 1)])
def test_pictures_of_one_row_or_column_are_grown_and_feathered(size: tuple[int, int]) -> None:
    mask = Mask(torch.zeros(1, 1, *size))
    mask.coverage[0, 0, 0, 0] = 1
    assert grown(mask, 3).coverage.sum() == min(4, max(size))
    assert feathered(mask, 3).coverage.shape == mask.coverage.shape


@pytest.mark.parametrize("px", [-201, 201])
def test_growing_by_more_than_the_most_is_refused(px: int) -> None:
    with pytest.raises(InputError) as error:
        grown(_random(4, 4), px)
    _refused(error, "grow", "-200 to 200")


@pytest.mark.parametrize("px", [1, 4, 15])
def test_a_feathered_edge_is_a_monotonic_ramp_through_one_half(px: int) -> None:
    row = feathered(rectangle(3, 80, left=0, top=0, width=40, height=3), px).coverage[0, 0, 1]
    assert (row[: 40 - px] == 1).all()
    assert (row[40 + px :] == 0).all()
    assert (row.diff() <= 0).all()
    assert ((row[39] + row[40]) / 2).item() == pytest.approx(0.5, abs=1e-6)
    assert torch.allclose(row + row.flip(0), torch.ones(80), atol=1e-6)
    between = row[40 - px + 1 : 40 + px - 1]
    assert ((between > 0) & (between < 1)).all()


def test_feathering_leaves_known_pixels_known(monkeypatch: pytest.MonkeyPatch) -> None:
    from scipy import ndimage

    mask = grown(_random(120, 150, share=0.0008, seed=3), 9)
    soft = feathered(mask, 6).coverage
    shape = mask.coverage[0, 0].numpy() > 0
    assert (soft[0, 0].numpy()[ndimage.distance_transform_edt(~shape) > 6] == 0).all()
    assert (soft[0, 0].numpy()[ndimage.distance_transform_edt(shape) > 6] == 1).all()
    assert ((soft >= 0.5).numpy()[0, 0] == shape).all()
    monkeypatch.setattr(mask_shapes, "TILE_PX", 32)
    assert torch.equal(feathered(mask, 6).coverage, soft)


def test_feathering_never_hardens_a_softer_edge() -> None:
    ramp = Mask(torch.linspace(0, 1, 101).expand(1, 1, 5, 101).contiguous())
    assert torch.allclose(feathered(ramp, 3).coverage, ramp.coverage, atol=0.03)
    assert (feathered(ramp, 60).coverage - 0.5).abs().max() < 0.5


def test_feathering_by_nothing_or_without_an_edge_changes_nothing() -> None:
    mask = _random(20, 20)
    assert feathered(mask, 0) is mask
    for value in (0.0, 0.3, 1.0):
        flat = Mask(torch.full((1, 1, 6, 7), value))
        assert torch.equal(feathered(flat, 5).coverage, flat.coverage)
    with pytest.raises(InputError) as error:
        feathered(mask, -1)
    _refused(error, "feather", "0 to 200")
    with pytest.raises(InputError):
        feathered(mask, 201)


def _chequered() -> Picture:
    """Two red squares apart on white, one of them a shade darker towards its right."""
    rgb = torch.ones(1, 3, 20, 40)
    red = torch.tensor([0.8, 0.1, 0.1])[:, None, None]
    rgb[0, :, 5:15, 5:15] = red
    rgb[0, :, 5:15, 25:35] = red
    rgb[0, :, 5:15, 30:35] = red * 0.9
    return Picture(rgb)


def test_a_colour_is_found_around_the_point_or_everywhere() -> None:
    picture = _chequered()
    around = from_color(picture, 7, 7, tolerance=2).coverage[0, 0]
    assert around.sum() == 100
    assert (around[5:15, 5:15] == 1).all()
    assert from_color(picture, 7, 7, tolerance=2, connected=False).coverage.sum() == 150
    assert from_color(picture, 7, 7, tolerance=20, connected=False).coverage.sum() == 200
    assert from_color(picture, 0, 0, tolerance=2).coverage.sum() == 600
    assert (from_color(picture, 7, 7, tolerance=100, connected=False).coverage >= around).all()


def test_tolerance_is_delta_e() -> None:
    from skimage.color import deltaE_cie76, rgb2lab

    steps = torch.linspace(0, 1, 256).expand(1, 3, 4, 256).contiguous()
    lab = rgb2lab(steps[0].permute(1, 2, 0).numpy())
    for tolerance in (0, 1.7, 30, 100):
        found = from_color(Picture(steps), 100, 1, tolerance=tolerance).coverage[0, 0].numpy()
        assert (found == (deltaE_cie76(lab, lab[1, 100]) <= tolerance + 5e-4)).all()
        assert found[1, 100] == 1


def test_areas_that_touch_at_a_corner_only_are_not_connected() -> None:
    rgb = torch.zeros(1, 3, 4, 4)
    rgb[..., :2, :2] = 1
    rgb[..., 2:, 2:] = 1
    assert from_color(Picture(rgb), 0, 0, tolerance=5).coverage.sum() == 4


def test_colours_behind_transparency_are_not_seen() -> None:
    rgb, alpha = torch.zeros(1, 3, 4, 6), torch.ones(1, 1, 4, 6)
    alpha[..., 3:] = 0
    rgb[0, :, :, 4] = torch.tensor([1.0, 0, 1])[:, None]
    assert from_color(Picture(rgb, alpha), 5, 0, tolerance=0).coverage[0, 0].tolist() == [[0, 0, 0, 1, 1, 1]] * 4
    assert from_color(Picture(rgb, alpha), 0, 0, tolerance=50).coverage[0, 0].tolist() == [[1, 1, 1, 0, 0, 0]] * 4


def test_bands_do_not_show_in_a_found_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = from_color(_chequered(), 7, 7, tolerance=5).coverage
    monkeypatch.setattr("gan.imaging.row_chunks.BAND_PIXELS", 3 * 40)
    assert torch.equal(from_color(_chequered(), 7, 7, tolerance=5).coverage, whole)


@pytest.mark.parametrize("point", [(-1, 0), (0, -1), (40, 0), (0, 20)])
def test_a_point_outside_the_picture_is_refused(point: tuple[int, int]) -> None:
    with pytest.raises(InputError) as error:
        from_color(_chequered(), *point, tolerance=5)
    _refused(error, "color", f"{point[0]}, {point[1]}", "40 x 20 px")


@pytest.mark.parametrize("tolerance", [-0.1, 100.1, math.nan])
def test_a_tolerance_outside_its_range_is_refused(tolerance: float) -> None:
    with pytest.raises(InputError) as error:
        from_color(_chequered(), 1, 1, tolerance=tolerance)
    _refused(error, "tolerance", "0 to 100")


@pytest.mark.parametrize("kind", [torch.float32, torch.bool])
def test_the_highest_value_within_a_rectangle(kind: torch.dtype) -> None:
    point = torch.zeros(1, 1, 9, 9)
    point[..., 4, 1] = 1
    grown_by = max_within(point.to(kind), 1, 3)
    assert grown_by.dtype == kind
    assert torch.nonzero(grown_by.amax((0, 1, 3))).flatten().tolist() == [3, 4, 5]
    assert torch.nonzero(grown_by.amax((0, 1, 2))).flatten().tolist() == [0, 1, 2, 3, 4]
    assert torch.equal(max_within(point, 2), max_within(point, 2, 2))
