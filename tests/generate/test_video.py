"""Films decoded again: as many frames as went in, as fast, as large, in order, with the same colours and white."""

from __future__ import annotations

import io
import weakref
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from gan.core.errors import InputError
from gan.generate.video import encode_film, write_film

COUNT = 7


def scene(count: int = COUNT, height: int = 48, width: int = 64) -> list[Tensor]:
    """A red block that wanders to the right over its soft shadow on white; the last column stays white."""
    frames = []
    for index in range(count):
        frame = torch.ones(3, height, width)
        frame[:, 30:40, 2:-2] = torch.linspace(0.7, 0.999, width - 4)
        frame[:, 8:30, 2 + 4 * index : 22 + 4 * index] = torch.tensor([0.75, 0.1, 0.15])[:, None, None]
        frames.append(frame)
    return frames


def as_bytes(frame: Tensor) -> np.ndarray:
    return (frame * 255).round().byte().permute(1, 2, 0).numpy()


def decode_gif(data: bytes) -> tuple[list[np.ndarray], list[int]]:
    with Image.open(io.BytesIO(data)) as film:
        pictures, durations = [], []
        for index in range(film.n_frames):
            film.seek(index)
            pictures.append(np.array(film.convert("RGB")))
            durations.append(film.info["duration"])
    return pictures, durations


def decode_mp4(data: bytes) -> list[np.ndarray]:
    with av.open(io.BytesIO(data)) as film:
        return [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]


def test_gif_comes_back() -> None:
    frames = scene()
    data = encode_film(frames, 12.5, "gif")
    pictures, durations = decode_gif(data)
    assert durations == [80] * COUNT
    with Image.open(io.BytesIO(data)) as film:
        assert (film.format, film.size, film.info["loop"]) == ("GIF", (64, 48), 0)
    for frame, picture in zip(frames, pictures, strict=True):
        wanted = as_bytes(frame)
        assert (picture[(wanted == 255).all(2)] == 255).all()
        assert np.abs(picture.astype(int) - wanted).max() <= 6


def test_a_gifs_colours_stay_the_same_from_frame_to_frame() -> None:
    still = torch.rand(3, 24, 24, generator=torch.Generator().manual_seed(0))
    frames = [still.clone() for _ in range(5)]
    for index, frame in enumerate(frames):
        frame[:, :4, :4] = index / 5
    pictures, _ = decode_gif(encode_film(frames, 10, "gif"))
    assert len(pictures) == 5
    assert all(np.array_equal(picture[4:], pictures[0][4:]) for picture in pictures)


def test_near_white_is_no_stand_in_for_white() -> None:
    frame = torch.ones(3, 16, 16)
    frame[:, :8] = torch.tensor([252, 253, 254])[:, None, None] / 255
    other = frame.clone()
    other[:, 0, 0] = 0.3
    for picture in decode_gif(encode_film([frame, other], 10, "gif"))[0]:
        assert (picture[8:] == 255).all()


@pytest.mark.parametrize("fps", [1, 7, 24, 29.97, 30, 50])
def test_a_gif_lasts_as_long_as_it_should(fps: float) -> None:
    _, durations = decode_gif(encode_film(scene(10), fps, "gif"))
    assert len(durations) == 10
    assert abs(sum(durations) - 10_000 / fps) <= 5
    assert max(durations) - min(durations) <= 10
    assert min(durations) >= 20


def test_white_frames_make_a_film_too() -> None:
    white = torch.ones(3, 8, 8)
    pictures, _ = decode_gif(encode_film([white, white], 10, "gif"))
    assert all((picture == 255).all() for picture in pictures)
    assert all((picture >= 253).all() for picture in decode_mp4(encode_film([white, white], 10, "mp4")))


def test_mp4_comes_back() -> None:
    frames = scene()
    pictures = decode_mp4(encode_film(frames, 12.5, "mp4"))
    for frame, picture in zip(frames, pictures, strict=True):
        wanted = as_bytes(frame).astype(int)
        assert picture.shape == wanted.shape
        assert picture[:, -1].min() >= 253
        assert np.abs(picture - wanted).mean() < 2
        # A colour matrix that encoder and player do not share would show here.
        block = wanted[15, :, 1] < 100
        assert np.abs(np.median(picture[15, block], 0) - np.median(wanted[15, block], 0)).max() <= 6


