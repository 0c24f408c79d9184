"""Annotate: dimension lines, a badge, a text, a logo and a size table on secondary pictures."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError
from gan.core.option import Option
from gan.core.reader import PictureFile
from gan.cutout.segment import AUTO_MODEL, FindingModel, ProductMask, find
from gan.edit.background import hex_color
from gan.export.channels import ChannelFile
from gan.export.painter import Corner, Painter
from gan.imaging.box import Box, product_box
from gan.imaging.picture import Picture

MOST_TEXT, MOST_ROWS = 400, 12
_FADE_PX: Final = 12

EXTENDED = "The picture was extended so that the dimension lines fit beside the product"
NOTICES = (EXTENDED,)


class AnnotateRequest(Request):
    """Add dimension lines, a badge, a text, a logo or a size table to a secondary picture.

    Dimension lines follow the product's outline; one known length gives the other. Fonts are this machine's, chosen by
    the letters that a text has, Chinese and writing from right to left too. Pixels beside the overlays stay as they
    are. For a channel whose main picture may have no text it is refused.

    Raises:
        InputError: nothing to add, a value outside its range, or a mask of another size.
    """

    picture: PictureFile
    mask: ProductMask = None
    width: Annotated[
        float | None, Option("known width of the product", ge=0.01, le=100_000, step=0.1, group="lines")
    ] = None
    height: Annotated[
        float | None, Option("known height of the product", ge=0.01, le=100_000, step=0.1, group="lines")
    ] = None
    unit: Annotated[Literal["cm", "mm", "in"], Option("of the known lengths", group="lines")] = "cm"
    lines: Annotated[
        Literal["both", "width", "height"],
        Option("which lines are drawn; a length that is not known follows from the other", group="lines"),
    ] = "both"
    text: Annotated[str, Option("a text; it is wrapped, and a line break starts a new line")] = ""
    text_at: Annotated[Corner, Option("where the text goes")] = "bottom-left"
    badge: Annotated[str, Option("a short text on a colored badge, such as NEW")] = ""
    badge_at: Annotated[Corner, Option("where the badge goes")] = "top-left"
    logo: Annotated[PictureFile | None, Option("a logo, best with transparency", group="logo")] = None
    logo_at: Annotated[Corner, Option("where the logo goes", group="logo")] = "top-right"
    logo_size: Annotated[
        float, Option("longer side of the logo, as a share of the picture's", ge=0.02, le=0.5, step=0.01, group="logo")
    ] = 0.14
    table: Annotated[
        tuple[str, ...],
        Option("rows of a size table, its cells divided by |, such as 'M | 52 | 70'", many=True, between="\n"),
    ] = ()
    table_at: Annotated[Corner, Option("where the table goes")] = "bottom-right"
    size: Annotated[
        float, Option("height of letters, as a share of the shorter side", ge=0.01, le=0.2, step=0.005, group="look")
    ] = 0.035
    margin: Annotated[
        float,
        Option("safe margin along the edge, as a share of the shorter side", ge=0, le=0.2, step=0.01, group="look"),
    ] = 0.04
    color: Annotated[str, Option("hex color of lines and texts", metavar="#RRGGBB", group="look")] = "#222222"
    accent: Annotated[str, Option("hex color of the badge", metavar="#RRGGBB", group="look")] = "#C62828"
    font: Annotated[str, Option("name of a font of this machine; chosen by the letters if left out", group="look")] = ""
    channel: Annotated[
        ChannelFile | None, Option("the channel whose main picture it is to be; refused where it forbids text")
    ] = None
    model: FindingModel = AUTO_MODEL

    def check(self) -> None:
        hex_color(self.color, field="color")
        hex_color(self.accent, field="accent")
        for name, text in (("text", self.text), ("badge", self.badge), *(("table", row) for row in self.table)):
            if len(text) > MOST_TEXT:
                raise InputError(
                    name,
                    "{count} letters",
                    "up to {most} are allowed",
                    "Shorten it",
                    count=len(text),
                    most=MOST_TEXT,
                )
        if len(self.table) > MOST_ROWS:
            raise InputError(
                "table", "{count} rows", "up to {most} are allowed", "Shorten it", count=len(self.table), most=MOST_ROWS
            )
        if not (self.measures or self.text.strip() or self.badge.strip() or self.logo is not None or self.table):
            raise InputError(
                "text",
                "nothing to add",
                "a known width or height, a text, a badge, a logo or a table is needed",
                "Fill in one of these",
            )
        if self.channel is not None and "text" in self.channel.forbid:
            raise InputError(
                "channel",
                "{title} allows no text, logos or marks on its main picture",
                "overlays are for secondary pictures",
                "Leave the channel out for a secondary picture; for the main one export the picture without overlays",
                title=self.channel.title or self.channel.name,
            )

    @property
    def measures(self) -> bool:
        """True if the product has to be known."""
        return self.width is not None or self.height is not None


def annotate(request: AnnotateRequest, context: Context) -> Output:
    """Find the product where lines are asked for, draw, and lay the drawings over the picture.

    Details: `width` and `height` in `unit`, where lines were drawn; `boxes`, left, top, right and bottom in pixels of
    each overlay by its name; `extended_px`, on the left, top, right and bottom.

    Raises:
        InputError: no product was found, or no font has the letters.
    """
    picture, notices = request.picture, list(request.picture.notices)
    painter = Painter(request)
    details: dict[str, object] = {}
    margins = Box(0, 0, 0, 0)
    if request.measures:
        found = find(picture, context, model=request.model, mask=request.mask)
        notices += found.notices
        box = product_box(found.alpha)
        width, height = _lengths(request, box)
        details |= {"width": round(width, 3), "height": round(height, 3), "unit": request.unit}
        margins = painter.room(box, width, height)
        if any(margins):
            picture = _extended(picture, margins)
            notices.append(EXTENDED)
        box = Box(box.left + margins.left, box.top + margins.top, box.right + margins.left, box.bottom + margins.top)
        painter.start(picture)
        painter.dimensions(box, width, height)
    else:
        painter.start(picture)
    context.step(0, 1, "Drawing")
    painter.corners()
    context.step(1, 1, "Drawing")
    details |= {"boxes": {name: list(box) for name, box in painter.boxes.items()}, "extended_px": list(margins)}
    return Output((painter.picture,), tuple(notices), details)


def _lengths(request: AnnotateRequest, box: Box) -> tuple[float, float]:
    """Width and height in the unit: what is known, and what follows from the outline."""
    ratio = box.width / box.height
    width = request.width if request.width is not None else (request.height or 0) * ratio
    height = request.height if request.height is not None else width / ratio
    return width, height


def _extended(picture: Picture, margins: Box) -> Picture:
    """Wider by some pixels on each side: transparency stays so; other edges go on, smoothed along the side."""
    rgb = _continued(_continued(picture.rgb, 2, margins.top, margins.bottom), 3, margins.left, margins.right)
    if picture.alpha is None:
        return picture.with_pixels(rgb, None)
    return picture.with_pixels(rgb, F.pad(picture.alpha, (margins.left, margins.right, margins.top, margins.bottom)))


def _continued(x: Tensor, axis: int, before: int, after: int) -> Tensor:
    """More rows (axis 2) or columns (axis 3): the outermost one goes on, and its detail fades within a few pixels."""
    ends = _beyond(x.narrow(axis, 0, 1), axis, before).flip(axis), _beyond(x.narrow(axis, -1, 1), axis, after)
    return torch.cat([ends[0], x, ends[1]], axis)


def _beyond(edge: Tensor, axis: int, count: int) -> Tensor:
    """So many rows or columns that follow an outermost one."""
    from scipy import ndimage

    sigma = 0.01 * edge.shape[5 - axis]
    smooth = torch.from_numpy(ndimage.gaussian_filter1d(edge.numpy(), sigma, axis=5 - axis, mode="nearest"))
    share = (torch.arange(1, count + 1) / _FADE_PX).clamp(max=1)
    return torch.lerp(edge, smooth, share.view(-1, 1) if axis == 2 else share)
