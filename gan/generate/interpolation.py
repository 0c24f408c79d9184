"""Films: the way from one product to the next through the latent space."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field

import torch

from gan.core.contract import Context, Output, Request
from gan.core.errors import InputError
from gan.generate.latent import Latent
from gan.generate.pipeline import GenerateRequest, check_latent, latent_of, load_network, render, styles

MAX_FRAMES = 600


@dataclass(frozen=True, kw_only=True)
class FilmRequest(GenerateRequest):
    """What a film is asked: a `GenerateRequest` whose sliders, edits, truncation and size hold for every frame.

    Its products are `seeds` and `latents`; `seed` and `latent` are not used.

    Attributes:
        seeds: products to pass, in order.
        latents: products to pass after the seeds' ones.
        frames: from one product to the next, 2 to 120.
        loop: whether the last product leads back to the first.

    Raises:
        InputError: fewer than two products, more than 600 frames in all, or a seed out of range.
    """

    seeds: tuple[int, ...] = ()
    latents: tuple[Latent, ...] = field(default=())
    frames: int = 24
    loop: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        for seed in self.seeds:
            Request(seed=seed)  # refuses what no seed may be
        if len(self.seeds) + len(self.latents) < 2:
            raise InputError(
                "seeds",
                "{count} products",
                "a film needs at least two",
                "Name another seed, or add another latent",
                count=len(self.seeds) + len(self.latents),
            )
        if not 2 <= self.frames <= 120 or self.total_frames > MAX_FRAMES:
            raise InputError(
                "frames",
                "{frames} a leg, {total} in all",
                "2 to 120 a leg and {most} in all are allowed",
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
    alone = [(dataclasses.replace(request, latent=None), seed) for seed in request.seeds]
    alone += [(dataclasses.replace(request, latent=latent), 0) for latent in request.latents]
    stops = [latent_of(asked, network, seed) for asked, seed in alone]
    pairs = zip(alone, stops, strict=True)
    w = torch.stack([styles(asked, network, latent, context.device) for (asked, _), latent in pairs])
    total, pictures = request.total_frames, []
    for index in range(total):
        context.step(index, total, "Making the film")
        leg, within = divmod(index, request.frames)
        share = 0.5 - 0.5 * math.cos(math.pi * within / request.frames)
        between = torch.lerp(w[leg % len(w)], w[(leg + 1) % len(w)], share)
        pictures.append(render(network, between, request.size, False, context))
    context.step(total, total, "Making the film")
    named = [dataclasses.replace(latent, model=model.name, sha256=model.sha256) for latent in stops]
    return Output(tuple(pictures), (), {"model": model.name, "latents": named})
