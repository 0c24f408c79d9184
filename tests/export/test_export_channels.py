"""Channels as data: the published numbers, what a file of one's own may say, and what is refused in one sentence."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from gan.core.errors import InputError
from gan.export.channels import CHANNELS, Channel, channel_of

PUBLISHED: dict[str, dict[str, Any]] = {
    "amazon": {
        "longest_least_px": 500,
        "longest_wanted_px": 1600,
        "longest_most_px": 10000,
        "bytes_most": 10_000_000,
        "formats": ("jpeg", "png", "tiff", "gif"),
        "ground": "white",
        "fill_least": 0.85,
        "srgb": True,
    },
    "ebay": {"longest_least_px": 500, "longest_wanted_px": 1600, "quality_least": 90, "bytes_most": 12_000_000},
    "google": {
        "shortest_least_px": 100,
        "shortest_wanted_px": 1500,
        "megapixels_most": 64,
        "bytes_most": 16_000_000,
        "fill_least": 0.75,
        "fill_most": 0.90,
        "generated_mark": True,
    },
    "google-apparel": {"shortest_least_px": 250, "megapixels_most": 64},
    "shopify": {"longest_most_px": 5000, "megapixels_most": 25, "bytes_most": 20_000_000, "longest_wanted_px": 2048},
    "walmart": {"shortest_wanted_px": 2000, "bytes_most": 5_000_000, "ground": "white"},
    "etsy": {"shortest_wanted_px": 2000, "shortest_least_px": 635},
    "taobao": {"shortest_wanted_px": 700, "bytes_most": 3_000_000},
    "taobao-white": {"longest_least_px": 800, "longest_most_px": 800, "bytes_most": 300_000, "ground": "white"},
    "jd": {"shortest_least_px": 800, "bytes_most": None, "ground": "white", "formats": ("jpeg", "png")},
    "pinduoduo": {"shortest_least_px": 480, "bytes_most": 1_000_000, "ground": "white", "aspect_required": True},
    "xiaohongshu": {"shortest_least_px": 800, "shortest_wanted_px": 1200, "aspect": "3:4", "bytes_most": 5_000_000},
    "temu": {"shortest_least_px": 800, "shortest_wanted_px": 1600, "bytes_most": 2_000_000, "aspect_required": True},
    "temu-apparel": {"shortest_wanted_px": 1340, "aspect": "1340:1785", "bytes_most": 2_000_000, "fill_least": 0.6},
    "shein": {"shortest_least_px": 900, "longest_most_px": 2200, "bytes_most": 3_000_000},
    "tiktok-shop": {"shortest_least_px": 600, "longest_most_px": 6000, "bytes_most": 5_000_000, "ground": "white"},
    "aliexpress": {"shortest_least_px": 800, "longest_most_px": 2000, "bytes_most": 5_000_000},
    "lazada": {"shortest_least_px": 500, "longest_most_px": 2000, "shortest_wanted_px": 850, "fill_least": 0.8},
    "shopee": {"shortest_wanted_px": 800, "bytes_most": 2_000_000, "formats": ("jpeg", "png", "webp")},
    "zalando": {"shortest_least_px": 762, "longest_least_px": 1100, "formats": ("jpeg",), "aspect": "1:1.44"},
    "otto": {"shortest_least_px": 480, "longest_least_px": 960, "longest_most_px": 4500},
    "allegro": {"formats": ("jpeg", "png", "webp"), "ground": "white"},
    "mercado-libre": {"shortest_least_px": 500, "shortest_wanted_px": 1200, "bytes_most": 10_000_000},
    "rakuten": {"longest_most_px": 3840, "shortest_wanted_px": 700, "bytes_most": 2_000_000},
    "meta": {"shortest_least_px": 500, "shortest_wanted_px": 1024, "aspect": "1:1"},
}
FORBIDDEN = {
    "amazon": {"text", "borders", "shadow"},
    "ebay": {"text", "borders"},
    "google": {"text", "borders", "enlarged"},
}


@pytest.mark.parametrize("name", CHANNELS)
def test_a_preset_says_what_the_channel_published(name: str) -> None:
    channel = CHANNELS[name]
    assert {key: getattr(channel, key) for key in PUBLISHED[name]} == PUBLISHED[name]
    assert FORBIDDEN.get(name, set()) <= set(channel.forbid)
    assert channel.source.startswith("http") or channel.second_hand
    assert channel.checked == ("2026-11-22" if channel.order <= 70 else "2026-11-30")
    assert channel.title


def test_numbers_from_others_than_the_channel_are_marked() -> None:
    own = {name for name, channel in CHANNELS.items() if not channel.second_hand and channel.order > 70}
    assert own == {"zalando", "mercado-libre"}


def test_the_presets_are_those_and_no_others() -> None:
    assert list(CHANNELS) == list(PUBLISHED)
    assert "nobody" not in CHANNELS
    with pytest.raises(KeyError):
        CHANNELS["../amazon"]


@pytest.mark.parametrize("name", CHANNELS)
def test_a_record_gives_the_same_channel(name: str) -> None:
    assert channel_of(CHANNELS[name].record()) == CHANNELS[name]
    assert channel_of(CHANNELS[name]) is channel_of(name) is CHANNELS[name]


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "my-shop.toml"
    path.write_text(
        'title = "我的店"\nlongest_least_px = 800\nfill_least = 0.5\nformats = ["webp"]\n', encoding="utf-8"
    )
    made = channel_of(str(path))
    assert made == Channel(name="my-shop", title="我的店", longest_least_px=800, fill_least=0.5, formats=("webp",))
    assert channel_of(path) == made


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("longest_least = 3", "longest_least is not a rule"),
        ("longest_least_px = 3.5", "longest_least_px = 3.5; a whole number"),
        ("longest_least_px = true", "longest_least_px = True; a whole number"),
        ("longest_least_px = 0", "longest_least_px = 0; a number above 0"),
        ("longest_least_px = -4", "longest_least_px = -4; a number above 0"),
        ("longest_least_px = 700\nlongest_most_px = 600", "longest = 700, 600; least, wanted and most"),
        ("fill_least = 0.9\nfill_wanted = 0.8", "fill = 0.9, 0.8"),
        ("fill_most = 1.5", "fill_most = 1.5"),
        ("fill_most = nan", "fill_most = nan"),
        ("quality_least = 101", "quality_least = 101"),
        ('formats = ["psd"]', "formats = psd; jpeg"),
        ('formats = "jpeg"', "formats = jpeg; a list"),
        ("formats = [3]", "formats = [3]; a list"),
        ('ground = "black"', "ground = black; white, any are allowed"),
        ('forbid = ["people"]', "forbid = people; text"),
        ('aspect = "square"', "aspect = square; width:height"),
        ('aspect = "9:1"', "aspect = 9:1; width:height"),
        ('srgb = "yes"', "srgb = yes; true or false"),
        ('name = "My Shop"', "name = My Shop; lowercase letters"),
        ('names = "{sku}-{color}.{ext}"', "{color} is not a field of names; {sku}, {slot}, {stem}"),
        ('names = "../{sku}.{ext}"', "../x is not a safe file name"),
        ('name_letters = "latin"', "name_letters = latin; , ascii, alphanumeric are allowed"),
        ('slots = ["MAIN", "a/b"]', "a/b is not a safe file name"),
        ('checked = "yesterday"', "checked = yesterday; a date"),
        ("title = 3", "title = 3; a short text"),
        ("this is no TOML", "shop.toml cannot be read"),
        ("# " + "x" * 70_000, "it is too long"),
    ],
)
def test_what_no_channel_can_say_is_refused(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        channel_of(path)
    assert said in str(caught.value)
    assert str(caught.value).startswith("channel: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("given", ["nobody", "nobody.toml", "../amazon", "", "amazon.toml"])
def test_an_unknown_channel_is_refused_with_the_known_ones(given: str) -> None:
    with pytest.raises(InputError, match=r"amazon, ebay, google, google-apparel, shopify, walmart, etsy, taobao"):
        channel_of(given)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"shop\.toml cannot be read"):
        channel_of(path)


def test_values_without_a_name_are_refused() -> None:
    with pytest.raises(InputError, match="no name"):
        channel_of({"longest_least_px": 5})


def test_repair_frames_to_what_is_wanted_else_to_the_middle() -> None:
    assert CHANNELS["amazon"].fill_target == 0.88
    assert Channel(name="a", fill_least=0.6, fill_most=0.8).fill_target == pytest.approx(0.7)
    assert Channel(name="a").fill_target is None


def test_a_channel_does_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        CHANNELS["amazon"].fill_least = 0.1  # type: ignore[misc]
