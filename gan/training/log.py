"""What a run leaves to read: JSON lines always, TensorBoard where it is installed, pictures, one line of progress."""

from __future__ import annotations

import importlib.util
import io
import json
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from gan.core.files import write_atomic


class Log:
    """Writes `log.jsonl`, `grids/*.png` and TensorBoard's events below a run's folder; silent on other ranks.

    Args:
        active: False on every process but the first.
    """

    def __init__(self, run: Path, *, active: bool = True) -> None:
        self.run = run
        self.active = active
        self._board: Any = None
        self._lock = threading.Lock()
        if active:
            run.mkdir(parents=True, exist_ok=True)
            if importlib.util.find_spec("tensorboard"):
                from torch.utils.tensorboard import SummaryWriter

                self._board = SummaryWriter(str(run / "tensorboard"))

    def write(self, kind: str, step: int, figures: Mapping[str, float | int | str]) -> None:
        """One line: {"kind", "step", "time_s", ...figures}; numbers go to TensorBoard too. Any thread may call."""
        if not self.active:
            return
        line = {"kind": kind, "step": step, "time_s": round(time.time(), 1), **figures}
        with self._lock, (self.run / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        if self._board is not None:
            for name, value in figures.items():
                if isinstance(value, (int, float)):
                    self._board.add_scalar(f"{kind}/{name}", value, step)

    def grid(self, step: int, grid: Tensor) -> None:
        """A picture (3, H, W) in [0, 1] as PNG."""
        if not self.active:
            return
        pixels = (grid.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        write_atomic(self.run / "grids" / f"step-{step:09d}.png", buffer.getvalue())

    def close(self) -> None:
        if self._board is not None:
            self._board.close()


class Meter:
    """Means of the losses and the speed since the last reading, and the highest use of memory so far.

    Args:
        batch: pictures a step over all processes.
    """

    def __init__(self, batch: int, device: torch.device) -> None:
        self.batch = batch
        self.device = device
        self._sums: dict[str, float] = defaultdict(float)
        self._counts: dict[str, int] = defaultdict(int)
        self._steps = 0
        self._paused_s = 0.0
        self._began = time.perf_counter()

    def add(self, losses: Mapping[str, float]) -> None:
        """One step's losses; the mean of one that comes now and then is over the steps that had it."""
        for name, value in losses.items():
            self._sums[name] += value
            self._counts[name] += 1
        self._steps += 1

    def means(self) -> dict[str, float]:
        return {name: total / self._counts[name] for name, total in self._sums.items()}

    def read(self) -> dict[str, float]:
        """The means, `images_per_s`, `s_per_kimg` and peak memory in GiB; then all but the peak begins anew."""
        seconds = time.perf_counter() - self._began - self._paused_s
        images = self._steps * self.batch
        speed = {"images_per_s": round(images / seconds, 2), "s_per_kimg": round(1000 * seconds / images, 2)}
        figures = {**self.means(), **speed, **_peak_memory(self.device)}
        self._sums.clear()
        self._counts.clear()
        self._steps, self._paused_s, self._began = 0, 0.0, time.perf_counter()
        return figures

    def pause(self, seconds: float) -> None:
        """Leave out time that was spent on something else, such as a validation."""
        self._paused_s += seconds


def _peak_memory(device: torch.device) -> dict[str, float]:
    """`peak_gb` of the accelerator where there is one, `peak_ram_gb` of this process, both since the start, GiB."""
    figures = {}
    if device.type == "cuda":
        figures["peak_gb"] = round(torch.cuda.max_memory_allocated(device) / 2**30, 2)
    if sys.platform != "win32":
        import resource

        unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB
        figures["peak_ram_gb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30, 3)
    return figures
