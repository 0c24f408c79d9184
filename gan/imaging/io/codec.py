"""Bytes to pictures and back: orientation, colour profile, transparency and limits are settled here, once."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from gan.core.errors import InputError
from gan.core.files import write_atomic
from gan.imaging.io import admission, xmp
from gan.imaging.io.exif import published_exif, read_dpi, read_exif, with_dpi
from gan.imaging.io.formats import Encoding
from gan.imaging.io.header import CHUNK_NOTICE, PAGE_NOTICE
from gan.imaging.io.high_bit_depth import LONGEST_PNG_PX, deep_png, deep_tiff, deep_to_tensors, upright
from gan.imaging.io.icc import ToSrgb, cmyk_to_srgb, srgb_profile, to_srgb
from gan.imaging.io.pixels import to_image, to_image_on_white, to_tensors
from gan.imaging.io.source import CMYK_NOTICE, END_NOTICE, Source, open_source
from gan.imaging.io.xmp import read_rights
from gan.imaging.picture import Picture
from gan.limits import MAX_BYTES, MAX_PIXELS

__all__ = ["MAX_BYTES", "MAX_PIXELS", "NOTICES", "Encoding", "decode", "encode", "to_pil", "write"]

FRAMES_NOTICE = "The file holds several frames or pages; only the first was used"
PROFILE_NOTICE = "The color profile could not be read; the colors were taken as sRGB"
EXIF_NOTICE = "The EXIF data is damaged and was not kept"
DEPTH_NOTICE = "The file has more than 8 bits per channel; 8 were read"

NOTICES = (
    *(FRAMES_NOTICE, PROFILE_NOTICE, EXIF_NOTICE, DEPTH_NOTICE),
    *(CMYK_NOTICE, END_NOTICE, CHUNK_NOTICE, PAGE_NOTICE),
)
"""Every sentence that `decode` may put into a picture's notices."""

_MAX_JPEG_EXIF_BYTES = 65533
_PHOTOSHOP_IPTC, _TIFF_IPTC = 0x0404, 33723

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""Transposition that undoes each orientation of Exif 2.32, table 6."""


def decode(source: str | Path | bytes | Image.Image, *, field: str = "image") -> Picture:
    """Read a picture: upright, in sRGB, with its transparency beside it. Safe to call from several threads.

    JPEG, PNG, WebP, AVIF, TIFF, GIF, BMP, HEIC, JPEG 2000 and JPEG XL are read; PNG, TIFF and HEIC with up to 16 bits
    a channel. Of several frames the first is taken; of a TIFF that begins with a thumbnail, the largest. Colors are
    those that the file declares, by a profile or otherwise. What could not be kept stands in the picture's notices.
    Of XMP only what `gan.imaging.io.xmp` writes and what `gan.imaging.io.xmp` knows is kept.

    Args:
        source: a file's path, its content, or an image of Pillow's.
        field: which input this is, in the words of the command line, for the error.

    Raises:
        InputError: there is no such file, or it is no picture that can be read, or a damaged one, or one of more
            than `MAX_PIXELS` or `MAX_SIDE_PX` (known from the header, before anything is decoded) or `MAX_BYTES`, or
            one that takes longer than `MOST_SECONDS`.
    """
    opened = open_source(source, field)
    image = opened.image
    notices = list(opened.notices)
    if opened.frames > 1:
        notices.append(FRAMES_NOTICE)
    if opened.reduced_depth:
        notices.append(DEPTH_NOTICE)
    try:
        exif, orientation = read_exif(image)
    except Exception:  # a block of anyone's making: Pillow raises whatever its fields lead to
        exif, orientation = None, 1
        notices.append(EXIF_NOTICE)
    try:
        convert = to_srgb(image, opened.declared)
        guessed = image.mode == "CMYK" and not image.info.get("icc_profile")
    except Exception:  # the same for profiles
        guessed = image.mode == "CMYK"
        convert = cmyk_to_srgb(None)[0] if guessed else None
        notices += [] if guessed else [PROFILE_NOTICE]
    if guessed:
        notices.append(CMYK_NOTICE)
    return _picture(opened, convert, orientation, exif, tuple(notices))


def to_pil(picture: Picture) -> Image.Image:
    """8 bits a channel, RGB, or RGBA where the picture has alpha."""
    return to_image(picture.rgb, picture.alpha)


def encode(picture: Picture, encoding: Encoding) -> bytes:
    """A picture as the content of a file, with an sRGB profile, its provenance, its resolution in dots an inch (WebP
    and AVIF hold it in EXIF only) and, where asked for, with EXIF and the rights of XMP and IPTC.

    JPEG is written 4:4:4 and has no transparency: the picture is laid on white. A picture of 16 bits a channel is
    written with 16 where the format holds them and nothing else is asked: every value of its source comes back. The
    history and the digital source type are written as XMP; a history too long for the format is left out.

    Raises:
        InputError: the format cannot hold a picture as large, or an EXIF block as long.
    """
    bits = encoding.bits or (picture.bits if encoding.details.deep else 8)
    options = _save_options(picture, encoding, bits)
    if bits == 16:
        write_deep = deep_png if encoding.file_format == "png" else deep_tiff
        packet = _packet(picture, encoding)
        return write_deep(picture.rgb, picture.alpha, srgb_profile(), options.get("exif"), packet, picture.dpi)
    flatten = picture.alpha is not None and not encoding.details.alpha
    image = to_image_on_white(picture.rgb, picture.alpha) if flatten else to_pil(picture)
    options |= _xmp_options(_packet(picture, encoding), encoding, options.get("exif"))
    buffer = io.BytesIO()
    image.save(buffer, format=encoding.details.pillow, icc_profile=srgb_profile(), **options)
    return buffer.getvalue()


def write(picture: Picture, path: str | Path, encoding: Encoding) -> None:
    """Write a picture's file, whole or not at all; folders that are missing are made.

    Raises:
        InputError: as of `encode`.
        OSError: the file cannot be written.
    """
    write_atomic(Path(path), encode(picture, encoding))


def _picture(
    opened: Source, convert: ToSrgb | None, orientation: int, exif: bytes | None, notices: tuple[str, ...]
) -> Picture:
    if opened.deep is not None:
        rgb, alpha = deep_to_tensors(upright(opened.deep, orientation), convert, opened.key)
    else:
        image = opened.image if orientation == 1 else opened.image.transpose(_UPRIGHT[orientation])
        rgb, alpha = to_tensors(image, convert, opened.key)
    admission.keep(rgb)
    bits = 8 if opened.deep is None else 16
    history, source_type = xmp.read(opened.image.info.get("xmp"))
    if not opened.file_format:
        history = ()  # an image made of a file's has its packet, but went through steps that no history tells of
    return Picture(
        rgb,
        alpha,
        exif,
        notices,
        opened.name,
        opened.file_format,
        bits,
        history,
        source_type,
        dpi=read_dpi(opened.image),
        rights=read_rights(opened.image.info.get("xmp"), _iptc(opened.image)),
    )


def _iptc(image: Image.Image) -> object:
    """The block of IPTC's older standard: among Photoshop's resources in a JPEG, a tag of its own in a TIFF."""
    resources = image.info.get("photoshop")
    if isinstance(resources, dict):
        return resources.get(_PHOTOSHOP_IPTC)
    return getattr(image, "tag_v2", {}).get(_TIFF_IPTC)


def _packet(picture: Picture, encoding: Encoding) -> bytes | None:
    most_bytes = xmp.MAX_JPEG_BYTES if encoding.file_format == "jpeg" else xmp.MAX_BYTES
    rights = picture.rights if encoding.keep_exif else ()
    return xmp.packet(picture.history, picture.source_type, rights=rights, most_bytes=most_bytes)


def _xmp_options(packet: bytes | None, encoding: Encoding, exif: bytes | None) -> dict[str, Any]:
    """A packet as each of Pillow's writers takes it."""
    if packet is None:
        return {}
    if encoding.file_format == "png":
        chunks = PngInfo()
        chunks.add_itxt(xmp.PNG_KEYWORD, packet.decode())
        return {"pnginfo": chunks}
    if encoding.file_format == "tiff":
        directory = Image.Exif()
        if exif is not None:
            directory.load(exif)
        directory[xmp.TIFF_TAG] = packet
        return {"exif": directory}
    return {"xmp": packet}


