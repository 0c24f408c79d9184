"""Trace in Blender what a scene's shadow is compared with: a box on a floor before a wall, under the sun.

    blender's python examples/trace_box.py tests/golden/scene-box.png

The same numbers stand in tests/scene/test_scene_shadow.py. Gray: how much of the sun arrives; the box itself is black.
"""

from __future__ import annotations

import math
import sys

import bpy
import mathutils

SIZE_PX, FOOT_PX, ELEVATION_DEG, LENS = 256, 190, 22.0, 2.4
WIDTH, DEPTH, HEIGHT, WALL = 0.36, 0.30, 0.40, 0.55
AZIMUTH_DEG, SUN_DEG, SOFT_DEG = -55.0, 40.0, 4.0


def plane(name: str, corners: list[tuple[float, float, float]]) -> None:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
    made = bpy.data.objects.new(name, mesh)
    made.data.materials.append(white)
    bpy.context.collection.objects.link(made)


bpy.ops.wm.read_factory_settings(use_empty=True)
white = bpy.data.materials.new("white")
white.use_nodes = True
white.node_tree.nodes.clear()
diffuse = white.node_tree.nodes.new("ShaderNodeBsdfDiffuse")
out = white.node_tree.nodes.new("ShaderNodeOutputMaterial")
diffuse.inputs["Color"].default_value = (1, 1, 1, 1)
white.node_tree.links.new(diffuse.outputs[0], out.inputs[0])
black = white.copy()
black.node_tree.nodes["Diffuse BSDF"].inputs["Color"].default_value = (0, 0, 0, 1)

fall = math.tan(math.radians(ELEVATION_DEG))
height, foot = LENS * fall, LENS
back = foot + WALL
plane("floor", [(-9, 0, 0), (9, 0, 0), (9, back, 0), (-9, back, 0)])
plane("wall", [(-9, back, 0), (9, back, 0), (9, back, 9), (-9, back, 9)])
bpy.ops.mesh.primitive_cube_add(size=1, location=(0, foot + DEPTH / 2, HEIGHT / 2))
box = bpy.context.object
box.scale = (WIDTH, DEPTH, HEIGHT)
box.data.materials.append(black)

sun = bpy.data.lights.new("sun", "SUN")
sun.energy, sun.angle = math.pi, math.radians(2 * SOFT_DEG)
lamp = bpy.data.objects.new("sun", sun)
azimuth, up = math.radians(AZIMUTH_DEG), math.radians(SUN_DEG)

toward = mathutils.Vector((math.sin(azimuth) * math.cos(up), -math.cos(azimuth) * math.cos(up), math.sin(up)))
lamp.rotation_euler = toward.to_track_quat("Z", "Y").to_euler()
bpy.context.collection.objects.link(lamp)

camera = bpy.data.cameras.new("camera")
camera.sensor_width, camera.lens = 36.0, 36.0 * LENS
camera.shift_y = (FOOT_PX - LENS * SIZE_PX * fall - SIZE_PX / 2) / SIZE_PX
seen = bpy.data.objects.new("camera", camera)
seen.location, seen.rotation_euler = (0, 0, height), (math.pi / 2, 0, 0)
bpy.context.collection.objects.link(seen)

scene = bpy.context.scene
scene.camera, scene.render.engine = seen, "CYCLES"
scene.cycles.device, scene.cycles.samples, scene.cycles.max_bounces = "CPU", 48, 0
scene.cycles.use_denoising = False
scene.render.threads_mode, scene.render.threads = "FIXED", 1
scene.render.resolution_x = scene.render.resolution_y = SIZE_PX
scene.view_settings.view_transform = "Raw"
scene.render.image_settings.file_format = "PNG"
scene.render.image_settings.color_mode = "BW"
scene.render.filepath = sys.argv[-1]
bpy.ops.render.render(write_still=True)
