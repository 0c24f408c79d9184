"""Segment the product: from its own transparency if there is any, else with the segmentation network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.core.contract import Context, Model, foreign
from gan.core.errors import InputError
from gan.core.option import Option
from gan.core.reader import CoverFile
from gan.cutout.joining import agreement as agreement_of
from gan.cutout.joining import joined, prompted
from gan.cutout.keying import keyed
from gan.cutout.network import UNKNOWN, CutoutNet
from gan.cutout.review import Reviewed, review, review_size
from gan.cutout.saliency import SIDE_PX
from gan.imaging.background_prior import standing_out
from gan.imaging.box import empty_mask
from gan.imaging.clicks import at_size, marked, middles
from gan.imaging.mask import Cover, Mask
from gan.imaging.matting import guided, snapped_ends
from gan.imaging.picture import Picture
from gan.imaging.resize import resize, shrunk
from gan.select.prompting import encoded

AUTO_MODEL = "auto"

FindingModel = Annotated[
    str,
    Option("what finds the product: ours, u2net and others of rembg, a file, or a Hub id", metavar="NAME_OR_PATH"),
]
ProductMask = Annotated[
    CoverFile | None, Option("white where the product is; without it the product is found, or transparency tells it")
]
OUR_MODEL = "cutout"
SALIENCY_MODEL = "cutout-saliency"
"""A second opinion of the whole picture, where no click says what is meant: trained by others on other photographs,
it seldom errs where ours does."""

GLANCES_PX = 256, 192
"""Longest sides at which the network first looks at the whole picture: it has learned at about these, and what one
size takes for a thing of its own the other often does not."""

LOOK_PX = 512
"""Longest side at which it looks again at what was found."""

RIM = 0.012
"""Depth on either side of the outline within which the closer look decides, as a share of the picture's longer side;
beyond it may see the next thing, too."""

WHOLE = 0.97
"""Share of the picture from which a stroke was answered with everything, as where there is nothing to see."""

STROKE_CLICKS = 3
"""So many clicks at most stand for the strokes of one kind."""

MARGIN = 0.12
"""Margin of the second look around the product, as a share of the product's longer side."""

ALONE_PX = 1024
"""Longest side of what a network that looks once is given: the largest that rembg's take."""

MULTIPLE = CutoutNet.MULTIPLE
STEPS = 4
"""Of the whole way; the last is left to whoever asked."""

LEAST_SHARE = 1e-4
"""A product covers at least this share of its picture."""

SPECK = 0.01
"""Share of the largest part below which a part is no product."""

LEAST_PEAK = 0.5
"""A saliency map is scaled to reach 1; one that stays below this is doubled, since nothing stands out much."""

RATHER = 0.3
"""From this coverage on the first look's answer is looked at again."""

CALIBRATION = ((0.23, 0.39), (0.47, 0.68), (0.65, 0.75), (0.79, 0.84), (0.87, 0.86), (0.93, 0.97), (1.0, 1.0))
"""Mean IoU of looks of one network alone that were as clear as that, between which it is interpolated: 171 rendered
scenes, by `benchmarks/calibrate_confidence.py`. What the promptable network expects needs no such curve."""

SURE = 0.73
UNSURE = "The product is not clearly separated from its background; correct it with the brush"


@dataclass(frozen=True, eq=False)
class Found:
    """Segmentation of the product.

    Attributes:
        alpha: float32, (1, 1, H, W), in [0, 1]: how much of each pixel the product covers.
        confidence: 0 to 1: the IoU to be expected, as the promptable network tells it, or from how far two looks of a
            network alone agree, and how decided the last look is near the edge; 1 where a user or a file said so.
        notices: what the user should be told, as templates of `gan.ui.i18n`.
        doubt: (1, 1, h, w) in [0, 1], at `review_size`: 0 where the network was decided, 1 where it said half and half
            or the review changed its answer; None where no network was asked.
    """

    alpha: Tensor
    confidence: float
    notices: tuple[str, ...] = ()
    doubt: Tensor | None = None


