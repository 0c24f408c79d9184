"""Products whose outline is known, and the context in which scenes are made of them."""

from __future__ import annotations

from typing import Any

import torch

from gan.core.contract import Context, Result, run
from gan.imaging.picture import Picture
from gan.scene.pipeline import SceneRequest, scene
from gan.scene.sets import set_of


def box(height: int = 60, width: int = 40, *, margin: int = 10, color: tuple[float, ...] = (0.7, 0.2, 0.1)) -> Picture:
    """An upright rectangle, cut out, with a texture whose pixels all differ."""
    tall, wide = height + 2 * margin, width + 2 * margin
    alpha = torch.zeros(1, 1, tall, wide)
    alpha[:, :, margin:-margin, margin:-margin] = 1
    generator = torch.Generator().manual_seed(1)
    texture = 0.1 * torch.rand(1, 3, tall, wide, generator=generator)
    rgb = (torch.tensor(color).view(1, 3, 1, 1) + texture).clamp(0, 1)
    return Picture(torch.where(alpha > 0, rgb, torch.ones(())), alpha, name="box.png")


def made(picture: Picture, name: Any = "white-sweep", **options: Any) -> Result:
    """A scene, for which no network may be asked."""

    def none(*_: object) -> Any:
        raise AssertionError("the picture says where its product is")

    request = SceneRequest(picture=picture, set=set_of(name), **options)
    context = Context(torch.device("cpu"), none, seed=request.seed)
    return run(scene, request, context, task="scene")
