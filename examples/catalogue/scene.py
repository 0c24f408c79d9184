"""The studio in Blender: a white ground that only catches shadows, a key and a fill light, one product.

`bpy` is imported by the functions, so that everything else of the catalogue works without it.
"""

from __future__ import annotations

import colorsys
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from geometry import LENS_MM, SENSOR_MM, place_camera, stand_up
from numpy.typing import NDArray
from views import View

if TYPE_CHECKING:
    from furniture import Model

# The product's largest side is 1; all lights turn with the camera, as if the product stood on a turntable.
# (position from the product's middle: right, towards the camera, up), side of the square, watts
KEY_LIGHT = ((1.3, 0.7, 1.9), 1.1, 40.0)
FILL_LIGHT = ((-2.0, 1.6, 0.7), 1.6, 17.0)
AMBIENT = 0.29

MASK_SAMPLES = 64
NEUTRAL_SATURATION = 0.12
DARK = 0.2
"""Linear brightness below which a neutral material keeps its black."""


class NothingVisible(Exception):
    """The model has no surface that can be seen."""


@dataclass(frozen=True)
class Quality:
    """size_px: side of the pictures; samples: per pixel; threads: of the CPU."""

    size_px: int
    samples: int
    threads: int


class Studio:
    """One product under the lights. A new Studio clears Blender of the one before it.

    Args:
        obj: the model with its materials beside it.

    Raises:
        NothingVisible: the model holds no faces.
    """

    def __init__(self, model: Model, obj: Path, quality: Quality) -> None:
        import bpy

        bpy.ops.wm.read_factory_settings(use_empty=True)
        self._scene = bpy.context.scene
        set_up_renderer(self._scene, quality)
        bpy.ops.wm.obj_import(filepath=str(obj), forward_axis="Y", up_axis="Z")
        meshes = [thing for thing in self._scene.objects if thing.type == "MESH" and thing.data.polygons]
        if not meshes:
            raise NothingVisible("it holds no faces")
        for thing in meshes:
            repair_texture_coordinates(thing.data)
        to_world, self._points = stand_up(np.concatenate([corners_of(thing) for thing in meshes]), model)
        for thing in meshes:
            thing.matrix_world = as_matrix(to_world @ np.array(thing.matrix_world))
        self._paints = [Paint(material) for material in bpy.data.materials if material.use_nodes]
        self._ground = _add_ground(self._scene)
        self._turntable = _add_lights(self._scene)
        self._camera = _add_camera(self._scene)

    def render(self, view: View, image: Path, mask: Path) -> dict[str, Any]:
        """Write the picture (WebP, lossless) and the product's coverage (PNG, 8 bits).

        Returns:
            recolored: whether any material changed; coverage: mean of the mask, in [0, 1].

        Raises:
            NothingVisible: the mask is empty.
        """
        from PIL import Image, ImageStat

        self._camera.matrix_world = as_matrix(place_camera(self._points, view))
        self._turntable.rotation_euler = (0.0, 0.0, math.radians(view.azimuth_deg))
        changed = [paint.apply(view.hue_shift, view.tint) for paint in self._paints]
        self._scene.cycles.seed = view.seed
        scratch = image.with_suffix(".scratch.png")
        self._shoot(scratch, mask_only=True)
        with Image.open(scratch) as picture:
            coverage = picture.getchannel("A")
        share = ImageStat.Stat(coverage).mean[0] / 255
        if share < 0.001:
            raise NothingVisible("it cannot be seen from the camera")
        coverage.save(mask, optimize=True)
        self._shoot(scratch, mask_only=False)
        with Image.open(scratch) as picture:
            picture.convert("RGB").save(image, lossless=True, method=6)
        scratch.unlink()
        return {"recolored": any(changed), "coverage": round(share, 3)}

    def _shoot(self, path: Path, *, mask_only: bool) -> None:
        import bpy

        scene = self._scene
        scene.render.film_transparent = mask_only
        scene.render.image_settings.color_mode = "RGBA" if mask_only else "RGB"
        scene.cycles.use_denoising = not mask_only
        self._ground.hide_render = mask_only
        quality = scene.cycles.samples
        if mask_only:
            scene.cycles.samples = max(MASK_SAMPLES, quality)
        scene.render.filepath = str(path)
        bpy.ops.render.render(write_still=True)
        scene.cycles.samples = quality


