"""Light of a set: directions of its key and its dome, what they see of the stage, patterns, color."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from gan.scene.noise import Noise, blurred, smooth
from gan.scene.podium import Body
from gan.scene.sets import Key, SceneSet
from gan.scene.view import Piece
from gan.scene.volume import Volume

KEY_RAYS: Final = 18
DOME_RAYS: Final = 22

BOUNCE: Final = 0.55
"""Light of the dome that a stage's own walls return where they hide it."""

MOST_EXPOSURE: Final = 1.45
"""So much more light is let in at most where a set's wall is dark."""

_AWAY: Final = 3.2
"""Distance of the key from the product, in units, for its falloff."""

_GOLDEN: Final = math.pi * (3 - math.sqrt(5))


@dataclass(frozen=True, eq=False)
class Lights:
    """The rays of a set's light.

    Attributes:
        toward: (3,), to the middle of the key.
        key: (M, 3), rays to all of it.
        dome: (D, 3), rays to the light that comes from everywhere else.
        dome_share: (D,), of each, adding up to 1 on a floor without walls.
        key_color, dome_color: (3,), linear, of luminance 1.
    """

    toward: Tensor
    key: Tensor
    dome: Tensor
    dome_share: Tensor
    key_color: Tensor
    dome_color: Tensor


def lights_of(scene: SceneSet) -> Lights:
    key = scene.key
    toward = _direction(key.azimuth_deg, key.elevation_deg)
    across = torch.linalg.cross(toward, torch.tensor([0.0, 1.0, 0.0]))
    across = across / across.norm().clamp(min=1e-6)
    up = torch.linalg.cross(across, toward)
    radius = math.tan(math.radians(0.6 + 25 * key.softness**1.4))
    rays = []
    for i in range(KEY_RAYS):
        away, turn = radius * math.sqrt((i + 0.5) / KEY_RAYS), _GOLDEN * i
        ray = toward + away * (math.cos(turn) * across + math.sin(turn) * up)
        rays.append(ray / ray.norm())
    made = torch.stack(rays)
    made[:, 1] = made[:, 1].clamp(min=0.05)
    dome, shares = [], []
    for i in range(DOME_RAYS):
        height = math.sqrt((i + 0.5) / DOME_RAYS)  # of cosine-weighted rays
        elevation, azimuth = math.degrees(math.asin(height)), math.degrees(_GOLDEN * i)
        ray = _direction(azimuth, min(68.0, elevation))
        dome.append(ray)
        shares.append(1 - 0.35 * float(ray[2]) + 0.25 * float((ray * toward).sum()))
    share = torch.tensor(shares).clamp(min=0.1)
    return Lights(toward, made, torch.stack(dome), share / share.sum(), tint(key.warmth), tint(scene.ambient_warmth))


def tint(warmth: float) -> Tensor:
    """Linear color of light from blue (-1) over white (0) to amber (1), of luminance 1."""
    color = torch.tensor([1 + 0.20 * warmth, 1 + 0.01 * warmth, 1 - 0.34 * warmth])
    return color / (color * torch.tensor([0.2126, 0.7152, 0.0722])).sum()


def _direction(azimuth_deg: float, elevation_deg: float) -> Tensor:
    azimuth, elevation = math.radians(azimuth_deg), math.radians(elevation_deg)
    flat = math.cos(elevation)
    return torch.tensor([math.sin(azimuth) * flat, math.sin(elevation), -math.cos(azimuth) * flat])


