"""Fonts of the system, found by what letters they have, and text drawn with them in any direction of writing."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont, features

from gan.core.errors import InputError

FOLDERS: Final = {
    "linux": ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts"),
    "darwin": ("/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts"),
    "win32": (os.path.join(os.environ.get("WINDIR", "C:/Windows"), "Fonts"), "~/AppData/Local/Microsoft/Windows/Fonts"),
}
"""Where systems keep fonts; searched without any program of theirs."""

PREFERRED: Final = (
    *("notosans", "inter", "roboto", "helveticaneue", "helvetica", "segoeui", "arial", "liberationsans", "dejavusans"),
    *("notosanscjk", "notosanssc", "pingfang", "msyh", "sourcehansans", "wqy", "notosansarabic", "notosanshebrew"),
)
"""Beginnings of file names, in lower case without separators, the best first."""

_TRIED: Final = 60
"""Fonts that are opened for one text, at most."""

_MISSING: Final = "\U0010ffff"
"""No character: its glyph is what a font shows for those that it has not."""

_SHAPED: Final = ("R", "AL", "AN")
"""Bidirectional classes that need a layout engine."""

Font = ImageFont.FreeTypeFont


def font_for(text: str, size_px: int, *, bold: bool = False, name: str = "", field: str = "text") -> Font:
    """The best font of this machine that has every letter of a text.

    Args:
        size_px: height of its letters' square.
        bold: whether a bold one is preferred.
        name: of a font, as its file or family is called; empty for any.
        field: which input the text is, for errors.

    Raises:
        InputError: there is no such font, it lacks letters, no font has them all, or this Pillow cannot lay out
            writing from right to left.
    """
    letters = "".join(sorted({letter for letter in text if not _unseen(letter)}))
    if any(unicodedata.bidirectional(letter) in _SHAPED for letter in letters) and not features.check("raqm"):
        raise InputError(
            field,
            "writing from right to left",
            "this installation of Pillow draws from left to right only, without Raqm",
            "Install Pillow's own wheel, or choose another text",
        )
    files = [path for path in _files() if not name or _plain(name) in _plain(path.stem)]
    if name and not files:
        raise InputError(
            "font",
            "{name} is not installed here",
            "a font of this machine is needed",
            "Install it, or leave the font out",
            name=name[:60],
        )
    fewest = letters
    for path in sorted(files, key=lambda path: _rank(path, bold))[:_TRIED]:
        number = _number(str(path), letters)
        missing = _lacks(str(path), number, letters)
        if not missing:
            return ImageFont.truetype(str(path), size_px, index=number)
        fewest = min(fewest, missing, key=len)
    raise InputError(
        field,
        "no font on this machine has {letters}",
        "every letter needs one font that has it",
        "Install a font of this script, such as Noto Sans, or choose another text",
        letters=" ".join(fewest[:12]),
    )


def size_of(text: str, font: Font) -> tuple[int, int]:
    """Width of the widest line and height of all lines, in pixels."""
    lines = text.split("\n")
    ascent, descent = font.getmetrics()
    return max(round(font.getlength(line)) for line in lines), len(lines) * (ascent + descent)


def written(text: str, font: Font, *, align: str = "left", pad_px: int = 0) -> Image.Image:
    """A text as an "L" picture, 255 where it is covered; lines in another direction begin on the right.

    Args:
        align: "left", "center" or "right".
        pad_px: on each side.
    """
    width, height = size_of(text, font)
    made = Image.new("L", (width + 2 * pad_px, height + 2 * pad_px))
    draw = ImageDraw.Draw(made)
    ascent, descent = font.getmetrics()
    for number, line in enumerate(text.split("\n")):
        free = width - font.getlength(line)
        side = "right" if align == "left" and right_to_left(line) else align
        left = pad_px + {"left": 0, "center": free / 2, "right": free}[side]
        draw.text((left, pad_px + number * (ascent + descent)), line, fill=255, font=font)
    return made


def right_to_left(text: str) -> bool:
    """True if its first letter with a direction is written from right to left."""
    strong = (unicodedata.bidirectional(letter) for letter in text)
    return next((kind in ("R", "AL") for kind in strong if kind in ("L", "R", "AL")), False)


def wrapped(text: str, font: Font, width_px: int) -> str:
    """The text with lines of at most that width, where its words, or Chinese and Japanese letters, allow it."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in _pieces(paragraph):
            if line.strip() and font.getlength((line + piece).rstrip()) > width_px:
                lines.append(line.strip())
                line = ""
            line += piece
        lines.append(line.strip())
    return "\n".join(lines)


def _pieces(text: str) -> Iterator[str]:
    """Parts that may stand on a line of their own."""
    word = ""
    for letter in text:
        if letter == " ":
            yield word + letter
            word = ""
        elif unicodedata.east_asian_width(letter) in "WF":
            yield from (word, letter) if word else (letter,)
            word = ""
        else:
            word += letter
    yield word


def _unseen(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) in ("Cc", "Cf", "Mn", "Me")


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


@cache
def _files() -> Sequence[Path]:
    folders = FOLDERS.get(sys.platform, FOLDERS["linux"])
    found = [
        path
        for folder in (Path(each).expanduser() for each in folders)
        if folder.is_dir()
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in (".ttf", ".otf", ".ttc")
    ]
    return tuple(found)


def _rank(path: Path, bold: bool) -> tuple[int, int, int, str]:
    """By family, then upright and of the wanted weight, then the plainest name."""
    name = _plain(path.stem)
    family = next((number for number, each in enumerate(PREFERRED) if name.startswith(each)), len(PREFERRED))
    odd = any(word in name for word in ("italic", "oblique", "mono", "serif", "condensed", "narrow", "light", "math"))
    return family + 100 * odd, int(("bold" in name) != bold), len(name), name


def _number(path: str, letters: str) -> int:
    """Of a collection's fonts the one for the script: Chinese letters differ by language."""
    if not path.lower().endswith(".ttc"):
        return 0
    kana = any("\u3040" <= letter <= "\u30ff" for letter in letters)
    hangul = any("\uac00" <= letter <= "\ud7a3" for letter in letters)
    wanted = "JP" if kana else "KR" if hangul else "SC"
    return next((number for number, family in enumerate(_families(path)) if family.split(" ")[-1] == wanted), 0)


@cache
def _families(path: str) -> tuple[str, ...]:
    with open(path, "rb") as file:
        count = int.from_bytes(file.read(12)[8:], "big")  # of a TrueType collection's header
    return tuple(str(ImageFont.truetype(path, 12, index=number).getname()[0]) for number in range(min(count, 20)))


@lru_cache(maxsize=4096)
def _lacks(path: str, number: int, letters: str) -> str:
    """Letters that a font has no glyph for: it draws them as it draws no character at all."""
    try:
        font = ImageFont.truetype(path, 32, index=number, layout_engine=ImageFont.Layout.BASIC)
        nothing = font.getmask(_MISSING)
        empty = (nothing.size, bytes(nothing))
        return "".join(
            letter for letter in letters if (font.getmask(letter).size, bytes(font.getmask(letter))) == empty
        )
    except (OSError, ValueError):
        return letters
