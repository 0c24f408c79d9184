"""Plan of a scene before it is rendered: which products stand where, on what, before what, and in which light.

A scene's unit is its main product's largest side, as in `geometry`; that product stands at the origin, and the camera
looks at it from -y. Everything follows from (number, seed), the products and the grounds.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from furniture import CatalogueError, Model
from views import HUE_SHIFT, TINT_SATURATION, View, seeded, shuffled

HELD_OUT = 0.08
"""Share that `gan.training.data.pictures.split` holds out; a test holds the two together."""

VALIDATION_EVERY = 5
"""Of so many scenes one shows a product that is held out: of all products far fewer are, too few to measure by."""

OTHERS = ((1, 0.4), (2, 0.4), (3, 0.2))
TRIES = 40
GROUND_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


@dataclass(frozen=True)
class Thing:
    """A product in a scene.

    Attributes:
        at: across and away from the camera.
        side: its largest side.
        turn_deg: about the vertical; 0 faces the camera.
        hue_shift, tint: as in `View`.
    """

    model: Model
    at: tuple[float, float]
    side: float
    turn_deg: float
    hue_shift: float
    tint: tuple[float, float] | None


@dataclass(frozen=True)
class Surface:
    """Of a floor or a wall: a picture that repeats every `repeat`; where there is none, a color in linear RGB."""

    picture: Path | None
    color: tuple[float, float, float]
    repeat: float
    roughness: float


@dataclass(frozen=True)
class Light:
    """An area light: `side_deg` from the camera's direction, positive to the right, and its strength at the product."""

    side_deg: float
    elevation_deg: float
    distance: float
    size: float
    strength: float


@dataclass(frozen=True)
class Scene:
    """One scene, complete.

    Attributes:
        things: the main product first.
        wall: None where the photograph itself stands behind.
        wall_at: how far behind the main product the wall or the photograph stands.
        photograph: lights the scene from all around, and is seen where there is no wall; None for plain grey light.
        ambient: its strength.
        view: of the main product; its azimuth is 0, since the product turns instead.
        shift: of the frame, across and up, as shares of it.
        f_stop: for shallow focus on the main product; None for a sharp picture all through.
    """

    id: str
    things: tuple[Thing, ...]
    floor: Surface
    wall: Surface | None
    wall_at: float
    photograph: Path | None
    ambient: float
    light: Light
    view: View
    lens_mm: float
    shift: tuple[float, float]
    f_stop: float | None

    @property
    def held_out(self) -> bool:
        return is_held_out(self.things[0].model.product)


