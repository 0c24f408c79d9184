"""XMP (ISO 16684-1): how a picture came to be, written into its file and read from it again.

Two properties are written: `Iptc4xmpExt:DigitalSourceType` of the IPTC Photo Metadata Standard, which tells of pixels
that a network made, and the steps of this program as JSON. Of anybody else's packet only these two are looked at. The
same picture gives the same packet: it holds no time and nothing random.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Final
from xml.parsers import expat
from xml.sax.saxutils import escape

from gan.imaging.picture import History

MAX_BYTES: Final = 2**20
"""No packet of ours is longer, and none that is longer is read."""

MAX_JPEG_BYTES: Final = 65502
"""What one segment of a JPEG holds beside its own header (ISO 16684-3, table 1)."""

PNG_KEYWORD: Final = "XML:com.adobe.xmp"
TIFF_TAG: Final = 700

STEPS_NAMESPACE: Final = "urn:packshot-studio:provenance:1/"
IPTC_NAMESPACE: Final = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
SOURCE_TYPES: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
"""The vocabulary of digital source types: https://cv.iptc.org/newscodes/digitalsourcetype/"""

_RDF_NAMESPACE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_META_NAMESPACE = "adobe:ns:meta/"

# Names as expat gives them: namespace, a blank, the name within.
_STEPS = f"{STEPS_NAMESPACE} Steps"
_SOURCE_TYPE = f"{IPTC_NAMESPACE} DigitalSourceType"
_RESOURCE = f"{_RDF_NAMESPACE} resource"
_DESCRIPTION = [f"{_META_NAMESPACE} xmpmeta", f"{_RDF_NAMESPACE} RDF", f"{_RDF_NAMESPACE} Description"]

_CODE = re.compile(r"https?://cv\.iptc\.org/newscodes/digitalsourcetype/([A-Za-z]{1,64})/?")


def packet(history: History, source_type: str, *, most_bytes: int = MAX_BYTES) -> bytes | None:
    """The XMP packet of a picture; None where there is nothing to tell.

    A history that does not fit is left out as a whole: a part of it would tell of another picture. Of paths that lead
    to a place on this machine only the last part is written.

    Args:
        history, source_type: as of `gan.imaging.picture.Picture`.
        most_bytes: that the format holds, `MAX_BYTES` at most.
    """
    for steps in (history, ()):
        if not steps and not source_type:
            return None
        written = _packet(steps, source_type)
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


def _packet(history: History, source_type: str) -> bytes:
    properties = ""
    if source_type:
        url = escape(SOURCE_TYPES + source_type)
        properties += f"<Iptc4xmpExt:DigitalSourceType>{url}</Iptc4xmpExt:DigitalSourceType>"
    if history:
        # In ASCII, as XML has no way to write the control characters that a file's name may hold.
        steps = json.dumps([_portable(step) for step in history], separators=(",", ":"))
        properties += f"<packshot:Steps>{escape(steps)}</packshot:Steps>"
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="{_META_NAMESPACE}"><rdf:RDF xmlns:rdf="{_RDF_NAMESPACE}">'
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


class _Properties:
    """The two properties among those of the picture itself: what other pictures it was made of have may lie deeper.

    A property is an element's text, the resource that it points to, or an attribute of its description.
    """

    def __init__(self, block: bytes) -> None:
        self.found: dict[str, str] = {}
        self._path: list[str] = []
        self._text: list[str] = []
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.StartDoctypeDeclHandler = self._refuse
        parser.Parse(block.rstrip(b"\0"), True)

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

    def _refuse(self, *_: object) -> None:
        raise ValueError("a document type may define entities")
