"""What is no picture, or too much of one, is refused in one sentence."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan.core.errors import InputError
from gan.imaging.io import codec
from gan.imaging.io.codec import decode


def png_header(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    data = b"IDAT" + zlib.compress(b"\0" * 100)
    end = b"IEND"
    parts = [
        struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)) for body in (chunk, data, end)
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def noise(file_format: str) -> bytes:
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    buffer = io.BytesIO()
    image.save(buffer, file_format)
    return buffer.getvalue()


def refused(source: object) -> str:
    with pytest.raises(InputError) as caught:
        decode(source)  # type: ignore[arg-type]
    sentence = str(caught.value)
    assert sentence.startswith("image: ")
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "AVIF", "TIFF", "GIF", "BMP", "HEIF"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated(file_format: str, share: float) -> None:
    decode(noise("PNG"))  # registers HEIF, with which Pillow then writes
    data = noise(file_format)
    assert "damaged or incomplete" in refused(data[: int(len(data) * share)])


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "GIF", "TIFF"])
def test_cut_off_within_the_header(file_format: str) -> None:
    assert "damaged or incomplete" in refused(noise(file_format)[:12])


def test_damaged_in_the_middle() -> None:
    data = bytearray(noise("PNG"))
    data[len(data) // 2] ^= 0xFF
    assert "damaged" in refused(bytes(data))


@pytest.mark.parametrize("data", [b"hello world", b"\x00" * 5000, b"<body></body>", b"{}"])
def test_not_a_picture(data: bytes) -> None:
    assert "not a picture" in refused(data)


@pytest.mark.parametrize("file_format", ["PPM", "PCX", "TGA", "SGI"])
def test_formats_that_are_not_on_the_list(file_format: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, file_format)
    assert "not a picture" in refused(buffer.getvalue())


@pytest.mark.parametrize(
    ("file_format", "name"), [("ICO", "icon"), ("EPS", "PostScript"), ("PDF", "PDF"), ("DDS", "DirectDraw")]
)
def test_known_formats_are_named(file_format: str, name: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, file_format)
    assert name in refused(buffer.getvalue())


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"8BPS\0\1", "Photoshop"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "raw file"),
        (b"FUJIFILMCCD-RAW 0201", "raw file"),
        (b"IIRO\x08\0\0\0", "raw file"),
        (b"PK\3\4", "archive"),
        (b"<!DOCTYPE html><html>", "web page"),
    ],
)
def test_foreign_files_are_named(start: bytes, name: str) -> None:
    assert name in refused(start + bytes(200))


@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"></svg>',
        b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- drawn --><svg></svg>',
        b"  \n<!DOCTYPE svg><SVG/>",
    ],
)
def test_svg_is_named(data: bytes) -> None:
    assert "SVG" in refused(data)


def test_empty(tmp_path: Path) -> None:
    assert "empty" in refused(b"")
    (tmp_path / "a.png").touch()
    assert "empty" in refused(tmp_path / "a.png")


def test_missing_and_folder(tmp_path: Path) -> None:
    assert "there is no file" in refused(tmp_path / "none.png")
    assert "is a folder" in refused(tmp_path)
    assert "is a folder" in refused(str(tmp_path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "there is no file" in refused(tmp_path / "pipe")


@pytest.mark.parametrize("size", [(30000, 30000), (10001, 10000), (14000, 14000), (2**31 - 1, 1)])
def test_bombs_are_refused_from_the_header(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    def decoded(*_: object) -> None:
        raise AssertionError("it was decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decoded)
    assert "100 megapixels" in refused(png_header(*size))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_bombs_without_pillows_warning() -> None:
    assert "100 megapixels" in refused(png_header(14000, 14000))


def test_just_100_megapixels_pass_the_header() -> None:
    assert "damaged" in refused(png_header(10000, 10000))


def test_images_of_pillow_have_the_same_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan.imaging.io.header.MAX_PIXELS", 99)
    refused(Image.new("RGB", (10, 10)))
    decode(Image.new("RGB", (9, 11)))


def test_long_files(tmp_path: Path) -> None:
    path = tmp_path / "long.png"
    with path.open("wb") as file:
        file.truncate(codec.MAX_BYTES + 1)
    assert "64 MB" in refused(path)
    assert "64 MB" in refused(bytes(codec.MAX_BYTES + 1))


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)])
def test_zero_sized(size: tuple[int, int]) -> None:
    assert "no pixels" in refused(Image.new("RGB", size))
    assert "damaged" in refused(png_header(*size))


def test_numbers_without_a_white() -> None:
    assert "32 bits" in refused(Image.new("F", (2, 2), 0.5))
    assert "32 bits" in refused(Image.new("I", (2, 2), 70000))
    assert "32 bits" in refused(Image.new("I", (2, 2), -1))
    assert decode(Image.new("I", (2, 2), 65535)).rgb.min() == 1


def test_the_field_is_the_callers() -> None:
    with pytest.raises(InputError) as caught:
        decode(b"", field="style")
    assert caught.value.field == "style"


def test_pillows_own_limit_does_not_stand_in_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow warns from 89 megapixels on, and in these tests a warning is an error."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 89_478_485)
    assert "damaged" in refused(png_header(9900, 9900))
    assert Image.MAX_IMAGE_PIXELS == codec.MAX_PIXELS