@dataclass(frozen=True, eq=False)
class Shading:
    """Everything that light meets on its way, with the light itself.

    Attributes:
        lights: the rays.
        scene: whose key they are.
        pieces: the stage's profile, which hides light from itself.
        bodies: podiums.
        volume: the product.
        foot: (3,), where the product stands.
        pattern: light between leaves, (T, T).
        shadow: how dark the product's shadow is, 0 to 1.
        exposure: what light is multiplied by.
    """

    lights: Lights
    scene: SceneSet
    pieces: Sequence[Piece]
    bodies: Sequence[Body]
    volume: Volume | None
    foot: Tensor
    pattern: Tensor | None = None
    shadow: float = 1.0
    exposure: float = 1.0

    def without_product(self) -> Shading:
        """The same set before its product came."""
        return dataclasses.replace(self, volume=None)

    def exposed(self) -> Shading:
        """The same with the exposure at which its floor and its wall are about as bright as their materials."""
        y = torch.tensor([0.35, 0.55, 0.75])
        behind = self.foot[2] + min(2.0, self.scene.distance)
        wall = torch.stack([torch.full((3,), 0.1), y, behind.expand(3)], 1)
        bare = dataclasses.replace(self, volume=None, bodies=())
        seen = [
            float(bare.irradiance(points, torch.tensor(normal)).mean())
            for points, normal in ((self.foot[None], (0.0, 1.0, 0.0)), (wall, (0.0, 0.0, -1.0)))
        ]
        if self.scene.stage == "open":  # there is no wall that could be too dark
            seen[1] = seen[0]
        middle = math.sqrt(max(0.1, seen[0]) * max(0.1, seen[1]))
        exposure = self.scene.exposure * min(MOST_EXPOSURE, max(1.0, middle**-0.8))
        return dataclasses.replace(self, exposure=exposure)

    def irradiance(self, points: Tensor, normal: Tensor) -> Tensor:
        """Light that falls on points, relative to an open floor's at the product's foot.

        Args:
            points: (N, 3).
            normal: (N, 3) or (3,), of length 1.

        Returns:
            (N, 3), linear.
        """
        lights, key = self.lights, self.scene.key
        normal = normal.expand_as(points)
        lifted = points + 1e-3 * normal
        direct = torch.zeros(len(points))
        for number, ray in enumerate(lights.key):
            facing = (normal @ ray).clamp(min=0)
            shift = (0.618 * number) % 1 - 0.5
            direct += facing * self._stage(lifted, ray) * self._things(lifted, ray, shift) / len(lights.key)
        direct /= lights.toward[1].clamp(min=0.2)
        direct *= self._falloff(points) * self._through(points)
        indirect = torch.zeros(len(points))
        for number, (ray, share) in enumerate(zip(lights.dome, lights.dome_share, strict=True)):
            facing = 0.5 + 0.5 * (normal @ ray).clamp(min=0) / max(0.3, float(ray[1]))
            free = self._stage(lifted, ray)
            indirect += (
                share * facing * (free + BOUNCE * (1 - free)) * self._things(lifted, ray, (0.618 * number) % 1 - 0.5)
            )
        indirect *= self._corners(points)
        strength = key.strength
        return strength * direct[:, None] * lights.key_color + (1 - strength) * indirect[:, None] * lights.dome_color

    def _things(self, points: Tensor, ray: Tensor, shift: float = 0.0) -> Tensor:
        """Share of a ray that neither product nor podium takes."""
        free = torch.ones(len(points))
        if self.volume is not None:
            free = 1 - self.shadow * self.volume.shade(points, ray, shift)
        for body in self.bodies:
            free = free * (1 - body.shade(points, ray))
        return free

    def _stage(self, points: Tensor, ray: Tensor) -> Tensor:
        """1 where a ray leaves the stage's profile without meeting it again, else 0."""
        free = torch.ones(len(points))
        dz, dy = float(ray[2]), float(ray[1])
        if self.scene.stage == "sweep":
            return free if dz <= 0 else torch.zeros(len(points))
        for piece in self.pieces:
            pz, py = piece.z1 - piece.z0, piece.y1 - piece.y0
            divisor = dz * py - dy * pz
            if abs(divisor) < 1e-9:
                continue
            away_z, away_y = piece.z0 - points[:, 2], piece.y0 - points[:, 1]
            step = (away_z * py - away_y * pz) / divisor
            share = (away_z * dy - away_y * dz) / divisor
            free = free * ~((step > 2e-3) & (share >= 0) & (share <= 1))
        return free

    def _corners(self, points: Tensor) -> Tensor:
        """Less light from around in the corners of the stage."""
        made = torch.ones(len(points))
        for one, two in zip(self.pieces, self.pieces[1:], strict=False):
            joined = abs(one.z1 - two.z0) + abs(one.y1 - two.y0) < 1e-6
            turn = one.normal[0] * two.normal[1] - one.normal[1] * two.normal[0]
            if joined and turn > 0.5:  # concave
                away = ((points[:, 2] - one.z1) ** 2 + (points[:, 1] - one.y1) ** 2).sqrt()
                made = made * (1 - 0.30 * torch.exp(-away / 0.03) - 0.22 * torch.exp(-away / 0.22))
        return made

    def _falloff(self, points: Tensor) -> Tensor:
        source = self.foot + _AWAY * self.lights.toward
        near = _AWAY**2 / (points - source).pow(2).sum(1)
        return (1 - self.scene.key.falloff) + self.scene.key.falloff * near.clamp(max=2.2)

    def _through(self, points: Tensor) -> Tensor:
        """Light that a window, blinds or leaves let through."""
        key = self.scene.key
        if key.pattern == "none":
            return torch.ones(len(points))
        toward = self.lights.toward
        across = torch.linalg.cross(toward, torch.tensor([0.0, 1.0, 0.0]))
        across = across / across.norm().clamp(min=1e-6)
        up = torch.linalg.cross(across, toward)
        away = points - self.foot
        x, y = away @ across, away @ up - 0.12
        soft = 0.012 + 0.10 * key.softness
        if key.pattern == "leaves" and self.pattern is not None:
            size = self.pattern.shape[0]
            at = torch.stack([(x / 2.4 + 0.5) % 1, (y / 2.4 + 0.5) % 1], -1) * 2 - 1
            found = torch.nn.functional.grid_sample(
                self.pattern[None, None], at[None, None], padding_mode="reflection", align_corners=False
            )
            return 0.30 + 0.85 * found[0, 0, 0] * (size > 0)
        if key.pattern == "blinds":
            slat = 0.5 + 0.5 * torch.cos(2 * math.pi * y / 0.17)
            bars = smooth(slat, 0.36 - 0.25 - 0.5 * key.softness, 0.36 + 0.25 + 0.5 * key.softness)
            return 0.22 + 0.95 * bars * _slot(x, -1.3, 0.85, 3 * soft)
        panes = torch.zeros(len(points))
        for left in (-0.86, -0.26, 0.34):
            for low in (-0.75, 0.0):
                panes += _slot(x, left, left + 0.52, soft) * _slot(y, low, low + 0.67, soft)
        return 0.20 + 0.92 * panes


