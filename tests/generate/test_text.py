"""A line of text: both languages, the longest phrase first, what is not understood is said."""

from __future__ import annotations

import math

import pytest
import torch

from gan.generate.text import COLOURS, Parsed, parse
from gan.generate.vocabulary import AMOUNTS, AZIMUTH_LIMIT_DEG, CATEGORIES, COLOR_TABLE, SCALES, STOP_WORDS, VIEWS
from gan.imaging.product import from_ycc

ALL = tuple(sorted(CATEGORIES))


def read(text: str) -> Parsed:
    return parse(text, ALL)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("red armchair from the left", Parsed(category="chair", colour="red", azimuth_deg=-35.0)),
        ("红色扶手椅 从左看", Parsed(category="chair", colour="red", azimuth_deg=-35.0)),
        ("红色扶手椅 左侧", Parsed(category="chair", colour="red", azimuth_deg=-35.0)),
        ("红色扶手椅 朝左", Parsed(category="chair", colour="red", azimuth_deg=35.0)),
        ("红色扶手椅朝左", Parsed(category="chair", colour="red", azimuth_deg=35.0)),
        ("a red armchair facing left", Parsed(category="chair", colour="red", azimuth_deg=35.0)),
        ("left-facing couch", Parsed(category="sofa", azimuth_deg=35.0)),
        (
            "a tall dark wooden cabinet, bigger",
            Parsed(category="storage", colour="brown", lightness=-0.5, size=0.6, aspect=-0.6),
        ),
        ("浅灰色的大书柜，正面", Parsed(category="storage", colour="grey", lightness=0.5, size=0.6, azimuth_deg=0.0)),
        ("一张深蓝色的矮床", Parsed(category="bed", colour="blue", lightness=-0.5, aspect=0.6)),
        ("navy", Parsed(colour="blue", lightness=-0.5)),
        ("", Parsed()),
        (" ,，。-", Parsed()),
    ],
)
def test_lines(text: str, expected: Parsed) -> None:
    assert read(text) == expected


def test_facing_left_is_seen_from_the_right() -> None:
    for facing, seen in (("朝左", "右侧"), ("朝右", "从左边看"), ("turned to the left", "from the right")):
        assert read(facing).azimuth_deg == read(seen).azimuth_deg != 0


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("table lamp", "lamp"),
        ("床头柜", "table"),
        ("台灯", "lamp"),
        ("coffee table", "table"),
        ("coffee-maker", "appliance"),
        ("Sofa_Bed", "sofa"),
        ("沙发床", "sofa"),
        ("床", "bed"),
        ("glasses", "fashion"),
        ("wine glasses", "kitchenware"),
        ("ceiling light", "lamp"),
        ("flower pot", "plant"),
        ("大衣", "fashion"),
        ("高脚凳", "chair"),
        ("DESK", "table"),
        ("ＤＥＳＫ", "table"),
    ],
)
def test_the_longest_phrase_wins_and_nothing_is_left(text: str, category: str) -> None:
    assert read(text) == Parsed(category=category)


@pytest.mark.parametrize(
    ("plural", "category"),
    [("chairs", "chair"), ("couches", "sofa"), ("shelves", "storage"), ("knives", "kitchenware"), ("boxes", "storage")],
)
def test_plurals(plural: str, category: str) -> None:
    assert read(plural) == Parsed(category=category)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("slightly from the left", "azimuth_deg", -17.5),
        ("from slightly left", "azimuth_deg", -17.5),
        ("from the left, slightly", "azimuth_deg", -17.5),
        ("very far right", "azimuth_deg", 45.0),
        ("朝左一点", "azimuth_deg", 17.5),
        ("稍微朝左", "azimuth_deg", 17.5),
        ("very large", "size", 0.9),
        ("very huge", "size", 1.0),
        ("大一点", "size", 0.3),
        ("稍微大一点", "size", 0.3),
        ("非常大", "size", 0.9),
        ("a bit darker", "lightness", -0.25),
    ],
)
def test_amounts_are_scaled_by_the_word_beside_them(text: str, name: str, value: float) -> None:
    assert getattr(read(text), name) == pytest.approx(value)


def test_a_scale_reaches_one_amount_only() -> None:
    line = read("slightly wide large chair")
    assert (line.aspect, line.size) == (pytest.approx(0.3), pytest.approx(0.6))


