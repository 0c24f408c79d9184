"""Stylize's contact sheet and its folder: many styles, many pictures, and Stop."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import torch
from pages import FakeChoice, photograph
from PIL import Image
from stylings import FORMAT, NAMES, FakeRun, page_with, photographic, values

from gan.imaging.io.codec import decode
from gan.stylize.page import folder, sheet
from gan.stylize.page.handlers import Settings
from gan.stylize.pipeline import common_look
from gan.stylize.presets import PRESETS

# The contact sheet


def test_the_sheet_has_every_preset_by_its_name(tmp_path: Path) -> None:
    run = FakeRun()
    path = photograph(tmp_path / "shoe.png")
    for step in sheet.Maker(run).sheet(str(path), 0.5, mask="nowhere.png"):
        if step[0] != gr.skip():
            file, shown, status = step
            assert Path(file).name == "shoe-styles.png"
            assert [title for _, title in shown] == [preset.title for preset in PRESETS.values()]
            assert all(Path(cell).is_file() for cell, _ in shown)
            assert status == ""
    (request,) = run.requests
    assert (request.strength, request.mask, request.chosen) == (0.5, None, NAMES)


def test_stop_reaches_the_sheet(tmp_path: Path) -> None:
    run = FakeRun(step_s=0.1)
    steps = sheet.Maker(run).sheet(str(photograph(tmp_path / "shoe.png")))
    while not run.requests:
        next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert len(run.requests) == 1


# A folder


def foldered(maker: folder.Maker, files: Sequence[Path], *given: Any, together: bool = True) -> Any:
    """What the archive holds as {name: bytes}, and the list."""
    for archive, listing, _ in maker.folder(None, [str(path) for path in files], together, *given):  # type: ignore[arg-type]
        if archive != gr.skip():
            if archive["value"] is None:
                return {}, listing
            with zipfile.ZipFile(archive["value"]) as packed:
                return {name: packed.read(name) for name in packed.namelist()}, listing
    raise AssertionError("there was no result")


def test_a_folder_goes_on_after_a_bad_file(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    bad = tmp_path / "<bad>.jpg"
    bad.write_bytes(b"no")
    files = [photograph(tmp_path / "shoe.png"), bad, photograph(tmp_path / "b" / "shoe.png", (40, 40))]
    made, listing = foldered(folder.Maker(FakeRun()), files, *values(), *FORMAT)
    assert set(made) == {"shoe-stylized.png", "shoe-stylized.json", "shoe-stylized-2.png", "shoe-stylized-2.json"}
    assert torch.allclose(decode(made["shoe-stylized-2.png"]).rgb, decode(files[2]).rgb.flip(1), atol=1e-6)
    assert "2 of 3 pictures are done · 1 could not be used" in listing
    assert "&lt;bad&gt;.jpg: image: not a picture" in listing
    assert foldered(folder.Maker(FakeRun()), [bad], *values(), *FORMAT)[0] == {}
    with pytest.raises(gr.Error, match="image: none was given"):
        foldered(folder.Maker(FakeRun()), [], *values(), *FORMAT)


def test_one_look_for_all_or_each_by_itself(tmp_path: Path) -> None:
    dark, light = tmp_path / "dark.png", tmp_path / "light.png"
    with Image.open(photograph(tmp_path / "shoe.png")) as image:
        image.point(lambda value: value // 2).save(dark)
        image.point(lambda value: 128 + value // 2).save(light)
    given = (*values(kind="photographic"), *FORMAT)
    maker = folder.Maker(photographic(tmp_path))
    (tmp_path / "bad.png").write_bytes(b"no")
    alike, _ = foldered(maker, [dark, tmp_path / "bad.png", light], *given)
    single, _ = foldered(maker, [dark, light], *given, together=False)
    wish = Settings.of_page(*values(kind="photographic"))
    look = common_look(wish.request(decode(path), wish.read_styles(), None) for path in (dark, light))
    for path in (dark, light):
        name = f"{path.stem}-stylized.png"
        rgb = decode(path).rgb
        assert torch.allclose(decode(alike[name]).rgb, look.apply(rgb), atol=1 / 255)
        assert not torch.allclose(decode(alike[name]).rgb, decode(single[name]).rgb, atol=4 / 255)


def test_stop_keeps_what_is_done(tmp_path: Path) -> None:
    run = FakeRun(step_s=0.05)
    maker = folder.Maker(run)
    files = [photograph(tmp_path / f"{number}.png") for number in range(6)]
    given = (*values(), *FORMAT)
    for archive, listing, _ in maker.folder(None, [str(path) for path in files], True, *given):  # type: ignore[arg-type]
        if archive == gr.skip():
            if len(run.requests) == 3:
                maker.stop(None)  # type: ignore[arg-type]
            continue
        with zipfile.ZipFile(archive["value"]) as packed:
            pictures = [name for name in packed.namelist() if name.endswith(".png")]
        assert 2 <= len(pictures) < 6
        assert f"{len(pictures)} of 6 pictures are done · stopped" in listing
    maker.stop(None)  # type: ignore[arg-type]
    assert foldered(maker, files, *given)[0] == {}
    assert len(foldered(maker, files[:1], *given)[0]) == 2


def test_stop_ends_the_sheet_and_only_asks_the_folder() -> None:
    blocks = page_with([FakeChoice()])
    ids = {block.elem_id: number for number, block in blocks.blocks.items() if getattr(block, "elem_id", None)}
    stops = {
        name: [event for event in blocks.fns.values() if (ids[f"stylize-{name}-stop"], "click") in event.targets]
        for name in ("sheet", "folder")
    }
    assert any(event.cancels for event in stops["sheet"])
    assert not any(event.cancels for event in stops["folder"])
    assert [event.fn.__name__ for event in stops["folder"] if event.fn and not event.queue] == ["stop"]
