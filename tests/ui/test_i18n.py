"""Every sentence that code below can say is in the table, in both languages, with the same placeholders."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest
from starlette.requests import Request

from gan.core.errors import InputError
from gan.imaging.io.codec import FRAMES_NOTICE, NOTICES
from gan.ui import i18n
from gan.ui.locale.chinese import FIELDS, SENTENCES

GAN = Path(i18n.__file__).parent.parent
SPOKEN_TO_USERS = ("InputError", "WeightsError")
# Training and its data are driven from the command line, which speaks English.
NOT_SERVED = (
    "training",
    "data",
    "losses",
    "recipe.py",
    "commands",
    "evaluate.py",
    "engine_ray.py",
    "neighbours.py",
    "distribution.py",
    "features.py",
    "files.py",
    "hub.py",
    "manifest.py",
)
NOT_SERVED += ("__main__.py", "serving.py")  # the last one's own errors are those of app.py's command line


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(GAN.rglob("*.py")):
        if not set(path.relative_to(GAN).parts) & set(NOT_SERVED):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def calls(names: tuple[str, ...]) -> Iterator[tuple[str, ast.Call]]:
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                if name in names:
                    yield f"{path.relative_to(GAN.parent)}:{node.lineno}", node


def constants(node: ast.AST) -> list[str]:
    return [item.value for item in ast.walk(node) if isinstance(item, ast.Constant) and isinstance(item.value, str)]


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
        for _, tree in sources()
        for node in tree.body
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
    for path, tree in sources():
        for node in ast.walk(tree):
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
    return [(where, text) for where, call in calls(("say", "report")) for text in constants(call.args[0])]


def test_there_is_something_to_translate() -> None:
    assert len(error_templates()) > 30
    assert "Writing the files" in [text for _, text in step_templates()]
    assert "Enhancing transparency" in [text for _, text in step_templates()]


def test_every_sentence_has_a_chinese_one() -> None:
    wanted = error_templates() + step_templates() + said_templates() + [("NOTICES", text) for text in NOTICES]
    needed = [(where, text) for where, text in wanted if any(c.isalpha() for c in strip(text))]
    missing = [f"{where} {text!r}" for where, text in needed if text not in SENTENCES]
    assert not missing, "\n".join(missing)


def strip(template: str) -> str:
    return "".join(literal for literal, *_ in string.Formatter().parse(template))


def test_every_field_of_an_error_has_a_chinese_name() -> None:
    assert not error_fields() - set(FIELDS)


@pytest.mark.parametrize("english", list(SENTENCES))
def test_a_translation_fills_in_the_same_values(english: str) -> None:
    assert placeholders(SENTENCES[english]) == placeholders(english)
    assert SENTENCES[english] != english


def test_every_label_is_complete_and_used() -> None:
    assert all(english and chinese for english, chinese in i18n.LABELS.values())
    source = "".join(path.read_text(encoding="utf-8") for path, _ in sources() if path.name != "labels.py")
    source += (GAN.parent / "app.py").read_text(encoding="utf-8")
    used = {text for _, call in calls(("label", "word")) for text in constants(call.args[0])}
    # "scale." of f"scale.{factor}": what follows is known when the page is built only.
    families = {
        f"{name}." for name in re.findall(r'f"([a-z]+)\.\{', source) + re.findall(r'choices_of\("(\w+)"', source)
    }
    assert used - set(i18n.LABELS) <= families
    unused = {key for key in i18n.LABELS if f'"{key}"' not in source}
    assert not {key for key in unused if key.split(".")[0] + "." not in families}


def test_an_unknown_label_is_refused() -> None:
    with pytest.raises(KeyError):
        i18n.label("no such label")


def test_the_browser_gets_every_chinese_locale() -> None:
    tables = i18n.translations().translations_dict
    assert set(tables) == {"en", *i18n.CHINESE_LOCALES}
    key = i18n.label("stop").key
    assert tables["zh-TW"][key] == "停止"
    assert tables["en"][key] == "Stop"


def test_no_value_is_taken_for_a_label() -> None:
    """Gradio looks up plain values in the browser's table, too: a model called "auto" became "Choose for me"."""
    assert all(":" in key for table in i18n.translations().translations_dict.values() for key in table)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh", "zh"),
        ("zh-HK", "zh"),
        ("de-DE, ZH;q=0.5", "zh"),
        ("en-US,en;q=0.9,zh;q=0.8", "en"),
        ("fr", "en"),
        ("", "en"),
    ],
)
def test_the_language_is_the_request_s(header: str, expected: str) -> None:
    scope = {"type": "http", "headers": [(b"accept-language", header.encode())]}
    assert i18n.language(gr.Request(Request(scope))) == expected


def test_without_a_request_it_is_english() -> None:
    assert i18n.language(None) == "en"


def test_an_error_is_one_sentence_in_either_language() -> None:
    error = InputError("strength", "{value}", "0 to 1 is allowed", "Choose a number within", value=1.5)
    assert i18n.sentence(error, "en") == "strength: 1.5; 0 to 1 is allowed. Choose a number within."
    assert i18n.sentence(error, "zh") == "强度：1.5；允许 0 到 1。请选择范围内的数值。"


def test_a_notice_is_found_as_a_template_and_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    assert i18n.notice(FRAMES_NOTICE, "en") == FRAMES_NOTICE
    assert i18n.notice(FRAMES_NOTICE, "zh") == SENTENCES[FRAMES_NOTICE]
    assert i18n.notice("about 7 s left", "zh") == "约剩 7 s"
    assert i18n.notice("nobody's sentence", "zh") == "nobody's sentence"
