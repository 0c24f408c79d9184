"""Every sentence of a check, a repair or a refusal is there in Chinese, with the same placeholders."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from shots import painted, shot

import gan.export
from gan.export.autofix import NOTICES
from gan.export.channels import CHANNELS, Channel
from gan.export.pipeline import UNKNOWN_PRODUCT
from gan.export.rules import RULES, check
from gan.ui.i18n import say
from gan.ui.locale.chinese import FIELDS, SENTENCES
from gan.ui.locale.labels import LABELS

SPOKEN = {"Phrase": slice(0, 1), "_wrong": slice(2, 4), "InputError": slice(1, 4)}
"""Calls, and which of their arguments are sentences."""

NAMED = ("template", "_KINDS")
"""Variables that hold sentences."""


def sentences() -> Iterator[str]:
    for path in sorted(Path(str(gan.export.__file__)).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            parts: list[ast.expr | None] = []
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                parts += node.args[SPOKEN.get(node.func.id, slice(0))]
            targets = node.targets if isinstance(node, ast.Assign) else []
            targets += [node.target] if isinstance(node, ast.AnnAssign) else []
            if any(isinstance(target, ast.Name) and target.id in NAMED for target in targets):
                parts.append(node.value)  # type: ignore[attr-defined]
            for part in filter(None, parts):
                yield from (
                    item.value
                    for item in ast.walk(part)
                    if isinstance(item, ast.Constant) and isinstance(item.value, str) and _says_something(item.value)
                )


def _says_something(template: str) -> bool:
    """Names of types and of formats are no sentences, and px are px."""
    words = "".join(literal for literal, *_ in string.Formatter().parse(template)).split()
    return len(template.split()) > 1 and "[" not in template and any(word.isalpha() and word != "px" for word in words)


def test_every_sentence_has_a_chinese_one() -> None:
    found = {*sentences(), *NOTICES, UNKNOWN_PRODUCT}
    assert len(found) > 70
    missing = sorted(text for text in found if text not in SENTENCES)
    assert not missing, "\n".join(map(repr, missing))


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_name(rule: str) -> None:
    assert f"rule.{rule}" in LABELS


def test_fields_of_refusals_have_names() -> None:
    assert {"channel", "fill"} <= set(FIELDS)


def test_findings_fill_their_chinese_sentences() -> None:
    picture, alpha = shot(400, 300, (40, 40, 200, 200), ground=230)
    spoiled = painted(painted(picture, (0, 0, 400, 8)), (250, 100, 300, 120))
    channels = [*CHANNELS.values(), Channel(name="a", aspect="4:5", aspect_required=True, longest_most_px=300)]
    for channel in channels:
        for finding in check(spoiled, None, alpha, channel):
            for phrase in (finding.value, finding.allowed, finding.repair):
                if phrase is not None:
                    assert say(phrase.template, "zh", **phrase.values)
                    assert say(phrase.template, "en", **phrase.values) == str(phrase)
