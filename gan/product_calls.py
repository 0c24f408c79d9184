"""One call for each task that works on the product itself: what `gan.api.Studio` offers besides the four rooms."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from gan.core.contract import Progress, Request, Result
from gan.cutout.pipeline import CutoutRequest
from gan.edit.background import Ground, ground_of
from gan.edit.frame import FrameRequest
from gan.edit.match import MatchRequest
from gan.edit.recolor import RecolorRequest
from gan.edit.shadow import ShadowRequest
from gan.edit.white import WhiteRequest
from gan.export.channels import Channel, channel_of
from gan.export.file_metadata import FileFacts, facts_of
from gan.export.pipeline import CheckRequest, ExportRequest
from gan.imaging.io.codec import decode
from gan.imaging.mask import Mask, decode_mask
from gan.imaging.picture import Picture
from gan.stylize.sources import Source


class ProductCalls(ABC):
    """What the studio is mixed with; each call raises `InputError` and `WeightsError` as `run` does.

    `image` is a file's path, its content, or an image of Pillow's. So is `mask`, white where the product is and of the
    picture's size, without which the product is found. `ground` is "transparent", "white", a color such as "#E0E0E0",
    or a picture as `image` is.
    """

    @abstractmethod
    def run(
        self, request: Request, *, progress: Progress | None = None, cancel: threading.Event | None = None
    ) -> Result:
        """Carry out any task's request."""

    def cutout(
        self,
        image: Source,
        *,
        ground: Source = "transparent",
        mask: Source | None = None,
        keep: Source | None = None,
        drop: Source | None = None,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        **options: Any,
    ) -> Result:
        """Cut the product out of its picture.

        Args:
            image: what to cut out of.
            ground: what it is laid on.
            mask: the product, where it need not be found.
            keep, drop: strokes that correct what was found: white where the product is, and where it is not.
            options: the other fields of `CutoutRequest`.

        Returns:
            A `Result` whose `.image` is PIL: RGBA on a transparent ground, else RGB.
        """
        request = CutoutRequest(
            picture=decode(image),
            ground=ground_of(ground),
            mask=_mask(mask),
            keep=_mask(keep, "keep"),
            drop=_mask(drop, "drop"),
            **options,
        )
        return self.run(request, progress=progress, cancel=cancel)

    def recolor(
        self,
        image: Source,
        to: str | Sequence[str],
        *,
        mask: Source | None = None,
        protect: Source | None = None,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        **options: Any,
    ) -> Result:
        """Give the product other colours.

        Args:
            image: what to recolor.
            to: a colour such as "#3366CC", or several.
            mask: the product, or the part of it to recolor.
            protect: white where nothing may change.
            options: the other fields of `RecolorRequest`, such as `strength=0.8`.

        Returns:
            A `Result` with a picture for each colour; `.details["targets"]` has the colour differences.
        """
        request = RecolorRequest(
            picture=decode(image),
            to=(to,) if isinstance(to, str) else tuple(to),
            mask=_mask(mask),
            protect=_mask(protect, "protect"),
            **options,
        )
        return self.run(request, progress=progress, cancel=cancel)

    def shadow(
        self,
        image: Source,
        *,
        ground: Source | None = None,
        mask: Source | None = None,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        **options: Any,
    ) -> Result:
        """Give the product a shadow.

        Args:
            image: what gets it.
            ground: what both are laid on; None for what the picture has.
            mask: the product, where it need not be found.
            options: the other fields of `ShadowRequest`, such as `kind="drop", angle_deg=30`.

        Returns:
            A `Result` of two pictures: the product with its shadow, and the shadow alone on transparent.
        """
        request = ShadowRequest(picture=decode(image), ground=_ground(ground), mask=_mask(mask), **options)
        return self.run(request, progress=progress, cancel=cancel)

    def frame(
        self,
        image: Source,
        *,
        ground: Source | None = None,
        mask: Source | None = None,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        **options: Any,
    ) -> Result:
        """Place the product on a canvas.

        Args:
            image: what to frame.
            ground: of the canvas; None for what the picture has.
            mask: the product, where it need not be found.
            options: the other fields of `FrameRequest`, such as `fill=0.9, aspect="4:5"`.

        Returns:
            A `Result` whose `.image` is the canvas; `.details` has the fill as measured.
        """
        request = FrameRequest(picture=decode(image), ground=_ground(ground), mask=_mask(mask), **options)
        return self.run(request, progress=progress, cancel=cancel)

    def white(
        self,
        image: Source,
        *,
        mask: Source | None = None,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        **options: Any,
    ) -> Result:
        """Make the ground exactly white.

        Args:
            image: whose ground.
            mask: the product, where it need not be found.
            options: the other fields of `WhiteRequest`, such as `keep_shadow=True`.

        Returns:
            A `Result` whose `.details` has the share of off-white ground before and after.
        """
        request = WhiteRequest(picture=decode(image), mask=_mask(mask), **options)
        return self.run(request, progress=progress, cancel=cancel)

    def match(
        self,
        image: Source,
        reference: Source,
        *,
        mask: Source | None = None,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        **options: Any,
    ) -> Result:
        """Give a picture the framing and light of another.

        Args:
            image: what to match.
            reference: the picture that it is to be like.
            mask: the product of `image`, where it need not be found.
            options: the other fields of `MatchRequest`, such as `exposure=False`.

        Returns:
            A `Result` whose `.details` has what was measured of both, and their colour difference.
        """
        reference_picture = decode(reference, field="reference")
        request = MatchRequest(picture=decode(image), reference=reference_picture, mask=_mask(mask), **options)
        return self.run(request, progress=progress, cancel=cancel)

    def check(
        self,
        image: Source,
        channel: str | Path | Channel,
        *,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        **options: Any,
    ) -> Result:
        """Measure a picture against a sales channel's rules.

        Args:
            image: what to measure; of an image of Pillow's nothing is said of a file.
            channel: a preset's name such as "amazon", the path of a TOML file, or a channel.
            options: the other fields of `CheckRequest`.

        Returns:
            A `Result` whose `.details` has `passed` and `findings`.
        """
        picture = decode(image)
        request = CheckRequest(picture=picture, channel=channel_of(channel), facts=_facts(image, picture), **options)
        return self.run(request, progress=progress, cancel=cancel)

    def export(
        self,
        image: Source,
        channel: str | Path | Channel,
        *,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        **options: Any,
    ) -> Result:
        """Repair a picture for a sales channel; `gan.export.output.written` makes its file.

        Args:
            image, channel: as of `check`.
            options: the other fields of `ExportRequest`, such as `fill=0.9`.

        Returns:
            A `Result` whose `.image` keeps the channel's rules as far as they can be kept.
        """
        picture = decode(image)
        request = ExportRequest(picture=picture, channel=channel_of(channel), facts=_facts(image, picture), **options)
        return self.run(request, progress=progress, cancel=cancel)


def _facts(source: Source, picture: Picture) -> FileFacts | None:
    return None if isinstance(source, Image.Image) else facts_of(source, picture=picture)


def _mask(source: Source | None, field: str = "mask") -> Mask | None:
    return None if source is None else decode_mask(source, field=field)


def _ground(source: Source | None) -> Ground | None:
    return None if source is None else ground_of(source)
