"""Series of any length: one picture after the other, and which of them an earlier run has made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from gan.core.contract import SEED_LIMIT, Model, Request, Result
from gan.generate.pipeline import AUTO_MODEL, DEFAULT_MODEL, GenerateRequest, file_name


class Studio(Protocol):
    """The part of `gan.api.Studio` that is needed here."""

    def run(self, request: Request) -> Result: ...
    def load(self, name: str) -> Model: ...


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
