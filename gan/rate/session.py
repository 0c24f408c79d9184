"""Blind ratings: results of the same pictures side by side in random order without names, and what was preferred.

A session is a folder. `rate.html` shows the pictures and runs in any browser, without a server; the key to which
picture is whose lies beside it in `key.json`, which the page never reads. Its ratings are saved as CSV: session, trial,
choice (1 for the first picture from the left; 0 for none), seconds.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gan.core.errors import InputError, PackshotError
from gan.core.files import pictures_below, write_atomic
from gan.core.message import Message
from gan.imaging.io.codec import decode, encode
from gan.imaging.io.formats import Encoding
from gan.imaging.picture import Picture
from gan.imaging.resize import resize
from gan.limits import MAX_ENTRIES, MAX_TABLE_BYTES
from gan.metrics.preference import Choice, Strength, strengths

PAGE: Final = "rate.html"
KEY: Final = "key.json"
RATINGS: Final = "ratings*.csv"
COLUMNS: Final = ("session", "trial", "choice", "seconds")
MOST_SETS: Final = 9
"""A key of the keyboard for each."""

_TEMPLATE: Final = Path(__file__).with_name("session.html")
_DATA: Final = "/*DATA*/"


@dataclass(frozen=True)
class Summary:
    """Figures of the ratings of a session.

    Attributes:
        names: of the sets of results.
        strengths: in the same order.
        rated, trials: choices that were made, and trials that there are.
        raters: files of ratings.
        imagined: as of `gan.metrics.preference.strengths`.
    """

    names: tuple[str, ...]
    strengths: tuple[Strength, ...]
    rated: int
    trials: int
    raters: int
    imagined: bool


def new_session(folders: Sequence[Path], out: Path, *, seed: int, longest_px: int = 1600) -> tuple[int, list[str]]:
    """Make a session of the pictures that lie under one name in every folder; endings may differ.

    All of a trial are brought to one length of the longer side, so that no size tells which is which, and are written
    as PNG without what their files say of themselves.

    Args:
        folders: 2 to `MOST_SETS`.
        out: a new or empty folder.
        seed: of the order.

    Returns:
        The number of trials, and names of pictures that are not in every folder or cannot be read.

    Raises:
        InputError: too few or too many folders, one that is named twice, no picture in common, or a full `out`.
    """
    names = _names(folders)
    found = [
        {path.relative_to(folder).with_suffix("").as_posix(): path for path in pictures_below(folder)}
        for folder in folders
    ]
    common = sorted(set.intersection(*map(set, found)))
    left_out = sorted(set.union(*map(set, found)) - set(common))
    if not common:
        raise InputError(
            "folders",
            "no picture has the same name in all of them",
            "results of the same pictures are needed",
            "Name them alike, whatever their endings",
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("output", "{path} is not empty", "a new folder is needed", "Choose another -o", path=out)
    dice = random.Random(seed)
    dice.shuffle(common)
    trials: list[dict[str, Any]] = []
    known = hashlib.sha256()
    for stem in common:
        order = dice.sample(range(len(names)), len(names))
        try:
            pictures = [decode(found[index][stem]) for index in order]
        except PackshotError:
            left_out.append(stem)
            continue
        name = f"{len(trials) + 1:04d}"
        for place, content in enumerate(_alike(pictures, longest_px), 1):
            known.update(content)
            write_atomic(out / _file(name, place), content)
        trials.append({"trial": name, "picture": stem, "order": [names[index] for index in order]})
    if not trials:
        raise InputError("folders", "none of the pictures can be read", "pictures are needed", "Check the files")
    # By its pictures, so that the browser takes the ratings of no other session for this one's.
    session = known.hexdigest()[:12]
    key = {"version": 1, "session": session, "names": names, "trials": trials}
    shown = [[_file(each["trial"], place) for place in range(1, len(names) + 1)] for each in trials]
    data = {"session": session, "columns": COLUMNS, "trials": [each["trial"] for each in trials], "files": shown}
    write_atomic(out / KEY, (json.dumps(key, indent=1, ensure_ascii=False) + "\n").encode())
    page = _TEMPLATE.read_text("utf-8").replace(_DATA, f"const DATA = {json.dumps(data)}")
    write_atomic(out / PAGE, page.encode())
    return len(trials), sorted(left_out)


def summarized(session: Path, ratings: Iterable[Path] = ()) -> Summary:
    """Count and weigh the ratings in a session's folder, and further files of them.

    Of several rows on one trial in a file the last counts; every file is another rater's.

    Raises:
        InputError: there is no session or no rating, or a file is of another session or no table of ratings.
    """
    key = _key(session)
    files = sorted({path.resolve() for path in (*session.glob(RATINGS), *ratings)})
    orders = {each["trial"]: [key["names"].index(name) for name in each["order"]] for each in key["trials"]}
    choices = [choice for path in files for choice in _choices(path, key["session"], orders)]
    if not choices:
        raise InputError(
            "ratings",
            "there are none",
            "what the session's page saves is needed, {pattern}",
            "Open {page}, rate, save, and add the file",
            pattern=RATINGS,
            page=PAGE,
        )
    made, imagined = strengths(choices, len(key["names"]))
    return Summary(tuple(key["names"]), tuple(made), len(choices), len(orders), len(files), imagined)


def _names(folders: Sequence[Path]) -> list[str]:
    """A name for each folder: its own, or its path where two have one name."""
    if not 2 <= len(folders) <= MOST_SETS:
        raise InputError(
            "folders",
            "{count}",
            "2 to {most} sets of results are needed",
            "Add the results of at least two methods",
            count=len(folders),
            most=MOST_SETS,
        )
    for folder in folders:
        if not folder.is_dir():
            raise InputError("folders", "{path} is no folder", "a folder of results is needed", "Check it", path=folder)
        if [other.resolve() for other in folders].count(folder.resolve()) > 1:
            raise InputError("folders", "{path} twice", "different folders are needed", "Remove one", path=folder)
    own = [folder.resolve().name for folder in folders]
    return [str(folder) if own.count(name) > 1 else name for folder, name in zip(folders, own, strict=True)]


def _file(trial: str, place: int) -> str:
    return f"pictures/{trial}-{place}.png"


def _alike(pictures: Sequence[Picture], longest_px: int) -> list[bytes]:
    """The pictures as PNG, all with the longer side of the largest, at most `longest_px`."""
    longest = min(longest_px, max(max(picture.height_px, picture.width_px) for picture in pictures))
    made = []
    for picture in pictures:
        scale = longest / max(picture.height_px, picture.width_px)
        size = [max(1, round(side * scale)) for side in (picture.height_px, picture.width_px)]
        alpha = None if picture.alpha is None else resize(picture.alpha, *size)
        made.append(encode(Picture(resize(picture.rgb, *size), alpha), Encoding()))
    return made


def _key(session: Path) -> dict[str, Any]:
    try:
        key: dict[str, Any] = json.loads((session / KEY).read_bytes())
        if not all(isinstance(key[name], kind) for name, kind in (("session", str), ("names", list), ("trials", list))):
            raise ValueError("it is of another form")
        if not 2 <= len(key["names"]) <= MOST_SETS or len(key["trials"]) > MAX_ENTRIES:
            raise ValueError("it is too large")
        if not all(sorted(each["order"]) == sorted(key["names"]) for each in key["trials"]):
            raise ValueError("its trials show other sets")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            "session",
            "it has no readable {key} ({reason})",
            "the folder or ZIP of a blind rating is expected",
            "Choose another",
            key=KEY,
            reason=str(error),
        ) from error
    return key


def _choices(path: Path, session: str, orders: Mapping[str, Sequence[int]]) -> list[Choice]:
    """The choices of a file of ratings."""

    def wrong(reason: Message | str) -> InputError:
        return InputError(
            "ratings",
            "{name}: {reason}",
            "a table that this session's page saved is expected",
            "Save it again, or leave the file out",
            name=path.name,
            reason=reason,
        )

    try:
        with path.open("rb") as file:
            data = file.read(MAX_TABLE_BYTES + 1)
        text = data[:MAX_TABLE_BYTES].decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise wrong(str(error)) from error
    table = csv.DictReader(io.StringIO(text))
    if not set(COLUMNS[:3]) <= set(table.fieldnames or ()):
        raise wrong(Message("its columns are not {columns}", {"columns": ", ".join(COLUMNS)}))
    made: dict[str, Choice] = {}
    for number, row in enumerate(table, 2):
        order, choice = orders.get(row["trial"] or ""), row["choice"] or ""
        if row["session"] != session:
            raise wrong(Message("line {number} is of another session", {"number": number}))
        if order is None or not choice.isdecimal() or int(choice) > len(order):
            raise wrong(Message("line {number} names no trial and place of it", {"number": number}))
        made[row["trial"]] = Choice(tuple(order), None if choice == "0" else order[int(choice) - 1])
    return list(made.values())
