"""Libraries that the page brings in before they are used."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gan.ui import late_imports

PROGRAM = """
import sys
from gan.ui.late_imports import LATE, import_beforehand
assert not [name for name, _ in LATE if name in sys.modules]
import_beforehand().join()
print([name in sys.modules for name, _ in LATE], "skimage.segmentation._watershed" in sys.modules)
"""


def test_they_are_there_once_the_thread_has_ended() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout == "[True, True, True] True\n"


def test_one_that_is_missing_is_passed_over(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(late_imports, "LATE", (("gan.no_such_module", "a"), ("json", "no_such_name"), ("this", "s")))
    late_imports.import_beforehand().join()
    assert "Zen of Python" in capfd.readouterr().out  # the last one was imported, and prints
