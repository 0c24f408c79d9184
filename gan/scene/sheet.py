"""Contact sheet of sets: one's own product in each of them."""

from __future__ import annotations

import math
from typing import Annotated

from torch import Tensor

from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError
from gan.core.option import Option
from gan.core.reader import PictureFile
from gan.cutout.segment import AUTO_MODEL, FindingModel, ProductMask, find, has_transparency
from gan.imaging.alpha import bleed
from gan.imaging.box import Box, product_box
from gan.imaging.contact_sheet import contact_sheet
from gan.imaging.matting import foreground
from gan.imaging.picture import Picture
from gan.imaging.resize import shrunk
from gan.scene.pipeline import SceneRequest, scene
from gan.scene.sets import NAMES, SETS, Season, set_of


class ScenesRequest(Request):
    """Draw a contact sheet: one product in many sets.

    `captions`, one for each set, default to the sets' titles.

    Raises:
        InputError: a value outside its range, an unknown set, or a mask of another size.
    """

    picture: PictureFile
    names: Annotated[tuple[str, ...], Option("sets; all by default", many=True)] = ()
    captions: Annotated[tuple[str, ...], Option(internal=True, many=True)] = ()
    season: Annotated[Season | None, Option("colors of the sets; without it their own")] = None
    cell_px: Annotated[int, Option("longest side of each picture on the sheet", ge=64, le=1024, unit="px")] = 320
    mask: ProductMask = None
    model: FindingModel = AUTO_MODEL

    def check(self) -> None:
        for name in self.names:
            if name not in SETS:
                set_of(name)  # says which there are
        if self.captions and len(self.captions) != len(self.chosen):
            raise InputError(
                "captions",
                "{count}",
                "one for each of {sets} sets is needed",
                "Use as many",
                count=len(self.captions),
                sets=len(self.chosen),
            )

    @property
    def chosen(self) -> tuple[str, ...]:
        """The sets' names, in order."""
        return self.names or NAMES


def scenes(request: ScenesRequest, context: Context) -> Output:
    """The contact sheet, then each picture on it; the product is found once.

    Raises:
        InputError: no product was found.
    """
    found = find(request.picture, context, model=request.model, mask=request.mask)
    small = product_alone(request.picture, found.alpha, request.cell_px)
    names, cells = request.chosen, []
    for index, name in enumerate(names):
        context.step(index, len(names), "Setting the scene")
        asked = SceneRequest(
            picture=small,
            set=SETS[name],
            season=request.season,
            width_px=request.cell_px,
            height_px=request.cell_px,
            seed=request.seed,
        )
        cells.append(scene(asked, context.within(index, len(names))).pictures[0])
    context.step(len(names), len(names), "Setting the scene")
    columns = math.ceil(math.sqrt(len(names)))
    captions = request.captions or tuple(SETS[name].title for name in names)
    page = contact_sheet(cells, captions, columns=columns, cell_px=request.cell_px)
    return Output((page, *cells), request.picture.notices, {"sets": list(names), "columns": columns})


def product_alone(picture: Picture, alpha: Tensor, longest_px: int) -> Picture:
    """The product cut out of its picture, with a little room, no side longer than `longest_px`.

    Args:
        alpha: (1, 1, H, W), its coverage.

    Raises:
        InputError: nothing is covered.
    """
    box = product_box(alpha)
    part = box.grown(2).within(Box.whole(alpha))
    rgb, cover = part.of(picture.rgb), part.of(alpha)
    own = rgb if has_transparency(picture) else foreground(rgb, cover)
    return picture.with_pixels(shrunk(bleed(own, cover), longest_px), shrunk(cover, longest_px))
