"""Contact sheets: cells of one size on white, pictures where they belong, captions that never raise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from gan.core.errors import InputError
from gan.imaging import contact_sheet as sheet
from gan.imaging.contact_sheet import contact_sheet
from gan.imaging.picture import Picture

CELL_PX = 48
GAP_PX = 2


@pytest.fixture
def _no_system_font(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sheet, "FONT_PATHS", ())
    sheet._font.cache_clear()
    yield
    sheet._font.cache_clear()


def _plain(height_px: int, width_px: int, color: tuple[float, float, float] = (1.0, 0.0, 0.0)) -> Picture:
    return Picture(torch.tensor(color)[None, :, None, None].expand(1, 3, height_px, width_px).contiguous())


def _painted(made: Picture) -> Tensor:
    """(H, W) bool: what is not white."""
    return (made.rgb[0] < 0.999).any(0)


def _box(mask: Tensor) -> tuple[int, int, int, int]:
    """Top, left, height and width of what is marked."""
    rows, columns = (torch.nonzero(mask.any(axis))[:, 0] for axis in (1, 0))
    return int(rows[0]), int(columns[0]), int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1


def test_without_captions_the_sheet_is_cells_and_gaps_only() -> None:
    made = contact_sheet([_plain(60, 60)] * 5, [""] * 5, columns=3, cell_px=CELL_PX)
    assert (made.width_px, made.height_px) == (3 * (CELL_PX + GAP_PX) + GAP_PX, 2 * (CELL_PX + GAP_PX) + GAP_PX)
    assert made.alpha is None
    pitch = CELL_PX + GAP_PX
    for index in range(6):
        row, column = divmod(index, 3)
        cell = _painted(made)[row * pitch : (row + 1) * pitch, column * pitch : (column + 1) * pitch]
        assert int(cell.sum()) == (CELL_PX**2 if index < 5 else 0)


@pytest.mark.parametrize(
    ("height_px", "width_px", "shown"),
    [
        (10, 20, (10, 20)),
        (48, 48, (48, 48)),
        (1, 1, (1, 1)),
        (200, 100, (48, 24)),
        (30, 300, (5, 48)),
        (1, 4000, (1, 48)),
    ],
)
def test_pictures_are_fitted_centred_and_never_enlarged(height_px: int, width_px: int, shown: tuple[int, int]) -> None:
    made = contact_sheet([_plain(height_px, width_px)], [""], columns=1, cell_px=CELL_PX)
    top, left, height, width = _box(_painted(made))
    assert (height, width) == shown
    assert top == GAP_PX + (CELL_PX - height) // 2
    assert left == GAP_PX + (CELL_PX - width) // 2


def test_a_small_picture_comes_through_exactly() -> None:
    x = torch.rand(1, 3, 20, 30, generator=torch.Generator().manual_seed(0)) * 0.9
    made = contact_sheet([Picture(x)], [""], columns=1, cell_px=CELL_PX)
    top, left = GAP_PX + 14, GAP_PX + 9
    assert torch.equal(made.rgb[:, :, top : top + 20, left : left + 30], x)


def test_transparency_is_shown_on_white_and_the_input_stays() -> None:
    picture = Picture(torch.zeros(1, 3, 8, 8), torch.full((1, 1, 8, 8), 0.25))
    made = contact_sheet([picture], [""], columns=1, cell_px=16)
    assert float(made.rgb.min()) == pytest.approx(0.75)
    assert float(picture.rgb.max()) == 0


@pytest.mark.parametrize(
    "caption", ["Mosaic", "水彩画", "Ünï \u0600 \U0001f600 \ue000", "two\nlines\tand\x00more", "W" * 100_000]
)
@pytest.mark.parametrize("font", ["system", "default"])
def test_captions_stand_under_their_picture_and_never_raise(
    caption: str, font: str, request: pytest.FixtureRequest
) -> None:
    if font == "default":
        request.getfixturevalue("_no_system_font")
    made = contact_sheet([_plain(96, 96)] * 2, ["", caption], columns=2, cell_px=96)
    below = _painted(made)[4 + 96 :]
    first, second = below[:, : 4 + 96], below[:, 4 + 96 + 4 :]
    assert not bool(first.any())
    assert bool(second.any())
    assert not bool(second[:, 96:].any())
    assert not bool(second[-4:].any())


def test_a_caption_that_is_too_long_is_cut_and_a_short_one_is_centred() -> None:
    long = contact_sheet([_plain(1, 1)], ["A caption of far too many words for a cell"], columns=1, cell_px=96)
    _, _, _, width = _box(_painted(long)[4 + 96 :])
    assert 60 < width <= 96
    short = contact_sheet([_plain(1, 1)], ["MM"], columns=1, cell_px=96)
    _, left, _, width = _box(_painted(short)[4 + 96 :])
    assert left + width / 2 == pytest.approx(4 + 48, abs=1.5)


@pytest.mark.skipif(not any(Path(path).is_file() for path in sheet.FONT_PATHS), reason="no Chinese font is installed")
def test_chinese_characters_are_drawn_and_not_boxes() -> None:
    one, other = (contact_sheet([_plain(1, 1)], [c], columns=1, cell_px=96).rgb for c in "水彩")
    assert not torch.equal(one, other)


def test_a_font_that_is_no_font_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken.ttc"
    broken.write_bytes(b"no font")
    monkeypatch.setattr(sheet, "FONT_PATHS", (str(broken),))
    sheet._font.cache_clear()
    made = contact_sheet([_plain(1, 1)], ["Text"], columns=1, cell_px=96)
    sheet._font.cache_clear()
    assert int(_painted(made).sum()) > 20


def test_more_columns_than_pictures_are_as_many_as_there_are() -> None:
    pictures = [_plain(9, 9)] * 2
    few, many = (contact_sheet(pictures, ["", ""], columns=n, cell_px=CELL_PX).rgb for n in (2, 50))
    assert torch.equal(few, many)


@pytest.mark.parametrize(
    ("pictures", "captions", "columns", "cell_px", "field"),
    [
        (0, 0, 1, 64, "captions"),
        (2, 1, 1, 64, "captions"),
        (1, 2, 1, 64, "captions"),
        (1, 1, 0, 64, "columns"),
        (1, 1, sheet.MOST_COLUMNS + 1, 64, "columns"),
        (1, 1, 1, sheet.LEAST_CELL_PX - 1, "cell_px"),
        (1, 1, 1, sheet.MOST_CELL_PX + 1, "cell_px"),
        (9, 9, 3, sheet.MOST_CELL_PX, "cell_px"),
    ],
)
def test_refusals_name_their_field(pictures: int, captions: int, columns: int, cell_px: int, field: str) -> None:
    with pytest.raises(InputError) as error:
        contact_sheet([_plain(4, 4)] * pictures, ["x"] * captions, columns=columns, cell_px=cell_px)
    assert error.value.field == field
