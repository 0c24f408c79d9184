"""The interface's texts in every language that has a catalog in `locale/`.

There are two kinds, by who translates them. The browser looks up labels by its own locale (`label`). What is written
while serving (errors, notices, progress) is translated here into the language that the request asks for (`say`,
`sentence`, `notice`); its id is the English template in code, as in gettext, so that code below the interface needs
to know nothing of languages. A catalog is one TOML file, `locale/<language>.toml`:

    locales = ["xx", "xx-YY"]          # tags of browsers that get its labels; by default the language itself
    [labels.enhance]                   # labels by id, here of "enhance.strength"; the English ones in en.toml
    strength = "..."
    [fields]                           # names of inputs that errors are about
    [sentences]                        # English template = translation, with the same placeholders
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.i18n import I18nData

from gan.core.errors import PackshotError, StepError
from gan.core.message import Message

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = [
    "CATALOGS",
    "LABELS",
    "Catalog",
    "Language",
    "field_name",
    "label",
    "language",
    "load",
    "notice",
    "say",
    "sentence",
    "translations",
    "word",
]

Language = str
"""Name of a catalog, such as "en"."""

ENGLISH: Final = "en"
FOLDER: Final = Path(__file__).parent / "locale"
ERROR: Final = "{field}: {got}; {allowed}. {remedy}."

PREFIX: Final = "label:"
"""Of the ids in the browser: Gradio 6.31 looks up some values there too, and the model "auto" is not our label."""


@dataclass(frozen=True)
class Catalog:
    """One language.

    Attributes:
        locales: tags of the browsers' locales that it serves.
        labels: by id.
        fields: names of inputs, by their name in errors.
        sentences: translations, by English template.
    """

    locales: tuple[str, ...]
    labels: Mapping[str, str]
    fields: Mapping[str, str]
    sentences: Mapping[str, str]


def load(folder: Path) -> dict[Language, Catalog]:
    """The catalogs in a folder, by the names of their files."""
    return {path.stem: _catalog(path) for path in sorted(folder.glob("*.toml"))}


def _catalog(path: Path) -> Catalog:
    read = tomllib.loads(path.read_text(encoding="utf-8"))
    labels = {
        f"{group}.{name}": text for group, named in read.get("labels", {}).items() for name, text in named.items()
    }
    return Catalog(tuple(read.get("locales", [path.stem])), labels, read.get("fields", {}), read.get("sentences", {}))


CATALOGS: Final = load(FOLDER)
LABELS: Final = CATALOGS[ENGLISH].labels


def label(key: str) -> Any:
    """A label that the browser translates; not every component's annotation admits it.

    Raises:
        KeyError: no such label.
    """
    LABELS[key]
    return I18nData(PREFIX + key)


def translations() -> gr.I18n:
    """Translations for `launch(i18n=...)`. A label that a catalog lacks is English."""
    tables = {
        locale: {PREFIX + key: catalog.labels.get(key, english) for key, english in LABELS.items()}
        for catalog in CATALOGS.values()
        for locale in catalog.locales
    }
    return gr.I18n(**tables)


def language(request: gr.Request | None) -> Language:
    """The first language of the request's accept-language that has a catalog; English where none has."""
    wanted = request.headers.get("accept-language", "") if request is not None else ""
    names = {tag.lower(): name for name, catalog in CATALOGS.items() for tag in (*catalog.locales, name)}
    for part in wanted.lower().split(","):
        tag = part.partition(";")[0].strip()
        if name := names.get(tag) or names.get(tag.partition("-")[0]):
            return name
    return ENGLISH


def say(template: str, to: Language, /, **values: object) -> str:
    """The template in that language, filled; in English where there is no translation."""
    chosen = CATALOGS[to].sentences.get(template, template)
    return chosen.format(**{name: _translated(value, to) for name, value in values.items()})


def word(key: str, to: Language) -> str:
    """A label's text where the server itself writes the sentence."""
    return CATALOGS[to].labels.get(key, LABELS[key])


def field_name(name: str, to: Language) -> str:
    """Name of an input in sentences."""
    return CATALOGS[to].fields.get(name, name)


def sentence(error: PackshotError, to: Language) -> str:
    """Translate an error: the value given, the values allowed, the remedy, and the step of a recipe."""
    if isinstance(error, StepError) and error.step:
        return say("Step {step}: {problem}", to, step=error.step, problem=sentence(error.inner, to))
    got, allowed, remedy = (say(part, to, **error.values) for part in error.templates())
    return say(ERROR, to, field=field_name(error.field, to), got=got, allowed=allowed, remedy=remedy)


def notice(text: str, to: Language) -> str:
    """A notice, or the name of a step, in that language.

    Args:
        text: a `Message`, or a template without placeholders; any other text stays as it is.
    """
    if isinstance(text, Message):
        return say(text.template, to, **text.values)
    return CATALOGS[to].sentences.get(text, text)


def _translated(value: object, to: Language) -> object:
    return notice(value, to) if isinstance(value, Message) else value
