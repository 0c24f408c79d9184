"""Enhance's tab: from widgets to a request, from a result to what is shown, and one run from end to end."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import torch
from pages import SHA256, FakeChoice, FakeStudio, endpoint, photograph, within_a_loop
from PIL import Image

from gan.core.contract import Progress, Request, Result
from gan.core.errors import InputError
from gan.enhance.adjust import Adjustments
from gan.enhance.page import tab
from gan.enhance.pipeline import EnhanceRequest
from gan.imaging.io.codec import Encoding, decode
from gan.imaging.picture import Picture
from gan.ui.endpoint import Asked, Done
from gan.ui.form import Form, read


def picture(width: int = 40, height: int = 30, **fields: Any) -> Picture:
    return Picture(torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0)), **fields)


def shown(tmp_path: Path, *, reference: Picture | None = None, to: Any = "en", **fields: Any) -> dict[str, Any]:
    """What the page shows of a result, by name."""
    request = EnhanceRequest(picture=picture(name="red shoe.heic", **fields), adjustments=Adjustments(auto=True))
    asked = Asked(request, Encoding(file_format="webp"), tab.Measured(reference=reference))
    values = tab.finish(Done(asked, FakeStudio().run(request), tmp_path, to))
    return dict(zip(("file", "pair", "summary", "record"), values, strict=True))


def form_of(**values: Any) -> EnhanceRequest:
    """What the tab asks for with those values in its widgets, and the others as they are at first."""

    def make() -> Form[EnhanceRequest]:
        with gr.Blocks(analytics_enabled=False):
            form = Form(EnhanceRequest, "enhance")
            for name in ("scale", "strength"):
                form.add(name)
            for group in ("size", "adjust"):
                form.add_group(group)
        return form

    form = within_a_loop(make)
    given = [values.get(name, widget.value) for name, widget in form.fields.items()]
    return read(EnhanceRequest, {**form.given(given), "image": values["image"]})


@pytest.fixture
def shoe(tmp_path: Path) -> str:
    return str(photograph(tmp_path / "shoe.png", (40, 30)))


def test_nothing_and_zero_are_no_exact_size(shoe: str) -> None:
    assert (form_of(image=shoe, width=0).width, form_of(image=shoe, height=None).height) == (None, None)
    assert form_of(image=shoe, width=60).output_size == (45, 60)
    assert form_of(image=shoe, height=60.0).output_size == (60, 80)


@pytest.mark.parametrize(
    "changes",
    [{"scale": 3}, {"strength": 1.5}, {"width": 60, "height": 60}, {"width": 161}, {"height": -5}],
)
def test_what_cannot_be_asked_is_refused(shoe: str, changes: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        form_of(image=shoe, **changes)


def test_the_result_is_written_whole_and_the_previews_are_alike(tmp_path: Path) -> None:
    made = shown(tmp_path)
    assert Path(made["file"]) == tmp_path / "red shoe-enhanced.webp"
    with Image.open(made["file"]) as image:
        assert image.size == (80, 60)
    for path in made["pair"]:
        with Image.open(path) as image:
            assert (image.format, image.size) == ("JPEG", (80, 60))


def test_the_summary_says_what_was_done(tmp_path: Path) -> None:
    summary = shown(tmp_path, notices=("The EXIF data is damaged and was not kept",))["summary"]
    for text in ("40 × 30 px → 80 × 60 px", "WEBP, ", "enhance-x2 · 3fa91c07", "White balance +0.40"):
        assert text in summary
    assert "Exposure" not in summary  # chosen, but not used
    assert summary.count("The EXIF data is damaged and was not kept") == 1


def test_the_summary_speaks_chinese(tmp_path: Path) -> None:
    summary = shown(tmp_path, to="zh", notices=("The EXIF data is damaged and was not kept",))["summary"]
    for text in ("尺寸", "用时", "白平衡 +0.40", "EXIF 信息已损坏"):
        assert text in summary


def test_the_record_is_enough_to_make_it_again(tmp_path: Path) -> None:
    record = json.loads(Path(shown(tmp_path)["record"]).read_text(encoding="utf-8"))
    assert record["weights"] == {"enhance-x2": SHA256}
    assert record["request"]["picture"] == "red shoe.heic"
    assert record["request"]["scale"] == 2
    assert record["output"]["file"] == "red shoe-enhanced.webp"
    assert record["output"]["quality"] == 92


def test_a_reference_is_measured(tmp_path: Path) -> None:
    summary = shown(tmp_path, reference=picture(80, 60))["summary"]
    for text in ("MSE", "PSNR", " dB", "SSIM"):
        assert text in summary


def test_a_reference_of_another_size_does_not_cost_the_result(tmp_path: Path) -> None:
    made = shown(tmp_path, reference=picture(50, 50))
    assert Path(made["file"]).is_file()
    assert "50x50 pixels, and the picture has 80x60" in made["summary"]
    assert "PSNR" not in made["summary"]


def run(studio: FakeStudio, *given: Any) -> Iterator[tuple[Any, ...]]:
    return endpoint(lambda: tab.build(studio.run, studio.choices), "enhance")(*given)


class WatchedStudio(FakeStudio):
    """Goes on only once someone has seen how far it is."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = threading.Event()

    def run(self, request: Request, *, progress: Progress | None = None, **others: Any) -> Result:
        assert progress is not None
        progress(3, 10, "Enhancing")
        assert self.seen.wait(60)
        return super().run(request, progress=progress, **others)


