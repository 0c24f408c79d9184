"""Resolution and rights: what a file says of dots an inch and of whose picture it is comes out again."""

from __future__ import annotations

import io
import re
import struct
from typing import Any

import pytest
from PIL import Image

from gan.imaging.io.codec import decode, encode
from gan.imaging.io.formats import FORMATS, Encoding
from gan.imaging.io.xmp import MOST_TEXTS, read, read_rights

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    b' xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
    b' xmpRights:Marked="True" photoshop:City="Sesame Street">'
    b'<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">(c) Studio A &amp; B</rdf:li>'
    b'<rdf:li xml:lang="de">Alle Rechte &lt;hier&gt;</rdf:li></rdf:Alt></dc:rights>'
    b"<dc:creator><rdf:Seq><rdf:li>Ann</rdf:li><rdf:li>Bob</rdf:li></rdf:Seq></dc:creator>"
    b"<dc:subject><rdf:Bag><rdf:li>SKU-1</rdf:li></rdf:Bag></dc:subject>"
    b"<photoshop:Credit>Agency</photoshop:Credit>"
    b"</rdf:Description></rdf:RDF></x:xmpmeta>"
)
RIGHTS = {
    ("xmpRights:Marked", "", "True"),
    ("dc:rights", "x-default", "(c) Studio A & B"),
    ("dc:rights", "de", "Alle Rechte <hier>"),
    ("dc:creator", "", "Ann"),
    ("dc:creator", "", "Bob"),
    ("photoshop:Credit", "", "Agency"),
}


