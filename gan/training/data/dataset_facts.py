"""All that the doctor knows of a folder, before any judgement."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gan.training.data.dataset_inspection import Look, Refusal
from gan.training.data.duplicates import groups
from gan.training.data.pictures import Entry, split
from gan.training.data.records import Records


@dataclass(frozen=True)
class Examined:
    """All that is known of a folder.

    Attributes:
        looks: pictures that can be read, sorted by path.
        refusals: pictures that cannot.
        strangers: files that are no pictures and are not looked at.
        masks: files in folders called `masks`.
        masks_used: those of them that belong to a picture.
        mask_faults: what is wrong with masks, by their pictures' paths.
        exact: groups of equal files, as indices into `looks`.
        copies: groups of equal or nearly equal pictures, as indices into `looks`.
        compared: whether near-copies were looked for.
    """

    folder: Path
    looks: tuple[Look, ...]
    refusals: tuple[Refusal, ...]
    strangers: tuple[Path, ...]
    masks: tuple[Path, ...]
    masks_used: frozenset[Path]
    mask_faults: Mapping[Path, str]
    records: Records
    exact: tuple[tuple[int, ...], ...]
    copies: tuple[tuple[int, ...], ...]
    compared: bool

    def name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def product(self, look: Look) -> str:
        return self.records.product(look.path)

    def category(self, look: Look) -> str:
        return self.records.category(look.path, self.folder)

    def by_category(self) -> Counter[str]:
        """Readable pictures of each category."""
        return Counter(self.category(look) for look in self.looks)

    def distinct_products(self) -> int:
        """Products among what can be read, those with a picture in common counted once, blank pictures not at all."""
        shown = {self.product(look) for look in self.looks if not look.blank}
        number = {product: i for i, product in enumerate(sorted(shown))}
        joined = []
        for group in self.copies:
            members = sorted({number[p] for p in map(self.product, self._looks(group)) if p in number})
            joined += list(itertools.pairwise(members))
        return len(shown) - sum(len(group) - 1 for group in groups(joined))

    def held_out(self) -> frozenset[Path]:
        """The pictures that training keeps for measuring."""
        return frozenset(e.path for e in split([Entry(look.path, self.product(look)) for look in self.looks])[1])

    def joined(self, group: Iterable[int]) -> str:
        return " = ".join(self.name(look.path) for look in self._looks(group))

    def _looks(self, group: Iterable[int]) -> list[Look]:
        return [self.looks[i] for i in group]
