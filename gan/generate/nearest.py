"""Nearest: the training pictures that a generated picture resembles most, with their distance and their makers."""

from __future__ import annotations

from typing import Annotated, Any, Final

import torch

from gan.core.contract import Context, Output, Request
from gan.core.errors import WeightsError
from gan.core.message import Message
from gan.core.option import Option
from gan.core.reader import PictureFile
from gan.generate.pipeline import AUTO_MODEL, DEFAULT_MODEL
from gan.generate.training_pictures import USUAL, of_model
from gan.imaging.contact_sheet import contact_sheet
from gan.imaging.picture import Picture
from gan.imaging.product import coverage
from gan.imaging.resize import resize, shrunk

CELL_PX: Final = 192
LOOKED_AT_PX: Final = 256


class NearestRequest(Request):
    """Show the training pictures of a generator that a picture resembles most, with their distance.

    0 is a copy, and 1 as far as training pictures of different products are from one another (the median of the
    nearest). Shapes and colors of the product alone are compared, wherever it stands in its frame.

    Raises:
        WeightsError: nothing is known of the model's training pictures.
    """

    picture: PictureFile
    most: Annotated[int, Option("training pictures to show", ge=1, le=12)] = USUAL
    model: Annotated[str, Option("ours, a folder, or owner/name", metavar="NAME_PATH_OR_HUB_ID")] = AUTO_MODEL


def nearest(request: NearestRequest, context: Context) -> Output:
    """A sheet of the picture and its neighbors.

    Returns:
        The sheet; details `nearest`: of each neighbor its distance, picture, name, creator, licence and source.
    """
    picture = request.picture
    model = context.model(DEFAULT_MODEL if request.model == AUTO_MODEL else request.model)
    known = of_model(model, context)
    if known is None:
        raise WeightsError(
            "model",
            "nothing is known of the training pictures of {name}",
            "a model that was published with them is expected",
            "Make them: python train.py prepare generate --data DATA --out MODEL",
            name=model.name,
        )
    context.step(0, 1, "Comparing")
    rgb = shrunk(picture.rgb, LOOKED_AT_PX)
    cover = coverage(rgb) if picture.alpha is None else shrunk(picture.alpha, LOOKED_AT_PX)
    if picture.alpha is not None:
        rgb = torch.lerp(torch.ones(()), rgb, cover)
    found = known.nearest(rgb, cover, request.most)
    shown = [
        Picture(shrunk(rgb, CELL_PX)),
        *(Picture(resize(known.thumbnail(n.index), CELL_PX, CELL_PX)) for n in found),
    ]
    sheet = contact_sheet(shown, ["", *(f"{n.distance:.2f}" for n in found)], columns=4, cell_px=CELL_PX)
    context.step(1, 1, "Comparing")
    told = tuple(sentence_of(neighbor.record()) for neighbor in found)
    return Output(
        (Picture(sheet.rgb, name=picture.name),), told, {"nearest": [neighbor.record() for neighbor in found]}
    )


def sentence_of(neighbor: dict[str, Any]) -> Message:
    """A neighbor's record as one sentence, with whom its thumbnail is owed to."""
    return Message("{distance:.2f}: {name}, by {creator}, {licence}", neighbor)