@dataclass(frozen=True, eq=False)
class _Looked:
    """A network's answer.

    Attributes:
        rows, columns: of the picture that it is about.
        small: (1, 3, h, w), their pixels as the network saw them.
        cover: (1, 1, h, w).
        hint: what it saw in the whole picture, the small parts that were left out since too.
        agreement: of several looks, 0 to 1, or the IoU that the promptable network expects.
        alone: whether one network was asked and no other.
    """

    rows: slice
    columns: slice
    small: Tensor
    cover: Tensor
    hint: Tensor
    agreement: float = 1.0
    alone: bool = True


def find(
    picture: Picture,
    context: Context,
    *,
    model: str = AUTO_MODEL,
    mask: Cover | None = None,
    keep: Cover | None = None,
    drop: Mask | None = None,
) -> Found:
    """Tell the product from its ground.

    A mask is taken as it is, and so is the transparency of a picture that has any; for both no network runs.
    Otherwise the network looks at the whole picture, at two sizes, and then closer at what it found there; the edge
    is then traced at full resolution.

    Args:
        picture: H x W pixels.
        context: gives the network.
        model: "auto" for ours; else a manifest name, a path, or a Hub id.
        mask: (1, 1, H, W), 1 where the product is.
        keep, drop: clicks or strokes on what is meant and on what is not, for a picture that shows several things.

    Raises:
        InputError: no product was found, or the mask is empty.
        WeightsError: as the network's loading raises it.
    """
    if mask is not None:
        if not bool(mask.coverage.any()):
            raise empty_mask()
        return Found(mask.coverage, 1.0)
    if has_transparency(picture):
        if picture.alpha is None or not bool(picture.alpha.any()):
            raise _nothing()
        return Found(picture.alpha, 1.0)
    served = context.model(OUR_MODEL if model == AUTO_MODEL else model)
    if served.task not in ("", OUR_MODEL):
        raise foreign(served.name, served.task)
    context.step(0, STEPS, "Finding the product")
    marks = _Marks(keep, drop)
    if served.alone:
        looked = _look_once(served, picture.rgb, context)
    else:
        looked = _look_closer(served, picture.rgb, marks, context, alone=model != AUTO_MODEL)
    cover = snapped_ends(_without_specks(looked.cover))
    if float(cover.sum()) < LEAST_SHARE * cover.numel():
        raise _nothing()
    context.step(2, STEPS, "Tracing the edge")
    alpha = torch.zeros(1, 1, picture.height_px, picture.width_px)
    part = picture.rgb[:, :, looked.rows, looked.columns]
    alpha[:, :, looked.rows, looked.columns] = guided(part, cover, small=looked.small)
    alpha, seen = _reviewed(picture.rgb, alpha, looked.hint)
    alpha = keyed(picture.rgb, alpha)
    if not bool((alpha > 0.5).any()):
        raise _nothing()
    clear = looked.agreement * _decided(looked.cover) * (1 - seen.doubt)
    raw, iou = zip(*CALIBRATION, strict=True)
    confidence = float(np.interp(clear, raw, iou)) if looked.alone else clear
    notices = (*(() if confidence >= SURE else (UNSURE,)), *seen.notices)
    return Found(alpha, confidence, notices, _doubtful(looked, seen.changed, alpha.shape[2:]))


def _look_closer(model: Model, rgb: Tensor, marks: _Marks, context: Context, *, alone: bool) -> _Looked:
    """The whole picture at two sizes, and by two other networks; then what was found there.

    Args:
        alone: whether the other networks are left out.
    """
    own = None
    if not alone and marks.meant:
        seen, agreement = encoded(rgb, context).mask(context, marks.clicks())
        if float(seen.mean()) > WHOLE:
            raise _nothing()
    else:
        first, second = _glances(model, rgb, marks, context)
        seen = own = (first + second) / 2
        agreement = agreement_of(first, second)
    if own is not None and not alone:
        others = joined(own, _salient(context.model(SALIENCY_MODEL), rgb, own.shape[2:], context))
        # Told nothing, it takes a face or a cup in the background as readily as the product before it.
        seen, agreement = prompted(rgb, others, encoded(rgb, context), context)
    glance = _without_specks(seen)
    near = _around(glance)
    rows, columns = (_scaled(near[i], glance.shape[2 + i], rgb.shape[2 + i]) for i in range(2))
    context.step(1, STEPS, "Refining the product's outline")
    small = shrunk(rgb[:, :, rows, columns], LOOK_PX)
    known = F.interpolate(glance[:, :, near[0], near[1]], small.shape[2:], mode="bilinear")
    cover = _coverage(model, small, marks.on(known, rows, columns), context)
    if alone and own is not None:
        before = F.interpolate(own[:, :, near[0], near[1]], small.shape[2:], mode="bilinear")
        return _Looked(rows, columns, small, cover, seen, agreement * agreement_of(cover, before))
    reach = max(
        2,
        round(
            RIM * max(rgb.shape[2:]) * max(small.shape[2:]) / max(rows.stop - rows.start, columns.stop - columns.start)
        ),
    )
    return _Looked(rows, columns, small, _within_rim(cover, known, reach), seen, agreement, alone=False)


