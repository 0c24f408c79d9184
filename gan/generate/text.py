"""Parse a line of text into settings: 「红色扶手椅 从左看」 is a category, a color and an angle of view.

The vocabulary is tables, and reading is one rule: from left to right the longest phrase that a table knows is taken,
where a phrase is a run of words, and every Chinese character is a word. Nothing is guessed. What no table knows is
handed back, so that the page can say so.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import torch

from gan.generate.vocabulary import AMOUNTS, AZIMUTH_LIMIT_DEG, CATEGORIES, COLOR_TABLE, SCALES, STOP_WORDS, VIEWS
from gan.imaging.product import to_ycc


def _target(rgb: tuple[int, int, int]) -> tuple[float, float, float]:
    y, cb, cr = to_ycc(torch.tensor(rgb).view(1, 3, 1, 1) / 255).flatten().tolist()
    return y, cb, cr


COLOURS: Final[Mapping[str, tuple[float, float, float]]] = {
    name: _target(rgb) for name, (rgb, _) in COLOR_TABLE.items()
}
"""Name -> the product's mean Y', Cb and Cr, as `gan.imaging.product.measure` gives them."""


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """Settings parsed from a line of text; None where it does not mention them.

    Attributes:
        category: one of the model's.
        colour: a key of `COLOURS`.
        lightness, size, aspect: in [-1, 1]; light, large and wide are positive.
        azimuth_deg: -45 to 45; negative shows the side that is on the left when facing the front.
        unknown: words that were not understood, in their order, among them categories that the model lacks.
        overruled: words that a later one contradicts: of "red blue" the product is blue, and "red" stands here.
    """

    category: str | None = None
    colour: str | None = None
    lightness: float | None = None
    size: float | None = None
    aspect: float | None = None
    azimuth_deg: float | None = None
    unknown: tuple[str, ...] = ()
    overruled: tuple[str, ...] = ()


def parse(text: str, categories: tuple[str, ...]) -> Parsed:
    """Parse a line of English, Chinese or both; case, hyphens and full-width signs do not matter.

    Of words that contradict each other the last counts, since people add to a line what they want changed.

    Args:
        text: one line; an empty one gives no settings.
        categories: those of the model.
    """
    vocabulary = _vocabulary(tuple(categories))
    words, reading, position = _words(text), _Reading(), 0
    while position < len(words):
        length, meaning = _longest(words, position, vocabulary)
        reading.take(_Said(position, words[position : position + length]), meaning)
        position += length
    return reading.finish()


@dataclass(frozen=True)
class _Meaning:
    """Meaning of a phrase: settings, or a factor on the amount beside it; neither for a stop word."""

    settings: tuple[tuple[str, str | float], ...] = ()
    factor: float | None = None
    behind: bool = False


Phrase = tuple[str, ...]
Vocabulary = Mapping[Phrase, _Meaning | None]
"""None for a phrase that is known to mean nothing to this model: a category that it lacks."""

BREAK: Final = ""
"""The word that punctuation is; no phrase goes across it."""


@dataclass(frozen=True, order=True)
class _Said:
    """A phrase and its place in the line."""

    start: int
    phrase: Phrase

    def __str__(self) -> str:
        return ("" if _is_chinese(self.phrase[0]) else " ").join(self.phrase)

    def continues(self, before: _Said) -> bool:
        """True if both may be characters of one Chinese word that the vocabulary does not contain."""
        touches = before.start + len(before.phrase) == self.start
        return touches and _is_chinese(before.phrase[-1]) and _is_chinese(self.phrase[0])


@dataclass
class _Reading:
    """State of the parser: the settings found so far."""

    found: dict[str, Any] = field(default_factory=dict)  # field of Parsed -> value
    said: dict[str, _Said] = field(default_factory=dict)  # field -> what set it
    unknown: list[_Said] = field(default_factory=list)
    overruled: list[_Said] = field(default_factory=list)
    waiting: tuple[_Said, float] | None = None  # a factor without an amount
    amount: tuple[str, float] | None = None  # field and unscaled value of the last one

    def take(self, said: _Said, meaning: _Meaning | None) -> None:
        if meaning is None:
            self._stop_waiting()
            self.unknown.append(said)
        elif meaning.factor is not None:
            self._scale(said, meaning.factor, meaning.behind)
        elif meaning.settings:
            factor = self.waiting[1] if self.waiting else 1.0
            for name, value in meaning.settings:
                if isinstance(value, float):
                    self.amount, self.waiting = (name, value), None
                    value = _scaled(name, value, factor)
                self._set(name, value, said)
            self._stop_waiting()

    def finish(self) -> Parsed:
        """Apply a factor at the end to the amount before it: "from the left, slightly"."""
        if self.waiting and self.amount:
            self._scale(*self.waiting, behind=True)
            self.waiting = None
        self._stop_waiting()
        unknown: list[_Said] = []
        for said in sorted(self.unknown):
            if unknown and said.continues(unknown[-1]):
                said = _Said(unknown[-1].start, unknown.pop().phrase + said.phrase)
            unknown.append(said)
        return Parsed(**self.found, unknown=tuple(map(str, unknown)), overruled=tuple(map(str, self.overruled)))

    def _scale(self, said: _Said, factor: float, behind: bool) -> None:
        if behind and self.amount:
            name, value = self.amount
            self.found[name] = _scaled(name, value, factor)
            return
        self._stop_waiting()
        self.waiting = (said, factor)

    def _set(self, name: str, value: str | float, said: _Said) -> None:
        if name in self.found and _contradict(self.found[name], value):
            self.overruled.append(self.said[name])
        self.found[name], self.said[name] = value, said

    def _stop_waiting(self) -> None:
        """Report a factor without an amount, as in "very red", as not understood."""
        if self.waiting:
            self.unknown.append(self.waiting[0])
        self.waiting = None


def _scaled(name: str, value: float, factor: float) -> float:
    limit = AZIMUTH_LIMIT_DEG if name == "azimuth_deg" else 1.0
    return max(-limit, min(limit, value * factor))


def _contradict(before: str | float, after: str | float) -> bool:
    """True if two amounts have opposite signs: "big, bigger" agrees with itself."""
    if isinstance(before, float) and isinstance(after, float):
        return (before > 0, before < 0) != (after > 0, after < 0)
    return before != after


def _words(text: str) -> Phrase:
    """Lower-case words, Chinese characters and breaks; apostrophes vanish, hyphens part words."""
    words, word = [], ""
    for sign in unicodedata.normalize("NFKC", text).casefold() + " ":
        if sign.isalnum() and not _is_chinese(sign):
            word += sign
        elif sign not in "'’":
            words += [word] if word else []
            word = ""
            if not (sign.isspace() or sign in "-_"):
                words.append(sign if _is_chinese(sign) else BREAK)
    return tuple(words)


def _longest(words: Phrase, start: int, vocabulary: Vocabulary) -> tuple[int, _Meaning | None]:
    """Length and meaning of the longest known phrase there; (1, None) if there is none."""
    for length in range(min(LONGEST_PHRASE, len(words) - start), 0, -1):
        *head, last = words[start : start + length]
        for form in (last, *_singulars(last)):
            if (*head, form) in vocabulary:
                return length, vocabulary[(*head, form)]
    return 1, None


LONGEST_PHRASE: Final = 6


def _singulars(word: str) -> Iterator[str]:
    for ending, singular in (("ves", "f"), ("ves", "fe"), ("ies", "y"), ("es", ""), ("s", "")):
        if word.endswith(ending):
            yield word.removesuffix(ending) + singular


@lru_cache(maxsize=8)
def _vocabulary(categories: tuple[str, ...]) -> Vocabulary:
    """Every phrase of the tables for a model with these categories; a phrase of two tables says both."""
    rows: list[tuple[str, str | float, str]] = [("colour", name, words) for name, (_, words) in COLOR_TABLE.items()]
    rows += AMOUNTS
    rows += [("azimuth_deg", azimuth_deg, words) for azimuth_deg, words in VIEWS]
    rows += [("category", name, words) for name, words in CATEGORIES.items() if name in categories]
    missing = [words for name, words in CATEGORIES.items() if name not in categories]
    vocabulary: dict[Phrase, _Meaning | None] = {phrase: None for words in missing for phrase in _phrases(words)}
    vocabulary |= {phrase: _Meaning() for phrase in (*_phrases(STOP_WORDS), (BREAK,))}
    vocabulary |= {
        phrase: _Meaning(factor=factor, behind=behind) for factor, behind, words in SCALES for phrase in _phrases(words)
    }
    for name, value, words in rows:
        for phrase in _phrases(words):
            before = vocabulary.get(phrase) or _Meaning()
            vocabulary[phrase] = _Meaning((*before.settings, (name, value)))
    # The model's own names come last: where a shop calls a category "Wood", wood is that.
    return vocabulary | {_words(name): _Meaning((("category", name),)) for name in categories if _words(name)}


def _phrases(words: str) -> Iterator[Phrase]:
    return (_words(phrase) for phrase in words.split(", "))


def _is_chinese(sign: str) -> bool:
    return "\u4e00" <= sign[:1] <= "\u9fff"
