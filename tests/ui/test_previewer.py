"""The preview that pages share: what is shown at once, while nothing is chosen, and where nothing can be made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from gan.core.errors import InputError
from gan.imaging.picture import Picture
from gan.ui.i18n import Language
from gan.ui.previewer import PREVIEW_PX, Previewer


class Halved(Previewer):
    """Shows the picture at half its brightness, with one output beside; "bad" cannot be made."""

    beside = 1

    def made(self, image: str, values: tuple[Any, ...], to: Language) -> tuple[Picture, str, str]:
        if values == ("bad",):
            raise InputError("choice", "<bad>", "a good one is needed", "Choose again")
        small = self.seen(image).small
        return small.with_pixels(small.rgb / 2, None), "a < b", "beside"


class WithItself(Halved):
    """Shows the photograph where nothing can be made."""

    def instead(self, image: str) -> Picture:
        return self.seen(image).small


@pytest.fixture
def photograph(tmp_path: Path) -> str:
    Image.new("RGB", (2 * PREVIEW_PX, PREVIEW_PX), (200, 200, 200)).save(tmp_path / "shoe.png")
    return str(tmp_path / "shoe.png")


def brightness(update: dict[str, Any]) -> int:
    assert update["visible"]
    with Image.open(update["value"]) as image:
        assert image.size == (PREVIEW_PX, PREVIEW_PX // 2)
        return image.getpixel((9, 9))[0]


def test_a_photograph_shows_as_it_is_then_as_it_will_be(photograph: str) -> None:
    steps = Halved().open(None, photograph, "good")  # type: ignore[arg-type]
    plain, facts, *empty = next(steps)
    assert (brightness(plain), empty) == (200, ["", ""])
    assert "1024" in facts["value"]
    made, *_, line, beside = next(steps)
    assert (brightness(made), line, beside) == (100, "<span>a &lt; b</span>", "beside")


def test_without_a_photograph_nothing_is_shown() -> None:
    (emptied,) = Halved().open(None, None)  # type: ignore[arg-type]
    assert [each["visible"] for each in emptied[:2]] == [False, False]
    assert emptied[2:] == ("", "")
    (kept,) = Halved().preview(None, None)  # type: ignore[arg-type]
    assert kept == (gr.skip(), gr.skip(), "", gr.skip())


def test_what_cannot_be_made_is_a_line_and_no_error(photograph: str) -> None:
    (said,) = Halved().preview(None, photograph, "bad")  # type: ignore[arg-type]
    assert said[0] == said[1] == said[3] == gr.skip()
    assert said[2].startswith("<span>choice: &lt;bad&gt;")
    steps = WithItself().preview(None, photograph, "bad")  # type: ignore[arg-type]
    assert brightness(next(steps)[0]) == 200


def test_a_file_that_is_no_picture_is_an_error_and_empties_the_preview(tmp_path: Path) -> None:
    (tmp_path / "shoe.png").write_text("no picture")
    steps = Halved().open(None, str(tmp_path / "shoe.png"))  # type: ignore[arg-type]
    assert next(steps)[0]["visible"] is False
    with pytest.raises(gr.Error, match="image"):
        next(steps)
