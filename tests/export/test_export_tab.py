"""The Check & export tab without a browser: what its handlers give, its cards, its channels, Stop."""

from __future__ import annotations

import csv
import io
import json
import threading
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
import torch
from pages import FakeChoice, within_a_loop
from shots import cut, save, shot

from gan.core.contract import Context, Model, Progress, Request, Result
from gan.core.contract import run as carry_out
from gan.core.errors import InputError, WeightsError
from gan.core.message import Message
from gan.export.channels import CHANNELS, Channel, channel_of
from gan.export.page import tab
from gan.export.page.cards import Card, cards, thumb
from gan.export.page.channel import OWN, _by_file, _by_name, _show, asked, chosen, described
from gan.export.page.handlers import Handlers, Report, pick
from gan.export.pipeline import CheckRequest, ExportRequest, check_picture, export
from gan.export.rule_result import Finding
from gan.export.rules import RULES
from gan.imaging.io.codec import decode
from gan.ui import many_files
from gan.ui.i18n import LABELS
from gan.ui.many_files import join


class RealRun:
    """The pipelines without any network; remembers what it was asked, and calls `before` ahead of every request."""

    def __init__(self, before: Callable[[int], None] = lambda number: None) -> None:
        self.requests: list[Any] = []
        self._before = before

    def __call__(
        self, request: Request, *, progress: Progress | None = None, cancel: threading.Event | None = None
    ) -> Result:
        self.requests.append(request)
        self._before(len(self.requests))
        task, pipeline = {CheckRequest: ("check", check_picture), ExportRequest: ("export", export)}[type(request)]
        context = Context(torch.device("cpu"), _no_model, progress=progress, cancel=cancel)
        return carry_out(pipeline, request, context, task=task)  # type: ignore[arg-type]


def _no_model(name: str, task: str = "") -> Model:
    raise WeightsError("model", "{name} is missing", "none is here", "Use transparency", name=name)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """One that breaks rules of Amazon's, one that is no picture, one that passes."""
    save(tmp_path / "small.png", cut(*shot(800, 600, (100, 75, 550, 525))))
    (tmp_path / "<b>.jpg").write_bytes(b"no")
    save(tmp_path / "good.png", cut(*shot(640, 640)))
    return [str(tmp_path / name) for name in ("small.png", "<b>.jpg", "good.png")]


def last(steps: Any) -> Any:
    """What a handler gives in the end."""
    values = None
    for step in steps:
        values = step if step[-1] == "" and step[0] != gr.skip() else values
        if values is step and step[0]:
            values = [Path(step[0]).read_bytes(), *step]
    return values


def wanted(
    files: Sequence[str], channel: str = "amazon", channel_file: str | None = None, fill: float | None = None
) -> dict[str, Any]:
    """What the page and programs hand over; of a check there is no fill."""
    given = {"files": files, "channel": channel, "channel_file": channel_file}
    return given if fill is None else {**given, "fill": fill}


def exported(desk: Handlers, *given: Any, request: Any = None) -> tuple[dict[str, bytes], Any]:
    archive, *values = last(desk.export(wanted(*given), request))
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}, values


# Check


def test_a_check_measures_every_picture_and_goes_on_past_a_bad_one(files: list[str]) -> None:
    report, path, listed, status = last(Handlers(RealRun()).check(wanted(files), None))
    assert (Path(path).name, status) == ("packshot-amazon.json", "")
    listing = json.loads(report)
    small, bad, good = listing["files"]
    assert channel_of(listing["channel"]) == CHANNELS["amazon"]
    broken = [finding["rule"] for finding in small["findings"] if finding["status"] == "fail"]
    assert broken == ["transparency", "fill"]
    assert bad == {"source": "<b>.jpg", "error": bad["error"]}
    assert "not a picture" in bad["error"]
    assert [each.get("passed") for each in listing["files"]] == [False, None, False]
    assert "0 of 3 pictures pass · 2 with broken rules · 1 could not be used" in listed
    assert "&lt;b&gt;.jpg" in listed
    assert "<b>.jpg" not in listed
    assert "800 × 600 px · PNG" in listed
    assert good["findings"]


