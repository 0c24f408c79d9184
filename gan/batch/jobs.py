"""Plan a batch: match sources to output paths, and skip results that an earlier run has already written."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan.batch.output import exported_to, suffix_of
from gan.batch.recipe_json import KEPT, Recipe
from gan.batch.results import Outcome, lab_of
from gan.core.errors import InputError
from gan.core.files import PICTURE_SUFFIXES, plan_outputs
from gan.export.channels import Channel
from gan.export.naming import Naming, Planned, labeled, missing, planned

SHEET = re.compile(r"contact-sheet-\d{2,}\.jpg")
MOST_IGNORED = 1000


@dataclass(frozen=True)
class Job:
    """One picture to make.

    Attributes:
        recipe: what to do; the variant of it that makes one picture.
        source: what to do it to; None where the recipe draws.
        name: of the source below the folder that was given; of what is drawn, the target's.
        target: the result's file.
        below: the same below the folder of results.
    """

    recipe: Recipe
    source: Path | None
    name: str
    target: Path
    below: str


def plan(recipe: Recipe, sources: Sequence[Path], out: Path, naming: Naming | None = None) -> tuple[Job, ...]:
    """List the jobs for files and folders, sorted by name.

    A result is named by SKU where that is asked; else it is called as its source, in the same sub-folders, with the
    output's suffix; where several would meet in one name, later ones keep their old suffix too, or are numbered.

    Of a recipe with several results for a picture, each has its color or seed in its name. What lies below `out`, such
    as the results of an earlier run, is no source.

    Args:
        recipe: what to do.
        sources: none for a recipe that draws.
        out: the folder of results; it need not be there.
        naming: names by SKU, for the channel that the recipe exports to.

    Raises:
        InputError: no source, or one for a recipe that draws; no picture in a folder; a result would take the place
            of a source; a picture has no SKU or one that another picture has too; or a SKU lacks a slot of
            `naming.slots`.
        StepError: as of `Recipe.arguments`.
    """
    check_places(recipe, sources, out)
    suffix = suffix_of(recipe)
    found: list[tuple[Path | None, str, Path]] = [(None, "", out / f"generated{suffix}")]
    if not recipe.draws:
        found = [(source, _name(source, sources), target) for source, target in _pairs(sources, out, suffix)]
        if naming is not None and naming.asked:
            channel = exported_to(recipe) or Channel(name="none")
            named = [(name, source) for source, name, _ in found if source is not None]
            pictures = planned(labeled(named, naming), naming, channel)
            for picture in pictures:
                if picture.error is not None:
                    raise picture.error
            _check_slots(pictures, naming, channel)
            found = [
                (source, name, out / f"{picture.name}{suffix}")
                for (source, name, _), picture in zip(found, pictures, strict=True)
            ]
    taken: set[str] = set()
    jobs = []
    variants = recipe.variants()
    for source, name, target in found:
        for label, variant in variants:
            labelled = target.with_name(f"{target.stem}-{label}{suffix}") if label else target
            free = _free(labelled, taken)
            below = free.relative_to(out).as_posix()
            jobs.append(Job(variant, source, name or below, free, below))
    _check_apart(jobs)
    return tuple(jobs)


def _check_slots(pictures: Sequence[Planned], naming: Naming, channel: Channel) -> None:
    """Raise `InputError` for a SKU without a slot that every SKU has to have."""
    found = missing([(picture.sku, picture.slot) for picture in pictures], naming, channel) if naming.slots else {}
    for sku, slots in found.items():
        raise InputError(
            "slots",
            "{sku} has no picture for {slots}",
            "every SKU needs the slots that were asked for",
            "Add the pictures, or ask for fewer slots",
            sku=sku,
            slots=", ".join(slots),
        )


def check_places(recipe: Recipe, sources: Sequence[Path], out: Path) -> None:
    """Raise `InputError` if a recipe that draws is given pictures, or another one none, or `out` takes no results."""
    if recipe.draws == bool(sources):
        raise InputError(
            "image",
            "pictures were given for a recipe that generates its own" if recipe.draws else "no picture",
            "a recipe that begins with generate takes no pictures, every other at least one",
            "Remove them, or choose another recipe" if recipe.draws else "Choose a file or a folder",
        )
    if out.exists() and not out.is_dir():
        raise InputError(
            "output", "{path} is a file", "a folder is needed for several pictures", "Choose another -o", path=out
        )
    if out.resolve() in (folder.resolve() for folder in sources):
        raise InputError(
            "output",
            "{path} is the folder of the pictures",
            "a folder of its own is needed",
            "Choose another -o",
            path=out,
        )


def ignored_in(sources: Iterable[Path]) -> tuple[str, ...]:
    """Files in the folders that are not pictures, hidden ones left out; `MOST_IGNORED` at most."""
    names: list[str] = []
    for folder in sources:
        if not folder.is_dir():
            continue
        for path in sorted(folder.rglob("*")):
            below = path.relative_to(folder)
            if any(part.startswith(".") for part in below.parts) or path.is_dir():
                continue
            if path.suffix.lower() not in PICTURE_SUFFIXES or not path.is_file():
                names.append(str(below))
    return tuple(names[:MOST_IGNORED])


def sidecar_of(target: Path) -> Path:
    """Path of the JSON sidecar that records the steps of a result."""
    return target.with_name(target.name + ".json")


def kept(job: Job) -> Outcome | None:
    """Result of an earlier run of the same recipe on the same picture, if its file is unchanged since; else None.

    The sidecar is the journal: it is written after its picture, whole or not at all, so that a run which was killed
    has neither half a file nor a file that is taken for finished and is not.
    """
    try:
        record: dict[str, Any] = json.loads(sidecar_of(job.target).read_bytes())["result"]
        target = job.target.with_name(Path(record["output"]["file"]).name)
        same = (
            record["recipe"] == job.recipe.sha256
            and record["input"]["sha256"] == ("" if job.source is None else file_sha256(job.source))
            and record["output"]["sha256"] == file_sha256(target)
        )
        if not same:
            return None
        return Outcome(
            name=job.name,
            target=(Path(job.below).parent / target.name).as_posix(),
            status="kept",
            notices=tuple(map(str, record["notices"])),
            width_px=int(record["output"]["width_px"]),
            height_px=int(record["output"]["height_px"]),
            file_bytes=target.stat().st_size,
            input_sha256=record["input"]["sha256"],
            output_sha256=record["output"]["sha256"],
            product=lab_of(record["measured"].get("product")),
            ground=lab_of(record["measured"].get("ground")),
            delta_e=record["measured"].get("delta_e"),
            licences={str(name): str(licence) for name, licence in record.get("licences", {}).items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None  # no sidecar of ours: the picture is made anew


def input_of(target: Path) -> str:
    """Name of the file that a result was made of, as its sidecar says; empty where there is none."""
    try:
        return str(json.loads(sidecar_of(target).read_bytes())["result"]["input"]["file"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content; empty if it is not a file.

    Raises:
        OSError: it cannot be read.
    """
    if not path.is_file():
        return ""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(2**20):
            digest.update(part)
    return digest.hexdigest()


