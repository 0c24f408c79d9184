"""Interpolate between products in latent space, as the frames of a video."""

from __future__ import annotations

import dataclasses
import math
from typing import Annotated

import torch

from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError
from gan.core.option import Option
from gan.generate.latent import LatentRecord
from gan.generate.pipeline import GenerateRequest, check_latent, latent_of, load_network, render, styles, synthesized

MAX_FRAMES = 600
MAX_LEG = 120
"""Frames from one product to the next."""


class FilmRequest(GenerateRequest):
    """Make a video: a `GenerateRequest` whose sliders, edits, truncation and size hold for every frame.

    Its products are those of `seeds`, then `latents`; `seed` and `latent` are not used.

    Raises:
        InputError: fewer than two products, more than 600 frames in all, or a seed out of range.
    """

    seeds: Annotated[tuple[int, ...], Option("products to pass, in order", many=True)] = ()
    latents: Annotated[tuple[LatentRecord, ...], Option(internal=True, many=True)] = ()
    frames: Annotated[int, Option("from one product to the next", ge=2, le=MAX_LEG)] = 24
    loop: Annotated[bool, Option("whether the last product leads back to the first")] = True

    def check(self) -> None:
        super().check()
        for seed in self.seeds:
            Request(seed=seed)  # refuses what no seed may be
        if len(self.seeds) + len(self.latents) < 2:
            raise InputError(
                "seeds",
                "{count} products",
                "a video needs at least two",
                "Add another seed or another latent",
                count=len(self.seeds) + len(self.latents),
            )
        if self.total_frames > MAX_FRAMES:
            raise InputError(
                "frames",
                "{frames} per transition, {total} in total",
                "{most} in total are allowed",
                "Choose fewer frames or fewer products",
                frames=self.frames,
                total=self.total_frames,
                most=MAX_FRAMES,
            )

    @property
    def total_frames(self) -> int:
        stops = len(self.seeds) + len(self.latents)
        return self.frames * stops if self.loop else self.frames * (stops - 1) + 1


def film(request: FilmRequest, context: Context) -> Output:
    """The frames as pictures; styles are interpolated, slowly near the products and faster between them."""
    model, network = load_network(context, request.model)
    for latent in request.latents:
        check_latent(latent, network, model.sha256)
    # Each as `generate` would draw it alone.
    alone = [(request.replaced(latent=None), seed) for seed in request.seeds]
    alone += [(request.replaced(latent=latent), 0) for latent in request.latents]
    stops = [latent_of(asked, network, seed) for asked, seed in alone]
    pairs = zip(alone, stops, strict=True)
    w = torch.stack([styles(asked, network, latent, context.device) for (asked, _), latent in pairs])
    total, pictures = request.total_frames, []
    for index in range(total):
        context.step(index, total, "Making the video")
        leg, within = divmod(index, request.frames)
        share = 0.5 - 0.5 * math.cos(math.pi * within / request.frames)
        between = torch.lerp(w[leg % len(w)], w[(leg + 1) % len(w)], share)
        pictures.append(render(synthesized(network, between, request.size, context), request.size, False))
    context.step(total, total, "Making the video")
    named = [dataclasses.replace(latent, model=model.name, sha256=model.sha256) for latent in stops]
    return Output(tuple(pictures), (), {"model": model.name, "latents": named})