def test_mp4_is_what_browsers_play() -> None:
    data = encode_film(scene(), 12.5, "mp4")
    assert 0 < data.find(b"moov") < data.find(b"mdat")  # the index first: it plays while it loads
    with av.open(io.BytesIO(data)) as film:
        (stream,) = film.streams
        context = stream.codec_context
        assert (context.name, context.pix_fmt, context.profile) == ("h264", "yuv420p", "High")
        assert (stream.average_rate, stream.frames, context.width, context.height) == (Fraction(25, 2), COUNT, 64, 48)
        assert (context.color_range, context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1, 1)


@pytest.mark.parametrize("size", [(47, 64), (48, 63), (1, 1)])
def test_odd_sides_of_an_mp4_gain_a_white_line(size: tuple[int, int]) -> None:
    height, width = size
    pictures = decode_mp4(encode_film([torch.zeros(3, height, width)] * 2, 10, "mp4"))
    for picture in pictures:
        assert picture.shape == (height + height % 2, width + width % 2, 3)
        assert picture[:height, : width - 1].max(initial=0) <= 40
        added = np.concatenate([picture[height:].ravel(), picture[:, width:].ravel()])
        assert added.mean() > 150  # half of its colour is its black neighbour's, but its lightness is its own


def test_values_outside_are_clamped_and_not_wrapped() -> None:
    frames = [torch.full((3, 8, 8), 1.2), torch.full((3, 8, 8), -0.2)]
    pictures, _ = decode_gif(encode_film(frames, 10, "gif"))
    assert (pictures[0].min(), pictures[1].max()) == (255, 0)


def test_an_mp4s_frames_are_never_in_memory_together() -> None:
    alive: weakref.WeakSet[Tensor] = weakref.WeakSet()
    together = []

    def made() -> Iterator[Tensor]:
        for index in range(20):
            frame = torch.full((3, 16, 16), index / 20)
            alive.add(frame)
            together.append(len(alive))
            yield frame
            del frame

    assert len(decode_mp4(encode_film(made(), 10, "mp4"))) == 20
    assert max(together) <= 3


@pytest.mark.parametrize("file_format", ["gif", "mp4"])
@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ([], "frames: 0; a film needs at least two"),
        (scene(1), "frames: 1; a film needs at least two"),
        ([torch.ones(3, 8, 8), torch.ones(3, 8, 9)], r"shape \(3, 8, 9\)"),
        ([torch.ones(3, 8, 8), torch.ones(3, 8, 8), torch.ones(3, 9, 8)], r"shape \(3, 9, 8\)"),
        ([torch.ones(1, 8, 8)] * 2, r"shape \(1, 8, 8\)"),
        ([torch.ones(8, 8)] * 2, r"shape \(8, 8\)"),
        ([torch.ones(3, 0, 8)] * 2, r"shape \(3, 0, 8\)"),
    ],
)
def test_frames_that_make_no_film_are_refused(file_format: str, frames: list[Tensor], message: str) -> None:
    with pytest.raises(InputError, match=message):
        encode_film(frames, 10, file_format)


@pytest.mark.parametrize("fps", [0, 0.99, 50.01, -1, float("nan"), float("inf")])
def test_other_rates_are_refused(fps: float) -> None:
    with pytest.raises(InputError, match="1 to 50"):
        encode_film(scene(), fps, "gif")


def test_other_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="webm is no format of films; allowed are gif, mp4"):
        encode_film(scene(), 10, "webm")
    with pytest.raises(InputError, match="webm is no format"):
        write_film(tmp_path / "film.webm", scene(), 10)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "start"), [("film.gif", b"GIF89a"), ("FILM.MP4", b"ftyp")])
def test_a_films_name_says_its_format(tmp_path: Path, name: str, start: bytes) -> None:
    write_film(tmp_path / name, scene(), 10)
    assert start in (tmp_path / name).read_bytes()[:12]
