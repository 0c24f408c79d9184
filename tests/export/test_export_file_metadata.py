"""What files say of themselves, and that their names are not believed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageCms
from products import saved
from shots import file_of, shot

from gan.core.errors import InputError
from gan.export.file_metadata import facts_of, jpeg_quality
from gan.imaging.io.codec import encode
from gan.imaging.io.formats import Encoding
from gan.imaging.picture import Picture


def image(mode: str = "RGB", size: tuple[int, int] = (40, 30)) -> Image.Image:
    return Image.radial_gradient("L").resize(size).convert(mode)


@pytest.mark.parametrize("quality", [1, 10, 49, 50, 51, 75, 80, 88, 89, 90, 91, 95, 99, 100])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_quality_of_jpeg_is_found_exactly(quality: int, mode: str) -> None:
    facts = facts_of(saved(image(mode), "JPEG", quality=quality))
    assert (facts.quality, facts.quality_exact) == (quality, True)


def test_tables_of_another_make_give_about_the_quality() -> None:
    tables = [[min(255, step + 1) for step in table] for table in _tables(85)]
    facts = facts_of(saved(image(), "JPEG", qtables=tables))
    assert not facts.quality_exact
    assert facts.quality is not None
    assert 75 <= facts.quality <= 85


def _tables(quality: int) -> list[list[int]]:
    with Image.open(io.BytesIO(saved(image(), "JPEG", quality=quality))) as opened:
        return [list(table) for table in opened.quantization.values()]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("file_format", "mode", "named"),
    [
        ("JPEG", "RGB", "jpeg"),
        ("PNG", "RGB", "png"),
        ("PNG", "P", "png"),
        ("WEBP", "RGB", "webp"),
        ("TIFF", "CMYK", "tiff"),
        ("GIF", "P", "gif"),
        ("BMP", "RGB", "bmp"),
    ],
)
def test_format_and_mode_come_from_the_content(file_format: str, mode: str, named: str, tmp_path: Path) -> None:
    path = tmp_path / "a.heic"  # its name says something else
    data = saved(image(mode), file_format)
    path.write_bytes(data)
    facts = facts_of(path)
    assert facts == facts_of(data)
    assert (facts.file_format, facts.mode, facts.bytes) == (named, mode, len(data))
    assert (facts.width_px, facts.height_px, facts.frames) == (40, 30, 1)
    assert (facts.quality is None) == (named != "jpeg")


def test_sides_are_those_of_the_picture_as_it_is_shown() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    facts = facts_of(saved(image(), "JPEG", exif=exif))
    assert (facts.width_px, facts.height_px) == (30, 40)


def test_frames_are_counted() -> None:
    frames = [image("P"), image("P").rotate(90), image("P").rotate(180)]
    assert facts_of(saved(frames[0], "GIF", save_all=True, append_images=frames[1:])).frames == 3


def test_colours() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    assert facts_of(saved(image(), "JPEG")).color == "none"
    assert facts_of(saved(image(), "JPEG", icc_profile=srgb)).color == "srgb"
    assert facts_of(saved(image("CMYK"), "JPEG")).color == "other"
    assert facts_of(saved(image(), "JPEG", icc_profile=lab)).color == "none"  # what nobody can apply
    assert facts_of(saved(image(), "JPEG", icc_profile=b"broken")).color == "none"


def test_how_far_an_edge_spreads() -> None:
    assert facts_of(saved(image(), "JPEG", subsampling="4:2:0")).block_px == 16
    assert facts_of(saved(image(), "JPEG", subsampling="4:2:2")).block_px == 16
    assert facts_of(saved(image(), "JPEG", subsampling="4:4:4")).block_px == 8
    assert facts_of(saved(image("L"), "JPEG")).block_px == 8
    assert facts_of(saved(image(), "PNG")).block_px == 8
    assert facts_of(saved(image(), "WEBP")).block_px == 16


def test_exif_and_the_digital_source_type_are_seen() -> None:
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    assert facts_of(saved(image(), "JPEG", exif=exif)).exif
    assert not facts_of(saved(image(), "JPEG")).exif
    picture, _ = shot(60, 60)
    marked = Picture(picture.rgb, source_type="trainedAlgorithmicMedia")
    assert facts_of(encode(marked, Encoding(file_format="jpeg"))).digital_source_type == "trainedAlgorithmicMedia"
    assert facts_of(file_of(picture)).digital_source_type == ""


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(InputError, match="not a picture"):
        facts_of(b"no picture at all")


def test_what_is_no_jpeg_has_no_quality() -> None:
    assert jpeg_quality(image()) == (None, False)
