"""Cylinders and boxes that stand on a stage: what light they take, and where they are seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gan.scene.sets import Podium, Surface
from gan.scene.view import Floats, View


@dataclass(frozen=True, eq=False)
class Body:
    """A podium in its place, in units.

    Attributes:
        round: a cylinder, else a box that faces the camera.
        x, z: its middle.
        half: radius, or half the width and depth.
        low, high: its lower and upper end.
        under: whether the product stands on it.
    """

    round: bool
    x: float
    z: float
    half: float
    low: float
    high: float
    surface: Surface
    under: bool = False

    def shade(self, points: Tensor, toward: Tensor) -> Tensor:
        """1 where this body hides a direction from points, (N, 3), else 0."""
        x, z = points[:, 0] - self.x, points[:, 2] - self.z
        dx, dz = float(toward[0]), float(toward[2])
        if self.round:
            a = dx * dx + dz * dz
            b = x * dx + z * dz
            c = x * x + z * z - self.half**2
            inner = b * b - a * c
            root = inner.clamp(min=0).sqrt()
            first, last = (-b - root) / max(a, 1e-9), (-b + root) / max(a, 1e-9)
            meets = inner > 0
        else:
            first, last, meets = torch.full_like(x, -1e9), torch.full_like(x, 1e9), torch.ones_like(x, dtype=torch.bool)
            for at, step in ((x, dx), (z, dz)):
                step = step if abs(step) > 1e-6 else 1e-6
                one, two = (-self.half - at) / step, (self.half - at) / step
                first, last = (
                    torch.maximum(first, torch.minimum(one, two)),
                    torch.minimum(last, torch.maximum(one, two)),
                )
            meets = first < last
        height = points[:, 1] + first.clamp(min=0) * toward[1]
        return (meets & (last > 4e-3) & (height < self.high - 1e-3)).float()

    def rims(self, view: View) -> Rims:
        """Its outline in a frame."""
        columns = np.arange(view.width_px) + 0.5
        ray = (columns - view.center_px) / view.focal_px  # X over Z
        if self.round:
            # (ray z - x)^2 + (z - middle)^2 = half^2
            a = 1 + ray**2
            b = ray * self.x + self.z
            c = self.x**2 + self.z**2 - self.half**2
            inner = b * b - a * c
            root = np.sqrt(np.maximum(inner, 0))
            near, far = (b - root) / a, (b + root) / a
            # Tangent rays: (half^2 - z^2) ray^2 + 2 x z ray + half^2 - x^2 = 0
            lead = self.half**2 - self.z**2
            spread = np.sqrt(max(0.0, (self.x * self.z) ** 2 - lead * (self.half**2 - self.x**2)))
            left, right = sorted((-self.x * self.z + side * spread) / lead for side in (-1, 1))
            left, right = (view.center_px + view.focal_px * tangent for tangent in (left, right))
            share = np.clip(np.minimum(columns - left + 0.5, right - columns + 0.5), 0, 1)
        else:
            near = np.full(len(columns), self.z - self.half)
            far = np.full(len(columns), self.z + self.half)
            left, right = (float(view.column(self.x + side * self.half, self.z - self.half)) for side in (-1, 1))
            share = np.clip(np.minimum(columns - left + 0.5, right - columns + 0.5), 0, 1)
            # behind its front the top narrows
            side = np.where(ray > 0, self.x + self.half, self.x - self.half)
            with np.errstate(divide="ignore", invalid="ignore"):
                limit = np.where(np.abs(ray) > 1e-9, side / ray, np.inf)
            far = np.where(limit > 0, np.minimum(far, np.maximum(limit, near)), far)
        return Rims(share, near, view.row(self.high, far), view.row(self.high, near), view.row(self.low, near))


@dataclass(frozen=True, eq=False)
class Rims:
    """By column: a body's share of it, its front's depth, and the rows of its back, upper and lower rim."""

    share: Floats
    depth: Floats
    back: Floats
    upper: Floats
    lower: Floats


def bodies_of(podiums: tuple[Podium, ...], view: View, drop: float, width: float) -> tuple[Body, ...]:
    """The podiums of a set, from the back to the front.

    Args:
        drop: height of the one that the product stands on.
        width: of the product's foot, in units: its podium is as wide as that needs.
    """
    made = []
    for each in podiums:
        size = max(each.width, 1.25 * width) if each.under else each.width
        half = size / 2
        # The product's foot is seen at the view's depth; it is about as deep as it is wide.
        z = view.depth + (0.42 * width if each.under else each.behind)
        x = 0.0 if each.under else each.across
        made.append(Body(each.shape == "cylinder", x, z, half, -drop, each.height - drop, each.surface, each.under))
    return tuple(sorted(made, key=lambda body: -body.z))
