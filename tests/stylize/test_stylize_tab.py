"""Stylize's tab: what is chosen, the preview, one result, what programs call; and the page without a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import torch
from pages import FakeChoice, photograph
from PIL import Image
from stylings import FORMAT, NAMES, STYLE, FakeRun, call, held, on_page, page_with, photographic, values

from gan.api import Studio
from gan.core.contract import Request, Result
from gan.core.errors import InputError
from gan.imaging.io.codec import decode
from gan.imaging.io.cube import read_cube
from gan.imaging.io.formats import LOSSY
from gan.stylize.page import style as tab_style
from gan.stylize.page import tab
from gan.stylize.page.handlers import Choices
from gan.stylize.page.preview import StylePreviewer
from gan.stylize.presets import PRESETS
from gan.ui.i18n import CATALOGS
from gan.ui.pictures import THUMB_PX

# A style is chosen


def test_a_preset_or_files_in_proportion_are_in_use() -> None:
    assert tab_style.chosen_styles(*STYLE) == ((PRESETS[NAMES[0]].path,), ())
    assert tab_style.chosen_styles(NAMES[0], ["a.png"], 0.2, 1, 1, 1) == ((Path("a.png"),), ())
    files, shares = tab_style.chosen_styles(NAMES[0], ["a.png", "b.png"], 0.2, 0.6, 1, 1)
    assert (files, shares) == ((Path("a.png"), Path("b.png")), pytest.approx((0.25, 0.75)))
    assert tab_style.chosen_styles(NAMES[0], ["a.png", "b.png"], 0, 0, 1, 1)[1] == (0, 0)
    with pytest.raises(InputError, match="5 files; at most 4"):
        tab_style.chosen_styles(NAMES[0], list("abcde"), 1, 1, 1, 1)


def test_choosing_a_preset_takes_the_files_away() -> None:
    event = gr.SelectData(None, {"index": 2, "value": None})
    name, gallery, own, *weights, line = tab_style.choose(event, None)  # type: ignore[arg-type]
    assert (name, own, gallery["selected_index"]) == (NAMES[2], None, 2)
    assert [weight["visible"] for weight in weights] == [False] * 4
    assert PRESETS[NAMES[2]].title in line


@pytest.mark.parametrize(
    ("files", "shown", "kind"),
    [
        ([], 0, None),
        (["sea.png"], 0, None),
        (["a.png", "b.png", "c.png"], 3, None),
        (["warm.CUBE"], 0, "photographic"),
    ],
)
def test_files_come_and_go(files: list[str], shown: int, kind: str | None) -> None:
    gallery, *weights, line, asked = tab_style.brought(files, NAMES[1], None)  # type: ignore[arg-type]
    assert ("unused" in gallery["elem_classes"]) == bool(files)
    assert [weight["visible"] for weight in weights] == [True] * shown + [False] * (4 - shown)
    assert (Path(files[0]).stem if files else PRESETS[NAMES[1]].title) in line
    assert asked.get("value") == kind
    with pytest.raises(gr.Error, match="at most 4"):
        tab_style.brought(list("abcde"), NAMES[1], None)  # type: ignore[arg-type]


def test_every_preset_has_a_thumbnail_and_a_title_in_both_languages() -> None:
    pictures = tab_style._thumbnails()
    assert len(pictures) == len(NAMES) >= 12
    assert {max(picture.size) for picture in pictures} == {THUMB_PX}
    assert all(preset.title in CATALOGS["zh"].sentences for preset in PRESETS.values())
    assert tab_style.titles("zh") != tab_style.titles("en")
    assert set(tab.EXAMPLE_STYLES.values()) <= set(NAMES)


# The preview


def test_the_preview_is_made_once_and_mixed_as_the_result_is(tmp_path: Path) -> None:
    path, style = photograph(tmp_path / "shoe.png"), photograph(tmp_path / "sea.png", (64, 64))
    run = photographic(tmp_path)
    asked: list[Request] = []

    def counted(request: Request, **options: Any) -> Result:
        asked.append(request)
        return run(request, **options)

    previewer = StylePreviewer(counted, held)
    for strength in (1.0, 0.3, 0.0, 0.7):
        wish = Choices((Path(style),), (), {"kind": "photographic", "strength": strength})
        shown = previewer.mixed(str(path), wish).rgb
        expected = Studio("cpu", tmp_path).stylize(path, style, kind="photographic", strength=strength).picture.rgb
        assert torch.allclose(shown, expected, atol=1e-5)
    assert len(asked) == 1
    previewer.mixed(str(path), Choices((Path(style),), (), {"kind": "photographic", "preserve_color": True}))
    assert len(asked) == 2


def test_the_preview_sees_a_small_copy_with_its_mask(tmp_path: Path) -> None:
    path = photograph(tmp_path / "large.png", (1200, 600))
    Image.new("L", (1200, 600), 255).save(tmp_path / "mask.png")
    run = FakeRun()
    previewer = StylePreviewer(run, held)
    options = {"where": "product", "mask": str(tmp_path / "mask.png"), "content_px": 1024}
    wish = Choices((PRESETS[NAMES[0]].path,), (), options)
    assert previewer.mixed(str(path), wish).rgb.shape == (1, 3, 256, 512)
    (request,) = run.requests
    assert (request.mask.width_px, request.content_px, request.strength) == (512, None, 1.0)
    Image.new("L", (512, 256), 255).save(tmp_path / "small.png")
    with pytest.raises(InputError, match="512 x 256 px mask, 1200 x 600 px picture"):
        previewer.mixed(str(path), Choices(wish.styles, (), {**options, "mask": str(tmp_path / "small.png")}))


@pytest.mark.parametrize(
    ("size", "changes", "line"),
    [
        ((300, 200), {}, "Preview at the picture&#x27;s own size"),
        ((1500, 1000), {}, "<span>Preview at 512 px</span>"),
        ((4000, 600), {}, "Preview at 512 px. At 4000 × 600 px strokes are finer; painting resolution 2048"),
        ((4000, 600), {"content_px": 512}, "<span>Preview at 512 px</span>"),
        ((1500, 1000), {"kind": "photographic"}, "<span>Preview at 512 px</span>"),
        ((1500, 1000), {"style_px": 9999}, "style_px: 9999"),
    ],
)
def test_the_line_says_how_the_result_will_differ(
    tmp_path: Path, size: tuple[int, int], changes: dict[str, Any], line: str
) -> None:
    path = photograph(tmp_path / "shoe.png", size)
    *_, (shown, _, said) = StylePreviewer(FakeRun(), held).preview(None, str(path), *values(**changes))  # type: ignore[arg-type]
    assert line in said
    assert shown["visible"]


def test_opening_shows_the_photograph_then_its_style(tmp_path: Path) -> None:
    previewer = StylePreviewer(FakeRun(), held)
    path = photograph(tmp_path / "shoe.png", (96, 64))
    plain, styled = [(shown["value"], facts["value"]) for shown, facts, _ in _opened(previewer, path, tmp_path)]
    assert torch.allclose(decode(plain[0]).rgb.flip(1), decode(styled[0]).rgb, atol=0.05)
    assert plain[1].startswith("96 × 64 px · PNG · ")
    assert plain[1] == styled[1]
    ((shown, facts, line),) = previewer.open(None, None, *values())  # type: ignore[arg-type]
    assert (shown["visible"], facts["visible"], line) == (False, False, "")
    (tmp_path / "bad.jpg").write_bytes(b"<html>")
    steps = previewer.open(None, str(tmp_path / "bad.jpg"), *values())  # type: ignore[arg-type]
    assert next(steps)[0]["visible"] is False
    with pytest.raises(gr.Error, match="image: a web page"):
        next(steps)


def _opened(previewer: StylePreviewer, path: Path, folder: Path) -> list[tuple[Any, ...]]:
    """With the files copied, as Gradio does before the handler goes on."""
    steps = []
    for number, step in enumerate(previewer.open(None, str(path), *values())):  # type: ignore[arg-type]
        copy = folder / f"kept-{number}.jpg"
        copy.write_bytes(Path(step[0]["value"]).read_bytes())
        steps.append(({**step[0], "value": str(copy)}, *step[1:]))
    return steps


# One result


def ran(run: Any, path: Path, *given: Any) -> Any:
    *_, last = on_page(run, path, *given)
    return last


def test_a_run_from_file_to_files(tmp_path: Path) -> None:
    path = photograph(tmp_path / "shoe.png", (640, 400))
    for step in on_page(FakeRun(), path, *values(), *FORMAT):
        if step[0] != gr.skip():
            file, pair, summary, record, cube, original, hold, status = step
            assert torch.allclose(decode(file).rgb, decode(path).rgb.flip(1), atol=1e-6)
            assert Path(file).name == "shoe-stylized.png"
            assert original == pair[0]
            assert (cube["visible"], hold["visible"], status) == (False, True, "")
            assert json.loads(Path(record).read_text())["request"]["styles"][0]["picture"] == f"{NAMES[0]}.webp"
            for text in ("640 × 400 px", "stylize · 3fa91c07", PRESETS[NAMES[0]].title, "Structure kept"):
                assert text in summary
            assert "Restyled area" not in summary
            return
    pytest.fail("there was no result")


def test_a_photographic_result_can_be_applied_elsewhere(tmp_path: Path) -> None:
    path = photograph(tmp_path / "shoe.png", (64, 48))
    for step in on_page(photographic(tmp_path), path, *values(kind="photographic"), *FORMAT):
        if step[0] != gr.skip():
            cube = step[4]
            assert cube["visible"]
            assert Path(cube["value"]).name == "shoe-look.cube"
            again = read_cube(cube["value"]).apply(decode(path).rgb)
            assert torch.allclose(again, decode(step[0]).rgb, atol=2 / 255)
            return
    pytest.fail("there was no result")


@pytest.mark.parametrize(("file_format", "lossy"), [("jpeg", True), ("png", False)])
def test_what_lies_outside_changes_in_a_lossy_format_which_is_said(
    tmp_path: Path, file_format: str, lossy: bool
) -> None:
    path = photograph(tmp_path / "shoe.png")
    summary = ran(FakeRun(), path, *values(where="ground"), file_format, *FORMAT[1:])[2]
    assert (LOSSY in summary) == lossy
    assert "Restyled area</dt><dd>25.00 %" in summary


def test_a_mask_that_is_out_of_sight_does_not_count(tmp_path: Path) -> None:
    assert "mask" not in held(values(mask="mask.png")).options
    assert held(values(mask="mask.png", where="product")).options["mask"] == "mask.png"


def test_nothing_to_do_is_said(tmp_path: Path) -> None:
    with pytest.raises(gr.Error, match="image: missing"):
        list(on_page(FakeRun(), None, *values(), *FORMAT))


# What programs call


def test_the_api_s_defaults_are_the_first_preset_at_full_strength(tmp_path: Path) -> None:
    run, path = FakeRun(), photograph(tmp_path / "shoe.png")
    other = str(photograph(tmp_path / "sea.png"))
    *_, last = call(run, "stylize", str(path))
    list(call(run, "stylize", str(path), NAMES[1], [other], "1,3"))
    list(call(run, "stylize", str(path), "", [other]))
    first, mixed, own = run.requests
    assert last[4:] == (None, "")
    assert [style.picture.name for style in first.styles] == [f"{NAMES[0]}.webp"]
    defaults = (first.strength, first.kind, first.where, first.content_px, first.style_px)
    assert defaults == (1.0, "artistic", "everywhere", None, None)
    assert [style.picture.name for style in mixed.styles] == [f"{NAMES[1]}.webp", "sea.png"]
    assert mixed.shares == (0.25, 0.75)
    assert [style.picture.name for style in own.styles] == ["sea.png"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"style": "/etc/passwd"}, "there is no preset /etc/passwd"),
        ({"weights": "much"}, "weight: much"),
        ({"weights": "1,2"}, "2 weights for 1 styles"),
        ({"kind": "cubist"}, "kind: cubist"),
        ({"file_format": "bmp"}, "format: bmp"),
    ],
)
def test_a_refusal_is_one_sentence_and_nothing_is_run(tmp_path: Path, given: dict[str, Any], sentence: str) -> None:
    run = FakeRun()
    with pytest.raises(gr.Error, match=sentence):
        list(call(run, "stylize", str(photograph(tmp_path / "shoe.png")), **given))
    assert not run.requests


# The page


def test_without_a_model_the_photographic_kind_works_on() -> None:
    missing = FakeChoice(ready=False, reason="its file is <missing>")
    for choices, ready in (([missing], False), ([], False), ([missing, FakeChoice()], True)):
        named = {block.elem_id: block for block in page_with(choices).blocks.values()}
        assert named["stylize-run"].interactive
        assert named["stylize-sheet-run"].interactive is ready
        kinds = [value for _, value in named["stylize-kind"].choices]
        assert kinds == (["artistic", "photographic"] if ready else ["photographic"])
        assert named["stylize-kind"].value == kinds[0]
        assert named["stylize-strokes"].visible is ready
        assert ("stylize-unavailable" in named) == (not ready)
