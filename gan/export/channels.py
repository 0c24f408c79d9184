"""Requirements of each sales channel, as data: one TOML file each, and custom ones of the same form."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final

from pydantic import InstanceOf, ValidationInfo, WrapValidator
from pydantic_core.core_schema import ValidatorFunctionWrapHandler

from gan.core.errors import InputError, wrong_type
from gan.core.reader import READER, Reader
from gan.export.filenames import LETTERS, check_pattern, check_safe

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).with_name("channels")

FORMAT_NAMES: Final = ("jpeg", "png", "webp", "avif", "tiff", "gif", "bmp", "heic", "jpeg2000", "jxl")
"""File formats, of `gan.imaging.io.formats`, READABLE and READ_APART, as named in the channels' files."""

GROUNDS: Final = ("white", "any")

FORBIDDABLE: Final = ("text", "borders", "shadow", "enlarged", "frames", "cut-off", "transparency")
"""Things that a channel may forbid, each a rule of `gan.export.rules`."""

MOST_CHANNEL_BYTES = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Channel:
    """Requirements of a sales channel. None, "" or () where it does not specify any.

    Attributes:
        name: as on the command line.
        title: as people call it.
        source: address of the page where the channel publishes this.
        checked: the day on which the numbers were compared with it, YYYY-MM-DD.
        longest_least_px, longest_most_px: allowed length of the longer side.
        longest_wanted_px: recommended least length of the longer side; less is a warning.
        shortest_least_px, shortest_wanted_px: the same of the shorter side.
        megapixels_most: width times height, in millions.
        bytes_most: size of the file; where a channel says MB, a million bytes are taken, the stricter reading.
        formats: of `FORMAT_NAMES`; the first that can be written is what repair writes.
        quality_least: of JPEG files, 1 to 100 on the scale of the Independent JPEG Group.
        ground: "white" where only 255/255/255 is allowed.
        fill_least, fill_most: allowed share of the frame that the product takes: the larger of its width over the
            frame's and its height over the frame's, 0 to 1.
        fill_wanted: what repair frames to; by default the middle of what is allowed.
        aspect: width to height that is wanted, such as "1:1"; what repair makes of a frame that has to change.
        aspect_required: whether another aspect fails, and is no mere warning.
        forbid: of `FORBIDDABLE`.
        srgb: whether colours have to be sRGB.
        generated_mark: whether generated pictures have to carry IPTC's digital source type.
        names: pattern of the names that it takes, as of `gan.export.filenames`; empty for SKU_1, SKU_2.
        name_letters: of `gan.export.filenames.LETTERS`: what its names may have; empty for every safe letter.
        slots: what it calls the pictures of a product, the main one first; empty for 1, 2, 3.
        second_hand: whether the source is not the channel itself.
        order: place in the list of the channels that come with the package, the lowest first; no requirement.

    Raises:
        InputError: a value that contradicts another or is outside what is said here.
    """

    name: str
    title: str = ""
    source: str = ""
    checked: str = ""
    longest_least_px: int | None = None
    longest_wanted_px: int | None = None
    longest_most_px: int | None = None
    shortest_least_px: int | None = None
    shortest_wanted_px: int | None = None
    megapixels_most: float | None = None
    bytes_most: int | None = None
    formats: tuple[str, ...] = ()
    quality_least: int | None = None
    ground: str = "any"
    fill_least: float | None = None
    fill_most: float | None = None
    fill_wanted: float | None = None
    aspect: str = ""
    aspect_required: bool = False
    forbid: tuple[str, ...] = ()
    srgb: bool = False
    generated_mark: bool = False
    names: str = ""
    name_letters: str = ""
    slots: tuple[str, ...] = ()
    second_hand: bool = False
    order: int = dataclasses.field(default=1000, compare=False)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", self.name):
            raise _wrong(
                "name",
                self.name,
                "lowercase letters, digits and hyphens are allowed, 40 at most",
                "Choose another name",
            )
        _check_choices("formats", self.formats, FORMAT_NAMES)
        _check_choices("ground", (self.ground,), GROUNDS)
        _check_choices("forbid", self.forbid, FORBIDDABLE)
        _check_choices("name_letters", (self.name_letters,), ("", *LETTERS))
        if self.names:
            check_pattern(self.names, "channel")
        for slot in self.slots:
            check_safe(slot, "channel", folders=False)
        _check_order("longest", self.longest_least_px, self.longest_wanted_px, self.longest_most_px)
        _check_order("shortest", self.shortest_least_px, self.shortest_wanted_px, None)
        _check_order("fill", self.fill_least, self.fill_wanted, self.fill_most)
        for key, most in _MOST.items():
            value = getattr(self, key)
            if value is not None and not 0 < value <= most:
                raise _wrong(key, value, "a number above 0 and up to {most} is allowed", "Correct it", most=most)
        if self.aspect and self.aspect_ratio is None:
            raise _wrong("aspect", self.aspect, "width:height is expected, such as 1:1", "Correct it")
        if self.checked and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", self.checked):
            raise _wrong("checked", self.checked, "a date such as 2026-11-22 is expected", "Correct it")

    @property
    def aspect_ratio(self) -> tuple[float, float] | None:
        """Width and height of `aspect`; None where it is empty, or no aspect within 1:4 and 4:1."""
        found = re.fullmatch(r"(\d{1,5}(?:\.\d+)?):(\d{1,5}(?:\.\d+)?)", self.aspect)
        width, height = (float(part) for part in found.groups()) if found else (0.0, 0.0)
        return (width, height) if width > 0 and height > 0 and 0.25 <= width / height <= 4 else None

    @property
    def fill_target(self) -> float | None:
        """Share of the frame that autofix scales the product to; None if the channel does not specify any."""
        if self.fill_wanted is not None:
            return self.fill_wanted
        if self.fill_least is None and self.fill_most is None:
            return None
        return ((self.fill_least or 0.1) + (self.fill_most or 1.0)) / 2

    def record(self) -> dict[str, Any]:
        """JSON-ready values from which `channel_of` makes the same channel, without those not specified."""
        values = {item.name: getattr(self, item.name) for item in dataclasses.fields(self) if item.compare}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items() if value}


