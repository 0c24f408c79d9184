"""Styles, scripts and HTML templates, which lie beside this module as files."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2

FOLDER: Final = Path(__file__).parent


def asset(name: str) -> str:
    """A file's text."""
    return (FOLDER / name).read_text(encoding="utf-8").strip()


def html_of(template: str, /, **values: Any) -> str:
    """HTML from a file in `templates/`; all values are escaped."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