def _within_rim(closer: Tensor, known: Tensor, reach_px: int) -> Tensor:
    """The closer look's coverage near the outline that is known, and what is known elsewhere, 0 or 1."""
    inside = (known > 0.5).float()
    return torch.where(_rim(inside, reach_px), closer, inside)


def _rim(inside: Tensor, px: int) -> Tensor:
    """Pixels within `px` of the outline of what is inside, (1, 1, h, w) of 0 and 1; of bool."""
    size = 2 * px + 1
    return F.max_pool2d(inside, size, 1, px) + F.max_pool2d(1 - inside, size, 1, px) > 1


def _salient(model: Model, rgb: Tensor, size: torch.Size, context: Context) -> Tensor:
    """Coverage of what stands out, (1, 1, *size); at its clearest it is 1, as the network's authors do it."""
    small = resize(rgb, SIDE_PX, SIDE_PX).clamp(0, 1)
    made = _coverage(model, small, torch.full_like(small[:, :1], UNKNOWN), context)
    return F.interpolate(made / made.amax().clamp(min=LEAST_PEAK), size, mode="bilinear")


def _look_once(model: Model, rgb: Tensor, context: Context) -> _Looked:
    """The whole picture, by a network that knows no marks."""
    small = shrunk(rgb, ALONE_PX)
    cover = context.infer(model, small)
    return _Looked(slice(None), slice(None), small, cover, cover)


def _doubtful(looked: _Looked, changed: Tensor, size: torch.Size) -> Tensor:
    """`Found.doubt`, of the last look and where the review changed it, (1, 1, h, w) of bool."""
    spans = [
        [round(end * part / whole) for end in span.indices(whole)[:2]]
        for span, part, whole in zip((looked.rows, looked.columns), changed.shape[2:], size, strict=True)
    ]
    (top, bottom), (left, right) = spans
    unsure = 1 - (2 * looked.cover - 1).abs()
    made = changed.float()
    if bottom > top and right > left:
        here = F.interpolate(unsure, (bottom - top, right - left), mode="bilinear", antialias=True)
        made[:, :, top:bottom, left:right] = torch.maximum(made[:, :, top:bottom, left:right], here)
    return made.clamp(0, 1)


def _reviewed(rgb: Tensor, alpha: Tensor, hint: Tensor) -> tuple[Tensor, Reviewed]:
    """The coverage after `gan.cutout.review`, and that review."""
    size = review_size(*rgb.shape[2:])
    small, cover = (x if size == tuple(x.shape[2:]) else resize(x, *size) for x in (rgb, alpha))
    made = review(small, cover.clamp(0, 1), F.interpolate(hint, size, mode="bilinear"))
    if bool(made.changed.any()):
        if size == tuple(rgb.shape[2:]):
            alpha = made.cover
        else:
            traced = guided(rgb, made.cover, small=small)
            near = F.max_pool2d(made.changed.float(), 5, 1, 2)
            alpha = torch.lerp(alpha, traced, F.interpolate(near, rgb.shape[2:], mode="bilinear"))
    return alpha, made


def has_transparency(picture: Picture) -> bool:
    """True if any pixel of a picture is not opaque."""
    return picture.alpha is not None and bool((picture.alpha < 1).any())


def _nothing() -> InputError:
    return InputError(
        "image",
        "no product was found",
        "a product that stands out from its background is needed",
        "Mark it with the brush, or choose another picture",
    )


