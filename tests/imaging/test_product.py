"""What is measured on drawn products whose place, size and colour are known."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from gan.imaging.product import MEASURES, chroma, coverage, from_ycc, hue_deg, measure, rotation, to_ycc
from gan.training.data.catalogue import recolor, reframe

SIZE = 64
TEAL, BRICK = (0.2, 0.5, 0.5), (0.6, 0.35, 0.3)


def _covered(low: float, high: float, size: int = SIZE) -> Tensor:
    """How much of each of `size` pixels lies within [low, high]."""
    edges = torch.arange(size, dtype=torch.float32)
    return (torch.minimum(edges + 1, torch.tensor(high)) - torch.maximum(edges, torch.tensor(low))).clamp(0, 1)


def _box(
    left: float, right: float, top: float, bottom: float, colour: tuple[float, ...] = TEAL, size: int = SIZE
) -> Tensor:
    """(1, 4, size, size): a box of a colour on white, antialiased."""
    alpha = (_covered(top, bottom, size)[:, None] * _covered(left, right, size))[None, None]
    paint = torch.tensor(colour)[None, :, None, None]
    return torch.cat([paint * alpha + 1 - alpha, alpha], 1)


def _measured(x: Tensor) -> dict[str, float]:
    return dict(zip(MEASURES, measure(x[:, :3], x[:, 3:])[0].tolist(), strict=True))


def test_ycc_has_the_standards_primaries_and_an_inverse() -> None:
    x = torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(from_ycc(to_ycc(x)), x, atol=1e-6)
    red, grey = to_ycc(torch.tensor([[1.0, 0, 0], [0.4, 0.4, 0.4]])[..., None, None])
    assert red.flatten().tolist() == pytest.approx([0.299, -0.168736, 0.5], abs=1e-6)
    assert grey.flatten().tolist() == pytest.approx([0.4, 0, 0], abs=1e-6)


def test_a_box_is_measured_as_it_was_drawn() -> None:
    found = _measured(_box(8, 40, 20, 36))
    assert found["size"] == pytest.approx(math.log(32 / 64), abs=1e-6)
    assert found["aspect"] == pytest.approx(math.log(2), abs=1e-6)
    assert found["across"] == pytest.approx((8 + 40) / 64 - 1, abs=1e-6)
    assert found["down"] == pytest.approx((20 + 36) / 64 - 1, abs=1e-6)
    expected = to_ycc(torch.tensor(TEAL)[None, :, None, None]).flatten()
    assert [found["lightness"], found["blue"], found["red"]] == pytest.approx(expected.tolist(), abs=1e-5)


@pytest.mark.parametrize("part", [0.1, 0.3, 0.45, 0.5, 0.55, 0.7, 0.95])
def test_a_box_between_pixels_is_measured_to_a_part_of_one(part: float) -> None:
    found = _measured(_box(8 + part, 40 + part, 20, 37 - part))
    assert found["size"] == pytest.approx(math.log(32 / 64), abs=1e-5)
    assert found["across"] == pytest.approx((48 + 2 * part) / 64 - 1, abs=1e-5)
    assert found["aspect"] == pytest.approx(math.log(32 / (17 - part)), abs=1e-5)


def test_a_box_that_fills_the_frame_and_one_of_a_pixel() -> None:
    full = _measured(_box(0, SIZE, 0, SIZE))
    assert [full[name] for name in ("size", "aspect", "across", "down")] == pytest.approx([0, 0, 0, 0], abs=1e-6)
    dot = _measured(_box(10, 11, 63, 64))
    assert dot["size"] == pytest.approx(-math.log(64), abs=1e-6)
    assert dot["down"] == pytest.approx(127 / 64 - 1, abs=1e-6)
    assert all(map(math.isfinite, _measured(_box(10.2, 10.8, 5, 50)).values()))


def test_without_a_product_the_whole_frame_counts() -> None:
    empty = torch.full((1, 4, 16, 16), 0.25)
    empty[:, 3] = 0
    assert _measured(empty) == pytest.approx(
        {"lightness": 0.25, "blue": 0, "red": 0, "size": 0, "aspect": 0, "across": 0, "down": 0}, abs=1e-6
    )


def test_pictures_of_a_batch_are_measured_each_for_itself() -> None:
    both = torch.cat([_box(8, 40, 20, 36), _box(30, 60, 2, 62, BRICK)])
    rows = measure(both[:, :3], both[:, 3:])
    assert torch.equal(rows[1:], measure(both[1:, :3], both[1:, 3:]))
    assert rows.shape == (2, len(MEASURES))


@pytest.mark.parametrize("turn_deg", [-120.0, -30.0, 20.0, 75.0, 150.0])
def test_a_turn_of_hue_is_measured_as_that_turn(turn_deg: float) -> None:
    # Little chroma, so that no turn leaves RGB.
    x = _box(10, 50, 12, 48, (0.55, 0.5, 0.42))
    turned = recolor(x, hue_rad=math.radians(turn_deg), chroma=1, tint=0, tint_rad=0, gamma=1)
    before, after = measure(x[:, :3], x[:, 3:]), measure(turned[:, :3], turned[:, 3:])
    difference = (float(hue_deg(after) - hue_deg(before)) - turn_deg + 180) % 360 - 180
    assert difference == pytest.approx(0, abs=0.1)
    assert float(chroma(after)) == pytest.approx(float(chroma(before)), abs=1e-4)
    assert float(after[:, 0]) == pytest.approx(float(before[:, 0]), abs=1e-4)


def test_hue_points_along_blue_at_zero_and_along_red_at_ninety() -> None:
    rows = torch.zeros(3, len(MEASURES))
    rows[:, 1:3] = torch.tensor([[0.1, 0], [0, 0.2], [-0.3, 0]])
    assert hue_deg(rows).tolist() == pytest.approx([0, 90, 180])
    assert chroma(rows).tolist() == pytest.approx([0.1, 0.2, 0.3])


def test_rotation_turns_from_blue_to_red() -> None:
    turned = rotation(torch.tensor([math.pi / 2])) @ torch.tensor([1.0, 0.0])
    assert turned[0].tolist() == pytest.approx([0, 1], abs=1e-6)


def test_other_colours_leave_ground_and_shadow_alone() -> None:
    x = _box(10, 50, 12, 40)
    x[:, :3, 40:46, 8:52] = 0.8  # the shadow, which the coverage leaves out
    varied = recolor(x, hue_rad=2.0, chroma=1.4, tint=0.3, tint_rad=1.0, gamma=0.7)
    outside = (x[:, 3:] == 0).expand(-1, 3, -1, -1)
    assert torch.equal(varied[:, :3][outside], x[:, :3][outside])
    assert torch.equal(varied[:, 3:], x[:, 3:])
    assert (varied[:, :3] - x[:, :3])[~outside].abs().mean() > 0.05
    assert 0 <= varied.min() <= varied.max() <= 1


def test_no_change_of_colour_is_no_change() -> None:
    x = torch.rand(2, 4, 9, 9, generator=torch.Generator().manual_seed(1))
    same = recolor(x, hue_rad=0, chroma=1, tint=0, tint_rad=0, gamma=1)
    assert torch.allclose(same, x, atol=1e-5)


def test_chroma_tint_and_gamma_do_what_they_say() -> None:
    x = _box(10, 50, 12, 48, (0.55, 0.5, 0.42))
    base = _measured(x)
    double = recolor(x, hue_rad=0, chroma=2, tint=0, tint_rad=0, gamma=1)
    assert _measured(double)["red"] == pytest.approx(2 * base["red"], abs=1e-3)
    darker = _measured(recolor(x, hue_rad=0, chroma=1, tint=0, tint_rad=0, gamma=2))
    assert darker["lightness"] == pytest.approx(base["lightness"] ** 2, abs=1e-3)
    tinted = _measured(recolor(x, hue_rad=0, chroma=1, tint=0.1, tint_rad=math.pi / 2, gamma=1))
    assert tinted["red"] - base["red"] == pytest.approx(0.1, abs=2e-3)
    assert tinted["blue"] == pytest.approx(base["blue"], abs=2e-3)


def test_reframing_moves_size_aspect_and_place_as_told() -> None:
    x = _box(40, 88, 48, 80, size=128)  # its centre is the frame's
    before = _measured(x)
    after = _measured(reframe(x, SIZE, size=0.8, aspect=1.25, across=0.1, down=-0.05))
    assert after["aspect"] - before["aspect"] == pytest.approx(math.log(1.25), abs=0.02)
    # The longer side is the width here; it takes half of the aspect's change.
    assert after["size"] - before["size"] == pytest.approx(math.log(0.8 * math.sqrt(1.25)), abs=0.02)
    assert after["across"] == pytest.approx(0.1, abs=0.01)
    assert after["down"] == pytest.approx(-0.05, abs=0.01)


def test_reframing_by_nothing_is_nothing_and_the_outside_has_the_grounds_colour() -> None:
    x = _box(10, 50, 12, 48)
    assert torch.allclose(reframe(x, SIZE, size=1, aspect=1, across=0, down=0), x, atol=1e-5)
    x[:, :3] = torch.where(x[:, 3:] > 0, x[:, :3], torch.tensor(0.9))
    small = reframe(x, SIZE, size=0.5, aspect=1, across=0, down=0)
    assert torch.allclose(small[:, :3, :8], torch.tensor(0.9))
    assert small[:, 3, :8].max() == 0


@pytest.mark.parametrize("ground", [(1.0, 1.0, 1.0), (0.2, 0.3, 0.6)])
def test_a_product_on_a_plain_ground_is_found(ground: tuple[float, ...]) -> None:
    x = _box(16, 48, 20, 50, BRICK)
    rgb = x[:, :3] * x[:, 3:] + torch.tensor(ground)[None, :, None, None] * (1 - x[:, 3:])
    cover = coverage(rgb)
    assert cover.shape == (1, 1, SIZE, SIZE)
    assert cover[..., 20:50, 16:48].min() == 1
    assert cover[..., :18, :].max() == 0
    assert 0 <= cover.min() <= cover.max() <= 1


def test_on_a_busy_ground_the_whole_frame_counts() -> None:
    noise = torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    plain = _box(16, 48, 20, 50)[:, :3]
    cover = coverage(torch.cat([noise, plain]))
    assert cover[0].min() == 1
    assert cover[1].min() == 0


def test_a_little_noise_on_the_ground_is_no_product() -> None:
    x = _box(16, 48, 20, 50)[:, :3]
    noisy = x + 0.01 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    assert coverage(noisy.clamp(0, 1))[..., :17, :].max() == 0


@pytest.mark.parametrize("size", [(1, 1), (2, 3)])
def test_tiny_pictures_have_a_coverage(size: tuple[int, int]) -> None:
    assert coverage(torch.rand(1, 3, *size)).shape == (1, 1, *size)
