"""What a cut-out product is laid on: nothing, white, a color, or another picture."""

from __future__ import annotations

import re
from pathlib import Path

import torch
from PIL import Image, ImageColor
from torch import Tensor

from gan.core.errors import InputError
from gan.imaging.io.codec import decode
from gan.imaging.matting import foreground
from gan.imaging.picture import Picture
from gan.imaging.resize import resize
from gan.imaging.row_chunks import bands

TRANSPARENT, WHITE = "transparent", "white"

Ground = str | Picture
"""`TRANSPARENT`, `WHITE`, a color as `hex_color` reads it, or a picture that covers the whole ground."""

_HEX = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{3})", re.IGNORECASE)


def hex_color(text: str, *, field: str = "color") -> tuple[float, float, float]:
    """Red, green and blue in [0, 1] of "#RRGGBB", "RRGGBB", "#RGB" or "RGB".

    Raises:
        InputError: it is none of these.
    """
    found = _HEX.fullmatch(text.strip())
    if found is None:
        raise InputError(
            field,
            "{color}",
            "a hex color such as #1F6FEB is allowed",
            "Write it as # and six digits",
            color=text,
        )
    red, green, blue = ImageColor.getrgb(f"#{found[1]}")[:3]
    return red / 255, green / 255, blue / 255


def check_ground(ground: Ground, *, field: str = "ground") -> None:
    """Raise `InputError` for a text that is neither `TRANSPARENT`, nor `WHITE`, nor a hex color."""
    if isinstance(ground, Picture) or ground in (TRANSPARENT, WHITE) or _HEX.fullmatch(ground.strip()):
        return
    raise InputError(
        field,
        "{ground}",
        "transparent, white, a hex color such as #F2F2F2, or a picture's file is allowed",
        "Choose one of these",
        ground=ground,
    )


def ground_of(value: str | Path | bytes | Image.Image | Picture, *, field: str = "ground") -> Ground:
    """The ground that a user names.

    A word or a color wins over a file of that name. Texts that come over the network must not reach this function,
    because it opens files: `check_ground` is for those.

    Args:
        value: "transparent", "white", a color as `hex_color` reads it, or a picture: a file's path or content, an
            image of Pillow's, or a `Picture`.
        field: which input this is, in the words of the command line, for the error.

    Returns:
        A color is written "#RRGGBB".

    Raises:
        InputError: a text that is none of these, or as of `gan.imaging.io.codec.decode`.
    """
    if isinstance(value, Picture):
        return value
    if not isinstance(value, str):
        return decode(value, field=field)
    word = value.strip().lower()
    if word in (TRANSPARENT, WHITE):
        return word
    if _HEX.fullmatch(word):
        return "#" + "".join(f"{round(255 * part):02X}" for part in hex_color(word))
    if Path(value).is_file():
        return decode(Path(value), field=field)
    check_ground(value, field=field)
    return value


def laid_on(picture: Picture, alpha: Tensor, ground: Ground, *, rgb: Tensor | None = None) -> Picture:
    """A product on another ground.

    Where alpha is 1 a pixel is the product's own, where it is 0 the ground's, both to the last bit: white stays 255.
    A picture as ground is scaled until it covers the frame and cropped evenly; where it is transparent itself, white
    shows through.

    Args:
        picture: H x W pixels; gives name, depth and EXIF.
        alpha: (1, 1, H, W) in [0, 1], the product's coverage.
        ground: what it is laid on.
        rgb: (1, 3, H, W) in [0, 1], the product's own colors; by default `foreground` finds them.

    Returns:
        H x W pixels, without transparency unless the ground is `TRANSPARENT`.

    Raises:
        InputError: as of `check_ground`.
    """
    check_ground(ground)
    own = foreground(picture.rgb, alpha) if rgb is None else rgb
    if ground == TRANSPARENT:
        return picture.with_pixels(own, alpha)
    if isinstance(ground, Picture):
        under = covering(ground, picture.height_px, picture.width_px)
    else:
        color = (1.0, 1.0, 1.0) if ground == WHITE else hex_color(ground)
        under = torch.tensor(color).view(1, 3, 1, 1).expand(1, 3, *alpha.shape[2:])
    made = own if rgb is None else torch.empty_like(own)
    for rows in bands(picture.height_px, picture.width_px):
        torch.lerp(under[:, :, rows], own[:, :, rows], alpha[:, :, rows], out=made[:, :, rows])
    return picture.with_pixels(made, None)


def covering(ground: Picture, height_px: int, width_px: int) -> Tensor:
    """(1, 3, height_px, width_px): a picture scaled to cover that frame and cropped evenly, on white."""
    rgb = ground.rgb
    if ground.alpha is not None:
        rgb = torch.lerp(torch.ones_like(rgb), rgb, ground.alpha)
    scale = max(height_px / ground.height_px, width_px / ground.width_px)
    # The middle of the ground is cut out first, so that no more than the frame is ever resampled.
    tall = min(ground.height_px, max(1, round(height_px / scale)))
    wide = min(ground.width_px, max(1, round(width_px / scale)))
    top, left = (ground.height_px - tall) // 2, (ground.width_px - wide) // 2
    return resize(rgb[:, :, top : top + tall, left : left + wide], height_px, width_px)
