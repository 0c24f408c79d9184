"""What the Generate tab makes of a result: files, archive, preview, what is kept."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

from generate_handlers import (
    EVERYTHING,
    FakeRun,
    desk,
    last,
    latent,
    shown,
    values,
)
from PIL import Image

from gan.generate import latent as latents
from gan.generate.attributes import Sliders
from gan.generate.pipeline import GenerateRequest, record_of


def test_every_picture_has_a_record_that_makes_it_alone(tmp_path: Path) -> None:
    made = shown(tmp_path, EVERYTHING)
    assert [path.name for path in made.files] == ["lamp-7.png", "lamp-8.png", "lamp-9.png"]
    for number, record in enumerate(made.records):
        asked = record_of(record["request"])
        assert asked == EVERYTHING.replaced(seed=7 + number, count=1)
        again = FakeRun()(asked).picture
        with Image.open(made.files[number]) as image:
            assert image.getpixel((0, 0))[0] == round(float(again.rgb[0, 0, 0, 0]) * 255)  # type: ignore[index]
    assert json.loads(made.record.read_text(encoding="utf-8")) == made.records[0]


def test_the_archive_holds_pictures_records_and_latents(tmp_path: Path) -> None:
    made = shown(tmp_path, GenerateRequest(category="chair", count=2))
    with zipfile.ZipFile(made.archive) as packed:
        assert sorted(packed.namelist()) == [
            "chair-0.json",
            "chair-0.png",
            "chair-1.json",
            "chair-1.png",
            "latents.json",
        ]
        assert Image.open(io.BytesIO(packed.read("chair-1.png"))).size == (256, 256)
        assert json.loads(packed.read("chair-1.json"))["seed"] == 1
    assert latents.load(made.latents) == (latent(), latent())


def test_what_is_kept_comes_first_under_a_name_of_its_own(tmp_path: Path) -> None:
    first = shown(tmp_path, GenerateRequest(category="chair", count=2))
    (tmp_path / "more").mkdir()
    both = shown(
        tmp_path / "more",
        GenerateRequest(category="chair", sliders=Sliders(hue_deg=90)),
        before=list(zip(first.files, first.records, strict=True)),
    )
    assert [path.name for path in both.files] == ["chair-0-2.png", "chair-0.png", "chair-1.png"]
    assert record_of(both.records[0]["request"]).sliders.hue_deg == 90
    with zipfile.ZipFile(both.archive) as packed:
        assert len(packed.namelist()) == 7


def test_the_preview_is_small_and_the_summary_speaks_both_languages(tmp_path: Path) -> None:
    made = shown(tmp_path, GenerateRequest(category="chair", size=512))
    with Image.open(made.preview) as image:
        assert (image.format, image.size) == ("JPEG", (128, 128))
    assert made.line == "Chair · seed 0"
    for text in ("512 × 512 px", "PNG, ", "0.5 s", "generate-catalogue · 3fa91c07"):
        assert text in made.summary
    chinese = shown(tmp_path, GenerateRequest(latent=latent("lamp")), to="zh")
    assert chinese.line == "灯具 · 来自潜变量"
    assert "图片" in chinese.summary


def test_a_set_from_widgets_to_files() -> None:
    run = FakeRun()
    steps = desk(run).generate(None, *values({"category": "chair", "count": 2}))  # type: ignore[arg-type]
    file, gallery, archive, record, saved, summary, preview, line, records, status = last(steps)
    assert Path(file).name == "chair-0.png"
    assert [caption for _, caption in gallery] == ["chair-0", "chair-1"]
    assert all(Path(path).is_file() for path in (file, archive, record, saved, preview))
    assert "Chair · seed 0" in line
    assert [one["seed"] for one in records] == [0, 1]
    assert (status, "256 × 256" in summary) == ("", True)
    assert list(steps) == []
    assert not Path(file).exists()  # Gradio has its own copy by now
    assert run.requests == [GenerateRequest(category="chair", count=2)]


def test_the_preview_is_small_whatever_the_size_asked_for() -> None:
    run = FakeRun()
    settings = {"size": 512, "count": 9, "transparent": True, "hue": 30}
    preview, line = last(desk(run).preview(None, *values(settings)))  # type: ignore[arg-type]
    with Image.open(preview) as image:
        assert image.size == (128, 128)
    (asked,) = run.requests
    assert (asked.size, asked.count, asked.transparent, asked.sliders.hue_deg) == (128, 1, False, 30)
    assert "Lamp · seed 0" in line


def test_another_seed_lets_go_of_what_was_held() -> None:
    run = FakeRun()
    held = latents.to_json((latent(),))
    last(desk(run).preview(None, *values(None, held)))  # type: ignore[arg-type]
    *_, now_held, release = last(desk(run).fresh(None, *values(None, held)))  # type: ignore[arg-type]
    assert [one.latent for one in run.requests] == [latent(), None]
    assert (now_held, release["visible"]) == ("", False)
