"""The catalogue's script: everything that needs no Blender, and, where `bpy` is installed, two small pictures."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

SCRIPTS = Path(__file__).resolve().parents[1] / "examples" / "catalogue"
sys.path.append(str(SCRIPTS))
categories, furniture, geometry, records, render, scenes, views = (
    importlib.import_module(name)
    for name in ("categories", "furniture", "geometry", "records", "render", "scenes", "views")
)

BOX = """mtllib box.mtl
v 0 0 0
v 2 0 0
v 2 1 0
v 0 1 0
v 0 0 4
v 2 0 4
v 2 1 4
v 0 1 4
v 90 90 90
usemtl white
f 1 4 3 2
f 5 6 7 8
f 1 2 6 5
f 4 8 7 3
f 1 5 8 4
f 2 3 7 6
"""

LISTING = """# a comment = not a value
license={licence}
name#1=Caf\xe9 table 10\\u20ac
category#1=Living room
model#1=/test/Box/box.obj
width#1=40.0
depth#1=80
height#1=20.0
doorOrWindow#1=false
creator#1=Ada | Co
modelRotation#1=1 0 0 0 0 1 0 -1 0
name#2=Somebody
category#2=Characters
model#2=/test/Person/person.obj
name#3=Way out
category#3=Miscellaneous
doorOrWindow#3=true
model#3=/test/Door/door.obj
name#4=Stool
category#4=Kitchen
model#4=/test/Stool/stool.obj
width#4=1
depth#4=1
height#4=1
doorOrWindow#4=false
creator#4=
"""
ATTRIBUTION = "Creative Commons Attribution 3.0 license"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return _write_library(tmp_path / "models" / "Test.sh3f", ATTRIBUTION)


def _write_library(path: Path, licence: str, **files: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("PluginFurnitureCatalog.properties", LISTING.format(licence=licence).encode("latin-1"))
        archive.writestr("test/Box/box.obj", BOX)
        archive.writestr("test/Box/box.mtl", "newmtl white\nKd 0.8 0.8 0.8\n")
        for name in ("Person/person", "Door/door", "Stool/stool"):
            archive.writestr(f"test/{name}.obj", BOX)
        for name, text in files.items():
            archive.writestr(name.replace("__", "/"), text)
    return path


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
    library = _write_library(tmp_path / "models" / "Test.sh3f", of_library, **files)
    assert furniture.read_models(library.parent)[0].licence == expected


def test_a_library_without_an_open_licence_is_refused(tmp_path: Path) -> None:
    library = _write_library(tmp_path / "models" / "Test.sh3f", "All rights reserved")
    with pytest.raises(furniture.CatalogueError, match="names no licence"):
        furniture.read_models(library.parent)


def test_a_model_that_the_listing_describes_badly_is_left_out(
    library: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "LISTING", LISTING.replace("width#4=1", "width#4=wide"))
    _write_library(library, ATTRIBUTION)
    assert [model.product for model in furniture.read_models(library.parent)] == ["test-box"]
    assert "/test/Stool/stool.obj" in caplog.text


def test_a_damaged_library_is_refused(library: Path) -> None:
    library.write_bytes(library.read_bytes()[:100])
    with pytest.raises(furniture.CatalogueError, match="is no furniture library"):
        furniture.read_models(library.parent)


def test_the_same_library_twice_is_refused(library: Path) -> None:
    _write_library(library.with_name("Again.sh3f"), ATTRIBUTION)
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


def _models(count: int) -> list[Any]:
    """Products of several sizes, of which some are held out."""
    return [
        furniture.Model(
            product=f"product-{number}",
            library=Path("Test.sh3f"),
            path=f"test/product-{number}.obj",
            name="Box",
            room="Kitchen",
            category="storage",
            creator="Ada",
            licence="CC0-1.0",
            size_cm=(40.0 + 7 * (number % 9), 30.0 + 11 * (number % 5), 20.0 + 13 * (number % 7)),
            rotation=(1, 0, 0, 0, 1, 0, 0, 0, 1),
        )
        for number in range(count)
    ]


@pytest.fixture
def grounds(tmp_path: Path) -> tuple[Path, list[Path]]:
    """A folder of textures and folders of photographs; of both some are held out."""
    surfaces, photographs = tmp_path / "surfaces", tmp_path / "photographs"
    for folder in (surfaces, photographs):
        folder.mkdir()
        for number in range(40):
            Image.new("RGB", (4, 4)).save(folder / f"{folder.name}-{number}.png")
    return surfaces, [photographs]


def test_scenes_depend_on_number_and_seed_alone(grounds: tuple[Path, list[Path]]) -> None:
    models = _models(60)
    four = scenes.plan_scenes(models, *grounds, 4, 0)
    assert scenes.plan_scenes(models[::-1], *grounds, 9, 0)[:4] == four
    assert [scene.light for scene in scenes.plan_scenes(models, *grounds, 4, 1)] != [scene.light for scene in four]
    many = scenes.plan_scenes(models, *grounds, 200, 0)
    assert len({scene.id for scene in many}) == 200


def test_every_fifth_scene_is_held_out_with_its_grounds(grounds: tuple[Path, list[Path]]) -> None:
    planned = scenes.plan_scenes(_models(60), *grounds, 100, 0)
    assert [scene.held_out for scene in planned] == [number % 5 == 4 for number in range(100)]
    for scene in planned:
        assert not any(scenes.is_held_out(thing.model.product) for thing in scene.things[1:])
        surfaces = [scene.floor] if scene.wall is None else [scene.floor, scene.wall]
        seen = [surface.picture for surface in surfaces] + [scene.photograph]
        assert all(scenes.is_held_out(path.stem) == scene.held_out for path in seen if path is not None)


def test_what_is_held_out_is_what_training_leaves_out() -> None:
    from gan.training.data.pictures import Entry, split  # here, because Blender's own environment lacks what that needs

    entries = [Entry(Path(f"{n}.png"), f"product-{n}") for n in range(300)]
    held_out = {entry.product for entry in split(entries)[1]}
    assert 5 < len(held_out) < 60
    assert held_out == {entry.product for entry in entries if scenes.is_held_out(entry.product)}


def test_things_stand_apart_and_nothing_stands_within_the_wall(grounds: tuple[Path, list[Path]]) -> None:
    planned = scenes.plan_scenes(_models(60), *grounds, 100, 0)
    counts = {len(scene.things) for scene in planned}
    assert counts == {1, 2, 3, 4} or counts == {2, 3, 4}
    sides, kinds = set(), set()
    for scene in planned:
        assert scene.things[0].at == (0.0, 0.0)
        for number, thing in enumerate(scene.things):
            for other in scene.things[:number]:
                assert np.hypot(*np.subtract(thing.at, other.at)) > _reach(thing) + _reach(other)
            assert thing.at[1] + _reach(thing) < scene.wall_at
        sides.add(scene.light.side_deg > 0)
        kinds.add(scene.wall is None)
        assert 15 <= abs(scene.light.side_deg) <= 120
        assert scene.wall is not None or scene.photograph is not None
    assert sides == kinds == {True, False}
    assert 15 < sum(scene.f_stop is not None for scene in planned) < 55


def _reach(thing: Any) -> float:
    width, height, depth = thing.model.size_cm
    return float(thing.side * np.hypot(width, depth) / max(width, height, depth) / 2)


def test_scenes_without_grounds_or_products_are_refused(grounds: tuple[Path, list[Path]], tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(furniture.CatalogueError, match="surfaces: no picture there"):
        scenes.plan_scenes(_models(60), empty, grounds[1], 1, 0)
    held_out = [model for model in _models(60) if scenes.is_held_out(model.product)]
    with pytest.raises(furniture.CatalogueError, match="no product of the training side"):
        scenes.plan_scenes(held_out, *grounds, 1, 0)


def test_a_scene_is_finished_when_all_of_it_is_there(grounds: tuple[Path, list[Path]], tmp_path: Path) -> None:
    out, planned = tmp_path / "out", scenes.plan_scenes(_models(60), *grounds, 5, 0)[4]
    record = records.describe_scene(planned, seed=0, size_px=8, samples=1)
    assert record["product"] == record["things"][0]["product"] == planned.things[0].model.product
    assert record["held_out"]
    shares = [0.25] * len(planned.things)

    def finish() -> None:
        made = records.scene_files(tmp_path / "scratch", planned.id, len(planned.things))
        for path in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (8, 8)).save(path)
        records.commit_scene(out, record, shares, made)

    assert not records.scene_is_finished(out, record)
    finish()
    assert records.scene_is_finished(out, record)
    assert not records.scene_is_finished(out, {**record, "samples": 2})
    (out / "covers" / f"{planned.id}-0.png").unlink()
    assert not records.scene_is_finished(out, record)
    finish()
    (listed,) = records.write_listing(out)
    assert [thing["cover"] for thing in listed["things"]] == shares
    attribution = (out / "ATTRIBUTION.md").read_text("utf-8")
    assert all(f"`{thing.model.product}`" in attribution for thing in planned.things)
    assert planned.photograph is None or f"`{planned.photograph.name}`" in attribution
    assert "under the licences of all that it shows" in attribution


def test_a_dry_run_counts_scenes(
    library: Path, grounds: tuple[Path, list[Path]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    surfaces, photographs = grounds
    options = ["--models", str(library.parent), "--out", str(tmp_path / "out"), "--scenes", "3", "--dry-run"]
    assert render.main([*options, "--surfaces", str(surfaces), "--photographs", *map(str, photographs)]) == 0
    assert "3 scenes, 3 of them to be rendered." in capsys.readouterr().out
    assert not (tmp_path / "out").exists()
    assert render.main(options) == 2
    assert "--surfaces and --photographs" in capsys.readouterr().err


def test_only_products_of_another_catalogue(library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listing = tmp_path / "meta.jsonl"
    listing.write_text('{"product": "test-box"}\n', encoding="utf-8")
    options = ["--models", str(library.parent), "--out", str(tmp_path / "out"), "--dry-run", "--only", str(listing)]
    assert render.main(options) == 0
    assert "1 products, 4 pictures" in capsys.readouterr().out
    listing.write_text("nothing", encoding="utf-8")
    assert render.main(options) == 2
    assert "is no listing of products" in capsys.readouterr().err


renders = pytest.mark.skipif(
    importlib.util.find_spec("bpy") is None,
    reason="rendering is NOT tested here: the package bpy (Blender) is not installed, see docs/training.md",
)


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


@renders
def test_a_scene(library: Path, grounds: tuple[Path, list[Path]], tmp_path: Path) -> None:
    surfaces, photographs = grounds
    options = ["--models", str(library.parent), "--scenes", "1", "--size", "48", "--samples", "4"]
    options += ["--surfaces", str(surfaces), "--photographs", *map(str, photographs)]
    assert render.main([*options, "--out", str(tmp_path / "out")]) == 0
    (record,) = map(json.loads, (tmp_path / "out/meta.jsonl").read_text("utf-8").splitlines())
    paths = records.scene_files(tmp_path / "out", record["id"], len(record["things"]))
    picture, empty, cover = (np.asarray(Image.open(path), float) for path in paths[:3])
    assert cover.mean() / 255 == pytest.approx(record["things"][0]["cover"], abs=1e-3)
    inside = cover > 250
    differ = np.abs(picture - empty).mean(axis=2)
    assert differ[inside].mean() > 2 * differ[~inside].mean()
