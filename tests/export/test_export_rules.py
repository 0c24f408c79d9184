"""Every rule at its limit, with known measures, and honest where it cannot be measured."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
from shots import file_of, painted, shot

from gan.export import overlays
from gan.export.channels import CHANNELS, FORBIDDABLE, Channel
from gan.export.file_metadata import FileFacts, facts_of
from gan.export.rules import RULES, Finding, check, passed
from gan.imaging.io.codec import decode
from gan.imaging.picture import GENERATED, Picture

FACTS = FileFacts(file_format="jpeg", bytes=1000, width_px=100, height_px=100, quality=95, quality_exact=True)


def only(rule: str, findings: tuple[Finding, ...]) -> Finding:
    (found,) = (finding for finding in findings if finding.rule == rule)
    return found


def status(rule: str, picture: Picture, channel: Channel, facts: FileFacts | None = None, alpha: Any = None) -> str:
    return only(rule, check(picture, facts, alpha, channel)).status


def facts_with(**values: Any) -> FileFacts:
    return dataclasses.replace(FACTS, **values)


def plain(width: int, height: int) -> Picture:
    return Picture(torch.ones(1, 3, height, width))


@pytest.mark.parametrize(
    ("length", "expected"),
    [(499, "fail"), (500, "warn"), (1599, "warn"), (1600, "pass"), (10000, "pass"), (10001, "fail")],
)
def test_amazons_longest_side(length: int, expected: str) -> None:
    finding = only("longest", check(plain(length, 20), FACTS, None, CHANNELS["amazon"]))
    assert finding.status == expected
    assert finding.measured == length
    assert str(finding.value) == f"{length} px"
    assert str(finding.allowed) == "500 to 10000 px, 1600 px or more recommended"
    assert (finding.repair is not None) == (expected != "pass")


@pytest.mark.parametrize(("length", "expected"), [(99, "fail"), (100, "warn"), (1500, "pass")])
def test_googles_shortest_side(length: int, expected: str) -> None:
    assert status("shortest", plain(length, 1600), CHANNELS["google"]) == expected


def test_apparel_has_a_larger_least_side() -> None:
    assert status("shortest", plain(249, 300), CHANNELS["google-apparel"]) == "fail"
    assert status("shortest", plain(250, 300), CHANNELS["google-apparel"]) == "warn"


@pytest.mark.parametrize(("width", "expected"), [(1000, "pass"), (1001, "fail")])
def test_megapixels(width: int, expected: str) -> None:
    channel = Channel(name="a", megapixels_most=0.5)
    finding = only("megapixels", check(plain(width, 500), None, None, channel))
    assert finding.status == expected
    assert str(finding.value) == ("0.5 megapixels" if expected == "pass" else "0.6 megapixels")


@pytest.mark.parametrize(("count", "expected"), [(9_999_999, "pass"), (10_000_000, "pass"), (10_000_001, "fail")])
def test_bytes_at_the_limit(count: int, expected: str) -> None:
    finding = only("bytes", check(plain(600, 600), facts_with(bytes=count), None, CHANNELS["amazon"]))
    assert finding.status == expected
    assert str(finding.value) == f"{count:,} bytes"


@pytest.mark.parametrize(("quality", "expected"), [(89, "fail"), (90, "pass")])
def test_quality_at_the_limit_in_a_real_file(quality: int, expected: str) -> None:
    picture, alpha = shot(64, 64)
    data = file_of(picture, quality=quality)
    finding = only("quality", check(decode(data), facts_of(data), alpha, CHANNELS["ebay"]))
    assert finding.status == expected
    assert str(finding.value) == str(quality)
    assert (finding.repair is None) == (expected == "pass")


def test_quality_is_no_matter_without_jpeg_and_a_guess_says_so() -> None:
    ebay = CHANNELS["ebay"]
    png = only("quality", check(plain(600, 600), facts_with(file_format="png", quality=None), None, ebay))
    assert (png.status, png.measured) == ("pass", None)
    guess = only("quality", check(plain(600, 600), facts_with(quality=91, quality_exact=False), None, ebay))
    assert str(guess.value) == "about 91"
    strange = only("quality", check(plain(600, 600), facts_with(quality=None), None, ebay))
    assert strange.status == "warn"


@pytest.mark.parametrize(("name", "expected"), [("jpeg", "pass"), ("gif", "pass"), ("webp", "fail"), ("", "fail")])
def test_format(name: str, expected: str) -> None:
    finding = only("format", check(plain(600, 600), facts_with(file_format=name), None, CHANNELS["amazon"]))
    assert finding.status == expected
    assert str(finding.allowed) == "JPEG, PNG, TIFF, GIF"


@pytest.mark.parametrize(("frames", "expected"), [(1, "pass"), (2, "fail")])
def test_frames(frames: int, expected: str) -> None:
    assert status("frames", plain(600, 600), CHANNELS["google"], facts_with(frames=frames)) == expected


@pytest.mark.parametrize(("color", "expected"), [("srgb", "pass"), ("none", "pass"), ("other", "fail")])
def test_srgb(color: str, expected: str) -> None:
    assert status("srgb", plain(600, 600), CHANNELS["amazon"], facts_with(color=color)) == expected


@pytest.mark.parametrize(
    ("height", "fits"), [(1000, True), (1001, True), (999, True), (1002, False), (998, False), (500, False)]
)
@pytest.mark.parametrize(("required", "otherwise"), [(True, "fail"), (False, "warn")])
def test_aspect_forgives_one_pixel(height: int, fits: bool, required: bool, otherwise: str) -> None:
    channel = Channel(name="a", aspect="1:1", aspect_required=required)
    assert status("aspect", plain(1000, height), channel) == ("pass" if fits else otherwise)


def test_another_aspect() -> None:
    channel = Channel(name="a", aspect="4:5", aspect_required=True)
    assert status("aspect", plain(800, 1000), channel) == "pass"
    assert status("aspect", plain(1000, 800), channel) == "fail"


@pytest.mark.parametrize(
    ("side", "expected", "said"), [(849, "fail", "84.9 %"), (850, "pass", "85 %"), (1000, "pass", "100 %")]
)
@pytest.mark.parametrize("upright", [True, False])
def test_amazons_fill_at_the_limit(side: int, expected: str, said: str, upright: bool) -> None:
    picture, alpha = shot(100, 1000, (20, 0, 50, side)) if upright else shot(1000, 100, (0, 20, side, 50))
    finding = only("fill", check(picture, FACTS, alpha, CHANNELS["amazon"]))
    assert finding.status == expected
    assert str(finding.value) == said
    assert finding.measured == side / 1000
    assert str(finding.repair) == ("frames the product at 88 %" if expected == "fail" else "None")


@pytest.mark.parametrize(
    ("side", "expected", "said"),
    [(1499, "fail", "74.9 %"), (1500, "pass", "75 %"), (1800, "pass", "90 %"), (1801, "fail", "90.1 %")],
)
def test_googles_fill_has_two_limits(side: int, expected: str, said: str) -> None:
    """What fails never reads as if it passed: 74.95 % is said to be 74.9, and 90.05 to be 90.1."""
    picture, alpha = shot(2000, 200, (100, 80, 100 + side, 100))
    finding = only("fill", check(picture, None, alpha, CHANNELS["google"]))
    assert (finding.status, str(finding.value)) == (expected, said)


@pytest.mark.parametrize(("grey", "expected"), [(255, "pass"), (254, "fail")])
@pytest.mark.parametrize("name", ["amazon", "walmart"])
def test_a_ground_of_254_is_not_white(grey: int, expected: str, name: str) -> None:
    picture, alpha = shot(200, 200, ground=grey)
    finding = only("ground", check(picture, FACTS, alpha, CHANNELS[name]))
    assert finding.status == expected
    assert finding.measured == (0 if grey == 255 else 1)


@pytest.mark.parametrize(("pixels", "expected"), [(0, "pass"), (50, "pass"), (150, "fail")])
def test_a_few_pixels_that_the_finding_missed_are_no_ground(pixels: int, expected: str) -> None:
    """Of 250 rows of 400 pixels, one in a thousand is forgiven."""
    picture, alpha = shot(400, 260, (0, 250, 400, 260))
    far = 250 - 10  # rows farther from the product than a block's diagonal
    spoiled = painted(picture, (0, 0, pixels * far // 250, 1), 250)
    assert status("ground", spoiled, CHANNELS["walmart"], FACTS, alpha) == expected


@pytest.mark.parametrize(("subsampling", "near"), [("4:4:4", 8), ("4:2:0", 16)])
def test_what_jpeg_does_to_an_edge_is_not_held_against_the_ground(subsampling: str, near: int) -> None:
    picture, alpha = shot(512, 512, (101, 97, 411, 403))
    data = file_of(picture, quality=75, subsampling=subsampling)
    facts = facts_of(data)
    assert facts.block_px == near
    assert status("ground", decode(data), CHANNELS["amazon"], facts, alpha) == "pass"


@pytest.mark.parametrize(
    ("box", "sides"),
    [((10, 10, 90, 90), 0), ((0, 10, 90, 90), 1), ((0, 10, 100, 90), 2), ((0, 0, 100, 100), 4), ((10, 10, 90, 99), 0)],
)
def test_a_product_that_touches_the_frame(box: tuple[int, int, int, int], sides: int) -> None:
    picture, alpha = shot(100, 100, box)
    finding = only("cut-off", check(picture, None, alpha, CHANNELS["amazon"]))
    assert finding.measured == sides
    assert finding.status == ("fail" if sides else "pass")


def test_transparency() -> None:
    picture, alpha = shot(100, 100)
    channel = CHANNELS["amazon"]
    assert status("transparency", picture, channel, None, alpha) == "pass"
    assert status("transparency", picture.with_pixels(picture.rgb, alpha), channel, None, alpha) == "fail"
    opaque = picture.with_pixels(picture.rgb, torch.ones_like(alpha))
    assert status("transparency", opaque, channel, None, alpha) == "pass"


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"task": "enhance", "request": {}, "weights": {}}, "fail"),
        ({"task": "enhance", "request": {"scale": 4}, "weights": {}}, "fail"),
        ({"task": "enhance", "request": {"scale": 1}, "weights": {}}, "pass"),
        ({"task": "enhance", "request": {"scale": "nonsense"}, "weights": {}}, "fail"),
        ({"task": "cutout", "request": {}, "weights": {}}, "pass"),
    ],
)
def test_enlarging_is_known_from_the_record_only(step: dict[str, Any], expected: str) -> None:
    picture = dataclasses.replace(plain(600, 600), history=(step,))
    finding = only("enlarged", check(picture, None, None, CHANNELS["google"]))
    assert finding.status == expected
    assert "record" in str(finding.value)


def test_generated_pictures_need_their_mark() -> None:
    google = CHANNELS["google"]
    generated = {"task": "generate", "request": {}, "weights": {}}
    assert status("mark", plain(600, 600), google) == "pass"
    assert status("mark", dataclasses.replace(plain(600, 600), history=(generated,)), google) == "fail"
    marked = dataclasses.replace(plain(600, 600), history=(generated,), source_type=GENERATED)
    assert str(only("mark", check(marked, None, None, google)).value) == GENERATED


def test_without_a_product_what_goes_by_it_is_not_measured() -> None:
    findings = check(plain(1000, 1000), FACTS, None, CHANNELS["amazon"])
    for rule in ("ground", "fill", "cut-off", "text", "shadow"):
        finding = only(rule, findings)
        assert (finding.status, finding.measured) == ("warn", None)
        assert "no product was found" in str(finding.value)
    assert passed(findings)


def test_text_that_the_finding_took_for_the_product_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    picture, alpha = shot(300, 300)
    for lines, expected in ((0, "pass"), (2, "warn")):
        monkeypatch.setattr(overlays, "text_lines", lambda *_, lines=lines: lines)
        assert status("text", picture, CHANNELS["ebay"], None, alpha) == expected


def test_without_a_file_nothing_is_said_of_it() -> None:
    rules = {finding.rule for finding in check(plain(600, 600), None, None, CHANNELS["amazon"])}
    assert not rules & {"format", "bytes", "quality", "frames", "srgb"}
    assert "longest" in rules


def test_a_good_picture_passes_everywhere() -> None:
    picture, alpha = shot(2048, 2048)
    data = file_of(picture, quality=95, subsampling="4:4:4")
    seen, facts = decode(data), facts_of(data)
    for name in ("amazon", "ebay", "google", "google-apparel", "shopify", "walmart", "etsy", "tiktok-shop", "allegro"):
        channel = CHANNELS[name]
        # What lies on the ground is looked for once: that takes longest.
        asked = channel if name == "amazon" else dataclasses.replace(channel, forbid=("enlarged",))
        findings = check(seen, facts, alpha, asked)
        assert {finding.status for finding in findings} == {"pass"}
        found = [finding.rule for finding in findings]
        assert found == [rule for rule in RULES if rule in found]


def test_every_thing_to_forbid_is_a_rule() -> None:
    assert set(FORBIDDABLE) <= set(RULES)
    channel = Channel(name="a", forbid=FORBIDDABLE)
    picture, alpha = shot(100, 100)
    assert set(FORBIDDABLE) <= {finding.rule for finding in check(picture, FACTS, alpha, channel)}


def test_a_channel_that_asks_nothing_gets_no_finding() -> None:
    assert check(plain(10, 10), FACTS, None, Channel(name="a")) == ()


def test_findings_survive_their_record() -> None:
    picture, alpha = shot(100, 100, ground=250)
    for finding in check(picture, FACTS, alpha, CHANNELS["amazon"]):
        assert Finding.of_record(finding.record()) == finding
        assert finding.plain()["value"] == str(finding.value)
