"""Sets as data: those that come with the package, and those of one's own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from gan.core.errors import InputError
from gan.scene.sets import FOLDER, NAMES, SEASONS, SETS, SceneSet, Theme, set_of

OWN = """
title = "My wall"
stage = "corner"
floor = { material = "wood", color = "#AA8855", count = 3 }
key = { azimuth_deg = 30, elevation_deg = 50, pattern = "blinds" }
[palette.winter]
floor = "#DDEEFF"
"""


def test_there_are_enough_sets_in_every_theme() -> None:
    themes = Counter(each.theme for each in SETS.values())
    assert len(SETS) >= 24
    assert set(themes) == set(get_args(Theme))
    assert min(themes.values()) >= 3
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(NAMES)
    assert len({each.title for each in SETS.values()}) == len(SETS)


def test_a_record_makes_the_same_set() -> None:
    for each in SETS.values():
        assert set_of(each.record()) == each


def test_a_file_is_a_set(tmp_path: Path) -> None:
    file = tmp_path / "My Wall.toml"
    file.write_text(OWN)
    mine = set_of(file)
    assert (mine.name, mine.stage, mine.floor.count, mine.key.pattern) == ("my-wall", "corner", 3, "blinds")
    assert mine.in_season("winter").floor.color == "#DDEEFF"
    assert mine.in_season("summer").key.warmth > mine.key.warmth  # without a palette the light alone changes


@pytest.mark.parametrize("season", SEASONS)
def test_seasons_differ(season: str) -> None:
    for each in SETS.values():
        assert each.in_season(season) != each
    assert SETS["oak-table"].in_season(None) is SETS["oak-table"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stage = 'moon'", "stage"),
        ("floor = { material = 'jelly' }", "jelly"),
        ("distance = -1", "distance"),
        ("colour = 'red'", "colour"),
        ("floor = { color = 'red' }", "red"),
        ("[palette.monsoon]\nfloor = '#FFFFFF'", "monsoon"),
        ("this is no TOML", "cannot be read"),
        ("podiums = [{ under = true }, { under = true }]", "podiums"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=said):
        set_of(file)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="oak-table"):
        set_of("nowhere")


def test_defaults_make_a_set() -> None:
    assert SceneSet().stage == "sweep"
