"""Every format that is read, and what becomes of its colours, transparency, orientation and depth."""

from __future__ import annotations

import io
import struct
import threading
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
import torch
from PIL import Image
from products import saved

from gan.imaging.io import codec
from gan.imaging.io.codec import decode, to_pil
from gan.imaging.picture import Picture

SIZE = (24, 16)


def gradient(size: tuple[int, int] = SIZE) -> Image.Image:
    """Smooth, so that lossy formats keep it, and different at each corner."""
    width, height = size
    x = np.linspace(40, 220, width)[None].repeat(height, 0)
    y = np.linspace(20, 200, height)[:, None].repeat(width, 1)
    return Image.fromarray(np.stack([x, y, 255 - x], axis=-1).astype(np.uint8))


def heic(image: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image).save(buffer, **options)
    return buffer.getvalue()


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG by hand, for what Pillow does not write."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in body)


def bytes_of(picture: Picture) -> np.ndarray:
    return np.asarray(to_pil(picture))


@pytest.mark.parametrize(
    ("data", "file_format", "tolerance"),
    [
        (saved(gradient(), "PNG"), "PNG", 0),
        (saved(gradient(), "BMP"), "BMP", 0),
        (saved(gradient(), "TIFF"), "TIFF", 0),
        (saved(gradient(), "TIFF", compression="tiff_lzw"), "TIFF", 0),
        (saved(gradient(), "WEBP", lossless=True), "WEBP", 0),
        (saved(gradient(), "JPEG", quality=98, subsampling=0), "JPEG", 4),
        (saved(gradient(), "WEBP", quality=98), "WEBP", 20),
        (saved(gradient(), "AVIF", quality=95, subsampling="4:4:4"), "AVIF", 6),
        (saved(gradient(), "GIF"), "GIF", 40),
        (heic(gradient(), quality=95, chroma=444), "HEIF", 6),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_colour_formats(data: bytes, file_format: str, tolerance: int) -> None:
    picture = decode(data)
    assert picture.file_format == file_format
    assert picture.rgb.dtype == torch.float32
    assert picture.alpha is None
    assert picture.notices == ()
    assert picture.exif is None
    difference = np.abs(bytes_of(picture).astype(int) - np.asarray(gradient()))
    assert difference.max() <= tolerance


def test_bytes_become_255ths_and_come_back_exactly() -> None:
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    picture = decode(Image.fromarray(np.stack([values] * 3, axis=-1)))
    expected = torch.from_numpy(values).to(torch.float32) / 255
    assert torch.equal(picture.rgb[0, 1], expected)
    assert np.array_equal(bytes_of(picture)[..., 2], values)


def test_halves_are_rounded_up_and_the_outside_is_clamped() -> None:
    row = torch.tensor([0.4999 / 255, 0.5001 / 255, 1.5001 / 255, -1.0, 2.0])
    image = to_pil(Picture(row.expand(1, 3, 1, 5)))
    assert [pixel[0] for pixel in image.get_flattened_data()] == [0, 1, 2, 0, 255]


@pytest.mark.parametrize("width", [1, 7, 30])
def test_bands_meet(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several bands, of which the last is shorter, give the picture that one gives."""
    monkeypatch.setattr("gan.imaging.row_chunks.BAND_PIXELS", 40)
    generator = np.random.default_rng(0)
    image = Image.fromarray(generator.integers(0, 256, (17, width, 4), dtype=np.uint8))
    assert np.array_equal(bytes_of(decode(image)), np.asarray(image))
    opaque = image.convert("RGB")
    assert np.array_equal(bytes_of(decode(opaque)), np.asarray(opaque))


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "PA", "CMYK", "YCbCr", "HSV", "RGBX", "I;16"])
def test_pillow_modes(mode: str) -> None:
    image = Image.new("RGB", SIZE, (255, 255, 255)).convert("L" if mode in ("LA", "I;16") else "RGB")
    image = image.convert(mode) if mode != "I;16" else Image.fromarray(np.full(SIZE[::-1], 65535, dtype=np.uint16))
    picture = decode(image)
    assert (bytes_of(picture) == 255).all()
    assert picture.rgb.shape == (1, 3, SIZE[1], SIZE[0])


def test_grey() -> None:
    picture = decode(saved(gradient().convert("L"), "PNG"))
    assert torch.equal(picture.rgb[:, 0], picture.rgb[:, 2])
    assert np.array_equal(bytes_of(picture)[..., 0], np.asarray(gradient().convert("L")))


def test_one_bit() -> None:
    picture = decode(saved(Image.frombytes("1", (8, 1), b"\xa5"), "PNG"))
    assert picture.rgb[0, 0, 0].tolist() == [1, 0, 1, 0, 0, 1, 0, 1]


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_16_bit_grey_keeps_its_precision(file_format: str) -> None:
    values = np.array([[0, 1, 255, 256, 30001, 65535]], dtype=np.uint16)
    picture = decode(saved(Image.fromarray(values), file_format))
    assert torch.equal(picture.rgb[0, 1], torch.from_numpy(values.astype(np.float32)) / 65535)
    assert picture.notices == ()


def test_16_bit_tiff_of_the_other_byte_order() -> None:
    values = np.array([[0, 256, 30001, 65535]], dtype=">u2")
    image = Image.frombytes("I;16B", (4, 1), values.tobytes())
    picture = decode(saved(image, "TIFF"))
    assert torch.equal(picture.rgb[0, 1], torch.from_numpy(values.astype(np.float32)) / 65535)


def test_16_bit_tiff_whose_white_is_zero() -> None:
    values = np.array([[0, 256, 65535]], dtype=np.uint16)
    data = saved(Image.fromarray(values), "TIFF", tiffinfo={262: 0})
    assert decode(data).rgb[0, 1, 0].tolist() == pytest.approx([1, 1 - 256 / 65535, 0])


def test_first_frame_and_a_notice() -> None:
    red, blue = Image.new("RGB", SIZE, "red"), Image.new("RGB", SIZE, "blue")
    for file_format in ("GIF", "WEBP", "PNG", "TIFF", "AVIF"):
        picture = decode(saved(red, file_format, save_all=True, append_images=[blue]))
        assert picture.notices == (codec.FRAMES_NOTICE,), file_format
        assert bytes_of(picture)[3, 3, 0] > 240, file_format
    assert set(picture.notices) <= set(codec.NOTICES)


def test_mpo_is_a_jpeg_with_something_behind() -> None:
    picture = decode(saved(gradient(), "MPO", save_all=True, append_images=[gradient((8, 8))]))
    assert (picture.width_px, picture.height_px) == SIZE
    assert picture.notices == ()


# transparency


def with_alpha() -> Image.Image:
    image = gradient()
    alpha = np.linspace(0, 255, SIZE[0]).astype(np.uint8)[None].repeat(SIZE[1], 0)
    image.putalpha(Image.fromarray(alpha))
    return image


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "WEBP", "AVIF", "HEIF"])
def test_alpha_stays_beside_the_colours(file_format: str) -> None:
    image = with_alpha()
    data = heic(image, quality=100) if file_format == "HEIF" else saved(image, file_format, quality=100)
    picture = decode(data)
    assert picture.alpha is not None
    difference = np.abs(bytes_of(picture)[..., 3].astype(int) - np.asarray(image)[..., 3])
    assert difference.max() <= (0 if file_format in ("PNG", "TIFF", "WEBP") else 4)
    if file_format in ("PNG", "TIFF"):
        assert np.array_equal(bytes_of(picture), np.asarray(image))  # not premultiplied


def test_grey_with_alpha() -> None:
    image = with_alpha().convert("LA")
    picture = decode(saved(image, "PNG"))
    assert np.array_equal(bytes_of(picture)[..., [0, 3]], np.asarray(image))


def test_alpha_that_hides_nothing_is_left_out() -> None:
    assert decode(Image.new("RGBA", SIZE, (1, 2, 3, 255))).alpha is None


def test_alpha_that_begins_in_a_later_band(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan.imaging.row_chunks.BAND_PIXELS", SIZE[0])
    image = gradient().convert("RGBA")
    image.putpixel((3, 9), (7, 8, 9, 20))
    assert np.array_equal(bytes_of(decode(image)), np.asarray(image))


@pytest.mark.parametrize("transparency", [1, b"\xff\x00\x80"])
def test_palette_with_transparency(transparency: int | bytes) -> None:
    image = Image.new("P", (3, 1))
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    image.putdata([0, 1, 2])
    picture = decode(saved(image, "PNG", transparency=transparency))
    expected = [255, 0, 255] if isinstance(transparency, int) else [255, 0, 128]
    assert bytes_of(picture)[0, :, 3].tolist() == expected
    assert bytes_of(picture)[0, :, :3].tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255]]


def test_transparent_gif() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putdata([0, 1])
    assert bytes_of(decode(saved(image, "GIF", transparency=1)))[0, :, 3].tolist() == [255, 0]


@pytest.mark.parametrize(
    ("depth", "colour", "row", "key"),
    [
        (1, 0, b"\x40", b"\0\1"),  # pixels 0 1
        (2, 0, b"\x60", b"\0\2"),  # 1 2
        (4, 0, b"\x3a", b"\0\x0a"),  # 3 10
        (8, 0, b"\x07\x63", b"\0\x63"),
        (16, 0, b"\x12\x34\x56\x78", b"\x56\x78"),
        (8, 2, b"\1\2\3\4\5\6", b"\0\4\0\5\0\6"),
        (16, 2, b"\1\1\2\2\3\3\4\4\5\5\6\6", b"\4\4\5\5\6\6"),
    ],
)
def test_png_with_a_transparent_colour(depth: int, colour: int, row: bytes, key: bytes) -> None:
    picture = decode(png(2, 1, depth, colour, b"\0" + row, (b"tRNS", key)))
    assert bytes_of(picture)[0, :, 3].tolist() == [255, 0]


# orientation


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF", "PIL"])
def test_orientation(orientation: int, file_format: str) -> None:
    """Stored so that a reader that obeys the tag sees the same picture."""
    stored_from = {
        1: [],
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }[orientation]
    stored = gradient()
    for step in stored_from:
        stored = stored.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation
    if file_format == "PIL":
        stored.getexif()[0x0112] = orientation
        picture = decode(stored)
    else:
        picture = decode(saved(stored, file_format, exif=exif, quality=100))
    assert (picture.width_px, picture.height_px) == SIZE
    assert np.abs(bytes_of(picture).astype(int) - np.asarray(gradient())).max() <= 12
    assert picture.exif is None


def test_heic_orientation() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    pillow_heif.register_heif_opener()
    stored = gradient().transpose(Image.Transpose.ROTATE_90)
    picture = decode(saved(stored, "HEIF", exif=exif.tobytes(), quality=100))
    assert (picture.width_px, picture.height_px) == SIZE
    assert np.abs(bytes_of(picture).astype(int) - np.asarray(gradient())).max() <= 12


@pytest.mark.parametrize("orientation", [0, 9, 200])
def test_an_orientation_that_does_not_exist_is_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert np.array_equal(bytes_of(decode(saved(gradient(), "PNG", exif=exif))), np.asarray(gradient()))


def test_a_damaged_exif_block_is_a_notice() -> None:
    picture = decode(saved(gradient(), "JPEG", exif=b"Exif\0\0no such thing"))
    assert picture.notices == (codec.EXIF_NOTICE,)
    assert picture.exif is None


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_an_exif_block_that_is_cut_off_does_not_cost_the_picture() -> None:
    data = saved(gradient(), "JPEG", exif=b"Exif\0\0MM\0\x2a\0\0\0\x08\xff\xff" + b"\x01" * 40)
    assert (decode(data).width_px, decode(data).height_px) == SIZE


# sources


def test_paths_and_names(tmp_path: Path) -> None:
    path = tmp_path / "shoe.PNG"
    gradient().save(path)
    for source in (path, str(path)):
        assert decode(source).name == "shoe.PNG"
    with Image.open(path) as image:
        assert decode(image).name == "shoe.PNG"
    assert decode(path.read_bytes()).name == ""
    assert decode(gradient()).name == ""
    assert decode(gradient()).file_format == ""


def test_the_callers_image_is_left_alone() -> None:
    image = gradient().convert("P")
    before = image.copy()
    decode(image)
    assert image.mode == "P"
    assert image == before


def test_threads() -> None:
    files = [saved(gradient(), name, quality=95) for name in ("PNG", "JPEG", "WEBP", "AVIF", "TIFF")]
    files.append(heic(gradient()))
    expected = [bytes_of(decode(data)) for data in files]
    wrong: list[int] = []

    def work() -> None:
        for _ in range(5):
            for i, data in enumerate(files):
                if not np.array_equal(bytes_of(decode(data)), expected[i]):
                    wrong.append(i)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
