"""Every sentence that code can say is in every catalog, with the same placeholders; every entry is used."""

from __future__ import annotations

import ast
import re
import string
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import gradio as gr
import pytest
from starlette.requests import Request

from gan.batch.page.recipe import BatchOptions
from gan.batch.steps import REQUESTS
from gan.capture.matte import MatteRequest
from gan.capture.stack import StackRequest
from gan.core.errors import InputError, check_within
from gan.core.message import Message
from gan.core.option import parameters
from gan.edit.background import check_ground
from gan.edit.frame import aspect_of
from gan.export.delivery import Delivery
from gan.generate.interpolation import FilmRequest
from gan.generate.page.video import FilmFile
from gan.generate.projection import ProjectRequest
from gan.imaging.io.codec import FRAMES_NOTICE, Encoding
from gan.stylize.presets import preset_path
from gan.ui import form, i18n
from gan.ui.i18n import CATALOGS, LABELS

GAN = Path(i18n.__file__).parent.parent
SPOKEN_TO_USERS = ("InputError", "WeightsError")
HELPERS = {
    "Message": slice(0, 1),
    "wrong_type": slice(2, 3),
    "_wrong": slice(2, 4),
    "_no_recipe": slice(0, 1),
    "check_pixels": slice(4, 6),
}
"""Calls that make messages and errors, and which of their arguments are templates."""
NAMED_TEMPLATES = ("template", "_KINDS", "_WANTED", "_TEXTS", "NOTICES", "OUTLIERS", "WORDS")
"""Variables that hold templates."""
CHINESE = CATALOGS["zh"]
TRANSLATED = sorted(set(CATALOGS) - {"en"})
# Training and its data are driven from the command line, which speaks English.
NOT_SERVED = (
    "training",
    "train",
    "cli",
    "ray.py",
    "neighbors.py",
    "distribution.py",
    "features.py",
    "files.py",
    "hub.py",
    "manifest.py",
    "span_weights.py",
)
NOT_SERVED += ("agents.py",)  # programs get English
NOT_SERVED += ("serve.py",)  # the last one's own errors are those of app.py's command line


@cache
def every_source() -> tuple[tuple[Path, list[ast.AST]], ...]:
    """The nodes of every module."""
    return tuple(
        (path, list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))) for path in sorted(GAN.rglob("*.py"))
    )


def sources() -> Iterator[tuple[Path, list[ast.AST]]]:
    for path, nodes in every_source():
        if not set(path.relative_to(GAN).parts) & set(NOT_SERVED):
            yield path, nodes


def calls(names: tuple[str, ...]) -> Iterator[tuple[str, ast.Call]]:
    for path, nodes in sources():
        for node in nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                if name in names:
                    yield f"{path.relative_to(GAN.parent)}:{node.lineno}", node


def constants(node: ast.AST) -> list[str]:
    """Texts within an expression, those that an f-string's expressions hold left out."""
    within = {id(item) for each in ast.walk(node) if isinstance(each, ast.FormattedValue) for item in ast.walk(each)}
    return [
        item.value
        for item in ast.walk(node)
        if isinstance(item, ast.Constant) and isinstance(item.value, str) and id(item) not in within
    ]


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def error_templates() -> list[tuple[str, str]]:
    named = named_constants()
    found = []
    for where, call in calls(SPOKEN_TO_USERS):
        parts = call.args[1:4] + [item.value for item in call.keywords if item.arg in ("got", "allowed", "remedy")]
        found += [(where, text) for part in parts for text in constants(part)]
        found += [(where, named[part.id]) for part in parts if isinstance(part, ast.Name) and part.id in named]
    return found


def named_constants() -> dict[str, str]:
    return {
        node.targets[0].id: node.value.value
        for _, nodes in sources()
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }


def error_fields() -> set[str]:
    found = {"white_balance", "exposure", "local_contrast", "saturation", "sharpness", "width", "height"}
    for _, call in calls(SPOKEN_TO_USERS):
        found |= set(constants(call.args[0])) if call.args else set()
    return found


def step_templates() -> list[tuple[str, str]]:
    """What is said to be going on: the third argument of a step, `what=` of a call, the default of `what`."""
    found = [
        (where, text) for where, call in calls(("step", "progress")) for p in call.args[2:3] for text in constants(p)
    ]
    for path, nodes in sources():
        for node in nodes:
            if isinstance(node, ast.keyword) and node.arg == "what":
                found += [(path.name, text) for text in constants(node.value)]
            if isinstance(node, ast.arguments):
                found += [
                    (path.name, text)
                    for argument, default in zip(node.kwonlyargs, node.kw_defaults, strict=True)
                    if argument.arg == "what" and default is not None
                    for text in constants(default)
                ]
    return found


