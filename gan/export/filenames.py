"""Names of files in a package: predictable, safe on every system, each only once."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

from gan.core.errors import InputError

MOST_LETTERS = 80

FIELDS: Final = ("sku", "slot", "stem", "channel", "n", "ext")
"""Fields of a pattern of names."""

ENDING: Final = ".{ext}"

LETTERS: Final[Mapping[str, str]] = MappingProxyType({"ascii": r"[A-Za-z0-9._-]+", "alphanumeric": r"[A-Za-z0-9]+"})
"""What a channel may allow in the SKU and slot of a name, in place of every safe letter."""

WORDS: Final[Mapping[str, str]] = {
    "ascii": "only letters A to Z, digits, points, hyphens and underscores are allowed here",
    "alphanumeric": "only letters A to Z and digits are allowed here",
}

_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)


class Names:
    """Gives every file a name, in the order in which it is asked."""

    def __init__(self, taken: tuple[str, ...] = ()) -> None:
        self._taken = {name.casefold() for name in taken}

    def of(self, source: str, suffix: str, folder: str = "") -> str:
        """The name that a source's file gets: its own with that suffix, made safe, numbered where it is taken.

        Folders of a relative source are kept.

        Args:
            source: a path with / or \\, or a mere name.
            suffix: with the dot.
            folder: in which the file goes; empty for none.
        """
        path = PurePosixPath(source.replace("\\", "/"))
        relative = not path.is_absolute() and not re.match(r"[A-Za-z]:", source)
        parts = [_safe(part) for part in path.parts[:-1] if part not in (".", "..")] if relative else []
        parts = [folder, *parts] if folder else parts
        stem = _safe(path.stem)
        name, number = "/".join((*parts, stem + suffix)), 1
        while name.casefold() in self._taken:
            number += 1
            name = "/".join((*parts, f"{stem}-{number}{suffix}"))
        self._taken.add(name.casefold())
        return name

    def exactly(self, name: str) -> str:
        """This very name. Raises `InputError` where another file has it: nothing is overwritten."""
        if name.casefold() in self._taken:
            raise taken_twice(name)
        self._taken.add(name.casefold())
        return name


def taken_twice(name: str) -> InputError:
    """Error for two pictures that a pattern gives one name."""
    return InputError(
        "names",
        "two pictures would be called {name}",
        "every file needs a name of its own",
        "Add {fields} to the pattern",
        name=name,
        fields="{slot} or {n}",
    )


def check_pattern(pattern: str, field: str = "names") -> None:
    """Raise `InputError` for a pattern of names with unknown fields, or whose names would not be safe."""
    known = ", ".join(f"{{{name}}}" for name in FIELDS)
    try:
        parts = list(string.Formatter().parse(pattern))
    except ValueError as error:
        raise InputError(
            field,
            "{pattern} cannot be read: {reason}",
            "{known} are allowed",
            "Correct the braces",
            pattern=pattern,
            reason=str(error),
            known=known,
        ) from error
    for _, name, form, conversion in parts:
        if name is not None and (name not in FIELDS or form or conversion):
            raise InputError(
                field,
                "{{{name}}} is not a field of names",
                "{known} are allowed",
                "Correct it, or remove it",
                name=f"{name}{f'!{conversion}' if conversion else ''}{f':{form}' if form else ''}",
                known=known,
            )
    used = {name for _, name, _, _ in parts}
    if not pattern.endswith(ENDING) or not used & {"sku", "slot", "stem", "n"} or pattern.count("{ext}") > 1:
        raise InputError(
            field,
            "{pattern} is no pattern of names",
            "at least one of {fields}, and {ending} at the end, are expected",
            "Write it like {example}",
            pattern=pattern,
            fields="{sku}, {stem}, {slot}, {n}",
            ending=ENDING,
            example="{sku}_{slot}.{ext}",
        )
    check_safe("".join(text + ("x" if name else "") for text, name, _, _ in parts).removesuffix(".x"), field)


def filled(pattern: str, values: Mapping[str, object], letters: str = "") -> str:
    """A file's name by a pattern, without its suffix; a / in the pattern makes folders.

    Args:
        pattern: as `check_pattern` accepts it.
        values: of the fields but ext.
        letters: of `LETTERS`; empty for every safe letter.

    Raises:
        InputError: the name would not be safe, or has letters that are not allowed.
    """
    for name in ("sku", "slot"):
        value = str(values.get(name, ""))
        if f"{{{name}}}" not in pattern:
            continue
        if not value:
            raise InputError(
                name,
                "none is known for this picture",
                "the pattern of names needs one",
                "Name the file like {example}, or give a table",
                example="SKU_1.jpg",
            )
        if letters and not re.fullmatch(LETTERS[letters], value):
            raise InputError(
                name,
                "{value}",
                WORDS[letters],
                "Correct it",
                value=value,
            )
        check_safe(value, name, folders=False)
    made = pattern.removesuffix(ENDING).format_map(values)
    check_safe(made, "names")
    return made


def check_safe(name: str, field: str, *, folders: bool = True) -> None:
    """Raise `InputError` for a name, with folders or without, that some system refuses, hides or takes for a place."""
    if not all(part and _safe(part) == part for part in (name.split("/") if folders else [name])):
        raise _unsafe(name, field)


def _unsafe(name: str, field: str) -> InputError:
    return InputError(
        field,
        "{name} is not a safe file name",
        "letters, digits, points, hyphens and underscores are allowed, up to {most} of them",
        "Correct it",
        name=name,
        most=MOST_LETTERS,
    )


def _safe(part: str) -> str:
    """Letters, digits, points, hyphens and underscores of any script; never hidden, empty, or a device of Windows."""
    text = unicodedata.normalize("NFC", part)
    text = re.sub(r"[^\w.-]+", "-", text)[:MOST_LETTERS].strip(".-")
    if not text:
        return "picture"
    return f"_{text}" if _RESERVED.fullmatch(text) else text
