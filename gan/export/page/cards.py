"""What was found, as HTML: a card for each picture, with its verdict and a table of the rules.

Every word comes escaped; colours never stand alone. Tables become stacks where there is little room.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gan.core.errors import PackshotError
from gan.export.rule_result import Finding, Phrase, passed
from gan.imaging.picture import Picture
from gan.ui.i18n import Language, notice, say, sentence, word
from gan.ui.preview import preview_size, write_preview

THUMB_PX: Final = 128
OPEN_MOST: Final = 3
"""Of so many cards those that fail show their tables at once, and a single one does; others open on a click."""

SIGNS: Final = {"fail": "✗", "warn": "!", "pass": "✓"}
WORDS: Final = {"fail": "Fails", "warn": "Look at it", "pass": "Passes"}


@dataclass(frozen=True)
class Card:
    """What became of one picture.

    Attributes:
        name: of its file.
        line: its size and kind.
        thumbs: small copies as `thumb` makes them: the picture, or before and after.
        findings: on the picture; after a repair, on the file that was written.
        before: the findings before the repair; None where there was none.
        repairs: what was done.
        notices: what the user should be told, as templates.
        error: why it could not be used; None where it was.
    """

    name: str
    line: str = ""
    thumbs: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    before: tuple[Finding, ...] | None = None
    repairs: tuple[Phrase, ...] = ()
    notices: tuple[str, ...] = ()
    error: PackshotError | None = None

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
        parts.append(say("{broken} break a rule", to, broken=broken))
    if bad := statuses.count("error"):
        parts.append(say("{failed} could not be used", to, failed=bad))
    parts += [say("stopped", to)] if stopped else []
    said = f"<b>{html.escape(channel)}</b> · {html.escape(' · '.join(parts))}"
    listed = "".join(_card(card, to, unfolded=_unfolded(card, count)) for card in made)
    return f'<div class="verdicts"><p role="status">{said}</p>{listed}</div>'


def _unfolded(card: Card, count: int) -> bool:
    return count == 1 or (count <= OPEN_MOST and card.status == "fail")


def _card(card: Card, to: Language, *, unfolded: bool) -> str:
    images = '<span aria-hidden="true">→</span>'.join(f'<img src="{each}" alt="">' for each in card.thumbs)
    pictures = f'<span class="thumbs">{images}</span>' if images else ""
    line = f"<small>{html.escape(card.line)}</small>" if card.line else ""
    head = f'{pictures}<span class="what"><b>{html.escape(card.name)}</b>{line}</span>{_verdict(card, to)}'
    if card.error is not None:
        return (
            f'<div class="card fail"><div class="head">{head}</div><p>{html.escape(sentence(card.error, to))}</p></div>'
        )
    done = _repairs(card, to)
    told = "".join(f"<p>{html.escape(notice(text, to))}</p>" for text in card.notices)
    table = _checked(card, to) if card.before is None else _repaired(card, card.before, to)
    opened = " open" if unfolded else ""
    return f'<details class="card {card.status}"{opened}><summary>{head}</summary>{done}{told}{table}</details>'


def _verdict(card: Card, to: Language) -> str:
    broken, warned = (_of(card.findings, status, to) for status in ("fail", "warn"))
    if card.status == "error":
        return _mark("fail", say("Could not be used", to))
    if card.status == "fail":
        said = say("Fails {broken} of {rules} rules", to, broken=len(broken), rules=len(card.findings))
        return _mark("fail", said, broken)
    if card.status == "warn":
        return _mark("warn", say("Passes, {warned} to look at", to, warned=len(warned)), warned)
    return _mark("pass", say("Passes all {rules} rules", to, rules=len(card.findings)))


def _of(findings: Iterable[Finding], status: str, to: Language) -> list[str]:
    return [word(f"rule.{finding.rule}", to) for finding in findings if finding.status == status]


def _mark(status: str, text: str, names: Sequence[str] = ()) -> str:
    below = f"<small>{html.escape(' · '.join(names))}</small>" if names else ""
    sign = f'<i aria-hidden="true">{SIGNS[status]}</i>'
    return f'<span class="verdict"><span class="mark {status}">{sign}{html.escape(text)}</span>{below}</span>'


def _repairs(card: Card, to: Language) -> str:
    if card.before is None:
        return ""
    if not card.repairs:
        return f'<p class="done">{html.escape(say("Nothing had to be repaired", to))}</p>'
    items = "".join(f"<li>{html.escape(_said(repair, to))}</li>" for repair in card.repairs)
    return f'<div class="done">{html.escape(say("Repairs", to))}<ol>{items}</ol></div>'


def _checked(card: Card, to: Language) -> str:
    heads = [say(head, to) for head in ("Rule", "Measured", "Allowed", "Result")]
    rows = [
        (
            each,
            (
                f"{html.escape(_said(each.value, to))}{_repair(each, to)}",
                html.escape(_said(each.allowed, to)),
                _result(each, to),
            ),
        )
        for each in _worst_first(card.findings)
    ]
    return _table(heads, rows, card.name, to)


def _repaired(card: Card, before: Sequence[Finding], to: Language) -> str:
    heads = [say(head, to) for head in ("Rule", "Before", "After", "Allowed", "Result")]
    earlier: Mapping[str, Finding] = {finding.rule: finding for finding in before}
    rows = []
    for each in _worst_first(card.findings):
        was = earlier.get(each.rule)
        sign = f"{_sign(was, to)} {html.escape(_said(was.value, to))}" if was is not None else ""
        now, allowed = (html.escape(_said(phrase, to)) for phrase in (each.value, each.allowed))
        rows.append((each, (sign, now, allowed, _result(each, to))))
    return _table(heads, rows, card.name, to)


def _table(heads: Sequence[str], rows: Iterable[tuple[Finding, Sequence[str]]], name: str, to: Language) -> str:
    """The first column is the rule. The roles stay where the stacked form takes the table's own away."""
    columns = "".join(f'<th role="columnheader" scope="col">{html.escape(head)}</th>' for head in heads)
    body = ""
    for finding, cells in rows:
        rule = html.escape(word(f"rule.{finding.rule}", to))
        filled = "".join(
            f'<td role="cell" data-head="{html.escape(head)}"><span>{cell}</span></td>'
            for head, cell in zip(heads[1:], cells, strict=True)
        )
        body += f'<tr role="row" class="{finding.status}"><th role="rowheader" scope="row">{rule}</th>{filled}</tr>'
    return (
        f'<table role="table" aria-label="{html.escape(name)}"><thead role="rowgroup"><tr role="row">{columns}</tr>'
        f'</thead><tbody role="rowgroup">{body}</tbody></table>'
    )


def _result(finding: Finding, to: Language) -> str:
    said = say(WORDS[finding.status], to)
    return f'<span class="mark {finding.status}"><i aria-hidden="true">{SIGNS[finding.status]}</i>{said}</span>'


def _repair(finding: Finding, to: Language) -> str:
    if finding.repair is None:
        return ""
    said = say("Repair: {repair}", to, repair=_said(finding.repair, to))
    return f"<small>{html.escape(said)}</small>"


def _sign(finding: Finding, to: Language) -> str:
    """The result as a sign alone, which screen readers read as its word."""
    said = html.escape(say(WORDS[finding.status], to))
    return f'<i class="sign {finding.status}" role="img" aria-label="{said}">{SIGNS[finding.status]}</i>'


def _worst_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: list(SIGNS).index(finding.status))


def _said(phrase: Phrase, to: Language) -> str:
    return say(phrase.template, to, **phrase.values)
