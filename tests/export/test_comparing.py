"""What repair must not do: mend what is cut off, punch holes into a product, or change its colors."""

from __future__ import annotations

import pytest
import torch
from shots import cut, painted, shot

from gan.core.message import Message
from gan.export.channels import CHANNELS
from gan.export.comparing import MOST_SHARE, changed_share, compared, lasting, merged
from gan.export.output import written
from gan.export.rule_result import Finding, lasting_of
from gan.export.rules import RULES, check
from gan.imaging.picture import Picture
from gan.imaging.resize import resize

AMAZON = CHANNELS["amazon"]


def test_the_same_product_passes_at_any_size_and_place() -> None:
    picture, alpha = shot(600, 500, (50, 60, 350, 460), ground=230)
    larger, cover = resize(picture.rgb, 1000, 1200), resize(alpha, 1000, 1200).round()
    moved = torch.roll(larger, (40, -60), (2, 3)).masked_fill(torch.roll(cover, (40, -60), (2, 3)) == 0, 1.0)
    found = compared(picture, alpha, Picture(moved), torch.roll(cover, (40, -60), (2, 3)))
    assert (found.rule, found.status) == ("product", "pass")


def test_an_enlarged_product_may_be_cleaner_and_not_punched_out() -> None:
    """Noise that the enlarging network has taken away moves colors; a hole moves them much further."""
    picture, alpha = shot(600, 500, (50, 60, 350, 460), ground=230)
    noise = 0.12 * torch.randn(picture.rgb.shape, generator=torch.Generator().manual_seed(0))
    noisy = picture.with_pixels((picture.rgb + noise * alpha).clamp(0, 1), None)
    larger, cover = resize(picture.rgb, 1000, 1200), resize(alpha, 1000, 1200).round()
    cut_out = larger.masked_fill(cover == 0, 1.0)
    assert compared(noisy, alpha, Picture(cut_out), cover).status == "pass"
    punched = cut_out.clone()
    punched[:, :, 300:500, 200:500] = 1.0
    assert compared(noisy, alpha, Picture(punched), cover).status == "fail"


def test_a_hole_punched_into_it_fails() -> None:
    picture, alpha = shot(ground=230)
    printed = painted(picture, (300, 300, 500, 340), 250)
    punched = alpha.clone()
    punched[:, :, 300:340, 300:500] = 0
    white = printed.with_pixels(printed.rgb.masked_fill(punched == 0, 1.0), None)
    # A print that is lighter than the ground: whatever the coverage says, it is a part of the product.
    found = compared(printed, punched, white, punched)
    assert found.status == "pass"  # 250 and 255 look the same
    printed = painted(picture, (300, 300, 500, 340), 120)
    rgb = printed.rgb.clone()
    rgb[:, 0, 300:340, 300:500] = 0.9
    printed = printed.with_pixels(rgb, None)
    white = printed.with_pixels(printed.rgb.masked_fill(punched == 0, 1.0), None)
    found = compared(printed, punched, white, punched)
    assert found.status == "fail"
    assert found.measured is not None
    assert float(found.measured) > MOST_SHARE


def test_an_opening_that_shows_the_ground_may_turn_white() -> None:
    picture, alpha = shot(ground=200)
    ring = alpha.clone()
    ring[:, :, 400:600, 400:600] = 0
    opened = painted(picture, (400, 400, 600, 600), 200)
    white = opened.with_pixels(opened.rgb.masked_fill(ring == 0, 1.0), None)
    assert compared(opened, ring, white, ring).status == "pass"


@pytest.mark.parametrize(("shift", "status"), [(0.005, "pass"), (0.06, "fail")])
def test_colors_stay_within_two_steps(shift: float, status: str) -> None:
    picture, alpha = shot(ground=255)
    other = picture.with_pixels((picture.rgb + shift * alpha).clamp(0, 1), None)
    assert compared(picture, alpha, other, alpha).status == status


def test_nothing_to_compare() -> None:
    picture, alpha = shot()
    assert changed_share(picture, alpha, picture, torch.zeros_like(alpha)) is None
    assert compared(picture, torch.zeros_like(alpha), picture, alpha).status == "warn"


def test_what_is_cut_off_lasts_and_what_is_trimmed_does_not() -> None:
    picture, alpha = shot(box=(0, 100, 900, 1000))
    before = check(picture, None, alpha, AMAZON)
    kept = lasting(before, picture)
    assert [finding.rule for finding in kept] == ["cut-off"]
    assert lasting(check(cut(picture, alpha), None, alpha, AMAZON), cut(picture, alpha)) == ()
    whole, cover = shot()
    assert lasting(check(whole, None, cover, AMAZON), whole) == ()


def test_what_lasts_stands_in_the_written_files_findings() -> None:
    picture, alpha = shot()
    kept = (
        Finding("cut-off", Message("it touches {sides} sides", {"sides": 2}), Message("none"), "fail", None, 2),
        Finding("product", Message("changed"), Message("unchanged"), "fail"),
    )
    again = lasting_of({"lasting": [finding.record() for finding in kept]})
    assert again == kept
    found = written(picture, alpha, AMAZON, again).findings
    assert [finding.rule for finding in found] == [rule for rule in RULES if rule in {each.rule for each in found}]
    assert {finding.rule for finding in found if finding.status == "fail"} == {"cut-off", "product"}
    assert merged(found, (), RULES) == found
