"""`python -m gan run`."""

from __future__ import annotations

import argparse
import dataclasses
import signal
import threading
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan.api import Studio
from gan.cli import options
from gan.cli.common import BAD_INPUT, DONE, Bar, Tasks, common_options, to_json
from gan.cli.options import source
from gan.cli.told import complain, tell
from gan.core.errors import InputError
from gan.core.reader import AnySource
from gan.export.naming import Naming

if TYPE_CHECKING:
    from gan.batch.recipe_json import Recipe
    from gan.batch.results import Outcome, Summary
    from gan.batch.runner import Replay
    from gan.core.contract import Progress
    from gan.core.recipe import Run

DIFFERENT = 3
"""The exit status of a verification that found another file than it made."""

MOST_LISTED = 20

VALUES = ("notices", "width_px", "height_px", "file_bytes", "seconds", "output_sha256", "delta_e")
"""Of an outcome, with --json."""


def add(tasks: Tasks) -> None:
    """The options."""
    task = tasks.add_parser(
        "run",
        help="replay a recipe on pictures and folders",
        description="Results keep their names and sub-folders. What is done already is skipped, so that the same "
        "command goes on where it was stopped or killed. OUT gets report.csv, report.json and contact sheets, and "
        "every picture its steps as JSON beside it, which is a recipe too.",
    )
    task.set_defaults(command=run, standard_output=None)
    task.add_argument("recipe", type=Path, metavar="RECIPE", help="steps saved as JSON")
    task.add_argument("--schema", action=_Schema, nargs=0, help="print the JSON schema of recipes, and nothing else")
    help_ = "files or folders; none where the recipe generates"
    task.add_argument("input", nargs="*", type=source, metavar="IN", help=help_)
    task.add_argument(
        "--watch",
        type=Path,
        metavar="IN",
        help="take every picture that comes into this folder, once it is written in full, until Ctrl-C; what cannot be "
        "used goes to IN/failed with the reason",
    )
    task.add_argument("-o", "--output", required=True, metavar="OUT", help="a folder")
    task.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="ray spreads the work, and reads and writes any fsspec path",
    )
    task.add_argument(
        "--workers", type=int, default=0, metavar="N", help="ray: how many (one for every two processors)"
    )
    task.add_argument("--again", action="store_true", help="make what is done already once more")
    task.add_argument(
        "--verify",
        action="store_true",
        help="write nothing: make every picture again and compare; exit status 3 where one differs",
    )
    options.add(task, Naming, listed=True)
    common_options(task)


def run(arguments: argparse.Namespace) -> int:
    """Replay a recipe; a bad file is named and the others go on."""
    from gan.batch.recipe_json import read_recipe
    from gan.batch.runner import Replay, verify

    recipe = read_recipe(arguments.recipe)
    bar = None if arguments.quiet else Bar(recipe.name or "run")
    naming = Naming.read(options.given(arguments, Naming), AnySource())
    if naming.asked and (arguments.verify or arguments.engine == "ray" or arguments.watch is not None):
        raise InputError(
            "names",
            "names by SKU with --verify, --watch or --engine ray",
            "they are given on one machine, to pictures that are all there",
            "Leave one of the two out",
        )
    if arguments.watch is not None:
        return _watch(arguments, recipe, bar)
    if arguments.engine == "ray":
        replay = _on_ray(arguments, recipe, bar)
    else:
        studio = Studio(arguments.device)
        paths = [Path(given) for given in arguments.input]
        out = Path(arguments.output)
        if arguments.verify:
            return _tell(verify(recipe, paths, out, studio.run, progress=bar))
        replay = Replay(recipe, paths, out, studio.run, again=arguments.again, naming=naming, progress=bar)
    status = _tell(replay)
    _sum_up(replay.summary)
    return status


