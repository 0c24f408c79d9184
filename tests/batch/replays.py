"""What the tests of replaying share: pictures, a run without networks, recipes of fast steps."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from gan.batch.recipe_json import Recipe, read_recipe
from gan.core.contract import Context, Model, Progress, Request, Result
from gan.core.contract import run as carry
from gan.core.errors import WeightsError
from gan.edit.frame import FrameRequest, frame
from gan.edit.recolor import RecolorRequest, recolor
from gan.enhance.pipeline import EnhanceRequest, enhance
from gan.export.pipeline import ExportRequest, export

PIPELINES = {
    EnhanceRequest: ("enhance", enhance),
    ExportRequest: ("export", export),
    FrameRequest: ("frame", frame),
    RecolorRequest: ("recolor", recolor),
}

STILL = {"task": "enhance", "request": {"scale": 1, "strength": 0}}
"""A step that gives every picture back as it is."""

FRAME = {"task": "frame", "request": {"fill": 0.8, "width_px": 40, "height_px": 40}}


def run(request: Request, *, progress: Progress | None = None, cancel: threading.Event | None = None) -> Result:
    """`Studio.run` for tasks that need no network on pictures that have transparency."""
    task, pipeline = PIPELINES[type(request)]  # type: ignore[index]
    context = Context(torch.device("cpu"), _nothing, seed=request.seed, progress=progress, cancel=cancel)
    return carry(pipeline, request, context, task=task)  # type: ignore[arg-type]


def recipe_of(*steps: Mapping[str, Any], files: Mapping[str, bytes] | None = None, **more: Any) -> Recipe:
    """A recipe as if it had been read."""
    text = json.dumps({"version": 1, "name": "test", "steps": list(steps), **more})
    return read_recipe(text.encode(), dict(files or {}))


def product(path: Path, *, seed: int = 0, side_px: int = 32, color: tuple[int, int, int] = (180, 60, 40)) -> Path:
    """A textured box cut out of its ground, as a file of the format that its name says, or PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    pixels = np.zeros((side_px, side_px, 4), np.uint8)
    box = slice(side_px // 4, 3 * side_px // 4)
    noise = rng.integers(-20, 20, (side_px, side_px, 3))
    pixels[..., :3] = np.clip(np.array(color) + noise, 0, 255)
    pixels[box, box, 3] = 255
    image = Image.fromarray(pixels)
    if path.suffix.lower() in (".jpg", ".jpeg"):
        image.convert("RGB").save(path)
    else:
        image.save(path, format=None if path.suffix else "PNG")
    return path


def written(folder: Path) -> dict[str, bytes]:
    """Every file below a folder that is no part of the replay's own store, by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }


def _nothing(name: str) -> Model:
    raise WeightsError("model", "{name} is not here", "a model is needed", "Get one", name=name)
