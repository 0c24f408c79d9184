"""Recipes: ordered steps of any task, saved as JSON and replayed on other pictures with the same result."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

from gan.batch.recipe import VERSION, Recipe, to_json
from gan.batch.steps import LEFT_OUT, Files, Step, files_of
from gan.core.errors import InputError, shown, unreadable, wrong_type
from gan.core.files import write_atomic
from gan.core.message import Message
from gan.core.recipe import at_step
from gan.imaging.io.formats import Encoding
from gan.imaging.picture import History

__all__ = ["KEPT", "VERSION", "Recipe", "Step", "from_history", "read_recipe", "to_json", "write_recipe"]

MOST_NAME: Final = 200
MOST_RECIPE_BYTES: Final = 16 * 2**20
MOST_FILE_BYTES: Final = 128 * 2**20

KEPT = ".packshot"
"""The folder beside what was made that holds what a replay needs besides the recipe."""

_KEYS = ("version", "name", "steps", "output", "result")
_STEP_KEYS = ("task", "request", "weights")


def read_recipe(source: Path | str | bytes, files: Mapping[str, Path | bytes] | None = None) -> Recipe:
    """Read a recipe and every file that it names, strictly.

    A sidecar of a finished picture is a recipe too.

    Args:
        source: the recipe's path, or its content.
        files: by name what steps may use; by default the files that lie beside the recipe, or, where a path is
            given, further down. No name leads out of that folder.

    Raises:
        InputError: it is missing, too long, no JSON, no recipe, or of a later version.
        StepError: as of `Recipe` and its `arguments`.
    """
    data = source if isinstance(source, bytes) else _content(Path(source))
    given = _parsed(data)
    for key in given:
        if key not in _KEYS:
            raise _no_recipe("there is no field {name}", name=shown(key))
    if given.get("version") != VERSION or isinstance(given.get("version"), bool):
        raise InputError(
            "version",
            "{version}",
            "recipes of version {known} are read",
            "Save the steps again, or update Packshot Studio",
            version=shown(given.get("version")),
            known=VERSION,
        )
    stem = "" if isinstance(source, bytes) else Path(source).stem
    name = given.get("name", stem)
    if not isinstance(name, str) or len(name) > MOST_NAME:
        raise wrong_type("name", name, "a short text")
    if not isinstance(given.get("steps"), list):
        raise _no_recipe("there is no list of steps")
    recipe = Recipe(
        name,
        tuple(_step(number, item) for number, item in enumerate(given["steps"], 1)),
        _output(given.get("output", {})),
    )
    found = _found(recipe, None if isinstance(source, bytes) else Path(source).parent, files)
    recipe = dataclasses.replace(recipe, files=found)
    recipe.arguments  # noqa: B018  # what cannot be used is said now, not at the first picture
    return recipe


def write_recipe(recipe: Recipe, path: Path) -> None:
    """Write a recipe and, beside it, its files; atomically.

    Raises:
        OSError: a file cannot be written.
    """
    for name, data in recipe.files.items():
        beside = path.parent / name
        if not beside.is_file() or beside.read_bytes() != data:
            write_atomic(beside, data)
    write_atomic(path, to_json(recipe.record()))


def from_history(
    history: History, *, name: str = "", output: Encoding | None = None, files: Files | None = None
) -> Recipe:
    """The recipe of a finished picture: `Picture.history`, as a file carries it too.

    Args:
        history: at least one step.
        output: how pictures are to be written; PNG by default.
        files: the pictures that steps used, if they are at hand. Without them the recipe can be written, and says in
            `wanted` what has to lie beside it.

    Raises:
        StepError: a step that no recipe can have, such as one of a later version.
        InputError: there is no step.
    """
    steps = [_step(number, item, LEFT_OUT) for number, item in enumerate(history, 1)]
    taken: dict[str, str] = {}
    named = [dataclasses.replace(step, request=_with_names(step.request, "input", taken)) for step in steps]
    return Recipe(name, tuple(named), output or Encoding(), files or {})


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_RECIPE_BYTES + 1)
    except OSError as error:
        raise InputError(
            "recipe",
            "{name} cannot be read: {reason}",
            "a JSON file with steps is expected",
            "Check the path",
            name=str(path),
            reason=error.strerror or type(error).__name__,
        ) from error


def _parsed(data: bytes) -> dict[str, Any]:
    if len(data) > MOST_RECIPE_BYTES:
        raise _no_recipe("more than {most} MB", most=MOST_RECIPE_BYTES // 2**20)
    try:
        given = json.loads(data, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:  # a text nested a thousand deep ends the reader's recursion
        said = error.args[0] if isinstance(error, ValueError) else Message("it is nested too deeply")
        reason = said if isinstance(said, Message) else str(error)
        raise _no_recipe("not valid JSON: {reason}", reason=reason) from error
    if not isinstance(given, dict):
        raise _no_recipe("not an object with steps")
    return given


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError(Message("a name occurs twice"))
    return made


def _no_number(text: str) -> float:
    raise ValueError(Message("{value} is not a number", {"value": text}))


def _step(number: int, given: Any, without: frozenset[str] = frozenset()) -> Step:
    with at_step(number):
        if not isinstance(given, Mapping):
            raise wrong_type("step", given, "an object")
        for key in given:
            if key not in _STEP_KEYS:
                raise _no_recipe("there is no field {name}", name=shown(key))
        if not isinstance(given.get("task"), str):
            raise wrong_type("task", given.get("task"), "a text")
        request, weights = given.get("request", {}), given.get("weights", {})
        for name, value in (("request", request), ("weights", weights)):
            if not isinstance(value, Mapping):
                raise wrong_type(name, value, "an object")
    return Step(given["task"], {key: value for key, value in request.items() if key not in without}, dict(weights))


def _output(given: Any) -> Encoding:
    if not isinstance(given, Mapping):
        raise wrong_type("output", given, "an object")
    return Encoding(**{_OUTPUT.get(name) or name: value for name, value in given.items()})


_OUTPUT: Mapping[str, str] = {"format": "file_format", "file_format": "format"}
"""The one field that is called otherwise in a recipe."""


def _found(recipe: Recipe, folder: Path | None, files: Mapping[str, Path | bytes] | None) -> dict[str, bytes]:
    """Content of the files that a recipe needs, as far as they exist."""
    found = {}
    for number, step in enumerate(recipe.steps, 1):
        for name, sha256 in files_of(step).items():
            with at_step(number):
                data = (files or {}).get(name)
                if files is None and folder is not None:
                    data = _beside(folder, name, sha256)
                if isinstance(data, Path):
                    data = _read(data)
            if data is not None:
                found[name] = data
    return found


def _beside(folder: Path, name: str, sha256: str) -> Path | None:
    """Path of a file that a recipe in that folder names: beside it, or among those that a replay has kept."""
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or "\\" in name or ":" in name or "\0" in name:
        raise InputError(
            "file",
            "{name} points outside the recipe's folder",
            "a file beside the recipe is allowed",
            "Put it there, and write its name only",
            name=shown(name),
        )
    candidates = [folder / pure]
    if sha256.isalnum():
        candidates += [above / KEPT / "files" / sha256 / pure.name for above in (folder, *folder.parents)]
    return next((path for path in candidates if os.path.isfile(path)), None)  # a name may be too long for `is_file`


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_FILE_BYTES:
            raise InputError(
                "file",
                "{name} has more than {most} MB",
                "only smaller files are read",
                "Choose a smaller file",
                name=path.name,
                most=MOST_FILE_BYTES // 2**20,
            )
        return path.read_bytes()
    except OSError as error:
        raise unreadable("file", path.name, error) from error


def _with_names(value: Any, field_name: str, taken: dict[str, str]) -> Any:
    """References to pixels, each with a unique name: pixels from a page have no name, or all the same."""
    if isinstance(value, Mapping) and set(value) == {"file", "sha256"}:
        given, sha256 = str(value["file"]), str(value["sha256"])
        suffix = ".cube" if field_name == "look" else ".png"
        name = given or f"{field_name}-{sha256[:8]}{suffix}"
        if taken.setdefault(name, sha256) != sha256:
            name = f"{Path(name).stem}-{sha256[:8]}{Path(name).suffix}"
        return {"file": name, "sha256": sha256}
    if isinstance(value, Mapping):
        return {key: _with_names(item, str(key), taken) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_names(item, field_name, taken) for item in value]
    return value


def _no_recipe(got: str, **values: object) -> InputError:
    return InputError(
        "recipe", got, "a recipe that Packshot Studio saved is expected", "Save the steps again", **values
    )
