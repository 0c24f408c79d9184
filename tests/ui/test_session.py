"""A visit's pictures in files come back with everything that belongs to them."""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path

import pytest
import torch

from gan.imaging.picture import GENERATED, Picture
from gan.ui import session
from gan.ui.session import UNUSED_S, Session, store


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("alpha", [False, True])
def test_a_picture_comes_back_as_a_lossless_file_would(tmp_path: Path, bits: int, alpha: bool, exact: bool) -> None:
    most = 2**bits - 1
    numbers = torch.randint(0, most + 1, (1, 4, 30, 40), generator=torch.Generator().manual_seed(0))
    unit = numbers.float() / most
    steps = ({"task": "inpaint", "request": {"grow_px": 2}, "weights": {}},)
    source = Picture(
        unit[:, :3],
        unit[:, 3:] if alpha else None,
        b"Exif\0\0xyz",
        name="shoe.png",
        bits=bits,
        history=steps,
        source_type=GENERATED,
    )
    stored = store(source, tmp_path / "picture.npz", exact=exact)
    assert stored.size == (40, 30)
    assert stored.bytes > 0
    back = stored.picture()
    assert torch.equal(back.rgb, source.rgb)
    assert (back.alpha is None) == (not alpha)
    assert back.alpha is None or torch.equal(back.alpha, unit[:, 3:])
    assert (back.exif, back.name, back.bits) == (source.exif, source.name, source.bits)
    assert (back.history, back.source_type) == (steps, GENERATED)


def test_exact_keeps_what_no_file_of_eight_bits_would(tmp_path: Path) -> None:
    source = Picture(torch.full((1, 3, 4, 4), 0.123456), name="shoe.png")
    assert torch.equal(store(source, tmp_path / "a.npz", exact=True).picture().rgb, source.rgb)
    assert not torch.equal(store(source, tmp_path / "b.npz").picture().rgb, source.rgb)


def test_a_file_that_is_gone_is_an_error_of_the_system(tmp_path: Path) -> None:
    stored = store(Picture(torch.zeros(1, 3, 4, 4)), tmp_path / "a.npz")
    stored.path.unlink()
    with pytest.raises(OSError, match=r"a\.npz"):
        stored.picture()


@dataclasses.dataclass(frozen=True)
class Made:
    """A result whose files lie in several folders."""

    files: tuple[Path, ...]
    bytes: int = 10


def made(visit: Session[Made]) -> Made:
    path = visit.new_folder() / "a.png"
    path.write_bytes(b"x")
    return Made((path,))


def aged(folder: Path) -> None:
    """All that is in the folder has lain there for long."""
    long_ago = time.time() - 10 * UNUSED_S
    for path in list(folder.rglob("*")):
        os.utime(path, (long_ago, long_ago))


def test_results_that_nothing_refers_to_leave_the_disk(tmp_path: Path) -> None:
    upload = tmp_path / "upload.png"
    upload.write_bytes(b"x")
    visit = Session[Made](folder=tmp_path / "visit")
    visit.folder.mkdir()
    visit = visit.followed_by(made(visit)).followed_by(made(visit)).followed_by(made(visit))
    first, second, third = (one.files[0] for one in visit.entries)
    back = visit.gone_to(0)
    aged(tmp_path)
    after = back.followed_by(made(back))  # what was taken back is gone for good, and with the next result its files
    aged(tmp_path)
    made(after)
    assert not second.exists()
    assert not third.exists()
    assert first.is_file()
    assert after.entries[1].files[0].is_file()


def test_what_another_event_may_be_about_to_hand_over_stays(tmp_path: Path) -> None:
    visit = Session[Made](folder=tmp_path)
    beside = made(visit).files[0]
    made(visit)
    assert beside.is_file()


def test_making_room_takes_the_files_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "MOST_BYTES", 25)
    visit = Session[Made](folder=tmp_path)
    for _ in range(5):
        visit = visit.followed_by(made(visit))
        aged(tmp_path)
    new = made(visit).files[0]
    assert len(visit.entries) == 2
    assert set(tmp_path.rglob("*.png")) == {new, *(one.files[0] for one in visit.entries)}


def test_files_of_a_session_are_in_use(tmp_path: Path) -> None:
    upload = tmp_path / "upload.png"
    upload.write_bytes(b"x")
    visit = Session[Made](folder=tmp_path / "visit", entries=(Made((upload,)),), at=0)
    visit.folder.mkdir()
    aged(tmp_path)
    visit.new_folder()
    assert time.time() - upload.stat().st_mtime < UNUSED_S
