"""`python -m gan generate`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gan.cli.common import DONE, Bar, Tasks, common_options, to_json
from gan.core.errors import InputError
from gan.core.files import write_atomic

FILM_SUFFIXES = (".gif", ".mp4")


def add(tasks: Tasks) -> None:
    """The options."""
    task = tasks.add_parser("generate", help="make pictures of products that do not exist")
    task.set_defaults(command=generate)
    task.add_argument(
        "-o", "--output", required=True, type=Path, metavar="DIR", help="a folder; a .gif or .mp4 file for a film"
    )
    task.add_argument("--category", default="", metavar="NAME", help="one of the model's; any by default")
    task.add_argument("--model", default="auto", metavar="NAME_PATH_OR_HUB_ID", help="ours, a folder, or owner/name")
    task.add_argument("--seed", type=int, default=0, help="of the first picture; the next ones count on (0)")
    task.add_argument("--count", type=int, default=1, help="pictures, 1 to 64 (1)")
    task.add_argument("--truncation", type=float, default=0.8, metavar="PSI", help="0 the mean shape, 1 all (0.8)")
    task.add_argument("--size", type=int, default=256, metavar="PX", help="64 to 512 (256)")
    task.add_argument("--transparent", action="store_true", help="without ground and shadow")
    task.add_argument("--text", default="", help='sets category and sliders: "red armchair from the left"')
    task.add_argument("--colour", default="", help="red, blue, brown ...")
    for name, meaning in (
        ("hue", "turn of the hue, -180 to 180 degrees"),
        ("lightness", "-1 to 1"),
        ("size-in-frame", "-1 to 1"),
        ("aspect", "width to height, -1 to 1"),
    ):
        task.add_argument(f"--{name}", type=float, default=None, help=meaning)
    task.add_argument("--azimuth", type=float, default=None, metavar="DEG", help="seen from, -45 to 45")
    task.add_argument("--mix-seed", type=int, metavar="N", help="a second product that lends its styles")
    task.add_argument("--mix", nargs="+", default=[], choices=("coarse", "middle", "fine"), help="which of them")
    task.add_argument("--project", type=Path, metavar="PICTURE", help="begin from this picture instead of a seed")
    task.add_argument("--latent", type=Path, metavar="FILE", help="begin from a saved latent")
    task.add_argument("--replay", type=Path, metavar="RECORD", help="make again what a record describes")
    task.add_argument("--film", type=int, nargs="+", default=[], metavar="SEED", help="a film through these seeds")
    task.add_argument("--frames", type=int, default=24, help="of a film, from one product to the next (24)")
    task.add_argument("--fps", type=int, default=24, help="of a film (24)")
    common_options(task)


def generate(arguments: argparse.Namespace) -> int:
    """Write PICTURE.png and PICTURE.png.json for each, or one film."""
    from gan.api import Studio
    from gan.generate.interpolation import FilmRequest
    from gan.generate.latent import load
    from gan.generate.pipeline import GenerateRequest, record_of

    studio = Studio(arguments.device)
    progress = None if arguments.quiet else Bar("generate")
    is_film = bool(arguments.film) or arguments.output.suffix.lower() in FILM_SUFFIXES
    if arguments.replay is not None:
        described = _read_record(arguments.replay)
        request = record_of(described["request"])
    else:
        request = GenerateRequest(**_options(arguments, studio))
        if arguments.latent is not None:
            request = dataclasses.replace(request, latent=_first(load(arguments.latent), arguments.latent))
        if arguments.project is not None:
            found = studio.project(arguments.project, category=request.category, model=request.model, progress=progress)
            request = dataclasses.replace(request, latent=found.details["latent"])
            if not arguments.quiet:
                print(f"{arguments.project}: {found.details['category']}, {found.details['psnr']:.1f} dB")
    if is_film:
        fields = {item.name: getattr(request, item.name) for item in dataclasses.fields(request)}
        latents = (request.latent,) if request.latent is not None else ()
        fields |= {"latent": None, "latents": latents, "seeds": tuple(arguments.film), "frames": arguments.frames}
        made = FilmRequest(**fields)
        return _film(studio.run(made, progress=progress), arguments)
    result = studio.run(request, progress=progress)
    if arguments.replay is not None and dict(result.weights) != described.get("weights"):
        print(f"{arguments.replay}: made with other weights than these, so it looks different", file=sys.stderr)
    return _pictures(result, arguments)


def _options(arguments: argparse.Namespace, studio: Any) -> dict[str, Any]:
    from gan.generate.attributes import Sliders
    from gan.generate.pipeline import AUTO_MODEL, DEFAULT_MODEL
    from gan.generate.text import parse

    model = DEFAULT_MODEL if arguments.model == AUTO_MODEL else arguments.model
    categories = studio.load(model).network.config.categories if arguments.text else ()
    said = parse(arguments.text, categories)
    if said.unknown and not arguments.quiet:
        print("not understood:", ", ".join(said.unknown))

    def first(*values: Any, otherwise: Any) -> Any:
        return next((value for value in values if value not in (None, "")), otherwise)

    return {
        "category": first(arguments.category, said.category, otherwise=""),
        "seed": arguments.seed,
        "count": arguments.count,
        "truncation": arguments.truncation,
        "model": arguments.model,
        "size": arguments.size,
        "transparent": arguments.transparent,
        "mix_seed": arguments.mix_seed,
        "mix": tuple(arguments.mix),
        "sliders": Sliders(
            hue_deg=first(arguments.hue, otherwise=0.0),
            lightness=first(arguments.lightness, said.lightness, otherwise=0.0),
            size=first(arguments.size_in_frame, said.size, otherwise=0.0),
            aspect=first(arguments.aspect, said.aspect, otherwise=0.0),
            azimuth_deg=first(arguments.azimuth, said.azimuth_deg, otherwise=None),
            colour=first(arguments.colour, said.colour, otherwise=""),
        ),
    }


def _pictures(result: Any, arguments: argparse.Namespace) -> int:
    from gan.generate.pipeline import single_record
    from gan.imaging.io.codec import Encoding, write

    for index, picture in enumerate(result.pictures):
        target = arguments.output / picture.name
        write(picture, target, Encoding.for_path(target))
        write_atomic(target.with_name(target.name + ".json"), to_json(single_record(result, index)).encode())
        if not arguments.quiet:
            print(target)
    return DONE


def _film(result: Any, arguments: argparse.Namespace) -> int:
    from gan.generate.video import encode_film

    suffix = arguments.output.suffix.lower()
    target = arguments.output if suffix in FILM_SUFFIXES else arguments.output / "film.mp4"
    frames: Iterable[Any] = (picture.rgb[0] for picture in result.pictures)
    write_atomic(target, encode_film(frames, arguments.fps, target.suffix.lower().removeprefix(".")))
    if not arguments.quiet:
        print(target)
    return DONE


def _read_record(path: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(path.read_text("utf-8"))
        dict(record["request"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "replay",
            "{path} holds no record",
            "a JSON file that Generate wrote beside a picture is expected",
            "Choose another file",
            path=path,
        ) from error
    return record


def _first(latents: tuple[Any, ...], path: Path) -> Any:
    if not latents:
        raise InputError(
            "latent", "{path} holds no latents", "at least one is expected", "Choose another file", path=path
        )
    return latents[0]
