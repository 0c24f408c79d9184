"""Stored results of the examples, so that a first visitor sees one at once: the same pixels as a run would give.

A stored result answers only the request that it was made by: the same task, picture and options, and the weights that
are published now. `python examples/keep.py` makes them.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gan.core.contract import Progress, Request, Result
from gan.core.message import Message
from gan.imaging.io.codec import Encoding, decode, write
from gan.imaging.picture import Picture
from gan.imaging.pixel_hash import sha256_of
from gan.ui.protocols import Run

_ENCODING: Final = Encoding(file_format="webp", lossless=True)


@dataclass(frozen=True)
class _Kept:
    picture: Path
    record: Mapping[str, Any]


class KeptResults:
    """Answers for requests whose results are stored.

    Args:
        folder: pairs of `NAME.webp` and `NAME.json`, as of `keep`; may be missing.
        weights: hashes of the published weights, by name; a result of others is passed over.
    """

    def __init__(self, folder: Path, weights: Mapping[str, str]) -> None:
        self._kept: dict[str, _Kept] = {}
        self._sizes: set[tuple[int, int]] = set()
        for path in sorted(folder.glob("*.json")):
            told = json.loads(path.read_text(encoding="utf-8"))
            record = told["record"]
            if all(weights.get(name) == sha256 for name, sha256 in record["weights"].items()):
                self._kept[told["key"]] = _Kept(path.with_suffix(".webp"), record)
                self._sizes.add((told["width_px"], told["height_px"]))

    def __len__(self) -> int:
        return len(self._kept)

    def before(self, run: Run) -> Run:
        """The run, which is asked only for what is not stored."""

        def kept_or_run(
            request: Request, *, progress: Progress | None = None, cancel: threading.Event | None = None
        ) -> Result:
            kept = self.of(request)
            return run(request, progress=progress, cancel=cancel) if kept is None else kept

        return kept_or_run

    def of(self, request: Request) -> Result | None:
        """The stored result of a request; None where there is none."""
        picture = getattr(request, "picture", None)
        # Hashing a large photograph takes longer than a first visitor waits, and no example is one.
        if not isinstance(picture, Picture) or (picture.width_px, picture.height_px) not in self._sizes:
            return None
        kept = self._kept.get(key_of(request))
        if kept is None:
            return None
        made, record = decode(kept.picture), kept.record
        return Result(
            task=record["task"],
            pictures=(picture.with_pixels(made.rgb, made.alpha),),
            seed=record["seed"],
            seconds=record["seconds"],
            weights=record["weights"],
            notices=(*record["notices"], Message("Saved result of this example; the time is from when it was made")),
            details=record["details"],
            request=request.record(),
            licences=record["licences"],
        )


def keep(request: Request, result: Result, path: Path) -> None:
    """Store a result of one picture with 8 bits a channel, exactly but for colors where nothing is seen.

    Args:
        path: without suffix; `.webp` and `.json` are written.
    """
    picture: Picture = request.picture  # type: ignore[attr-defined]
    path.parent.mkdir(parents=True, exist_ok=True)
    write(result.picture, path.with_suffix(".webp"), _ENCODING)
    record = {name: value for name, value in result.record.items() if name != "request"}
    told = {
        "key": key_of(request),
        "width_px": picture.width_px,
        "height_px": picture.height_px,
        "record": record,
    }
    path.with_suffix(".json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def key_of(request: Request) -> str:
    """SHA-256 of what decides on a result besides weights: the task, the picture's pixels, the options that are set."""
    picture: Picture = request.picture  # type: ignore[attr-defined]
    told = [type(request).__name__, sha256_of(picture), request.as_step()]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
