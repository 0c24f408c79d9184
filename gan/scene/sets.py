"""Sets as data: floor, walls, podiums, camera and key light of a scene, one TOML file each, and custom ones."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import InstanceOf, ValidationInfo, WrapValidator
from pydantic_core.core_schema import ValidatorFunctionWrapHandler

from gan.core.errors import InputError, wrong_type
from gan.core.option import Option, Options
from gan.core.reader import READER, Reader
from gan.edit.background import hex_color
from gan.scene.materials import MATERIALS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER: Final = Path(__file__).with_name("sets")
MOST_BYTES: Final = 32 * 1024

Theme = Literal["studio", "podium", "table", "shelf", "room", "outdoors"]
Stage = Literal["sweep", "corner", "table", "shelf", "room", "steps", "open"]
Pattern = Literal["none", "window", "blinds", "leaves"]
Season = Literal["spring", "summer", "autumn", "winter"]
SEASONS: Final[tuple[str, ...]] = get_args(Season)


class Surface(Options):
    """A material and how it is laid."""

    material: Annotated[str, Option("of `gan.scene.materials`")] = "paper"
    color: Annotated[str, Option("its main color, #RRGGBB")] = "#E8E4DE"
    second: Annotated[str, Option("of veins, joints, late wood; empty for a darker main color")] = ""
    count: Annotated[int, Option("boards, tiles or stones side by side in a tile", ge=1, le=64)] = 4
    scale: Annotated[float, Option("side of a tile, in frames' shorter sides", ge=0.1, le=60)] = 1.5
    turned: Annotated[bool, Option("boards run away from the camera")] = False
    gloss: Annotated[float, Option("how clearly it mirrors", ge=0, le=1)] = 0.0
    relief: Annotated[float, Option("how strongly light models it", ge=0, le=4)] = 1.0

    def model_post_init(self, _context: Any) -> None:
        if self.material not in MATERIALS:
            raise _wrong("material", self.material, ", ".join(MATERIALS))
        for color in (self.color, *([self.second] if self.second else [])):
            hex_color(color, field="set")


class Podium(Options):
    """A cylinder or box on the floor; the product stands on the first one if it is `under` it."""

    shape: Annotated[Literal["cylinder", "box"], Option("of its base")] = "cylinder"
    width: Annotated[float, Option("diameter, or width and depth", ge=0.02, le=3)] = 0.7
    height: Annotated[float, Option("above the floor", ge=0.005, le=2)] = 0.12
    across: Annotated[float, Option("of its middle, from the product's to the right", ge=-2, le=2)] = 0.0
    behind: Annotated[float, Option("of its middle, from the product's away from the camera", ge=-0.5, le=3)] = 0.0
    under: Annotated[bool, Option("the product stands on it, and it is as wide as that needs")] = False
    surface: Surface = Surface()


class Key(Options):
    """The main light."""

    azimuth_deg: Annotated[
        float, Option("0 from the camera, 90 from the right, 180 from behind", ge=-180, le=180)
    ] = -45
    elevation_deg: Annotated[float, Option("above the horizon", ge=8, le=88)] = 45.0
    softness: Annotated[float, Option("0 the sun, 1 a large softbox", ge=0, le=1)] = 0.5
    warmth: Annotated[float, Option("-1 blue, 1 amber", ge=-1, le=1)] = 0.0
    strength: Annotated[float, Option("share of the key in all light", ge=0, le=1)] = 0.6
    falloff: Annotated[float, Option("how much darker it is away from the light", ge=0, le=1)] = 0.3
    pattern: Annotated[Pattern, Option("that it shines through")] = "none"


class SceneSet(Options):
    """A set: a stage with its materials, the camera and the light. Lengths are in frames' shorter sides.

    Raises:
        InputError: a value that no set has.
    """

    name: Annotated[str, Option("as on the command line")] = "own"
    title: Annotated[str, Option("as people call it")] = ""
    theme: Annotated[Theme, Option("the group in which it is offered")] = "studio"
    stage: Annotated[Stage, Option("its form")] = "sweep"
    floor: Surface = Surface()
    wall: Surface = Surface()
    edge: Annotated[Surface | None, Option("of a table's or shelf's front, a step's riser or a skirting")] = None
    distance: Annotated[float, Option("of the wall behind the product", ge=0.05, le=30)] = 0.9
    bend: Annotated[float, Option("radius of a sweep", ge=0, le=3)] = 0.45
    thickness: Annotated[float, Option("of a table or shelf; height of a step or skirting", ge=0.005, le=1)] = 0.07
    podiums: Annotated[tuple[Podium, ...], Option("from the front to the back", many=True)] = ()
    elevation_deg: Annotated[float, Option("how steeply the camera looks at the product's foot", ge=3, le=45)] = 12.0
    lens: Annotated[float, Option("focal length in shorter sides of the frame", ge=0.7, le=8)] = 2.6
    fill: Annotated[float, Option("share of the frame that the product takes", ge=0.1, le=0.95)] = 0.58
    baseline: Annotated[float, Option("how far down the frame the product stands", ge=0.3, le=0.98)] = 0.82
    key: Key = Key()
    ambient_warmth: Annotated[float, Option("of the light that is no key", ge=-1, le=1)] = 0.0
    exposure: Annotated[float, Option("brightness of the whole", ge=0.4, le=2)] = 1.0
    focus: Annotated[float, Option("how blurred what is behind the product is", ge=0, le=1)] = 0.25
    palette: Annotated[Mapping[str, Mapping[str, str]], Option("by season, colors of floor, wall and podium")] = {}

    def model_post_init(self, _context: Any) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", self.name):
            raise _wrong("name", self.name, "lowercase letters, digits and hyphens, 40 at most")
        for season, colors in self.palette.items():
            if season not in SEASONS:
                raise _wrong("palette", season, ", ".join(SEASONS))
            for part, color in colors.items():
                if part not in _PARTS:
                    raise _wrong(f"palette.{season}", part, ", ".join(_PARTS))
                hex_color(color, field="set")
        if sum(podium.under for podium in self.podiums) > 1:
            raise _wrong("podiums", "several under the product", "one at most")

    def in_season(self, season: str | None) -> SceneSet:
        """The set with a season's colors; seasons that it has no palette for change its light alone."""
        if season is None:
            return self
        colors = self.palette.get(season, {})
        changes: dict[str, Any] = {
            part: getattr(self, part).replaced(color=colors[part], second="")
            for part in ("floor", "wall")
            if part in colors
        }
        if "podium" in colors:
            changes["podiums"] = tuple(
                each.replaced(surface=each.surface.replaced(color=colors["podium"], second="")) for each in self.podiums
            )
        if not colors:
            warmth = max(-1.0, min(1.0, self.key.warmth + _SEASON_WARMTH[season]))
            changes["key"] = self.key.replaced(warmth=warmth)
        return self.replaced(**changes)

    def record(self) -> dict[str, Any]:
        """JSON-ready values from which `set_of` makes the same set."""
        return self.model_dump(mode="json")


