"""XMP (ISO 16684-1): how a picture came to be and whose it is, written into its file and read from it again.

Two properties are written: `Iptc4xmpExt:DigitalSourceType` of the IPTC Photo Metadata Standard, which tells of pixels
that a network made, and the steps of this program as JSON; and, where asked for, the rights that the source's packet
held, as properties of the IPTC Photo Metadata Standard 2023.1. Of anybody else's packet nothing else is kept: it may
hold places, names of clients, or a history of edits. The same picture gives the same packet: it holds no time and
nothing random.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from gan.imaging.picture import History, Rights

MAX_BYTES: Final = 2**20
"""No packet of ours is longer, and none that is longer is read."""

MAX_JPEG_BYTES: Final = 65502
"""Payload of one JPEG segment beside its own header (ISO 16684-3, table 1)."""

PNG_KEYWORD: Final = "XML:com.adobe.xmp"
TIFF_TAG: Final = 700

STEPS_NAMESPACE: Final = "urn:packshot-studio:provenance:1/"
IPTC_NAMESPACE: Final = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
SOURCE_TYPES: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
"""The vocabulary of digital source types: https://cv.iptc.org/newscodes/digitalsourcetype/"""

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_META_NAMESPACE = "adobe:ns:meta/"

# Names as expat gives them: namespace, a blank, the name within.
_STEPS = f"{STEPS_NAMESPACE} Steps"
_SOURCE_TYPE = f"{IPTC_NAMESPACE} DigitalSourceType"
_RESOURCE = f"{_RDF} resource"
_DESCRIPTION = [f"{_META_NAMESPACE} xmpmeta", f"{_RDF} RDF", f"{_RDF} Description"]

_CODE = re.compile(r"https?://cv\.iptc\.org/newscodes/digitalsourcetype/([A-Za-z]{1,64})/?")

NAMESPACES: Final = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
}
FORMS: Final = {
    "dc:rights": "Alt",
    "dc:creator": "Seq",
    "xmpRights:Marked": "",
    "xmpRights:Owner": "Bag",
    "xmpRights:UsageTerms": "Alt",
    "xmpRights:WebStatement": "",
    "photoshop:Credit": "",
    "photoshop:Source": "",
    "photoshop:AuthorsPosition": "",
}
"""The properties that are kept, and which array each is."""

MOST_CHARACTERS: Final = 4000
"""Of one text; longer ones are left out."""
MOST_TEXTS: Final = 40

_XML_LANG = "http://www.w3.org/XML/1998/namespace lang"
_NAMES = {f"{NAMESPACES[name.split(':')[0]]} {name.split(':')[1]}": name for name in FORMS}
_IPTC_SETS = {80: "dc:creator", 110: "photoshop:Credit", 115: "photoshop:Source", 116: "dc:rights"}
"""Data sets of record 2 (IPTC-NAA Information Interchange Model 4.2)."""


def packet(history: History, source_type: str, *, rights: Rights = (), most_bytes: int = MAX_BYTES) -> bytes | None:
    """The XMP packet of a picture; None where there is nothing to tell.

    A history that does not fit is left out as a whole: a part of it would tell of another picture. Of paths that lead
    to a place on this machine only the last part is written.

    Args:
        history, source_type: as of `gan.imaging.picture.Picture`.
        rights: whose picture it is; left out as a whole where even they do not fit.
        most_bytes: that the format holds, `MAX_BYTES` at most.
    """
    for steps, owned in ((history, rights), ((), rights), ((), ())):
        if not steps and not source_type and not owned:
            return None
        written = _packet(steps, source_type, owned)
        if len(written) <= most_bytes:
            return written
    return None


