"""Scenes of the catalogue's script: what stands in them, what is held out, and, where `bpy` is installed, one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catalogue_library import (
    ATTRIBUTION,
    furniture,
    records,
    render,
    renders,
    scenes,
    write_library,
)
from PIL import Image


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return write_library(tmp_path / "models" / "Test.sh3f", ATTRIBUTION)


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
