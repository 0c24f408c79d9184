"""Select: from clicks on a picture to the coverage of what they ask for."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from gan.core.contract import Context, Output, Request
from gan.core.option import Option
from gan.core.reader import CoverFile, PictureFile
from gan.imaging.click import check_clicks, written
from gan.select.thing import selected

Clicks = Annotated[
    tuple[Annotated[str, BeforeValidator(written)], ...],
    Option(
        "a pixel of the thing that is meant, from the left and the top, or with ,- behind it of one that is not",
        many=True,
        metavar="X,Y[,-]",
        between=";",
    ),
]


class SelectRequest(Request):
    """Select the things in a picture that were clicked on.

    The picture comes back with their coverage as its transparency.

    Raises:
        InputError: a click beside the picture; no click on what is meant; a mask of another size; or nothing is left.
    """

    picture: PictureFile
    clicks: Clicks
    mask: Annotated[CoverFile | None, Option("what is selected already: clicks add to it and remove from it")] = None

    def check(self) -> None:
        check_clicks(self.clicks, self.picture, begun=self.mask is not None)


def select(request: SelectRequest, context: Context) -> Output:
    """Details: `confidence`, and `share` of the frame that is covered."""
    context.step(0, 1, "Selecting the clicked item")
    picture, start = request.picture, None if request.mask is None else request.mask.coverage
    found = selected(picture, request.clicks, context, start=start)
    details = {"confidence": round(found.confidence, 4), "share": round(float(found.cover.mean()), 6)}
    return Output((picture.with_pixels(picture.rgb, found.cover),), picture.notices, details)
