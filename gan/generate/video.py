"""Encode frames as a video that browsers play: an animated GIF, or an MP4 with H.264."""

from __future__ import annotations

import io
import math
import tempfile
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from gan.core.errors import InputError, check_within
from gan.core.files import write_atomic

FilmFormat = Literal["gif", "mp4"]
FILM_FORMATS: Final = ("gif", "mp4")

FPS: Final = (1.0, 50.0)
"""A GIF counts in hundredths of a second, and browsers slow down frames that are shorter than two of them."""

CRF: Final = "18"
"""x264's constant quality: no loss that can be seen."""

PALETTE_SAMPLES: Final = 65_536
WHITE: Final = 255
"""Of a GIF's 256 colors the last is white, so that the ground is exactly that."""

Pixels = NDArray[np.uint8]


def encode_film(frames: Iterable[Tensor], fps: float, file_format: FilmFormat) -> bytes:
    """Encode a video that loops (GIF) or plays once (MP4), without sound.

    A pixel that is white in a frame is white in the film: exactly in a GIF, within 2/255 in an MP4. A GIF has one
    palette of 256 colors for all frames, so that nothing flickers, and joins neighbors that are equal. An MP4 has
    even sides; a side that is odd gets a white line at its right or bottom. Its frames are taken one after the other,
    so that an iterator's are never in memory together.

    Args:
        frames: at least two of (3, H, W), float, nominally in [0, 1], equal in size.
        fps: frames a second, 1 to 50. A GIF rounds to hundredths of a second and keeps the length of the whole.
        file_format: "gif" or "mp4".

    Raises:
        InputError: fewer than two frames, unequal sizes, or another rate or format.
    """
    if file_format not in FILM_FORMATS:
        raise InputError(
            "format",
            "{got} is not a video format",
            "{formats} are allowed",
            "Choose one of these",
            got=file_format,
            formats=", ".join(FILM_FORMATS),
        )
    check_within("fps", fps, *FPS)
    checked = _checked(frames)
    start = list(islice(checked, 2))
    if len(start) < 2:
        raise InputError("frames", "{count}", "a video needs at least two", "Choose more frames", count=len(start))
    encode = _gif if file_format == "gif" else _mp4
    return encode(chain(start, checked), fps)


def write_film(path: Path, frames: Iterable[Tensor], fps: float) -> None:
    """Write `encode_film`'s output to a file whose name ends in the format; atomically.

    Raises:
        InputError: as `encode_film`.
        OSError: the file cannot be written.
    """
    write_atomic(path, encode_film(frames, fps, path.suffix.lower().removeprefix(".")))  # type: ignore[arg-type]


def _checked(frames: Iterable[Tensor]) -> Iterator[Pixels]:
    """Validate a frame: (H, W, 3) uint8."""
    first: tuple[int, ...] | None = None
    for frame in frames:
        shape = tuple(frame.shape)
        if first is None:
            first = shape
        if shape != first or len(shape) != 3 or shape[0] != 3 or not frame.numel():
            raise InputError(
                "frames",
                "a frame of shape {shape}",
                "all of shape (3, H, W) and of one size are expected",
                "Convert them first",
                shape=shape,
            )
        yield (frame.detach().float().clamp(0, 1) * 255).round().byte().permute(1, 2, 0).contiguous().cpu().numpy()


def _gif(frames: Iterable[Pixels], fps: float) -> bytes:
    pixels = list(frames)
    palette = _palette(pixels)
    indexed = [_indexed(frame, palette) for frame in pixels]
    ends = [round(100 * (index + 1) / fps) for index in range(len(indexed))]
    durations_ms = [10 * (end - begin) for begin, end in zip([0, *ends], ends, strict=False)]
    buffer = io.BytesIO()
    indexed[0].save(
        buffer, "GIF", save_all=True, append_images=indexed[1:], duration=durations_ms, loop=0, optimize=False
    )
    return buffer.getvalue()


def _palette(frames: list[Pixels]) -> Image.Image:
    """Palette image of 255 colors for what is not white in any frame, and white.

    White is most of every frame; left in, it would take the colors that soft shadows need.
    """
    share = math.ceil(PALETTE_SAMPLES / len(frames))
    samples = np.concatenate([_evenly(frame[(frame < 255).any(2)], share) for frame in frames])
    colors: list[int] = []
    if len(samples):
        quantized = Image.fromarray(samples[None]).quantize(255, method=Image.Quantize.MEDIANCUT, kmeans=1)
        colors = list(quantized.getpalette() or ())
    carrier = Image.new("P", (1, 1))
    carrier.putpalette(colors[: 3 * WHITE] + [255] * (768 - min(len(colors), 3 * WHITE)))
    return carrier


def _evenly(pixels: Pixels, most: int) -> Pixels:
    return pixels[:: math.ceil(len(pixels) / most)] if len(pixels) > most else pixels


def _indexed(frame: Pixels, palette: Image.Image) -> Image.Image:
    indexed = Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE)
    # Pillow looks colors up in cells of 4 levels, where a shadow's almost white may stand in for white.
    indexed.paste(WHITE, mask=Image.fromarray((frame == 255).all(2).astype(np.uint8) * 255))
    return indexed


def _mp4(frames: Iterable[Pixels], fps: float) -> bytes:
    # Loading FFmpeg's libraries takes longer than starting the page should, and only films need them.
    import av
    from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

    # The index goes to the front, so that a browser plays before it has the whole; for that FFmpeg needs a real file.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "film.mp4")
        with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
            stream: Any = None
            for pixels in frames:
                even = np.pad(pixels, ((0, pixels.shape[0] % 2), (0, pixels.shape[1] % 2), (0, 0)), constant_values=255)
                if stream is None:
                    stream = container.add_stream(
                        "libx264", rate=Fraction(fps).limit_denominator(1001), options={"crf": CRF}
                    )
                    stream.height, stream.width = even.shape[:2]
                    stream.pix_fmt = "yuv420p"
                    # BT.709 in the limited range is what browsers assume; unsaid, some would take BT.601.
                    context = stream.codec_context
                    context.color_range, context.colorspace = ColorRange.MPEG, Colorspace.ITU709
                    context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
                frame = av.VideoFrame.from_ndarray(even, format="rgb24").reformat(
                    format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
                )
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path.read_bytes()
