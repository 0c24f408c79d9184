"""More than 8 bits a channel: what is read, held against files that others wrote."""

from __future__ import annotations

import io
import itertools
import struct
import zlib
from fractions import Fraction
from typing import Any

import av
import cv2
import numpy as np
import pillow_heif
import pytest
import tifffile
import torch
from deep_pictures import DEEP_FORMATS, by_cv2, by_tifffile, noise, pictured, seen_by_cv2, words
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from gan.core.errors import InputError
from gan.imaging.io import codec, high_bit_depth
from gan.imaging.io.codec import Encoding, decode, encode, to_pil
from gan.imaging.picture import Picture


def kept_exif(picture: Picture) -> Image.Exif:
    exif = Image.Exif()
    exif.load(picture.exif or b"")
    return exif


def with_chunk(data: bytes, kind: bytes, content: bytes) -> bytes:
    chunk = io.BytesIO()
    PngImagePlugin.putchunk(chunk, kind, content)
    return data[:33] + chunk.getvalue() + data[33:]


@pytest.mark.parametrize("channels", [3, 4])
def test_png(channels: int) -> None:
    picture = decode(by_cv2(noise(channels=channels), ".png"))
    assert (picture.bits, picture.notices, picture.file_format) == (16, (), "PNG")
    assert np.array_equal(words(picture), noise(channels=channels))


def test_interlaced_png() -> None:
    context: Any = av.CodecContext.create("png", "w")
    context.width, context.height, context.pix_fmt, context.time_base = 17, 13, "rgb48be", Fraction(1)
    context.flags |= av.codec.context.Flags.interlaced_dct
    frame = av.VideoFrame.from_ndarray(noise(), format="rgb48be")
    data = b"".join(map(bytes, [*context.encode(frame), *context.encode(None)]))
    assert data[28] == 1
    assert np.array_equal(seen_by_cv2(data), noise())
    assert np.array_equal(words(decode(data)), noise())


def test_png_of_grey_and_opacity() -> None:
    pixels = b"\0" + struct.pack(">6H", 1, 2, 300, 40000, 65535, 65534)
    header = struct.pack(">IIBBBBB", 3, 1, 16, 4, 0, 0, 0)
    buffer = io.BytesIO(b"\x89PNG\r\n\x1a\n")
    buffer.seek(8)
    for kind, content in ((b"IHDR", header), (b"IDAT", zlib.compress(pixels)), (b"IEND", b"")):
        PngImagePlugin.putchunk(buffer, kind, content)
    picture = decode(buffer.getvalue())
    assert (picture.bits, picture.notices) == (16, ())
    assert words(picture)[0].tolist() == [[1, 1, 1, 2], [300, 300, 300, 40000], [65535, 65535, 65535, 65534]]


def test_png_with_a_transparent_colour() -> None:
    values = noise()
    values[2, 3] = values[7, 5] + np.array([0, 0, 1], np.uint16)  # differs in the last bit only
    picture = decode(with_chunk(by_cv2(values, ".png"), b"tRNS", values[7, 5].astype(">u2").tobytes()))
    assert picture.alpha is not None
    assert (picture.alpha == 0).nonzero().tolist() == [[0, 0, 7, 5]]
    assert np.array_equal(words(picture)[..., :3], values)


@pytest.mark.parametrize("compression", [1, 5, 8, 32773], ids=["none", "LZW", "deflate", "packbits"])
@pytest.mark.parametrize("predictor", [1, 2])
@pytest.mark.parametrize("channels", [3, 4])
def test_tiff_of_libtiff(compression: int, predictor: int, channels: int) -> None:
    options = (cv2.IMWRITE_TIFF_COMPRESSION, compression, cv2.IMWRITE_TIFF_PREDICTOR, predictor)
    picture = decode(by_cv2(noise(channels=channels), ".tiff", *options))
    assert (picture.bits, picture.notices, picture.file_format) == (16, (), "TIFF")
    assert np.array_equal(words(picture), noise(channels=channels))


@pytest.mark.parametrize(
    ("byteorder", "tile", "planar", "big"),
    [
        case
        for case in itertools.product("<>", (None, (16, 16)), (False, True), (False, True))
        if case[0] == "<" or not case[3]  # Pillow opens no big-endian BigTIFF
    ],
)
@pytest.mark.parametrize("channels", [3, 4])
def test_tiff_of_tifffile(byteorder: str, tile: Any, planar: bool, big: bool, channels: int) -> None:
    values = noise(channels=channels)
    data = by_tifffile(
        np.moveaxis(values, -1, 0).copy() if planar else values,
        planarconfig="separate" if planar else "contig",
        byteorder=byteorder,
        tile=tile,
        bigtiff=big,
        compression="zlib",
        **({"extrasamples": ["unassalpha"]} if channels == 4 else {}),
    )
    picture = decode(data)
    assert (picture.bits, picture.notices) == (16, ())
    assert np.array_equal(words(picture), values)


def test_a_fourth_channel_that_is_no_opacity_is_left_out() -> None:
    picture = decode(by_tifffile(noise(channels=4), extrasamples=["unspecified"]))
    assert picture.alpha is None
    assert np.array_equal(words(picture), noise(channels=4)[..., :3])


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1)])
def test_thin_pictures(shape: tuple[int, int]) -> None:
    for channels, file_format in itertools.product((3, 4), DEEP_FORMATS):
        values = noise(*shape, channels)
        data = encode(pictured(values), Encoding(file_format=file_format))
        assert np.array_equal(words(decode(data)), values)
        assert np.array_equal(seen_by_cv2(data), values)


