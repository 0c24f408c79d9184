"""`python -m gan enhance`."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

from gan.commands.common import BAD_INPUT, DONE, Bar, Tasks, common_options, to_json
from gan.errors import PackshotError
from gan.files import plan_outputs, write_atomic


def add(tasks: Tasks) -> None:
    """The options."""
    task = tasks.add_parser("enhance", help="enlarge and restore pictures")
    task.set_defaults(command=enhance)
    task.add_argument("input", nargs="+", type=Path, metavar="IN", help="files or folders")
    task.add_argument("-o", "--output", required=True, type=Path, metavar="OUT", help="a file, or a folder for several")
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
    task.add_argument("--format", choices=("png", "jpeg", "webp", "avif", "tiff"), help="instead of the name's ending")
    task.add_argument("--quality", type=int, default=92, help="of JPEG, WebP, AVIF: 1 to 100 (92)")
    task.add_argument("--lossless", action="store_true", help="WebP without loss")
    task.add_argument("--keep-exif", action="store_true", help="keep EXIF without its location")
    task.add_argument("--keep-location", action="store_true", help="keep the location too")
    task.add_argument("--record", action="store_true", help="write OUT.json beside OUT: enough to make it again")
    common_options(task)


def enhance(arguments: argparse.Namespace) -> int:
    """Enhance files and folders; a bad file is named and the others go on."""
    from gan.enhance.adjust import Adjustments
    from gan.enhance.pipeline import EnhanceRequest
    from gan.imaging.codec import Encoding, decode, write
    from gan.imaging.formats import FORMATS
    from gan.studio import Studio

    studio = Studio(arguments.device)
    adjustments = Adjustments(**{item.name: getattr(arguments, item.name) for item in dataclasses.fields(Adjustments)})
    writing = {name: getattr(arguments, name) for name in ("quality", "lossless", "keep_exif", "keep_location")}
    writable = {suffix for known in FORMATS.values() for suffix in known.suffixes}
    suffix_for = dict.fromkeys((".heic", ".heif", ".gif", ".bmp", ""), ".png")
    suffix = FORMATS[arguments.format].suffixes[0] if arguments.format else None
    failures = 0
    for source, target in plan_outputs(arguments.input, arguments.output, suffix_for=suffix_for, suffix=suffix):
        try:
            if arguments.format and target.suffix.lower() in writable:
                encoding = Encoding(file_format=arguments.format, **writing)
            else:
                encoding = Encoding.for_path(target, **writing)
            request = EnhanceRequest(
                picture=decode(source),
                scale=arguments.scale,
                width=arguments.width,
                height=arguments.height,
                strength=arguments.strength,
                model=arguments.model,
                adjustments=adjustments,
            )
            result = studio.run(request, progress=None if arguments.quiet else Bar(source.name))
            write(result.picture, target, encoding)
        except PackshotError as error:
            print(f"{source}: {error}", file=sys.stderr)
            failures += 1
            continue
        if arguments.record:
            write_atomic(target.with_name(target.name + ".json"), to_json(result.record).encode())
        if not arguments.quiet:
            size = f"{result.picture.width_px}x{result.picture.height_px}"
            print(f"{target}  {size}  {result.seconds:.1f} s", *result.notices, sep="  ")
    return BAD_INPUT if failures else DONE