def available_threads(workers: int) -> int:
    """CPU cores for each of the workers."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // workers)


class Paint:
    """A material's colour, and what to do to it; what the model's author chose is kept."""

    def __init__(self, material: Any) -> None:
        self._shader = next((node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED"), None)
        if self._shader is None:
            return
        links, nodes = material.node_tree.links, material.node_tree.nodes
        # Light of its own would wash out the shadow, and what glows in a room is switched off in a shop.
        self._shader.inputs["Emission Strength"].default_value = 0.0
        base, alpha = self._shader.inputs["Base Color"], self._shader.inputs["Alpha"]
        self._own = tuple(base.default_value)
        self._hue = self._tint = None
        texture = base.links[0].from_node if base.is_linked else None
        if texture is not None and (texture.type != "TEX_IMAGE" or not loads(texture.image)):
            for link in list(base.links):
                links.remove(link)
            texture = None
        if texture is None:
            self._mean = self._own[:3]
        else:
            pixels = _pixels(texture.image)
            self._mean = tuple(float(v) for v in pixels[:, :3].mean(axis=0))
            if pixels[:, 3].min() < 0.99 and not alpha.is_linked:
                links.new(texture.outputs["Alpha"], alpha)
            self._hue = nodes.new("ShaderNodeHueSaturation")
            self._tint = nodes.new("ShaderNodeMix")
            self._tint.data_type, self._tint.blend_type = "RGBA", "MULTIPLY"
            links.new(texture.outputs["Color"], self._hue.inputs["Color"])
            links.new(self._hue.outputs["Color"], self._tint.inputs["A"])
            links.new(self._tint.outputs["Result"], base)
        solid = alpha.is_linked or alpha.default_value > 0.9
        metal = self._shader.inputs["Metallic"].default_value > 0.5
        _, saturation, value = colorsys.rgb_to_hsv(*self._mean)
        self._is_neutral = saturation < NEUTRAL_SATURATION
        self._takes_tint = self._is_neutral and value > DARK and solid and not metal

    def apply(self, hue_shift: float, tint: tuple[float, float] | None) -> bool:
        """Turn the hue and colour what is plain white or grey; (0, None) gives the author's colours back."""
        if self._shader is None:
            return False
        colour = colorsys.hsv_to_rgb(*tint, 1.0) if tint and self._takes_tint else (1.0, 1.0, 1.0)
        if self._hue is not None and self._tint is not None:
            self._hue.inputs["Hue"].default_value = (0.5 + hue_shift) % 1
            self._tint.inputs["Factor"].default_value = 1.0
            self._tint.inputs["B"].default_value = (*colour, 1.0)
        else:
            hue, saturation, value = colorsys.rgb_to_hsv(*self._own[:3])
            turned = colorsys.hsv_to_rgb((hue + hue_shift) % 1, saturation, value)
            mixed = [a * b for a, b in zip(turned, colour, strict=True)]
            self._shader.inputs["Base Color"].default_value = (*mixed, self._own[3])
        return tint is not None and (self._takes_tint or not self._is_neutral)


def set_up_renderer(scene: Any, quality: Quality) -> None:
    """Cycles on whatever is there, without a film's look, the same noise for the same seed."""
    render, cycles = scene.render, scene.cycles
    render.engine = "CYCLES"
    render.resolution_x = render.resolution_y = quality.size_px
    render.resolution_percentage = 100
    render.image_settings.file_format = "PNG"
    render.image_settings.color_depth = "8"
    render.threads_mode, render.threads = "FIXED", quality.threads
    # White must stay white and a shop's red the same red: no film look.
    scene.view_settings.view_transform = "Standard"
    cycles.device = "GPU" if _gpu() else "CPU"
    cycles.samples = quality.samples
    cycles.use_adaptive_sampling = False
    cycles.denoiser = "OPENIMAGEDENOISE"
    cycles.max_bounces, cycles.transparent_max_bounces = 6, 16
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 4.0


