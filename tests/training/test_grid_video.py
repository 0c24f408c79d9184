"""The film: few enough frames, small enough, first and last among them, in the order of training."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from PIL import Image

from gan.training.publish import MAX_FRAMES, MAX_SIDE_PX, evenly, write_film


@pytest.mark.parametrize("count", [1, 2, 99, 100, 101, 150, 1000])
def test_frames_are_spread_evenly(count: int) -> None:
    chosen = evenly(count, 100)
    assert len(chosen) == min(count, 100)
    assert (chosen[0], chosen[-1]) == (0, count - 1)
    gaps = [b - a for a, b in itertools.pairwise(chosen)]
    assert not gaps or (min(gaps) >= 1 and max(gaps) - min(gaps) <= 1)


def test_no_grids_make_no_film(tmp_path: Path) -> None:
    assert write_film(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def _grids(folder: Path, count: int, size: tuple[int, int]) -> None:
    """A red bar that moves to the right from grid to grid."""
    width, height = size
    for index in range(count):
        left = (width - 8) * index // max(count - 1, 1)
        grid = Image.new("RGB", size, (250, 250, 250))
        grid.paste((200, 10, 10), (left, 0, left + 8, height))
        grid.save(folder / f"step-{index:09d}.png")


def _bar(frame: Image.Image) -> int:
    """The column in which the bar begins."""
    row = frame.convert("RGB").crop((0, 3, frame.width, 4))
    return next(x for x in range(frame.width) if row.getpixel((x, 0))[1] < 100)


def test_the_film_shows_the_grids_in_order(tmp_path: Path) -> None:
    _grids(tmp_path, 5, (40, 16))
    path = write_film(tmp_path)
    assert path == tmp_path / "film.gif"
    with Image.open(path) as film:
        assert film.n_frames == 5
        assert film.size == (40, 16)
        bars = []
        for index in range(5):
            film.seek(index)
            bars.append(_bar(film))
        assert film.info["duration"] > 1000  # the last one stays
    assert bars == [0, 8, 16, 24, 32]


def test_a_grid_that_was_cut_short_is_left_out(tmp_path: Path) -> None:
    _grids(tmp_path, 3, (40, 16))
    first = tmp_path / "step-000000000.png"
    first.write_bytes(first.read_bytes()[:30])
    path = write_film(tmp_path)
    assert path is not None
    with Image.open(path) as film:
        assert film.n_frames == 2
    for grid in tmp_path.glob("*.png"):
        grid.write_bytes(b"")
    assert write_film(tmp_path) is None


def test_a_long_run_of_large_grids_is_a_bounded_film(tmp_path: Path) -> None:
    _grids(tmp_path, 130, (900, 30))
    path = write_film(tmp_path)
    assert path is not None
    with Image.open(path) as film:
        assert film.n_frames == MAX_FRAMES
        assert max(film.size) == MAX_SIDE_PX
        film.seek(MAX_FRAMES - 1)
        assert _bar(film) > 600
