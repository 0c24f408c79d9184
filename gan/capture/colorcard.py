"""Color card: correct pictures by a 24-patch card or a gray card that was photographed in the same light."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import numpy as np
import torch
from torch import Tensor

from gan.capture.card_finder import Card, find_card, find_gray
from gan.capture.card_values import GRAY_REFLECTANCE, LAB, NAMES, NEUTRAL, ciede2000, lab_of, linear_of
from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError
from gan.core.option import Option
from gan.core.reader import PictureFile
from gan.imaging.color import WHITE, to_linear, to_srgb
from gan.imaging.row_chunks import bands

Array = np.ndarray[Any, Any]
Fit = Literal["white_balance", "matrix", "curve"]

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
_WHITE_FROM: Final = 0.94
"""From this linear light of the darkest channel on a pixel turns to what pure white is: pure white."""

_MOST_CLIPPED: Final = 8

CLIPPED = "Some of the card's patches are overexposed or black and were not used; photograph it darker, or lighter"
GRAY_TAKEN = "No 24-patch card was found; a gray surface was taken for a gray card"
POOR = "The corrected card is still far from its colors; check that it lies in the same light as the product"
NOTICES = (CLIPPED, GRAY_TAKEN, POOR)


class ColorcardRequest(Request):
    """Correct colors by a photographed color card.

    The card, of 24 patches or gray, is found by itself, in any perspective. Its known colors (CIE L*a*b* under D50)
    say what the light and the camera did; a correction in linear light undoes it, in the picture with the card or in
    every other one from the same light. How far the patches are from their colors is told before and after, by
    CIEDE2000.
    """

    picture: PictureFile
    card: Annotated[
        PictureFile | None, Option("photograph with the card, in the same light; otherwise it is in the picture itself")
    ] = None
    kind: Annotated[Literal["auto", "24", "gray"], Option("which card it is: of 24 patches, or gray (18%)")] = "auto"
    edition: Annotated[
        Literal["new", "old"], Option("of the 24 patches: made since November 2014 (new) or before (old)")
    ] = "new"
    fit: Annotated[
        Fit,
        Option("what is corrected: white balance alone, colors by a 3 x 3 matrix, or also a tone curve per channel"),
    ] = "matrix"
    exposure: Annotated[bool, Option("make the picture as bright as the card says")] = True


def colorcard(request: ColorcardRequest, context: Context) -> Output:
    """Find the card, fit the correction, and apply it.

    Details: `card`, "24" or "gray"; `corners` of its patches in pixels; `delta_e_before` and `delta_e`, the mean
    and the largest CIEDE2000 difference; `patches`, each one's; `matrix`, of the correction, and `gamma`.

    Raises:
        InputError: there is no card, or it is over- or underexposed.
    """
    picture, shot = request.picture, request.card or request.picture
    context.step(0, 2, "Looking for the color card")
    notices = list(dict.fromkeys((*picture.notices, *shot.notices)))
    card = None if request.kind == "gray" else find_card(shot.rgb)
    gray = card is None and request.kind != "24"
    if card is None and gray:
        card = find_gray(shot.rgb)
        if card is not None and request.kind == "auto":
            notices.append(GRAY_TAKEN)
    if card is None:
        raise _not_found(request)
    used = ~card.clipped
    if used.sum() < (1 if gray else len(used) - _MOST_CLIPPED):
        raise InputError(
            "card" if request.card is not None else "image",
            "the card is overexposed or black",
            "a card is needed whose patches all differ",
            "Photograph it with another exposure",
        )
    if not used.all():
        notices.append(CLIPPED)
    wanted = np.array([[100 * (1.16 * np.cbrt(GRAY_REFLECTANCE) - 0.16), 0, 0]]) if gray else LAB[request.edition]
    fitted = _fitted(card.colors, wanted, used, "white_balance" if gray else request.fit, request.exposure)
    context.step(1, 2, "Correcting the colors")
    before, after = (ciede2000(lab_of(colors), wanted) for colors in (card.colors, fitted.of(card.colors)))
    if request.exposure and not gray and float(after[used].mean()) > 6:
        notices.append(POOR)
    made = torch.empty_like(picture.rgb)
    for rows in bands(picture.height_px, picture.width_px):
        made[:, :, rows] = _corrected(picture.rgb[:, :, rows], fitted)
    details = {
        "card": "gray" if gray else "24",
        "corners": np.round(card.corners, 1).tolist(),
        "delta_e_before": _summary(before[used]),
        "delta_e": _summary(after[used]),
        "matrix": np.round(fitted.matrix, 4).tolist(),
        "gamma": np.round(fitted.gamma, 4).tolist(),
        "patches": _patches(card, before, after, gray),
    }
    return Output((picture.with_pixels(made, picture.alpha),), tuple(notices), details)


@dataclass(frozen=True, eq=False)
class Correction:
    """Linear light to linear light: each channel to a power, then a matrix.

    Attributes:
        gamma: (3,).
        matrix: (3, 3).
    """

    gamma: Array
    matrix: Array

    def of(self, colors: Array) -> Array:
        """(N, 3) to (N, 3), not clipped."""
        made: Array = np.maximum(colors, 0) ** self.gamma @ self.matrix.T
        return made


def _not_found(request: ColorcardRequest) -> InputError:
    return InputError(
        "card" if request.card is not None else "image",
        "no color card was found",
        "a card of 24 patches, or a gray card, is expected, whole and at least a tenth of the picture wide",
        "Photograph it from nearer by, without shadows or reflections on it",
    )


def _fitted(colors: Array, lab: Array, used: Array, fit: Fit, exposure: bool) -> Correction:
    """Weighted least squares in linear light, then least squares of the differences as they are seen."""
    from scipy.optimize import least_squares

    wanted = linear_of(lab)
    seen, aim, aim_lab = colors[used], wanted[used], lab[used]
    neutral = used.copy()
    neutral[: NEUTRAL.start if len(used) > 1 else 0] = False
    grays = neutral if neutral.any() else used
    weight = 1 / (wanted[grays] + 0.05)
    gains = (colors[grays] * wanted[grays] * weight**2).sum(0) / ((colors[grays] * weight) ** 2).sum(0)
    start = Correction(np.ones(3), np.diag(gains))
    if fit == "white_balance":
        return start if exposure else _as_bright(start, colors[grays])
    # Strong colors are seen to differ less: the weights of CIE94.
    chroma = np.hypot(aim_lab[:, 1], aim_lab[:, 2])
    scale = np.stack([np.ones_like(chroma), 1 / (1 + 0.045 * chroma), 1 / (1 + 0.03 * chroma)], 1)

    def correction(values: Array) -> Correction:
        gamma = np.exp(values[9:]) if fit == "curve" else np.ones(3)
        return Correction(gamma, values[:9].reshape(3, 3))

    def left(values: Array) -> Array:
        away: Array = ((lab_of(correction(values).of(seen)) - aim_lab) * scale).ravel()
        return away

    rows = 1 / (aim.mean(1, keepdims=True) + 0.05)
    first = np.linalg.lstsq(seen * rows, aim * rows, rcond=None)[0].T
    best = correction(np.concatenate([first.ravel(), np.zeros(3)]))
    solve: Callable[..., Any] = least_squares
    solved = solve(left, np.concatenate([best.matrix.ravel(), np.zeros(3 if fit == "curve" else 0)]), loss="soft_l1")
    made = correction(np.concatenate([solved.x, np.zeros(0 if fit == "curve" else 3)]))
    return made if exposure else _as_bright(made, colors[grays])


def _as_bright(correction: Correction, grays: Array) -> Correction:
    """The same correction with the grays' luminance left as it was."""
    ratio = (grays @ _LUMINANCE).sum() / (correction.of(grays) @ _LUMINANCE).sum()
    return Correction(correction.gamma, correction.matrix * ratio)


