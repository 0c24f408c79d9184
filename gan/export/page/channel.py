"""The channel's widgets: which one, what it asks, and a file for rules of one's own."""

from __future__ import annotations

import html
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import gradio as gr
import torch
from gradio.components.base import Component

from gan.core.errors import InputError, PackshotError
from gan.export.channels import CHANNELS, FOLDER, Channel, channel_of
from gan.export.file_metadata import FileFacts
from gan.export.rule_result import Finding
from gan.export.rules import check
from gan.imaging.picture import Picture
from gan.ui import widgets
from gan.ui.i18n import Language, label, language, notice, say, sentence, word
from gan.ui.widgets import LIGHT

STANDARD: Final = "amazon"
OWN: Final = "own"
"""Value of the list if the rules come from a file."""

BLANK_PX: Final = 64


@dataclass(frozen=True)
class Panel:
    """The choice of a channel, what it asks, and the fold for rules of one's own."""

    channel: gr.Dropdown
    card: gr.HTML
    own: gr.Accordion
    file: gr.File
    download: gr.DownloadButton

    @property
    def inputs(self) -> list[Component]:
        """Components whose values `chosen` takes."""
        return [self.channel, self.file]


def build_choice() -> gr.Dropdown:
    """Draw the list of channels."""
    return gr.Dropdown(
        [*((each.title or name, name) for name, each in CHANNELS.items()), (label("channel.own"), OWN)],
        value=STANDARD,
        label=label("channel.title"),
        filterable=False,
        elem_id="export-channel",
    )


def build_rules(channel: gr.Dropdown) -> Panel:
    """Draw what the chosen channel asks, and keep it in step with the list."""
    card = gr.HTML(elem_id="export-card", elem_classes="summary channel", padding=False)
    with gr.Accordion(label("channel.own"), open=False, elem_id="export-own") as own:
        gr.Markdown(label("channel.own.info"), elem_classes="facts")
        download = gr.DownloadButton(label("channel.download"), size="sm", elem_id="export-rules")
        file = gr.File(
            label=label("channel.file"), file_types=[".toml"], type="filepath", height=110, elem_id="export-file"
        )
    panel = Panel(channel, card, own, file, download)
    _keep_in_step(panel)
    return panel


def chosen(name: str, file: str | None) -> Channel:
    """The channel of that name; the file's, where there is one.

    Raises:
        InputError: no such channel, a file that is none, or none where there should be one.
    """
    if file:
        return channel_of(Path(file))
    if name == OWN:
        raise InputError(
            "channel", "no file was given", "a TOML file of a channel is expected", "Upload one, or choose a channel"
        )
    # A visitor's text is never taken for a path of ours.
    if name not in CHANNELS:
        raise InputError(
            "channel",
            "there is no channel {name}",
            "{known} are allowed, or a TOML file",
            "Choose one of these",
            name=name,
            known=", ".join(CHANNELS),
        )
    return CHANNELS[name]


def asked(channel: Channel) -> tuple[Finding, ...]:
    """Requirements of a channel as findings: a check of a blank picture, whose measured values mean nothing."""
    facts = FileFacts(file_format="png", bytes=0, width_px=BLANK_PX, height_px=BLANK_PX)
    return check(Picture(torch.ones(1, 3, BLANK_PX, BLANK_PX)), facts, None, channel)


def described(channel: Channel, to: Language) -> str:
    """Its title, its numbers, their date and their source, as HTML."""
    rows = [(word(f"rule.{finding.rule}", to), notice(finding.allowed, to)) for finding in asked(channel)]
    dated = say("compared on {date}", to, date=channel.checked) if channel.checked else ""
    told = say("second-hand: not from the channel itself", to) if channel.second_hand else ""
    parts = (_source(channel.source), html.escape(dated), html.escape(told))
    below = "".join(f"<span>{part}</span>" for part in parts if part)
    title = html.escape(channel.title or channel.name)
    return f'<div class="source"><b>{title}</b>{below}</div>{widgets.facts_list(rows)}'


def _source(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return html.escape(address)
    shown, target = html.escape(parts.hostname), html.escape(address)
    return f'<a href="{target}" target="_blank" rel="noopener noreferrer">{shown}</a>'


def _keep_in_step(panel: Panel) -> None:
    given, outputs = panel.inputs, [panel.card, panel.download]
    gr.on([panel.channel.change, panel.file.change], _show, given, outputs, trigger_mode="always_last", **LIGHT)
    gr.on(None, _show, given, outputs, **LIGHT)
    panel.channel.input(_by_name, panel.channel, [panel.file, panel.own], **LIGHT)
    panel.file.upload(lambda: OWN, None, panel.channel, **LIGHT)
    gr.on([panel.file.clear, panel.file.delete], _by_file, panel.channel, panel.channel, **LIGHT)


def _show(name: str, file: str | None, request: gr.Request) -> Iterator[tuple[Any, Any]]:
    """Show the selected channel and its file as a template; for an unusable file, the reason."""
    to = language(request)
    try:
        card = described(chosen(name, file), to)
    except PackshotError as error:
        card = widgets.facts_list([], [sentence(error, to)])
    if name not in CHANNELS:
        yield card, gr.skip()
        return
    with tempfile.TemporaryDirectory(prefix="packshot-") as folder:
        path = Path(folder) / f"{name}-own.toml"
        # Named, so that the file can be called anything.
        path.write_text(f'name = "own"\n{(FOLDER / f"{name}.toml").read_text("utf-8")}', encoding="utf-8")
        yield card, str(path)


def _by_name(name: str) -> tuple[Any, Any]:
    """A channel from the list takes the place of a file's; for one of one's own the fold opens."""
    return (gr.skip(), gr.update(open=True)) if name == OWN else (None, gr.skip())


def _by_file(name: str) -> str:
    """Without its file, a channel of one's own is none."""
    return STANDARD if name == OWN else name
