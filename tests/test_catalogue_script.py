"""The catalogue's script: everything that needs no Blender, and, where `bpy` is installed, two small pictures."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catalogue_library import (
    ATTRIBUTION,
    BOX,
    LISTING,
    categories,
    furniture,
    geometry,
    records,
    render,
    renders,
    views,
    write_library,
)
from PIL import Image


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return write_library(tmp_path / "models" / "Test.sh3f", ATTRIBUTION)


def test_models_are_read(library: Path) -> None:
    table, stool = furniture.read_models(library.parent)
    assert (table.product, table.name, table.room) == ("test-box", "Café table 10€", "Living room")
    assert (table.creator, table.licence, table.category) == ("Ada | Co", "CC-BY-3.0", "table")
    assert table.size_cm == (40.0, 20.0, 80.0)
    assert table.rotation == (1, 0, 0, 0, 0, 1, 0, -1, 0)
    assert (stool.product, stool.creator, stool.category) == ("test-stool", "unknown", "chair")


def test_an_unpacked_library_reads_the_same(library: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(library) as archive:
        archive.extractall(tmp_path / "unpacked" / "Test")
    packed, unpacked = (furniture.read_models(tmp_path / name) for name in ("models", "unpacked"))
    assert [replace(model, library=library) for model in unpacked] == packed
    for number, model in enumerate((packed[0], unpacked[0])):
        obj = model.extract(tmp_path / str(number))
        assert obj.read_text() == BOX
        assert sorted(path.name for path in obj.parent.iterdir()) == ["box.mtl", "box.obj"]


@pytest.mark.parametrize(
    ("of_library", "files", "expected"),
    [
        ("Creative Commons Attribution 3.0 United States license", {}, "CC-BY-3.0-US"),
        ("Public domain", {"LICENSE.TXT": "under the Creative Commons\n Zero (Public Domain)"}, "CC0-1.0"),
        (
            "Creative Commons Zero",
            {"test__Box__1 - LICENSE.html": "<b>Released under</b>\n<a>Creative Commons\nAttribution 3.0</a>"},
            "CC-BY-3.0",
        ),
        (
            "Creative Commons Zero",
            {"test__Box__LICENSE.txt": "Released under\nCreative Commons Zero\n" + "x" * 90 + ATTRIBUTION},
            "CC0-1.0",
        ),
        (ATTRIBUTION, {"test__Box__LICENSE.txt": "Released under\nCreative Commons Zero"}, "CC-BY-3.0"),
    ],
)
def test_the_stricter_licence_holds(tmp_path: Path, of_library: str, files: dict[str, str], expected: str) -> None:
    library = write_library(tmp_path / "models" / "Test.sh3f", of_library, **files)
    assert furniture.read_models(library.parent)[0].licence == expected


def test_a_library_without_an_open_licence_is_refused(tmp_path: Path) -> None:
    library = write_library(tmp_path / "models" / "Test.sh3f", "All rights reserved")
    with pytest.raises(furniture.CatalogueError, match="names no licence"):
        furniture.read_models(library.parent)


def test_a_model_that_the_listing_describes_badly_is_left_out(
    library: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogue_library.LISTING", LISTING.replace("width#4=1", "width#4=wide"))
    write_library(library, ATTRIBUTION)
    assert [model.product for model in furniture.read_models(library.parent)] == ["test-box"]
    assert "/test/Stool/stool.obj" in caplog.text


def test_a_damaged_library_is_refused(library: Path) -> None:
    library.write_bytes(library.read_bytes()[:100])
    with pytest.raises(furniture.CatalogueError, match="is no furniture library"):
        furniture.read_models(library.parent)


def test_the_same_library_twice_is_refused(library: Path) -> None:
    write_library(library.with_name("Again.sh3f"), ATTRIBUTION)
    with pytest.raises(furniture.CatalogueError, match="the same model"):
        furniture.read_models(library.parent)


KNOWN = """Table fan: appliance, Table: table, Coffee table: table, Coffee machine: appliance, Bedside table: table,
Bowl with fruits: kitchenware, Chair with cushion: chair, Sofa 3 seats: sofa, Glass door cabinet: storage,
Glasses: fashion, Beer glass: kitchenware, Plates and cutlery: kitchenware, Tennis racket: leisure,
Tablet: electronics, Anvil: other"""


@pytest.mark.parametrize(("name", "category"), [pair.strip().split(": ") for pair in KNOWN.split(",")])
def test_categories(name: str, category: str) -> None:
    assert categories.category_of(name) == category


def test_every_word_of_the_table_leads_to_its_category() -> None:
    for category, phrases in categories.CATEGORIES.items():
        for phrase in phrases.split(", "):
            assert categories.category_of(phrase) == category, phrase


def test_views_depend_on_product_and_seed_alone() -> None:
    four = views.plan_views("a-chair", 4, 0)
    assert views.plan_views("a-chair", 6, 0)[:4] == four
    other_seed = views.plan_views("a-chair", 4, 1)
    assert {view.azimuth_deg for view in four}.isdisjoint(view.azimuth_deg for view in other_seed)
    assert {view.seed for view in four}.isdisjoint(view.seed for view in views.plan_views("a-sofa", 4, 0))
    assert [view.id for view in four] == ["a-chair-0", "a-chair-1", "a-chair-2", "a-chair-3"]
    # the same on every machine and Python, or a catalogue could not be continued elsewhere
    assert (four[1].azimuth_deg, four[1].elevation_deg, four[1].hue_shift) == (-34.6, 12.9, 0.414)


def test_views_keep_their_ranges_and_spread() -> None:
    for number in range(50):
        planned = views.plan_views(f"product-{number}", 4, 0)
        for index, view in enumerate(planned):
            assert -41 <= view.azimuth_deg <= 41
            assert 8 <= view.elevation_deg <= 25
            assert 0.78 <= view.fill <= 0.86
            assert (view.tint is not None) == (view.hue_shift != 0) == (index % 2 == 1)
        azimuths = sorted(view.azimuth_deg for view in planned)
        assert min(np.diff(azimuths)) > 11


def test_a_longer_sample_contains_the_shorter_one() -> None:
    products = [f"product-{number}" for number in range(20)]
    assert views.shuffled(products, 0) == views.shuffled(products[::-1], 0)
    assert views.shuffled(products, 0) != views.shuffled(products, 1)
    rest = [product for product in products if product != "product-3"]
    assert [product for product in views.shuffled(products, 0) if product != "product-3"] == views.shuffled(rest, 0)


def test_a_product_stands_on_the_ground_as_large_as_the_library_says(library: Path) -> None:
    table = furniture.read_models(library.parent)[0]
    points = np.array([[x, y, z] for x in (0, 2) for y in (0, 1) for z in (0, 4)], dtype=np.float64)
    matrix, standing = geometry.stand_up(points, table)
    # 40 wide, 80 deep and 20 high, the largest side 1: x is the width, y the depth, z the height
    np.testing.assert_allclose(standing.min(axis=0), [-0.25, -0.5, 0.0], atol=1e-12)
    np.testing.assert_allclose(standing.max(axis=0), [0.25, 0.5, 0.25], atol=1e-12)
    np.testing.assert_allclose(points @ matrix[:3, :3].T + matrix[:3, 3], standing)
    # The front, which faces z in the file, faces the camera at -y; the rotation by the library comes first.
    _, upright = geometry.stand_up(points, replace(table, rotation=(1, 0, 0, 0, 1, 0, 0, 0, 1)))
    assert upright[points[:, 2] == 4][:, 1].max() < 0
    assert upright[points[:, 1] == 1][:, 2].min() > 0
    assert standing[points[:, 2] == 4][:, 2].min() > 0


def test_a_flat_model_stays_flat(library: Path) -> None:
    table = furniture.read_models(library.parent)[0]
    points = np.array([[0, 0, 0], [4, 0, 0], [4, 2, 0], [0, 2, 0]], dtype=np.float64)
    matrix, standing = geometry.stand_up(points, replace(table, rotation=(1, 0, 0, 0, 1, 0, 0, 0, 1)))
    assert np.isfinite(matrix).all()
    assert np.ptp(standing[:, 1]) == 0


@pytest.mark.parametrize("azimuth", [-41.0, 0.0, 30.0])
@pytest.mark.parametrize("elevation", [8.0, 25.0])
def test_the_camera_centres_and_fills(azimuth: float, elevation: float) -> None:
    points = np.random.default_rng(0).uniform([-0.5, -0.3, 0], [0.5, 0.3, 0.4], (500, 3))
    matrix = geometry.place_camera(points, views.View("x", azimuth, elevation, 0.8, 0.0, None, 0))
    np.testing.assert_allclose(matrix[:3, :3] @ matrix[:3, :3].T, np.eye(3), atol=1e-12)
    local = (points - matrix[:3, 3]) @ matrix[:3, :3]
    assert local[:, 2].max() < 0
    seen = local[:, :2] / -local[:, 2:] * geometry.LENS_MM / geometry.SENSOR_MM
    np.testing.assert_allclose(seen.max(axis=0) + seen.min(axis=0), 0, atol=1e-4)
    assert np.ptp(seen, axis=0).max() == pytest.approx(0.8, abs=1e-4)
    right, front, up = matrix[0, 2], -matrix[1, 2], matrix[2, 2]  # of the product, towards the camera
    assert np.degrees(np.arctan2(right, front)) == pytest.approx(azimuth)
    assert np.degrees(np.arcsin(up)) == pytest.approx(elevation)


def _finish(out: Path, scratch: Path, record: dict[str, Any]) -> dict[str, Any]:
    image, mask = scratch / "a.webp", scratch / "a.png"
    Image.new("RGB", (8, 8), "white").save(image)
    Image.new("L", (8, 8)).save(mask)
    complete = {**record, "recolored": False, "coverage": 0.5}
    records.commit(out, complete, image, mask)
    return complete


@pytest.fixture
def described(library: Path) -> list[dict[str, Any]]:
    table = furniture.read_models(library.parent)[0]
    planned = views.plan_views(table.product, 2, 0)
    return [records.describe(table, view, seed=0, size_px=8, samples=1) for view in planned]


def test_a_picture_is_finished_when_all_of_it_is_there(described: list[dict[str, Any]], tmp_path: Path) -> None:
    out, record = tmp_path / "out", described[0]
    _finish(out, tmp_path, record)
    assert records.is_finished(out, record)
    assert not records.is_finished(out, described[1])
    assert not records.is_finished(out, {**record, "samples": 2})
    (out / "records" / f"{record['id']}.json").write_text("{")
    assert not records.is_finished(out, record)
    _finish(out, tmp_path, record)
    records.mask_path(out, record["id"]).unlink()
    assert not records.is_finished(out, record)


def test_the_listing_holds_every_record_and_nothing_is_left_over(
    described: list[dict[str, Any]], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    complete = [_finish(out, tmp_path, record) for record in reversed(described)][::-1]
    (out / "records" / ".half.json.part").write_text("{")
    assert records.write_listing(out) == complete
    lines = (out / "meta.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == complete
    kept = {"id", "product", "name", "category", "room", "creator", "licence", "source", "azimuth_deg"}
    assert kept | {"elevation_deg", "hue_shift", "recolored", "coverage"} <= complete[0].keys()
    assert not list((out / "images").glob(".*"))


def test_the_attribution_names_each_product_once(described: list[dict[str, Any]]) -> None:
    text = records.attribution([*described, {**described[0], "product": "b", "creator": "Grace"}])
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) == 2
    assert "Grace" in rows[0]
    assert "Ada \\| Co" in rows[1]
    assert "Café table 10€" in rows[1]
    assert "[CC-BY-3.0](https://creativecommons.org/licenses/by/3.0/)" in rows[1]
    assert "rendered with Blender" in text


def test_a_dry_run_counts_and_writes_nothing(library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert render.main(["--models", str(library.parent), "--out", str(out), "--dry-run", "--views", "3"]) == 0
    printed = capsys.readouterr().out
    assert "2 products, 6 pictures, 6 of them to be rendered." in printed
    assert "Licences: CC-BY-3.0 2" in printed
    assert not out.exists()


def test_what_is_finished_is_not_planned_again(
    library: Path, described: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    _finish(out, tmp_path, described[0])
    options = ["--models", str(library.parent), "--out", str(out), "--dry-run", "--views", "2", "--size", "8"]
    assert render.main([*options, "--samples", "1"]) == 0
    assert "4 pictures, 3 of them" in capsys.readouterr().out
    assert render.main([*options, "--samples", "2"]) == 0
    assert "4 pictures, 4 of them" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--models", "nowhere"], "Unpack sweethome3d-furniture"),
        (["--category", "bed", "sofa"], "is of bed or sofa"),
        ([], "pip install"),
    ],
)
def test_bad_options_are_told_in_one_line(
    library: Path,
    tmp_path: Path,
    options: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert render.main(["--models", str(library.parent), "--out", str(tmp_path / "out"), *options]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("options", [["--views", "0"], ["--category", "spaceship"], ["--workers", "-1"]])
def test_impossible_options_are_refused(library: Path, options: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        render.main(["--models", str(library.parent), "--out", "out", *options])


def test_a_limit_and_a_category_choose(library: Path) -> None:
    models = furniture.read_models(library.parent)
    assert [model.product for model in render.choose(models, ["chair"], None, 0)] == ["test-stool"]
    assert render.choose(models, None, 1, 0) == render.choose(models, None, 2, 0)[:1]


@dataclass(frozen=True)
class Trap:
    """In place of a model: ends its worker, or raises there."""

    product: str
    crashes: bool

    def extract(self, folder: Path) -> Path:
        if self.crashes:
            os._exit(3)
        raise ValueError(f"{self.product} is broken")


def test_neither_a_crash_nor_an_error_stops_the_rest(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    traps = [Trap("first", True), Trap("second", False), Trap("third", False)]
    jobs = [render.Job(trap, (), tmp_path, render.Quality(8, 1, 1)) for trap in traps]
    assert render.run(jobs, 1) == ["first", "second", "third"]
    told = capfd.readouterr().err
    assert "first failed: Blender crashed" in told
    assert "third failed: ValueError('third is broken')" in told


def test_only_products_of_another_catalogue(library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listing = tmp_path / "meta.jsonl"
    listing.write_text('{"product": "test-box"}\n', encoding="utf-8")
    options = ["--models", str(library.parent), "--out", str(tmp_path / "out"), "--dry-run", "--only", str(listing)]
    assert render.main(options) == 0
    assert "1 products, 4 pictures" in capsys.readouterr().out
    listing.write_text("nothing", encoding="utf-8")
    assert render.main(options) == 2
    assert "is no listing of products" in capsys.readouterr().err


@renders
def test_two_pictures(library: Path, tmp_path: Path) -> None:
    options = ["--models", str(library.parent), "--views", "2", "--size", "48", "--samples", "4", "--category", "table"]
    for name in ("one", "two"):
        assert render.main([*options, "--out", str(tmp_path / name)]) == 0
    for path in ("images/test-box-0.webp", "images/test-box-1.webp", "masks/test-box-1.png"):
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes()
    plain, coloured = (np.asarray(Image.open(tmp_path / f"one/images/test-box-{i}.webp"), float) for i in (0, 1))
    mask = np.asarray(Image.open(tmp_path / "one/masks/test-box-1.png"))
    assert plain[0].min() > 240
    assert np.ptp(coloured[mask == 255].mean(axis=0)) > 30
    wide = np.flatnonzero(mask.max(axis=0) > 127)
    assert 0.7 < (np.ptp(wide) + 1) / 48 < 0.92
    record = json.loads((tmp_path / "one/meta.jsonl").read_text("utf-8").splitlines()[1])
    assert record["recolored"]
    assert record["coverage"] == pytest.approx(mask.mean() / 255, abs=1e-3)
