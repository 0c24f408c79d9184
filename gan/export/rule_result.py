"""What a check says of one rule, in sentences that can be translated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Status = Literal["pass", "fail", "warn"]


@dataclass(frozen=True)
class Phrase:
    """A template of `gan.ui.i18n` and what fills it; `str` gives the English sentence."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format(**self.values)

    def record(self) -> dict[str, Any]:
        return {"template": self.template, "values": dict(self.values)}


@dataclass(frozen=True)
class Finding:
    """What was measured on one picture for one rule.

    Attributes:
        rule: its name, such as "fill"; the interface's label of it is "rule." and this.
        value: what was measured, or that it could not be.
        allowed: what the channel allows.
        status: "fail" breaks the channel's rule, "warn" breaks a recommendation or could not be measured.
        repair: what repair does about it; None where nothing is to be done, or nothing can be.
        measured: the value as a number or a word, for machines; None where it could not be measured.
    """

    rule: str
    value: Phrase
    allowed: Phrase
    status: Status
    repair: Phrase | None = None
    measured: float | str | None = None

    def record(self) -> dict[str, Any]:
        """JSON-ready, with the templates, so that it can be translated later; `of_record` is the way back."""
        return {
            "rule": self.rule,
            "status": self.status,
            "measured": self.measured,
            "value": self.value.record(),
            "allowed": self.allowed.record(),
            "repair": None if self.repair is None else self.repair.record(),
        }

    def plain(self) -> dict[str, Any]:
        """JSON-ready, in English sentences: what reports hold."""
        return {
            "rule": self.rule,
            "status": self.status,
            "measured": self.measured,
            "value": str(self.value),
            "allowed": str(self.allowed),
            "repair": None if self.repair is None else str(self.repair),
        }

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Finding:
        """What `record` gave."""
        repair = record["repair"]
        status: Status = next(known for known in get_args(Status) if known == record["status"])
        return cls(
            rule=record["rule"],
            value=Phrase(**record["value"]),
            allowed=Phrase(**record["allowed"]),
            status=status,
            repair=None if repair is None else Phrase(**repair),
            measured=record["measured"],
        )


def passed(findings: tuple[Finding, ...]) -> bool:
    """Whether no rule is broken; warnings break none."""
    return all(finding.status != "fail" for finding in findings)
