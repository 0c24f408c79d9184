"""Render a recipe and a batch report as HTML. All text is escaped; nothing is shown by color alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from gan.batch.recipe import Recipe
from gan.batch.results import Outcome, Outlier, printable
from gan.batch.steps import LEFT_OUT, Step, kind_of
from gan.compare.pipeline import setting
from gan.export.channels import CHANNELS
from gan.ui.assets import html_of
from gan.ui.i18n import LABELS, Language, field_name, notice, say, sentence, word
from gan.ui.many_files import Growing
from gan.ui.result import licence_text

MOST_LISTED: Final = 50
"""Of each kind; the report in the archive has them all."""

MOST_NAMES: Final = 5

OUTLIERS: Final[Mapping[str, str]] = {
    "product": "The product's color differs from the other pictures (ΔE {delta_e})",
    "ground": "The background's color differs from the other pictures (ΔE {delta_e})",
    "target": "The requested color was not reached (ΔE {delta_e})",
}


@dataclass
class BatchProgress(Growing):
    """Progress of a batch: the outcomes so far; written by the worker, read by the page."""

    title: str = ""
    count: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    outliers: Sequence[Outlier] = ()

    def __len__(self) -> int:
        return len(self.outcomes)

    def add(self, outcome: Outcome) -> None:
        """Remember it, without its small pictures."""
        self.outcomes.append(dataclasses.replace(outcome, before=b"", after=b""))

    def html(self, to: Language, *, stopped: bool = False) -> str:
        """The sum, then what could not be used, outliers of color, and notices with the pictures they are of."""
        outcomes = list(self.outcomes)
        bad = [(printable(each.name), sentence(each.error, to)) for each in outcomes if each.error is not None]
        parts = [say("{made} of {count} pictures done", to, made=len(outcomes) - len(bad), count=self.count)]
        parts += [say("{failed} could not be used", to, failed=len(bad))] if bad else []
        parts += [say("{count} differ in color", to, count=len(self.outliers))] if self.outliers else []
        parts += [say("stopped", to)] if stopped else []
        apart = [(printable(each.target), _outlier(each, to)) for each in self.outliers]
        noticed = [(notice(text, to), _names(names, to)) for text, names in _noticed(outcomes).items()]
        groups = [_group(bad, "fail", to), _group(apart, "warn", to), _group(noticed, "warn", to)]
        licences = licence_text({name: text for each in outcomes for name, text in each.licences.items()}, to)
        line = " · ".join(parts)
        return html_of("batch_report.html", title=self.title, line=line, groups=groups, licences=licences)


def described(title: str, recipe: Recipe | None, problem: str, to: Language) -> str:
    """A recipe's title, how it is written, its steps in order, and what is wrong; without a recipe, that alone."""
    steps, lines = [], []
    if recipe is not None:
        steps = [_step(step, to) for step in recipe.steps]
        lines += [] if recipe.steps[-1].task == "export" else [_written(recipe, to)]
        wanted = ", ".join(recipe.wanted)
        lines += [say("Files that the steps need: {names}", to, names=wanted)] if wanted else []
    return html_of("batch_recipe.html", title=title, lines=lines, steps=steps, problem=problem)


def _written(recipe: Recipe, to: Language) -> str:
    output = recipe.output
    name = output.details.pillow
    if output.exact:
        return say("Written as {format}", to, format=name)
    return say("Written as {format}, quality {quality}", to, format=name, quality=output.quality)


def _step(step: Step, to: Language) -> tuple[str, list[str]]:
    """Its name, and its settings that are not the usual ones."""
    defaults = {name: info.default for name, info in kind_of(step.task).model_fields.items()}
    settings = [
        f"{_field(name, to)} {_value(step.task, name, value, to)}"
        for name, value in step.request.items()
        if name not in LEFT_OUT and value != defaults[name]
    ]
    return word(f"task.{step.task}", to), settings


def _field(name: str, to: Language) -> str:
    said = field_name(name, to)
    return name.replace("_px", "").replace("_deg", "").replace("_", " ") if said == name else said


def _value(task: str, name: str, value: Any, to: Language) -> str:
    """A setting on one short line: a choice by its label, where a page has one."""
    if name == "channel" and isinstance(value, str):
        return CHANNELS[value].title if value in CHANNELS else value
    named = (f"{owner}.{name}.{value}" for owner in (task, "cutout"))
    key = next((key for key in named if key in LABELS), None)
    return setting(value) if key is None else word(key, to).lower()


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


def _group(cards: Sequence[tuple[str, str]], status: str, to: Language) -> dict[str, Any]:
    """Cards of one status, of which so many are shown."""
    more = len(cards) - MOST_LISTED
    rest = say("{count} more are in the report", to, count=more) if more > 0 else ""
    return {"status": status, "cards": cards[:MOST_LISTED], "rest": rest}
