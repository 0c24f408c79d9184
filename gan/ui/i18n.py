"""The interface's words in English and Chinese.

Two kinds, told apart by who translates them. Labels are keys that the browser looks up by its own language
(`label`); everything that is made while serving (errors, notices, progress) is translated here, by the language that
the request asks for (`say`, `sentence`, `notice`). Of the latter the English template is the key, as in gettext, so
that code below the interface needs to know nothing of languages.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, Literal

import gradio as gr
from gradio.i18n import I18nData

from gan.core.errors import PackshotError, StepError
from gan.ui.locale.chinese import FIELDS, SENTENCES
from gan.ui.locale.labels import LABELS

__all__ = [
    "CHINESE_LOCALES",
    "LABELS",
    "Language",
    "label",
    "language",
    "notice",
    "say",
    "sentence",
    "translations",
    "word",
]

Language = Literal["en", "zh"]

CHINESE_LOCALES: Final = ("zh", "zh-CN", "zh-SG", "zh-HK", "zh-MO", "zh-TW", "zh-Hans", "zh-Hant")
"""Of these Gradio 6.31's page takes zh-CN and zh-TW from a browser, and shows English labels for the others."""

PREFIX: Final = "label:"
"""Of the keys in the browser: Gradio 6.31 looks up some values there too, and the model "auto" is not our label."""


def label(key: str) -> Any:
    """A label that the browser translates; not every component's annotation admits it.

    Raises:
        KeyError: no such label.
    """
    LABELS[key]
    return I18nData(PREFIX + key)


def translations() -> gr.I18n:
    """What `launch(i18n=...)` takes."""
    english = {PREFIX + key: pair[0] for key, pair in LABELS.items()}
    chinese = {PREFIX + key: pair[1] for key, pair in LABELS.items()}
    return gr.I18n(en=english, **dict.fromkeys(CHINESE_LOCALES, chinese))


def language(request: gr.Request | None) -> Language:
    """The language that the request prefers: Chinese if its accept-language names Chinese before English."""
    wanted = request.headers.get("accept-language", "") if request is not None else ""
    for tag in wanted.lower().split(","):
        if tag.strip().startswith("zh"):
            return "zh"
        if tag.strip().startswith("en"):
            return "en"
    return "en"


def say(template: str, to: Language, **values: object) -> str:
    """The template in that language, filled; in English where there is no translation."""
    chosen = SENTENCES.get(template, template) if to == "zh" else template
    return chosen.format(**values)


def word(key: str, to: Language) -> str:
    """A label's text where the server itself writes the sentence."""
    return LABELS[key][to == "zh"]


def sentence(error: PackshotError, to: Language) -> str:
    """What came, what is allowed, what to do, in that language, and of a recipe in which step."""
    if isinstance(error, StepError) and error.step:
        return say("Step {step}: {problem}", to, step=error.step, problem=sentence(error.inner, to))
    if to == "en":
        return str(error)
    values = {name: notice(value, to) if isinstance(value, str) else value for name, value in error.values.items()}
    got, allowed, remedy = (say(part, to, **values) for part in error.templates())
    return f"{FIELDS.get(error.field, error.field)}：{got}；{allowed}。{remedy}。"


def notice(text: str, to: Language) -> str:
    """A notice or the name of a step in that language, whether it still is a template or already is filled."""
    if to == "en":
        return text
    if text in SENTENCES:
        return SENTENCES[text]
    for pattern, chinese in _filled():
        if found := pattern.fullmatch(text):
            return chinese.format(**found.groupdict())
    return text


@lru_cache(maxsize=1)
def _filled() -> list[tuple[re.Pattern[str], str]]:
    """For every template with placeholders, a pattern that recognises it once it is filled."""
    return [(_pattern(english), chinese) for english, chinese in SENTENCES.items() if "{" in english]


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)[^}]*\}", template)
    return re.compile(
        "".join(f"(?P<{part}>.+?)" if number % 2 else re.escape(part) for number, part in enumerate(parts)), re.DOTALL
    )
