"""A planned scene in Blender: products on a floor before a wall or a photograph, one light from a side.

`bpy` is imported by the functions, as in `scene`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from geometry import SENSOR_MM, place_camera, stand_up
from numpy.typing import NDArray
from scene import (
    NothingVisible,
    Paint,
    Quality,
    as_matrix,
    corners_of,
    repair_texture_coordinates,
    set_up_renderer,
)
from scenes import Light, Scene, Surface, Thing

COVER_SAMPLES = 24
WIDE = 60.0
"""Side of the floor and of the wall, so that neither ends within the frame."""

GREY_LIGHT = 0.45
LEAST_COVER = 0.004
"""Share of the frame that the main product covers at least."""


class Stage:
    """One scene, ready to be shot. A new Stage clears Blender of the one before it.

    Args:
        objs: each thing's model with its materials beside it, the main product's first.

    Raises:
        NothingVisible: a model holds no faces.
    """

    def __init__(self, plan: Scene, objs: Sequence[Path], quality: Quality) -> None:
        import bpy

        bpy.ops.wm.read_factory_settings(use_empty=True)
        self._plan = plan
        self._scene = bpy.context.scene
        set_up_renderer(self._scene, quality)
        self._scene.render.use_persistent_data = True  # two pictures of nearly the same things
        cycles = self._scene.cycles
        cycles.max_bounces, cycles.diffuse_bounces = 4, 2
        cycles.denoising_prefilter, cycles.denoising_quality = "FAST", "FAST"
        cycles.seed = plan.view.seed
        self._homes = []
        points = np.empty((0, 3))
        for number, (thing, obj) in enumerate(zip(plan.things, objs, strict=True)):
            home, seen = _bring(thing, obj, f"thing-{number}")
            self._homes.append(home)
            points = seen if number == 0 else points
        self._around = [_floor(plan.floor)]
        if plan.wall is not None:
            self._around.append(_wall(plan.wall, plan.wall_at))
        elif plan.photograph is not None:
            self._around.append(_backdrop(plan.photograph, plan.wall_at))
        self._light = _add_light(plan.light, self._scene)
        _add_world(plan, self._scene)
        _add_camera(plan, points, self._scene)

    def shoot(self, picture: Path, empty: Path, covers: Sequence[Path]) -> list[float]:
        """Write the picture and the empty place (WebP), and what is seen of each thing (PNG, 8 bits).

        Returns:
            Each thing's mean coverage, in [0, 1].

        Raises:
            NothingVisible: the main product is not to be seen; nothing was written then.
        """
        from PIL import Image, ImageStat

        scratch = picture.with_suffix(".scratch")
        found = self._covers(scratch)
        shares = [ImageStat.Stat(cover).mean[0] / 255 for cover in found]
        if shares[0] < LEAST_COVER:
            raise NothingVisible("it cannot be seen from the camera")
        for cover, path in zip(found, covers, strict=True):
            cover.save(path, optimize=True)
        for path, shown in ((picture, True), (empty, False)):
            for mesh in self._homes[0].children_recursive:
                mesh.hide_render = not shown
            shot = scratch.with_suffix(".png")
            self._render(shot)
            with Image.open(shot) as image:
                image.convert("RGB").save(path, quality=96, method=6)
            shot.unlink()
        return [round(share, 4) for share in shares]

    def photograph(self, path: Path) -> None:
        """Write the picture alone (PNG), denoised with more care than those of which there are hundreds."""
        self._scene.cycles.denoising_prefilter, self._scene.cycles.denoising_quality = "ACCURATE", "HIGH"
        self._render(path)

    def _render(self, path: Path) -> None:
        import bpy

        self._scene.render.image_settings.color_mode = "RGB"
        self._scene.cycles.use_denoising = True
        self._scene.render.filepath = str(path)
        bpy.ops.render.render(write_still=True)

    def _covers(self, scratch: Path) -> list[Any]:
        """One quick picture without light for all things at once: Cryptomatte knows whose each sample is."""
        import bpy
        from PIL import Image

        scene, cycles, layer = self._scene, self._scene.cycles, self._scene.view_layers[0]
        before = cycles.samples, cycles.max_bounces
        cycles.samples, cycles.max_bounces = COVER_SAMPLES, 0
        cycles.use_denoising = False
        # Nothing of the place stands before a thing, and without light there is little to compute.
        for thing in (self._light, *self._around):
            thing.hide_render = True
        world, scene.world = scene.world, None
        layer.use_pass_cryptomatte_asset = True
        scene.use_nodes = True
        tree = scene.node_tree
        tree.nodes.clear()
        layers = tree.nodes.new("CompositorNodeRLayers")
        tree.links.new(layers.outputs["Image"], tree.nodes.new("CompositorNodeComposite").inputs["Image"])
        out = tree.nodes.new("CompositorNodeOutputFile")
        out.base_path = str(scratch)
        out.format.file_format, out.format.color_mode, out.format.color_depth = "PNG", "BW", "8"
        out.file_slots.clear()
        for number, home in enumerate(self._homes):
            matte = tree.nodes.new("CompositorNodeCryptomatteV2")
            matte.source, matte.scene = "RENDER", scene
            matte.layer_name = f"{layer.name}.CryptoAsset"
            matte.matte_id = home.name
            out.file_slots.new(f"{number}-")
            # A coverage is no color: it is not encoded.
            out.file_slots[number].save_as_render = False
            tree.links.new(matte.outputs["Matte"], out.inputs[number])
        bpy.ops.render.render(write_still=False)
        scene.use_nodes = False
        layer.use_pass_cryptomatte_asset = False
        cycles.samples, cycles.max_bounces = before
        for thing in (self._light, *self._around):
            thing.hide_render = False
        scene.world = world
        covers = []
        for number in range(len(self._homes)):
            (path,) = scratch.glob(f"{number}-*.png")
            with Image.open(path) as image:
                covers.append(image.convert("L"))
        return covers


def _bring(thing: Thing, obj: Path, name: str) -> tuple[Any, NDArray[np.float64]]:
    """Import one product and put it in its place: what holds everything that was added, and its corners, (N, 3)."""
    import bpy

    before = set(bpy.data.objects), set(bpy.data.materials)
    bpy.ops.wm.obj_import(filepath=str(obj), forward_axis="Y", up_axis="Z")
    meshes = [x for x in set(bpy.data.objects) - before[0] if x.type == "MESH" and x.data.polygons]
    if not meshes:
        raise NothingVisible(f"{thing.model.product} holds no faces")
    for mesh in meshes:
        repair_texture_coordinates(mesh.data)
    to_world, points = stand_up(np.concatenate([corners_of(mesh) for mesh in meshes]), thing.model)
    angle = math.radians(thing.turn_deg)
    place = np.eye(4)
    place[:2, :2] = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    place[:3, :3] *= thing.side
    place[:2, 3] = thing.at
    home = bpy.data.objects.new(name, None)
    bpy.context.scene.collection.objects.link(home)
    for mesh in meshes:
        mesh.matrix_world = as_matrix(place @ to_world @ np.array(mesh.matrix_world))
        world = mesh.matrix_world.copy()
        mesh.parent = home
        mesh.matrix_world = world
    for material in sorted(set(bpy.data.materials) - before[1], key=lambda material: material.name):
        if material.use_nodes:
            Paint(material).apply(thing.hue_shift, thing.tint)
    return home, points @ place[:3, :3].T + place[:3, 3]


def _floor(surface: Surface) -> Any:
    import bpy

    bpy.ops.mesh.primitive_plane_add(size=WIDE, location=(0.0, 0.0, -1e-3))
    floor = bpy.context.object
    floor.data.materials.append(_material("floor", surface, across="X", up="Y"))
    return floor


def _wall(surface: Surface, at: float) -> Any:
    import bpy

    bpy.ops.mesh.primitive_plane_add(size=WIDE, location=(0.0, at, 0.0), rotation=(math.pi / 2, 0.0, 0.0))
    wall = bpy.context.object
    wall.data.materials.append(_material("wall", surface, across="X", up="Z"))
    return wall


def _material(name: str, surface: Surface, *, across: str, up: str) -> Any:
    """A texture laid by the place in the world, so that it is as large as planned; mirrored, so that no seam shows."""
    import bpy

    material = bpy.data.materials.new(name)
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Roughness"].default_value = surface.roughness
    shader.inputs["Specular IOR Level"].default_value = 0.3
    shader.inputs["Base Color"].default_value = (*surface.color, 1.0)
    if surface.picture is not None:
        picture = nodes.new("ShaderNodeTexImage")
        picture.image = bpy.data.images.load(str(surface.picture))
        picture.extension = "MIRROR"
        where, apart, joined = (nodes.new(f"ShaderNode{kind}") for kind in ("NewGeometry", "SeparateXYZ", "CombineXYZ"))
        scaled = nodes.new("ShaderNodeVectorMath")
        scaled.operation = "SCALE"
        scaled.inputs["Scale"].default_value = 1 / surface.repeat
        links.new(where.outputs["Position"], apart.inputs["Vector"])
        links.new(apart.outputs[across], joined.inputs["X"])
        links.new(apart.outputs[up], joined.inputs["Y"])
        links.new(joined.outputs["Vector"], scaled.inputs["Vector"])
        links.new(scaled.outputs["Vector"], picture.inputs["Vector"])
        links.new(picture.outputs["Color"], shader.inputs["Base Color"])
    return material


def _backdrop(photograph: Path, at: float) -> Any:
    """The photograph behind everything, as wide as the frame, neither lit nor throwing light."""
    import bpy

    bpy.ops.mesh.primitive_plane_add(size=2 * WIDE, location=(0.0, at, 0.0), rotation=(math.pi / 2, 0.0, 0.0))
    plane = bpy.context.object
    material = bpy.data.materials.new("photograph")
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    nodes.clear()
    out, glow, picture, where = (
        nodes.new(f"ShaderNode{kind}") for kind in ("OutputMaterial", "Emission", "TexImage", "TexCoord")
    )
    picture.image = bpy.data.images.load(str(photograph))
    picture.extension = "MIRROR"
    width, height = picture.image.size
    fit = nodes.new("ShaderNodeMapping")
    # The middle of it, not stretched.
    fit.inputs["Scale"].default_value = (min(1.0, height / width), min(1.0, width / height), 1.0)
    fit.inputs["Location"].default_value = (
        (1 - min(1.0, height / width)) / 2,
        (1 - min(1.0, width / height)) / 2,
        0.0,
    )
    links.new(where.outputs["Window"], fit.inputs["Vector"])
    links.new(fit.outputs["Vector"], picture.inputs["Vector"])
    links.new(picture.outputs["Color"], glow.inputs["Color"])
    links.new(glow.outputs["Emission"], out.inputs["Surface"])
    plane.data.materials.append(material)
    plane.visible_diffuse = plane.visible_shadow = False
    return plane


def _add_light(planned: Light, scene: Any) -> Any:
    import bpy
    from mathutils import Vector

    side, elevation = math.radians(planned.side_deg), math.radians(planned.elevation_deg)
    middle = Vector((0.0, 0.0, 0.3))
    away = Vector((math.sin(side) * math.cos(elevation), -math.cos(side) * math.cos(elevation), math.sin(elevation)))
    light = bpy.data.lights.new("light", "AREA")
    light.size, light.energy = planned.size, planned.strength * planned.distance**2
    thing = bpy.data.objects.new("light", light)
    thing.location = middle + away * planned.distance
    thing.rotation_euler = (middle - thing.location).to_track_quat("-Z", "Y").to_euler()
    # Seen by the camera it would be a white square that belongs to nothing.
    thing.visible_camera = False
    scene.collection.objects.link(thing)
    return thing


def _add_world(plan: Scene, scene: Any) -> None:
    import bpy

    world = scene.world = bpy.data.worlds.new("around")
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    background = next(node for node in nodes if node.type == "BACKGROUND")
    background.inputs["Strength"].default_value = plan.ambient
    background.inputs["Color"].default_value = (GREY_LIGHT, GREY_LIGHT, GREY_LIGHT, 1.0)
    if plan.photograph is not None:
        picture = nodes.new("ShaderNodeTexEnvironment")
        picture.image = bpy.data.images.load(str(plan.photograph), check_existing=True)
        links.new(picture.outputs["Color"], background.inputs["Color"])
    world.cycles.sampling_method, world.cycles.sample_map_resolution = "MANUAL", 256


def _add_camera(plan: Scene, points: NDArray[np.float64], scene: Any) -> None:
    import bpy

    lens = bpy.data.cameras.new("camera")
    lens.lens, lens.sensor_width, lens.sensor_height = plan.lens_mm, SENSOR_MM, SENSOR_MM
    lens.clip_start, lens.clip_end = 0.01, 200.0
    lens.shift_x, lens.shift_y = plan.shift
    camera = scene.camera = bpy.data.objects.new("camera", lens)
    where = place_camera(points, plan.view, plan.lens_mm)
    camera.matrix_world = as_matrix(where)
    if plan.f_stop is not None:
        depth = (where[:3, 3] - points) @ where[:3, 2]
        lens.dof.use_dof = True
        lens.dof.aperture_fstop = plan.f_stop
        lens.dof.focus_distance = float(np.median(depth))
    scene.collection.objects.link(camera)
