"""The grids of a run as a film: with fixed latents it shows what training did to the same samples."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from gan.core.files import write_atomic

FILM_FILE = "film.gif"
MAX_FRAMES = 100
MAX_SIDE_PX = 640
FRAME_MS = 120
LAST_FRAME_MS = 2000
PALETTE_FRAMES = 8
PALETTE_SIDE_PX = 64


def grids_of(folder: Path) -> list[Path]:
    """The grids that a run has left, oldest first."""
    return sorted(folder.glob("step-*.png"))


def evenly(count: int, most: int) -> list[int]:
    """At most `most` of the indices 0 ... count - 1, evenly spaced, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return [round(index * (count - 1) / (most - 1)) for index in range(most)]


def write_film(folder: Path) -> Path | None:
    """Write `folder/film.gif` from the grids beside it; None where there are none.

    The time is bounded by the number of frames and by their size, not by the length of the run: at most 100 frames,
    at most 640 px on the longer side, one palette for all, so that nothing flickers.
    """
    grids = grids_of(folder)
    pictures = list(_frames([grids[index] for index in evenly(len(grids), MAX_FRAMES)]))
    if not pictures:
        return None
    palette = _palette(pictures)
    frames = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    buffer = io.BytesIO()
    frames[0].save(
        buffer,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=[FRAME_MS] * (len(frames) - 1) + [LAST_FRAME_MS],
        loop=0,
    )
    path = folder / FILM_FILE
    write_atomic(path, buffer.getvalue())
    return path


def _frames(paths: list[Path]) -> Iterator[Image.Image]:
    """RGB, all of the first one's size, which is reduced to at most 640 px; a damaged file is left out."""
    size: tuple[int, int] | None = None
    for path in paths:
        try:
            with Image.open(path) as image:
                frame = image.convert("RGB")
        except OSError:
            continue
        if size is None:
            frame.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX), Image.Resampling.BOX)
            size = frame.size
        yield frame if frame.size == size else frame.resize(size, Image.Resampling.BOX)


def _palette(frames: list[Image.Image]) -> Image.Image:
    """256 colours for a few of the frames, small and side by side; of all in full size it would take seconds."""
    chosen = [frames[index] for index in evenly(len(frames), PALETTE_FRAMES)]
    mosaic = Image.new("RGB", (PALETTE_SIDE_PX * len(chosen), PALETTE_SIDE_PX))
    for column, frame in enumerate(chosen):
        small = frame.resize((PALETTE_SIDE_PX, PALETTE_SIDE_PX), Image.Resampling.NEAREST)
        mosaic.paste(small, (PALETTE_SIDE_PX * column, 0))
    return mosaic.quantize(256, method=Image.Quantize.MEDIANCUT)
