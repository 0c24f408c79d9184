"""Styles, scripts, templates and catalogs: shipped with the package, and templates escape what they are given."""

from __future__ import annotations

import sys
from pathlib import Path

import jinja2
import pytest

from gan.ui.assets import FOLDER, asset, html_of
from gan.ui.theme import CSS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]


def test_every_file_of_the_pages_is_shipped() -> None:
    shipped = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"][
        "gan.ui"
    ]
    found = {path for pattern in shipped for path in FOLDER.glob(pattern)}
    assert found == {path for path in FOLDER.rglob("*.*") if path.suffix not in (".py", ".pyc")}
    assert {path.suffix for path in found} == {".css", ".js", ".html", ".svg", ".toml"}


def test_scripts_are_functions_and_the_style_has_its_rules() -> None:
    """Gradio calls a script that begins as a function; a comment before it would make it a statement."""
    for path in FOLDER.glob("*.js"):
        assert "=> {" in asset(path.name).splitlines()[0]
    assert ".verdicts" in CSS


def test_templates_escape_and_miss_no_value() -> None:
    told = html_of("facts.html", rows=[("<b>", "a & b")], notices=["<script>"])
    assert told == "<dl><dt>&lt;b&gt;</dt><dd>a &amp; b</dd></dl><p>&lt;script&gt;</p>"
    with pytest.raises(jinja2.UndefinedError):
        html_of("facts.html", rows=[])