@pytest.mark.parametrize("channels", [3, 4])
def test_heic_of_10_bits(channels: int) -> None:
    ramp = np.linspace(0, 65535, 64 * 48).reshape(48, 64, 1).repeat(channels, 2).astype(np.uint16)
    mode = "RGB;16" if channels == 3 else "RGBA;16"
    buffer = io.BytesIO()
    pillow_heif.from_bytes(mode=mode, size=(64, 48), data=ramp.tobytes()).save(buffer, quality=-1, chroma=444)
    picture = decode(buffer.getvalue())
    assert (picture.bits, picture.notices, picture.file_format) == (16, (), "HEIF")
    assert len(picture.rgb[0, 0].unique()) > 1000
    assert picture.rgb.max() == 1
    assert np.abs(words(picture).astype(int) - ramp).max() <= 4 * 64


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "grey"])
def test_orientation(orientation: int, file_format: str) -> None:
    """A deep picture is turned as its 8-bit copy is."""
    small = noise().astype(np.uint8)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    buffer = io.BytesIO()
    if file_format == "TIFF":
        data = by_tifffile(small * np.uint16(257), extratags=[(274, "H", 1, orientation, True)])
        Image.fromarray(small).save(buffer, "TIFF", exif=exif)
    elif file_format == "PNG":
        data = with_chunk(by_cv2(small * np.uint16(257), ".png"), b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
        Image.fromarray(small).save(buffer, "PNG", exif=exif)
    else:
        Image.fromarray(small[..., 0]).save(buffer, "PNG", exif=exif)
        grey = io.BytesIO()
        Image.fromarray(small[..., 0] * np.uint16(257)).save(grey, "PNG", exif=exif)
        data = grey.getvalue()
    picture = decode(data)
    assert picture.bits == 16
    assert torch.equal(picture.rgb, decode(buffer.getvalue()).rgb)
    assert ExifTags.Base.Orientation not in kept_exif(picture)


def test_what_is_read_with_8_bits_says_so() -> None:
    half = np.full((4, 4, 4), 0x8000, np.uint16)
    premultiplied = decode(by_tifffile(half, extrasamples=["assocalpha"]))
    assert (premultiplied.notices, premultiplied.bits) == ((codec.DEPTH_NOTICE,), 8)
    assert premultiplied.rgb.min() > 0.98
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, half, photometric="separated", metadata=None)
    cmyk = decode(buffer.getvalue())
    assert (cmyk.notices, cmyk.bits, cmyk.alpha) == ((codec.DEPTH_NOTICE,), 8, None)


def test_a_reader_that_fails_leaves_what_pillow_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise ValueError("no such codec")

    monkeypatch.setattr(high_bit_depth, "_decoded", fails)
    picture = decode(by_cv2(noise(), ".png"))
    assert (picture.bits, picture.notices) == (8, (codec.DEPTH_NOTICE,))
    assert np.array_equal(np.asarray(to_pil(picture)), noise() >> 8)


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_a_file_that_is_cut_off_is_refused(suffix: str) -> None:
    data = by_cv2(noise(64, 64), suffix)
    with pytest.raises(InputError, match="damaged"):
        decode(data[: len(data) // 2])


# profiles


def gamma_profile(exponent: float) -> bytes:
    """sRGB's primaries with a plain power for a curve, by changing the curves of Pillow's own profile."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    count = struct.unpack_from(">I", data, 128)[0]
    tags = [struct.unpack_from(">4sII", data, 132 + 12 * index) for index in range(count)]
    curve = b"curv\0\0\0\0" + struct.pack(">IH2x", 1, round(exponent * 256))
    table, body, start = struct.pack(">I", count), b"", 132 + 12 * count
    for name, offset, size in tags:
        content = curve if name.endswith(b"TRC") else data[offset : offset + size]
        content += bytes(-len(content) % 4)
        table += struct.pack(">4sII", name, start + len(body), len(content))
        body += content
    return struct.pack(">I", start + len(body)) + data[4:128] + table + body


def test_colours_between_those_of_8_bits_are_interpolated() -> None:
    values = np.linspace(20000, 24000, 500).astype(np.uint16)
    values = np.stack([values, values[::-1], np.full_like(values, 30001)], -1)[None]
    picture = decode(by_tifffile(values, iccprofile=gamma_profile(1.0)))
    linear = values[0].astype(float) / 65535
    expected = 1.055 * linear ** (1 / 2.4) - 0.055
    made = picture.rgb[0, :, 0].T.double().numpy()
    assert np.abs(made - expected).max() < 0.75 / 255  # a half is Pillow's rounding
    assert (np.diff(made[:, 0]) > -1e-6).all()
    assert len(np.unique(made[:, 0])) > 400
    assert (picture.bits, picture.notices) == (16, ())


def test_colours_of_8_bits_become_what_they_become_in_8_bits() -> None:
    small = np.random.default_rng(1).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    small[0, 0], small[0, 1] = 255, 0
    buffer = io.BytesIO()
    Image.fromarray(small).save(buffer, "TIFF", icc_profile=gamma_profile(1.0))
    profiled = decode(by_tifffile(small * np.uint16(257), iccprofile=gamma_profile(1.0)))
    assert (profiled.rgb - decode(buffer.getvalue()).rgb).abs().max() < 1e-6
