"""`python -m gan mask`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan.cli.common import Tasks, is_folder
from gan.cli.files import checked, failure, file_options, sum_up
from gan.cli.told import tell
from gan.core.errors import InputError
from gan.core.files import plan_outputs, write_atomic
from gan.originals import originals

if TYPE_CHECKING:
    from gan.inpaint.mask_builder import Marking

KINDS = ("scratches", "dust", "text")
TOLERANCE = 10.0


def add(tasks: Tasks) -> None:
    """The options."""
    task = tasks.add_parser(
        "mask",
        help="mark what inpaint is to make anew",
        description="Marks of several kinds are united; then the mask is inverted, grown and feathered, in this order.",
    )
    task.set_defaults(command=mask)
    file_options(task)
    task.add_argument(
        "--suggest", nargs="*", choices=KINDS, metavar="KIND", help=f"find {', '.join(KINDS)}; all three by default"
    )
    task.add_argument("--sensitivity", type=float, default=0.5, metavar="0..1", help="of --suggest (0.5)")
    task.add_argument("--from-alpha", action="store_true", help="mark what is transparent")
    task.add_argument("--color", type=_numbers(2), metavar="X,Y", help="mark what has the colour of this pixel")
    task.add_argument(
        "--tolerance", type=float, default=TOLERANCE, metavar="0..100", help=f"of --color, Delta E ({TOLERANCE:g})"
    )
    task.add_argument("--everywhere", action="store_true", help="that colour wherever it is, not only connected to X,Y")
    task.add_argument(
        "--rectangle", type=_numbers(4), action="append", default=[], metavar="L,T,W,H", help="in pixels; repeatable"
    )
    task.add_argument("--from", dest="given", type=Path, metavar="MASK", help="begin with this mask")
    task.add_argument("--invert", action="store_true", help="mark everything else instead")
    task.add_argument("--grow", type=int, default=0, metavar="PX", help="widen the mask; below 0 narrow it (0)")
    task.add_argument("--feather", type=int, default=0, metavar="PX", help="soften the mask's edge (0)")
    task.add_argument("--quiet", action="store_true", help="print errors only")


def mask(arguments: argparse.Namespace) -> int:
    """Write a mask for each picture, as PNG; a bad file is named and the others go on."""
    from gan.imaging.io.codec import decode
    from gan.imaging.mask import encode_mask
    from gan.inpaint.mask_builder import marked

    _check_options(arguments)
    done = failures = 0
    plan = plan_outputs(
        arguments.input,
        arguments.output,
        suffix_for={},
        suffix=".png",
        into_folder=is_folder(arguments, "output"),
    )
    for source, target in checked(arguments, plan):
        done += 1
        try:
            _check_name(target)
            made = marked(decode(source), _marking(arguments))
            if arguments.overwrite:
                originals().release(source)
            write_atomic(target, encode_mask(made))
        except Exception as error:
            failures += failure(error, source, target)
            continue
        share, width_px, height_px = float(made.coverage.mean()), made.width_px, made.height_px
        size = f"{width_px}x{height_px}"
        known: dict[str, Any] = {"source": source, "file": target, "width_px": width_px, "height_px": height_px}
        tell(target, size, f"{share:.2%} marked", share=share, **known)
    return sum_up(done, failures)


def _marking(arguments: argparse.Namespace) -> Marking:
    from gan.imaging.mask import decode_mask
    from gan.inpaint.mask_builder import Marking

    return Marking(
        given=None if arguments.given is None else decode_mask(arguments.given),
        kinds=() if arguments.suggest is None else tuple(arguments.suggest) or KINDS,
        sensitivity=arguments.sensitivity,
        transparent=arguments.from_alpha,
        color=arguments.color,
        tolerance=arguments.tolerance,
        connected=not arguments.everywhere,
        rectangles=tuple(arguments.rectangle),
        invert=arguments.invert,
        grow_px=arguments.grow,
        feather_px=arguments.feather,
    )


def _check_options(arguments: argparse.Namespace) -> None:
    chosen = (arguments.given, arguments.suggest, arguments.color, arguments.from_alpha or None)
    if not arguments.rectangle and all(option is None for option in chosen):
        raise InputError(
            "mask",
            "nothing to mark was chosen",
            "--suggest, --from-alpha, --color, --rectangle or --from is needed",
            "Choose one or more of these",
        )


def _check_name(target: Path) -> None:
    if target.suffix.lower() != ".png":
        raise InputError(
            "output",
            "{name} does not end in .png",
            "a mask is written as PNG",
            "Give the file this ending",
            name=target.name,
        )


def _numbers(count: int) -> Callable[[str], tuple[int, ...]]:
    def whole_numbers(text: str) -> tuple[int, ...]:
        parts = text.split(",")
        if len(parts) != count:
            raise argparse.ArgumentTypeError(f"{count} whole numbers with commas between them are expected")
        try:
            return tuple(int(part) for part in parts)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} holds something that is no whole number") from error

    return whole_numbers