_PARTS: Final = ("floor", "wall", "podium")
_SEASON_WARMTH: Final[Mapping[str, float]] = {"spring": 0.05, "summer": 0.2, "autumn": 0.35, "winter": -0.3}


def set_of(given: str | Path | Mapping[str, Any] | SceneSet) -> SceneSet:
    """A set by its name, from a TOML file, or from the same values.

    Raises:
        InputError: there is no such set or file, or it says what no set can say.
    """
    if isinstance(given, SceneSet):
        return given
    if isinstance(given, Mapping):
        return SceneSet._validated(given, {})
    if str(given) in SETS:
        return SETS[str(given)]
    path = Path(given)
    if path.suffix.lower() != ".toml" or not path.is_file():
        raise InputError(
            "set",
            "{name} is neither a set nor a file",
            "{known}, or the path of a TOML file, are allowed",
            "Choose one of these",
            name=str(given),
            known=", ".join(SETS),
        )
    return read_set(path)


def read_set(path: Path) -> SceneSet:
    """A set from a TOML file; its name is the file's unless it says another.

    Raises:
        InputError: it cannot be read, or says what no set can say.
    """
    try:
        data = path.read_bytes()[: MOST_BYTES + 1]
        if len(data) > MOST_BYTES:
            raise ValueError("it is too long")
        values = tomllib.loads(data.decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            "set",
            "{name} cannot be read: {reason}",
            "a TOML file of a set is expected",
            "Correct the file",
            name=path.name,
            reason=str(error),
        ) from error
    name = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:40] or "own"
    return SceneSet._validated({"name": name, **values}, {})


def _set(value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    """A text is a set's name, and a path only where the surface opens files by name."""
    reader: Reader | None = (info.context or {}).get(READER)
    if isinstance(value, SceneSet):
        return value
    if isinstance(value, str) and value in SETS:
        return SETS[value]
    if isinstance(value, (Mapping, Path)) or (reader is not None and reader.opens_texts):
        return set_of(value)
    if isinstance(value, str) or reader is not None:
        raise wrong_type(info.field_name or "set", value, ", ".join(SETS))
    return handler(value)


SetFile = Annotated[InstanceOf[SceneSet], WrapValidator(_set)]
"""The field of a request that holds a set."""


def thumbnail(name: str) -> Path:
    """Path of a shipped set's picture, made by `examples/draw_sets.py`."""
    return FOLDER / f"{name}.webp"


class _Sets(Mapping[str, SceneSet]):
    """The sets that come with the package, theme by theme, each read when it is first asked for."""

    def __getitem__(self, name: str) -> SceneSet:
        if name not in NAMES:
            raise KeyError(name)
        return _shipped(name)

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)

    def __contains__(self, name: object) -> bool:
        return name in NAMES


@functools.cache
def _shipped(name: str) -> SceneSet:
    return read_set(FOLDER / f"{name}.toml")


def _wrong(key: str, value: object, allowed: str) -> InputError:
    return InputError(
        "set",
        "{key} = {value}",
        "{allowed} are allowed",
        "Correct it",
        key=key,
        value=str(value)[:80],
        allowed=allowed,
    )


NAMES: Final[tuple[str, ...]] = (
    "white-sweep",
    "sand-paper",
    "sage-paper",
    "blush-paper",
    "graphite-sweep",
    "terrazzo-podium",
    "plaster-podium",
    "color-steps",
    "marble-plinth",
    "oak-table",
    "walnut-linen",
    "marble-table",
    "linen-table",
    "concrete-table",
    "granite-counter",
    "kitchen-tile",
    "oak-shelf",
    "white-shelf",
    "stone-shelf",
    "parquet-room",
    "plank-room",
    "window-room",
    "concrete-loft",
    "terrace",
    "beach",
    "lawn",
    "garden-table",
    "rattan-table",
)
"""In the order in which they are offered."""

SETS: Final[Mapping[str, SceneSet]] = _Sets()
"""By name."""
