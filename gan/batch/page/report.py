"""What a recipe does and what became of a batch, as HTML. Every word comes escaped; colours never stand alone."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import gradio as gr

from gan.batch.recipe import Recipe
from gan.batch.results import Outcome, Outlier, printable
from gan.batch.steps import LEFT_OUT, Step, kind_of
from gan.export.channels import CHANNELS
from gan.ui.i18n import Language, notice, say, sentence, word
from gan.ui.locale.chinese import FIELDS

MOST_LISTED: Final = 50
"""Of each kind; the report in the archive has them all."""

MOST_NAMES: Final = 5
MOST_LETTERS: Final = 60

GROWTH: Final = 1.1
"""The report is sent again when it has grown by this, so that many pictures stay light."""

OUTLIERS: Final[Mapping[str, str]] = {
    "product": "The product's colour differs from the other pictures' (ΔE {delta_e})",
    "ground": "The ground's colour differs from the other pictures' (ΔE {delta_e})",
    "target": "The colour that was asked for is missed (ΔE {delta_e})",
}


@dataclass
class BatchProgress:
    """What became of each picture so far; written by the worker, read by the page."""

    title: str = ""
    count: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    outliers: Sequence[Outlier] = ()
    sent: int = 0

    def add(self, outcome: Outcome) -> None:
        """Remember it, without its small pictures."""
        self.outcomes.append(dataclasses.replace(outcome, before=b"", after=b""))

    def update(self, to: Language) -> Any:
        """The report where it has grown; else nothing is sent."""
        if len(self.outcomes) <= self.sent * GROWTH:
            return gr.skip()
        self.sent = len(self.outcomes)
        return self.html(to)

    def html(self, to: Language, *, stopped: bool = False) -> str:
        """The sum, then what could not be used, outliers of colour, and notices with the pictures they are of."""
        outcomes = list(self.outcomes)
        bad = [(each.name, sentence(each.error, to)) for each in outcomes if each.error is not None]
        parts = [say("{made} of {count} pictures are made", to, made=len(outcomes) - len(bad), count=self.count)]
        parts += [say("{failed} could not be used", to, failed=len(bad))] if bad else []
        parts += [say("{count} differ in colour", to, count=len(self.outliers))] if self.outliers else []
        parts += [say("stopped", to)] if stopped else []
        heading = f"<b>{html.escape(self.title)}</b> · " if self.title else ""
        cards = _cards(((printable(name), why) for name, why in bad), len(bad), "fail", to)
        apart = ((printable(each.target), _outlier(each, to)) for each in self.outliers)
        cards += _cards(apart, len(self.outliers), "warn", to)
        noticed = _noticed(outcomes)
        told = ((notice(text, to), _names(names, to)) for text, names in noticed.items())
        cards += _cards(told, len(noticed), "warn", to)
        line = f'<p role="status">{heading}{html.escape(" · ".join(parts))}</p>'
        return f'<div class="verdicts">{line}{cards}</div>'


def described(title: str, recipe: Recipe | None, problem: str, to: Language) -> str:
    """A recipe's title, how it is written, its steps in order, and what is wrong; without a recipe, that alone."""
    if recipe is None:
        return f'<div class="verdicts"><div class="card fail"><p>{html.escape(problem)}</p></div></div>'
    steps = "".join(f"<li>{_step(step, to)}</li>" for step in recipe.steps)
    lines = [] if recipe.steps[-1].task == "export" else [_written(recipe, to)]
    lines += [say("Files that the steps need: {names}", to, names=", ".join(recipe.wanted))] if recipe.wanted else []
    small = "".join(f"<small>{html.escape(line)}</small>" for line in lines)
    head = f'<div class="head"><span class="what"><b>{html.escape(title)}</b>{small}</span></div>'
    wrong = f"<p>{html.escape(problem)}</p>" if problem else ""
    kind = " fail" if problem else ""
    done = f'<div class="done"><ol>{steps}</ol></div>'
    return f'<div class="verdicts"><div class="card{kind}">{head}{done}{wrong}</div></div>'


def _written(recipe: Recipe, to: Language) -> str:
    output = recipe.output
    name = output.details.pillow
    if output.exact:
        return say("Written as {format}", to, format=name)
    return say("Written as {format}, quality {quality}", to, format=name, quality=output.quality)


def _step(step: Step, to: Language) -> str:
    defaults = {item.name: item.default for item in dataclasses.fields(kind_of(step.task))}
    parts = [
        f"{_field(name, to)} {_value(name, value)}"
        for name, value in step.request.items()
        if name not in LEFT_OUT and value != defaults[name]
    ]
    below = f"<small>{html.escape(' · '.join(parts))}</small>" if parts else ""
    named = word(f"task.{step.task}", to)
    return f"{html.escape(named)}{below}"


def _field(name: str, to: Language) -> str:
    return FIELDS.get(name, name) if to == "zh" else name.replace("_px", "").replace("_deg", "").replace("_", " ")


def _value(name: str, value: Any) -> str:
    """A setting on one short line."""
    if name == "channel" and isinstance(value, str):
        return CHANNELS[value].title if value in CHANNELS else value
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        named = value.get("file") or value.get("title") or value.get("name")
        parts = [f"{key} {_value(str(key), item)}" for key, item in value.items()]
        text = str(named) if named else ", ".join(parts)
    elif isinstance(value, (list, tuple)):
        text = ", ".join(_value(name, item) for item in value)
    else:
        text = str(value)
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"


def _outlier(outlier: Outlier, to: Language) -> str:
    return say(OUTLIERS[outlier.what], to, delta_e=f"{outlier.delta_e:.1f}")


def _noticed(outcomes: Iterable[Outcome]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for outcome in outcomes:
        for text in outcome.notices:
            found.setdefault(text, []).append(printable(outcome.target))
    return found


def _names(names: Sequence[str], to: Language) -> str:
    shown = ", ".join(names[:MOST_NAMES])
    more = len(names) - MOST_NAMES
    return say("{names} and {count} more", to, names=shown, count=more) if more > 0 else shown


def _cards(told: Iterable[tuple[str, str]], count: int, kind: str, to: Language) -> str:
    """A card for each of at most so many: a heading, and a line below."""
    sign = {"fail": "✗", "warn": "!"}[kind]
    mark = f'<span class="mark {kind}"><i aria-hidden="true">{sign}</i></span>'
    made = ""
    for (head, line), _ in zip(told, range(MOST_LISTED), strict=False):
        what = f'<span class="what"><b>{html.escape(head)}</b><small>{html.escape(line)}</small></span>'
        made += f'<div class="card {kind}"><div class="head">{mark}{what}</div></div>'
    if count > MOST_LISTED:
        rest = say("{count} more are in the report", to, count=count - MOST_LISTED)
        made += f"<p>{html.escape(rest)}</p>"
    return made
