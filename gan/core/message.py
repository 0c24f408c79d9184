"""A sentence with values, which a page can translate before it fills them in."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


class Message(str):
    """English text that remembers its template and values: printed and stored as text, translated by `gan.ui.i18n`.

    Equality, hash and JSON are those of the English text.

    Args:
        template: English, with `{placeholders}`; the sentence's id in the catalogs.
        values: what fills them; a value may be a `Message` itself.
    """

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, values: Mapping[str, Any] = MappingProxyType({})) -> Message:
        made = super().__new__(cls, template.format(**values))
        made.template = template
        made.values = MappingProxyType(dict(values))
        return made

    def record(self) -> dict[str, Any]:
        """JSON-ready, so that it can be translated later: `Message(**record)` is the way back."""
        return {"template": self.template, "values": dict(self.values)}

    def __reduce__(self) -> tuple[type[Message], tuple[str, dict[str, Any]]]:
        """Messages travel between processes."""
        return Message, (self.template, dict(self.values))
