"""Checkpoints of a run: everything that resuming needs, written atomically, verified before use.

A file is named in `index.json` with its SHA-256 only after it lies complete on the disk. Reading starts at the
newest and takes the first whose hash matches, so a file that was cut short costs some steps and never a run.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gan.core.files import write_atomic

KEEP_LAST = 3


@dataclass(frozen=True)
class Entry:
    """One file of the index; `score` is the validation's figure, higher is better, None before the first."""

    file: str
    sha256: str
    step: int
    score: float | None


class Checkpoints:
    """The folder `RUN/checkpoints`: the last three files and the best one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index = folder / "index.json"

    def entries(self) -> list[Entry]:
        """Oldest first."""
        if not self.index.exists():
            return []
        return [Entry(**record) for record in json.loads(self.index.read_text(encoding="utf-8"))]

    def save(self, payload: dict[str, Any], *, step: int, score: float | None) -> Entry:
        """Write a checkpoint, then the index, then remove what is no longer kept."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"step-{step:09d}.pt"
        with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".tmp", delete=False) as file:
            torch.save(payload, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(file.name, path)
        if score is not None and not math.isfinite(score):
            score = None  # no number is neither better nor worse than others
        entry = Entry(path.name, _sha256(path), step, score)
        self._keep(_kept([e for e in self.entries() if e.step < step] + [entry]))
        return entry

    def load(self, *, before: int | None = None) -> tuple[dict[str, Any] | None, list[str]]:
        """The newest checkpoint that is whole, or None; and a sentence for every one that had to be passed over.

        Args:
            before: a step; those from it on are left out, unless there are no others.
        """
        passed_over: list[str] = []
        entries = self.entries()
        older = [entry for entry in entries if before is None or entry.step < before]
        for entry in reversed(older or entries):
            path = self.folder / entry.file
            if path.exists() and _sha256(path) == entry.sha256:
                return torch.load(path, map_location="cpu", weights_only=True), passed_over
            passed_over.append(f"{path} is damaged or missing; the one before it is used")
        return None, passed_over

    def best(self) -> Entry | None:
        """The entry with the highest score."""
        return _best(self.entries())

    def _keep(self, entries: list[Entry]) -> None:
        write_atomic(self.index, json.dumps([asdict(entry) for entry in entries], indent=1).encode())
        for old in self.folder.glob("step-*.pt"):
            if old.name not in {entry.file for entry in entries}:
                old.unlink()


def random_states() -> dict[str, Any]:
    """Every global random state, in types that `torch.load(weights_only=True)` reads."""
    numpy_name, numpy_keys, *numpy_rest = np.random.get_state()
    version, internal, gauss = random.getstate()
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "numpy": [str(numpy_name), torch.from_numpy(np.asarray(numpy_keys).astype(np.int64)), *numpy_rest],
        "python": [version, list(internal), gauss],
    }


def set_random_states(states: dict[str, Any]) -> None:
    """The inverse of `random_states`; CUDA's are set where as many devices are there as were."""
    torch.set_rng_state(states["torch"])
    if len(states["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(states["cuda"])
    name, keys, *rest = states["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), *rest))
    version, internal, gauss = states["python"]
    random.setstate((version, tuple(internal), gauss))


def _kept(entries: list[Entry]) -> list[Entry]:
    best = _best(entries)
    return [entry for entry in entries if entry in entries[-KEEP_LAST:] or entry == best]


def _best(entries: list[Entry]) -> Entry | None:
    scored = [entry for entry in entries if entry.score is not None]
    return max(scored, key=lambda entry: entry.score or 0.0, default=None)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
