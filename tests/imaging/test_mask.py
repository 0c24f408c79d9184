"""Masks: read from every kind of file, resized, combined, and made of boxes and transparency."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan.core.errors import InputError
from gan.imaging.mask import (
    Mask,
    check_size,
    decode_mask,
    encode_mask,
    from_alpha,
    inverted,
    rectangle,
    resized,
    united,
)
from gan.imaging.picture import Picture


def _mask(rows: list[list[float]]) -> Mask:
    return Mask(torch.tensor(rows, dtype=torch.float32)[None, None])


def _random(height_px: int, width_px: int, *, share: float = 0.01, seed: int = 0) -> Mask:
    drawn = torch.rand(1, 1, height_px, width_px, generator=torch.Generator().manual_seed(seed))
    return Mask((drawn < share).float())


def _file(image: Image.Image, file_format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=file_format, **options)
    return buffer.getvalue()


def _refused(error: pytest.ExceptionInfo[InputError], field: str, *parts: str) -> None:
    assert error.value.field == field
    assert all(part in str(error.value) for part in parts), str(error.value)


@pytest.mark.parametrize("shape", [(4, 5), (1, 4, 5), (1, 3, 4, 5), (2, 1, 4, 5)])
def test_a_tensor_of_another_shape_is_no_mask(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"\(1, 1, H, W\)"):
        Mask(torch.zeros(shape))
    with pytest.raises(InputError, match="float64"):
        Mask(torch.zeros(1, 1, 4, 5, dtype=torch.float64))


def test_a_mask_of_another_size_is_refused_with_both_sizes() -> None:
    picture = Picture(torch.zeros(1, 3, 30, 40))
    check_size(Mask(torch.zeros(1, 1, 30, 40)), picture)
    with pytest.raises(InputError) as error:
        check_size(Mask(torch.zeros(1, 1, 40, 30)), picture)
    _refused(error, "mask", "30 x 40 px mask, 40 x 30 px picture")


def test_every_grey_comes_back_from_a_file_as_it_was() -> None:
    greys = Mask(torch.arange(256, dtype=torch.float32).reshape(1, 1, 16, 16) / 255)
    data = encode_mask(greys)
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.mode, image.size) == ("PNG", "L", (16, 16))
    assert torch.equal(decode_mask(data).coverage, greys.coverage)


def test_a_file_has_halves_rounded_up() -> None:
    image = Image.open(io.BytesIO(encode_mask(_mask([[0.5 / 255, 0.49 / 255, 127.5 / 255, 1]]))))
    assert np.asarray(image).tolist() == [[1, 0, 128, 255]]


def test_a_mask_has_its_files_name(tmp_path: Path) -> None:
    (tmp_path / "chair_mask.png").write_bytes(encode_mask(_random(5, 6)))
    assert decode_mask(tmp_path / "chair_mask.png").name == "chair_mask.png"


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "BMP", "WEBP", "GIF", "JPEG"])
def test_white_on_black_is_read_from_every_format(file_format: str) -> None:
    drawn = np.zeros((24, 32), np.uint8)
    drawn[8:16, 8:24] = 255
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 95}}.get(file_format, {})
    read = decode_mask(_file(Image.fromarray(drawn).convert("RGB"), file_format, **options)).coverage[0, 0].numpy()
    assert read.shape == (24, 32)
    if file_format == "JPEG":
        assert ((read > 0.5) == (drawn > 0)).all()
    else:
        assert (read == drawn / 255).all()


def test_white_strokes_on_transparent_are_soft_where_they_are() -> None:
    layer = np.zeros((4, 6, 4), np.uint8)
    layer[1, 1:4] = (255, 255, 255, 255)
    layer[1, 4] = (255, 255, 255, 51)
    read = decode_mask(_file(Image.fromarray(layer))).coverage[0, 0]
    assert read[1].tolist() == pytest.approx([0, 1, 1, 1, 0.2, 0])
    assert read.sum() == pytest.approx(3.2)


def test_black_strokes_on_transparent_count_by_their_opacity() -> None:
    layer = np.zeros((3, 4, 4), np.uint8)
    layer[1, 1], layer[1, 2] = (0, 0, 0, 255), (0, 0, 0, 102)
    assert decode_mask(_file(Image.fromarray(layer))).coverage[0, 0, 1].tolist() == pytest.approx([0, 1, 0.4, 0])


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_an_opaque_black_file_is_an_empty_mask(mode: str) -> None:
    assert not decode_mask(
        _file(Image.new(mode, (3, 2), (0, 0, 0, 255)[: len(mode)] if mode != "L" else 0))
    ).coverage.any()


def test_a_wholly_transparent_file_is_an_empty_mask() -> None:
    # White hides behind it, as the page's editor leaves it after the eraser.
    assert not decode_mask(_file(Image.new("RGBA", (3, 2), (255, 255, 255, 0)))).coverage.any()


def test_a_cut_out_counts_by_its_opacity_however_dark_it_is() -> None:
    layer = np.zeros((8, 8, 4), np.uint8)
    layer[2:6, 2:6, 3] = 255
    layer[2:6, 2:6, 0] = np.linspace(20, 120, 16).reshape(4, 4)
    layer[1, 2:6, 3] = 51
    read = decode_mask(_file(Image.fromarray(layer))).coverage[0, 0]
    assert bool((read[2:6, 2:6] == 1).all())
    assert read[1, 2:6].tolist() == pytest.approx([0.2] * 4)
    assert float(read[0].sum()) == 0


def test_a_coloured_stroke_marks_as_much_as_a_white_one() -> None:
    image = Image.new("RGB", (3, 1))
    image.putpixel((1, 0), (255, 0, 0))
    assert decode_mask(_file(image)).coverage[0, 0, 0].tolist() == [0, 1, 0]


def test_palettes_16_bits_and_one_bit_are_read() -> None:
    palette = Image.new("P", (3, 1))
    palette.putpalette([0, 0, 0, 255, 255, 255, 51, 51, 51])
    palette.putdata([0, 1, 2])
    assert decode_mask(_file(palette)).coverage.flatten().tolist() == pytest.approx([0, 1, 0.2])
    deep = Image.fromarray(np.array([[0, 65535, 13107]], np.uint16))
    assert decode_mask(_file(deep)).coverage.flatten().tolist() == pytest.approx([0, 1, 0.2])
    bits = Image.fromarray(np.array([[False, True, False]]))
    assert bits.mode == "1"
    assert decode_mask(_file(bits)).coverage.flatten().tolist() == [0, 1, 0]


def test_a_turned_file_is_read_upright() -> None:
    image = Image.new("L", (4, 2))
    image.putpixel((3, 0), 255)
    exif = Image.Exif()
    exif[274] = 6  # to be turned clockwise: the right end comes to lie at the bottom
    read = decode_mask(_file(image, exif=exif)).coverage[0, 0]
    assert read.shape == (4, 2)
    assert read[3, 1] == 1
    assert read.sum() == 1


def test_what_is_no_picture_is_refused_by_the_fields_name() -> None:
    with pytest.raises(InputError) as error:
        decode_mask(b"nothing", field="mask")
    _refused(error, "mask")


@pytest.mark.parametrize("size", [(7, 5), (64, 48), (200, 333), (1, 1)])
def test_a_full_and_an_empty_mask_stay_so_at_every_size(size: tuple[int, int]) -> None:
    assert (resized(Mask(torch.ones(1, 1, 37, 29)), *size).coverage == 1).all()
    assert not resized(Mask(torch.zeros(1, 1, 37, 29)), *size).coverage.any()
    assert resized(Mask(torch.ones(1, 1, 37, 29)), *size).coverage.shape[2:] == size


def test_a_resized_mask_is_where_it_was_and_touches_nothing_beyond_its_edge() -> None:
    mask = rectangle(40, 60, left=20, top=10, width=20, height=10)
    larger = resized(mask, 160, 240).coverage[0, 0]
    assert (larger[44:76, 84:156] == 1).all()
    rest = larger.clone()
    rest[36:84, 76:164] = 0
    assert not rest.any()
    assert resized(mask, 20, 30).coverage.mean().item() == pytest.approx(200 / 2400, abs=1e-6)
    assert resized(mask, 40, 60) is mask


def test_inverting_twice_is_nothing_and_union_is_the_larger() -> None:
    a, b = _mask([[0, 0.25, 1]]), _mask([[0.5, 0, 1]])
    assert inverted(a).coverage.tolist() == [[[[1, 0.75, 0]]]]
    assert torch.equal(inverted(inverted(a)).coverage, a.coverage)
    assert united(a, b).coverage.tolist() == [[[[0.5, 0.25, 1]]]]
    assert a.coverage.tolist() == [[[[0, 0.25, 1]]]]
    with pytest.raises(InputError) as error:
        united(a, _mask([[1], [0]]))
    _refused(error, "mask", "3 x 1 px", "1 x 2 px")


def test_a_rectangle_is_where_it_was_asked_for() -> None:
    mask = rectangle(10, 20, left=3, top=4, width=5, height=2)
    assert mask.coverage.sum() == 10
    assert (mask.coverage[0, 0, 4:6, 3:8] == 1).all()
    assert (rectangle(10, 20, left=0, top=0, width=20, height=10).coverage == 1).all()


@pytest.mark.parametrize("box", [(-1, 0, 5, 5), (0, -1, 5, 5), (16, 0, 5, 5), (0, 6, 5, 5), (3, 3, 0, 5), (3, 3, 5, 0)])
def test_a_rectangle_outside_or_without_pixels_is_refused(box: tuple[int, int, int, int]) -> None:
    left, top, width, height = box
    with pytest.raises(InputError) as error:
        rectangle(10, 20, left=left, top=top, width=width, height=height)
    _refused(error, "rectangle", f"{width} x {height} px from {left}, {top}", "20 x 10 px")


def test_transparency_becomes_a_mask_and_none_is_refused() -> None:
    rgb, alpha = torch.rand(1, 3, 2, 3), torch.tensor([[[[0, 0.25, 1], [1, 1, 1]]]])
    assert from_alpha(Picture(rgb, alpha)).coverage.tolist() == [[[[1, 0.75, 0], [0, 0, 0]]]]
    for opaque in (Picture(rgb), Picture(rgb, torch.ones(1, 1, 2, 3))):
        with pytest.raises(InputError) as error:
            from_alpha(opaque)
        _refused(error, "image", "without transparency")
