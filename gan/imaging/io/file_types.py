"""File types told by their first bytes, and the plugins of Pillow that this process may open them with.

Pillow opens some seventy formats, and one of them (EPS) starts Ghostscript on the file's program. `decode` names the
documented formats in every call, but other code of the process, Gradio's components above all, calls `Image.open`
without a list. So a process that serves or runs commands calls `keep_documented_openers` when it starts.
"""

from __future__ import annotations

import threading
import warnings
from typing import Final

from PIL import Image

from gan.imaging.io.formats import READABLE
from gan.limits import MAX_PIXELS

RAW: Final = "a camera's raw file"
"""What is said of one; TIFF-based ones are found by `gan.imaging.io.tiff`."""

NAMED: Final = {
    RAW: "Develop it in a raw converter and save it as TIFF or JPEG",
    "it is an SVG drawing": "Export it as a PNG",
    "a Photoshop document": "Save a copy as TIFF or PNG",
    "a GIMP document": "Export it as TIFF or PNG",
    "a PDF document": "Export the page as a PNG",
    "a PostScript drawing": "Export it as a PNG",
    "an OpenEXR picture": "Save it as TIFF with 16 bits a channel",
    "a Radiance HDR picture": "Save it as TIFF with 16 bits a channel",
    "a JPEG XR picture": "Save it as TIFF or PNG",
    "a DirectDraw texture": "Save it as TIFF or PNG",
    "an icon file": "Save it as PNG",
    "a video": "Export a frame as a PNG",
    "an archive": "Unpack it first",
    "a web page": "Save the picture itself, not the page that shows it",
}
"""What files are that are not read, each with what to do about it."""

_RAW_STARTS = (b"FUJIFILMCCD-RAW", b"IIU\0", b"IIRO", b"IIRS", b"MMOR", b"FOVb", b"\0MRM")
_STARTS: Final = (
    (b"8BPS", "a Photoshop document"),
    (b"gimp xcf", "a GIMP document"),
    (b"%PDF-", "a PDF document"),
    (b"%!PS", "a PostScript drawing"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript drawing"),
    (b"v/1\x01", "an OpenEXR picture"),
    (b"#?RADIANCE", "a Radiance HDR picture"),
    (b"#?RGBE", "a Radiance HDR picture"),
    (b"II\xbc", "a JPEG XR picture"),
    (b"DDS ", "a DirectDraw texture"),
    (b"\0\0\1\0", "an icon file"),
    (b"\x1a\x45\xdf\xa3", "a video"),
    (b"PK\3\4", "an archive"),
    (b"\x1f\x8b", "an archive"),
    (b"7z\xbc\xaf\x27\x1c", "an archive"),
    (b"Rar!", "an archive"),
)
_BRANDS: Final = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1", b"avif", b"avis"}
_VIDEO_BRANDS: Final = {b"isom", b"iso2", b"mp41", b"mp42", b"qt  ", b"M4V ", b"avc1", b"dash", b"3gp4", b"3gp5"}
_JP2: Final = (b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")
_JXL: Final = (b"\0\0\0\x0cJXL \r\n\x87\n", b"\xff\x0a")


def kind_of(data: bytes) -> str:
    """Pillow's name of a format that is read, by its signature alone; empty for anything else."""
    if data.startswith(b"\xff\xd8"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "TIFF"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data.startswith(_JP2):
        return "JPEG2000"
    if data.startswith(_JXL):
        return "JXL"
    if data[4:8] == b"ftyp":
        brands = {data[8:12], *(data[at : at + 4] for at in range(16, min(len(data), 80), 4))}
        if brands & {b"avif", b"avis"}:
            return "AVIF"
        return "HEIF" if brands & _BRANDS else ""
    return "BMP" if data.startswith(b"BM") else ""


def foreign(data: bytes) -> str:
    """Name the type of a file that is not read, a key of `NAMED`; empty where that is not known."""
    if data.startswith(_RAW_STARTS) or (data[4:8] == b"ftyp" and data[8:11] == b"crx"):
        return RAW
    if data[4:8] == b"ftyp" and data[8:12] in _VIDEO_BRANDS:
        return "a video"
    for start, name in _STARTS:
        if data.startswith(start):
            return name
    head = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head.startswith(b"<"):
        if b"<svg" in head:
            return "it is an SVG drawing"
        if b"<html" in head or head.startswith(b"<!doctype html"):
            return "a web page"
    return ""


_lock = threading.Lock()


def register_openers() -> None:
    """Register Pillow's own plugins and HEIC's, once, and raise Pillow's limit to ours.

    Safe to call from several threads. Pillow warns above its limit and refuses above twice as much; ours is larger
    than its default, so that it does not warn of what is allowed.
    """
    with _lock:
        if Image.MAX_IMAGE_PIXELS is not None:
            Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS, MAX_PIXELS)
        if "HEIF" not in Image.OPEN:
            import pillow_heif

            Image.init()
            pillow_heif.register_heif_opener()


def keep_documented_openers() -> None:
    """Take every opener but those of `READABLE` out of this process, whoever calls `Image.open`; writers stay.

    A picture of more than `MAX_PIXELS` is an error then for every caller, and no longer a warning. There is no way
    back within the process: Pillow registers a plugin when its module is imported for the first time.
    """
    register_openers()
    Image.init()  # all modules are imported now, and none will register itself later
    with _lock:
        for name in [name for name in Image.OPEN if name not in READABLE]:
            del Image.OPEN[name]
        Image.ID[:] = [name for name in Image.ID if name in READABLE]
    warnings.simplefilter("error", Image.DecompressionBombWarning)
