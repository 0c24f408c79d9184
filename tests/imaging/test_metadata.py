"""EXIF and profiles: what is kept, what never leaves, and what the colours become."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import torch
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational
from products import saved

from gan.core.errors import InputError
from gan.imaging.io import codec
from gan.imaging.io.codec import Encoding, decode, encode, to_pil
from gan.imaging.io.formats import FORMATS

PLACE = "Sesame Street 123"


def photograph(file_format: str = "JPEG") -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Maker"
    exif[ExifTags.Base.Copyright] = "(c) someone"
    exif[ExifTags.Base.Orientation] = 3
    exif[0x02BC] = b"<x:xmpmeta>" + PLACE.encode() + b"</x:xmpmeta>"
    exif[0x83BB] = PLACE.encode()  # IPTC
    exif[ExifTags.IFD.Exif] = {
        ExifTags.Base.ISOSpeedRatings: 200,
        ExifTags.Base.ExposureTime: IFDRational(1, 60),
        ExifTags.Base.MakerNote: PLACE.encode(),
        ExifTags.Base.ExifImageWidth: 4000,
    }
    exif[ExifTags.IFD.GPSInfo] = {1: "N", 2: (52.0, 30.0, 15.5), 3: "E", 4: (13.0, 22.0, 40.0), 27: PLACE.encode()}
    return saved(Image.new("RGB", (30, 20), "teal"), file_format, exif=exif.tobytes())


def exif_of(data: bytes) -> Image.Exif:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image.getexif()


@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_the_block_travels_without_orientation(source: str) -> None:
    block = decode(photograph(source)).exif
    assert block is not None
    exif = Image.Exif()
    exif.load(block)
    assert exif[ExifTags.Base.Make] == "Maker"
    assert ExifTags.Base.Orientation not in exif
    assert exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ISOSpeedRatings] == 200
    assert exif.get_ifd(ExifTags.IFD.GPSInfo)[1] == "N"


@pytest.mark.parametrize("file_format", FORMATS)
def test_nothing_is_written_unasked(file_format: str) -> None:
    data = encode(decode(photograph()), Encoding(file_format=file_format))
    exif = exif_of(data)
    assert ExifTags.Base.Make not in exif
    assert not exif.get_ifd(ExifTags.IFD.GPSInfo)
    assert exif.get(ExifTags.Base.Orientation, 1) == 1
    assert PLACE.encode() not in data


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("source", ["JPEG", "TIFF"])
def test_exif_without_location(file_format: str, source: str) -> None:
    data = encode(decode(photograph(source)), Encoding(file_format=file_format, keep_exif=True))
    exif = exif_of(data)
    assert exif[ExifTags.Base.Make] == "Maker"
    assert exif[ExifTags.Base.Copyright] == "(c) someone"
    details = exif.get_ifd(ExifTags.IFD.Exif)
    assert details[ExifTags.Base.ISOSpeedRatings] == 200
    assert float(details[ExifTags.Base.ExposureTime]) == pytest.approx(1 / 60)
    assert ExifTags.Base.ExifImageWidth not in details
    assert exif.get(ExifTags.Base.Orientation, 1) == 1
    assert not exif.get_ifd(ExifTags.IFD.GPSInfo)
    assert PLACE.encode() not in data


@pytest.mark.parametrize("file_format", FORMATS)
def test_location_on_request(file_format: str) -> None:
    encoding = Encoding(file_format=file_format, keep_exif=True, keep_location=True)
    places = exif_of(encode(decode(photograph()), encoding)).get_ifd(ExifTags.IFD.GPSInfo)
    assert [float(part) for part in places[2]] == [52, 30, 15.5]


def test_a_second_round_changes_nothing() -> None:
    encoding = Encoding(file_format="png", keep_exif=True, keep_location=True)
    once = decode(encode(decode(photograph()), encoding))
    assert decode(encode(once, encoding)).exif == once.exif


def test_thumbnails_are_left_out() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Maker"
    block = bytearray(exif.tobytes())
    # The first directory's pointer to the next, which is the thumbnail's: one entry of 12 bytes after the count.
    struct.pack_into(">L" if block[6:8] == b"MM" else "<L", block, 6 + 8 + 2 + 12, 8)
    data = saved(Image.new("RGB", (8, 8)), "JPEG", exif=bytes(block))
    assert Image.open(io.BytesIO(data)).getexif().get_ifd(ExifTags.IFD.IFD1)
    kept = Image.Exif()
    kept.load(decode(data).exif or b"")
    assert kept[ExifTags.Base.Make] == "Maker"
    assert not kept.get_ifd(ExifTags.IFD.IFD1)


def test_exif_that_jpeg_cannot_hold() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "x" * 70000
    picture = decode(saved(Image.new("RGB", (8, 8)), "PNG", exif=exif))
    with pytest.raises(InputError, match="at most"):
        encode(picture, Encoding(file_format="jpeg", keep_exif=True))
    encode(picture, Encoding(file_format="jpeg"))
    assert len(exif_of(encode(picture, Encoding(keep_exif=True)))[ExifTags.Base.ImageDescription]) == 70000


# profiles, made by hand: ICC.1:2001-04


def icc(space: bytes, tags: dict[bytes, bytes], *, device: bytes = b"mntr", pcs: bytes = b"XYZ ") -> bytes:
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        data += bytes(-len(data) % 4)
        table += struct.pack(">4sII", name, start + len(body), len(data))
        body += data
    size = 128 + len(table) + len(body)
    header = struct.pack(">I4sI4s4s4s12s4s", size, b"lcms", 0x02400000, device, space, pcs, bytes(12), b"acsp")
    header = header.ljust(68, b"\0") + struct.pack(">3i", *(round(v * 65536) for v in (0.9642, 1.0, 0.8249)))
    return header.ljust(128, b"\0") + table + body


def xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))


def gamma(value: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))


def text() -> bytes:
    return b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(78)


WHITE = xyz(0.9642, 1.0, 0.8249)
P3 = np.array([[0.51512, 0.24120, -0.00105], [0.29198, 0.69225, 0.04189], [0.15710, 0.06657, 0.78407]])
SRGB = np.array([[0.43607, 0.22249, 0.01392], [0.38515, 0.71687, 0.09708], [0.14307, 0.06061, 0.71410]])


def rgb_profile(primaries: np.ndarray, exponent: float) -> bytes:
    columns = {name: xyz(*row) for name, row in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)}
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), gamma(exponent))
    return icc(b"RGB ", {b"desc": text(), b"cprt": text(), b"wtpt": WHITE, **columns, **curves})


def grey_profile(exponent: float) -> bytes:
    return icc(b"GRAY", {b"desc": text(), b"cprt": text(), b"wtpt": WHITE, b"kTRC": gamma(exponent)})


def cmyk_profile() -> bytes:
    """Black to L 0, white to L 100, and every other ink, however mixed, to a neutral L 50."""
    clut = b""
    for i in range(16):
        lightness = 0 if i & 1 else (255 if i == 0 else 128)
        clut += bytes([lightness, 128, 128])
    ramp = bytes(range(256))
    matrix = struct.pack(">9i", *(65536 if i % 4 == 0 else 0 for i in range(9)))
    lut = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + matrix + ramp * 4 + clut + ramp * 3
    tags = {b"desc": text(), b"cprt": text(), b"wtpt": WHITE, b"A2B0": lut}
    return icc(b"CMYK", tags, device=b"prtr", pcs=b"Lab ")


def encoded(linear: np.ndarray) -> np.ndarray:
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("colour", [(200, 120, 90), (90, 160, 120), (128, 128, 128), (255, 255, 255), (0, 0, 0)])
@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "TIFF", "WEBP", "AVIF"])
def test_wide_gamut_to_srgb(colour: tuple[int, int, int], file_format: str) -> None:
    image = Image.new("RGB", (16, 16), colour)
    picture = decode(saved(image, file_format, icc_profile=rgb_profile(P3, 2.2), quality=100))
    linear = (np.array(colour) / 255) ** 2.2 @ P3 @ np.linalg.inv(SRGB)
    expected = encoded(linear.clip(0, 1)) * 255
    assert np.asarray(to_pil(picture))[8, 8] == pytest.approx(expected, abs=2 if file_format == "PNG" else 4)
    assert picture.notices == ()


def test_profile_leaves_transparency_alone() -> None:
    image = Image.new("RGBA", (4, 4), (200, 120, 90, 77))
    pixel = np.asarray(to_pil(decode(saved(image, "PNG", icc_profile=rgb_profile(P3, 2.2)))))[0, 0]
    assert pixel[3] == 77
    assert pixel[0] > 203


def test_profile_of_a_palette() -> None:
    image = Image.new("RGB", (4, 4), (200, 120, 90))
    data = saved(image.convert("P", palette=Image.Palette.ADAPTIVE), "PNG", icc_profile=rgb_profile(P3, 2.2))
    whole = decode(saved(image, "PNG", icc_profile=rgb_profile(P3, 2.2)))
    assert (decode(data).rgb - whole.rgb).abs().max() <= 1 / 255


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_grey_profile(mode: str) -> None:
    values = np.full((4, 4), 100 * 257 if mode == "I;16" else 100, dtype=np.uint16 if mode == "I;16" else np.uint8)
    image = Image.fromarray(values)
    if mode == "LA":
        image.putalpha(50)
    picture = decode(saved(image, "PNG", icc_profile=grey_profile(1.0)))
    expected = float(encoded(np.array(100 / 255)))
    assert picture.rgb[0, :, 2, 2].tolist() == pytest.approx([expected] * 3, abs=1.5 / 255)
    assert picture.notices == ()


def test_deep_grey_stays_deep_through_a_profile() -> None:
    values = np.linspace(20000, 22000, 500).astype(np.uint16)[None]
    picture = decode(saved(Image.fromarray(values), "PNG", icc_profile=grey_profile(1.0)))
    assert len(torch.unique(picture.rgb)) > 400


@pytest.mark.parametrize("file_format", ["TIFF", "JPEG"])
def test_cmyk_profile(file_format: str) -> None:
    image = Image.new("CMYK", (16, 8), (0, 0, 0, 0))
    image.paste((255, 0, 0, 0), (8, 0, 16, 8))
    picture = decode(saved(image, file_format, icc_profile=cmyk_profile(), quality=100))
    pixels = np.asarray(to_pil(picture)).astype(int)
    assert (pixels[4, 2] >= 250).all()
    assert pixels[4, 13] == pytest.approx([119] * 3, abs=5)  # L 50, where without a profile cyan would be seen
    assert picture.notices == ()


@pytest.mark.parametrize(
    ("mode", "profile"),
    [
        ("RGB", b"no profile at all"),
        ("RGB", rgb_profile(P3, 2.2)[:200]),
        ("RGB", grey_profile(1.0)),
        ("RGB", cmyk_profile()),
    ],
)
def test_a_broken_profile_is_a_notice(mode: str, profile: bytes) -> None:
    image = Image.new(mode, (4, 4), (255, 0, 0))
    picture = decode(saved(image, "TIFF", icc_profile=profile))
    assert picture.notices == (codec.PROFILE_NOTICE,)
    assert np.asarray(to_pil(picture))[0, 0].tolist() == [255, 0, 0]


def test_srgb_of_any_vendor_changes_no_pixel() -> None:
    generator = np.random.default_rng(0)
    image = Image.fromarray(generator.integers(0, 256, (32, 32, 3), dtype=np.uint8))
    own = encode(decode(image), Encoding())
    assert np.array_equal(np.asarray(to_pil(decode(own))), np.asarray(image))
    again = encode(decode(own), Encoding())
    assert again == own


def test_lab_tiff() -> None:
    lab = np.zeros((4, 4, 3), dtype=np.uint8)
    lab[..., 0] = 255
    lab[:2, :, 0] = 128
    picture = decode(Image.frombytes("LAB", (4, 4), lab.tobytes()))
    pixels = np.asarray(to_pil(picture)).astype(int)
    assert (pixels[3, 0] >= 254).all()
    assert pixels[0, 0] == pytest.approx([119] * 3, abs=4)