def read(block: object) -> tuple[History, str]:
    """The history and the digital source type that a packet tells of, or `()` and `""`.

    A packet may be anybody's. One with a document type, and so one with entities, is ignored as a whole, as is one
    that is damaged or longer than `MAX_BYTES`; so is a history of which a single step is none.

    Args:
        block: the packet's bytes; what is no bytes is ignored too.
    """
    if not isinstance(block, bytes) or len(block) > MAX_BYTES:
        return (), ""
    try:
        found = _Properties(block).found
        history = _history(found.get(_STEPS, "[]"))
    except Exception:  # a block of anyone's making: the parsers raise whatever it leads to
        return (), ""
    code = _CODE.fullmatch(found.get(_SOURCE_TYPE, ""))
    return history, "" if code is None else code[1]


def read_rights(packet: object, iptc: object) -> Rights:
    """Read the rights from an XMP packet and an IPTC block; for each property the packet stands above the block.

    Anybody may have made either: what is damaged, has a document type or is too long says nothing.
    """
    try:
        found = _RightsProperties(packet).found if isinstance(packet, bytes) and len(packet) <= MAX_BYTES else []
    except Exception:  # the parser raises whatever the block leads to
        found = []
    known = {name for name, *_ in found}
    if isinstance(iptc, bytes) and len(iptc) <= MAX_BYTES:
        found += [entry for entry in _iptc(iptc) if entry[0] not in known]
    fitting = [entry for entry in dict.fromkeys(found) if 0 < len(entry[2]) <= MOST_CHARACTERS]
    return tuple(fitting[:MOST_TEXTS])


def _packet(history: History, source_type: str, rights: Rights) -> bytes:
    properties = ""
    if source_type:
        url = escape(SOURCE_TYPES + source_type)
        properties += f"<Iptc4xmpExt:DigitalSourceType>{url}</Iptc4xmpExt:DigitalSourceType>"
    if history:
        # In ASCII, as XML has no way to write the control characters that a file's name may hold.
        steps = json.dumps([_portable(step) for step in history], separators=(",", ":"))
        properties += f"<packshot:Steps>{escape(steps)}</packshot:Steps>"
    properties += _rights_xml(rights)
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="{_META_NAMESPACE}"><rdf:RDF xmlns:rdf="{_RDF}">'
        f'<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="{IPTC_NAMESPACE}" xmlns:packshot="{STEPS_NAMESPACE}">'
        f'{properties}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def _portable(step: Mapping[str, Any]) -> dict[str, Any]:
    """A step without the folders of this machine, which nobody else has and which may name people."""
    request = {name: _last_part(value) if isinstance(value, str) else value for name, value in step["request"].items()}
    weights = {_last_part(name): sha256 for name, sha256 in step["weights"].items()}
    return {"task": step["task"], "request": request, "weights": weights}


def _last_part(text: str) -> str:
    absolute = PurePosixPath(text).is_absolute() or PureWindowsPath(text).is_absolute()
    return PureWindowsPath(text).name if absolute else text


def _history(text: str) -> History:
    steps = json.loads(text)
    if not isinstance(steps, list):
        raise TypeError("a history is a list")
    return tuple(_step(step) for step in steps)


def _step(step: Any) -> dict[str, Any]:
    task, request, weights = step["task"], step["request"], step["weights"]
    strings = (task, *weights.values())
    if not isinstance(request, dict) or not all(isinstance(text, str) for text in strings):
        raise TypeError("a step has a task, a request and weights")
    return {"task": task, "request": request, "weights": weights}


def _rights_xml(rights: Rights) -> str:
    """The properties as elements of an `rdf:Description`, each with the namespace it needs."""
    parts = []
    for name in dict.fromkeys(name for name, *_ in rights):
        own = [(language, escape(_printable(text))) for other, language, text in rights if other == name]
        prefix = name.split(":")[0]
        form = FORMS[name]
        if form:
            items = ""
            for language, text in own:
                # An alternative needs a language, and one for everybody else.
                spoken = f" xml:lang={quoteattr(language or 'x-default')}" if form == "Alt" else ""
                items += f"<rdf:li{spoken}>{text}</rdf:li>"
            content = f"<rdf:{form}>{items}</rdf:{form}>"
        else:
            content = own[0][1]
        parts.append(f"<{name} xmlns:{prefix}={quoteattr(NAMESPACES[prefix])}>{content}</{name}>")
    return "".join(parts)


