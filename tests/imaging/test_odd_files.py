"""Whole files of kinds that used to be called damaged: read with a notice, or refused as what they are."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pillow_jxl  # noqa: F401  (registers the writer)
import pytest
import tifffile
from PIL import Image
from products import saved

from gan.core.errors import InputError
from gan.export.file_metadata import facts_of
from gan.imaging.io import codec, decode_apart
from gan.imaging.io.codec import decode, to_pil
from gan.imaging.io.declared_colors import of_h273
from gan.imaging.io.file_types import NAMED
from gan.ui.i18n import CATALOGS


def scene(width: int = 96, height: int = 64) -> Image.Image:
    x = np.linspace(40, 220, width)[None].repeat(height, 0)
    y = np.linspace(20, 200, height)[:, None].repeat(width, 1)
    return Image.fromarray(np.stack([x, y, 255 - x], axis=-1).astype(np.uint8))


def tiff(*pages: tuple[np.ndarray, dict[str, Any]]) -> bytes:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        for pixels, options in pages:
            writer.write(pixels, metadata=None, **options)
    return buffer.getvalue()


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(to_pil(decode(data)), dtype=int)


def refusal(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        decode(data)
    return str(caught.value)


# JPEG without its end


@pytest.mark.parametrize("missing", [1, 2])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0, "restart_marker_rows": 1}])
def test_a_jpeg_without_its_end_marker_is_whole(missing: int, options: dict[str, Any]) -> None:
    data = saved(scene(), "JPEG", quality=90, **options)
    picture = decode(data[:-missing])
    assert picture.notices == (codec.END_NOTICE,)
    assert np.array_equal(np.asarray(to_pil(picture)), pixels(data))


def test_a_jpeg_that_lacks_its_last_rows_is_shown() -> None:
    rows = np.random.default_rng(0).integers(0, 256, (1600, 16, 3), dtype=np.uint8)
    data = saved(Image.fromarray(rows), "JPEG", quality=90)
    picture = decode(data[: len(data) - len(data) // 150])
    assert picture.notices == (codec.END_NOTICE,)
    assert np.abs(np.asarray(to_pil(picture), dtype=int) - pixels(data))[:1568].max() == 0


@pytest.mark.parametrize("share", [0.5, 0.9, 0.95])
def test_a_jpeg_that_lacks_more_is_incomplete(share: float) -> None:
    rows = np.random.default_rng(0).integers(0, 256, (400, 16, 3), dtype=np.uint8)
    data = saved(Image.fromarray(rows), "JPEG", quality=90)
    assert "damaged or incomplete" in refusal(data[: int(share * len(data))])


def test_lossless_jpeg_is_named() -> None:
    data = bytearray(saved(scene(), "JPEG"))
    data[data.index(b"\xff\xc0") + 1] = 0xC3
    assert "lossless" in refusal(bytes(data))


# PNG


def test_a_png_with_a_bad_checksum_beside_its_pixels() -> None:
    data = bytearray(saved(scene(), "PNG", dpi=(300, 300)))
    at = data.index(b"pHYs")
    data[at + 14] ^= 0xFF
    picture = decode(bytes(data))
    assert picture.notices == (codec.CHUNK_NOTICE,)
    assert np.array_equal(np.asarray(to_pil(picture)), np.asarray(scene()))


# TIFF


def test_cmyk_with_transparency() -> None:
    inks = np.zeros((20, 30, 5), np.uint8)
    inks[..., 4] = 255
    inks[:10, :, 1:3] = 255
    inks[:, 20:, 4] = 0
    data = tiff((inks, {"photometric": "separated", "extrasamples": ["unassalpha"], "compression": "zlib"}))
    picture = decode(data)
    made = np.asarray(to_pil(picture), dtype=int)
    assert picture.notices == (codec.CMYK_NOTICE,)
    assert np.abs(made[4, 4] - (227, 6, 19, 255)).max() <= 14
    assert made[15, 4].tolist() == [255, 255, 255, 255]
    assert made[15, 25, 3] == 0
    assert facts_of(data).color == "other"


@pytest.mark.parametrize("photometric", [8, 9])
def test_lab_of_16_bits(photometric: int) -> None:
    """CIE Lab of known colors (D50): white, mid gray, the red of sRGB."""
    lab = np.array([[100, 0, 0], [53.585, 0, 0], [54.29, 80.81, 69.89]])
    if photometric == 8:
        codes = np.stack([lab[:, 0] / 100 * 65535, *(lab[:, 1:].T * 256)], 1).round().astype(np.int64) & 0xFFFF
    else:
        codes = np.stack([lab[:, 0] / 100 * 65280, *(lab[:, 1:].T * 256 + 32768)], 1).round().astype(np.int64)
    image = codes.astype(np.uint16)[None].repeat(8, 0).repeat(8, 1)
    data = tiff((image, {"photometric": photometric}))
    picture = decode(data)
    assert picture.bits == 16
    made = np.asarray(to_pil(picture), dtype=int)[4, 4::8]
    assert np.abs(made - [(255, 255, 255), (128, 128, 128), (255, 0, 0)]).max() <= 3
    assert facts_of(data).color == "other"


def test_float_tiff_is_named() -> None:
    data = tiff((np.random.default_rng(0).random((20, 30, 3)).astype(np.float32), {"photometric": "rgb"}))
    assert "floating-point" in refusal(data)


def test_a_tiff_of_another_kind_is_named() -> None:
    data = tiff((np.zeros((20, 30, 7), np.uint8), {"photometric": "minisblack", "planarconfig": "contig"}))
    assert "a TIFF of a kind that is not read: 7 channels of 8 bits" in refusal(data)


def test_an_unknown_compression_is_named() -> None:
    data = bytearray(saved(scene(), "TIFF"))
    at = data.index(struct.pack("<HHIH", 259, 3, 1, 1)) + 8
    data[at : at + 2] = struct.pack("<H", 34712)
    assert "compression 34712" in refusal(bytes(data))


@pytest.mark.parametrize("flagged", [True, False])
@pytest.mark.parametrize("big", [False, True])
def test_a_thumbnail_first_is_passed_over(flagged: bool, big: bool) -> None:
    image = np.asarray(scene())
    thumbnail = np.asarray(scene().resize((24, 16)))
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer, bigtiff=big) as writer:
        writer.write(thumbnail, subfiletype=1 if flagged else 0, metadata=None, photometric="rgb")
        writer.write(image, metadata=None, photometric="rgb")
    picture = decode(buffer.getvalue())
    assert np.array_equal(np.asarray(to_pil(picture)), image)
    assert picture.notices == (codec.PAGE_NOTICE,)


def test_a_picture_below_its_thumbnail_is_found() -> None:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(np.asarray(scene().resize((24, 16))), subfiletype=1, subifds=1, metadata=None, photometric="rgb")
        writer.write(np.asarray(scene()), metadata=None, photometric="rgb")
    assert np.array_equal(pixels(buffer.getvalue()), np.asarray(scene()))


def test_pages_of_a_document_stay_in_order() -> None:
    first, second = np.asarray(scene(60, 64)), np.asarray(scene(200, 80))
    picture = decode(tiff((first, {"photometric": "rgb"}), (second, {"photometric": "rgb"})))
    assert np.array_equal(np.asarray(to_pil(picture)), first)
    assert picture.notices == (codec.FRAMES_NOTICE,)


def test_smaller_copies_behind_the_picture_are_no_pages() -> None:
    copy = np.asarray(scene().resize((24, 16)))
    picture = decode(
        tiff((np.asarray(scene()), {"photometric": "rgb"}), (copy, {"photometric": "rgb", "subfiletype": 1}))
    )
    assert picture.notices == ()


@pytest.mark.parametrize("photometric", [32803, 34892])
def test_raw_files_are_named_and_their_previews_not_taken(photometric: int) -> None:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(np.asarray(scene().resize((24, 16))), subfiletype=1, subifds=1, metadata=None, photometric="rgb")
        sensor = np.zeros((64, 96) if photometric == 32803 else (64, 96, 3), np.uint16)
        extra = [(33421, 3, 2, (2, 2), True), (33422, 1, 4, b"\0\1\1\2", True)]
        writer.write(sensor, metadata=None, photometric=photometric, extratags=extra)
    assert "a camera's raw file" in refusal(buffer.getvalue())


def test_canons_raw_files_are_known_by_their_mark() -> None:
    data = saved(scene(), "TIFF")
    ifd = struct.unpack_from("<I", data, 4)[0]
    assert ifd == 8
    moved = data[:4] + struct.pack("<I", len(data)) + b"CR\2\0" + data[12:] + data[8:]
    assert "a camera's raw file" in refusal(moved)


# formats that are decoded apart


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "LA"])
@pytest.mark.parametrize("file_format", ["JPEG2000", "JXL"])
def test_rare_formats_are_read(file_format: str, mode: str) -> None:
    image = scene().convert(mode)
    options = {"irreversible": False} if file_format == "JPEG2000" else {"lossless": True}
    if mode.endswith("A"):
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    data = saved(image, file_format, **options)
    picture = decode(data)
    assert picture.file_format == file_format
    expected = np.asarray(image.convert("RGBA" if mode.endswith("A") else "RGB"), dtype=int)
    assert np.abs(np.asarray(to_pil(picture), dtype=int) - expected).max() <= 1
    assert facts_of(data).file_format == {"JPEG2000": "jpeg2000", "JXL": "jxl"}[file_format]


def test_the_profile_of_jpeg_2000_counts() -> None:
    data = saved(scene(), "JPEG2000")
    profile = of_h273(12, 13)
    assert profile is not None
    at = data.index(b"colr") - 4
    length = struct.unpack_from(">I", data, at)[0]
    box = struct.pack(">I4sBBB", 11 + len(profile), b"colr", 2, 0, 0) + profile
    header = data.index(b"jp2h") - 4
    grown = struct.pack(">I", struct.unpack_from(">I", data, header)[0] + len(box) - length)
    made = data[:header] + grown + data[header + 4 : at] + box + data[at + length :]
    assert np.abs(pixels(made) - pixels(data)).max() > 8


@pytest.mark.parametrize("file_format", ["JPEG2000", "JXL"])
def test_rare_formats_cut_off_are_damaged(file_format: str) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    data = saved(noise, file_format)
    assert "damaged or incomplete" in refusal(data[: len(data) // 8])


def test_a_large_jpeg_xl_is_refused_from_its_header(monkeypatch: pytest.MonkeyPatch) -> None:
    def decoded(*_: object) -> None:
        raise AssertionError("it was decoded")

    monkeypatch.setattr("gan.imaging.io.source.decoded_apart", decoded)
    bits = 0 | 3 << 1 | 19_999 << 3 | 0 << 33 | 3 << 36 | 19_999 << 38  # not small, 30 bits each
    assert "100 megapixels" in refusal(b"\xff\x0a" + bits.to_bytes(16, "little"))


def test_decoding_apart_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    worker = tmp_path / "worker.py"
    worker.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(decode_apart, "WORKER", worker)
    monkeypatch.setattr(decode_apart, "MOST_SECONDS", 0.1)
    assert "seconds to decode" in refusal(saved(scene(), "JPEG2000"))


def test_what_foreign_files_are_is_said_in_chinese_too() -> None:
    assert not {*NAMED, *NAMED.values()} - set(CATALOGS["zh"].sentences)


def test_a_chunk_with_a_bad_checksum_among_the_pixels_is_damage() -> None:
    data = bytearray(saved(scene(), "PNG"))
    at = data.index(b"IDAT")
    data[at + 8] ^= 0xFF
    assert "damaged" in refusal(bytes(data))
