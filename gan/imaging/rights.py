"""Whose picture it is: the properties of XMP and of IPTC's older block that say so, read, and written as XMP.

Nothing else of a foreign packet is kept: it may hold places, names of clients, or a history of edits. Property names
are those of the IPTC Photo Metadata Standard 2023.1.
"""

from __future__ import annotations

from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

Rights = tuple[tuple[str, str, str], ...]
"""(property, language, text); the language is empty where a property has none. Lists have an entry for each member."""

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

_MOST_BYTES = 2**20
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XML_LANG = "http://www.w3.org/XML/1998/namespace lang"
_DESCRIPTION = f"{_RDF} Description"
_NAMES = {f"{NAMESPACES[name.split(':')[0]]} {name.split(':')[1]}": name for name in FORMS}
_IPTC = {80: "dc:creator", 110: "photoshop:Credit", 115: "photoshop:Source", 116: "dc:rights"}
"""Data sets of record 2 (IPTC-NAA Information Interchange Model 4.2)."""


def read_rights(packet: object, iptc: object) -> Rights:
    """What an XMP packet and an IPTC block say; what the packet says of a property stands above the block.

    Anybody may have made either: what is damaged, has a document type or is too long says nothing.
    """
    try:
        found = _Reader(packet).found if isinstance(packet, bytes) and len(packet) <= _MOST_BYTES else []
    except Exception:  # the parser raises whatever the block leads to
        found = []
    known = {name for name, *_ in found}
    if isinstance(iptc, bytes) and len(iptc) <= _MOST_BYTES:
        found += [entry for entry in _iptc(iptc) if entry[0] not in known]
    fitting = [entry for entry in dict.fromkeys(found) if 0 < len(entry[2]) <= MOST_CHARACTERS]
    return tuple(fitting[:MOST_TEXTS])


def rights_xml(rights: Rights) -> str:
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
        if record == 2 and data_set in _IPTC:
            try:
                text = value.decode()
            except UnicodeDecodeError:
                text = value.decode("latin-1")
            found.append((_IPTC[data_set], "", text.strip("\0 ")))
    return found


class _Reader:
    """The known properties of the packet's descriptions: as elements, as arrays, or as attributes."""

    def __init__(self, packet: bytes) -> None:
        self.found: list[tuple[str, str, str]] = []
        self._path: list[str] = []
        self._text: list[str] = []
        self._language = ""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.StartDoctypeDeclHandler = self._refuse
        parser.Parse(packet.rstrip(b"\0"), True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        self._text.clear()
        if name == _DESCRIPTION and self._path.count(_DESCRIPTION) == 1:
            for attribute, value in attributes.items():
                if attribute in _NAMES:
                    self.found.append((_NAMES[attribute], "", value))
        if name == f"{_RDF} li":
            self._language = attributes.get(_XML_LANG, "")

    def _end(self, name: str) -> None:
        text = "".join(self._text).strip()
        if self._path.count(_DESCRIPTION) == 1:
            inside = self._path[self._path.index(_DESCRIPTION) + 1 :]
            if inside and inside[0] in _NAMES and text:
                if len(inside) == 3 and name == f"{_RDF} li":
                    self.found.append((_NAMES[inside[0]], self._language, text))
                elif len(inside) == 1:
                    self.found.append((_NAMES[name], "", text))
        self._path.pop()
        self._text.clear()

    def _refuse(self, *_: object) -> None:
        raise ValueError("a document type may define entities")