def _pairs(sources: Sequence[Path], out: Path, suffix: str) -> list[tuple[Path, Path]]:
    """Sources and the names of their results, which may collide."""
    if len(sources) == 1 and not sources[0].is_dir():
        return [(sources[0], (out / sources[0].name).with_suffix(suffix))]
    own = out.resolve()
    holds_out = any(folder.resolve() in own.parents for folder in sources)
    return [
        (source, target)
        for source, target in plan_outputs(sources, out, suffix_for={}, suffix=suffix)
        if not _ours(source) and not (holds_out and own in source.resolve().parents)
    ]


def _ours(path: Path) -> bool:
    """True for the contact sheet of an earlier run, on whose results this one works."""
    return SHEET.fullmatch(path.name) is not None and (path.parent / KEPT).is_dir()


def _name(source: Path, sources: Sequence[Path]) -> str:
    folder = next((folder for folder in sources if folder in source.parents), source.parent)
    return source.relative_to(folder).as_posix()


def _free(target: Path, taken: set[str]) -> Path:
    """A name that no other result has, also on file systems that ignore case."""
    free, number = target, 2
    while str(free).casefold() in taken or SHEET.fullmatch(free.name):
        free, number = target.with_name(f"{target.stem}-{number}{target.suffix}"), number + 1
    taken.add(str(free).casefold())
    return free


def _check_apart(jobs: Sequence[Job]) -> None:
    """Raise `InputError` if a result would overwrite a source."""
    sources = {job.source.resolve() for job in jobs if job.source is not None}
    for job in jobs:
        if job.target.resolve() in sources:
            raise InputError(
                "output",
                "{name} would overwrite its own source",
                "a folder of its own is needed",
                "Choose another -o",
                name=job.below,
            )