def said_templates() -> list[tuple[str, str]]:
    found = [(where, text) for where, call in calls(("say", "report")) for text in constants(call.args[0])]
    for name, which in HELPERS.items():
        parts = [(where, part) for where, call in calls((name,)) for part in call.args[which]]
        found += [(where, text) for where, part in parts for text in constants(part)]
    named = named_constants()
    for path, nodes in sources():
        for node in nodes:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            if any(isinstance(target, ast.Name) and target.id in NAMED_TEMPLATES for target in targets):
                value = getattr(node, "value", None)
                held = value.values if isinstance(value, ast.Dict) else getattr(value, "elts", [value])
                for part in filter(None, held):
                    found += [(path.name, text) for text in constants(part)]
                    found += [(path.name, named[part.id])] if isinstance(part, ast.Name) and part.id in named else []
    return found


def test_there_is_something_to_translate() -> None:
    assert len(error_templates()) > 30
    assert "Writing the files" in [text for _, text in step_templates()]
    assert "Enhancing transparency" in [text for _, text in step_templates()]


def wanted_templates() -> set[tuple[str, str]]:
    wanted = error_templates() + step_templates() + said_templates()
    return {(where, text) for where, text in wanted if says_something(text)}


def says_something(template: str) -> bool:
    """Units and names of formats and of types need no translation."""
    words = "".join(literal for literal, *_ in string.Formatter().parse(template)).split()
    named = ("px", "x", "sRGB", "bool", "int", "float", "str", "tuple[str,")
    return any(any(c.isalpha() for c in word) and word not in named for word in words)


@pytest.mark.parametrize("name", TRANSLATED)
def test_every_template_has_a_translation(name: str) -> None:
    wanted = wanted_templates()
    assert len(wanted) > 500
    missing = [f"{where} {text!r}" for where, text in sorted(wanted) if text not in CATALOGS[name].sentences]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("name", TRANSLATED)
def test_no_translation_is_unused(name: str) -> None:
    in_code = {node.value for _, nodes in every_source() for node in nodes if isinstance(node, ast.Constant)}
    unused = sorted(set(CATALOGS[name].sentences) - in_code)
    assert not unused, "\n".join(unused)


@pytest.mark.parametrize("name", TRANSLATED)
def test_every_field_of_an_error_has_a_name(name: str) -> None:
    assert not error_fields() - set(CATALOGS[name].fields)


@pytest.mark.parametrize("name", TRANSLATED)
def test_a_translation_fills_in_the_same_values(name: str) -> None:
    for english, translation in CATALOGS[name].sentences.items():
        assert placeholders(translation) == placeholders(english), english
        assert translation != english


@pytest.mark.parametrize("name", TRANSLATED)
def test_every_catalog_has_every_label(name: str) -> None:
    assert set(CATALOGS[name].labels) == set(LABELS)
    assert all(LABELS.values())
    assert all(CATALOGS[name].labels.values())


def test_every_label_is_used() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path, _ in sources())
    source += (GAN.parent / "app.py").read_text(encoding="utf-8")
    used = {text for _, call in calls(("label", "word")) for text in constants(call.args[0])}
    # "enhance.scale." of f"enhance.scale.{factor}": what follows is known when the page is built only.
    families = set(re.findall(r'f"([a-z_.]+\.)\{', source)) | {"generate.category.", "generate.colour."}
    # ".title" of f"{task}.title"
    endings = set(re.findall(r'(?:label\(|bar\(\w+, )f"\{(?:task|name)\}(\.[a-z]+)"', source))
    assert {key for key in used - set(LABELS) - families if key not in {".", *endings}} == set()
    unused = {key for key in LABELS if f'"{key}"' not in source} - field_labels()
    unused = {key for key in unused if "." + key.rpartition(".")[2] not in endings}
    assert not {key for key in unused if key.rpartition(".")[0] + "." not in families}


OTHER_FORMS = (
    ("matte", MatteRequest),
    ("stack", StackRequest),
    ("output", Encoding),
    ("photo", ProjectRequest),
    ("video", FilmRequest),
    ("video", FilmFile),
    ("batch", BatchOptions),
    ("export", Delivery),
)
"""Forms whose labels have another name than the task, or which are of no task."""


def field_labels() -> set[str]:
    """Labels that forms find by a field's name, with what stands below them and their choices."""
    found = set()
    forms = [*REQUESTS.items(), *OTHER_FORMS]
    for task, kind in forms:
        for parameter in parameters(kind):
            key = form.label_key(task, parameter.public)
            group = f"{task}.{parameter.option.group}"
            found |= {
                key,
                group,
                f"{key}.info",
                *(form.choice_key(task, parameter.public, one) for one in parameter.choices),
            }
    return {key for key in found if key is not None}


def test_an_unknown_label_is_refused() -> None:
    with pytest.raises(KeyError):
        i18n.label("no such label")


def test_the_browser_gets_every_chinese_locale() -> None:
    tables = i18n.translations().translations_dict
    assert set(tables) == {"en", *CHINESE.locales}
    key = i18n.label("page.stop").key
    assert tables["zh-TW"][key] == "停止"
    assert tables["en"][key] == "Stop"


