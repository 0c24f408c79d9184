"""Records beside the pictures: one each, `meta.jsonl`, and who must be named.

A picture is finished when its record exists: the record is written last, and whole.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from furniture import LICENCES, Model
from scenes import Scene
from views import View

Record = dict[str, Any]

PACKAGE = "https://packages.debian.org/sweethome3d-furniture"


def describe(model: Model, view: View, *, seed: int, size_px: int, samples: int) -> Record:
    """Facts of a picture before it is rendered; `recolored` and `coverage` come with the picture."""
    return {
        "id": view.id,
        **_source(model),
        "azimuth_deg": view.azimuth_deg,
        "elevation_deg": view.elevation_deg,
        "fill": view.fill,
        "hue_shift": view.hue_shift,
        "seed": seed,
        "size_px": size_px,
        "samples": samples,
    }


def describe_scene(scene: Scene, *, seed: int, size_px: int, samples: int) -> Record:
    """Facts of a scene before it is rendered; each thing's `cover` comes with the picture.

    The record's own product is the main one, by which pictures are split apart; `things` names all, this one first.
    """
    things = [
        {**_source(thing.model), "at": [round(v, 3) for v in thing.at], "side": round(thing.side, 3)}
        for thing in scene.things
    ]

    def name(path: Path | None) -> str | None:
        return None if path is None else path.name

    return {
        "id": scene.id,
        **_source(scene.things[0].model),
        "things": things,
        "held_out": scene.held_out,
        "floor": name(scene.floor.picture),
        "wall": name(scene.wall.picture) if scene.wall is not None else None,
        "before": "wall" if scene.wall is not None else "photograph",
        "photograph": name(scene.photograph),
        "light_deg": round(scene.light.side_deg, 1),
        "elevation_deg": round(scene.view.elevation_deg, 1),
        "f_stop": None if scene.f_stop is None else round(scene.f_stop, 2),
        "seed": seed,
        "size_px": size_px,
        "samples": samples,
    }


def scene_files(out: Path, scene: str, things: int) -> list[Path]:
    """The picture, the same place without the main product, and what is seen of each thing."""
    pictures = [out / folder / f"{scene}.webp" for folder in ("pictures", "empty")]
    return pictures + [out / "covers" / f"{scene}-{number}.png" for number in range(things)]


def scene_is_finished(out: Path, described: Record) -> bool:
    """True if the scene was rendered already, in the same way."""
    try:
        record = json.loads(_record_path(out, described["id"]).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    record = {**record, "things": [{k: v for k, v in thing.items() if k != "cover"} for thing in record["things"]]}
    files = scene_files(out, described["id"], len(described["things"]))
    return described.items() <= record.items() and all(path.is_file() for path in files)


def commit_scene(out: Path, record: Record, shares: Sequence[float], made: Sequence[Path]) -> None:
    """Move a finished scene's files into place, then write the record with each thing's share of the frame."""
    _record_path(out, record["id"]).unlink(missing_ok=True)
    for source, target in zip(made, scene_files(out, record["id"], len(shares)), strict=True):
        _move(source, target)
    things = [{**thing, "cover": share} for thing, share in zip(record["things"], shares, strict=True)]
    _write(_record_path(out, record["id"]), json.dumps({**record, "things": things}, ensure_ascii=False))


def image_path(out: Path, picture: str) -> Path:
    return out / "images" / f"{picture}.webp"


def mask_path(out: Path, picture: str) -> Path:
    return out / "masks" / f"{picture}.png"


def is_finished(out: Path, described: Record) -> bool:
    """True if the picture was rendered already, in the same way."""
    try:
        record = json.loads(_record_path(out, described["id"]).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    pictures = image_path(out, described["id"]), mask_path(out, described["id"])
    return described.items() <= record.items() and all(path.is_file() for path in pictures)


def commit(out: Path, record: Record, image: Path, mask: Path) -> None:
    """Move a finished picture and its mask into place, then write the record."""
    _record_path(out, record["id"]).unlink(missing_ok=True)
    for source, target in ((image, image_path(out, record["id"])), (mask, mask_path(out, record["id"]))):
        _move(source, target)
    _write(_record_path(out, record["id"]), json.dumps(record, ensure_ascii=False))


def write_listing(out: Path) -> list[Record]:
    """Write `meta.jsonl` and `ATTRIBUTION.md` for every finished picture of the folder; returns their records."""
    records = [json.loads(path.read_text("utf-8")) for path in sorted((out / "records").glob("[!.]*.json"))]
    _write(out / "meta.jsonl", "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))
    _write(out / "ATTRIBUTION.md", attribution(records))
    return records


def attribution(records: Iterable[Record]) -> str:
    """Markdown that names every product's creator, licence and source, and says what was changed."""
    records = list(records)
    products = {thing["product"]: thing for record in records for thing in record.get("things", [record])}
    grounds = sorted({record[key] for record in records for key in ("floor", "wall", "photograph") if record.get(key)})
    addresses = {spdx: address for _, spdx, address in LICENCES}
    lines = [
        "# Who made what",
        "",
        f"The pictures show 3D models of Sweet Home 3D's furniture libraries, from [Debian's package]({PACKAGE}).",
        "Changed: the models were rendered with Blender on a white ground, and pictures whose record says `recolored`",
        "show other colours than the model has. Each picture is under the licence of the model that it shows.",
        "",
        "| product | model | creator | licence |",
        "| --- | --- | --- | --- |",
    ]
    for product in sorted(products):
        record = products[product]
        cells = (record["name"], f"{record['source']}: {record['model']}", record["creator"])
        name, model, creator = (cell.replace("|", "\\|") for cell in cells)
        licence = f"[{record['licence']}]({addresses[record['licence']]})"
        lines.append(f"| `{product}` | {name} ({model}) | {creator} | {licence} |")
    if grounds:
        lines += [
            "",
            "Scenes show several products on floors, before walls and before photographs, in other colors and light",
            "than the models have. Each is under the licences of all that it shows. Pictures of floors, walls and",
            "places, under the licences of the folders that they were taken from:",
            "",
            ", ".join(f"`{name}`" for name in grounds),
        ]
    return "\n".join(lines) + "\n"


def _source(model: Model) -> Record:
    """Facts of a product that splitting by it and naming who made it need."""
    return {
        "product": model.product,
        "name": model.name,
        "category": model.category,
        "room": model.room,
        "creator": model.creator,
        "licence": model.licence,
        "source": f"sweethome3d-furniture/{model.library.stem}",
        "model": model.path,
    }


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.part")
    shutil.move(source, unfinished)
    os.replace(unfinished, target)


def _record_path(out: Path, picture: str) -> Path:
    return out / "records" / f"{picture}.json"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    with unfinished.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)
