"""Provenance in files: what is written is read again from every format, and what others wrote does no harm."""

from __future__ import annotations

import dataclasses
import io
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from gan.imaging.io import xmp
from gan.imaging.io.codec import Encoding, decode, encode
from gan.imaging.picture import GENERATED, PARTLY_GENERATED, History, Picture

PLACE = "Sesame Street 123"
STEPS: History = (
    {"task": "generate", "request": {"category": "chair", "seed": 7}, "weights": {"generate-catalogue": "ab" * 32}},
    {
        "task": "stylize",
        "request": {"styles": [{"picture": {"file": "a<b>&\x01\"'椅.webp"}, "weight": 0.1}]},
        "weights": {},
    },
)
WRITTEN = [("png", 8), ("png", 16), ("jpeg", 8), ("webp", 8), ("avif", 8), ("tiff", 8), ("tiff", 16)]

IPTC = 'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
OURS = 'xmlns:p="urn:packshot-studio:provenance:1/"'
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
URL = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def picture(*, alpha: bool = False, **fields: Any) -> Picture:
    generator = torch.Generator().manual_seed(0)
    rgb = torch.randint(0, 256, (1, 3, 20, 30), generator=generator) / 255
    return Picture(rgb, rgb[:, :1].clone() if alpha else None, **fields)


def marked(**fields: Any) -> Picture:
    return picture(history=STEPS, source_type=GENERATED, **fields)


def described(inner: str, attributes: str = "", before: str = "") -> bytes:
    description = f'<rdf:Description rdf:about="" {IPTC} {OURS} {attributes}>{inner}</rdf:Description>'
    return f'{before}<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {RDF}>{description}</rdf:RDF></x:xmpmeta>'.encode()


def steps(text: str) -> bytes:
    return described(f"<p:Steps>{text}</p:Steps>")


def in_png(block: bytes, chunk: str = xmp.PNG_KEYWORD) -> bytes:
    chunks, buffer = PngInfo(), io.BytesIO()
    chunks.add_itxt(chunk, block.decode())
    Image.new("RGB", (4, 4), "teal").save(buffer, "PNG", pnginfo=chunks)
    return buffer.getvalue()


@pytest.mark.parametrize(("file_format", "bits"), WRITTEN)
@pytest.mark.parametrize("alpha", [False, True])
def test_every_format_keeps_it(file_format: str, bits: int, alpha: bool) -> None:
    encoding = Encoding(file_format=file_format, bits=bits)
    read = decode(encode(marked(alpha=alpha), encoding))
    assert read.history == STEPS
    assert read.source_type == GENERATED
    assert (read.notices, read.exif, read.bits) == ((), None, bits)
    assert torch.equal(read.rgb, decode(encode(picture(alpha=alpha), encoding)).rgb)


@pytest.mark.parametrize(("file_format", "bits"), WRITTEN)
def test_beside_exif(file_format: str, bits: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Maker"
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.ISOSpeedRatings: 200}
    encoding = Encoding(file_format=file_format, bits=bits, keep_exif=True)
    read = decode(encode(marked(exif=exif.tobytes()), encoding))
    assert (read.history, read.source_type) == (STEPS, GENERATED)
    kept = Image.Exif()
    kept.load(read.exif or b"")
    assert kept[ExifTags.Base.Make] == "Maker"
    assert kept.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ISOSpeedRatings] == 200
    assert xmp.TIFF_TAG not in kept


@pytest.mark.parametrize(("file_format", "bits"), WRITTEN)
def test_where_there_is_nothing_to_tell_nothing_is_written(file_format: str, bits: int) -> None:
    data = encode(picture(), Encoding(file_format=file_format, bits=bits))
    assert b"xmpmeta" not in data
    assert "xmp" not in Image.open(io.BytesIO(data)).info


@pytest.mark.parametrize(("file_format", "bits"), WRITTEN)
def test_the_same_picture_is_the_same_file(file_format: str, bits: int) -> None:
    encoding = Encoding(file_format=file_format, bits=bits)
    first = encode(marked(), encoding)
    assert first == encode(marked(), encoding)
    if encoding.exact:
        again = decode(first)
        assert encode(again, encoding) == first