def test_a_run_from_file_to_files(tmp_path: Path) -> None:
    studio = WatchedStudio()
    steps = run(studio, str(photograph(tmp_path / "shoe.png")), 4, 0, 0, 0.5, "enhance-x2")
    for step in steps:
        if step[0] != gr.skip():
            file, pair, summary, record, status = step
            assert decode(file).width_px == 4 * 48
            assert all(Path(path).is_file() for path in (*pair, record))
            assert "192 × 128 px" in summary
            assert status == ""
            break
        assert step[:4] == (gr.skip(),) * 4
        if "30%" in step[4]:
            studio.seen.set()
    else:
        pytest.fail("no result was shown")
    assert studio.seen.is_set()
    assert list(steps) == []
    assert not Path(file).exists()  # Gradio has its own copy by now
    (request,) = studio.requests
    assert (request.scale, request.strength, request.model) == (4, 0.5, "enhance-x2")


def test_the_adjustments_arrive_where_they_belong(tmp_path: Path) -> None:
    studio = FakeStudio()
    list(run(studio, str(photograph(tmp_path / "a.png")), 2, 0, 0, 1, "auto", False, 0.1, 0.2, 0.3, -0.4, 0.5))
    assert studio.requests[0].adjustments == Adjustments(
        white_balance=0.1, exposure=0.2, local_contrast=0.3, saturation=-0.4, sharpness=0.5
    )


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ((None,), "image: missing; one picture is required"),
        (("{bad}",), "image: not a picture"),
        (("{good}", 2, 0, 0, 1, "auto", False, 0, 0, 0, 0, 0, "jpeg", 92, True), "lossless: jpeg is always lossy"),
        (("{good}", 2, 10, 10), "width: both a width and a height"),
        (
            ("{good}", 2, 0, 0, 1, "auto", False, 0, 0, 0, 0, 0, "png", 92, False, False, False, "{bad}"),
            "reference: not a",
        ),
    ],
)
def test_every_refusal_is_one_sentence_before_anything_is_run(
    tmp_path: Path, given: tuple[Any, ...], sentence: str
) -> None:
    (tmp_path / "bad").write_bytes(b"no picture at all")
    files = {"good": photograph(tmp_path / "good.png"), "bad": tmp_path / "bad"}
    studio = FakeStudio()
    with pytest.raises(gr.Error, match=sentence):
        list(run(studio, *(value.format(**files) if isinstance(value, str) else value for value in given)))
    assert not studio.requests


def test_stop_reaches_the_run(tmp_path: Path) -> None:
    studio = FakeStudio(step_s=0.1)
    steps = run(studio, str(photograph(tmp_path / "shoe.png")))
    while not studio.requests:
        next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert studio.cancelled.wait(60)


def page_with(choices: Sequence[FakeChoice]) -> gr.Blocks:
    def make() -> gr.Blocks:
        page = gr.Blocks(analytics_enabled=False)
        with page:
            tab.build(FakeStudio().run, choices)
        return page

    return within_a_loop(make)


def test_without_a_model_the_button_is_off_and_the_reason_is_shown() -> None:
    missing = FakeChoice(ready=False, reason="its file is <missing>")
    for choices, interactive in (([missing], False), ([], False), ([missing, FakeChoice()], True)):
        page = page_with(choices)
        blocks = {block.elem_id: block for block in page.blocks.values()}
        assert blocks["enhance-run"].interactive is interactive
        assert ("enhance-unavailable" in blocks) == (not interactive)
        values = [str(block.value) for block in page.blocks.values() if isinstance(block, gr.HTML)]
        assert any("&lt;missing&gt;" in value for value in values) == (not interactive and bool(choices))


def test_only_models_that_are_ready_are_offered() -> None:
    page = page_with([FakeChoice(), FakeChoice(name="other", ready=False)])
    (model,) = [block for block in page.blocks.values() if block.elem_id == "enhance-model"]
    assert [value for _, value in model.choices] == ["auto", "enhance-x2"]
