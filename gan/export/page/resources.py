"""The channels' rules for programs: /channels and /channel over HTTP, resources for agents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import gradio as gr

from gan.core.errors import InputError, shown
from gan.export.channels import CHANNELS
from gan.ui.endpoint import Endpoints
from gan.ui.i18n import language, sentence


def expose(public: Endpoints) -> None:
    """Let programs read which channels there are, and what each requires."""
    told = public.text("rules", "JSON").component
    name = public.text("name", "of a channel, as /channels lists it")
    docs = "List the sales channels: name, title, and the day on which the rules were checked. Returns JSON."
    public.serve("channels", _channels, [], [told], docs=docs, uri="channels://all")
    docs = "Tell a sales channel's rules for pictures, with their source. Returns JSON."
    public.serve("channel", _channel, [name], [told], docs=docs, uri="channels://{name}")


def _channels(*_: Any) -> Iterator[Any]:
    listed = [{"name": each.name, "title": each.title, "checked": each.checked} for each in CHANNELS.values()]
    yield json.dumps(listed, ensure_ascii=False)


def _channel(values: dict[str, Any], request: gr.Request | None) -> Iterator[Any]:
    name = values["name"]
    if name not in CHANNELS:
        known = ", ".join(CHANNELS)
        error = InputError(
            "channel", "{value}", "{known} is allowed", "Choose one of these", value=shown(name), known=known
        )
        raise gr.Error(sentence(error, language(request)), print_exception=False)
    yield json.dumps(CHANNELS[name].record(), ensure_ascii=False)