def test_any_reader_of_xml_finds_the_source_type() -> None:
    image = Image.open(io.BytesIO(encode(marked(), Encoding(file_format="jpeg"))))
    tree = ElementTree.fromstring(image.info["xmp"])
    found = tree.findall(".//{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType")
    assert [item.text for item in found] == [URL + "trainedAlgorithmicMedia"]
    assert image.info["xmp"].startswith(b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>')


# what does not fit


def long_history(most_bytes: int) -> History:
    """As long as a packet of so many bytes holds."""
    step = {"task": "enhance", "request": {"model": ""}, "weights": {}}
    empty = xmp.packet((step,), PARTLY_GENERATED)
    assert empty is not None
    return ({**step, "request": {"model": "x" * (most_bytes - len(empty))}},)


@pytest.mark.parametrize(("file_format", "most_bytes"), [("jpeg", 65502), ("png", 2**20), ("webp", 2**20)])
def test_a_history_that_does_not_fit_is_left_out_and_the_mark_stays(file_format: str, most_bytes: int) -> None:
    for excess in (0, 1):
        history = long_history(most_bytes + excess)
        told = picture(history=history, source_type=PARTLY_GENERATED)
        read = decode(encode(told, Encoding(file_format=file_format)))
        assert read.history == (() if excess else history)
        assert read.source_type == PARTLY_GENERATED


def test_a_history_alone_that_does_not_fit_leaves_nothing() -> None:
    data = encode(picture(history=long_history(70000)), Encoding(file_format="jpeg"))
    assert b"xmpmeta" not in data


# what is not for others


@pytest.mark.parametrize("path", ["/home/anna/models/x.pth", "C:\\Users\\anna\\x.pth", "\\\\anna\\share\\x.pth"])
def test_folders_of_this_machine_stay_here(path: str) -> None:
    history = ({"task": "enhance", "request": {"model": path, "scale": 4}, "weights": {path: "ab" * 32}},)
    data = encode(picture(history=history), Encoding())
    assert b"anna" not in data
    assert decode(data).history == (
        {"task": "enhance", "request": {"model": "x.pth", "scale": 4}, "weights": {"x.pth": "ab" * 32}},
    )


@pytest.mark.parametrize("name", ["owner/name", "models/x.pth", "16:9", "#ff0000", "a.cube"])
def test_other_texts_are_written_as_they_are(name: str) -> None:
    history = ({"task": "enhance", "request": {"model": name}, "weights": {name: "ab" * 32}},)
    assert decode(encode(picture(history=history), Encoding())).history == history


# what others wrote


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("form", ["element", "attribute", "resource", "bare", "later description"])
def test_every_way_to_write_a_source_type(form: str, scheme: str) -> None:
    url = f"{scheme}://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
    element = f"<Iptc4xmpExt:DigitalSourceType>\n {url} </Iptc4xmpExt:DigitalSourceType>"
    block = {
        "element": described(element),
        "attribute": described("", f'Iptc4xmpExt:DigitalSourceType="{url}"'),
        "resource": described(f'<Iptc4xmpExt:DigitalSourceType rdf:resource="{url}"/>'),
        "bare": f"<rdf:RDF {RDF}><rdf:Description {IPTC}>{element}</rdf:Description></rdf:RDF>\n\0".encode(),
        "later description": described(f"</rdf:Description><rdf:Description {IPTC}>{element}"),
    }[form]
    assert xmp.read(block) == ((), "digitalCapture")


@pytest.mark.parametrize(
    "inner",
    [
        "<Iptc4xmpExt:DigitalSourceType>trained&lt;script&gt;</Iptc4xmpExt:DigitalSourceType>",
        "<Iptc4xmpExt:DigitalSourceType>http://example.com/trainedAlgorithmicMedia</Iptc4xmpExt:DigitalSourceType>",
        f"<Iptc4xmpExt:DigitalSourceType>{URL}a/b</Iptc4xmpExt:DigitalSourceType>",
        f"<p:DigitalSourceType>{URL}digitalCapture</p:DigitalSourceType>",
        # of something that the picture was made of
        "<p:Pantry><rdf:Bag><rdf:li><rdf:Description>"
        f"<Iptc4xmpExt:DigitalSourceType>{URL}digitalCapture</Iptc4xmpExt:DigitalSourceType>"
        "</rdf:Description></rdf:li></rdf:Bag></p:Pantry>",
    ],
)
def test_what_is_no_source_type_of_the_picture(inner: str) -> None:
    assert xmp.read(described(inner)) == ((), "")


def test_of_a_foreign_packet_nothing_else_is_kept() -> None:
    block = described(
        f"<Iptc4xmpExt:DigitalSourceType>{URL}digitalCapture</Iptc4xmpExt:DigitalSourceType><p:City>{PLACE}</p:City>",
        f'p:Creator="{PLACE}"',
    )
    data = in_png(block)
    read = decode(data)
    assert PLACE.encode() in data
    assert read.source_type == "digitalCapture"
    assert PLACE.encode() not in encode(read, Encoding())


BOMB = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"\0\0\0",
        b"no XML at all",
        b"<?xml version='1.0' encoding='no such'?><a/>",
        b"\xff\xfe\x00",
        described("<p:Steps>[]</p:Steps>")[:-9],
        described("<p:Steps>&nosuch;</p:Steps>"),
        described(f"<Iptc4xmpExt:DigitalSourceType>{URL}&i;</Iptc4xmpExt:DigitalSourceType>", before=BOMB + "]>"),
        described(
            f"<Iptc4xmpExt:DigitalSourceType>{URL}digitalCapture</Iptc4xmpExt:DigitalSourceType>",
            before='<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        ),
        b"<a>" * 100_000,
        described("<p:Steps>[]</p:Steps>" + " " * xmp.MAX_BYTES),
        "a text",
        (1, 2),
        None,
    ],
)
def test_damaged_and_hostile_packets_are_ignored(block: object) -> None:
    assert xmp.read(block) == ((), "")


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        "null",
        "[null]",
        "[[]]",
        "[{}]",
        '[{"task": 1, "request": {}, "weights": {}}]',
        '[{"task": "enhance", "request": [], "weights": {}}]',
        '[{"task": "enhance", "request": {}, "weights": []}]',
        '[{"task": "enhance", "request": {}, "weights": {"a": 1}}]',
        '[{"task": "enhance", "request": {}, "weights": {}}, 5]',
        "[" * 100_000,
        "[" + "9" * 5000 + "]",
    ],
)
def test_a_history_that_is_none_is_ignored(text: str) -> None:
    assert xmp.read(steps(text)) == ((), "")