def test_a_check_is_told_in_chinese(files: list[str]) -> None:
    request = SimpleNamespace(headers={"accept-language": "zh-CN"}, session_hash="a")
    *_, listed, _ = last(Handlers(RealRun()).check(wanted(files[:1]), request))  # type: ignore[arg-type]
    assert "1 张图片中有 0 张合格" in listed
    assert "修复：" in listed
    assert "透明" in listed


def test_without_files_there_is_nothing_to_do() -> None:
    desk = Handlers(RealRun())
    for handler in (desk.check, desk.export):
        with pytest.raises(gr.Error, match="image: missing"):
            last(handler(wanted([]), None))


def test_a_check_on_the_page_passes_over_what_an_export_alone_takes(files: list[str]) -> None:
    """The page has one form for both buttons."""
    run = RealRun()
    report, *_ = last(Handlers(run).check({**wanted(files[:1], fill=0.0), "model": "auto"}, None))
    assert json.loads(report)["files"][0]["findings"]
    assert run.requests[0].model == "auto"


# Export


def test_an_export_hands_over_what_passes(files: list[str]) -> None:
    made, (archive, first, previews, listed, _) = exported(Handlers(RealRun()), files, "amazon")
    assert Path(archive).name == "packshot-amazon.zip"
    assert list(made) == ["small.jpg", "good.jpg", "report.csv", "report.json", "measurements.json"]
    assert Path(first).name == "small.jpg"
    assert [caption for _, caption in previews] == [
        f"{which}: {name}" for name in ("small.png", "good.png") for which in ("Before", "After")
    ]
    rows = list(csv.DictReader(io.StringIO(made["report.csv"].decode("utf-8-sig"))))
    assert [row["status"] for row in rows] == ["pass", "error", "pass"]
    assert "2 of 3 pictures pass · 1 could not be used" in listed
    assert "product cut out and placed on white" in listed
    picture = decode(made["good.jpg"])
    assert (picture.width_px, picture.height_px) == (640, 640)
    assert bool((picture.rgb[:, :, :30] == 1).all())


def test_a_fill_frames_every_product_alike(files: list[str]) -> None:
    made, _ = exported(Handlers(RealRun()), files[2:], "etsy", None, 0.5)
    picture = decode(made["good.png"] if "good.png" in made else made["good.jpg"])
    red = picture.rgb[0, 1] < 0.5
    assert float(red.any(0).sum()) / picture.width_px == pytest.approx(0.5, abs=0.01)
    run = RealRun()
    with pytest.raises(gr.Error, match="fill"):
        last(Handlers(run).export(wanted(files[2:], "etsy", None, 0.05), None))
    assert not run.requests


def test_with_nothing_usable_the_report_says_why(files: list[str]) -> None:
    made, (_, first, previews, *_) = exported(Handlers(RealRun()), files[1:2], "amazon")
    assert list(made) == ["report.csv", "report.json", "measurements.json"]
    assert (first, previews) == (None, [])


def test_a_missing_model_is_told_of_each_picture(tmp_path: Path) -> None:
    save(tmp_path / "opaque.png", shot(600, 600)[0])
    *_, listed, _ = last(Handlers(RealRun()).check(wanted([str(tmp_path / "opaque.png")]), None))
    assert "cutout is missing" in listed


@pytest.mark.parametrize("after", [0, 2])
def test_stop_hands_over_what_is_done(files: list[str], after: int) -> None:
    visitor: Any = SimpleNamespace(headers={}, session_hash="one")
    other: Any = SimpleNamespace(headers={}, session_hash="other")
    many = [files[0]] * 4

    def stop(number: int) -> None:
        if number == after + 1:
            desk.exporting.stop(visitor)
            desk.checking.stop(visitor)

    desk = Handlers(RealRun(stop))
    values = last(desk.export(wanted(many), visitor))
    if after:
        with zipfile.ZipFile(io.BytesIO(values[0])) as packed:
            assert sum(name.endswith(".jpg") for name in packed.namelist()) == after
        assert len(values[3]) == 2 * after
    else:
        assert values[:3] == (None, None, None)
    assert "stopped" in values[-2]
    desk = Handlers(RealRun(stop))
    checked = last(desk.check(wanted(many), visitor))
    assert "stopped" in checked[-2]
    assert (len(json.loads(checked[0])["files"]) if after else checked[0]) == (after or None)
    assert "stopped" not in last(desk.check(wanted(many[:1]), other))[-2]


