"""A GAN's run as a whole: exact resume, going back, alarms, what is best, what is left; with a GAN of milliseconds."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
import training_runs
from PIL import Image
from tiny_gan import PATH, RECIPE, RECIPES, TinyGan, step, validate
from torch import Tensor
from training_runs import lines

from gan.core.errors import ConfigError, InputError
from gan.models.weights import read
from gan.training.checkpoint import Checkpoints
from gan.training.cli import main
from gan.training.loop import Alarmed, train
from gan.training.options import RunOptions
from gan.training.recipe import Recipe, State, Validation

ROOT = Path(__file__).resolve().parents[2]
CONFIG = TinyGan()


def options(out: Path, steps: int = 12, **changes: Any) -> RunOptions:
    return training_runs.options(out, out, steps, **({"save_every": 4} | changes))


def status(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "status.json").read_text())
    return found


def newest(run: Path) -> dict[str, Any]:
    saved, passed_over = Checkpoints(run / "checkpoints").load()
    assert saved is not None
    assert not passed_over
    return saved


def changed(**figures: Callable[[int], float | None]) -> Recipe[TinyGan]:
    """The recipe with figures of a step replaced by what a function of the step says, where it says something."""

    def changed_step(state: State, batch: tuple[Tensor, ...], config: TinyGan, fabric: Any) -> Any:
        at = state.step
        losses = step(state, batch, config, fabric)
        told = {name: value(at) for name, value in figures.items()}
        return {**losses, **{name: torch.tensor(value) for name, value in told.items() if value is not None}}

    return dataclasses.replace(RECIPE, step=changed_step)


def once(at: int, value: float, usual: float | None = None) -> Callable[[int], float | None]:
    """`value` the first time that step `at` is taken, `usual` otherwise."""
    left = [value]
    return lambda step: left.pop() if step == at and left else usual


def validating(*plan: Mapping[str, float]) -> Recipe[TinyGan]:
    """The recipe whose validations find the planned figures, one after the other; `score` is the score."""
    remaining = list(plan)

    def planned(state: State, config: TinyGan, data: Any, device: torch.device) -> Validation:
        figures = dict(remaining.pop(0))
        score = figures.pop("score", 0.0)
        return dataclasses.replace(validate(state, config, data, device), figures=figures, score=score)

    return dataclasses.replace(RECIPE, validate=planned)


def test_stopped_at_any_step_it_goes_on_bit_for_bit(tmp_path: Path) -> None:
    """Networks, averages, optimizers, counters, the scalar, the random state, the watch and the alarms."""
    train(RECIPE, CONFIG, options(tmp_path / "whole"))
    whole = newest(tmp_path / "whole")
    assert whole["state"]["scalars"]["p"] != 0.1
    assert len(whole["watch"]["history"]["adversarial"]) == 12
    assert len(whole["watch"]["history"]["r1"]) == 3
    for cut in (1, 4, 7):
        run = tmp_path / f"cut-{cut}"
        stopping = changed(
            adversarial=lambda step, cut=cut: signal.raise_signal(signal.SIGTERM) if step == cut else None
        )
        stopped = train(stopping, CONFIG, options(run))
        assert stopped.step == cut + 1
        train(RECIPE, CONFIG, options(run))
        resumed = newest(run)
        for part in ("state", "watch"):
            torch.testing.assert_close(resumed[part], whole[part], rtol=0, atol=0)
        assert resumed["alarms"] == whole["alarms"]
        assert torch.equal(resumed["random"]["torch"], whole["random"]["torch"])
        assert _trained(run) == _trained(tmp_path / "whole")


def _trained(run: Path) -> list[dict[str, Any]]:
    names = ("step", "adversarial", "discriminator", "d_real", "d_fake", "r1")
    return [{name: line[name] for name in names if name in line} for line in lines(run, "train")]


def test_a_checkpoint_from_before_scalars_and_watch_still_loads(tmp_path: Path) -> None:
    train(RECIPE, CONFIG, options(tmp_path, 4))
    old = newest(tmp_path)
    del old["state"]["scalars"], old["watch"], old["alarms"]
    Checkpoints(tmp_path / "checkpoints").save(old, step=4, score=None)
    state = train(RECIPE, CONFIG, options(tmp_path, 8))
    assert state.step == 8
    assert state.scalars["p"] == pytest.approx(0.1 + 0.003 * (2 + 3 + 1 + 2))


@pytest.mark.parametrize(
    ("figures", "at", "said"),
    [
        ({"adversarial": once(6, float("nan"))}, 6, "adversarial is nan"),
        ({"d_real": once(6, 51.0)}, 6, "d_real is 51.0, beyond 50"),
        ({"d_fake": once(6, -51.0)}, 6, "d_fake is -51.0, beyond 50"),
        ({"r1": once(46, 60.0, usual=1.0)}, 46, "r1 spiked to 60, 60 times its median 1"),
        (
            {"total": lambda step: 1.0 if step < 120 else 20.0},
            129,
            "total is 20, 20 times its median, for 10 steps in a row",
        ),
    ],
)
def test_each_divergence_goes_back_and_says_why(
    tmp_path: Path, capsys: Any, figures: dict[str, Any], at: int, said: str
) -> None:
    every = 5 if at < 20 else 25
    state = train(changed(**figures), CONFIG, options(tmp_path, at + 4, save_every=every))
    back = at // every * every
    assert (state.step, state.rollbacks, state.rate_scale) == (at + 4, 1, 0.5)
    (divergence,) = lines(tmp_path, "divergence")
    assert (divergence["step"], divergence["why"]) == (at, said)
    (rollback,) = lines(tmp_path, "rollback")
    assert (rollback["step"], rollback["from_step"]) == (back, at)
    printed = capsys.readouterr().out
    assert f"Step {at + 1} diverged ({said}): back to step {back}, learning rate times 0.5." in printed
    assert state.next_item == state.seen_images + (at - back + 1) * CONFIG.batch
    assert status(tmp_path)["rollbacks"] == 1


def test_a_checkpoint_that_diverged_twice_was_not_good(tmp_path: Path) -> None:
    left = [60.0] * 2
    recipe = changed(d_real=lambda step: left.pop() if step == 9 and left else None)
    with_two = train(recipe, CONFIG, options(tmp_path, 12, save_every=4))
    assert with_two.rollbacks == 2
    assert [line["step"] for line in lines(tmp_path, "rollback")] == [8, 4]


def test_it_is_given_up_in_the_end(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"it diverged 6 times, the last time because d_real is 99\.0, beyond 50"):
        train(changed(d_real=lambda step: 99.0 if step == 5 else None), CONFIG, options(tmp_path))


def test_an_alarm_is_said_written_and_kept_while_training_goes_on(tmp_path: Path, capsys: Any) -> None:
    recipe = validating({"diversity_ratio": 0.9}, {"diversity_ratio": 0.2}, {"diversity_ratio": 0.1})
    state = train(recipe, CONFIG, options(tmp_path))
    assert state.step == 12
    assert capsys.readouterr().out.count("ALARM at step") == 2
    assert [(line["step"], line["figure"], line["value"]) for line in lines(tmp_path, "alarm")] == [
        (8, "diversity_ratio", 0.2),
        (12, "diversity_ratio", 0.1),
    ]
    assert status(tmp_path)["status"] == "done"
    assert [alarm["figure"] for alarm in status(tmp_path)["alarms"]] == ["diversity_ratio"]


def test_an_alarm_stops_where_it_is_told_to(tmp_path: Path) -> None:
    recipe = validating({"coverage": 0.8}, {"coverage": 0.1})
    with pytest.raises(Alarmed, match=r"saved at step 8: coverage fell from 0\.800 to 0\.100"):
        train(recipe, CONFIG, options(tmp_path, stop_on_alarm=True))
    assert newest(tmp_path)["state"]["step"] == 8
    assert (status(tmp_path)["status"], status(tmp_path)["step"]) == ("alarmed", 8)
    assert (tmp_path / "grids/film.gif").exists()


def test_an_alarm_that_stops_is_exit_status_1_and_one_line(tmp_path: Path, capsys: Any) -> None:
    recipe = validating({"d_real_sign": 0.1})
    command = ["tiny", "--data", str(tmp_path), "--out", str(tmp_path / "run"), "--steps", "4", "--device", "cpu"]
    assert main({"tiny": (recipe,)}, [*command, "--stop-on-alarm"]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("Stopped and saved at step 4: the discriminator calls 10% of real pictures real")


def test_alarms_remember_over_a_restart(tmp_path: Path) -> None:
    high = {"d_real_sign": 0.99}
    train(validating(high, high), CONFIG, options(tmp_path, 8))
    assert not lines(tmp_path, "alarm")
    train(validating(high), CONFIG, options(tmp_path, 12))
    assert len(lines(tmp_path, "alarm")) == 1


def test_the_best_is_kept_in_published_form(tmp_path: Path, capsys: Any) -> None:
    kept: dict[int, dict[str, Tensor]] = {}
    recipe = validating(*({"kd": -score, "score": score} for score in (1.0, 5.0, float("nan"), 4.0, 4.5)))

    def publish(state: State, config: TinyGan) -> Any:
        published = RECIPE.publish(state, config)
        kept[state.step] = {name: value.clone() for name, value in published.state.items()}
        return published

    train(dataclasses.replace(recipe, publish=publish), CONFIG, options(tmp_path, 20))
    for folder, at in (("best", 8), ("weights", 20)):
        found = read(tmp_path / folder, tmp_path)
        torch.testing.assert_close(found.state, kept[at], rtol=0, atol=0)
    assert status(tmp_path)["best"] == {"step": 8, "score": 5.0}
    printed = capsys.readouterr().out.splitlines()[-1]
    assert printed == (
        f"Step 20 is in {tmp_path / 'weights'}; the best, step 8 with the score 5.0000, is in {tmp_path / 'best'}."
    )
    # Another process goes on and knows what the best was.
    train(validating({"score": 4.9}), CONFIG, options(tmp_path, 24))
    assert status(tmp_path)["best"]["step"] == 8
    train(validating({"score": 5.1}), CONFIG, options(tmp_path, 28))
    assert status(tmp_path)["best"]["step"] == 28
    assert "| kd |" not in (tmp_path / "best/README.md").read_text()


def test_the_best_survives_going_back_behind_it(tmp_path: Path) -> None:
    plan = iter([1.0, 9.0, 2.0, 3.0])
    left = [60.0] * 2
    recipe = changed(d_real=lambda step: left.pop() if step == 9 and left else None)
    recipe = dataclasses.replace(
        recipe, validate=lambda *given: dataclasses.replace(validate(*given), score=next(plan))
    )
    train(recipe, CONFIG, options(tmp_path))
    assert status(tmp_path)["best"] == {"step": 8, "score": 9.0}
    assert "at step 8." in (tmp_path / "best/README.md").read_text()


def test_the_card_holds_the_validations_figures(tmp_path: Path) -> None:
    train(RECIPE, CONFIG, options(tmp_path, 4))
    (found,) = lines(tmp_path, "validation")
    card = (tmp_path / "weights/README.md").read_text()
    assert f"| spread | {tmp_path.name}, validation | 4 | {found['spread']:.4g} | real 0.29 |" in card
    config = json.loads((tmp_path / "weights/config.json").read_text())
    assert config["training"]["seen_images"] == 16


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_and_writes_the_film(tmp_path: Path, number: signal.Signals) -> None:
    stopping = changed(adversarial=lambda step: signal.raise_signal(number) if step == 9 else None)
    assert train(stopping, CONFIG, options(tmp_path)).step == 10
    assert (status(tmp_path)["status"], status(tmp_path)["step"]) == ("stopped", 10)
    with Image.open(tmp_path / "grids/film.gif") as film:
        assert film.n_frames == 2


def test_a_signal_while_validating_keeps_the_score(tmp_path: Path) -> None:
    def interrupted(state: State, *given: Any) -> Validation:
        if state.step == 8:
            signal.raise_signal(signal.SIGTERM)
        return dataclasses.replace(validate(state, *given), score=float(state.step))

    train(dataclasses.replace(RECIPE, validate=interrupted), CONFIG, options(tmp_path))
    best = Checkpoints(tmp_path / "checkpoints").best()
    assert best is not None
    assert (best.step, best.score) == (8, 8.0)


def test_the_film_is_written_at_every_tenth_save_and_at_the_end(tmp_path: Path) -> None:
    film = tmp_path / "grids/film.gif"
    seen = []

    def watching(state: State, *given: Any) -> Validation:
        seen.append(film.exists())
        return validate(state, *given)

    train(dataclasses.replace(RECIPE, validate=watching), CONFIG, options(tmp_path, 12, save_every=1))
    assert seen == [False] * 10 + [True] * 2
    with Image.open(film) as written:
        assert written.n_frames == 12


def test_log_lines_say_how_fast_and_how_much_memory(tmp_path: Path) -> None:
    train(RECIPE, CONFIG, options(tmp_path, 8, log_every=4))
    for line in lines(tmp_path, "train"):
        assert line["s_per_kimg"] == pytest.approx(1000 / line["images_per_s"], rel=0.02)
        assert 0.05 < line["peak_ram_gb"] < 64


def test_a_loss_that_comes_now_and_then_is_averaged_over_its_own_steps(tmp_path: Path) -> None:
    train(changed(now_and_then=lambda step: 3.0 if step % 4 == 1 else None), CONFIG, options(tmp_path, 8, log_every=8))
    assert lines(tmp_path, "train")[0]["now_and_then"] == 3.0


def test_a_run_begins_from_another_runs_networks_and_averages(tmp_path: Path, capsys: Any) -> None:
    train(RECIPE, CONFIG, options(tmp_path / "first", 8))
    first = newest(tmp_path / "first")["state"]
    begun: list[State] = []

    def watching(state: State, *given: Any) -> Any:
        if not begun:
            begun.append(state)
            counters = (state.step, state.seen_images, state.scalars)
            assert counters == (0, 0, {"p": 0.1})
            torch.testing.assert_close(state.state_dict()["networks"], first["networks"], rtol=0, atol=0)
            torch.testing.assert_close(state.state_dict()["ema"], first["ema"], rtol=0, atol=0)
            assert all(not optimizer.state for optimizer in state.optimizers.values())
        return step(state, *given)

    recipe = dataclasses.replace(RECIPE, step=watching)
    second = options(tmp_path / "second", 4, warm_start=str(tmp_path / "first"))
    train(recipe, CONFIG, second)
    assert begun
    assert "12 of 12 tensors were taken from" in capsys.readouterr().out
    # Resuming needs the other run no more.
    train(RECIPE, CONFIG, dataclasses.replace(second, steps=8, warm_start=str(tmp_path / "gone")))


def test_a_score_that_is_no_number_is_never_the_best(tmp_path: Path) -> None:
    train(validating({"score": math.nan}, {"score": 0.5}, {"score": 0.25}), CONFIG, options(tmp_path))
    assert status(tmp_path)["best"] == {"step": 8, "score": 0.5}


def test_a_run_begins_from_published_weights_by_the_recipes_own_way(tmp_path: Path, capsys: Any) -> None:
    train(RECIPE, CONFIG, options(tmp_path / "first", 4))
    train(RECIPE, CONFIG, options(tmp_path / "second", 1, warm_start=str(tmp_path / "first/weights")))
    assert "Taken from a published generator." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("task", "config", "said"),
    [
        ("other", CONFIG, "holds no whole checkpoint of other"),
        ("tiny", dataclasses.replace(CONFIG, width=5), ""),
    ],
)
def test_a_run_that_does_not_fit_is_refused_or_taken_in_parts(
    tmp_path: Path, capsys: Any, task: str, config: TinyGan, said: str
) -> None:
    train(RECIPE, CONFIG, options(tmp_path / "first", 1))
    recipe = dataclasses.replace(RECIPE, task=task)
    second = options(tmp_path / "second", 1, warm_start=str(tmp_path / "first"))
    if said:
        with pytest.raises(InputError, match=said):
            train(recipe, config, second)
    else:
        train(recipe, config, second)
        # The last biases of both networks and of the average are all that does not depend on the width.
        assert "3 of 12 tensors were taken from" in capsys.readouterr().out


def test_a_run_whose_checkpoints_are_all_damaged_is_refused(tmp_path: Path) -> None:
    train(RECIPE, CONFIG, options(tmp_path / "first", 1))
    for path in (tmp_path / "first/checkpoints").glob("*.pt"):
        path.write_bytes(b"cut short")
    with pytest.raises(InputError, match="holds no whole checkpoint of tiny"):
        train(RECIPE, CONFIG, options(tmp_path / "second", 1, warm_start=str(tmp_path / "first")))


def test_two_processes_train_the_gan_that_one_trains(tmp_path: Path) -> None:
    command = ["tiny", "--data", str(tmp_path), "--steps", "6", "--save-every", "3", "--device", "cpu"]
    assert main(RECIPES, [*command, "--out", str(tmp_path / "alone")]) == 0
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", str(PATH)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*launcher, *command, "--out", str(tmp_path / "two")], env=environment, capture_output=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    alone, two = newest(tmp_path / "alone"), newest(tmp_path / "two")
    torch.testing.assert_close(two["state"]["networks"], alone["state"]["networks"], atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(two["watch"], alone["watch"], atol=1e-4, rtol=1e-3)
    assert two["state"]["scalars"] == alone["state"]["scalars"]
