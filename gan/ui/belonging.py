"""Results belong to the picture that they were made of: with another picture in its place they are taken away.

All of it runs in the browser, between whose events nothing comes: what a run was sent with is noted as it is sent, and
compared with the picture that is there whenever that changes and whenever a result has arrived. So neither a late
result nor a late notice of an old picture can leave, or take away, the wrong one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.ui.events import LIGHT

READABLE: Final = "readable"
"""Attribute of a picture's widget: adds a listener to the event that has found the picture readable."""

_SENT: Final = """(...values) => {{
  const path = values[{index}]?.path
  if (path) (window.packshotSent ??= {{}})[{key}] = path
  return values
}}"""
_COMPARED: Final = """(picture) => {{
  const path = picture?.path
  return !path || path === window.packshotSent?.[{key}] ? Array({count}).fill() : {away}
}}"""


@dataclass(frozen=True)
class Belonging:
    """A tab's picture, and the components that show what was made of it.

    Attributes:
        picture: the file's widget.
        emptied: lose their value with it.
        hidden: are taken out of sight; those with a value should be among `emptied` too.
    """

    picture: gr.File
    emptied: Sequence[Component]
    hidden: Sequence[Any] = ()

    def sent(self, inputs: Sequence[Component]) -> str:
        """The script of the event that makes a result.

        Args:
            inputs: of the event, with the picture among them.
        """
        return _SENT.format(index=list(inputs).index(self.picture), key=self._key)

    def watch(self) -> None:
        """Compare whenever another picture comes; a file that cannot be read takes nothing away."""
        self.settle(getattr(self.picture, READABLE, self.picture.change))

    def settle(self, event: Any) -> gr.events.Dependency:
        """Compare once an event has ended.

        Args:
            event: what adds a listener, such as a dependency's `success`.

        Returns:
            The comparison, for what comes after it.
        """
        compared: gr.events.Dependency = event(None, self.picture, self._outputs, js=self._compared, **LIGHT)
        return compared

    @property
    def _key(self) -> str:
        """A picture may have several results, each of a run of its own."""
        return json.dumps(f"{self.picture.elem_id} {self.emptied[0].elem_id}")

    @property
    def _outputs(self) -> list[Any]:
        return [*self.emptied, *(part for part in self.hidden if part not in self.emptied)]

    @property
    def _compared(self) -> str:
        away = []
        for part in self._outputs:
            update: dict[str, Any] = {"__type__": "update"}
            if part in self.emptied:
                update["value"] = "" if isinstance(part, gr.HTML) else None
            if part in self.hidden:
                update["visible"] = False
            away.append(update)
        return _COMPARED.format(key=self._key, count=len(away), away=json.dumps(away))
