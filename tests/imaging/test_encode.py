"""What is written: formats, limits, transparency, profile, and whole files or none."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from gan.core.errors import InputError
from gan.imaging.io.codec import Encoding, decode, encode, write
from gan.imaging.io.formats import FORMATS
from gan.imaging.picture import Picture


def picture(height_px: int = 12, width_px: int = 20, *, alpha: bool = False) -> Picture:
    columns = torch.linspace(0.2, 0.9, width_px).expand(height_px, width_px)
    rows = torch.linspace(0.1, 0.8, height_px)[:, None].expand(height_px, width_px)
    rgb = torch.stack([columns, rows, 1 - columns])[None].contiguous()
    return Picture(rgb, columns[None, None].contiguous() if alpha else None)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("alpha", [False, True])
def test_round_trip(file_format: str, alpha: bool) -> None:
    before = picture(alpha=alpha)
    after = decode(encode(before, Encoding(file_format=file_format)))
    assert after.file_format == FORMATS[file_format].pillow
    assert (after.alpha is not None) == (alpha and FORMATS[file_format].alpha)
    assert after.notices == ()
    tolerance = 0.51 / 255 if file_format in ("png", "tiff") else 14 / 255
    if not alpha:
        assert (after.rgb - before.rgb).abs().max() <= tolerance
    if after.alpha is not None and before.alpha is not None:
        assert (after.alpha - before.alpha).abs().max() <= tolerance


def test_lossless_webp_is_lossless() -> None:
    before = decode(encode(picture(), Encoding()))
    assert torch.equal(decode(encode(before, Encoding(file_format="webp", lossless=True))).rgb, before.rgb)
    assert not torch.equal(decode(encode(before, Encoding(file_format="webp", quality=50))).rgb, before.rgb)


@pytest.mark.parametrize("file_format", ["jpeg", "webp", "avif"])
def test_quality_makes_a_difference(file_format: str) -> None:
    noise = Picture(torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)))
    sizes = [len(encode(noise, Encoding(file_format=file_format, quality=q))) for q in (20, 60, 95)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2] / 2


def test_jpeg_is_444() -> None:
    image = opened(encode(picture(), Encoding(file_format="jpeg")))
    assert [layer[1:3] for layer in image.layer] == [(1, 1)] * 3  # type: ignore[attr-defined]


def test_jpeg_lays_transparency_on_white() -> None:
    rgb = torch.zeros(1, 3, 8, 24)
    alpha = torch.ones(1, 1, 8, 24)
    alpha[..., 8:16] = 0.5
    alpha[..., 16:] = 0
    pixels = decode(encode(Picture(rgb, alpha), Encoding(file_format="jpeg", quality=100))).rgb[0, 0, 4] * 255
    assert pixels[4] == pytest.approx(0, abs=2)
    assert pixels[12] == pytest.approx(128, abs=2)
    assert pixels[20] == pytest.approx(255, abs=1)


@pytest.mark.parametrize("file_format", FORMATS)
def test_an_srgb_profile_is_embedded(file_format: str) -> None:
    image = opened(encode(picture(), Encoding(file_format=file_format)))
    profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    assert "sRGB" in ImageCms.getProfileDescription(profile)


def test_the_same_picture_is_the_same_file() -> None:
    from gan.imaging.io.icc import srgb_profile

    assert srgb_profile()[24:26] == (2000).to_bytes(2, "big")  # and not today
    for file_format in FORMATS:
        assert encode(picture(), Encoding(file_format=file_format)) == encode(
            picture(), Encoding(file_format=file_format)
        )


@pytest.mark.parametrize(
    ("file_format", "height_px", "width_px"),
    [("jpeg", 1, 65501), ("jpeg", 65501, 1), ("webp", 1, 16384), ("avif", 32769, 1)],
)
def test_sizes_that_a_format_cannot_hold(file_format: str, height_px: int, width_px: int) -> None:
    with pytest.raises(InputError, match="cannot hold"):
        encode(picture(height_px, width_px), Encoding(file_format=file_format))


@pytest.mark.parametrize(
    ("file_format", "width_px"), [("jpeg", 65500), ("webp", 16383), ("avif", 32768), ("png", 70000), ("tiff", 70000)]
)
def test_the_largest_sizes_are_written(file_format: str, width_px: int) -> None:
    assert opened(encode(picture(1, width_px), Encoding(file_format=file_format))).size == (width_px, 1)


@pytest.mark.parametrize("file_format", FORMATS)
def test_one_pixel(file_format: str) -> None:
    assert opened(encode(picture(1, 1), Encoding(file_format=file_format))).size == (1, 1)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"file_format": "gif"}, "format"),
        ({"file_format": "PNG"}, "format"),
        ({"quality": 0}, "quality"),
        ({"quality": 101}, "quality"),
        ({"file_format": "jpeg", "lossless": True}, "lossless"),
        ({"file_format": "avif", "lossless": True}, "lossless"),
        ({"keep_location": True}, "keep_location"),
    ],
)
def test_encodings_that_are_refused(options: dict[str, object], field: str) -> None:
    with pytest.raises(InputError) as caught:
        Encoding(**options)  # type: ignore[arg-type]
    assert caught.value.field == field


def test_limits_of_quality_are_allowed() -> None:
    for quality in (1, 100):
        encode(picture(), Encoding(file_format="jpeg", quality=quality))


@pytest.mark.parametrize(
    ("name", "file_format", "suffix", "mime"),
    [
        ("a.png", "png", ".png", "image/png"),
        ("a.b.JPG", "jpeg", ".jpg", "image/jpeg"),
        ("a.jpeg", "jpeg", ".jpg", "image/jpeg"),
        ("dir.png/a.webp", "webp", ".webp", "image/webp"),
        ("a.avif", "avif", ".avif", "image/avif"),
        ("a.tiff", "tiff", ".tif", "image/tiff"),
    ],
)
def test_the_suffix_chooses(name: str, file_format: str, suffix: str, mime: str) -> None:
    encoding = Encoding.for_path(name, quality=70)
    assert (encoding.file_format, encoding.suffix, encoding.mime) == (file_format, suffix, mime)
    assert encoding.quality == 70


@pytest.mark.parametrize("name", ["a", "a.gif", "png", ".png", "a.heic"])
def test_suffixes_that_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"\.png, \.jpg"):
        Encoding.for_path(name)


def test_write_makes_folders_and_replaces(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deep" / "a.png"
    write(picture(), path, Encoding())
    first = path.read_bytes()
    write(picture(5, 5), path, Encoding())
    assert first != path.read_bytes()
    assert [item.name for item in path.parent.iterdir()] == ["a.png"]
    assert path.stat().st_mode & 0o400


def test_a_file_that_fails_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    write(picture(), path, Encoding())
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="no space"):
        write(picture(5, 5), path, Encoding())
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["a.png"]


def test_conversion_never_makes_a_second_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tensor that is turned into bytes is a band."""
    from gan.imaging.io import pixels

    monkeypatch.setattr("gan.imaging.row_chunks.BAND_PIXELS", 1000)
    sizes: list[int] = []
    to_bytes = pixels._bytes

    def recorded(band: torch.Tensor) -> np.ndarray:
        sizes.append(band.shape[1] * band.shape[2])
        return to_bytes(band)

    monkeypatch.setattr(pixels, "_bytes", recorded)
    for file_format in ("png", "jpeg"):
        encode(picture(300, 50, alpha=True), Encoding(file_format=file_format))
    assert max(sizes) <= 1000
    assert sum(sizes) == 2 * 300 * 50