def _corrected(rgb: Tensor, correction: Correction) -> Tensor:
    """(1, 3, h, W), sRGB-encoded; pure white, where no channel tells a color any more, stays white."""
    light = to_linear(rgb)
    white = ((light.amin(1, keepdim=True) - _WHITE_FROM) / (1 - _WHITE_FROM)).clamp(0, 1)
    gamma = torch.from_numpy(correction.gamma).float().view(1, 3, 1, 1)
    matrix = torch.from_numpy(correction.matrix).float()
    bent = light if bool((gamma == 1).all()) else light**gamma
    made = torch.einsum("ij,njhw->nihw", matrix, bent)
    encoded = to_srgb(torch.lerp(made, torch.ones_like(made), white).clamp_(0, 1)).clamp_(0, 1)
    return encoded.masked_fill_((rgb >= WHITE).all(1, keepdim=True), 1.0)


def _summary(differences: Array) -> dict[str, float]:
    return {"mean": round(float(differences.mean()), 2), "max": round(float(differences.max()), 2)}


def _patches(card: Card, before: Array, after: Array, gray: bool) -> list[dict[str, Any]]:
    names = ("gray card",) if gray else NAMES
    return [
        {"name": name, "before": round(float(old), 2), "after": round(float(new), 2), "used": not bool(clipped)}
        for name, old, new, clipped in zip(names, before, after, card.clipped, strict=True)
    ]