def _gpu() -> bool:
    """Turn on the GPUs of the first kind that Cycles finds."""
    import bpy

    preferences = bpy.context.preferences.addons["cycles"].preferences
    for kind in ("OPTIX", "CUDA", "HIP", "METAL", "ONEAPI"):
        try:
            preferences.compute_device_type = kind
        except TypeError:  # this build of Blender does not know it
            continue
        found = [device for device in preferences.get_devices_for_type(kind) if device.type == kind]
        for device in found:
            device.use = True
        if found:
            return True
    return False


def corners_of(thing: Any) -> NDArray[np.float64]:
    """(N, 3), the corners that belong to a face, in world coordinates; loose ones would spoil the framing."""
    mesh = thing.data
    corners = np.empty(len(mesh.vertices) * 3, dtype=np.float32)
    mesh.vertices.foreach_get("co", corners)
    used = np.empty(len(mesh.loops), dtype=np.int32)
    mesh.loops.foreach_get("vertex_index", used)
    matrix: NDArray[np.float64] = np.array(thing.matrix_world, dtype=np.float64)
    return corners.reshape(-1, 3)[np.unique(used)].astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3]


def repair_texture_coordinates(mesh: Any) -> None:
    """A few files hold NaN or numbers in the thousands of millions, at which sampling a texture gives glaring light."""
    for layer in mesh.uv_layers:
        values = np.empty(len(mesh.loops) * 2, dtype=np.float32)
        layer.uv.foreach_get("vector", values)
        broken = ~(np.abs(values) < 1e4)
        if broken.any():
            layer.uv.foreach_set("vector", np.where(broken, np.float32(0), values))


def _add_ground(scene: Any) -> Any:
    import bpy

    bpy.ops.mesh.primitive_plane_add(size=60.0, location=(0.0, 0.0, -1e-3))
    ground = bpy.context.object
    ground.is_shadow_catcher = True
    return ground


def _add_lights(scene: Any) -> Any:
    """Both lights, hung from an empty that turns with the camera, and white all around for the camera alone."""
    import bpy
    from mathutils import Vector

    turntable = bpy.data.objects.new("turntable", None)
    scene.collection.objects.link(turntable)
    middle = Vector((0.0, 0.0, 0.3))
    for name, ((right, front, up), side, watts) in (("key", KEY_LIGHT), ("fill", FILL_LIGHT)):
        light = bpy.data.lights.new(name, "AREA")
        light.size, light.energy = side, watts
        thing = bpy.data.objects.new(name, light)
        thing.location = middle + Vector((right, -front, up))
        thing.rotation_euler = (middle - thing.location).to_track_quat("-Z", "Y").to_euler()
        thing.parent = turntable
        scene.collection.objects.link(thing)
    world = scene.world = bpy.data.worlds.new("white")
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    background = next(node for node in nodes if node.type == "BACKGROUND")
    background.inputs["Color"].default_value = (1.0, 1.0, 1.0, 1.0)
    path, strength = nodes.new("ShaderNodeLightPath"), nodes.new("ShaderNodeMix")
    strength.inputs["A"].default_value, strength.inputs["B"].default_value = AMBIENT, 1.0
    links.new(path.outputs["Is Camera Ray"], strength.inputs["Factor"])
    links.new(strength.outputs["Result"], background.inputs["Strength"])
    return turntable


def _add_camera(scene: Any) -> Any:
    import bpy

    lens = bpy.data.cameras.new("camera")
    lens.lens, lens.sensor_width, lens.sensor_height = LENS_MM, SENSOR_MM, SENSOR_MM
    lens.clip_start, lens.clip_end = 0.01, 200.0
    camera = scene.camera = bpy.data.objects.new("camera", lens)
    scene.collection.objects.link(camera)
    return camera


def loads(image: Any) -> bool:
    """Some models name textures that the library does not hold; Blender would paint them magenta."""
    return image is not None and image.size[0] > 0 and image.size[1] > 0


def _pixels(image: Any) -> NDArray[np.float32]:
    """(N, 4) in [0, 1]."""
    pixels = np.empty(image.size[0] * image.size[1] * 4, dtype=np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(-1, 4)


def as_matrix(values: NDArray[np.float64]) -> Any:
    """(4, 4) as Blender takes it."""
    from mathutils import Matrix

    return Matrix(values.tolist())
