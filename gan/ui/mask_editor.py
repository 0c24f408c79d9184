"""Masks in Gradio's editor: what is drawn on a small copy of the picture, and the mask at the picture's full size.

A mask that a tool made or a file brought is kept as it is, at full size; the editor shows it as a layer. When the
editor's layer comes back, only where it differs from what was shown has someone drawn or erased: these strokes alone
are scaled up, with smooth edges, and everything else stays exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import gradio as gr
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from gan.core.errors import InputError
from gan.imaging import mask as masks
from gan.imaging.io.file_types import register_openers
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture
from gan.imaging.resize import fitted
from gan.limits import MAX_LAYER_BYTES, MAX_LAYER_PX, MAX_LAYERS
from gan.ui.editor_component import BoundedEditor
from gan.ui.i18n import label
from gan.ui.preview import preview_size, write_preview

LONGEST_PX: Final = 1024
"""The editor sends what it holds as PNG with every event: of a larger copy that would take seconds."""

Color = tuple[int, int, int]

COLOR: Final[Color] = (225, 29, 72)
OPACITY: Final = 166
"""Of strokes, of 255: seen on any ground, white included, and what lies below can be seen through them."""

RADIUS_PX: Final = 20
TOLERANCE: Final = 0.03
"""By which a layer's opacity may come back changed though nobody drew there."""

CORE: Final = 0.7
"""A thin stroke stays where it covers this much; of a wide one that lies inside anyway."""

LAYER_FORMATS: Final = ("PNG", "WEBP")
"""Formats of a layer: PNG from the page, either from a program."""

AWAY: Final = "hidden"
"""Value of `visible` that hides the editor. False would take it off the page, and Gradio's editor that is taken
off before it has set up its canvas, which it does in the background, breaks the page."""

EditorValue = Mapping[str, Any]


