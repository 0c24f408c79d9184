"""Headers that claim more than there is, and files that only cost time: refused, or bounded, before decoding."""

from __future__ import annotations

import resource
import struct
import time
import zlib

import numpy as np
import pytest
import torch
from PIL import ExifTags, Image
from products import saved

from gan.core.errors import InputError
from gan.export.file_metadata import facts_of
from gan.imaging.io import codec, decode_apart, jpeg_header, source
from gan.imaging.io.codec import decode, to_pil
from gan.imaging.io.declared_colors import of_h273
from gan.imaging.io.file_types import register_openers
from gan.imaging.io.formats import DECODED_WHOLE
from gan.imaging.io.header import read_header
from gan.imaging.io.tiff import read_tiff_header
from gan.limits import MAX_SIDE_PX, MOST_FRAMES


def png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    header = (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    body = [header, *chunks, (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in body
    )


def tiff(entries: list[tuple[int, int, int, int]], *, tail: bytes = b"") -> bytes:
    """Little-endian, one directory, pixels of zeros behind it."""
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", 0) + tail


def flat(width: int, height: int, *more: tuple[int, int, int, int]) -> bytes:
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    entries += [(273, 4, 1, 300), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, width * height), *more]
    return tiff(entries).ljust(300, b"\0") + bytes(64)


def refusal(data: bytes) -> str:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.thread_time()
    with pytest.raises(InputError) as caught:
        decode(data)
    assert time.thread_time() - started < 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kilobytes
    return str(caught.value)


@pytest.mark.parametrize("size", [(100_000_000, 1), (1, 100_000_000), (MAX_SIDE_PX + 1, 1), (1, MAX_SIDE_PX + 1)])
def test_sides_are_bounded(size: tuple[int, int]) -> None:
    for data in (png(*size), flat(*size)):
        assert "65535 on a side" in refusal(data)


def test_the_longest_side_is_read() -> None:
    assert decode(saved(Image.new("L", (MAX_SIDE_PX, 1), 7), "PNG")).width_px == MAX_SIDE_PX


@pytest.mark.parametrize("tag", [32997, 32998])
def test_tiff_of_many_layers(tag: int) -> None:
    assert "500 layers in depth" in refusal(flat(8, 8, (tag, 4, 1, 500)))


def test_tiff_of_enormous_tiles() -> None:
    assert "of a kind that is not read" in refusal(flat(8, 8, (322, 4, 1, 60_000), (323, 4, 1, 60_000)))


def progressive(size: int, scans: int) -> bytes:
    """A progressive JPEG whose last scan is repeated."""
    image = Image.radial_gradient("L").resize((size, size)).convert("RGB")
    data = saved(image, "JPEG", progressive=True, quality=40)
    found = [at for at in range(len(data) - 1) if data[at : at + 2] == b"\xff\xda"]
    last, end = data[found[-1] : -2], data[-2:]
    return data[:-2] + last * (scans - len(found)) + end


def test_jpeg_of_many_scans() -> None:
    assert "200 scans" in refusal(progressive(64, 200))


def test_scans_times_pixels_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jpeg_header, "MOST_SCANNED_PIXELS", 64 * 64 * 9)
    assert "at most 9" in refusal(progressive(64, 10))


def test_usual_progressive_jpeg_of_the_largest_size_passes_the_header() -> None:
    data = bytearray(progressive(64, 12))
    at = next(at for at in range(len(data)) if data[at : at + 2] == b"\xff\xc2")
    data[at + 5 : at + 9] = struct.pack(">HH", 10_000, 10_000)
    assert read_header(bytes(data), "image").kind == "JPEG"


def test_a_thousand_exif_segments_cost_nothing() -> None:
    data = saved(Image.new("RGB", (32, 32), "red"), "JPEG")
    segment = b"\xff\xe1" + struct.pack(">H", 60_002) + b"Exif\0\0" + b"MM\0\x2a\0\0\0\x08" + bytes(59_986)
    started = time.thread_time()
    picture = decode(data[:2] + segment * 1000 + data[2:])
    assert time.thread_time() - started < 3
    assert (picture.width_px, picture.height_px) == (32, 32)


def test_what_is_told_once_survives_among_many_segments() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    data = saved(Image.new("RGB", (32, 32), "red"), "JPEG", exif=exif, dpi=(300, 300))
    comment = b"\xff\xfe" + struct.pack(">H", 12) + b"x" * 10
    picture = decode(data[:2] + comment * 500 + data[2:])
    assert picture.exif is not None
    assert b"Maker" in picture.exif


def test_more_markers_than_any_encoder_writes() -> None:
    data = saved(Image.new("RGB", (32, 32), "red"), "JPEG")
    assert "seconds to decode" in refusal(data[:2] + b"\xff\xfe\0\2" * 20_000 + data[2:])


def test_fill_bytes_are_walked_in_linear_time() -> None:
    data = saved(Image.new("RGB", (32, 32), "red"), "JPEG")[:-2] + (b"\xff" * 1000 + b"\0") * 3000
    started = time.thread_time()
    jpeg_header.read_jpeg_header(data)
    assert time.thread_time() - started < 2


