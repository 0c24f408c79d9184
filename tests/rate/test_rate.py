"""Blind ratings: the scores of a known table, sessions that give nothing away, tables of ratings."""

from __future__ import annotations

import json
import re
import zipfile
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan.cli.main import main
from gan.core.errors import InputError
from gan.metrics.preference import Choice, strengths
from gan.rate.page.fold import packed, summary_of, told
from gan.rate.session import KEY, PAGE, new_session, summarized

TEAMS = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
WON = (
    (0, 7, 9, 7, 7, 9, 11),
    (6, 0, 7, 5, 11, 9, 9),
    (4, 6, 0, 7, 7, 8, 12),
    (6, 8, 6, 0, 6, 7, 10),
    (6, 2, 6, 7, 0, 7, 12),
    (4, 4, 5, 6, 6, 0, 6),
    (2, 4, 1, 3, 1, 7, 0),
)
"""Games of the American League's East in 1987 (Agresti, Categorical Data Analysis), by winner and loser."""

PUBLISHED = (1.5814, 1.4364, 1.2945, 1.2476, 1.1077, 0.6839, 0.0)
"""Abilities of R's package BradleyTerry2 on these, in its vignette; Baltimore is 0."""


def games() -> list[Choice]:
    return [
        Choice((first, second), winner)
        for first, second in combinations(range(7), 2)
        for winner, times in ((first, WON[first][second]), (second, WON[second][first]))
        for _ in range(times)
    ]


def test_a_known_table_has_its_published_scores() -> None:
    made, imagined = strengths(games(), 7)
    assert not imagined
    assert [one.score - made[-1].score for one in made] == pytest.approx(PUBLISHED, abs=1e-4)
    assert [one.wins for one in made] == [sum(row) for row in WON]
    assert all(one.wins + one.losses == 78 and one.ties == 0 for one in made)
    assert sum(one.score for one in made) == pytest.approx(0, abs=1e-9)


def test_two_sets_have_the_closed_form() -> None:
    """Of two the difference is log(wins / losses), and its variance 1 / wins + 1 / losses."""
    made, _ = strengths([Choice((0, 1), 0)] * 30 + [Choice((1, 0), 1)] * 10, 2)
    assert made[0].score - made[1].score == pytest.approx(np.log(3))
    wide = 1.959964 * np.sqrt(1 / 30 + 1 / 10) / 2  # each lies half of the difference from the mean
    assert made[0].high - made[0].score == pytest.approx(wide, rel=1e-5)
    assert made[0].preferred == pytest.approx(1 / (1 + np.exp(-np.log(3) / 2)))


def test_ties_are_half_a_choice_and_of_three_the_first_is_chosen() -> None:
    even, imagined = strengths([Choice((0, 1), None)] * 5, 2)
    assert [one.score for one in even] == pytest.approx([0, 0])
    assert (even[0].wins, even[0].losses, even[0].ties, imagined) == (0, 0, 5, False)
    mixed, _ = strengths([Choice((0, 1), 0)] * 2 + [Choice((0, 1), None)] * 2, 2)
    assert mixed[0].score - mixed[1].score == pytest.approx(np.log(3 / 1))
    three, _ = strengths([Choice((2, 0, 1), index) for index, times in enumerate((6, 3, 1)) for _ in range(times)], 3)
    assert three[0].score - three[1].score == pytest.approx(np.log(2))
    assert three[1].score - three[2].score == pytest.approx(np.log(3))


def test_one_that_always_wins_has_a_finite_score() -> None:
    made, imagined = strengths([Choice((0, 1), 0)] * 8, 2)
    assert imagined
    assert made[0].score - made[1].score == pytest.approx(np.log(8.5 / 0.5))
    assert (made[0].wins, made[1].losses) == (8, 8)
    assert np.isfinite([made[0].low, made[0].high]).all()


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """Two sets of results: red ones of another size and kind, and blue ones."""
    for name, color, size, suffix in (
        ("ours", (200, 30, 30), (40, 30), "png"),
        ("theirs", (30, 30, 200), (20, 15), "jpg"),
    ):
        (tmp_path / name / "deep").mkdir(parents=True)
        for stem in ("a", "b", "deep/c", *(("alone",) if name == "ours" else ())):
            Image.new("RGB", size, color).save(tmp_path / name / f"{stem}.{suffix}")
    return [tmp_path / "ours", tmp_path / "theirs"]


