"""The catalogue's scripts, imported from their folder, and a small library of models for them."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import zipfile
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[1] / "examples" / "catalogue"
sys.path.append(str(SCRIPTS))
categories, furniture, geometry, records, render, scenes, views = (
    importlib.import_module(name)
    for name in ("categories", "furniture", "geometry", "records", "render", "scenes", "views")
)

BOX = """mtllib box.mtl
v 0 0 0
v 2 0 0
v 2 1 0
v 0 1 0
v 0 0 4
v 2 0 4
v 2 1 4
v 0 1 4
v 90 90 90
usemtl white
f 1 4 3 2
f 5 6 7 8
f 1 2 6 5
f 4 8 7 3
f 1 5 8 4
f 2 3 7 6
"""

LISTING = """# a comment = not a value
license={licence}
name#1=Caf\xe9 table 10\\u20ac
category#1=Living room
model#1=/test/Box/box.obj
width#1=40.0
depth#1=80
height#1=20.0
doorOrWindow#1=false
creator#1=Ada | Co
modelRotation#1=1 0 0 0 0 1 0 -1 0
name#2=Somebody
category#2=Characters
model#2=/test/Person/person.obj
name#3=Way out
category#3=Miscellaneous
doorOrWindow#3=true
model#3=/test/Door/door.obj
name#4=Stool
category#4=Kitchen
model#4=/test/Stool/stool.obj
width#4=1
depth#4=1
height#4=1
doorOrWindow#4=false
creator#4=
"""
ATTRIBUTION = "Creative Commons Attribution 3.0 license"


def write_library(path: Path, licence: str, **files: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("PluginFurnitureCatalog.properties", LISTING.format(licence=licence).encode("latin-1"))
        archive.writestr("test/Box/box.obj", BOX)
        archive.writestr("test/Box/box.mtl", "newmtl white\nKd 0.8 0.8 0.8\n")
        for name in ("Person/person", "Door/door", "Stool/stool"):
            archive.writestr(f"test/{name}.obj", BOX)
        for name, text in files.items():
            archive.writestr(name.replace("__", "/"), text)
    return path


renders = pytest.mark.skipif(
    importlib.util.find_spec("bpy") is None,
    reason="rendering is NOT tested here: the package bpy (Blender) is not installed, see docs/training.md",
)
