"""Visits of the Cut-out page without a browser."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
from cut_outs import CutOuts
from PIL import Image

from gan.cutout.page.session import Session
from gan.cutout.page.settings import Settings
from gan.cutout.page.stage import Page, Stage
from gan.ui.mask_editor import OPACITY

SIZE = (96, 72)
NAMES = tuple(field.name for field in dataclasses.fields(Settings))
PNG = ("png", 92, False, False, False)
FIELDS = [field.name for field in dataclasses.fields(Stage)] + ["download", "slider", "summary", "record", "status"]


def page() -> tuple[Page, CutOuts]:
    studio = CutOuts()
    return Page(studio.run, NAMES), studio


def opened(desk: Page, path: Path) -> Session:
    *_, last = desk.open(str(path), None, None)  # type: ignore[arg-type]
    visit = last[0]
    assert isinstance(visit, Session)
    return visit


def made(
    desk: Page,
    visit: Session | None,
    value: Any = None,
    *,
    mask: str | None = None,
    protect: str | None = None,
    output: tuple[Any, ...] = PNG,
    **wish: Any,
) -> dict[str, Any]:
    """What the page shows after a run, by the names of its widgets."""
    values = [getattr(Settings(**wish), name) for name in NAMES]
    *_, last = desk.make(None, visit, value, mask, protect, *values, *output)  # type: ignore[arg-type]
    assert last[-1] == ""
    return dict(zip(FIELDS, last, strict=True))


def laid(
    desk: Page, visit: Session | None, ground: str, color: str = "#FFFFFF", file: str | None = None
) -> dict[str, Any]:
    *_, last = desk.lay(None, visit, ground, color, file, *PNG)  # type: ignore[arg-type]
    return dict(zip(FIELDS, last, strict=True))


def strokes(folder: Path, *drawn: tuple[tuple[int, int, int], tuple[int, int, int, int]]) -> dict[str, Any]:
    """What the editor gives for boxes (left, top, right, bottom) in colors, the later over the earlier."""
    pixels = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    for color, (left, top, right, bottom) in drawn:
        pixels[top:bottom, left:right] = (*color, OPACITY)
    path = folder / f"layer-{len(list(folder.iterdir()))}.png"
    Image.fromarray(pixels).save(path)
    return {"background": None, "layers": [str(path)], "composite": None}