def test_more_chunks_than_any_encoder_writes() -> None:
    assert "seconds to decode" in refusal(png(8, 8, *[(b"tEXt", b"a\0b")] * 60_000))


def test_pages_are_counted_without_reading_them() -> None:
    """2.3 MB of directories that point to one another."""
    count, entries = 100_000, [(256, 4, 1, 8), (257, 4, 1, 8)]
    size = 2 + 12 * len(entries) + 4
    parts = [b"II*\0" + struct.pack("<I", 8)]
    for index in range(count):
        following = 8 + size * (index + 1) if index + 1 < count else 0
        parts.append(struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *e) for e in entries))
        parts.append(struct.pack("<I", following))
    started = time.thread_time()
    found = read_tiff_header(b"".join(parts))
    assert time.thread_time() - started < 0.5
    assert found is not None
    assert found.frames == MOST_FRAMES


def test_directories_in_a_circle_end() -> None:
    data = bytearray(flat(8, 8))
    end = 8 + 2 + 12 * struct.unpack_from("<H", data, 8)[0]
    data[end : end + 4] = struct.pack("<I", 8)
    found = read_tiff_header(bytes(data))
    assert found is not None
    assert found.frames == 1


def test_frames_of_a_gif_are_counted_up_to_a_bound() -> None:
    frames = [Image.new("L", (2, 2), i) for i in range(120)]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert facts_of(data).frames == MOST_FRAMES
    assert facts_of(saved(frames[0], "GIF", save_all=True, append_images=frames[1:3])).frames == 3
    assert decode(data).notices == (codec.FRAMES_NOTICE,)


def test_decoding_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (400, 400, 3), dtype=np.uint8))
    monkeypatch.setattr(source, "MOST_SECONDS", -1)
    for file_format in ("PNG", "JPEG", "BMP", "GIF"):
        assert "seconds to decode" in refusal(saved(noise, file_format))


def test_run_lengths_in_a_bitmap_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow undoes them in Python: a large picture of single pixels takes minutes."""
    size = 3000
    header = struct.pack("<IiiHHIIiiII", 40, size, size, 1, 8, 1, 0, 0, 0, 256, 0) + bytes(1024)
    body = b"\1\0" * (size * size)
    data = b"BM" + struct.pack("<IHHI", 14 + len(header) + len(body), 0, 0, 14 + len(header)) + header + body
    monkeypatch.setattr(source, "MOST_SECONDS", 0.3)
    assert "seconds to decode" in refusal(data)


def strip(data: bytes, size: int) -> bytes:
    """A TIFF whose one strip is a JPEG file."""
    entries = [(256, 4, 1, size), (257, 4, 1, size), (258, 3, 1, 8), (259, 3, 1, 7), (262, 3, 1, 1), (273, 4, 1, 300)]
    return tiff([*entries, (277, 3, 1, 1), (278, 4, 1, size), (279, 4, 1, len(data))]).ljust(300, b"\0") + data


def test_a_progressive_jpeg_in_a_tiff_is_as_slow_as_one_alone() -> None:
    image = Image.radial_gradient("L").resize((64, 64))
    assert "seconds to decode" in refusal(strip(saved(image, "JPEG", progressive=True), 64))
    made = np.asarray(to_pil(decode(strip(saved(image, "JPEG", quality=95), 64))), dtype=int)
    assert np.abs(made[..., 0] - np.asarray(image, dtype=int)).max() < 12


@pytest.mark.parametrize("file_format", DECODED_WHOLE)
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_large_pictures_are_decoded_apart_to_the_same(
    file_format: str, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_openers()
    image = Image.radial_gradient("L").resize((60, 40)).convert(mode)
    if mode == "RGBA":
        image.putalpha(Image.linear_gradient("L").resize((60, 40)))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    data = saved(image, file_format, exif=exif.tobytes(), icc_profile=of_h273(12, 13))
    here = decode(data)
    monkeypatch.setattr(source, "APART_PIXELS", 1)
    apart = decode(data)
    assert torch.equal(here.rgb, apart.rgb)
    assert (here.alpha is None) == (apart.alpha is None) == (mode == "RGB")
    assert here.alpha is None or torch.equal(here.alpha, apart.alpha)  # type: ignore[arg-type]
    assert (here.exif, here.notices, here.bits, here.dpi) == (apart.exif, apart.notices, apart.bits, apart.dpi)


@pytest.mark.parametrize("file_format", DECODED_WHOLE)
def test_decoders_that_take_a_file_whole_are_given_up(file_format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    register_openers()
    data = saved(Image.radial_gradient("L").resize((60, 40)), file_format)
    monkeypatch.setattr(source, "APART_PIXELS", 1)
    monkeypatch.setattr(decode_apart, "MOST_SECONDS", 0)
    assert "seconds to decode" in refusal(data)


def test_what_lies_within_the_limits_is_left_as_it_is() -> None:
    image = Image.radial_gradient("L").resize((40, 30)).convert("RGB")
    for file_format in ("PNG", "TIFF", "BMP"):
        data = saved(image, file_format)
        assert read_header(data, "image").data == data
        assert np.array_equal(np.asarray(to_pil(decode(data))), np.asarray(image))