def _watch(arguments: argparse.Namespace, recipe: Recipe, bar: Progress | None) -> int:
    """Until Ctrl-C or a request to end, which give up the step that is under way; a second one ends at once."""
    from gan.batch.watch import Watch

    beside = {"IN": arguments.input, "--verify": arguments.verify, "--engine ray": arguments.engine == "ray"}
    for option, given in beside.items():
        if given:
            raise InputError(
                "watch", "--watch with {option}", "one of the two is possible", "Leave one out", option=option
            )
    folder = arguments.watch
    if not folder.is_dir():
        raise InputError("watch", "{path} is no folder", "a folder is expected", "Check the path", path=folder)
    cancel = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def end(number: int, _: object) -> None:
        cancel.set()
        signal.signal(number, before[signal.Signals(number)])

    run = Studio(arguments.device).run
    watch = Watch(*(recipe, folder, Path(arguments.output), run), again=arguments.again, progress=bar, cancel=cancel)
    tell(f"Watching {folder}; Ctrl-C ends it", event="watching", folder=folder)
    try:
        for number in before:
            signal.signal(number, end)
        _tell(watch)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    _sum_up(watch.summary)
    return DONE  # what could not be used has been moved aside


class _Schema(argparse.Action):
    """Prints the schema and ends, as --help does, so that no recipe need be named."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from gan.batch.schema import recipe_schema

        print(to_json(recipe_schema()), end="")
        parser.exit()


def _on_ray(arguments: argparse.Namespace, recipe: Recipe, bar: Progress | None) -> Replay:
    if arguments.verify:
        raise InputError(
            "verify", "--verify with --engine ray", "files are compared on one machine", "Leave one of the two out"
        )
    try:
        from gan.batch import ray as engine_ray
    except ImportError as error:
        raise InputError(
            "engine",
            "Ray is not installed",
            "local, or ray where it is installed, is allowed",
            "Run: pip install -r requirements-dev.txt",
        ) from error
    return engine_ray.replay(
        recipe,
        arguments.input,
        arguments.output,
        studio=partial(_studio, arguments.device),
        workers=arguments.workers,
        gpu=arguments.device == "cuda",
        again=arguments.again,
        progress=bar,
    )


def _studio(device: str) -> Run:
    """Load a studio in a worker and return its `run`."""
    return Studio(device).run


def _tell(outcomes: Iterable[Outcome]) -> int:
    """A line for each picture, and the exit status of all."""
    from gan.batch.results import printable

    statuses = set()
    for outcome in outcomes:
        statuses.add(outcome.status)
        known: dict[str, Any] = {"status": outcome.status, "file": outcome.target}
        if outcome.error is not None:
            complain(printable(outcome.name), outcome.error, **known)
        elif outcome.status in ("differs", "missing"):
            complain(printable(outcome.target), f"it {_IS_NOT[outcome.status]}", **known)
        else:
            size = f"{outcome.width_px}x{outcome.height_px}"
            took = f"{outcome.seconds:.1f} s" if outcome.status == "made" else _TOLD.get(outcome.status, "")
            values = {name: getattr(outcome, name) for name in VALUES}
            tell(printable(outcome.target), size, took, *outcome.notices, source=outcome.name, **known, **values)
    if "failed" in statuses:
        return BAD_INPUT
    return DIFFERENT if statuses & _IS_NOT.keys() else DONE


_IS_NOT = {"differs": "differs from what the recipe makes", "missing": "is not there"}
_TOLD = {"kept": "was done already", "same": "is the same"}


def _sum_up(summary: Summary) -> None:
    from gan.batch.results import printable

    made, kept, failed = (summary.count(status) for status in ("made", "kept", "failed"))
    lines = [f"Pictures: {made} made, {kept} done already, {failed} could not be used"]
    lines += [
        f"{printable(outlier.target)}: color of the {outlier.what} differs, Delta E {outlier.delta_e:.1f}"
        for outlier in summary.outliers[:MOST_LISTED]
    ]
    if summary.ignored:
        names = ", ".join(map(printable, summary.ignored[:MOST_LISTED]))
        lines.append(f"Other files, left alone ({len(summary.ignored)}): {names}")
    lines += [str(path) for path in (summary.report_csv, *summary.sheets) if path is not None]
    tell(
        "\n".join(lines),
        event="summary",
        made=made,
        kept=kept,
        failed=failed,
        outliers=[dataclasses.asdict(each) for each in summary.outliers],
        ignored=summary.ignored,
        report=summary.report_json,
        sheets=summary.sheets,
    )