def _coverage(model: Model, rgb: Tensor, prior: Tensor, context: Context) -> Tensor:
    """Colors (1, 3, h, w) and what is known of the coverage (1, 1, h, w) to the coverage (1, 1, h, w) in (0, 1)."""
    return context.infer(model, torch.cat([rgb, prior], 1), multiple=MULTIPLE).sigmoid()


@dataclass(frozen=True, eq=False)
class _Marks:
    """Marks of the user, at the picture's size."""

    keep: Mask | None
    drop: Mask | None

    def clicks(self) -> list[tuple[float, float, bool]]:
        """Places in the middle of the strokes, as `gan.select.prompting.Encoded.mask` takes them."""
        made = []
        for mask, meant in ((self.keep, True), (self.drop, False)):
            if mask is not None:
                made += [(x, y, meant) for x, y in middles(shrunk(mask.coverage, LOOK_PX), STROKE_CLICKS)]
        return made

    @property
    def meant(self) -> bool:
        """True if the user said what the product is, and not only what it is not."""
        return self.keep is not None and bool(self.keep.coverage.any())

    def on(self, prior: Tensor, rows: slice = slice(None), columns: slice = slice(None)) -> Tensor:
        """A prior (1, 1, h, w) of the whole picture, or of these rows and columns of it, with the marks on it."""

        def fitted(mask: Mask | None) -> Tensor | None:
            part = None if mask is None else mask.coverage[:, :, rows, columns]
            return None if part is None or not bool(part.any()) else at_size(part, *prior.shape[2:])

        return marked(prior, fitted(self.keep), fitted(self.drop))


def _glances(model: Model, rgb: Tensor, marks: _Marks, context: Context) -> tuple[Tensor, Tensor]:
    """Two answers about the whole picture, (1, 1, h, w) each and of one size, the second from a smaller, mirrored copy.

    Where they differ neither is to be trusted.
    """
    wide, small = (shrunk(rgb, size_px) for size_px in GLANCES_PX)
    first = _coverage(model, wide, marks.on(standing_out(wide)), context)
    mirrored = small.flip(3)
    second = _coverage(model, mirrored, marks.on(standing_out(small)).flip(3), context).flip(3)
    return first, F.interpolate(second, first.shape[2:], mode="bilinear")


def _without_specks(cover: Tensor) -> Tensor:
    """The same without parts far smaller than the largest; their soft rims go with them, holes stay."""
    from scipy import ndimage  # here, because importing it takes longer than looking

    parts, count = ndimage.label(cover[0, 0].numpy() > 0.1, structure=np.ones((3, 3)))
    if count < 2:
        return cover
    sizes = ndimage.sum_labels(cover[0, 0].numpy(), parts, np.arange(count + 1))
    sizes[0] = 0
    specks = torch.from_numpy((sizes < SPECK * sizes.max())[parts] & (parts > 0))
    return cover.masked_fill(specks, 0)


def _around(glance: Tensor) -> tuple[slice, slice]:
    """Rows and columns of what the first look found, with a margin.

    Raises:
        InputError: it found nothing.
    """
    inside = glance[0, 0] > RATHER
    if float((glance > 0.5).float().mean()) < LEAST_SHARE:
        raise _nothing()
    ends = [torch.nonzero(inside.any(axis)).flatten()[[0, -1]].tolist() for axis in (1, 0)]
    margin = 2 + round(MARGIN * max(last + 1 - first for first, last in ends))
    rows, columns = (
        slice(max(0, first - margin), min(side, last + 1 + margin))
        for (first, last), side in zip(ends, glance.shape[2:], strict=True)
    )
    return rows, columns


def _scaled(span: slice, length: int, longer: int) -> slice:
    return slice(round(span.start * longer / length), round(span.stop * longer / length))


def _decided(cover: Tensor) -> float:
    """Sharpness of a coverage near its edge, 0 to 1, without the pixels that every edge runs through."""
    inside = (cover > 0.5).float()
    band = _rim(inside, max(4, round(0.02 * max(cover.shape[2:])))) & ~_rim(inside, 2)
    if not bool(band.any()):
        return float((2 * cover - 1).abs().mean())
    return float((2 * cover[band] - 1).abs().mean())
