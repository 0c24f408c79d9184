r"""Renders the products of the examples, each in a scene of its own that is set up by hand.

    blender/bin/python examples/catalogue/example_shots.py --models /usr/share/sweethome3d \
        --textures DATA/textures --out RENDERS

`examples/make.py` makes the examples of them. README.md beside this file says what to install; `--size 320 --samples 8`
gives a sketch within seconds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from furniture import CatalogueError, Model, read_models
from scene import Quality
from scenes import Light, Scene, Surface, Thing
from staging import Stage
from views import View

Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class Shot:
    """A product on a floor before a wall; lengths in sides of the product, as in `scenes`.

    Attributes:
        floor: texture's name; floor_repeat: how far it reaches until it repeats.
        wall: plain color, linear RGB; wall_at: how far behind the product.
        shift: of the frame, across and up, as shares of it.
    """

    product: str
    turn_deg: float
    floor: str
    floor_repeat: float
    wall: Rgb
    wall_at: float = 1.6
    elevation_deg: float = 14.0
    fill: float = 0.66
    lens_mm: float = 70.0
    light_deg: float = -50.0
    strength: float = 8.0
    ambient: float = 0.75
    shift: tuple[float, float] = (0.0, 0.04)
    f_stop: float | None = None
    roughness: float = 0.55


# fmt: off
SHOTS: dict[str, Shot] = {
    "carton": Shot("blendswap-cc-0-tetrapak", -32, "round-table-oaktexture", 1.7, (0.30, 0.42, 0.45), f_stop=0.7),
    "sneakers": Shot("scopia-sneakers", 24, "chairwithcushion-wood_013_color", 1.6, (0.62, 0.52, 0.40), wall_at=1.2,
                     elevation_deg=26, fill=0.74, light_deg=-60),
    "chair": Shot("blendswap-cc-by-plaidchair", -30, "jacuzzi-paneling-for-interior", 0.9, (0.55, 0.56, 0.48),
                  wall_at=0.75, elevation_deg=13, fill=0.72, lens_mm=60),
    "coffee": Shot("blendswap-cc-0-coffeebrewer", -48, "drawerscabinet-marble_14", 1.4, (0.72, 0.70, 0.66),
                   wall_at=1.0, elevation_deg=14, fill=0.68, roughness=0.3),
}
# fmt: on


def main(arguments: Sequence[str] | None = None) -> int:
    """0: rendered; 2: bad options, in one line on standard error."""
    options = _parser().parse_args(arguments)
    try:
        models = {model.product: model for model in read_models(options.models)}
        options.out.mkdir(parents=True, exist_ok=True)
        for name in options.only or SHOTS:
            path = options.out / f"{name}.png"
            if path.exists():
                continue
            plan = _planned(name, SHOTS[name], models, options.textures)
            _render(plan, Quality(options.size, options.samples, options.threads), path)
            print(path, flush=True)
    except CatalogueError as error:
        print(f"example_shots.py: {error}", file=sys.stderr)
        return 2
    return 0


def _render(plan: Scene, quality: Quality, path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        homes = [Path(folder) / str(number) for number in range(len(plan.things))]
        objs = [thing.model.extract(home) for thing, home in zip(plan.things, homes, strict=True)]
        Stage(plan, objs, quality).photograph(path)


def _planned(name: str, shot: Shot, models: dict[str, Model], textures: Path) -> Scene:
    texture = textures / f"{shot.floor}.jpg"
    if not texture.is_file():
        raise CatalogueError(f"textures: no {texture.name} in {textures}")
    if shot.product not in models:
        raise CatalogueError(f"models: no {shot.product}. Unpack all of sweethome3d-furniture")
    return Scene(
        id=name,
        things=(Thing(models[shot.product], (0.0, 0.0), 1.0, shot.turn_deg, 0.0, None),),
        floor=Surface(texture, (1.0, 1.0, 1.0), shot.floor_repeat, shot.roughness),
        wall=Surface(None, shot.wall, 1.0, 0.9),
        wall_at=shot.wall_at,
        photograph=None,
        ambient=shot.ambient,
        light=Light(side_deg=shot.light_deg, elevation_deg=48, distance=3.0, size=1.6, strength=shot.strength),
        view=View(name, 0.0, shot.elevation_deg, shot.fill, 0.0, None, 0),
        lens_mm=shot.lens_mm,
        shift=shot.shift,
        f_stop=shot.f_stop,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, required=True, help="folder with .sh3f files")
    parser.add_argument("--textures", type=Path, required=True, help="folder of the floors' textures")
    parser.add_argument("--out", type=Path, required=True, help="folder of NAME.png; those that are there stay")
    parser.add_argument("--only", nargs="+", choices=[*SHOTS], metavar="NAME", help="only these")
    parser.add_argument("--size", type=int, default=1024, help="side of the pictures in pixels")
    parser.add_argument("--samples", type=int, default=32, help="samples a pixel")
    parser.add_argument("--threads", type=int, default=1, help="of the CPU")
    return parser


if __name__ == "__main__":
    sys.exit(main())