def saved(file_format: str, mode: str = "RGB", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.radial_gradient("L").resize((40, 30)).convert(mode).save(buffer, file_format, **options)
    return buffer.getvalue()


def iim(*entries: tuple[int, bytes]) -> bytes:
    return b"".join(b"\x1c\x02" + bytes([number]) + struct.pack(">H", len(text)) + text for number, text in entries)


def photoshop_segment(block: bytes) -> bytes:
    body = b"Photoshop 3.0\0" + b"8BIM" + struct.pack(">HH", 0x0404, 0) + struct.pack(">I", len(block)) + block
    body += bytes(len(block) % 2)
    return b"\xff\xed" + struct.pack(">H", len(body) + 2) + body


@pytest.mark.parametrize("source", ["JPEG", "PNG", "TIFF", "BMP"])
@pytest.mark.parametrize("file_format", ["jpeg", "png", "tiff"])
def test_resolution_is_kept(source: str, file_format: str) -> None:
    picture = decode(saved(source, dpi=(300, 150)))
    for bits in (None, 16) if file_format != "jpeg" else (None,):
        data = encode(picture, Encoding(file_format=file_format, bits=bits))
        assert Image.open(io.BytesIO(data)).info["dpi"] == pytest.approx((300, 150), abs=0.1)
        assert decode(data).dpi == pytest.approx((300, 150), abs=0.1)


@pytest.mark.parametrize("file_format", ["webp", "avif"])
def test_formats_without_a_field_hold_it_in_exif_on_request(file_format: str) -> None:
    picture = decode(saved("JPEG", dpi=(300, 300)))
    plain = encode(picture, Encoding(file_format=file_format))
    assert not Image.open(io.BytesIO(plain)).getexif()
    kept = Image.open(io.BytesIO(encode(picture, Encoding(file_format=file_format, keep_exif=True)))).getexif()
    assert (float(kept[282]), float(kept[283]), kept[296]) == (300, 300, 2)


def test_exif_is_kept_beside_it() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    picture = decode(saved("JPEG", dpi=(300, 300), exif=exif))
    for file_format in FORMATS:
        made = Image.open(io.BytesIO(encode(picture, Encoding(file_format=file_format, keep_exif=True))))
        assert made.getexif()[0x010F] == "Maker"


@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_no_resolution_where_none_was_told(source: str) -> None:
    picture = decode(saved(source))
    assert picture.dpi is None
    assert "dpi" not in Image.open(io.BytesIO(encode(picture, Encoding()))).info


@pytest.mark.parametrize("value", [(0, 0), (1, 1), (float("nan"), 300), (float("inf"), 300), ("a", "b"), (300,), 300])
def test_nonsense_is_no_resolution(value: Any) -> None:
    image = Image.new("RGB", (4, 4))
    image.info["dpi"] = value
    assert decode(image).dpi is None


@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("file_format", FORMATS)
def test_rights_are_kept_with_exif(source: str, file_format: str) -> None:
    if source == "PNG":
        from PIL.PngImagePlugin import PngInfo

        chunks = PngInfo()
        chunks.add_itxt("XML:com.adobe.xmp", XMP.decode())
        data = saved(source, pnginfo=chunks)
    elif source == "TIFF":
        data = saved(source, tiffinfo={700: XMP})
    else:
        data = saved(source, xmp=XMP)
    picture = decode(data)
    assert set(picture.rights) == RIGHTS
    assert decode(encode(picture, Encoding(file_format=file_format))).rights == ()
    kept = encode(picture, Encoding(file_format=file_format, keep_exif=True))
    assert set(decode(kept).rights) == RIGHTS
    assert b"SKU-1" not in kept
    assert b"Sesame" not in kept


def test_rights_stand_beside_the_history() -> None:
    from dataclasses import replace

    step = {"task": "enhance", "request": {"scale": 2}, "weights": {}}
    picture = replace(
        decode(saved("JPEG", xmp=XMP)), history=(step,), source_type="compositeWithTrainedAlgorithmicMedia"
    )
    again = decode(encode(picture, Encoding(keep_exif=True)))
    assert set(again.rights) == RIGHTS
    assert [dict(step) for step in again.history] == [step]
    assert again.source_type == picture.source_type


def test_rights_of_the_older_block() -> None:
    block = iim((116, "© Ätel".encode()), (80, b"Ann"), (90, b"Sesame Street"), (110, "Bür".encode("latin-1")))
    data = saved("JPEG")
    picture = decode(data[:2] + photoshop_segment(block) + data[2:])
    assert picture.rights == (
        ("dc:rights", "", "© Ätel"),
        ("dc:creator", "", "Ann"),
        ("photoshop:Credit", "", "Bür"),
    )
    assert set(decode(encode(picture, Encoding(file_format="jpeg", keep_exif=True))).rights) == {
        ("dc:rights", "x-default", "© Ätel"),
        ("dc:creator", "", "Ann"),
        ("photoshop:Credit", "", "Bür"),
    }


def test_the_packet_stands_above_the_older_block() -> None:
    found = read_rights(XMP, iim((116, b"other"), (115, b"Library")))
    assert set(found) == {*RIGHTS, ("photoshop:Source", "", "Library")}


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"no xml",
        XMP[:-20],
        b'<!DOCTYPE x [<!ENTITY e "boom">]>' + XMP,
        XMP.replace(b"(c) Studio", b"x" * 5000),
        "text",
        None,
    ],
)
def test_odd_packets_say_nothing_or_less(packet: object) -> None:
    found = read_rights(packet, b"\x1c\x02")
    assert not any(name == "dc:rights" and "Studio" in text for name, _, text in found)


def test_so_many_texts_are_kept() -> None:
    found = read_rights(None, iim(*((80, str(number).encode()) for number in range(500))))
    assert len(found) == MOST_TEXTS


def test_control_characters_do_not_break_the_packet() -> None:
    block = iim((116, b"a\x01b\x0bc"))
    data = saved("JPEG")
    picture = decode(data[:2] + photoshop_segment(block) + data[2:])
    made = encode(picture, Encoding(keep_exif=True))
    assert decode(made).rights == (("dc:rights", "x-default", "abc"),)
    packet = Image.open(io.BytesIO(made)).info["xmp"]
    assert re.search(rb"[\x00-\x08]", packet) is None
    assert read(packet) == ((), "")


def test_what_said_adobe_rgb_says_srgb_once_it_is() -> None:
    exif = Image.Exif()
    exif[34665] = {40961: 2}
    data = saved("JPEG", exif=exif)
    kept = Image.open(io.BytesIO(encode(decode(data), Encoding(file_format="jpeg", keep_exif=True)))).getexif()
    assert kept.get_ifd(34665)[40961] == 1
