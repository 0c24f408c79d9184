"""Training that can be trusted: exact resume, going back, damaged checkpoints, signals, what is left on the disk."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from community_models import small_esrgan
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor
from training_runs import assert_resumes, assert_same, lines, options

from gan.core.errors import ConfigError, InputError
from gan.enhance.network import EnhanceConfig, EnhanceNet
from gan.enhance.train import recipe as enhance
from gan.enhance.train.presets import PRESETS, EnhanceRecipe
from gan.enhance.train.recipe import RECIPE
from gan.models.weights import read
from gan.training.checkpoint import Checkpoints
from gan.training.cli import main
from gan.training.loop import MAX_ROLLBACKS, train
from gan.training.options import RunOptions
from gan.training.recipe import Recipe, State

RECIPES = {"enhance": (RECIPE,)}
ROOT = Path(__file__).resolve().parents[2]
TINY = dataclasses.replace(PRESETS["tiny-x2"], patch_px=16)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pictures of 48 x 48 pixels with edges and gradients."""
    folder = tmp_path_factory.mktemp("pictures")
    for index in range(12):
        generator = torch.Generator().manual_seed(index)
        x = torch.nn.functional.interpolate(torch.rand(1, 3, 6, 6, generator=generator), (48, 48), mode="bicubic")
        pixels = (x[0].clamp(0, 1) * 255).byte().permute(1, 2, 0).numpy()
        Image.fromarray(pixels).save(folder / f"product-{index}.png")
    return folder


def _options(pictures: Path, out: Path, steps: int, **changes: Any) -> RunOptions:
    return options(pictures, out, steps, **({"preset": "tiny-x2", "save_every": 5} | changes))


@pytest.mark.parametrize("preset", ["tiny-x2", "tiny-gan"])
def test_ten_steps_equal_five_and_resume_and_five(pictures: Path, tmp_path: Path, preset: str) -> None:
    config = dataclasses.replace(PRESETS[preset], patch_px=16)
    if config.adversarial:
        config = dataclasses.replace(config, features=0.0)
    whole = train(RECIPE, config, _options(pictures, tmp_path / "whole", 10, preset=preset))
    # The rate depends on the share of the run, so both halves are told the whole length.
    assert_resumes(RECIPE, config, whole, _options(pictures, tmp_path / "halves", 10, preset=preset))
    figures = [{k: line[k] for k in ("step", "l1")} for line in lines(tmp_path / "whole", "train")]
    again = [{k: line[k] for k in ("step", "l1")} for line in lines(tmp_path / "halves", "train")]
    assert figures == again


def test_golden_loss(pictures: Path, tmp_path: Path) -> None:
    """Three steps give what they gave when this was written, so a change of the recipe cannot go unnoticed."""
    train(RECIPE, TINY, _options(pictures, tmp_path, 3))
    losses = [line["l1"] for line in lines(tmp_path, "train")]
    assert losses == pytest.approx(GOLDEN_L1, rel=5e-3)


GOLDEN_L1 = [0.07181, 0.10231, 0.12579]


def test_what_a_run_leaves(pictures: Path, tmp_path: Path) -> None:
    state = train(RECIPE, TINY, _options(pictures, tmp_path, 5))
    assert (state.step, state.seen_images) == (5, 10)
    (validation,) = lines(tmp_path, "validation")
    assert {"psnr_y", "bicubic_psnr_y"} <= set(validation)
    with Image.open(tmp_path / "grids/step-000000005.png") as grid:
        assert grid.size[0] > 16
    assert json.loads((tmp_path / "config.json").read_text())["config"]["patch_px"] == 16
    assert lines(tmp_path, "train")[0]["images_per_s"] > 0
    published = read(str(tmp_path / "weights"), tmp_path)
    network = EnhanceNet(EnhanceConfig(**published.config))
    published.fill(enhance.fuse(network))


