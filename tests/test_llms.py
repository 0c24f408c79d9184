"""The page of docs for agents says what the declaration says."""

from __future__ import annotations

from pathlib import Path

import llms
from pages import FakeStudio, within_a_loop

import app


def test_the_page_of_docs_is_current() -> None:
    page = within_a_loop(lambda: app.build(FakeStudio()))  # type: ignore[arg-type]
    written = (Path(app.__file__).parent / "docs/llms.md").read_text(encoding="utf-8")
    assert written == llms.page_of(page), "run: python tests/llms.py > docs/llms.md"
