"""The styles that ship: files that are there, small, drawn by the script, and named."""

from __future__ import annotations

import importlib.util
import io
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from gan.core.errors import InputError
from gan.stylize.presets import PRESETS, Preset, preset_path

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 120_000


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw_styles", ROOT / "examples" / "draw_styles.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_are_at_least_twelve_with_titles_of_their_own() -> None:
    assert len(PRESETS) >= 12
    assert len({preset.title for preset in PRESETS.values()}) == len(PRESETS)
    assert all(name == preset.name for name, preset in PRESETS.items())
    assert all("{" not in preset.title for preset in PRESETS.values())


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_every_picture_is_there_square_small_and_not_flat(preset: Preset) -> None:
    assert preset_path(preset.name) == preset.path
    assert preset.path.stat().st_size < MOST_BYTES
    with Image.open(preset.path) as image:
        assert (image.format, image.size, image.mode) == ("WEBP", (512, 512), "RGB")
        assert float(np.asarray(image.convert("L")).std()) > 15


def test_the_folder_holds_nothing_else() -> None:
    folder = next(iter(PRESETS.values())).path.parent
    assert {path.name for path in folder.iterdir()} == {preset.path.name for preset in PRESETS.values()}


def test_presets_differ_from_each_other() -> None:
    small = []
    for preset in PRESETS.values():
        with Image.open(preset.path) as image:
            small.append(np.asarray(image.convert("RGB").resize((32, 32)), np.float32).ravel() / 255)
    for i, one in enumerate(small):
        for other in small[i + 1 :]:
            assert np.abs(one - other).mean() > 0.08


@pytest.mark.parametrize("name", ["watercolor", "neon"])
def test_the_script_draws_what_ships(name: str, script: ModuleType) -> None:
    data = script.drawn_file(name)
    assert data == script.drawn_file(name)
    with Image.open(io.BytesIO(data)) as drawn, Image.open(PRESETS[name].path) as shipped:
        apart = np.asarray(drawn, np.float32) - np.asarray(shipped, np.float32)
    assert np.abs(apart).mean() <= 2


def test_the_script_knows_every_preset_and_writes_where_it_is_told(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(script.STYLES) == list(PRESETS)
    monkeypatch.setattr(script, "STYLES", {"ink-wash": script.STYLES["ink-wash"]})
    monkeypatch.setattr(script, "SIZE_PX", 32)
    script.main(tmp_path / "new")
    with Image.open(tmp_path / "new" / "ink-wash.webp") as image:
        assert image.size == (32, 32)


def test_an_unknown_name_is_refused_with_all_that_there_are() -> None:
    with pytest.raises(InputError) as error:
        preset_path("fresco")
    assert error.value.field == "style"
    assert "fresco" in str(error.value)
    assert all(name in str(error.value) for name in PRESETS)


def test_importing_reads_no_picture_and_no_drawing() -> None:
    code = (
        "import sys, gan.stylize.presets;"
        "assert not {'torch', 'PIL', 'numpy', 'gan.training.data.procedural'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