def _slot(x: Tensor, least: float, most: float, soft: float) -> Tensor:
    return torch.sigmoid((x - least) / (0.4 * soft)) * torch.sigmoid((most - x) / (0.4 * soft))


def leaves(key: Key, seed: int, size_px: int = 256) -> Tensor:
    """(size_px, size_px): light between leaves, 1 where it is free."""
    import numpy as np
    from PIL import Image, ImageDraw

    noise = Noise(size_px, seed)
    image = Image.new("L", (4 * size_px, 4 * size_px), 255)
    pen = ImageDraw.Draw(image)
    draws = noise.uniform(14, 4).numpy()
    for start_x, start_y, turn, length in draws:
        stem = np.array([start_x, start_y]) * 4 * size_px
        angle = 2 * math.pi * turn
        for step in range(9):
            angle += 0.10 * (turn - 0.5)
            stem = stem + np.array([math.cos(angle), math.sin(angle)]) * (0.5 + length) * 0.16 * size_px
            for side in (-1, 1):
                lean = angle + side * (0.9 - 0.04 * step)
                reach = (0.34 - 0.02 * step) * size_px * (0.8 + 0.4 * length)
                tip = stem + np.array([math.cos(lean), math.sin(lean)]) * reach
                wide = np.array([-math.sin(lean), math.cos(lean)]) * reach * 0.16
                middle = stem + 0.45 * (tip - stem)
                pen.polygon([tuple(p) for p in (stem, middle + wide, tip, middle - wide)], fill=0)
    small = image.resize((size_px, size_px), Image.Resampling.BOX)
    free = torch.from_numpy(np.asarray(small).copy()).float() / 255
    return blurred(free, (0.012 + 0.035 * key.softness) * size_px).clamp(0, 1)