def _save_options(picture: Picture, encoding: Encoding, bits: int) -> dict[str, Any]:
    most_px = encoding.details.longest_px
    if bits == 16 and encoding.file_format == "png":
        most_px = min(most_px, LONGEST_PNG_PX)
    if max(picture.width_px, picture.height_px) > most_px:
        raise InputError(
            "format",
            "{format} cannot hold {width} x {height} pixels",
            "at most {longest} on a side are allowed",
            "Choose another format or a smaller size",
            format=encoding.details.pillow,
            width=picture.width_px,
            height=picture.height_px,
            longest=most_px,
        )
    by_format: dict[str, dict[str, Any]] = {
        "jpeg": {"quality": encoding.quality, "subsampling": "4:4:4"},
        "webp": {"quality": encoding.quality, "lossless": encoding.lossless},
        "avif": {"quality": encoding.quality, "subsampling": "4:4:4"},
        "tiff": {"compression": "tiff_adobe_deflate"},
        "png": {},
    }
    options = by_format[encoding.file_format]
    if encoding.keep_exif and picture.exif is not None:
        block = published_exif(picture.exif, location=encoding.keep_location)
        if block is not None:
            _check_exif(block, encoding)
            options["exif"] = block
            if encoding.file_format == "tiff":
                options["compression"] = "raw"  # the compressing writer takes no EXIF directory
    if picture.dpi is not None:
        if encoding.file_format in ("png", "jpeg", "tiff"):
            options["dpi"] = picture.dpi
        elif encoding.keep_exif:
            options["exif"] = with_dpi(options.get("exif"), picture.dpi)
    return options


def _check_exif(block: bytes, encoding: Encoding) -> None:
    if encoding.file_format == "jpeg" and len(block) > _MAX_JPEG_EXIF_BYTES:
        raise InputError(
            "keep_exif",
            "the EXIF data has {got} bytes",
            "JPEG holds at most {most}",
            "Choose another format or do not keep the EXIF data",
            got=len(block),
            most=_MAX_JPEG_EXIF_BYTES,
        )
