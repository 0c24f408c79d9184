"""What the Cut-out tab is asked, as its widgets hold it, and the requests that this makes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from gan.core.errors import InputError
from gan.cutout.pipeline import CutoutRequest
from gan.edit.background import TRANSPARENT, WHITE, Ground, ground_of, hex_color
from gan.edit.frame import FrameRequest
from gan.edit.recolor import RecolorRequest
from gan.edit.shadow import ShadowRequest
from gan.edit.white import WhiteRequest
from gan.imaging.io.codec import decode
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture

COLOR, PICTURE = "color", "picture"
"""What the choice of a ground holds besides `TRANSPARENT` and `WHITE`."""

CENTERED: Final = 0
"""The baseline's slider at its end: the product is centred."""

_SEPARATOR: Final = re.compile(r"[\s,;，；、]+")
_RGB: Final = re.compile(r"rgba?\(\s*([\d.]+)[\s,]+([\d.]+)[\s,]+([\d.]+)[^)]*\)")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is to be made of a cut-out; an edit that is not ticked is none.

    Attributes:
        ground: `TRANSPARENT`, `WHITE`, `COLOR` or `PICTURE`.
        color: of the ground.
        file: path of the ground's picture.
        recolor: whether the product gets other colours.
        colors: hex colours with commas or spaces between them.
        frame, shadow, white: whether these are made.
        baseline: `CENTERED`, or a share of the canvas's height.
    """

    ground: str = TRANSPARENT
    color: str = "#FFFFFF"
    file: str | None = None
    recolor: bool = False
    colors: str = ""
    strength: float = 1.0
    frame: bool = False
    fill: float = 0.85
    aspect: str = "1:1"
    width: float | None = 0
    height: float | None = 0
    baseline: float = CENTERED
    shadow: bool = False
    kind: str = "contact"
    angle: float = 45.0
    softness: float = 0.5
    opacity: float = 0.35
    length: float = 0.3
    white: bool = False
    keep_shadow: bool = False

    @property
    def edits(self) -> bool:
        return self.recolor or self.frame or self.shadow or self.white

    @property
    def on_paper(self) -> bool:
        """Whether the photograph's own ground stays, as paper that becomes white under the product's shadow."""
        return self.white and self.keep_shadow

    def same_ground(self, other: Settings) -> bool:
        """Whether the product comes to lie on the same; a colour or a file that is not chosen does not count."""

        def meant(wish: Settings) -> tuple[str, ...]:
            if wish.white:
                return (WHITE,)
            return wish.ground, {COLOR: hex_of(wish.color), PICTURE: wish.file or ""}.get(wish.ground, "")

        return meant(self) == meant(other)

    def read_ground(self) -> Ground:
        """What the product is laid on in the end.

        Raises:
            InputError: a colour that is none, no picture, or one that cannot be read.
        """
        if self.white or self.ground == WHITE:
            return WHITE
        if self.ground == COLOR:
            return ground_of(hex_of(self.color), field="ground")
        if self.ground == PICTURE:
            if self.file is None:
                raise InputError("ground", "none was given", "a picture is needed", "Choose a file, or another ground")
            return decode(self.file, field="ground")
        return TRANSPARENT

    def targets(self) -> tuple[str, ...]:
        """The colours to recolor to.

        Raises:
            InputError: there is none, or one that is no colour.
        """
        return colors_of(self.colors)

    def recolored(self, picture: Picture, mask: Mask | None, protect: Mask | None) -> RecolorRequest:
        return RecolorRequest(
            picture=picture, to=self.targets(), mask=mask, protect=protect, strength=float(self.strength)
        )

    def framed(self, picture: Picture, mask: Mask | None, ground: Ground | None) -> FrameRequest:
        return FrameRequest(
            picture=picture,
            fill=float(self.fill),
            aspect=self.aspect or "",
            width_px=int(self.width or 0),
            height_px=int(self.height or 0),
            baseline=None if self.baseline == CENTERED else float(self.baseline),
            ground=ground,
            mask=mask,
        )

    def shaded(self, picture: Picture, mask: Mask | None, ground: Ground | None) -> ShadowRequest:
        return ShadowRequest(
            picture=picture,
            kind=self.kind,
            angle_deg=float(self.angle),
            softness=float(self.softness),
            opacity=float(self.opacity),
            length=float(self.length),
            ground=ground,
            mask=mask,
        )

    def whitened(self, picture: Picture, mask: Mask | None) -> WhiteRequest:
        return WhiteRequest(picture=picture, mask=mask, keep_shadow=self.keep_shadow)

    def laid(self, picture: Picture, ground: Ground) -> CutoutRequest:
        return CutoutRequest(picture=picture, ground=ground)


def hex_of(text: str | None) -> str:
    """A colour as a picker gives it, "rgba(31, 111, 235, 1)" or "#1f6feb", as "#1F6FEB"; other texts as they are."""
    found = _RGB.fullmatch((text or "").strip())
    if found is None:
        return (text or "").strip()
    return "#" + "".join(f"{min(255, round(float(part))):02X}" for part in found.groups())


def colors_of(text: str, *, field: str = "to") -> tuple[str, ...]:
    """Several colours with commas, semicolons or spaces between them, each as "#RRGGBB" and only once.

    Raises:
        InputError: there is none, or one that is no colour.
    """
    names = [part for part in _SEPARATOR.split(text or "") if part]
    if not names:
        raise InputError(field, "none was given", "at least one color is needed", "Write one, such as #1F6FEB")
    return tuple(dict.fromkeys(_written(hex_color(name, field=field)) for name in names))


def swatches(text: str) -> list[str]:
    """What of a text that is being written are colours already."""
    return list(dict.fromkeys(color for part in _SEPARATOR.split(text or "") for color in _color(part)))


def _color(text: str) -> tuple[str, ...]:
    try:
        return (_written(hex_color(text)),)
    except InputError:
        return ()


def _written(rgb: Sequence[float]) -> str:
    return "#" + "".join(f"{round(255 * part):02X}" for part in rgb)


def of_page(values: Sequence[Any], names: Sequence[str]) -> Settings:
    """From what the widgets of those names hold."""
    return Settings(**dict(zip(names, values, strict=True)))
