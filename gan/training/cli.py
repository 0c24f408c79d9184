"""Command line of `train.py`: recipe, preset, duration, output; and of the dataset report."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gan.core.errors import InputError, PackshotError
from gan.training.recipe import Recipe

if TYPE_CHECKING:
    from gan.training.options import PrepareOptions

Held = TypeVar("Held")
Recipes = Mapping[str, Sequence[Recipe[Any]]]

DOCTOR = "doctor"
PREPARE = "prepare"


def main(recipes: Recipes, argv: Sequence[str] | None = None) -> int:
    """Train, or examine a folder of pictures; the same command resumes.

    Args:
        recipes: by task; their presets have different names.

    Returns:
        0 when done or stopped with everything saved; 1 when all was saved but an alarm stopped the run or the last
        push to the Hub failed; 2 for bad input or options; with one line on standard error unless 0.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if arguments[:1] == [DOCTOR]:
            _examine(_doctor_parser().parse_args(arguments[1:]))
            return 0
        if arguments[:1] == [PREPARE]:
            _prepare(recipes, _prepare_parser(recipes).parse_args(arguments[1:]))
            return 0
        options = _parser(recipes).parse_args(arguments)
        return _train(recipes[options.task], options)
    except PackshotError as error:
        print(error, file=sys.stderr)
        return 2


def _train(recipes: Sequence[Recipe[Any]], arguments: argparse.Namespace) -> int:
    from gan.training.hub_upload import PushFailed
    from gan.training.loop import Alarmed, train
    from gan.training.options import RunOptions

    presets = {preset: recipe for recipe in recipes for preset in recipe.presets}
    preset = arguments.preset or next(iter(presets))
    if preset not in presets:
        raise InputError(
            "preset",
            "{preset}",
            "{known} are known",
            "Choose one of these",
            preset=preset,
            known=", ".join(presets),
        )
    recipe = presets[preset]
    config = recipe.presets[preset]
    options = _of(RunOptions, arguments, preset=preset, devices=int(os.environ.get("WORLD_SIZE", "1")))
    if arguments.dry_run:
        resolved = {"recipe": recipe.task, "config": dataclasses.asdict(config), "options": dataclasses.asdict(options)}
        print(json.dumps(resolved, indent=2, default=str))
        print(*recipe.cost(config), sep="\n")
        print(f"{options.steps} steps see {options.steps * config.batch:,} pictures.")
        return 0
    try:
        train(recipe, config, options)
    except (Alarmed, PushFailed) as trouble:
        print(trouble, file=sys.stderr)
        return 1
    return 0


def _of(kind: type[Held], arguments: argparse.Namespace, **others: Any) -> Held:
    """Options from the arguments of the same names; fields that no argument sets keep their default."""
    names = {field.name for field in dataclasses.fields(kind)} & vars(arguments).keys()  # type: ignore[arg-type]
    return kind(**{**{name: getattr(arguments, name) for name in names}, **others})


def _examine(arguments: argparse.Namespace) -> None:
    from gan.training.data.dataset_report import examine

    report = examine(arguments.data)
    print(report.text())
    if arguments.json is not None:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(report.record(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _prepare(recipes: Recipes, arguments: argparse.Namespace) -> None:
    from gan.training.options import PrepareOptions

    prepare = _prepared_by(recipes)[arguments.task]
    print(prepare(_of(PrepareOptions, arguments)))


def _prepared_by(recipes: Recipes) -> dict[str, Callable[[PrepareOptions], str]]:
    return {task: recipe.prepare for task, known in recipes.items() for recipe in known if recipe.prepare is not None}


def _prepare_parser(recipes: Recipes) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"train.py {PREPARE}",
        description="Make and keep what a task's training or use needs; the same command goes on with what costs time.",
    )
    parser.add_argument("task", choices=sorted(_prepared_by(recipes)))
    parser.add_argument("--data", required=True, type=Path, metavar="DIR", help="folder of pictures")
    parser.add_argument(
        "--out",
        required=True,
        type=Path,
        metavar="FOLDER",
        help="what a run takes as its --data then; for generate a published checkpoint, beside which thumbnails go",
    )
    parser.add_argument("--count", type=int, default=1500, metavar="N", help="items in all (1500)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scale", type=int, default=4, choices=(1, 2, 4), help="of the network to teach (4)")
    parser.add_argument("--teacher", type=Path, default=Path("models/realesrgan-x4plus.safetensors"), metavar="FILE")
    return parser


def _parser(recipes: Recipes) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="train.py",
        description="Train a task's networks on a folder of pictures.",
        epilog="python train.py doctor --data DIR says what the pictures are like before anything is trained.",
    )
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
    parser.add_argument("--from", dest="warm_start", metavar="WEIGHTS", help="begin from published weights or a run")
    parser.add_argument("--save-every", type=int, default=500, metavar="STEPS", help="validate and save (500)")
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="processes that prepare data (0)")
    parser.add_argument("--dry-run", action="store_true", help="print the resolved recipe and its cost, train nothing")
    parser.add_argument("--push-to-hub", metavar="OWNER/NAME", help="publish RUN/weights while training and at the end")
    parser.add_argument("--push-every", type=int, metavar="STEPS", help="between two pushes (every fifth save)")
    parser.add_argument("--stop-on-alarm", action="store_true", help="stop when samples or discriminator collapse")
    return parser


def _doctor_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"train.py {DOCTOR}", description="Say what a folder of pictures is like.")
    parser.add_argument("--data", required=True, type=Path, metavar="DIR", help="folder of pictures")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report as JSON too")
    return parser
