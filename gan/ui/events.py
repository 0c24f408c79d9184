"""Options of events, by what they do: which of them wait for which, and how many run at once."""

from __future__ import annotations

from typing import Any, Final

LIGHT: Final[dict[str, Any]] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "concurrency_id": "light",
    "concurrency_limit": 8,
}
"""Options of an event that only rearranges the page."""

DECODING: Final[dict[str, Any]] = {**LIGHT, "concurrency_id": "decoding", "concurrency_limit": 2}
"""Options of an event that reads a picture."""

CLICKING: Final[dict[str, Any]] = {
    **LIGHT,
    "trigger_mode": "multiple",
    "concurrency_id": "clicking",
    "concurrency_limit": 1,
}
"""Options of a click that goes on from the last one: none is dropped while another is drawn, none is overtaken."""

AT_ONCE: Final[dict[str, Any]] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "trigger_mode": "always_last",
    "concurrency_id": "preview",
    "concurrency_limit": 2,
}
"""Options of an event that draws a preview: in no queue behind the large work, the last position always wins."""

BEFOREHAND: Final[dict[str, Any]] = {
    **LIGHT,
    "trigger_mode": "always_last",
    "concurrency_id": "beforehand",
    "concurrency_limit": 2,
}
"""Options of an event that does in time what a later one would take long for: in no queue before it."""

COMPUTING: Final[dict[str, Any]] = {"show_progress": "hidden", "concurrency_id": "computing", "concurrency_limit": 1}
"""Options of an event that runs a network: one after the other, since each uses the whole machine."""