def choose(session: Path, wanted: str, name: str = "ratings.csv") -> None:
    """Rate everything for one set."""
    key = json.loads((session / KEY).read_bytes())
    rows = [f"{key['session']},{each['trial']},{each['order'].index(wanted) + 1},1.5" for each in key["trials"]]
    (session / name).write_text("\n".join(["session,trial,choice,seconds", *rows, ""]))


def test_a_session_gives_nothing_away(folders: list[Path], tmp_path: Path) -> None:
    count, left_out = new_session(folders, tmp_path / "s", seed=4)
    assert (count, left_out) == (3, ["alone"])
    page = (tmp_path / "s" / PAGE).read_text("utf-8")
    assert not [word for word in ("ours", "theirs", "deep") if word in page]
    shown = re.findall(r"pictures/\d{4}-\d\.png", page)
    assert len(shown) == len(set(shown)) == 6
    key = json.loads((tmp_path / "s" / KEY).read_bytes())
    for each in key["trials"]:
        for place, name in enumerate(each["order"], 1):
            with Image.open(tmp_path / f"s/pictures/{each['trial']}-{place}.png") as image:
                red, _, blue = image.getpixel((5, 5))  # type: ignore[misc]
                assert (red > blue) == (name == "ours")
                assert image.size == (40, 30)
                assert not image.info.keys() & {"XML:com.adobe.xmp", "exif"}
    Image.new("RGB", (40, 30), (250, 30, 30)).save(folders[0] / "a.png")
    new_session(folders, tmp_path / "other", seed=4)
    assert json.loads((tmp_path / "other" / KEY).read_bytes())["session"] != key["session"]
    Image.new("RGB", (40, 30), (200, 30, 30)).save(folders[0] / "a.png")
    new_session(folders, tmp_path / "again", seed=4)
    assert (tmp_path / "again" / KEY).read_bytes() == (tmp_path / "s" / KEY).read_bytes()


def test_the_order_is_random_within_and_among_trials(folders: list[Path], tmp_path: Path) -> None:
    orders = set()
    for seed in range(12):
        new_session(folders, tmp_path / f"{seed}", seed=seed, longest_px=64)
        key = json.loads((tmp_path / f"{seed}" / KEY).read_bytes())
        orders.add(tuple((each["picture"], each["order"][0]) for each in key["trials"]))
    assert len(orders) > 8


