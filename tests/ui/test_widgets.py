"""Shared widgets: previews, what is offered, what is remembered, and that nothing is shown unescaped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import torch
from pages import photograph
from PIL import Image

from gan.imaging.io.codec import decode
from gan.imaging.picture import Picture
from gan.ui import widgets
from gan.ui.preview import LONGEST_PX, preview_size, write_preview
from gan.ui.result import licence_text, model_rows


def flat(width: int, height: int, alpha: float | None = None) -> Picture:
    shape = (1, 1, height, width)
    return Picture(torch.full((1, 3, height, width), 0.2), None if alpha is None else torch.full(shape, alpha))


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [(640, 480, (480, 640)), (4096, 1024, (512, 2048)), (1, 9000, (2048, 1)), (2048, 2049, (2048, 2047))],
)
def test_a_preview_fits_and_keeps_its_shape(width: int, height: int, expected: tuple[int, int]) -> None:
    assert preview_size(flat(width, height)) == expected
    assert max(expected) <= LONGEST_PX


def test_a_preview_is_a_jpeg_of_the_size_asked_for_on_white(tmp_path: Path) -> None:
    path = write_preview(flat(30, 20, alpha=0.0), tmp_path / "preview.jpg", (40, 60))
    with Image.open(path) as image:
        assert (image.format, image.size) == ("JPEG", (60, 40))
        assert image.convert("L").getextrema() == (255, 255)


def test_a_preview_leaves_the_picture_alone(tmp_path: Path) -> None:
    picture = flat(30, 20)
    write_preview(picture, tmp_path / "preview.jpg", (10, 15))
    assert torch.equal(picture.rgb, flat(30, 20).rgb)
    assert abs(float(decode(tmp_path / "preview.jpg").rgb.mean()) - 0.2) < 0.01


def look(path: Path | None) -> list[tuple[Any, Any]]:
    return list(widgets._look(None if path is None else str(path), None))  # type: ignore[arg-type]


def test_a_photograph_is_shown_with_its_facts(tmp_path: Path) -> None:
    for preview, facts in widgets._look(str(photograph(tmp_path / "shoe.heic.png")), None):  # type: ignore[arg-type]
        if preview["visible"]:
            with Image.open(preview["value"]) as image:
                assert image.size == (48, 32)
            assert facts["value"].startswith("48 × 32 px · PNG · ")
            break
    else:
        pytest.fail("no preview was shown")


def test_what_is_no_picture_clears_the_preview_first_and_then_says_why(tmp_path: Path) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"<html>")
    shown = widgets._look(str(bad), None)  # type: ignore[arg-type]
    assert next(shown)[0]["value"] is None
    with pytest.raises(gr.Error, match="image: a web page"):
        next(shown)


def test_taking_the_picture_away_clears_the_preview() -> None:
    assert [preview["value"] for preview, _ in look(None)] == [None]


def test_every_network_is_named_with_its_license() -> None:
    rows = model_rows({"net": "ab" * 32}, {}, "zh")
    assert rows == [("模型", "net · abababab"), ("许可证", "未注明许可证，请向模型作者确认")]
    assert licence_text({"net": "mit"}, "en") == "Models: net (mit)"
    assert licence_text({}, "en") == ""


def test_facts_are_escaped() -> None:
    shown = widgets.facts_list([("<b>", "<i>")], ["<script>"])
    assert shown == "<dl><dt>&lt;b&gt;</dt><dd>&lt;i&gt;</dd></dl><p>&lt;script&gt;</p>"


@pytest.mark.parametrize(
    ("file_format", "lossless", "quality", "offered"),
    [
        ("png", False, False, False),
        ("tiff", False, False, False),
        ("jpeg", False, True, False),
        ("avif", True, True, False),
        ("webp", False, True, True),
        ("webp", True, False, True),
    ],
)
def test_only_what_the_format_has_is_offered(file_format: str, lossless: bool, quality: bool, offered: bool) -> None:
    slider, checkbox = widgets._offer_quality(file_format, lossless)
    assert (slider["visible"], checkbox["visible"]) == (quality, offered)
    assert ("value" in checkbox) == (not offered)


def test_what_is_hidden_is_off() -> None:
    assert widgets._offer_quality("jpeg", True)[1]["value"] is False
    assert widgets._offer_location(False)["value"] is False
    assert "value" not in widgets._offer_location(True)


@pytest.mark.parametrize(
    ("view", "slider", "before", "after"),
    [
        ("swipe", True, False, False),
        ("before", False, True, False),
        ("after", False, False, True),
        ("both", False, True, True),
    ],
)
def test_every_view_shows_what_it_says(view: str, slider: bool, before: bool, after: bool) -> None:
    shown = widgets._arrange(view, ("a.jpg", "b.jpg"))
    assert [update["visible"] for update in shown] == [slider, before, after, slider]
    assert (shown[1]["value"], shown[2]["value"]) == ("a.jpg", "b.jpg")
    assert widgets._arrange(view, None)[1]["value"] is None


def test_stop_before_the_first_result_reveals_nothing() -> None:
    assert [update["visible"] for update in widgets._reveal("swipe", None)[3:]] == [False, False, False]
    assert [update["visible"] for update in widgets._reveal("swipe", ("a.jpg", "b.jpg"))[3:]] == [True, True, True]


def test_what_is_remembered_is_checked_before_it_is_set() -> None:
    skipped = gr.skip()
    radio, slider, checkbox = gr.Radio([1, 2]), gr.Slider(0, 1, 1), gr.Checkbox()
    assert widgets._allowed(radio, 2) == 2
    assert widgets._allowed(radio, 3) == skipped
    assert widgets._allowed(slider, 0.5) == 0.5
    assert widgets._allowed(slider, 5) == skipped
    assert widgets._allowed(slider, "x") == skipped
    assert widgets._allowed(checkbox, True) is True
    assert widgets._allowed(checkbox, "yes") == skipped


def test_examples_may_be_missing_or_empty(tmp_path: Path) -> None:
    assert widgets._pictures(None) == []
    assert widgets._pictures(tmp_path / "nowhere") == []
    (tmp_path / "SOURCES.md").write_text("whence")
    assert widgets._pictures(tmp_path) == []
    photograph(tmp_path / "b.jpg")
    photograph(tmp_path / "a.png")
    assert [path.name for path in widgets._pictures(tmp_path)] == ["a.png", "b.jpg"]


def test_a_size_is_for_people(tmp_path: Path) -> None:
    for size, expected in ((1, "1 KB"), (2000, "2 KB"), (5 * 2**20, "5.0 MB")):
        (tmp_path / "file").write_bytes(b"x" * size)
        assert widgets.megabytes(tmp_path / "file") == expected
