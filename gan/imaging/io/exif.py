"""EXIF: what is kept of it, and what is taken out before a picture leaves the house."""

from __future__ import annotations

from PIL import ExifTags, Image

ORIENTATION = ExifTags.Base.Orientation

# Of the first directory only what describes the picture is kept. A TIFF's own directory also says how its pixels are
# stored, and may hold XMP, IPTC, a preview or GeoTIFF tags: each of them would be false or would give a place away.
_KEPT = (
    ExifTags.Base.ImageDescription,
    ExifTags.Base.Make,
    ExifTags.Base.Model,
    ExifTags.Base.XResolution,
    ExifTags.Base.YResolution,
    ExifTags.Base.ResolutionUnit,
    ExifTags.Base.Software,
    ExifTags.Base.DateTime,
    ExifTags.Base.Artist,
    ExifTags.Base.HostComputer,
    ExifTags.Base.Rating,
    ExifTags.Base.RatingPercent,
    ExifTags.Base.Copyright,
    ExifTags.Base.XPTitle,
    ExifTags.Base.XPComment,
    ExifTags.Base.XPAuthor,
    ExifTags.Base.XPKeywords,
    ExifTags.Base.XPSubject,
)
_SIZE = (ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight)


def read_exif(image: Image.Image) -> tuple[bytes | None, int]:
    """A loaded image's EXIF block without orientation, pixel sizes and thumbnail, and the orientation, 1 to 8.

    Raises:
        Exception: whatever Pillow raises for a block that is broken.
    """
    if image.info.get("exif"):
        Image.Exif().load(image.info["exif"])  # raises; the image's own, once it has failed, is silently empty
    exif = image.getexif()
    orientation = exif.get(ORIENTATION, 1)
    if orientation not in range(1, 9):
        orientation = 1
    return _rebuilt(exif, location=True), int(orientation)


def published_exif(block: bytes, *, location: bool) -> bytes | None:
    """A block of `read_exif` as it may be written.

    Without `location` the GPS directory goes, and the maker's note too: its form is private to each maker, and some
    write the names of places into it.
    """
    exif = Image.Exif()
    exif.load(block)
    return _rebuilt(exif, location=location)


def _rebuilt(exif: Image.Exif, *, location: bool) -> bytes | None:
    kept = Image.Exif()
    kept.endian = exif.endian
    for tag in _KEPT:
        if tag in exif:
            kept[tag] = exif[tag]
    details = dict(exif.get_ifd(ExifTags.IFD.Exif))
    for stale in (*_SIZE, ExifTags.IFD.GPSInfo):
        details.pop(stale, None)
    if ExifTags.IFD.Interop in details:
        details[ExifTags.IFD.Interop] = dict(exif.get_ifd(ExifTags.IFD.Interop))
    if not location:
        details.pop(ExifTags.Base.MakerNote, None)
    if details:
        kept[ExifTags.IFD.Exif] = details
    places = dict(exif.get_ifd(ExifTags.IFD.GPSInfo))
    if places and location:
        kept[ExifTags.IFD.GPSInfo] = places
    return kept.tobytes() if len(kept) > 0 else None