def test_checkpoints_keep_three_and_the_best(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    for step, score in enumerate([1.0, 9.0, 2.0, 3.0, 4.0, 5.0]):
        checkpoints.save({"step": step}, step=step, score=score)
    assert [entry.step for entry in checkpoints.entries()] == [1, 3, 4, 5]
    assert sorted(path.name for path in tmp_path.glob("*.pt")) == [f"step-{s:09d}.pt" for s in (1, 3, 4, 5)]
    best = checkpoints.best()
    assert best is not None
    assert best.step == 1


def test_a_truncated_checkpoint_is_passed_over(pictures: Path, tmp_path: Path, capsys: Any) -> None:
    train(RECIPE, TINY, _options(pictures, tmp_path, 10))
    newest = tmp_path / "checkpoints/step-000000010.pt"
    newest.write_bytes(newest.read_bytes()[:-100])
    saved, passed_over = Checkpoints(tmp_path / "checkpoints").load()
    assert saved is not None
    assert saved["state"]["step"] == 5
    assert len(passed_over) == 1
    state = train(RECIPE, TINY, _options(pictures, tmp_path, 10))
    assert state.step == 10
    assert "step-000000010.pt is damaged" in capsys.readouterr().out


def test_not_finite_goes_back_with_half_the_rate_and_other_data(pictures: Path, tmp_path: Path, capsys: Any) -> None:
    poisoned = {"at": 7, "left": 1}
    state = train(_poisoned(poisoned), TINY, _options(pictures, tmp_path, 10))
    assert (state.step, state.rollbacks, state.rate_scale) == (10, 1, 0.5)
    assert state.next_item > state.seen_images
    assert "back to step 5" in capsys.readouterr().out
    assert lines(tmp_path, "rollback")
    for tensor in state.networks["network"].state_dict().values():
        assert bool(torch.isfinite(tensor).all())


def test_not_finite_again_and_again_is_given_up(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"{MAX_ROLLBACKS + 1} times"):
        train(_poisoned({"at": 1, "left": 99}), TINY, _options(pictures, tmp_path, 3))


def test_another_config_in_the_same_folder_is_refused(pictures: Path, tmp_path: Path) -> None:
    train(RECIPE, TINY, _options(pictures, tmp_path, 1))
    with pytest.raises(InputError, match="another config"):
        train(RECIPE, dataclasses.replace(TINY, batch=4), _options(pictures, tmp_path, 2))


def test_warm_start_begins_with_the_published_function(pictures: Path, tmp_path: Path) -> None:
    train(RECIPE, TINY, _options(pictures, tmp_path / "first", 5))
    published = read(str(tmp_path / "first/weights"), tmp_path)
    state = RECIPE.build(TINY)
    (sentence,) = RECIPE.warm_start(state, published.state)
    assert sentence.startswith(f"{len(published.state)} of {len(published.state)}")
    original = enhance.fuse(EnhanceNet(TINY.network))
    published.fill(original)
    x = torch.rand(1, 3, 16, 16)
    torch.testing.assert_close(state.networks["network"](x), original(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_and_the_same_command_goes_on(pictures: Path, tmp_path: Path, number: signal.Signals) -> None:
    def step(state: State, batch: tuple[Tensor, ...], config: EnhanceRecipe, fabric: Any) -> Any:
        if state.step == 2:
            signal.raise_signal(number)
        return enhance.step(state, batch, config, fabric)

    before = signal.getsignal(number)
    stopped = train(dataclasses.replace(RECIPE, step=step), TINY, _options(pictures, tmp_path, 10))
    assert stopped.step == 3
    assert signal.getsignal(number) == before
    saved, _ = Checkpoints(tmp_path / "checkpoints").load()
    assert saved is not None
    assert saved["state"]["step"] == 3
    resumed = train(RECIPE, TINY, _options(pictures, tmp_path, 10))
    assert_same(resumed, train(RECIPE, TINY, _options(pictures, tmp_path / "whole", 10)))


def test_dry_run_prints_the_recipe_and_writes_nothing(pictures: Path, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "run"
    command = ["--data", str(pictures), "--out", str(out), "--preset", "x4", "--steps", "1000", "--dry-run"]
    assert main(RECIPES, ["enhance", *command]) == 0
    printed = capsys.readouterr().out
    assert '"patch_px": 160' in printed
    assert "GMACs" in printed
    assert "8,000 pictures" in printed
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--preset", "nonsense"], "preset: nonsense; x4, x2"),
        (["--data", "/nowhere"], "data: /nowhere is no folder"),
        (["--steps", "0"], "steps: 0"),
        (["--preset", "tiny-x2", "--from", "no-such-model"], "no-such-model"),
        (["--preset", "x4"], "no readable picture of at least 160 px among 12"),
    ],
)
def test_bad_options_are_one_line(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, options: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["enhance", "--data", str(pictures), "--out", str(tmp_path / "run"), "--device", "cpu", *options]
    assert main(RECIPES, command) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_distillation_needs_its_teacher_and_learns_from_it(pictures: Path, tmp_path: Path) -> None:
    config = dataclasses.replace(PRESETS["tiny-x4"], distil=1.0, teacher=str(tmp_path / "teacher.safetensors"))
    with pytest.raises(ConfigError, match="convert-realesrgan"):
        RECIPE.build(config)
    save_file(small_esrgan(), config.teacher)
    train(RECIPE, config, _options(pictures, tmp_path / "run", 2))
    assert all(line["distil"] > 0 for line in lines(tmp_path / "run", "train"))
    with pytest.raises(ConfigError, match="distil"):
        dataclasses.replace(PRESETS["tiny-x2"], distil=1.0)


def test_two_processes_are_one_with_the_same_global_batch(pictures: Path, tmp_path: Path) -> None:
    options = ["enhance", "--data", str(pictures), "--preset", "tiny-x2", "--steps", "3", "--device", "cpu"]
    alone, together = tmp_path / "alone", tmp_path / "together"
    assert main(RECIPES, [*options, "--out", str(alone)]) == 0
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", "train.py"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([*launcher, *options, "--out", str(together)], cwd=ROOT, check=True, timeout=300, env=environment)
    first, second = (read(str(run / "weights"), tmp_path).state for run in (alone, together))
    torch.testing.assert_close(first, second, atol=2e-3, rtol=1e-2)
    l1 = [lines(run, "train")[-1]["l1"] for run in (alone, together)]
    assert l1[0] == pytest.approx(l1[1], rel=1e-2)


def _poisoned(plan: dict[str, int]) -> Recipe[EnhanceRecipe]:
    """The recipe whose data holds a value that is no number at one step, as often as the plan says."""

    def step(state: State, batch: tuple[Tensor, ...], config: EnhanceRecipe, fabric: Any) -> Any:
        damaged, sharp = batch
        if state.step == plan["at"] and plan["left"] > 0:
            plan["left"] -= 1
            damaged = damaged.clone()
            damaged[0, 0, 0, 0] = float("nan")
        return enhance.step(state, (damaged, sharp), config, fabric)

    return dataclasses.replace(RECIPE, step=step)
