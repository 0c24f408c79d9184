"""16 bits a channel: what is written, held against readers that are not ours."""

from __future__ import annotations

import dataclasses
import io
import json
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from deep_pictures import DEEP_FORMATS, Words, noise, pictured, seen_by_cv2, words
from PIL import ExifTags, Image, ImageCms
from PIL.TiffImagePlugin import IFDRational

from gan.core.errors import InputError
from gan.imaging.io import high_bit_depth
from gan.imaging.io.codec import Encoding, decode, encode
from gan.imaging.picture import Picture


def test_float32_holds_every_value_of_16_bits() -> None:
    values = torch.arange(65536)
    assert torch.equal((values.float() / 65535 * 65535 + 0.5).long(), values)
    planes = (values.float() / 65535).reshape(1, 256, 256)
    assert np.array_equal(high_bit_depth.to_deep(planes)[..., 0], values.reshape(256, 256).numpy())


def test_rounding_and_clamping() -> None:
    row = torch.tensor([0.4999 / 65535, 0.501 / 65535, -1, 2, 1]).reshape(1, 1, 5)
    assert high_bit_depth.to_deep(row)[0, :, 0].tolist() == [0, 1, 0, 65535, 65535]


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("file_format", DEEP_FORMATS)
def test_every_value_of_every_channel_comes_back(file_format: str, channels: int) -> None:
    ramp = np.arange(65536, dtype=np.uint16)
    values = np.stack([np.roll(ramp, 12345 * channel) for channel in range(channels)], -1).reshape(256, 256, channels)
    data = encode(pictured(values), Encoding(file_format=file_format))
    again = decode(data)
    assert (again.bits, again.notices) == (16, ())
    assert torch.equal(again.rgb, pictured(values).rgb)
    assert np.array_equal(words(again), values)
    assert np.array_equal(seen_by_cv2(data), values)
    if file_format == "tiff":
        assert np.array_equal(tifffile.imread(io.BytesIO(data)), values)


@pytest.mark.parametrize("file_format", DEEP_FORMATS)
def test_bits_that_are_asked_for(file_format: str) -> None:
    values = noise()
    eight = encode(pictured(values), Encoding(file_format=file_format, bits=8))
    assert seen_by_cv2(eight).dtype == np.uint8
    assert decode(eight).bits == 8
    shallow = dataclasses.replace(pictured(values), bits=8)
    assert encode(shallow, Encoding(file_format=file_format)) == eight
    sixteen = encode(shallow, Encoding(file_format=file_format, bits=16))
    assert sixteen == encode(pictured(values), Encoding(file_format=file_format))
    assert np.array_equal(seen_by_cv2(sixteen), values)


@pytest.mark.parametrize("file_format", ["jpeg", "webp", "avif"])
def test_other_formats_take_a_deep_picture_with_8_bits(file_format: str) -> None:
    assert decode(encode(pictured(noise()), Encoding(file_format=file_format))).bits == 8
    with pytest.raises(InputError, match="written with 8 bits per channel; png, tiff can be written with 16"):
        Encoding(file_format=file_format, bits=16)


@pytest.mark.parametrize("bits", [0, 1, 10, 32])
def test_other_depths_are_refused(bits: int) -> None:
    with pytest.raises(InputError, match="8 or 16 is allowed") as caught:
        Encoding(bits=bits)
    assert caught.value.field == "bits"


def test_the_encoding_is_still_a_record() -> None:
    assert json.loads(json.dumps(Encoding().model_dump()))["bits"] is None


def test_new_pixels_keep_the_depth() -> None:
    picture = pictured(noise())
    assert picture.with_pixels(torch.zeros(1, 3, 2, 2), None).bits == 16
    assert decode(Image.new("RGB", (2, 2))).bits == Picture(torch.zeros(1, 3, 2, 2)).bits == 8
    assert decode(Image.fromarray(noise()[..., 0])).bits == 16


def exif_block() -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Maker"
    exif[ExifTags.Base.XResolution] = IFDRational(300, 1)
    exif[ExifTags.IFD.Exif] = {
        ExifTags.Base.ISOSpeedRatings: 200,
        ExifTags.Base.ExposureTime: IFDRational(1, 60),
        ExifTags.Base.MakerNote: b"where it was",
    }
    exif[ExifTags.IFD.GPSInfo] = {1: "N", 2: (52.0, 30.0, 15.5)}
    return exif.tobytes()


@pytest.mark.parametrize("file_format", DEEP_FORMATS)
def test_exif_and_profile_are_kept_as_with_8_bits(file_format: str) -> None:
    picture = dataclasses.replace(pictured(noise(channels=4)), exif=exif_block())

    def opened(**options: Any) -> tuple[Image.Image, Image.Exif, bytes]:
        data = encode(picture, Encoding(file_format=file_format, **options))
        assert np.array_equal(words(decode(data)), noise(channels=4))
        image = Image.open(io.BytesIO(data))
        image.load()
        return image, image.getexif(), data

    image, exif, data = opened()
    assert "sRGB" in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"])))
    assert ExifTags.Base.Make not in exif
    assert b"Maker" not in data

    _, exif, data = opened(keep_exif=True)
    assert (exif[ExifTags.Base.Make], exif[ExifTags.Base.XResolution]) == ("Maker", 300)
    details = exif.get_ifd(ExifTags.IFD.Exif)
    assert (details[ExifTags.Base.ISOSpeedRatings], float(details[ExifTags.Base.ExposureTime])) == (200, 1 / 60)
    assert not exif.get_ifd(ExifTags.IFD.GPSInfo)
    assert b"where it was" not in data

    _, exif, _ = opened(keep_exif=True, keep_location=True)
    assert [float(part) for part in exif.get_ifd(ExifTags.IFD.GPSInfo)[2]] == [52, 30, 15.5]


@pytest.mark.parametrize("file_format", DEEP_FORMATS)
def test_bands_and_strips_meet(file_format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = pictured(noise(40, 30, 4))
    whole = encode(picture, Encoding(file_format=file_format))
    sizes: list[int] = []
    to_deep = high_bit_depth.to_deep

    def recorded(band: torch.Tensor) -> Words:
        sizes.append(band.shape[1] * band.shape[2])
        return to_deep(band)

    monkeypatch.setattr("gan.imaging.row_chunks.BAND_PIXELS", 100)
    monkeypatch.setattr(high_bit_depth, "_STRIP_BYTES", 800)
    monkeypatch.setattr(high_bit_depth, "to_deep", recorded)
    parts = encode(picture, Encoding(file_format=file_format))
    assert (max(sizes), sum(sizes)) == (90, 40 * 30)
    for data in (whole, parts):
        assert np.array_equal(words(decode(data)), noise(40, 30, 4))
        assert np.array_equal(seen_by_cv2(data), noise(40, 30, 4))


def test_sizes_that_deep_png_does_not_hold() -> None:
    longest_px = high_bit_depth.LONGEST_PNG_PX
    too_long = Picture(torch.zeros(1, 3, 1, longest_px + 1))
    with pytest.raises(InputError, match="cannot hold 1000001 x 1 pixels; at most 1000000"):
        encode(too_long, Encoding(bits=16))
    assert Image.open(io.BytesIO(encode(too_long, Encoding(file_format="tiff", bits=16)))).size == (longest_px + 1, 1)
    for height_px, width_px in ((1, longest_px), (longest_px, 1)):
        data = encode(Picture(torch.zeros(1, 3, height_px, width_px)), Encoding(bits=16))
        assert Image.open(io.BytesIO(data)).size == (width_px, height_px)
