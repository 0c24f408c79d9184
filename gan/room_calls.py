"""One call for each task of the four rooms, from files and options: what `gan.api.Studio` offers to Python."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from gan.core.contract import Progress, Request, Result
from gan.enhance.adjust import Adjustments
from gan.enhance.pipeline import EnhanceRequest
from gan.generate.pipeline import GenerateRequest
from gan.generate.projection import ProjectRequest
from gan.imaging.io.codec import decode
from gan.imaging.mask import decode_mask
from gan.inpaint.pipeline import InpaintRequest
from gan.stylize.pipeline import StylizeRequest
from gan.stylize.sources import Source, styles_of


class RoomCalls(ABC):
    """What the studio is mixed with; each call raises `InputError` and `WeightsError` as `run` does."""

    @abstractmethod
    def run(
        self, request: Request, *, progress: Progress | None = None, cancel: threading.Event | None = None
    ) -> Result:
        """Carry out any task's request."""

    def enhance(
        self,
        image: Image.Image | Path | str | bytes,
        *,
        adjustments: Adjustments | None = None,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        **options: Any,
    ) -> Result:
        """Enhance one picture.

        Args:
            image: a PIL image, a path, or the bytes of a file.
            options: the other fields of `EnhanceRequest`, such as `scale=4`, `strength=0.8`, `width=1600`.

        Returns:
            A `Result` whose `.image` is PIL, RGB or RGBA.

        Raises:
            InputError: the picture or an option cannot be used.
            WeightsError: the model cannot be used.
        """
        request = EnhanceRequest(picture=decode(image), adjustments=adjustments or Adjustments(), **options)
        return self.run(request, progress=progress, cancel=cancel)

    def generate(
        self, *, progress: Progress | None = None, cancel: threading.Event | None = None, **options: Any
    ) -> Result:
        """Generate pictures of products.

        Args:
            options: the fields of `GenerateRequest`, such as `category="chair", seed=0, count=4`.

        Returns:
            A `Result` whose `.images` are PIL, RGB or RGBA.

        Raises:
            InputError: an option cannot be used.
            WeightsError: the model cannot be used.
        """
        return self.run(GenerateRequest(**options), progress=progress, cancel=cancel)

    def project(
        self,
        image: Image.Image | Path | str | bytes,
        *,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        **options: Any,
    ) -> Result:
        """Find a picture in the latent space; `result.details["latent"]` goes into `generate(latent=...)`.

        Raises:
            InputError: the picture or an option cannot be used.
            WeightsError: the model cannot be used.
        """
        return self.run(ProjectRequest(picture=decode(image), **options), progress=progress, cancel=cancel)

    def inpaint(
        self,
        image: Image.Image | Path | str | bytes,
        mask: Image.Image | Path | str | bytes | None = None,
        *,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        **options: Any,
    ) -> Result:
        """Make the marked part of a picture anew, or extend the picture.

        Args:
            image: a PIL image, a path, or the bytes of a file.
            mask: the same of the mask, white where pixels are to be made; of the picture's size.
            options: the other fields of `InpaintRequest`, such as `grow_px=4`, `aspect="4:5"`.

        Returns:
            A `Result` whose `.image` is PIL, RGB or RGBA; unmarked pixels are the input's.

        Raises:
            InputError: the picture, the mask or an option cannot be used.
            WeightsError: the model cannot be used.
        """
        marked = None if mask is None else decode_mask(mask)
        request = InpaintRequest(picture=decode(image), mask=marked, **options)
        return self.run(request, progress=progress, cancel=cancel)

    def stylize(
        self,
        image: Source,
        style: Source | Sequence[Source],
        *,
        weights: Sequence[float] | None = None,
        mask: Source | None = None,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        **options: Any,
    ) -> Result:
        """Give a picture the look of another, or of several.

        Args:
            image: a PIL image, a path, or the bytes of a file.
            style: the same, or a preset's name, or a list of such; or the path of a .cube file, which is a look.
            weights: of several styles; all alike by default.
            mask: where the product is, white; of the picture's size.
            options: the other fields of `StylizeRequest`, such as `strength=0.7`, `where="product"`.

        Returns:
            A `Result` whose `.image` is PIL, RGB or RGBA.

        Raises:
            InputError: a picture or an option cannot be used.
            WeightsError: the model cannot be used.
        """
        given = [style] if isinstance(style, (str, bytes, Path, Image.Image)) else list(style)
        request = StylizeRequest(
            picture=decode(image),
            mask=None if mask is None else decode_mask(mask),
            **{**styles_of(given, weights), **options},
        )
        return self.run(request, progress=progress, cancel=cancel)
