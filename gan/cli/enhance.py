"""`python -m gan enhance`."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from gan.cli.common import Tasks, common_options
from gan.cli.files import each_file, file_options, writing_options

if TYPE_CHECKING:
    from gan.core.contract import Progress, Result


def add(tasks: Tasks) -> None:
    """The options."""
    task = tasks.add_parser("enhance", help="enlarge and restore pictures")
    task.set_defaults(command=enhance)
    file_options(task)
    task.add_argument("--scale", type=int, default=2, choices=(1, 2, 4), help="output pixels per input pixel (2)")
    task.add_argument("--width", type=int, help="exact width in pixels instead of a scale")
    task.add_argument("--height", type=int, help="exact height in pixels instead of a scale")
    task.add_argument("--strength", type=float, default=1.0, metavar="0..1", help="0 gives the input (1)")
    task.add_argument("--model", default="auto", metavar="NAME_OR_PATH", help="ours, a checkpoint file, or a Hub id")
    task.add_argument("--auto", action="store_true", help="choose the adjustments from the picture")
    for name, meaning in (
        ("white-balance", "neutral light, 0 to 1"),
        ("exposure", "automatic levels, 0 to 1"),
        ("local-contrast", "CLAHE, 0 to 1"),
        ("saturation", "-1 (grey) to 1"),
        ("sharpness", "unsharp mask, 0 to 1"),
    ):
        task.add_argument(f"--{name}", type=float, default=0.0, help=f"{meaning} (0)")
    writing_options(task)
    common_options(task)


def enhance(arguments: argparse.Namespace) -> int:
    """Enhance files and folders; a bad file is named and the others go on."""
    from gan.api import Studio
    from gan.enhance.adjust import Adjustments
    from gan.enhance.pipeline import EnhanceRequest
    from gan.imaging.io.codec import decode

    studio = Studio(arguments.device)
    adjustments = Adjustments(**{item.name: getattr(arguments, item.name) for item in dataclasses.fields(Adjustments)})

    def make(source: Path, progress: Progress | None) -> Result:
        request = EnhanceRequest(
            picture=decode(source),
            scale=arguments.scale,
            width=arguments.width,
            height=arguments.height,
            strength=arguments.strength,
            model=arguments.model,
            adjustments=adjustments,
        )
        return studio.run(request, progress=progress)

    return each_file(arguments, make)
