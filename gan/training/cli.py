"""The options of `train.py`: which recipe, which preset, how long, where."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gan.errors import InputError, PackshotError
from gan.training.recipe import Recipe

Recipes = Mapping[str, Recipe[Any]]


def main(recipes: Recipes, argv: Sequence[str] | None = None) -> int:
    """Train; the same command resumes.

    Args:
        recipes: by task.

    Returns:
        0 when done or stopped with everything saved; 2 for bad input or options, with one line on standard error.
    """
    arguments = _parser(recipes).parse_args(argv)
    try:
        _train(recipes[arguments.task], arguments)
    except PackshotError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _train(recipe: Recipe[Any], arguments: argparse.Namespace) -> None:
    from gan.training.loop import RunOptions, train

    preset = arguments.preset or next(iter(recipe.presets))
    if preset not in recipe.presets:
        raise InputError(
            "preset",
            "{preset}",
            "{known} are known",
            "Choose one of these",
            preset=preset,
            known=", ".join(recipe.presets),
        )
    config = recipe.presets[preset]
    options = RunOptions(
        data=arguments.data,
        out=arguments.out,
        preset=preset,
        steps=arguments.steps,
        seed=arguments.seed,
        device=arguments.device,
        precision=arguments.precision,
        warm_start=arguments.warm_start,
        save_every=arguments.save_every,
        workers=arguments.workers,
        devices=int(os.environ.get("WORLD_SIZE", "1")),
    )
    if arguments.dry_run:
        resolved = {"recipe": recipe.task, "config": dataclasses.asdict(config), "options": dataclasses.asdict(options)}
        print(json.dumps(resolved, indent=2, default=str))
        print(*recipe.cost(config), sep="\n")
        print(f"{options.steps} steps see {options.steps * recipe.batch_size(config):,} pictures.")
        return
    train(recipe, config, options)
    if arguments.push_to_hub:
        from gan.hub import push

        print(push(arguments.out / "weights", arguments.push_to_hub))


def _parser(recipes: Recipes) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="train.py", description="Train a task's networks on a folder of pictures.")
    parser.add_argument("task", choices=sorted(recipes))
    parser.add_argument("--data", required=True, type=Path, metavar="DIR", help="folder of pictures")
    parser.add_argument(
        "--out", required=True, type=Path, metavar="RUN", help="the run's folder; resumed where it exists"
    )
    parser.add_argument("--preset", metavar="NAME", help="a row of the task's PRESETS; the first by default")
    parser.add_argument("--steps", type=int, default=20_000, metavar="TOTAL", help="counted from the beginning (20000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--precision", default="32-true", choices=("32-true", "bf16-mixed"))
    parser.add_argument("--from", dest="warm_start", metavar="WEIGHTS", help="begin from a published checkpoint")
    parser.add_argument("--save-every", type=int, default=500, metavar="STEPS", help="validate and save (500)")
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="processes that prepare data (0)")
    parser.add_argument("--dry-run", action="store_true", help="print the resolved recipe and its cost, train nothing")
    parser.add_argument("--push-to-hub", metavar="OWNER/NAME", help="upload RUN/weights at the end")
    return parser
