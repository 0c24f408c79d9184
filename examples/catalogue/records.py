"""What is written beside the pictures: a record each, `meta.jsonl`, and who must be named.

A picture is finished when its record exists: the record is written last, and whole.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from furniture import LICENCES, Model
from views import View

Record = dict[str, Any]

PACKAGE = "https://packages.debian.org/sweethome3d-furniture"


def describe(model: Model, view: View, *, seed: int, size_px: int, samples: int) -> Record:
    """What is known of a picture before it is rendered; `recolored` and `coverage` come with the picture."""
    return {
        "id": view.id,
        "product": model.product,
        "name": model.name,
        "category": model.category,
        "room": model.room,
        "creator": model.creator,
        "licence": model.licence,
        "source": f"sweethome3d-furniture/{model.library.stem}",
        "model": model.path,
        "azimuth_deg": view.azimuth_deg,
        "elevation_deg": view.elevation_deg,
        "fill": view.fill,
        "hue_shift": view.hue_shift,
        "seed": seed,
        "size_px": size_px,
        "samples": samples,
    }


def image_path(out: Path, picture: str) -> Path:
    return out / "images" / f"{picture}.webp"


def mask_path(out: Path, picture: str) -> Path:
    return out / "masks" / f"{picture}.png"


def is_finished(out: Path, described: Record) -> bool:
    """Whether the picture was rendered already, in the same way."""
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
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}.part")
        shutil.move(source, unfinished)
        os.replace(unfinished, target)
    _write(_record_path(out, record["id"]), json.dumps(record, ensure_ascii=False))


def write_listing(out: Path) -> list[Record]:
    """Write `meta.jsonl` and `ATTRIBUTION.md` for every finished picture of the folder; returns their records."""
    records = [json.loads(path.read_text("utf-8")) for path in sorted((out / "records").glob("[!.]*.json"))]
    _write(out / "meta.jsonl", "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))
    _write(out / "ATTRIBUTION.md", attribution(records))
    return records


def attribution(records: Iterable[Record]) -> str:
    """Markdown that names every product's creator, licence and source, and says what was changed."""
    products = {record["product"]: record for record in records}
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
    return "\n".join(lines) + "\n"


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
