"""Damaged headers of every format: refused in one sentence, whatever their offsets and counts lead to."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pillow_jxl  # noqa: F401  (registers the writer)
import pytest
import tifffile
from PIL import Image

import gan.api
from gan.cli.main import main
from gan.core.errors import InputError
from gan.imaging.io.codec import decode
from gan.imaging.io.file_types import register_openers
from gan.imaging.io.header import read_header
from gan.imaging.io.icc import srgb_profile


def scene() -> Image.Image:
    y, x = np.mgrid[20:200:16j, 40:220:24j]
    return Image.fromarray(np.stack([x, y, 255 - x], axis=-1).astype(np.uint8))


def saved(file_format: str, **options: Any) -> bytes:
    register_openers()
    buffer = io.BytesIO()
    scene().save(buffer, file_format, **options)
    return buffer.getvalue()


def tiff(pixels: np.ndarray, *, big: bool = False, order: str = "<", **options: Any) -> bytes:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer, bigtiff=big, byteorder=order) as writer:  # type: ignore[arg-type]
        writer.write(pixels, metadata=None, **options)
    return buffer.getvalue()


def small_files() -> dict[str, bytes]:
    """One file of each format and kind whose header is read."""
    pixels = np.asarray(scene())
    profile = srgb_profile()
    turned = scene().rotate(90)
    return {
        "jpeg": saved("JPEG", icc_profile=profile, dpi=(300, 300)),
        "progressive": saved("JPEG", progressive=True),
        "png": saved("PNG", icc_profile=profile, dpi=(300, 300)),
        "webp": saved("WEBP", icc_profile=profile),
        "avif": saved("AVIF"),
        "heif": saved("HEIF"),
        "gif": saved("GIF", save_all=True, append_images=[turned, scene()]),
        "bmp": saved("BMP"),
        "jpeg2000": saved("JPEG2000"),
        "jxl": saved("JXL"),
        "tiff": saved("TIFF", compression="tiff_lzw"),
        "bigtiff": tiff(pixels, big=True, photometric="rgb"),
        "motorola": tiff(pixels, order=">", photometric="rgb"),
        "deep": tiff(pixels.astype(np.uint16) * 257, photometric="rgb", compression="zlib"),
        "cmyka": tiff(np.zeros((16, 24, 5), np.uint8), photometric="separated", extrasamples=["unassalpha"]),
    }


SMALL = small_files()
APART = ("jpeg2000", "jxl")
"""Their pixels are decoded in a process each, which takes too long for a test of many files."""


def damaged(data: bytes, numbers: random.Random) -> bytes:
    """Cut off, or with some bytes of its first part changed, put in or left out."""
    kind = numbers.choice(["cut", "bits", "extremes", "numbers", "more", "less"])
    made = bytearray(data)
    if kind == "cut":
        return data[: numbers.randrange(len(data))]
    for _ in range(numbers.choice([1, 1, 3, 12])):
        at = numbers.randrange(min(len(made), numbers.choice([32, 128, 600])))
        if kind == "bits":
            made[at] ^= 1 << numbers.randrange(8)
        elif kind == "extremes":
            made[at] = numbers.choice([0, 1, 0x7F, 0x80, 0xFF])
        elif kind == "numbers":
            size = numbers.choice([2, 4, 8])
            value = numbers.choice([0, 2 ** (8 * size) - 1, 2 ** (8 * size - 1), 2**15])
            made[at : at + size] = value.to_bytes(size, numbers.choice(["big", "little"]))
        elif kind == "more":
            made[at:at] = numbers.randbytes(numbers.randrange(1, 9))
        else:
            del made[at : at + numbers.randrange(1, min(40, len(made) // 4))]
    return bytes(made)


def complaint(read: Callable[[bytes], object], data: bytes) -> str:
    """The sentence with which a file is refused; empty where it is read. Every other error is the test's."""
    try:
        read(data)
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", SMALL)
def test_headers_give_a_sentence_or_a_header(name: str) -> None:
    numbers = random.Random(f"headers {name}")
    said = {complaint(lambda data: read_header(data, "image"), damaged(SMALL[name], numbers)) for _ in range(3000)}
    assert not any("\n" in text for text in said)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [name for name in SMALL if name not in APART])
def test_damaged_files_give_a_sentence_or_a_picture(name: str) -> None:
    numbers = random.Random(f"files {name}")
    said = {complaint(decode, damaged(SMALL[name], numbers)) for _ in range(40)}
    assert any("damaged" in text for text in said)


def up_to_empty(data: bytes, kind: bytes) -> bytes:
    """The file up to a box, which is empty."""
    at = data.index(kind) - 4
    return data[:at] + struct.pack(">I", 8) + kind


DAMAGED = {
    "a BigTIFF of ones": b"II+\0" + b"\xff" * 40,
    "an AVIF that ends with an empty pitm": up_to_empty(SMALL["avif"], b"pitm"),
    "a JPEG 2000 that ends with an empty colr": up_to_empty(SMALL["jpeg2000"], b"colr"),
    "an AVIF cut within a box of its metadata": SMALL["avif"][: SMALL["avif"].index(b"iprp") + 4],
}


@pytest.mark.parametrize("name", DAMAGED)
def test_known_damage_is_named(name: str) -> None:
    with pytest.raises(InputError, match="damaged or incomplete"):
        decode(DAMAGED[name])


def test_a_folder_goes_on_after_a_damaged_file(
    tiny_weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gan.api, "WEIGHTS_DIR", tiny_weights)
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    (folder / "a.tif").write_bytes(DAMAGED["a BigTIFF of ones"])
    (folder / "b.avif").write_bytes(DAMAGED["an AVIF that ends with an empty pitm"])
    (folder / "c.png").write_bytes(SMALL["png"])
    status = main(["enhance", str(folder), "-o", str(out), "--scale", "1"])
    assert status == 2
    assert capsys.readouterr().err.count("damaged or incomplete") == 2
    assert [path.name for path in out.iterdir()] == ["c.png"]