def test_a_scale_that_meets_no_amount_is_said() -> None:
    assert read("very red chair") == Parsed(category="chair", colour="red", unknown=("very",))
    assert read("slightly") == Parsed(unknown=("slightly",))


def test_what_is_not_understood_is_said_in_order_and_whole() -> None:
    line = read("a sparkling red chair for 2 dragons")
    assert line == Parsed(category="chair", colour="red", unknown=("sparkling", "2", "dragons"))
    assert read("带恐龙的椅子，恶鬼").unknown == ("恐龙", "恶鬼")
    assert read("恐龙，恶鬼").unknown == ("恐龙", "恶鬼")
    assert read("chair from behind").unknown == ("behind",)


def test_the_last_of_contradicting_words_counts_and_the_others_are_said() -> None:
    line = read("red blue chair, small, no: big")
    assert (line.colour, line.size, line.unknown) == ("blue", 0.6, ("no",))
    assert line.overruled == ("red", "small")
    assert read("从左看，正面") == Parsed(azimuth_deg=0.0, overruled=("左",))


def test_words_that_agree_overrule_nothing() -> None:
    assert read("huge, big, bigger, red, crimson couch, sofa").overruled == ()


def test_categories_that_the_model_lacks_are_unknown() -> None:
    assert parse("red sofa bed", ("bed", "chair")) == Parsed(colour="red", unknown=("sofa bed",))
    assert parse("高跟鞋", ("chair",)) == Parsed(unknown=("高跟鞋",))


def test_a_models_own_names_are_known_whatever_they_are() -> None:
    own = ("Running-Shoes", "手工皂", "wood")
    assert parse("red running shoes", own) == Parsed(category="Running-Shoes", colour="red")
    assert parse("红色手工皂", own) == Parsed(category="手工皂", colour="red")
    assert parse("wood", own) == Parsed(category="wood")


def _words(*rows: str) -> list[str]:
    return [word for row in rows for word in row.split(", ")]


def test_no_word_of_the_tables_is_meant_twice() -> None:
    amounts = _words(*(words for _, _, words in AMOUNTS))
    colours = _words(*(words for _, words in COLOR_TABLE.values()))
    both = {"navy", "藏青"}  # a colour that says how light it is
    assert set(amounts) & set(colours) == both
    words = _words(
        *CATEGORIES.values(),
        *(words for _, words in VIEWS),
        *(words for *_, words in SCALES),
        STOP_WORDS,
    )
    words += [word for word in amounts + colours if word not in both]
    assert sorted({word for word in words if words.count(word) > 1}) == []


@pytest.mark.parametrize("category", ALL)
def test_every_name_of_a_category_is_read_as_it(category: str) -> None:
    for word in _words(CATEGORIES[category]):
        assert read(word) == Parsed(category=category)
        assert read(f"红色的{word}").category == category


def test_every_other_word_of_the_tables_is_read_as_its_row() -> None:
    for name, value, words in (
        *AMOUNTS,
        *(("azimuth_deg", angle, words) for angle, words in VIEWS),
        *(("colour", colour, words) for colour, (_, words) in COLOR_TABLE.items()),
    ):
        for word in _words(words):
            line = read(word)
            assert getattr(line, name) == value
            assert (line.unknown, line.overruled) == ((), ())
            assert line.azimuth_deg is None or abs(line.azimuth_deg) <= AZIMUTH_LIMIT_DEG


def test_colours_are_measures_of_their_srgb_values() -> None:
    assert set(COLOURS) == set(COLOR_TABLE)
    for name, (rgb, _) in COLOR_TABLE.items():
        back = from_ycc(torch.tensor(COLOURS[name]).view(1, 3, 1, 1)).flatten() * 255
        torch.testing.assert_close(back, torch.tensor(rgb).float(), atol=0.01, rtol=0)


def test_colours_stand_in_the_order_of_their_hues() -> None:
    angle = {name: math.degrees(math.atan2(cr, cb)) for name, (_, cb, cr) in COLOURS.items()}
    order = ["red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink"]
    turns = [(angle[a] - angle[b] + 180) % 360 - 180 for a, b in zip(order, order[1:] + order[:1], strict=True)]
    assert sum(abs(turn) for turn in turns) == pytest.approx(360)  # once around, never back
    for name in ("white", "grey", "black"):
        assert math.hypot(*COLOURS[name][1:]) < 0.01
