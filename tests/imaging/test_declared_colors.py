"""Colors told by anything but an ICC profile: EXIF, nclx, cICP, gAMA and cHRM, and CMYK that tells nothing."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pillow_heif
import pytest
from PIL import ExifTags, Image
from products import saved

from gan.export.file_metadata import facts_of
from gan.imaging.io import codec
from gan.imaging.io.codec import decode, to_pil
from gan.imaging.io.declared_colors import ADOBE_CURVE, ADOBE_RGB, of_h273, of_png, profile

PATCHES = np.array([(200, 40, 40), (40, 150, 60), (40, 60, 180), (230, 180, 50)])
"""What a reader that honors the file's word sees, in sRGB; all lie within Adobe RGB and Display P3."""

TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
ADOBE = np.array(
    [[0.5767309, 0.1855540, 0.1881852], [0.2973769, 0.6273491, 0.0752741], [0.0270343, 0.0706872, 0.9911085]]
)
P3 = np.array([[0.4865709, 0.2656677, 0.1982173], [0.2289746, 0.6917385, 0.0792869], [0.0, 0.0451134, 1.0439444]])
"""D65 matrices of published tables, so that they owe nothing to the code under test."""


def linear() -> npt.NDArray[np.float64]:
    x = PATCHES / 255
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def srgb_encoded(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(x <= 0.0031308, x * 12.92, 1.055 * np.maximum(x, 1e-9) ** (1 / 2.4) - 0.055)


def stored(matrix: npt.NDArray[np.float64], curve: str) -> Image.Image:
    """Four patches as a file of other colors stores them."""
    light = (linear() @ (np.linalg.inv(matrix) @ TO_XYZ).T).clip(0, 1)
    coded = {"srgb": srgb_encoded(light), "adobe": light ** (256 / 563), "linear": light}[curve]
    row = np.round(coded * 255).astype(np.uint8).repeat(16, 0)
    return Image.fromarray(np.broadcast_to(row, (16, *row.shape)).copy())


def with_chunks(data: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG with more chunks behind its header."""
    made = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return data[:33] + made + data[33:]


def with_nclx(data: bytes, primaries: int, transfer: int) -> bytes:
    """A HEIF or AVIF that says these codes."""
    at = data.index(b"colrnclx") + 8
    return data[:at] + struct.pack(">HH", primaries, transfer) + data[at + 4 :]


def seen(data: bytes) -> npt.NDArray[np.int64]:
    pixels = np.asarray(to_pil(decode(data)).convert("RGB"), dtype=np.int64)
    return pixels[8, 8::16]


def off(data: bytes) -> int:
    return int(np.abs(seen(data) - PATCHES).max())


def adobe_exif(space: int, index: str = "") -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Maker"
    details: dict[int, Any] = {int(ExifTags.Base.ColorSpace): space}
    if index:
        details[int(ExifTags.IFD.Interop)] = {1: index}
    exif[ExifTags.IFD.Exif] = details
    loaded = Image.Exif()
    loaded.load(exif.tobytes())
    return loaded


@pytest.mark.parametrize(
    ("file_format", "space", "index"),
    # Pillow writes no interoperability directory into a TIFF.
    [*((name, 2, "") for name in ("JPEG", "TIFF", "WEBP", "PNG")), *((name, 65535, "R03") for name in ("JPEG", "PNG"))],
)
def test_adobe_rgb_by_exif(file_format: str, space: int, index: str) -> None:
    options = {"quality": 98, "subsampling": 0} if file_format == "JPEG" else {}
    options |= {"lossless": True} if file_format == "WEBP" else {}
    data = saved(stored(ADOBE, "adobe"), file_format, exif=adobe_exif(space, index), **options)
    assert off(data) <= 4
    assert facts_of(data).color == "other"
    assert decode(data).notices == ()


@pytest.mark.parametrize(("space", "index"), [(1, "R98"), (65535, ""), (1, "R03")])
def test_exif_that_does_not_say_adobe_rgb_is_srgb(space: int, index: str) -> None:
    image = stored(TO_XYZ, "srgb")
    data = saved(image, "PNG", exif=adobe_exif(space, index))
    assert np.array_equal(np.asarray(to_pil(decode(data))), np.asarray(image))
    assert facts_of(data).color == "none"


@pytest.mark.parametrize("file_format", ["HEIF", "AVIF"])
def test_display_p3_by_nclx(file_format: str) -> None:
    image = stored(P3, "srgb")
    buffer = io.BytesIO()
    if file_format == "HEIF":
        pillow_heif.from_pillow(image).save(
            buffer, quality=98, chroma=444, color_primaries=1, transfer_characteristics=13
        )
    else:
        image.save(buffer, "AVIF", quality=98, subsampling="4:4:4")
    data = with_nclx(buffer.getvalue(), 12, 13)
    assert decode(data).file_format == file_format
    assert off(data) <= 6
    assert facts_of(data).color == "other"
    plain = with_nclx(data, 1, 13)
    assert off(plain) > 20
    assert facts_of(plain).color == "none"


def test_display_p3_by_cicp() -> None:
    data = with_chunks(saved(stored(P3, "srgb"), "PNG"), (b"cICP", bytes([12, 13, 0, 1])))
    assert off(data) <= 2
    assert facts_of(data).color == "other"


def test_cicp_stands_above_a_profile() -> None:
    embedded = profile(ADOBE_RGB, ADOBE_CURVE)
    data = with_chunks(saved(stored(P3, "srgb"), "PNG", icc_profile=embedded), (b"cICP", bytes([12, 13, 0, 1])))
    assert off(data) <= 2


def test_adobe_rgb_by_gamma_and_chromaticities() -> None:
    points = (31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)
    chunks = (b"gAMA", struct.pack(">I", 45471)), (b"cHRM", struct.pack(">8I", *points))
    assert off(with_chunks(saved(stored(ADOBE, "adobe"), "PNG"), *chunks)) <= 2


def test_linear_light_by_gamma() -> None:
    data = with_chunks(saved(stored(TO_XYZ, "linear"), "PNG"), (b"gAMA", struct.pack(">I", 100000)))
    assert off(data) <= 12  # eight bits of linear light are coarse in the dark
    assert facts_of(data).color == "other"


def test_gamma_of_gray() -> None:
    data = with_chunks(saved(Image.new("L", (8, 8), 55), "PNG"), (b"gAMA", struct.pack(">I", 100000)))
    expected = float(srgb_encoded(np.array(55 / 255)) * 255)
    assert np.asarray(to_pil(decode(data)))[4, 4].tolist() == pytest.approx([expected] * 3, abs=1)


@pytest.mark.parametrize(
    "chunks",
    [
        ((b"gAMA", struct.pack(">I", 45455)),),
        ((b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 100000))),
        ((b"gAMA", struct.pack(">I", 0)),),
        ((b"cHRM", bytes(32)),),
        ((b"cICP", bytes([2, 2, 0, 1])),),
        ((b"cICP", bytes([250, 251, 0, 1])),),
    ],
)
def test_srgb_in_other_words_and_nonsense_change_nothing(chunks: tuple[tuple[bytes, bytes], ...]) -> None:
    image = stored(TO_XYZ, "srgb")
    data = with_chunks(saved(image, "PNG"), *chunks)
    assert np.array_equal(np.asarray(to_pil(decode(data))), np.asarray(image))


def test_an_embedded_profile_stands_above_exif() -> None:
    embedded = of_h273(12, 13)
    data = saved(stored(P3, "srgb"), "JPEG", quality=98, subsampling=0, icc_profile=embedded, exif=adobe_exif(2))
    assert off(data) <= 4


@pytest.mark.parametrize("transfer", [16, 18])
def test_high_dynamic_range_keeps_gray_gray_and_order(transfer: int) -> None:
    ramp = np.arange(256, dtype=np.uint8)[None].repeat(3, 0)
    data = with_chunks(saved(Image.fromarray(np.stack([ramp] * 3, -1)), "PNG"), (b"cICP", bytes([9, transfer, 0, 1])))
    pixels = np.asarray(to_pil(decode(data)), dtype=np.int64)[1]
    assert np.abs(pixels - pixels[:, :1]).max() <= 1
    assert (np.diff(pixels[:, 0]) >= 0).all()
    assert (pixels[0, 0], pixels[-1, 0]) == (0, 255)


def test_the_callers_image_keeps_its_info() -> None:
    image = Image.open(io.BytesIO(saved(stored(ADOBE, "adobe"), "PNG", exif=adobe_exif(2))))
    before = dict(image.info)
    pixels = np.asarray(to_pil(decode(image)), dtype=np.int64)[8, 8::16]
    assert np.abs(pixels - PATCHES).max() <= 2
    assert image.info == before


def test_of_png_without_chunks_is_srgb() -> None:
    assert of_png({}, grey=False) is None


# CMYK


@pytest.mark.parametrize(
    ("inks", "printed"),
    [
        ((0, 0, 0, 0), (255, 255, 255)),
        ((255, 0, 0, 0), (0, 158, 224)),
        ((0, 255, 0, 0), (229, 0, 125)),
        ((0, 0, 255, 0), (255, 236, 0)),
        ((0, 255, 255, 0), (227, 6, 19)),
        ((255, 0, 255, 0), (0, 150, 64)),
        ((255, 255, 0, 0), (49, 39, 131)),
        ((255, 255, 255, 255), (0, 0, 0)),
    ],
)
@pytest.mark.parametrize("file_format", ["TIFF", "JPEG"])
def test_cmyk_without_a_profile(inks: tuple[int, ...], printed: tuple[int, ...], file_format: str) -> None:
    """The solids of FOGRA39 as color management systems commonly show them."""
    data = saved(Image.new("CMYK", (16, 16), inks), file_format, quality=100)
    picture = decode(data)
    assert picture.notices == (codec.CMYK_NOTICE,)
    assert np.abs(np.asarray(to_pil(picture), dtype=int)[8, 8] - printed).max() <= 14
    assert facts_of(data).color == "other"


def test_cmyk_tones_grow_and_gray_stays_about_gray() -> None:
    ramp = np.zeros((4, 256, 4), np.uint8)
    ramp[..., 3] = np.arange(256)
    pixels = np.asarray(to_pil(decode(Image.frombytes("CMYK", (256, 4), ramp.tobytes()))), dtype=int)[0]
    assert (np.diff(pixels[:, 1]) <= 0).all()
    assert np.ptp(pixels, axis=1).max() <= 6


@pytest.mark.parametrize("broken", [b"no profile at all", of_h273(12, 13)])
def test_cmyk_with_a_profile_that_cannot_be_used_is_guessed_too(broken: bytes) -> None:
    picture = decode(saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "TIFF", icc_profile=broken))
    assert picture.notices == (codec.CMYK_NOTICE,)
    assert np.abs(np.asarray(to_pil(picture), dtype=int)[4, 4] - (227, 6, 19)).max() <= 14