def _printable(text: str) -> str:
    """XML has no way to write other control characters."""
    return "".join(letter for letter in text if letter in "\t\n\r" or letter.isprintable() or letter == "\u3000")


def _iptc(block: bytes) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    position = 0
    while position + 5 <= len(block) and block[position] == 0x1C:
        record, data_set = block[position + 1], block[position + 2]
        length = int.from_bytes(block[position + 3 : position + 5], "big")
        if length & 0x8000:  # an extended length, which no text of these has
            break
        value = block[position + 5 : position + 5 + length]
        position += 5 + length
        if record == 2 and data_set in _IPTC_SETS:
            try:
                text = value.decode()
            except UnicodeDecodeError:
                text = value.decode("latin-1")
            found.append((_IPTC_SETS[data_set], "", text.strip("\0 ")))
    return found


class _Packet(ABC):
    """A packet's elements, walked with expat: `path` leads to the one at hand, `text` is what it holds so far.

    Raises:
        Exception: whatever a packet of anyone's making leads expat to; ValueError for a document type.
    """

    def __init__(self, block: bytes) -> None:
        self._path: list[str] = []
        self._text: list[str] = []
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.StartDoctypeDeclHandler = self._refuse
        parser.Parse(block.rstrip(b"\0"), True)

    @abstractmethod
    def _start(self, name: str, attributes: dict[str, str]) -> None: ...

    @abstractmethod
    def _end(self, name: str) -> None: ...

    def _refuse(self, *_: object) -> None:
        raise ValueError("a document type may define entities")


class _Properties(_Packet):
    """The two properties among those of the picture itself: what other pictures it was made of have may lie deeper.

    A property is an element's text, the resource that it points to, or an attribute of its description.
    """

    def __init__(self, block: bytes) -> None:
        self.found: dict[str, str] = {}
        super().__init__(block)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._in_description() and _RESOURCE in attributes:
            self._note(name, attributes[_RESOURCE])
        self._path.append(name)
        self._text.clear()
        if self._in_description():
            for attribute, value in attributes.items():
                self._note(attribute, value)

    def _end(self, name: str) -> None:
        self._path.pop()
        if self._in_description():
            self._note(name, "".join(self._text).strip())
        self._text.clear()

    def _in_description(self) -> bool:
        return self._path in (_DESCRIPTION, _DESCRIPTION[1:])

    def _note(self, name: str, value: str) -> None:
        if name in (_STEPS, _SOURCE_TYPE) and value:
            self.found.setdefault(name, value)


class _RightsProperties(_Packet):
    """The known properties of the packet's descriptions: as elements, as arrays, or as attributes."""

    def __init__(self, block: bytes) -> None:
        self.found: list[tuple[str, str, str]] = []
        self._language = ""
        super().__init__(block)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        self._text.clear()
        if name == _DESCRIPTION[-1] and self._path.count(_DESCRIPTION[-1]) == 1:
            for attribute, value in attributes.items():
                if attribute in _NAMES:
                    self.found.append((_NAMES[attribute], "", value))
        if name == f"{_RDF} li":
            self._language = attributes.get(_XML_LANG, "")

    def _end(self, name: str) -> None:
        text = "".join(self._text).strip()
        if self._path.count(_DESCRIPTION[-1]) == 1:
            inside = self._path[self._path.index(_DESCRIPTION[-1]) + 1 :]
            if inside and inside[0] in _NAMES and text:
                if len(inside) == 3 and name == f"{_RDF} li":
                    self.found.append((_NAMES[inside[0]], self._language, text))
                elif len(inside) == 1:
                    self.found.append((_NAMES[name], "", text))
        self._path.pop()
        self._text.clear()