def build(name: str, key: str, colors: Sequence[Color] = (COLOR,)) -> BoundedEditor:
    """The editor; hidden until there is a picture.

    Args:
        name: prefix of its element id.
        key: the label's.
        colors: one for each brush; the first is in hand.
    """
    brushes: list[str | tuple[str, float]] = [(f"rgb{color}", OPACITY / 255) for color in colors]
    return BoundedEditor(
        type="filepath",
        format="png",
        sources=(),
        layers=False,
        transforms=(),
        brush=gr.Brush(default_size=RADIUS_PX, colors=brushes, default_color=brushes[0], color_mode="fixed"),
        eraser=gr.Eraser(default_size=RADIUS_PX),
        canvas_size=(LONGEST_PX, LONGEST_PX * 3 // 4),
        height=520,
        label=label(key),
        show_label=False,
        buttons=["fullscreen"],
        visible=AWAY,
        elem_id=f"{name}-editor",
        elem_classes="editor",
    )


def write_copy(picture: Picture, path: Path) -> Path:
    """The picture as the editor sees it, at most `LONGEST_PX` on a side, as JPEG."""
    return Path(write_preview(picture, path, preview_size(picture, LONGEST_PX)))


def shown(mask: Mask) -> Tensor:
    """(h, w) in [0, 1]: a mask as the editor shows it."""
    return masks.resized(mask, *fitted(mask.height_px, mask.width_px, LONGEST_PX)).coverage[0, 0]


def write_layer(mask: Mask, path: Path) -> Path:
    """The layer that shows a mask, as PNG."""
    coverage = shown(mask)
    layer = np.empty((*coverage.shape, 4), np.uint8)
    layer[..., :3] = COLOR
    layer[..., 3] = (coverage * OPACITY).round().numpy()
    Image.fromarray(layer).save(path, format="PNG")
    return path


def drawn(value: EditorValue | None, height_px: int, width_px: int) -> Tensor | None:
    """Union of the editor's layers.

    Args:
        value: with layers as paths; None where the editor was never opened.
        height_px, width_px: of the whole picture.

    Returns:
        (h, w) in [0, 1], or None where there is no layer: the canvas was never touched.
    """
    covers = [_opacity(layer) for layer in _layers(value, height_px, width_px)]
    return torch.stack(covers).amax(0) if covers else None


def drawn_in(value: EditorValue | None, height_px: int, width_px: int, colors: Sequence[Color]) -> list[Mask | None]:
    """One mask for each of several brush colors, at full size; None for a color that was not used.

    Where strokes lie on one another the last one counts, since its colour is the one that is mostly seen.

    Args:
        value, height_px, width_px: as of `drawn`.
        colors: of the editor's brushes.
    """
    layers = _layers(value, height_px, width_px)
    found: list[Mask | None] = []
    for number in range(len(colors)):
        covers = [_opacity(layer) * (_nearest(layer, colors) == number) for layer in layers]
        cover = torch.stack(covers).amax(0) if covers else torch.zeros(1, 1)
        nothing = Mask(torch.zeros(1, 1, height_px, width_px))
        found.append(with_strokes(nothing, cover) if bool((cover > TOLERANCE).any()) else None)
    return found


def with_strokes(kept: Mask, now: Tensor | None) -> Mask:
    """The kept mask, with what was drawn or erased in the editor since it was shown.

    Args:
        kept: at full size.
        now: (h, w) in [0, 1], as `drawn` gives it.

    Returns:
        `kept` itself where nothing was.
    """
    if now is None:
        return kept
    before = shown(kept)
    added, erased = now - before > TOLERANCE, before - now > TOLERANCE
    if not bool((added | erased).any()):
        return kept
    coverage = kept.coverage
    size = (kept.height_px, kept.width_px)
    if bool(erased.any()):
        # A pixel further, where nothing is left: a scaled mark must not outlive its erased copy at the corners.
        coverage = coverage * ~_enlarged(_widened(erased, size) & (now <= TOLERANCE) | erased, size)
    if bool(added.any()):
        # A pixel further, where the layer goes on: between a mark and a stroke across its edge no gap may open.
        enlarged = _enlarged(_widened(added, size) & (now >= 0.5) | added, size)
        coverage = torch.maximum(coverage, enlarged.float())
    return Mask(coverage, kept.name)


def _layers(value: EditorValue | None, height_px: int, width_px: int) -> list[Tensor]:
    """Each (h, w, 4) in [0, 255], of the copy's size.

    Raises:
        InputError: as of `open_layer`; or there are more than `MAX_LAYERS`.
    """
    size = fitted(height_px, width_px, LONGEST_PX)[::-1]
    found = []
    for path in layer_paths(value):
        layer = open_layer(path)
        layer = layer if layer.size == size else layer.resize(size, Image.Resampling.BILINEAR)
        found.append(torch.from_numpy(np.asarray(layer, np.float32)))
    return found


def layer_paths(value: EditorValue | None) -> Sequence[str]:
    """Paths of the editor's layers.

    Raises:
        InputError: there are more than `MAX_LAYERS`.
    """
    paths: Sequence[str] = (value or {}).get("layers") or ()
    if len(paths) > MAX_LAYERS:
        raise InputError(
            "mask", "{got} layers", "at most {most} are allowed", "Draw on one layer", got=len(paths), most=MAX_LAYERS
        )
    return paths


def open_layer(path: str | Path) -> Image.Image:
    """A layer as RGBA, its bounds checked before any of it is decoded.

    Raises:
        InputError: it is no PNG or WebP, or longer than `MAX_LAYER_BYTES` or `MAX_LAYER_PX` on a side, or damaged.
    """
    register_openers()
    try:
        if Path(path).stat().st_size > MAX_LAYER_BYTES:
            raise _bad_layer("a layer of more than {most} MB", most=MAX_LAYER_BYTES // 2**20)
        with Image.open(path, formats=LAYER_FORMATS) as image:
            if max(image.size) > MAX_LAYER_PX:
                raise _bad_layer("a layer of more than {most} px on a side", most=MAX_LAYER_PX)
            return image.convert("RGBA")
    except (InputError, MemoryError):
        raise
    except Exception as error:  # damaged files raise whatever their fields lead to
        raise _bad_layer("a layer that cannot be read") from error


def _bad_layer(got: str, **values: object) -> InputError:
    return InputError("mask", got, "a PNG of the editor's own size is expected", "Draw it again", **values)


def _opacity(layer: Tensor) -> Tensor:
    """(h, w) in [0, 1]."""
    return (layer[..., 3] / OPACITY).clamp(0, 1)


def _nearest(layer: Tensor, colors: Sequence[Color]) -> Tensor:
    """(h, w): the number of the colour that is nearest."""
    palette = torch.tensor(colors, dtype=torch.float32)
    distances = torch.stack([(layer[..., :3] - color).square().sum(-1) for color in palette])
    return distances.argmin(0)


def _widened(area: Tensor, size: tuple[int, int]) -> Tensor:
    """(h, w) of bool, by a pixel all around; as it is where the copy has the picture's size."""
    if area.shape == size:
        return area
    return F.max_pool2d(area[None, None].float(), 3, stride=1, padding=1)[0, 0] > 0


def _enlarged(area: Tensor, size: tuple[int, int]) -> Tensor:
    """(h, w) of bool to (1, 1, H, W) of bool, with smooth edges: where the area's mean over 3 x 3 pixels, linearly
    interpolated, passes a half, and the middle of what is too thin for that.
    """
    if area.shape == size:
        return area[None, None]
    sharp = area[None, None].float()
    smooth = F.avg_pool2d(F.pad(sharp, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    inside, core = (F.interpolate(x, size, mode="bilinear", align_corners=False) for x in (smooth, sharp))
    return (inside >= 0.5) | (core >= CORE)
