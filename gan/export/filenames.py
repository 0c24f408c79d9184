"""Names of files in a package: predictable, safe on every system, each only once."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

MOST_LETTERS = 80

_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)


class Names:
    """Gives every file a name, in the order in which it is asked."""

    def __init__(self, taken: tuple[str, ...] = ()) -> None:
        self._taken = {name.casefold() for name in taken}

    def of(self, source: str, suffix: str) -> str:
        """The name that a source's file gets: its own with that suffix, made safe, numbered where it is taken.

        Folders of a relative source are kept.

        Args:
            source: a path with / or \\, or a mere name.
            suffix: with the dot.
        """
        path = PurePosixPath(source.replace("\\", "/"))
        relative = not path.is_absolute() and not re.match(r"[A-Za-z]:", source)
        parts = [_safe(part) for part in path.parts[:-1] if part not in (".", "..")] if relative else []
        stem = _safe(path.stem)
        name, number = "/".join((*parts, stem + suffix)), 1
        while name.casefold() in self._taken:
            number += 1
            name = "/".join((*parts, f"{stem}-{number}{suffix}"))
        self._taken.add(name.casefold())
        return name


def _safe(part: str) -> str:
    """Letters, digits, points, hyphens and underscores of any script; never hidden, empty, or a device of Windows."""
    text = unicodedata.normalize("NFC", part)
    text = re.sub(r"[^\w.-]+", "-", text)[:MOST_LETTERS].strip(".-")
    if not text:
        return "picture"
    return f"_{text}" if _RESERVED.fullmatch(text) else text
