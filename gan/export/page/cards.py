"""Render findings as HTML: a card for each picture, with its verdict and a table of the rules.

Every word comes escaped; colors never stand alone. Tables become stacks where there is little room.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from gan.core.errors import PackshotError
from gan.core.message import Message
from gan.export.rule_result import Finding, passed
from gan.imaging.picture import Picture
from gan.ui.assets import html_of
from gan.ui.i18n import Language, notice, say, sentence, word
from gan.ui.preview import preview_size, write_preview
from gan.ui.result import licence_text

THUMB_PX: Final = 128
OPEN_MOST: Final = 3
"""Of so many cards those that fail show their tables at once, and a single one does; others open on a click."""

SIGNS: Final = {"fail": "✗", "warn": "!", "pass": "✓"}
WORDS: Final = {"fail": "Fails", "warn": "Review", "pass": "Passes"}


@dataclass(frozen=True)
class Card:
    """Card of one picture: its verdict, findings and thumbnails.

    Attributes:
        name: of its file.
        line: its size and kind.
        thumbs: small copies as `thumb` makes them: the picture, or before and after.
        findings: on the picture; after a repair, on the file that was written.
        before: the findings before the repair; None where there was none.
        repairs: what was done.
        notices: what the user should be told, as templates.
        error: why it could not be used; None where it was.
        licences: of the networks that took part, by name.
    """

    name: str
    line: str = ""
    thumbs: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    before: tuple[Finding, ...] | None = None
    repairs: tuple[Message, ...] = ()
    notices: tuple[str, ...] = ()
    error: PackshotError | None = None
    licences: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """ "pass", "warn" where something is to be looked at, "fail", or "error"."""
        if self.error is not None:
            return "error"
        if not passed(self.findings):
            return "fail"
        return "warn" if any(finding.status == "warn" for finding in self.findings) else "pass"


def thumb(picture: Picture, folder: Path) -> str:
    """A small copy within the address of an image."""
    path = folder / "thumb.jpg"
    write_preview(picture, path, preview_size(picture, THUMB_PX), checkered=True)
    return f"data:image/jpeg;base64,{base64.b64encode(path.read_bytes()).decode()}"


def cards(made: Sequence[Card], count: int, channel: str, to: Language, *, stopped: bool = False) -> str:
    """All cards below a line that sums them up.

    Args:
        made: so far.
        count: of the pictures there are.
        channel: its title.
    """
    statuses = [card.status for card in made]
    good = statuses.count("pass") + statuses.count("warn")
    parts = [say("{good} of {count} pictures pass", to, good=good, count=count)]
    if broken := statuses.count("fail"):
        parts.append(say("{broken} with broken rules", to, broken=broken))
    if bad := statuses.count("error"):
        parts.append(say("{failed} could not be used", to, failed=bad))
    parts += [say("stopped", to)] if stopped else []
    listed = [_card(card, to, unfolded=_unfolded(card, count)) for card in made]
    return html_of("export_cards.html", title=channel, line=" · ".join(parts), cards=listed, signs=SIGNS)


class _Cell(NamedTuple):
    """Of the table: a text behind a mark or a sign, which are a status, and a smaller one below it.

    Attributes:
        said: the sign's word, which screen readers read.
    """

    text: str
    mark: str = ""
    sign: str = ""
    said: str = ""
    below: str = ""


def _unfolded(card: Card, count: int) -> bool:
    return count == 1 or (count <= OPEN_MOST and card.status == "fail")


def _card(card: Card, to: Language, *, unfolded: bool) -> dict[str, Any]:
    """A card as the template takes it."""
    heads, rows = _checked(card, to) if card.before is None else _repaired(card, card.before, to)
    done = "" if card.before is None else say("Fixes", to) if card.repairs else say("No fixes were needed", to)
    return {
        "name": card.name,
        "line": card.line,
        "thumbs": card.thumbs,
        "status": card.status,
        "open": unfolded,
        "verdict": _verdict(card, to),
        "error": "" if card.error is None else sentence(card.error, to),
        "done": done,
        "repairs": [notice(repair, to) for repair in card.repairs],
        "notices": [notice(text, to) for text in card.notices],
        "licences": licence_text(card.licences, to),
        "heads": heads,
        "rows": rows,
    }


def _verdict(card: Card, to: Language) -> tuple[str, str, list[str]]:
    """Status, words, and the rules in question."""
    broken, warned = (_of(card.findings, status, to) for status in ("fail", "warn"))
    if card.status == "error":
        return "fail", say("Could not be used", to), []
    if card.status == "fail":
        return "fail", say("Fails {broken} of {rules} rules", to, broken=len(broken), rules=len(card.findings)), broken
    if card.status == "warn":
        return "warn", say("Passes, {warned} to review", to, warned=len(warned)), warned
    return "pass", say("Passes all {rules} rules", to, rules=len(card.findings)), []


def _of(findings: Iterable[Finding], status: str, to: Language) -> list[str]:
    return [word(f"rule.{finding.rule}", to) for finding in findings if finding.status == status]


def _checked(card: Card, to: Language) -> tuple[list[str], list[dict[str, Any]]]:
    """The table's heads and rows: what was measured, and what a repair would do."""
    rows = []
    for each in _worst_first(card.findings):
        repair = "" if each.repair is None else say("Fix: {repair}", to, repair=each.repair)
        rows.append(_row(each, [_Cell(notice(each.value, to), below=repair)], to))
    return [say(head, to) for head in ("Rule", "Measured", "Allowed", "Result")], rows


def _repaired(card: Card, before: Sequence[Finding], to: Language) -> tuple[list[str], list[dict[str, Any]]]:
    """The table's heads and rows: what was measured before and after the repair."""
    earlier = {finding.rule: finding for finding in before}
    rows = []
    for each in _worst_first(card.findings):
        was = earlier.get(each.rule)
        seen = _Cell("")
        if was is not None:
            seen = _Cell(notice(was.value, to), sign=was.status, said=say(WORDS[was.status], to))
        rows.append(_row(each, [seen, _Cell(notice(each.value, to))], to))
    return [say(head, to) for head in ("Rule", "Before", "After", "Allowed", "Result")], rows


def _row(finding: Finding, measured: Sequence[_Cell], to: Language) -> dict[str, Any]:
    result = _Cell(say(WORDS[finding.status], to), mark=finding.status)
    cells = [*measured, _Cell(notice(finding.allowed, to)), result]
    return {"rule": word(f"rule.{finding.rule}", to), "status": finding.status, "cells": cells}


def _worst_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: list(SIGNS).index(finding.status))
