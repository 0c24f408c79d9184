"""Sessions: what a page keeps of one visit, its results one after the other, and its files, pictures among them."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor
from typing_extensions import Self

from gan.imaging.picture import Picture
from gan.imaging.row_chunks import bands
from gan.ui.storage import touch

MOST_BYTES: Final = 2**30
"""Of pictures in one session; the oldest results make room."""


class Sized(Protocol):
    """A result that takes room."""

    @property
    def bytes(self) -> int: ...


Result = TypeVar("Result", bound=Sized)


@dataclass(frozen=True, eq=False, kw_only=True)
class Session(Generic[Result]):
    """State of a visit. Immutable: handlers return a new one, so that Stop and errors leave it as it was.

    Attributes:
        folder: of all files.
        entries: what was made, in order.
        at: which of them is shown; -1 where there is none.
    """

    folder: Path
    entries: tuple[Result, ...] = ()
    at: int = -1

    FIXED: ClassVar[int] = 0
    """So many entries never make room, such as the photograph itself."""

    @property
    def entry(self) -> Result | None:
        return self.entries[self.at] if self.entries else None

    def new_folder(self) -> Path:
        """For the files of one result. Those that nothing refers to any more make room; all others are in use."""
        used = set(_paths(self))
        touch(*used)
        kept = {self.folder / path.relative_to(self.folder).parts[0] for path in used if self._holds(path)}
        for old in self.folder.iterdir():
            if old.is_dir() and old not in kept and time.time() - old.stat().st_mtime > UNUSED_S:
                shutil.rmtree(old, ignore_errors=True)
        return Path(tempfile.mkdtemp(dir=self.folder))

    def _holds(self, path: Path) -> bool:
        return path != self.folder and path.is_relative_to(self.folder)

    def followed_by(self, entry: Result) -> Self:
        """A result after the current one, in place of all that were."""
        entries = [*self.entries[: self.at + 1], entry]
        while len(entries) > self.FIXED + 1 and sum(one.bytes for one in entries[self.FIXED :]) > MOST_BYTES:
            del entries[self.FIXED]
        return dataclasses.replace(self, entries=tuple(entries), at=len(entries) - 1)

    def with_entry(self, entry: Result) -> Self:
        """Another result in place of the current one."""
        return dataclasses.replace(self, entries=(*self.entries[: self.at], entry, *self.entries[self.at + 1 :]))

    def gone_to(self, at: int) -> Self:
        """Another result; `at` is brought into range."""
        return dataclasses.replace(self, at=min(max(at, 0), len(self.entries) - 1))


UNUSED_S: Final = 120.0
"""Time for which files stay that the session does not refer to: another event may be about to hand them over."""


def _paths(value: Any) -> Iterator[Path]:
    """All paths in a value of dataclasses, sequences and mappings."""
    if isinstance(value, Path):
        yield value
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from _paths(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _paths(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _paths(item)


KEEP_S: Final = 86400
"""Time without a visit after which a folder is deleted."""


class Kept(Protocol):
    """State of a page between two events."""

    @property
    def folder(self) -> Path: ...


class Shelf:
    """Folders of the visits' files; deleted when the process ends."""

    def __init__(self) -> None:
        self._root: Path | None = None
        self._lock = threading.Lock()

    def folder(self) -> Path:
        """A new, empty one. What is older than `KEEP_S` makes room."""
        with self._lock:
            if self._root is None:
                self._root = Path(tempfile.mkdtemp(prefix="packshot-"))
                weakref.finalize(self, shutil.rmtree, self._root, ignore_errors=True)
            for old in self._root.iterdir():
                if time.time() - old.stat().st_mtime > KEEP_S:
                    shutil.rmtree(old, ignore_errors=True)
            return Path(tempfile.mkdtemp(dir=self._root))

    @staticmethod
    def forget(visit: Kept | None) -> None:
        """Throw a session's files away."""
        if visit is not None:
            shutil.rmtree(visit.folder, ignore_errors=True)


@dataclass(frozen=True, eq=False)
class Stored:
    """A picture whose pixels lie in a file.

    Attributes:
        path: of the file, which `store` wrote.
        rest: the picture without its pixels.
        size: width and height in pixels.
    """

    path: Path
    rest: Picture
    size: tuple[int, int]

    @property
    def bytes(self) -> int:
        return self.path.stat().st_size

    def picture(self) -> Picture:
        """The picture again.

        Raises:
            OSError: the file is gone.
        """
        with np.load(self.path) as arrays:
            alpha = _unit(arrays["alpha"]) if "alpha" in arrays.files else None
            return self.rest.with_pixels(_unit(arrays["rgb"]), alpha)


def store(picture: Picture, path: Path, *, exact: bool = False) -> Stored:
    """Write a picture's pixels with as many bits as it has: what a lossless file would hold, in a tenth of the time.

    Args:
        path: ending in .npz.
        exact: keep them as they are, so that what is made of them is the same to the last bit.
    """
    arrays: dict[str, Any] = {"rgb": picture.rgb.numpy() if exact else _numbers(picture.rgb, picture.bits)}
    if picture.alpha is not None:
        arrays["alpha"] = picture.alpha.numpy() if exact else _numbers(picture.alpha, picture.bits)
    np.savez(path, **arrays)
    rest = dataclasses.replace(picture, rgb=torch.zeros(1, 3, 1, 1), alpha=None)
    return Stored(path, rest, (picture.width_px, picture.height_px))


def _numbers(x: Tensor, bits: int) -> np.ndarray:
    most, (height_px, width_px) = 2**bits - 1, x.shape[2:]
    numbers = np.empty(x.shape, np.uint16 if bits > 8 else np.uint8)
    for rows in bands(height_px, width_px):
        numbers[:, :, rows] = x[:, :, rows].mul(most).add_(0.5).clamp_(0, most).numpy()
    return numbers


def _unit(numbers: np.ndarray) -> Tensor:
    if numbers.dtype == np.float32:
        return torch.from_numpy(numbers)
    return torch.from_numpy(numbers.astype(np.float32)).div_(float(np.iinfo(numbers.dtype).max))
