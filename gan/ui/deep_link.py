"""Links to a tab with settings, `?tab=enhance&scale=4&strength=0.5`: followed when the page opens, and copied from it.

A link's settings are checked as a program's are; what cannot be is passed over with a sentence. Where a link names a
tab, nothing is restored there that the visitor set earlier: the link shows what whoever sent it saw.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

import gradio as gr
from gradio.components.base import Component

from gan.core.errors import InputError, shown
from gan.limits import MAX_LINK
from gan.ui.assets import asset
from gan.ui.events import LIGHT
from gan.ui.form import hex_of
from gan.ui.i18n import Language, language, sentence

TAB: Final = "tab"
_TRUTH: Final = {"true": True, "1": True, "false": False, "0": False}
_HEX: Final = re.compile(r"#[0-9a-fA-F]{6}")
_KINDS: Final = (
    *(gr.Checkbox, gr.CheckboxGroup, gr.Radio, gr.Dropdown),
    *(gr.Number, gr.Slider, gr.Textbox, gr.ColorPicker),
)
"""Controls that a text can stand for; a file is none of them."""

_OPEN_TAB: Final = "document.querySelector('#tabs [role=tab][aria-selected=true]')?.dataset.tabId"
_READ: Final = """() => new URLSearchParams(location.search).has('tab') ? [location.search.slice(1)] : [undefined]"""


def attach(tabs: gr.Tabs, remembered: Mapping[str, Sequence[Component]], copy: gr.Button) -> None:
    """Follow a link when the page is opened, and let a button copy one to what is set in the tab that is open.

    Args:
        tabs: of the page.
        remembered: each tab's controls, by the tab's id.
        copy: the button.
    """
    # In the page and out of sight: only there does a value that a script sets cause an event, and only a link does.
    link = gr.Textbox(visible="hidden", show_label=False, elem_id="deep-link")
    every = [control for controls in remembered.values() for control in controls]

    def follow(query: str, request: gr.Request) -> list[Any]:
        tab, values, problems = followed(query, remembered, language(request))
        for problem in problems:
            gr.Warning(problem)
        return [gr.skip() if tab is None else gr.Tabs(selected=tab), *values]

    link.change(follow, link, [tabs, *every], **LIGHT)
    gr.on(None, None, None, link, js=_READ, **LIGHT)
    script = asset("copy_link.js").replace("QUERY", query_of(remembered, _OPEN_TAB))
    copy.click(None, every, None, js=script, **LIGHT)


def query_of(remembered: Mapping[str, Sequence[Component]], tab: str) -> str:
    """A script's function from the values of all controls, in order, to a link's query.

    Args:
        tab: an expression of the script's for the tab that the link opens.
    """
    told = [
        (at, next((name for name, one in named(at, controls).items() if one is control), None), control.value)
        for at, controls in remembered.items()
        for control in controls
    ]
    return asset("query.js").replace("CONTROLS", json.dumps(told, default=lambda _: None)).replace("TAB", tab)


def followed(
    query: str, remembered: Mapping[str, Sequence[Component]], to: Language
) -> tuple[str | None, list[Any], list[str]]:
    """Tab and settings that a link asks for.

    Args:
        query: of the address, without its question mark.
        remembered: each tab's controls, by the tab's id.
        to: the language of the sentences.

    Returns:
        The tab, None where it names none that is there; a value or a skip for each control of all tabs, in order; and
        what could not be set, as HTML.
    """
    problems: list[str] = []
    asked = dict(parse_qsl(query[:MAX_LINK], keep_blank_values=True))
    tab = asked.pop(TAB, None)
    values: dict[int, Any] = {}
    if tab is None or tab not in remembered:
        known = ", ".join(remembered)
        error = InputError(
            TAB, "{value}", "{known} are allowed", "Choose one of these", value=shown(tab or ""), known=known
        )
        return None, [gr.skip() for controls in remembered.values() for _ in controls], [_text(error, to)]
    controls = named(tab, remembered[tab])
    for name, text in asked.items():
        control = controls.get(name.replace("-", "_"))
        try:
            if control is None:
                if name.startswith("__"):  # Gradio's own, such as __theme
                    continue
                known = ", ".join(controls)
                raise InputError(
                    shown(name), "it is no setting of this tab", "a link sets {known}", "Correct the link", known=known
                )
            values[id(control)] = control.preprocess(_value(control, name, text))
        except InputError as error:
            problems.append(_text(error, to))
        except gr.Error as error:  # already a sentence in the visitor's language, and escaped
            problems.append(str(error.message))
        except (TypeError, ValueError):
            problems.append(_text(_unfit(name, text, "another value is expected"), to))
    every = [control for each in remembered.values() for control in each]
    return tab, [values.get(id(control), gr.skip()) for control in every], problems


def named(tab: str, controls: Sequence[Component]) -> dict[str, Component]:
    """The controls that a link can set, by name: the element's, without the tab's where it begins with that."""
    found: dict[str, Component] = {}
    for control in controls:
        if isinstance(control, _KINDS):
            found[str(control.elem_id).removeprefix(f"{tab}-").replace("-", "_")] = control
    return found


def _value(control: Component, name: str, text: str) -> Any:
    """A text as the control holds it; what it does not hold stays a text, for the control to refuse."""
    if isinstance(control, gr.Checkbox):
        return _TRUTH.get(text.lower(), text)
    if isinstance(control, gr.CheckboxGroup) or getattr(control, "multiselect", False):
        return [part for part in text.split(",") if part]
    if isinstance(control, (gr.Number, gr.Slider)):
        try:
            number = float(text)
        except ValueError:
            return text
        return int(number) if number.is_integer() else number
    if isinstance(control, gr.ColorPicker):
        if not _HEX.fullmatch(color := hex_of(text)):
            raise _unfit(name, text, "#RRGGBB is expected")
        return color
    return text


def _unfit(name: str, text: str, wanted: str) -> InputError:
    return InputError(name, "{value}", wanted, "Correct the link", value=shown(text))


def _text(error: InputError, to: Language) -> str:
    return html.escape(sentence(error, to), quote=False)
