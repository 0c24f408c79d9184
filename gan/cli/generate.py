"""`python -m gan generate`: a series of any length, or a film."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gan.api import Studio
from gan.cli import options
from gan.cli.common import DONE, Bar, Place, Tasks, common_options, to_json
from gan.cli.files import TOLD, failure, sum_up
from gan.cli.told import complain, tell
from gan.core.contract import Result
from gan.core.errors import InputError, check_within
from gan.core.files import write_atomic
from gan.core.option import nested
from gan.core.reader import AnySource
from gan.core.request import SEED_LIMIT
from gan.generate.attributes import Sliders
from gan.generate.interpolation import FilmRequest
from gan.generate.latent import load
from gan.generate.pipeline import AUTO_MODEL, DEFAULT_MODEL, GenerateRequest, file_name, record_of
from gan.generate.text import parse
from gan.generate.video import encode_film
from gan.imaging.io.codec import Encoding, write
from gan.tasks import Task

FILM_SUFFIXES = (".gif", ".mp4")

_NO_FILM = frozenset((*GenerateRequest.model_fields, *Sliders.model_fields, "seeds"))
"""Fields of a film that pictures have too, and its seeds, which --film gives."""

_SAID = {
    "category": "category",
    "lightness": "lightness",
    "size_in_frame": "size",
    "aspect": "aspect",
    "azimuth": "azimuth_deg",
    "colour": "colour",
}
"""By option what --text says of it."""


def add(tasks: Tasks, task: Task) -> None:
    """The options."""
    command = tasks.add_parser(task.name, help=task.help, description=task.description)
    command.set_defaults(command=generate)
    command.add_argument(
        "-o", "--output", required=True, action=Place, metavar="DIR", help="a folder; a .gif or .mp4 file for a film"
    )
    help_ = {"count": "pictures, any number of them; those that lie there with the same record stay (1)"}
    options.add(command, GenerateRequest, helps=help_)
    command.add_argument("--again", action="store_true", help="make those that are there already once more")
    command.add_argument("--text", default="", help='sets category and sliders: "red armchair from the left"')
    command.add_argument("--project", type=Path, metavar="PICTURE", help="begin from this picture instead of a seed")
    command.add_argument("--latent", type=Path, metavar="FILE", help="begin from a saved latent")
    command.add_argument("--replay", type=Path, metavar="RECORD", help="make again what a record describes")
    command.add_argument("--film", type=int, nargs="+", default=[], metavar="SEED", help="a film through these seeds")
    options.add(command, FilmRequest, without=_NO_FILM)
    command.add_argument("--fps", type=int, default=24, help="of a film (24)")
    common_options(command)


def generate(arguments: argparse.Namespace) -> int:
    """Write PICTURE.png and PICTURE.png.json for each, or one film."""
    studio = Studio(arguments.device)
    progress = None if arguments.quiet else Bar("generate")
    is_film = bool(arguments.film) or arguments.output.suffix.lower() in FILM_SUFFIXES
    if arguments.replay is not None:
        described = _read_record(arguments.replay)
        request = record_of(described["request"])
    else:
        request = _request(arguments, studio)
        if arguments.latent is not None:
            request = request.replaced(latent=_first(load(arguments.latent), arguments.latent))
        if arguments.project is not None:
            found = studio.project(arguments.project, category=request.category, model=request.model, progress=progress)
            request = request.replaced(latent=found.details["latent"])
            category, psnr = found.details["category"], found.details["psnr"]
            said = f"{arguments.project}: {category}, {psnr:.1f} dB"
            facts = {"source": arguments.project, "category": category, "psnr": psnr, "notices": list(found.notices)}
            tell("  ".join([said, *found.notices]), event="projected", **facts)
    if is_film:
        fields = {name: getattr(request, name) for name in type(request).model_fields}
        latents = (request.latent,) if request.latent is not None else ()
        fields |= {"latent": None, "latents": latents, "seeds": tuple(arguments.film)}
        fields |= options.given(arguments, FilmRequest, without=_NO_FILM)
        made = FilmRequest(**fields)
        return _film(studio.run(made, progress=progress), arguments)
    count = request.count if arguments.count is None or arguments.replay is not None else arguments.count
    series = Series(studio, request, arguments.output)
    done = failures = 0
    for index in range(count):
        done += 1
        if progress is not None:
            progress(index, count, "Generating")
        kept = None if arguments.again or arguments.replay is not None else series.kept(index)
        if kept is not None:
            tell(kept, "was there already", file=kept, status="kept")
            continue
        result = studio.run(series.request(index))
        if index == 0 and arguments.replay is not None and dict(result.weights) != described.get("weights"):
            complain(arguments.replay, "made with other weights than these, so it looks different")
        failures += _write(result, arguments.output)
    if progress is not None:
        progress(count, count, "Generating")
    return sum_up(done, failures)


def _request(arguments: argparse.Namespace, studio: Any) -> GenerateRequest:
    """The fields that were given, and for the others what --text says."""
    given = options.flat(arguments, GenerateRequest, without=("count",))
    if arguments.count is not None:
        check_within("count", arguments.count, 1, SEED_LIMIT)
    if arguments.text:
        model = given.get("model", AUTO_MODEL)
        categories = studio.load(DEFAULT_MODEL if model == AUTO_MODEL else model).network.config.categories
        said = parse(arguments.text, categories)
        if said.unknown:
            tell(f"not understood: {', '.join(said.unknown)}", event="not understood", words=said.unknown)
        wanted = {name: getattr(said, field) for name, field in _SAID.items()}
        chosen = {name: value for name, value in given.items() if value != ""}
        given = {**{name: value for name, value in wanted.items() if value not in (None, "")}, **chosen}
    return GenerateRequest.read(nested(GenerateRequest, given), AnySource())


def _write(result: Result, folder: Path) -> int:
    """Write one picture and then its record, so that no record speaks of a picture that is not there.

    Returns:
        The number of failures.
    """
    target, record = folder / result.picture.name, result.record
    try:
        write(result.picture, target, Encoding.for_path(target))
        write_atomic(target.with_name(target.name + ".json"), to_json(record).encode())
    except Exception as error:
        return failure(error, target, target)
    tell(
        target,
        *result.notices,
        file=target,
        status="made",
        **{name: record[name] for name in TOLD if name != "details"},
    )
    return 0


def _film(result: Any, arguments: argparse.Namespace) -> int:
    suffix = arguments.output.suffix.lower()
    target = arguments.output if suffix in FILM_SUFFIXES else arguments.output / "film.mp4"
    frames: Iterable[Any] = (picture.rgb[0] for picture in result.pictures)
    write_atomic(target, encode_film(frames, arguments.fps, target.suffix.lower().removeprefix(".")))
    tell(target, source="", file=target, **{name: result.record[name] for name in TOLD if name != "details"})
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


class Series:
    """Pictures 0, 1, 2 ... of a request, drawn from its seed on, in a folder. One of them is in memory at a time.

    Args:
        request: its count is left out of account.
        folder: of the pictures and, beside each, its record.
    """

    def __init__(self, studio: Studio, request: GenerateRequest, folder: Path) -> None:
        self._studio = studio
        self._wanted = request
        self._folder = folder

    def request(self, index: int) -> GenerateRequest:
        """The request that draws picture `index` and no other."""
        return self._wanted.replaced(seed=(self._wanted.seed + index) % SEED_LIMIT, count=1)

    def kept(self, index: int) -> Path | None:
        """The file of picture `index` if an earlier run has made it by the same request and weights; else None.

        Its record is the proof: it is written after its picture, whole or not at all.
        """
        expected = self.request(index)
        for category in self._categories():
            path = self._folder / file_name(category, expected.seed)
            try:
                record = json.loads(path.with_name(path.name + ".json").read_bytes())
                if path.is_file() and record["request"] == _as_json(expected.record()) and self._same(record):
                    return path
            except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
                continue  # no record of ours: the picture is made anew
        return None

    def _same(self, record: Mapping[str, Any]) -> bool:
        """True if all its weights are those that would be taken today."""
        weights: Mapping[str, str] = record["weights"]
        return bool(weights) and all(self._studio.load(name).sha256 == sha256 for name, sha256 in weights.items())

    def _categories(self) -> tuple[str, ...]:
        if self._wanted.latent is not None:
            return (self._wanted.latent.category,)
        if self._wanted.category:
            return (self._wanted.category,)
        model = self._studio.load(DEFAULT_MODEL if self._wanted.model == AUTO_MODEL else self._wanted.model)
        config: Any = model.network.config
        return getattr(config, "categories", ())  # what is no generator is refused when it is run


def _as_json(value: Any) -> Any:
    """A value after a file has held it: tuples are lists."""
    return json.loads(json.dumps(value))
