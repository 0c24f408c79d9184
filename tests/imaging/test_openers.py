"""A process that serves or runs commands opens the documented formats alone, whoever asks."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from PIL import Image

from gan.imaging.io.file_types import READABLE

ROOT = Path(__file__).resolve().parents[2]


def printed(program: str, *arguments: str) -> list[str]:
    """What a fresh process prints: the openers are a property of the process, and there is no way back."""
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), *arguments],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return run.stdout.splitlines()


def test_only_the_documented_formats_open(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n%%EOF\n")
    Image.new("RGB", (4, 3)).save(tmp_path / "b.png", format="PPM")
    Image.new("RGB", (4, 3)).save(tmp_path / "c.png")
    lines = printed(
        """
        import sys
        from PIL import Image
        from gan.imaging.io.file_types import keep_documented_openers
        keep_documented_openers()
        Image.init()
        import PIL.EpsImagePlugin
        print(*sorted(Image.OPEN)); print(*sorted(Image.ID)); print("EPS" in Image.SAVE)
        for path in sys.argv[1:]:
            try:
                print(Image.open(path).format)
            except Exception as error:
                print(type(error).__name__)
        """,
        *(str(tmp_path / name) for name in ("a.png", "b.png", "c.png")),
    )
    assert [set(lines[0].split()), set(lines[1].split())] == [set(READABLE)] * 2
    assert lines[2:] == ["True", "UnidentifiedImageError", "UnidentifiedImageError", "PNG"]


def test_a_picture_beyond_the_limit_opens_for_nobody(tmp_path: Path) -> None:
    Image.new("1", (10_001, 10_000)).save(tmp_path / "large.png")
    lines = printed(
        """
        import sys
        from PIL import Image
        from gan.imaging.io.file_types import keep_documented_openers
        keep_documented_openers()
        try:
            Image.open(sys.argv[1])
        except Image.DecompressionBombWarning as error:
            print("refused")
        """,
        str(tmp_path / "large.png"),
    )
    assert lines == ["refused"]


@pytest.mark.parametrize(
    "start", ["from gan.cli.main import main; main(['weights', 'list'])", "from gan.ui.serve import serve; serve(*A)"]
)
def test_it_happens_at_the_start_of_commands_and_of_the_page(start: str) -> None:
    lines = printed(
        f"""
        from PIL import Image
        from types import SimpleNamespace
        def launch(**_): raise OSError
        A = SimpleNamespace(launch=launch), None, None
        try:
            {start}
        except Exception as error:
            print(type(error).__name__)
        print("openers", len(Image.OPEN))
        """
    )
    assert lines[-1] == f"openers {len(READABLE)}"