def test_a_language_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in i18n.FOLDER.glob("*.toml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "de.toml").write_text(
        'locales = ["de", "de-AT"]\n[labels.page]\nstop = "Anhalten"\n[fields]\nstrength = "Stärke"\n'
        '[sentences]\n"{seconds} s" = "{seconds} Sek."\n"{field}: {got}; {allowed}. {remedy}." = "{field}: {remedy}!"\n'
        '"Choose a number in this range" = "Bitte eine Zahl in den Grenzen wählen"\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(i18n, "CATALOGS", i18n.load(tmp_path))
    tables = i18n.translations().translations_dict
    assert set(tables) == {"en", "de", "de-AT", *CHINESE.locales}
    assert tables["de-AT"][i18n.label("page.stop").key] == "Anhalten"
    assert tables["de"][i18n.label("page.more").key] == "More options"
    assert i18n.language(asking("de-CH,en;q=0.5")) == "de"
    assert i18n.say("{seconds} s", "de", seconds=3) == "3 Sek."
    assert i18n.say("Stopped", "de") == "Stopped"
    assert i18n.word("page.stop", "de") == "Anhalten"
    allowed = "{least:g} to {most:g} is allowed"
    error = InputError("strength", "{value}", allowed, "Choose a number in this range", value=1.5, least=0, most=1)
    assert i18n.sentence(error, "de") == "Stärke: Bitte eine Zahl in den Grenzen wählen!"


def test_no_value_is_taken_for_a_label() -> None:
    """Gradio looks up plain values in the browser's table, too: a model called "auto" became "Choose for me"."""
    assert all(":" in key for table in i18n.translations().translations_dict.values() for key in table)


def asking(accept_language: str) -> gr.Request:
    return gr.Request(Request({"type": "http", "headers": [(b"accept-language", accept_language.encode())]}))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh", "zh"),
        ("zh-HK", "zh"),
        ("zh-Hant-HK", "zh"),
        ("de-DE, ZH;q=0.5", "zh"),
        ("en-US,en;q=0.9,zh;q=0.8", "en"),
        ("fr", "en"),
        ("", "en"),
    ],
)
def test_the_language_is_the_request_s(header: str, expected: str) -> None:
    assert i18n.language(asking(header)) == expected


def test_without_a_request_it_is_english() -> None:
    assert i18n.language(None) == "en"


def out_of_range() -> InputError:
    with pytest.raises(InputError) as refusal:
        check_within("strength", 1.5, 0, 1)
    return refusal.value


def test_an_error_is_one_sentence_in_either_language() -> None:
    allowed = "{least:g} to {most:g} is allowed"
    error = InputError("strength", "{value}", allowed, "Choose a number in this range", value=1.5, least=0, most=1)
    assert i18n.sentence(error, "en") == "strength: 1.5; 0 to 1 is allowed. Choose a number in this range."
    assert i18n.sentence(error, "zh") == "强度：1.5；允许 0 到 1。请选择范围内的数值。"


def test_a_notice_is_translated_before_it_is_filled() -> None:
    assert i18n.notice(FRAMES_NOTICE, "en") == FRAMES_NOTICE
    assert i18n.notice(FRAMES_NOTICE, "zh") == CHINESE.sentences[FRAMES_NOTICE]
    measured = Message("at most {most:,} bytes", {"most": 1500})
    assert measured == "at most 1,500 bytes"
    assert i18n.notice(measured, "zh") == "最多 1,500 字节"
    inner = Message("{what} is expected", {"what": "x"})
    assert i18n.say("Fix: {repair}", "zh", repair=measured) == "修复：最多 1,500 字节"
    assert i18n.notice(inner, "zh") == "x is expected"
    assert i18n.notice("nobody's sentence", "zh") == "nobody's sentence"
    assert i18n.notice("at most 1,500 bytes", "zh") == "at most 1,500 bytes"


def test_what_a_user_wrote_stays_as_it_was() -> None:
    """Texts of users are neither translated nor filled."""
    for value in ("a number", "{value}", "3 of 4 pictures are made"):
        error = InputError("style", "{value}", "{known} are allowed", "Choose one of these", value=value, known="a")
        assert i18n.sentence(error, "zh") == f"风格：{value}；可选 a。请从中选择。"


@pytest.mark.parametrize("field", ["ground", "style", "aspect"])
@pytest.mark.parametrize("text", ["a, ", ", x ", ", px "])
def test_long_texts_are_translated_at_once(field: str, text: str) -> None:
    """Finished sentences were once told apart by regular expressions: 900 characters took 15 s."""
    typed = (text * 900)[:900]
    ask = {"ground": check_ground, "style": preset_path, "aspect": aspect_of}[field]
    with pytest.raises(InputError) as refusal:
        ask(typed)
    began = time.process_time()
    said = i18n.sentence(refusal.value, "zh")
    assert time.process_time() - began < 0.5
    assert typed.strip()[:40] in said
