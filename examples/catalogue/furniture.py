"""Reads Sweet Home 3D's furniture libraries: which models there are, what they are called, who made them.

A library is a .sh3f file (a ZIP archive) or the folder it was unpacked to. `PluginFurnitureCatalog.properties` in it
numbers the models (`name#7=Chair`); the format is described at https://www.sweethome3d.com/pluginDeveloperGuide/.
"""

from __future__ import annotations

import logging
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from categories import category_of

LISTING = "PluginFurnitureCatalog.properties"

EXCLUDED_ROOMS = frozenset({"Characters", "Doors and windows", "Staircases"})
"""Names that no shop photographs on white: people and animals, and parts of a building."""

EXCLUDED_NAMES = re.compile(
    r"arrow|chimney|crossing|living room|parking slot|pool$|rails|railing|sidewalk|socket|switch|plug$|window blind",
    re.IGNORECASE,
)
"""Further parts of a street, a wall or a garden, no products on their own."""

# fmt: off
LICENCES: tuple[tuple[str, str, str], ...] = (
    ("Creative Commons Zero",         "CC0-1.0",      "https://creativecommons.org/publicdomain/zero/1.0/"),
    ("Attribution 3.0 United States", "CC-BY-3.0-US", "https://creativecommons.org/licenses/by/3.0/us/"),
    ("Attribution 3.0",               "CC-BY-3.0",    "https://creativecommons.org/licenses/by/3.0/"),
)
"""(words of the licence, SPDX id, address); the first row whose words are found holds."""
# fmt: on


class CatalogueError(Exception):
    """An error that the user can mend, in one line."""


UNTURNED = "1 0 0 0 1 0 0 0 1"


@dataclass(frozen=True)
class Model:
    """One product of a library.

    Attributes:
        product: unique id, from the model's path: "scopia-bed1".
        library: the .sh3f file or folder.
        path: of the .obj file in the library.
        name: in English, as the library gives it.
        room: the library's own grouping, such as "Living room".
        size_cm: width, height and depth; what the model is stretched to.
        rotation: 3x3 row by row, applied to the model's coordinates (y up) before anything else.
        licence: SPDX id.
    """

    product: str
    library: Path
    path: str
    name: str
    room: str
    category: str
    creator: str
    licence: str
    size_cm: tuple[float, float, float]
    rotation: tuple[float, ...]

    def extract(self, folder: Path) -> Path:
        """Put the model with its materials and textures into the folder; returns the .obj file."""
        home = PurePosixPath(self.path).parent.as_posix() + "/"
        with _Library(self.library) as library:
            for name in library.names():
                if name.startswith(home):
                    target = folder / name[len(home) :]
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(library.read(name))
        return folder / PurePosixPath(self.path).name


def read_models(folder: Path) -> list[Model]:
    """The products of all libraries below a folder, sorted by id; people, doors, windows and stairs are left out.

    Raises:
        CatalogueError: there is no library, one is damaged or names no open licence, or two models share an id.
    """
    libraries = sorted({*folder.rglob("*.sh3f"), *(listing.parent for listing in folder.rglob(LISTING))})
    if not libraries:
        raise CatalogueError(f"models: no .sh3f file and no {LISTING} below {folder}. Unpack sweethome3d-furniture")
    models: dict[str, Model] = {}
    for library in libraries:
        try:
            found = list(_models_of(library))
        except (zipfile.BadZipFile, KeyError) as error:
            raise CatalogueError(f"models: {library} is no furniture library ({error}). Fetch it again") from error
        for model in found:
            if model.product in models:
                raise CatalogueError(f"models: {model.library} and {models[model.product].library} hold the same model")
            models[model.product] = model
    return [models[product] for product in sorted(models)]


def licence_of(text: str) -> str | None:
    """The SPDX id of the licence that a text names, or None."""
    flat = re.sub(r"\s+", " ", text)
    return next((spdx for words, spdx, _ in LICENCES if words in flat), None)


def _models_of(library_path: Path) -> Iterator[Model]:
    with _Library(library_path) as library:
        listing = _properties(library.read(LISTING).decode("latin-1"))
        names = library.names()
        texts = [listing.get("license", "")]
        texts += [library.read(name).decode("latin-1") for name in names if name.upper() == "LICENSE.TXT"]
        of_library = next((spdx for text in texts if (spdx := licence_of(text))), None)
        if of_library is None:
            raise CatalogueError(f"models: {library_path} names no licence that is known to be open. Remove it")
        own = {str(PurePosixPath(n).parent): n for n in names if "/" in n and "license" in n.lower()}
        for number in sorted(int(key[6:]) for key in listing if key.startswith("model#")):
            of = {key.removesuffix(f"#{number}"): value for key, value in listing.items() if key.endswith(f"#{number}")}
            is_product = of.get("category") not in EXCLUDED_ROOMS and not EXCLUDED_NAMES.search(of.get("name", ""))
            if not is_product or of.get("doorOrWindow") == "true":
                continue
            path = of["model"].lstrip("/")
            licence = of_library
            if (own_file := own.get(str(PurePosixPath(path).parent))) is not None:
                licence = _stricter(of_library, library.read(own_file).decode("latin-1"))
            try:
                name, room = of["name"], of["category"]
                width, height, depth = (float(of[side]) for side in ("width", "height", "depth"))
                rotation = tuple(map(float, of.get("modelRotation", UNTURNED).split()))
            except (KeyError, ValueError) as error:
                logging.getLogger(__name__).warning("%s is left out: %r in %s", of["model"], error, library_path)
                continue
            yield Model(
                product=f"{PurePosixPath(path).parts[0]}-{PurePosixPath(path).stem}".lower(),
                library=library_path,
                path=path,
                name=name,
                room=room,
                category=category_of(name),
                creator=of.get("creator") or listing.get("provider", "unknown"),
                licence=licence,
                size_cm=(width, height, depth),
                rotation=rotation,
            )


def _stricter(of_library: str, own_text: str) -> str:
    """A few models of the CC0 library ask for attribution in a file of their own; such a file never frees a model."""
    text = re.sub(r"<[^>]*>", " ", own_text)
    released = re.search(r"released\s+under(.{0,80})", text, flags=re.DOTALL | re.IGNORECASE)
    own = licence_of(released.group(1)) if released else None
    return own if own is not None and of_library == "CC0-1.0" else of_library


def _properties(text: str) -> dict[str, str]:
    r"""Java's .properties as far as libraries use it: comments, `key=value`, \uXXXX."""
    found = {}
    for line in text.splitlines():
        key, separator, value = line.strip().partition("=")
        if separator and not key.startswith(("#", "!")):
            unescaped = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match.group(1), 16)), value)
            found[key.strip()] = unescaped.strip()
    return found


class _Library:
    """A .sh3f file or a folder, read in the same way."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._archive = None if path.is_dir() else zipfile.ZipFile(path)

    def __enter__(self) -> _Library:
        return self

    def __exit__(self, *_: object) -> None:
        if self._archive is not None:
            self._archive.close()

    def names(self) -> set[str]:
        if self._archive is not None:
            return {name for name in self._archive.namelist() if not name.endswith("/")}
        return {path.relative_to(self._path).as_posix() for path in self._path.rglob("*") if path.is_file()}

    def read(self, name: str) -> bytes:
        if self._archive is not None:
            return self._archive.read(name)
        return (self._path / name).read_bytes()