def test_a_choice_in_the_gallery_gives_its_file(files: list[str], tmp_path: Path) -> None:
    made, _ = exported(Handlers(RealRun()), files, "amazon")
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for name, data in made.items():
            packed.writestr(name, data)
    for index, name in enumerate(("small.jpg", "small.jpg", "good.jpg", "good.jpg")):
        (path,) = (path for path in pick(str(archive), SimpleNamespace(index=index)) if Path(path).is_file())  # type: ignore[arg-type]
        assert Path(path).name == name
    assert list(pick(None, SimpleNamespace(index=0))) == [gr.skip()]  # type: ignore[arg-type]


def test_the_list_is_sent_when_it_has_grown() -> None:
    report = Report(1000)
    sent = 0
    for number in range(1000):
        report.cards.append(Card(f"{number}.jpg"))
        sent += report.update("en") != gr.skip()
    assert report.update("en") == gr.skip()
    assert 30 < sent < 80


# Channels


def test_every_rule_has_a_label_and_every_channel_a_card() -> None:
    assert {f"rule.{rule}" for rule in RULES} <= set(LABELS)
    for channel in CHANNELS.values():
        card = described(channel, "en")
        assert card.count("<dt>") == len(asked(channel)) > 1
        assert channel.title in card
        assert f"compared on {channel.checked}" in card
        assert ("second-hand" in card) == channel.second_hand
        if channel.source.startswith("http"):
            assert f'href="{channel.source.split("&")[0]}' in card


def test_a_source_that_is_no_web_page_is_no_link() -> None:
    for source in ("javascript:alert(1)", "<b>http", "file:///etc/passwd", ""):
        card = described(Channel(name="own", source=source), "en")
        assert "href" not in card
        assert "<b>http" not in card


def test_a_channel_comes_by_name_or_by_file(tmp_path: Path) -> None:
    rules = tmp_path / "My rules (1).toml"
    rules.write_text('name = "own"\nlongest_least_px = 700\n', encoding="utf-8")
    assert chosen("ebay", None) is CHANNELS["ebay"]
    assert chosen("ebay", str(rules)) == chosen(OWN, str(rules)) == Channel(name="own", longest_least_px=700)
    for name in (OWN, str(rules), "shop"):
        with pytest.raises(InputError):
            chosen(name, None)


@pytest.mark.parametrize("name", list(CHANNELS))
def test_the_rules_to_start_from_are_the_channel_s(name: str) -> None:
    for card, path in _show(name, None, None):  # type: ignore[arg-type]
        assert CHANNELS[name].title in card
        started = channel_of(Path(path))
        assert {**started.record(), "name": name} == CHANNELS[name].record()