def test_commands_make_a_session_and_sum_it_up(
    folders: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = tmp_path / "s"
    assert main(["rate", "new", *map(str, folders), "-o", str(session)]) == 0
    assert "rate.html: 3 trials" in capsys.readouterr().out
    assert main(["rate", "summary", str(session)]) == 2
    assert "ratings: there are none" in capsys.readouterr().err
    choose(session, "ours")
    choose(session, "theirs", "ratings-2.csv")
    choose(session, "ours", "elsewhere.csv")
    assert main(["rate", "summary", str(session), str(session / "elsewhere.csv")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "9 choices by 3 raters, 3 trials"
    assert re.match(r"ours +6 +3 +0  \+0\.35  -?\+?\S+ to \S+ +59%", lines[2]), lines[2]
    assert main(["rate", "summary", str(session), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["name"] for each in lines if each["event"] == "set"] == ["ours", "theirs"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n1,2\n", "its columns are not"),
        ("session,trial,choice,seconds\nother,0001,1,1\n", "line 2 is of another session"),
        ("session,trial,choice,seconds\nSESSION,0009,1,1\n", "line 2 names no trial"),
        ("session,trial,choice,seconds\nSESSION,0001,3,1\n", "line 2 names no trial"),
        ("session,trial,choice,seconds\nSESSION,0001,-1,1\n", "line 2 names no trial"),
        ("session,trial,choice,seconds\nSESSION\n", "line 2 names no trial"),
    ],
)
def test_a_table_that_is_none_is_one_sentence(text: str, told: str, folders: list[Path], tmp_path: Path) -> None:
    new_session(folders, tmp_path / "s", seed=0)
    key = json.loads((tmp_path / "s" / KEY).read_bytes())
    (tmp_path / "s/ratings.csv").write_text(text.replace("SESSION", key["session"]))
    with pytest.raises(InputError, match=told):
        summarized(tmp_path / "s")


def test_the_last_row_on_a_trial_counts(folders: list[Path], tmp_path: Path) -> None:
    new_session(folders, tmp_path / "s", seed=0)
    key = json.loads((tmp_path / "s" / KEY).read_bytes())
    rows = [f"{key['session']},0001,{choice},1" for choice in (1, 2, 0)]
    (tmp_path / "s/ratings.csv").write_text("\n".join(["session,trial,choice,seconds", *rows]))
    made = summarized(tmp_path / "s")
    assert (made.rated, made.strengths[0].ties) == (1, 1)


def test_the_page_makes_a_session_and_sums_its_ratings_up(folders: list[Path], tmp_path: Path) -> None:
    uploads = [[str(path) for path in sorted(folder.glob("*.*"))] for folder in folders]
    archive = packed([uploads[0], None, uploads[1]], work(tmp_path / "made"), "en")
    with zipfile.ZipFile(archive) as package:
        package.extractall(tmp_path / "home")
    session = tmp_path / "home/blind-rating"
    assert {path.name for path in session.iterdir()} == {PAGE, KEY, "pictures"}
    assert json.loads((session / KEY).read_bytes())["names"] == ["Set A", "Set C"]
    choose(session, "Set C")
    for key in (archive, session / KEY):
        made = summary_of([session / "ratings.csv", key], work(tmp_path / key.name))
        assert (made.rated, made.strengths[1].wins) == (2, 2)
    assert "2 胜，0 负，0 平" in told(made, "zh")
    with pytest.raises(InputError, match="session: it has no readable key"):
        summary_of([session / "ratings.csv"], work(tmp_path / "none"))
    (tmp_path / "bad.zip").write_bytes(b"PK no archive")
    with pytest.raises(InputError, match="session: "):
        summary_of([tmp_path / "bad.zip"], work(tmp_path / "bad"))
    with pytest.raises(InputError, match="201 pictures"):
        packed([["a.png"] * 201, None, None], work(tmp_path / "many"), "en")
    with pytest.raises(InputError, match="65 files"):
        summary_of([tmp_path / "a.csv"] * 65, tmp_path)


def work(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.parametrize("names", [["one"], [f"set {number}" for number in range(10)]])
def test_a_key_that_asks_for_too_much_is_refused(names: list[str], tmp_path: Path) -> None:
    (tmp_path / KEY).write_text(json.dumps({"session": "a", "names": names, "trials": []}))
    with pytest.raises(InputError, match="too large"):
        summarized(tmp_path)


def test_what_is_no_session_is_refused(folders: list[Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="session: "):
        summarized(tmp_path)
    with pytest.raises(InputError, match="2 to 9 sets of results"):
        new_session(folders[:1], tmp_path / "s", seed=0)
    with pytest.raises(InputError, match="twice"):
        new_session([folders[0], folders[0]], tmp_path / "s", seed=0)
    with pytest.raises(InputError, match="is no folder"):
        new_session([folders[0], tmp_path / "none"], tmp_path / "s", seed=0)
    with pytest.raises(InputError, match="is not empty"):
        new_session(folders, folders[0], seed=0)
    (tmp_path / "other").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "other/z.png")
    with pytest.raises(InputError, match="same name"):
        new_session([folders[0], tmp_path / "other"], tmp_path / "s", seed=0)
    assert not (tmp_path / "s").exists()
