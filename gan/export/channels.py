"""What each sales channel asks of a picture, as data: one TOML file each, and custom ones of the same form."""

from __future__ import annotations

import dataclasses
import functools
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from gan.core.errors import InputError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).with_name("channels")

NAMES: Final = ("amazon", "ebay", "google", "google-apparel", "shopify", "walmart", "etsy")

FORMAT_NAMES: Final = ("jpeg", "png", "webp", "avif", "tiff", "gif", "bmp", "heic")
"""What a file can be, of `gan.imaging.io.source.READABLE`, in the words of the channels' files."""

GROUNDS: Final = ("white", "any")

FORBIDDABLE: Final = ("text", "borders", "shadow", "enlarged", "frames", "cut-off", "transparency")
"""Things that a channel may forbid, each a rule of `gan.export.rules`."""

MOST_CHANNEL_BYTES = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Channel:
    """What a sales channel asks of a picture. None, "" or () where it says nothing.

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

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", self.name):
            raise _wrong(
                "name", self.name, "small letters, digits and hyphens are allowed, 40 at most", "Choose another name"
            )
        _check_choices("formats", self.formats, FORMAT_NAMES)
        _check_choices("ground", (self.ground,), GROUNDS)
        _check_choices("forbid", self.forbid, FORBIDDABLE)
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
        """What repair frames the product to; None where the channel says nothing of it."""
        if self.fill_wanted is not None:
            return self.fill_wanted
        if self.fill_least is None and self.fill_most is None:
            return None
        return ((self.fill_least or 0.1) + (self.fill_most or 1.0)) / 2

    def record(self) -> dict[str, Any]:
        """What `channel_of` makes the same channel of: JSON-ready, without what is not said."""
        values = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items() if value}


def channel_of(given: str | Path | Mapping[str, Any] | Channel) -> Channel:
    """A channel by its name, from a TOML file, or from the same values.

    Args:
        given: one of `NAMES`, the path of a TOML file, `Channel.record`'s values, or a channel.

    Raises:
        InputError: there is no such channel or file, or it says what no channel can say.
    """
    if isinstance(given, Channel):
        return given
    if isinstance(given, Mapping):
        return _built(given)
    if str(given) in NAMES:
        return CHANNELS[str(given)]
    path = Path(given)
    if path.suffix.lower() != ".toml" or not path.is_file():
        raise InputError(
            "channel",
            "{name} is neither a channel nor a file",
            "{known}, or the path of a TOML file, are allowed",
            "Choose one of these",
            name=str(given),
            known=", ".join(NAMES),
        )
    return _read(path)


def _read(path: Path) -> Channel:
    try:
        data = path.read_bytes()[: MOST_CHANNEL_BYTES + 1]
        if len(data) > MOST_CHANNEL_BYTES:
            raise ValueError("it is too long")
        values = tomllib.loads(data.decode("utf-8"))
    except (OSError, ValueError) as error:
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
                "{key} is no rule of a channel",
                "allowed are {known}",
                "Correct the name or leave it out",
                key=key,
                known=", ".join(known),
            )
        fits, expected = _KINDS[known[key].removesuffix(" | None")]
        if not fits(value):
            raise _wrong(key, value, expected, "Correct it")
    if "name" not in values:
        raise InputError("channel", "a channel without a name", "a name is needed", "Add one")
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
            raise _wrong(key, item, "allowed are {known}", "Choose among these", known=", ".join(known))


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


class _Channels(Mapping[str, Channel]):
    """The channels of `NAMES`, each read when it is first asked for."""

    def __getitem__(self, name: str) -> Channel:
        if name not in NAMES:
            raise KeyError(name)
        return _preset(name)

    def __iter__(self) -> Any:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)


@functools.cache
def _preset(name: str) -> Channel:
    return _read(FOLDER / f"{name}.toml")


CHANNELS: Final[Mapping[str, Channel]] = _Channels()
"""The channels that come with the package, by name, in the order in which they are offered."""
