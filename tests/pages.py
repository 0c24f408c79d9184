"""Starts the page in a process of its own, as users do.

`python tests/pages.py slow` serves a run that needs no weights and takes its time, `quick` the same at
once; `python tests/pages.py DIR` serves the real studio with the checkpoints in DIR, and `tiny` the real studio with
networks of every task that are very small and know nothing.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from cut_outs import CutOuts
from PIL import Image
from tiny_networks import publish_tiny, publish_tiny_generator

from gan.core.contract import Progress, Request, Result
from gan.core.errors import Cancelled, InputError
from gan.enhance.pipeline import EnhanceRequest
from gan.imaging.mask import feathered, grown
from gan.imaging.picture import Picture
from gan.inpaint.pipeline import InpaintRequest

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
SHA256 = "3fa91c07" * 8
SLOW_S = 10
"""What a run on the slow page takes."""

STEP_S = {"slow": SLOW_S / 10, "quick": 0.0}


@dataclass(frozen=True)
class FakeChoice:
    name: str = "enhance-x2"
    title: str = "Ours x2"
    scale: int = 2
    ready: bool = True
    reason: str = ""


class FakeStudio:
    """Bicubic, or the mean colour in a hole, in ten steps of `step_s` seconds; cut-outs by colour.

    Remembers what it was asked.
    """

    def __init__(self, step_s: float = 0.0, choices: Sequence[FakeChoice] = (FakeChoice(),)) -> None:
        self.step_s = step_s
        self.choices = choices
        self.requests: list[Any] = []
        self.cancelled = threading.Event()
        self.cut_outs = CutOuts()

    def models(self, task: str) -> list[Any]:
        return list(self.choices) if task in ("enhance", "inpaint", "cutout") else []

    def directions(self, name: str) -> list[Any]:
        return []

    def run(
        self, request: Request, *, progress: Progress | None = None, cancel: threading.Event | None = None
    ) -> Result:
        if type(request).__module__.startswith(("gan.cutout", "gan.edit", "gan.export", "gan.select")):
            self.requests.append(request)
            return self.cut_outs.run(request, progress=progress, cancel=cancel)
        if not isinstance(request, (EnhanceRequest, InpaintRequest)):
            raise InputError("image", "another task", "Enhance is allowed", "Choose Enhance")
        self.requests.append(request)
        began = time.perf_counter()
        for step in range(10):
            if cancel is not None and cancel.is_set():
                self.cancelled.set()
                print("CANCELLED", flush=True)
                raise Cancelled
            time.sleep(self.step_s)
            if progress is not None:
                progress(step + 1, 10, "Enhancing")
        picture, details = _filled(request) if isinstance(request, InpaintRequest) else _enlarged(request)
        return Result(
            task="inpaint" if isinstance(request, InpaintRequest) else "enhance",
            pictures=(picture,),
            seed=request.seed,
            seconds=time.perf_counter() - began,
            weights={"enhance-x2": SHA256},
            notices=picture.notices,
            details=details,
            request=request.record(),
        )

    def close(self) -> None:
        pass


def _enlarged(request: EnhanceRequest) -> tuple[Picture, dict[str, Any]]:
    picture, size = request.picture, request.output_size
    rgb = F.interpolate(picture.rgb, size, mode="bicubic", align_corners=False).clamp(0, 1)
    alpha = None if picture.alpha is None else F.interpolate(picture.alpha, size)
    details = {"adjustments": {"white_balance": 0.4, "exposure": 0.0}} if request.adjustments.auto else {}
    return picture.with_pixels(rgb, alpha), details


def _filled(request: InpaintRequest) -> tuple[Picture, dict[str, Any]]:
    """The mean of what is known, where something is marked or new."""
    margins, picture = request.margins, request.picture
    cover = torch.zeros(1, 1, picture.height_px, picture.width_px)
    if request.mask is not None:
        cover = feathered(grown(request.mask, request.grow_px), request.feather_px).coverage
    cover, rgb = F.pad(cover, margins.pad, value=1), F.pad(picture.rgb, margins.pad)
    mean = (rgb * (1 - cover)).sum((2, 3), keepdim=True) / (1 - cover).sum().clamp(min=1)
    alpha = None if picture.alpha is None else F.pad(picture.alpha, margins.pad, value=1)
    made = picture.with_pixels(torch.where(cover > 0, rgb + (mean - rgb) * cover, rgb), alpha)
    details = {
        "size": [made.width_px, made.height_px],
        "margins": [margins.left, margins.top, margins.right, margins.bottom],
        "share": round(float(cover.mean()), 6),
        "holes": int(bool(cover.any())),
    }
    return made, details


def photograph(path: Path, size: tuple[int, int] = (48, 32), **options: Any) -> Path:
    """Write a picture with soft shapes; `size` is (width, height)."""
    y, x = np.mgrid[0 : size[1], 0 : size[0]] / max(size)
    channels = [(np.sin(9 * x + 3 * k) * np.cos(7 * y - k) + 1) * 127 for k in range(3)]
    Image.fromarray(np.stack(channels, axis=2).astype(np.uint8)).save(path, **options)
    return path


def within_a_loop(make: Callable[[], T]) -> T:
    """Call within a running event loop: outside of one, every gr.Blocks leaves an open loop behind."""

    async def call() -> T:
        return make()

    return asyncio.run(call())


def endpoint(build: Callable[[], Any], name: str) -> Callable[..., Iterator[tuple[Any, ...]]]:
    """What programs call under that name of a tab, which `build` adds to a page."""
    import gradio as gr

    def make() -> gr.Blocks:
        with gr.Blocks(analytics_enabled=False) as page:
            build()
        return page

    (event,) = [event for event in within_a_loop(make).fns.values() if event.api_name == name]
    assert event.fn is not None
    return event.fn


@contextmanager
def serving(command: Sequence[str], *, within_s: float = 180) -> Iterator[str]:
    """Run a command that serves the page; gives its address, and ends it afterwards."""
    # Gradio takes the first free one from there on; processes that test side by side must not look at the same time.
    port = 8020 + 20 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw-1")[2:])
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "GRADIO_SERVER_PORT": str(port)}
    with subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        timer = threading.Timer(within_s, process.kill)
        timer.start()
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("Packshot Studio: "):
                    timer.cancel()
                    yield line.split()[-1]
                    return
            raise RuntimeError(f"{command} ended before it served, with status {process.wait()}")
        finally:
            timer.cancel()
            process.terminate()


def main(what: str, *, mcp: bool = False) -> None:
    import app
    from gan.api import Studio
    from gan.ui import storage
    from gan.ui.serve import serve

    if what == "tiny":
        what = tempfile.mkdtemp(prefix="packshot-tiny-")
        publish_tiny(Path(what))
        publish_tiny_generator(Path(what))
    studio: Any = FakeStudio(STEP_S[what]) if what in STEP_S else Studio("cpu", what)
    if what in STEP_S:
        # Who measures the page's memory must not find every picture in it.
        studio.requests = studio.cut_outs.requests = deque(maxlen=0)
    with storage.opened() as stored:
        serve(app.build(studio, mcp=mcp), None, None, shown=[app.EXAMPLES], storage=stored, mcp=mcp)


if __name__ == "__main__":
    main(sys.argv[1], mcp="--mcp" in sys.argv)