def is_held_out(product: str) -> bool:
    """True if training never sees a product as the one that a picture is of, nor a ground of that name."""
    digest = hashlib.sha256(product.encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32 < HELD_OUT


def plan_scenes(
    models: Sequence[Model], surfaces: Path, photographs: Sequence[Path], count: int, seed: int
) -> list[Scene]:
    """The first `count` scenes; more can be added later.

    A scene of a held-out product has grounds that are held out too, as far as there are any, since those that never
    were trained on say more; what stands beside it comes from the training side, as in every other scene.

    Args:
        surfaces: folder of textures, for floors and walls.
        photographs: folders of photographs, for what is seen behind and for light.

    Raises:
        CatalogueError: there are no products of the training side, or no grounds.
    """
    by_name = {model.product: model for model in models}
    order = shuffled(list(by_name), seed)
    sides = {held: [by_name[name] for name in order if is_held_out(name) == held] for held in (False, True)}
    if not sides[False]:
        raise CatalogueError("scenes: no product of the training side is left. Choose more products")
    found = {"surfaces": _grounds([surfaces]), "photographs": _grounds(photographs)}
    for title, paths in found.items():
        if not paths:
            raise CatalogueError(f"{title}: no picture there. JPEG, PNG and WebP are read")
    scenes = []
    turn = {False: 0, True: 0}
    for number in range(count):
        held = number % VALIDATION_EVERY == VALIDATION_EVERY - 1 and bool(sides[True])
        mains = sides[held]
        main, again = mains[turn[held] % len(mains)], turn[held] // len(mains)
        turn[held] += 1
        around = {title: [path for path in paths if is_held_out(path.stem) == held] for title, paths in found.items()}
        scenes.append(
            _scene(
                f"scene-{main.product}-{again}",
                main,
                [model for model in sides[False] if model is not main],
                around["surfaces"] or found["surfaces"],
                around["photographs"] or found["photographs"],
                seed,
            )
        )
    return scenes


def _scene(
    name: str, main: Model, others: list[Model], surfaces: list[Path], photographs: list[Path], seed: int
) -> Scene:
    rng = seeded(name, seed)
    lens = rng.uniform(45.0, 90.0)
    first = Thing(main, (0.0, 0.0), 1.0, rng.uniform(-60, 60), *_colors(rng))
    view = View(name, 0.0, rng.uniform(4, 32), rng.uniform(0.4, 0.8), 0.0, None, rng.getrandbits(31))
    things = [first]
    for _ in range(_chosen(rng, OTHERS) if others else 0):
        placed = _beside(rng, others, things, 0.5 / view.fill)
        if placed is not None:
            things.append(placed)
    farthest = max(thing.at[1] + _radius(thing) for thing in things)
    behind = farthest + rng.uniform(0.05, 1.5)
    photograph = rng.choice(photographs) if rng.random() < 0.85 else None
    wall = None if photograph is not None and rng.random() < 0.5 else _surface(rng, surfaces, photographs)
    light = Light(
        side_deg=rng.choice((-1, 1)) * rng.uniform(15, 120),
        elevation_deg=rng.uniform(20, 70),
        distance=rng.uniform(2.0, 4.0),
        size=math.exp(rng.uniform(math.log(0.2), math.log(2.0))),
        strength=rng.uniform(5.0, 14.0),
    )
    return Scene(
        id=name,
        things=tuple(things),
        floor=_surface(rng, surfaces, photographs),
        wall=wall,
        wall_at=behind if wall is not None else behind + rng.uniform(0.5, 3.0),
        photograph=photograph,
        ambient=rng.uniform(0.35, 1.1),
        light=light,
        view=view,
        lens_mm=lens,
        shift=(rng.uniform(-0.12, 0.12), rng.uniform(-0.1, 0.1)),
        f_stop=math.exp(rng.uniform(math.log(0.25), math.log(1.2))) if rng.random() < 0.35 else None,
    )


def _beside(rng: random.Random, others: list[Model], things: list[Thing], reach: float) -> Thing | None:
    """A further product that touches none of the others, beside the first or behind it; None if there is no room.

    Args:
        reach: half of what the frame shows across at the main product.
    """
    model = rng.choice(others)
    side, turn, colors = rng.uniform(0.35, 1.1), rng.uniform(-180, 180), _colors(rng)
    for _ in range(TRIES):
        thing = Thing(model, (rng.uniform(-reach, reach), rng.uniform(-0.25, 1.6)), side, turn, *colors)
        if all(math.dist(thing.at, other.at) > _radius(thing) + _radius(other) + 0.02 for other in things):
            return thing
    return None


def _radius(thing: Thing) -> float:
    """Of the circle on the floor that the thing stands in, whichever way it is turned."""
    width, height, depth = thing.model.size_cm
    return thing.side * math.hypot(width, depth) / max(width, height, depth) / 2


def _colors(rng: random.Random) -> tuple[float, tuple[float, float] | None]:
    """Every third product has other colors than its model."""
    hue, tint = rng.uniform(*HUE_SHIFT), (rng.random(), rng.uniform(*TINT_SATURATION))
    return (hue, tint) if rng.random() < 0.33 else (0.0, None)


def _surface(rng: random.Random, surfaces: list[Path], photographs: list[Path]) -> Surface:
    """Mostly a texture, now and then a photograph (a printed cloth, a mural) or a plain color."""
    kind = rng.random()
    picture = rng.choice(surfaces) if kind < 0.65 else rng.choice(photographs) if kind < 0.75 else None
    grey = rng.uniform(0.03, 0.85)
    red, green, blue = (min(1.0, grey * math.exp(rng.gauss(0, 0.25))) for _ in range(3))
    repeat = math.exp(rng.uniform(math.log(0.5), math.log(3.5)))
    return Surface(picture, (red, green, blue), repeat, rng.uniform(0.25, 0.95))


def _grounds(folders: Sequence[Path]) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in GROUND_SUFFIXES)


def _chosen(rng: random.Random, table: tuple[tuple[int, float], ...]) -> int:
    return rng.choices([value for value, _ in table], [weight for _, weight in table])[0]