def test_of_a_file_that_cannot_be_used_the_card_says_why(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("colour = 3", encoding="utf-8")
    ((card, _),) = _show(OWN, str(tmp_path / "x.toml"), None)  # type: ignore[arg-type]
    assert "channel: colour is not a rule of a channel" in card


def test_the_list_and_the_file_keep_in_step() -> None:
    assert _by_name("ebay")[0] is None
    assert _by_name(OWN)[0] == gr.skip()
    assert (_by_file(OWN), _by_file("ebay")) == ("amazon", "ebay")


# Cards


def finding(rule: str, status: Any, repair: str = "") -> Finding:
    return Finding(rule, Message("<i>"), Message("some"), status, Message(repair) if repair else None)


def statuses(listed: str) -> list[str]:
    return [part.split('"')[0] for part in listed.split('<tr role="row" class="')[1:]]


def test_what_is_wrong_comes_first_and_is_escaped() -> None:
    card = Card("a.jpg", findings=(finding("fill", "pass"), finding("text", "warn"), finding("ground", "fail", "&")))
    listed = cards([card], 1, "A & B", "en")
    assert statuses(listed) == ["fail", "warn", "pass"]
    assert "<b>A &amp; B</b> · 0 of 1 pictures pass" in listed
    assert "Fails 1 of 3 rules" in listed
    assert "Fix: &amp;" in listed
    assert "&lt;i&gt;" in listed
    assert '<details class="card fail" open>' in listed


@pytest.mark.parametrize(
    ("findings", "status", "said"),
    [
        ((finding("fill", "pass"),), "pass", "Passes all 1 rules"),
        ((finding("fill", "warn"),), "warn", "Passes, 1 to review"),
        ((finding("fill", "fail"), finding("text", "warn")), "fail", "Fails 1 of 2 rules"),
    ],
)
def test_the_verdict_is_said_in_words(findings: Sequence[Finding], status: str, said: str) -> None:
    card = Card("a.jpg", findings=tuple(findings))
    assert card.status == status
    assert said in cards([card], 1, "Shop", "en")


def test_many_cards_are_folded() -> None:
    good, bad = (Card("a.jpg", findings=(finding("fill", status),)) for status in ("pass", "fail"))
    assert cards([good], 1, "Shop", "en").count(" open>") == 1
    assert cards([good, bad, good], 3, "Shop", "en").count(" open>") == 1
    assert " open>" not in cards([bad] * 4, 4, "Shop", "en")


def test_a_repaired_picture_shows_before_and_after() -> None:
    before, after = finding("fill", "fail"), finding("fill", "pass")
    card = Card("a.jpg", findings=(after,), before=(before,), repairs=(Message("borders cropped"),), notices=("N",))
    listed = cards([card], 1, "Shop", "en")
    assert "<li>borders cropped</li>" in listed
    assert "<p>N</p>" in listed
    assert listed.index('aria-label="Fails"') < listed.index('<i aria-hidden="true">✓</i>Passes<')
    untouched = cards([Card("a.jpg", findings=(after,), before=(after,))], 1, "Shop", "en")
    assert "No fixes were needed" in untouched


def test_a_thumb_is_small(tmp_path: Path) -> None:
    address = thumb(shot(2000, 1000)[0], tmp_path)
    assert address.startswith("data:image/jpeg;base64,")
    assert len(address) < 6000


# The page


def test_what_other_tabs_send_joins_the_list() -> None:
    assert join("b.png", ["a.png"]) == (None, ["a.png", "b.png"])
    assert join("b.png", None) == (None, ["b.png"])
    assert join(None, ["a.png"]) == (gr.skip(), gr.skip())


def test_the_tab_has_its_endpoints_and_stop_ends_nothing_at_once() -> None:
    def make() -> tuple[gr.Blocks, many_files.Tab]:
        blocks = gr.Blocks(analytics_enabled=False)
        with blocks:
            return blocks, tab.build(RealRun(), [FakeChoice("cutout")])  # type: ignore[list-item]

    blocks, built = within_a_loop(make)
    assert {event.api_name for event in blocks.fns.values() if event.api_visibility == "public"} == {
        "check",
        "check_stored",
        "export",
        "channels",
        "channel",
    }
    ids = {block.elem_id: number for number, block in blocks.blocks.items() if getattr(block, "elem_id", None)}
    for name in ("export-check", "export"):
        stops = [event for event in blocks.fns.values() if (ids[f"{name}-stop"], "click") in event.targets]
        assert [event.fn.__name__ for event in stops if event.fn] == ["stop"]
        assert not any(event.cancels for event in stops)
    assert built.picture.elem_id == "export-download"
    assert all(str(control.elem_id).startswith("export-") for control in built.settings)


def test_without_a_model_the_reason_is_shown() -> None:
    def make() -> gr.Blocks:
        blocks = gr.Blocks(analytics_enabled=False)
        with blocks:
            tab.build(RealRun(), [FakeChoice("cutout", ready=False, reason="its file is missing")])  # type: ignore[list-item]
        return blocks

    shown = [block.value for block in within_a_loop(make).blocks.values() if isinstance(block, gr.HTML)]
    assert any("its file is missing" in str(value) for value in shown)