def test_of_a_step_only_what_belongs_to_it_is_kept() -> None:
    text = '[{"task": "enhance", "request": {"scale": 2}, "weights": {"m": "ab"}, "place": "here"}]'
    assert xmp.read(steps(text))[0] == ({"task": "enhance", "request": {"scale": 2}, "weights": {"m": "ab"}},)


def test_a_damaged_packet_leaves_the_picture_alone() -> None:
    read = decode(in_png(steps("{")))
    assert (read.history, read.source_type, read.notices) == ((), "", ())
    assert read.width_px == 4


def test_a_copy_of_pillows_keeps_the_mark_and_no_history() -> None:
    opened = Image.open(io.BytesIO(encode(marked(), Encoding(file_format="jpeg"))))
    assert decode(opened).history == STEPS
    smaller = decode(opened.resize((10, 10)))
    assert (smaller.history, smaller.source_type) == ((), GENERATED)


def test_what_is_generated_as_a_whole_stays_that() -> None:
    whole = picture(source_type=GENERATED)
    assert whole.with_source(PARTLY_GENERATED) is whole
    for before in ("", "digitalCapture", PARTLY_GENERATED):
        assert picture(source_type=before).with_source(PARTLY_GENERATED).source_type == PARTLY_GENERATED
    assert dataclasses.replace(whole, name="b.png").with_pixels(whole.rgb, None).source_type == GENERATED
