"""What programs call of the Cut-out tab: one request each, and its finished files."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from gan.core.contract import Progress, Request, Result
from gan.core.errors import Cancelled, InputError
from gan.cutout.page.result import SUFFIXES, RenderedResult, from_results, zipped
from gan.cutout.page.settings import colors_of, hex_of
from gan.cutout.pipeline import CutoutRequest
from gan.cutout.segment import AUTO_MODEL
from gan.edit.background import TRANSPARENT, Ground, check_ground
from gan.edit.frame import FrameRequest
from gan.edit.match import MatchRequest
from gan.edit.recolor import RecolorRequest
from gan.edit.shadow import ShadowRequest
from gan.edit.white import WhiteRequest
from gan.imaging.io.codec import decode
from gan.imaging.mask import Mask, decode_mask
from gan.imaging.picture import Picture
from gan.ui.background_job import follow
from gan.ui.i18n import language
from gan.ui.protocols import Run
from gan.ui.result import encoding_of

OUTPUTS = 6
"""File, previews, summary, record, what comes beside it, status."""


class Handlers:
    """The handlers."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def api_cutout(
        self,
        image: str | None,
        ground: str = TRANSPARENT,
        ground_file: str | None = None,
        mask: str | None = None,
        keep: str | None = None,
        drop: str | None = None,
        model: str = AUTO_MODEL,
        file_format: str = "png",
        quality: float = 92,
        lossless: bool = False,
        keep_exif: bool = False,
        keep_location: bool = False,
        request: gr.Request | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Cut a product out of its photograph.

        The ground is transparent, white, a hex color, or the picture in ground_file. A mask, white where the product
        is, takes the place of what is found; keep and drop are corrections, white where the product is and is not.

        Returns the finished file, previews before and after, a summary as HTML, a JSON record, and nothing.
        """

        def wanted(picture: Picture) -> Request:
            return CutoutRequest(
                picture=picture,
                ground=_ground(ground, ground_file) or TRANSPARENT,
                mask=_mask(mask),
                keep=_mask(keep, "keep"),
                drop=_mask(drop, "drop"),
                model=model,
            )

        yield from self._one(image, wanted, (file_format, quality, lossless, keep_exif, keep_location), request)

    def api_recolor(
        self,
        image: str | None,
        to: str = "",
        mask: str | None = None,
        protect: str | None = None,
        strength: float = 1.0,
        model: str = AUTO_MODEL,
        file_format: str = "png",
        quality: float = 92,
        lossless: bool = False,
        keep_exif: bool = False,
        keep_location: bool = False,
        request: gr.Request | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Give a product other colors; its texture and highlights stay.

        To is one or several hex colors with commas between them. The mask is white where the color is to change, and
        protect where it must not.

        Returns the finished file of the first color, previews before and after, a summary as HTML, a JSON record, and,
        of several colors, a ZIP of all files.
        """

        def wanted(picture: Picture) -> Request:
            return RecolorRequest(
                picture=picture,
                to=colors_of(to),
                mask=_mask(mask),
                protect=_mask(protect, "protect"),
                strength=strength,
                model=model,
            )

        yield from self._one(image, wanted, (file_format, quality, lossless, keep_exif, keep_location), request)

    def api_shadow(
        self,
        image: str | None,
        kind: str = "contact",
        angle: float = 45.0,
        softness: float = 0.5,
        opacity: float = 0.35,
        length: float = 0.3,
        ground: str = "",
        ground_file: str | None = None,
        mask: str | None = None,
        model: str = AUTO_MODEL,
        file_format: str = "png",
        quality: float = 92,
        lossless: bool = False,
        keep_exif: bool = False,
        keep_location: bool = False,
        request: gr.Request | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Give a product a shadow: contact, drop or reflection.

        The angle, in degrees, says where the light comes from. Without a ground a cut-out stays one, and a photograph
        keeps its own.

        Returns the finished file, previews before and after, a summary as HTML, a JSON record, and the shadow alone.
        """

        def wanted(picture: Picture) -> Request:
            return ShadowRequest(
                picture=picture,
                kind=kind,
                angle_deg=angle,
                softness=softness,
                opacity=opacity,
                length=length,
                ground=_ground(ground, ground_file),
                mask=_mask(mask),
                model=model,
            )

        yield from self._one(image, wanted, (file_format, quality, lossless, keep_exif, keep_location), request)

    def api_frame(
        self,
        image: str | None,
        fill: float = 0.85,
        aspect: str = "1:1",
        width: float = 0,
        height: float = 0,
        baseline: float | None = None,
        ground: str = "",
        ground_file: str | None = None,
        mask: str | None = None,
        model: str = AUTO_MODEL,
        file_format: str = "png",
        quality: float = 92,
        lossless: bool = False,
        keep_exif: bool = False,
        keep_location: bool = False,
        request: gr.Request | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Put a product on a canvas that it fills to a share.

        Width and height are the canvas's in pixels; 0 and 0 keep the product's own pixels. The baseline is where it
        stands, as a share of the height from the top; without one it is centered.

        Returns the finished file, previews before and after, a summary as HTML, a JSON record, and nothing.
        """

        def wanted(picture: Picture) -> Request:
            return FrameRequest(
                picture=picture,
                fill=fill,
                aspect=aspect or "",
                width_px=int(width or 0),
                height_px=int(height or 0),
                baseline=baseline,
                ground=_ground(ground, ground_file),
                mask=_mask(mask),
                model=model,
            )

        yield from self._one(image, wanted, (file_format, quality, lossless, keep_exif, keep_location), request)

    def api_white(
        self,
        image: str | None,
        mask: str | None = None,
        keep_shadow: bool = False,
        model: str = AUTO_MODEL,
        file_format: str = "png",
        quality: float = 92,
        lossless: bool = False,
        keep_exif: bool = False,
        keep_location: bool = False,
        request: gr.Request | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Make the ground around a product pure white, 255 in every channel; its soft shadow may stay.

        Returns the finished file, previews before and after, a summary as HTML, a JSON record, and nothing.
        """

        def wanted(picture: Picture) -> Request:
            return WhiteRequest(picture=picture, mask=_mask(mask), keep_shadow=keep_shadow, model=model)

        yield from self._one(image, wanted, (file_format, quality, lossless, keep_exif, keep_location), request)

    def api_match(
        self,
        image: str | None,
        reference: str | None = None,
        fill: bool = True,
        baseline: bool = True,
        white_balance: bool = True,
        exposure: bool = True,
        shadow: bool = False,
        mask: str | None = None,
        model: str = AUTO_MODEL,
        file_format: str = "png",
        quality: float = 92,
        lossless: bool = False,
        keep_exif: bool = False,
        keep_location: bool = False,
        request: gr.Request | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Give a product photograph the look of a reference: fill, baseline, white balance, exposure, shadow.

        Returns the finished file, previews before and after, a summary as HTML, a JSON record, and nothing.
        """

        def wanted(picture: Picture) -> Request:
            return MatchRequest(
                picture=picture,
                reference=decode(_given(reference, "reference"), field="reference"),
                fill=fill,
                baseline=baseline,
                white_balance=white_balance,
                exposure=exposure,
                shadow=shadow,
                mask=_mask(mask),
                model=model,
            )

        yield from self._one(image, wanted, (file_format, quality, lossless, keep_exif, keep_location), request)

    def _one(
        self,
        image: str | None,
        wanted: Callable[[Picture], Request],
        options: tuple[str, float, bool, bool, bool],
        request: gr.Request | None,
    ) -> Iterator[tuple[Any, ...]]:
        """Carry out one request and write its files; the work of every handler above."""
        to = language(request)
        with tempfile.TemporaryDirectory(prefix="packshot-", ignore_cleanup_errors=True) as folder:

            def job(progress: Progress, cancel: threading.Event) -> tuple[RenderedResult, Path | None]:
                encoding = encoding_of(*options)
                picture = decode(_given(image, "image"))
                result = self._run(wanted(picture), progress=progress, cancel=cancel)
                if cancel.is_set():
                    raise Cancelled
                progress(0, 0, "Writing the files")
                shown = [
                    from_results(
                        [result], picture, encoding, Path(folder), to, index=index, layer=_layer(result), stem=stem
                    )
                    for index, stem in enumerate(_stems(result, picture))
                ]
                beside = shown[0].layer
                if len(shown) > 1:
                    beside = zipped(shown, shown[0].file.with_name(f"{Path(picture.name).stem or 'picture'}.zip"))
                return shown[0], beside

            done = yield from follow(job, to, lambda line: (*(gr.skip() for _ in range(OUTPUTS - 1)), line))
            yield *done[0].values(), None if done[1] is None else str(done[1]), ""


def _stems(result: Result, picture: Picture) -> list[str]:
    """Of the files' names: one for each color, or one."""
    stem = f"{Path(picture.name).stem or 'picture'}-{SUFFIXES[result.task]}"
    colors = [target["to"].lstrip("#") for target in result.details.get("targets", ())]
    return [f"{stem}_{color}" for color in colors] if len(colors) > 1 else [stem]


def _layer(result: Result) -> Picture | None:
    return result.pictures[1] if result.task == "shadow" else None


def _ground(text: str, file: str | None) -> Ground | None:
    """A text that comes over the network opens no file."""
    if file:
        return decode(file, field="ground")
    color = hex_of(text)
    if color:
        check_ground(color)
    return color or None


def _mask(path: str | None, field: str = "mask") -> Mask | None:
    return decode_mask(path, field=field) if path else None


def _given(path: str | None, field: str) -> Path:
    if path is None:
        raise InputError(field, "none was given", "a picture is needed", "Choose a file or one of the examples first")
    return Path(path)
