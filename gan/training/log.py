"""What a run leaves to read: JSON lines always, TensorBoard where it is installed, pictures, one line of progress."""

from __future__ import annotations

import importlib.util
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor


class Log:
    """Writes `log.jsonl`, `grids/*.png` and TensorBoard's events below a run's folder; silent on other ranks.

    Args:
        active: False on every process but the first.
    """

    def __init__(self, run: Path, *, active: bool = True) -> None:
        self.run = run
        self.active = active
        self._board: Any = None
        if active:
            run.mkdir(parents=True, exist_ok=True)
            if importlib.util.find_spec("tensorboard"):
                from torch.utils.tensorboard import SummaryWriter

                self._board = SummaryWriter(str(run / "tensorboard"))

    def write(self, kind: str, step: int, figures: Mapping[str, float | int | str]) -> None:
        """One line: {"kind", "step", "time_s", ...figures}; numbers go to TensorBoard too."""
        if not self.active:
            return
        line = {"kind": kind, "step": step, "time_s": round(time.time(), 1), **figures}
        with (self.run / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        if self._board is not None:
            for name, value in figures.items():
                if isinstance(value, (int, float)):
                    self._board.add_scalar(f"{kind}/{name}", value, step)

    def grid(self, step: int, grid: Tensor) -> None:
        """A picture (3, H, W) in [0, 1] as PNG."""
        if not self.active:
            return
        folder = self.run / "grids"
        folder.mkdir(exist_ok=True)
        pixels = (grid.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
        Image.fromarray(pixels).save(folder / f"step-{step:09d}.png")

    def close(self) -> None:
        if self._board is not None:
            self._board.close()
