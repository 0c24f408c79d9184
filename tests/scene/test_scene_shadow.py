"""Light on a set's planes against a picture that Blender traced of a box, and against geometry.

`examples/trace_box.py` made the picture; the numbers are its own.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from gan.scene.composite import Placed, reflect
from gan.scene.light import lights_of
from gan.scene.materials import GAMMA
from gan.scene.podium import Body
from gan.scene.sets import Key, SceneSet, Surface
from gan.scene.stage import Stage, stage_of
from gan.scene.view import View, view_of
from gan.scene.volume import volume_of

TRACED = Path(__file__).parents[1] / "golden" / "scene-box.png"
SIZE_PX, FOOT_PX, ELEVATION_DEG, LENS = 256, 190, 22.0, 2.4
WIDTH, DEPTH, HEIGHT, WALL = 0.36, 0.30, 0.40, 0.55


def seen_box(view: View) -> torch.Tensor:
    """(1, 1, H, W): the coverage of the box's front and top."""
    image = Image.new("L", (8 * SIZE_PX, 8 * SIZE_PX), 0)
    pen = ImageDraw.Draw(image)

    def at(x: float, y: float, z: float) -> tuple[float, float]:
        return 8 * float(view.column(x, z)), 8 * float(view.row(y, z))

    near, far, half = view.depth, view.depth + DEPTH, WIDTH / 2
    pen.polygon([at(-half, 0, near), at(half, 0, near), at(half, HEIGHT, near), at(-half, HEIGHT, near)], fill=255)
    pen.polygon(
        [at(-half, HEIGHT, near), at(half, HEIGHT, near), at(half, HEIGHT, far), at(-half, HEIGHT, far)], fill=255
    )
    small = image.resize((SIZE_PX, SIZE_PX), Image.Resampling.BOX)
    return torch.from_numpy(np.asarray(small).copy()).float()[None, None] / 255


def the_stage(alpha: torch.Tensor | None, view: View, **changes: object) -> Stage:
    key = Key(azimuth_deg=-55.0, elevation_deg=40.0, softness=0.25, strength=1.0, falloff=0.0)
    scene = SceneSet(stage="corner", distance=WALL, key=key, focus=0.0).replaced(**changes)
    volume = None if alpha is None else volume_of(alpha, view)
    return stage_of(scene, view, volume, seed=0, kept=lambda _, make: make())


def lit(stage: Stage) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """(H, W): light in every pixel, linear."""
    from gan.scene.enlarge import sampled

    made = torch.zeros(SIZE_PX, SIZE_PX)
    for group in stage.groups:
        rows = torch.arange(round(group.first), round(group.last))
        share = (rows + 0.5 - group.first) / (group.last - group.first)
        made[rows] = sampled(group.light, share, SIZE_PX)[1].pow(GAMMA)
    return made.numpy()


@pytest.fixture(scope="module")
def view() -> View:
    return view_of(SIZE_PX, SIZE_PX, center_px=SIZE_PX / 2, foot_px=FOOT_PX, elevation_deg=ELEVATION_DEG, lens=LENS)


def test_the_shadow_lies_on_floor_and_wall_where_blender_traces_it(view: View) -> None:
    alpha = seen_box(view)
    ratio = lit(the_stage(alpha, view)) / np.maximum(lit(the_stage(None, view)), 1e-3)
    ours = ratio < 0.5
    with Image.open(TRACED) as image:
        traced = np.asarray(image.convert("L"), dtype=np.float32) / 255
    beside = alpha[0, 0].numpy() == 0
    theirs = (traced < 0.5 * np.median(traced[beside])) & beside
    ours &= beside
    assert theirs.sum() > 1000
    line = round(float(view.row(0.0, view.depth + WALL)))
    assert theirs[:line].sum() > 200  # some of it climbs the wall
    for part in (slice(None), slice(line, None)):
        both, either = (ours & theirs)[part].sum(), (ours | theirs)[part].sum()
        assert both / either > 0.75
    assert (1 - ratio)[:line][theirs[:line]].mean() > 0.25
    assert (1 - ratio)[:line][~theirs[:line] & beside[:line]].mean() < 0.02


def test_the_end_of_a_post_s_shadow_is_where_a_ray_through_its_top_meets_the_floor(view: View) -> None:
    """A ray from the top of a thin post, down the light, meets the floor at height / tan(elevation)."""
    alpha = torch.zeros(1, 1, SIZE_PX, SIZE_PX)
    top = round(float(view.row(0.3, view.depth)))
    alpha[:, :, top:FOOT_PX, 126:130] = 1
    ratio = lit(the_stage(alpha, view, distance=3.0)) / lit(the_stage(None, view, distance=3.0))
    toward = lights_of(SceneSet(key=Key(azimuth_deg=-55.0, elevation_deg=40.0))).toward
    reach = 0.3 / math.tan(math.radians(40.0))
    flat = math.hypot(float(toward[0]), float(toward[2]))
    for share, dark in ((0.75, True), (1.35, False)):
        x = -share * reach * float(toward[0]) / flat
        z = view.depth - share * reach * float(toward[2]) / flat
        row, column = round(float(view.row(0.0, z))), round(float(view.column(x, z)))
        assert (ratio[row - 1 : row + 2, column - 2 : column + 3].min() < 0.85) == dark


def test_a_podium_hides_what_lies_behind_it_in_the_light_s_way() -> None:
    body = Body(False, 0.0, 2.0, 0.5, 0.0, 1.0, Surface())
    ray = torch.tensor([-1.0, 1.0, 0.0]) / math.sqrt(2)
    points = torch.tensor([[0.9, 0.0, 2.0], [1.6, 0.0, 2.0], [-0.9, 0.0, 2.0], [0.9, 0.0, 3.0]])
    assert body.shade(points, ray).tolist() == [1.0, 0.0, 0.0, 0.0]
    round_ = Body(True, 0.0, 2.0, 0.5, 0.0, 1.0, Surface())
    assert round_.shade(points, ray).tolist() == [1.0, 0.0, 0.0, 0.0]


def test_a_reflection_hangs_below_the_foot_as_deep_as_the_point_stands_high(view: View) -> None:
    from gan.imaging.box import box_of
    from gan.imaging.picture import Picture

    alpha = torch.zeros(1, 1, SIZE_PX, SIZE_PX)
    alpha[:, :, 100:FOOT_PX, 108:148] = 1
    rgb = torch.zeros(1, 3, SIZE_PX, SIZE_PX)
    rgb[:, 0, 160:170] = 1  # a red belt, 20 to 30 rows above the foot
    stage = the_stage(None, view, floor=Surface(gloss=1.0))
    made = torch.zeros(1, 3, SIZE_PX, SIZE_PX)
    box = box_of(alpha)
    assert box is not None
    reflect(made, stage, Placed(Picture(rgb, alpha), alpha, box))
    red = made[0, 0, :, 128]
    assert int(red.argmax()) in range(FOOT_PX + 20, FOOT_PX + 30)