def channel_of(given: str | Path | Mapping[str, Any] | Channel) -> Channel:
    """A channel by its name, from a TOML file, or from the same values.

    Args:
        given: a name in `CHANNELS`, the path of a TOML file, `Channel.record`'s values, or a channel.

    Raises:
        InputError: there is no such channel or file, or it says what no channel can say.
    """
    if isinstance(given, Channel):
        return given
    if isinstance(given, Mapping):
        return _built(given)
    if str(given) in CHANNELS:
        return CHANNELS[str(given)]
    path = Path(given)
    if path.suffix.lower() != ".toml" or not path.is_file():
        raise InputError(
            "channel",
            "{name} is neither a channel nor a file",
            "{known}, or the path of a TOML file, are allowed",
            "Choose one of these",
            name=str(given),
            known=", ".join(CHANNELS),
        )
    return _read(path)


def _channel(value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    """A text is a channel's name, and a path only where the surface opens files by name."""
    reader: Reader | None = (info.context or {}).get(READER)
    if isinstance(value, Channel):
        return value
    if isinstance(value, Mapping) or (reader is not None and reader.opens_texts):
        return channel_of(value)
    if isinstance(value, str) and value in CHANNELS:
        return CHANNELS[value]
    if isinstance(value, str) or reader is not None:
        raise wrong_type(info.field_name or "channel", value, ", ".join(CHANNELS))
    return handler(value)


ChannelFile = Annotated[InstanceOf[Channel], WrapValidator(_channel)]
"""The field of a request that holds a channel."""


def _read(path: Path) -> Channel:
    try:
        data = path.read_bytes()[: MOST_CHANNEL_BYTES + 1]
        if len(data) > MOST_CHANNEL_BYTES:
            raise ValueError("it is too long")
        values = tomllib.loads(data.decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # a value nested a thousand deep
        raise InputError(
            "channel",
            "{name} cannot be read: {reason}",
            "a TOML file of a channel is expected",
            "Correct the file",
            name=path.name,
            reason=str(error),
        ) from error
    return _built({"name": path.stem.lower(), **values})


def _built(values: Mapping[str, Any]) -> Channel:
    known = {item.name: str(item.type) for item in dataclasses.fields(Channel)}
    for key, value in values.items():
        if key not in known:
            raise InputError(
                "channel",
                "{key} is not a rule of a channel",
                "{known} are allowed",
                "Correct the name or remove it",
                key=key,
                known=", ".join(known),
            )
        fits, expected = _KINDS[known[key].removesuffix(" | None")]
        if not fits(value):
            raise _wrong(key, value, expected, "Correct it")
    if "name" not in values:
        raise InputError("channel", "the channel has no name", "a name is needed", "Add one")
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    return Channel(**fields)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 400 and value.isprintable()


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_KINDS: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = MappingProxyType(
    {
        "str": (_is_text, "a short text is expected"),
        "int": (lambda value: isinstance(value, int) and not isinstance(value, bool), "a whole number is expected"),
        "float": (_is_number, "a number is expected"),
        "bool": (lambda value: isinstance(value, bool), "true or false is expected"),
        "tuple[str, ...]": (
            lambda value: isinstance(value, (list, tuple)) and all(_is_text(item) for item in value),
            "a list of texts is expected",
        ),
    }
)
"""By a field's type, as it is written above: what fits, and what is said where it does not."""

_MOST: Final = MappingProxyType(
    {
        **dict.fromkeys(("longest_least_px", "longest_wanted_px", "longest_most_px"), 65500),
        **dict.fromkeys(("shortest_least_px", "shortest_wanted_px"), 65500),
        "megapixels_most": 100_000,
        "bytes_most": 10**10,
        "quality_least": 100,
        **dict.fromkeys(("fill_least", "fill_most", "fill_wanted"), 1),
    }
)


def _check_choices(key: str, given: tuple[str, ...], known: tuple[str, ...]) -> None:
    for item in given:
        if item not in known:
            raise _wrong(key, item, "{known} are allowed", "Choose among these", known=", ".join(known))


def _check_order(key: str, *values: float | None) -> None:
    said = [value for value in values if value is not None]
    if said != sorted(said):
        raise _wrong(
            key,
            ", ".join(f"{value:g}" for value in said),
            "least, wanted and most are expected in this order",
            "Correct them",
        )


def _wrong(key: str, value: object, allowed: str, remedy: str, **values: object) -> InputError:
    return InputError("channel", "{key} = {value}", allowed, remedy, key=key, value=str(value)[:80], **values)


def _shipped() -> dict[str, Channel]:
    found = (_read(path) for path in FOLDER.glob("*.toml"))
    return {channel.name: channel for channel in sorted(found, key=lambda channel: (channel.order, channel.name))}


CHANNELS: Final[Mapping[str, Channel]] = MappingProxyType(_shipped())
"""The channels that come with the package, one for each TOML file in `FOLDER`, in the order in which they are offered.
Whatever lists channels reads this: a further file there is a further channel on every surface."""
