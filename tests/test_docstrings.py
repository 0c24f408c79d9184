"""First lines of docstrings: what a thing is or does, in words that one would search for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "gan"
OPENINGS = re.compile(r"(What|How|Where|Which|Whether|As)\b")


def begun_so() -> Iterator[tuple[Path, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                text = ast.get_docstring(node) or ""
                if OPENINGS.match(text):
                    yield path.relative_to(PACKAGE), text.splitlines()[0]


def test_no_docstring_begins_with_a_question() -> None:
    assert list(begun_so()) == []
