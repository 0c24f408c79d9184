"""Scenes of the examples: each is planned from the model and the texture that it names; what is missing is said."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from catalogue_library import ATTRIBUTION, furniture, write_library

shots = importlib.import_module("example_shots")


def _model(product: str) -> Any:
    return furniture.Model(
        product=product,
        library=Path("Test.sh3f"),
        path=f"test/{product}.obj",
        name="Box",
        room="Kitchen",
        category="storage",
        creator="Ada",
        licence="CC0-1.0",
        size_cm=(40.0, 30.0, 20.0),
        rotation=(1, 0, 0, 0, 1, 0, 0, 0, 1),
    )


@pytest.mark.parametrize("name", shots.SHOTS)
def test_every_shot_is_planned_with_its_product(name: str, tmp_path: Path) -> None:
    shot = shots.SHOTS[name]
    (tmp_path / f"{shot.floor}.jpg").touch()
    plan = shots._planned(name, shot, {shot.product: _model(shot.product)}, tmp_path)
    assert [thing.model.product for thing in plan.things] == [shot.product]
    assert plan.floor.picture == tmp_path / f"{shot.floor}.jpg"
    assert plan.photograph is None
    assert 0.4 < plan.view.fill < 0.9


def test_what_is_missing_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_library(tmp_path / "models" / "Test.sh3f", ATTRIBUTION)
    line = ["--models", str(tmp_path / "models"), "--textures", str(tmp_path), "--out", str(tmp_path / "out")]
    assert shots.main([*line, "--only", "carton"]) == 2
    assert "no round-table-oaktexture.jpg in" in capsys.readouterr().err
    (tmp_path / "round-table-oaktexture.jpg").touch()
    assert shots.main([*line, "--only", "carton"]) == 2
    assert (
        capsys.readouterr().err
        == "example_shots.py: models: no blendswap-cc-0-tetrapak. Unpack all of sweethome3d-furniture\n"
    )
