"""Modules of `gan` that run code on three ways through it, and the calls that climb from a lower layer to a higher one.

    python -m benchmarks.walk           # from the Enhance button to the network and back; a cut-out to its ZIP; a step
    python -m benchmarks.walk --list    # with their names, in the order in which they are entered

Each way is gone twice, and counted the second time, so that imports, first loads and caches do not count. A climb is a
pair of modules of which the lower one calls the higher one, as a callback or a method of what it was handed; the layers
are those of the contract in `pyproject.toml`; modules that it does not name (most of `gan.core`) have none.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import io
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import torch

ROOT = Path(__file__).resolve().parents[1]
CARTON = ROOT / "tests/pictures/carton.jpg"


class Walk:
    """What is entered while it is the profiler; all threads share it."""

    def __init__(self) -> None:
        self.modules: dict[str, None] = {}
        self.climbs: set[tuple[str, str]] = set()
        self._heights = heights()

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> None:
        if event != "call" or (module := _module(frame)) is None:
            return
        self.modules.setdefault(module)
        caller = frame.f_back
        while caller is not None and _module(caller) is None:
            caller = caller.f_back
        lower = "" if caller is None else _module(caller) or ""
        if 0 < self._height(lower) < self._height(module):
            self.climbs.add((lower, module))

    def _height(self, module: str) -> int:
        """Of the longest name in the contract that the module begins with; 0 where it names none."""
        found = [name for name in self._heights if module == name or module.startswith(f"{name}.")]
        return self._heights[max(found, key=len)] if found else 0


def heights() -> dict[str, int]:
    """{package: layer}, the lowest 1, as `pyproject.toml` has them."""
    text = (ROOT / "pyproject.toml").read_text("utf-8").split('name = "Layers"')[1]
    rows = [part for part in text.split("layers = [")[1].split("]")[0].split('"') if "gan." in part]
    made: dict[str, int] = {}
    for height, row in enumerate(reversed(rows), start=1):
        made |= dict.fromkeys(row.replace("|", " ").replace(":", " ").split(), height)
    return made


def _module(frame: FrameType) -> str | None:
    name = str(frame.f_globals.get("__name__", ""))
    return name if name.startswith("gan.") else None


def button(folder: Path) -> Callable[[], object]:
    """The Enhance tab's endpoint, which is carried out as the button is."""
    import gradio as gr

    from gan.api import Studio
    from gan.enhance.page import tab

    studio = Studio("cpu")

    async def build() -> gr.Blocks:
        with gr.Blocks(analytics_enabled=False) as page:
            tab.build(studio.run, studio.models("enhance"), examples=ROOT / "examples/uploads")
        return page

    (event,) = [event for event in asyncio.run(build()).fns.values() if event.api_name == "enhance"]
    return lambda: list(event.fn(str(CARTON)))


def exported(folder: Path) -> Callable[[], object]:
    """`python -m gan export` of a cut-out."""
    from gan.cli.main import main

    with contextlib.redirect_stdout(io.StringIO()):
        main(["cutout", str(CARTON), "-o", str(folder / "cut.png")])

    def run() -> None:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            main(["export", str(folder / "cut.png"), "-o", str(folder / "cut.zip"), "--channel", "amazon"])

    return run


def training_step(folder: Path) -> Callable[[], object]:
    """One step of Enhance's recipe with a small network."""
    from lightning.fabric import Fabric

    from gan.enhance.network import EnhanceConfig
    from gan.enhance.train.presets import PRESETS
    from gan.enhance.train.recipe import RECIPE

    small = EnhanceConfig(scale=1, channels=4, blocks=1, unshuffle=2)
    config = dataclasses.replace(PRESETS["x1"], network=small, features=0.0)
    state, fabric = RECIPE.build(config, None), Fabric(accelerator="cpu")
    picture = torch.rand(1, 3, 32, 32)
    return lambda: RECIPE.step(state, (picture, picture), config, fabric)


WAYS = {"the Enhance button": button, "a cut-out to its ZIP": exported, "a training step": training_step}


def gone(call: Callable[[], object]) -> Walk:
    """What a second call enters."""
    call()
    walk = Walk()
    threading.setprofile(walk)
    sys.setprofile(walk)
    try:
        call()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return walk


def main(argv: Sequence[str] | None = None) -> int:
    """Print a line for each way."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--list", action="store_true", help="name the modules and the climbs")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        for name, way in WAYS.items():
            walk = gone(way(Path(folder)))
            print(f"{name:<24}{len(walk.modules):4} modules{len(walk.climbs):4} climbs", flush=True)
            if options.list:
                print("   ", " ".join(module.removeprefix("gan.") for module in walk.modules))
                print("   ", ", ".join(f"{low} -> {high}" for low, high in sorted(walk.climbs)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
