"""Rules and fields of a check have names, and its sentences are filled in every language."""

from __future__ import annotations

import pytest
from shots import painted, shot

from gan.export.channels import CHANNELS, Channel
from gan.export.rules import RULES, check
from gan.ui.i18n import CATALOGS, LABELS, notice


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_name(rule: str) -> None:
    assert f"rule.{rule}" in LABELS


def test_fields_of_refusals_have_names() -> None:
    assert {"channel", "fill"} <= set(CATALOGS["zh"].fields)


def test_findings_fill_their_chinese_sentences() -> None:
    picture, alpha = shot(400, 300, (40, 40, 200, 200), ground=230)
    spoiled = painted(painted(picture, (0, 0, 400, 8)), (250, 100, 300, 120))
    channels = [*CHANNELS.values(), Channel(name="a", aspect="4:5", aspect_required=True, longest_most_px=300)]
    for channel in channels:
        for finding in check(spoiled, None, alpha, channel):
            for phrase in (finding.value, finding.allowed, finding.repair):
                if phrase is not None:
                    assert notice(phrase, "zh")
                    assert notice(phrase, "en") == str(phrase)
