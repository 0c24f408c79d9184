"""The training doctor: what is in a folder, what is wrong with it, and what can be expected of training on it.

It looks, and changes nothing: `examine(folder).text()` is for people, `.record()` for programs.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
import textwrap
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch

from gan.core.errors import InputError
from gan.core.files import pictures_below
from gan.training.data.dataset_expectation import Expectation, expect
from gan.training.data.dataset_facts import Examined
from gan.training.data.dataset_findings import Finding, Severity, findings
from gan.training.data.dataset_inspection import Look, Refusal, look_at, mask_fault
from gan.training.data.duplicates import groups, near_copies
from gan.training.data.pictures import NOT_PICTURES
from gan.training.data.records import META_NAME, read_records

Progress = Callable[[int, int, str], None]
"""Called with (steps done, steps in all, what is being done)."""

MOST_COMPARED = 30_000
"""Pictures; the search for near-copies takes time with the square of their number."""

_AT_ONCE = 4
"""Pictures decoded at a time: one of 100 megapixels takes more than a gigabyte."""

_NAMES_SHOWN = 5
_WIDTH = 100
_MARKS: Mapping[Severity, str] = {"problem": "PROBLEM", "advice": "advice", "ok": "ok"}

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Report:
    """What the doctor found.

    Attributes:
        folder: that was examined.
        pictures: files called pictures, readable or not, without masks.
        products: as training counts them.
        categories: readable pictures by category.
        findings: problems first.
        expectation: what training would give.
        seconds: that the examination took.
    """

    folder: Path
    pictures: int
    products: int
    categories: Mapping[str, int]
    findings: tuple[Finding, ...]
    expectation: Expectation
    seconds: float

    def count(self, severity: Severity) -> int:
        """How many findings are of that severity."""
        return sum(finding.severity == severity for finding in self.findings)

    def text(self) -> str:
        """For people: at most 100 columns, a few names for each finding, all of them in the record."""
        pictures, products, categories = (
            f"{number:,} {one if number == 1 else several}"
            for number, one, several in (
                (self.pictures, "picture", "pictures"),
                (self.products, "product", "products"),
                (len(self.categories), "category", "categories"),
            )
        )
        problems, advice = self.count("problem"), self.count("advice")
        lines = [
            f"{self.folder}: {pictures}, {products}, {categories}; looked at in {self.seconds:.0f} s.",
            f"{problems or 'No'} {'problem' if problems == 1 else 'problems'}, "
            f"{advice or 'no'} {'piece' if advice == 1 else 'pieces'} of advice.",
            "",
        ]
        for finding in self.findings:
            lines += _shown(finding)
        lines += ["", "What to expect", *_wrapped(" ".join(self.expectation.sentences), "  ")]
        return "\n".join(lines) + "\n"

    def record(self) -> dict[str, Any]:
        """JSON-ready: every attribute, with every name."""
        return {
            "folder": str(self.folder),
            "pictures": self.pictures,
            "products": self.products,
            "categories": dict(self.categories),
            "problems": self.count("problem"),
            "findings": [{**dataclasses.asdict(f), "names": list(f.names)} for f in self.findings],
            "expectation": {
                **dataclasses.asdict(self.expectation),
                "sentences": list(self.expectation.sentences),
            },
            "seconds": round(self.seconds, 1),
        }


def examine(folder: Path, *, on_progress: Progress | None = None) -> Report:
    """Look at every file below a folder; a bad one is reported and never stops it.

    Thumbnails and a few numbers of each picture are kept, 4 kB together. 2,351 pictures of 256 px with
    their masks took 25 s of one core.

    Raises:
        InputError: the folder is missing or holds no file that is called a picture.
    """
    began = time.perf_counter()
    seen = _examined(folder, on_progress or (lambda done, total, what: None))
    return Report(
        folder=folder,
        pictures=len(seen.looks) + len(seen.refusals),
        products=len({seen.product(look) for look in seen.looks}),
        categories=dict(seen.by_category().most_common()),
        findings=findings(seen),
        expectation=expect(seen),
        seconds=time.perf_counter() - began,
    )


def _examined(folder: Path, progress: Progress) -> Examined:
    if not folder.is_dir():
        raise InputError("data", "{folder} is no folder", "a folder of pictures", "Check the path", folder=folder)
    everything = list(pictures_below(folder))
    masks = [path for path in everything if NOT_PICTURES & set(path.relative_to(folder).parts)]
    paths = [path for path in everything if path not in set(masks)]
    if not paths:
        raise InputError(
            "data",
            "no picture below {folder}",
            "JPEG, PNG, WebP, AVIF, TIFF, GIF, BMP and HEIC are read",
            "Check the path",
            folder=folder,
        )
    seen = list(_at_once(look_at, paths, _named(progress, "Looking at pictures")))
    looks = tuple(look for look in seen if isinstance(look, Look))
    expected = {path: mask for path in paths if (mask := _mask_of(path, folder)) is not None}
    exact = _equal_files(looks)
    compared = len(looks) <= MOST_COMPARED
    near: list[tuple[int, int]] = []
    if compared and looks:
        on_progress = _named(progress, "Comparing pictures")
        pairs = near_copies(torch.stack([look.thumbnail for look in looks]), on_progress=on_progress)
        near = [(pair.first, pair.second) for pair in pairs]
    chains = [pair for group in exact for pair in itertools.pairwise(group)]
    return Examined(
        folder=folder,
        looks=looks,
        refusals=tuple(refusal for refusal in seen if isinstance(refusal, Refusal)),
        strangers=tuple(_strangers(folder, set(everything))),
        masks=tuple(masks),
        masks_used=frozenset(expected.values()),
        mask_faults=_mask_faults(looks, expected, progress),
        records=read_records(folder),
        exact=exact,
        copies=tuple(tuple(group) for group in groups(near + chains)),
        compared=compared,
    )


def _named(progress: Progress, what: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(done, total, what)


def _at_once(look: Callable[[T], R], items: list[T], progress: Callable[[int, int], None]) -> Iterator[R]:
    with ThreadPoolExecutor(min(_AT_ONCE, os.cpu_count() or 1)) as pool:
        for done, result in enumerate(pool.map(look, items), 1):
            progress(done, len(items))
            yield result


def _equal_files(looks: tuple[Look, ...]) -> tuple[tuple[int, ...], ...]:
    by_digest: dict[bytes, list[int]] = defaultdict(list)
    for index, look in enumerate(looks):
        by_digest[look.digest].append(index)
    return tuple(tuple(group) for group in by_digest.values() if len(group) > 1)


def _mask_of(path: Path, folder: Path) -> Path | None:
    """Where training looks for a picture's mask; None where there is no folder of masks."""
    if path.parent == folder:
        return None
    masks = path.parent.parent / "masks"
    return masks / f"{path.stem}.png" if masks.is_dir() else None


def _mask_faults(looks: tuple[Look, ...], expected: Mapping[Path, Path], progress: Progress) -> dict[Path, str]:
    def fault(look: Look) -> str | None:
        mask = expected[look.path]
        return mask_fault(mask, look.width_px, look.height_px) if mask.is_file() else "missing"

    masked = [look for look in looks if look.path in expected]
    found = _at_once(fault, masked, _named(progress, "Looking at masks"))
    return {expected[look.path]: reason for look, reason in zip(masked, found, strict=True) if reason is not None}


def _strangers(folder: Path, pictures: set[Path]) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and path not in pictures and path.name != META_NAME:
            yield path


def _shown(finding: Finding) -> Iterator[str]:
    yield from _wrapped(f"{finding.subject}: {finding.found}", f"{_MARKS[finding.severity]:<9}")
    if finding.remedy:
        yield from _wrapped(f"-> {finding.remedy}", " " * 9)
    if finding.names and finding.severity != "ok":
        yield from (f"{'':12}{name}" for name in finding.names[:_NAMES_SHOWN])
        if len(finding.names) > _NAMES_SHOWN:
            yield f"{'':12}and {len(finding.names) - _NAMES_SHOWN:,} more"


def _wrapped(text: str, lead: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead))
