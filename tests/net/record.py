"""Records what the product answers, so that a change of its insides can be compared with what was there before.

    OMP_NUM_THREADS=1 python tests/net/record.py > before.jsonl
    ... change, move, rename ...
    OMP_NUM_THREADS=1 python tests/net/record.py > after.jsonl; diff before.jsonl after.jsonl

Some seventy requests from the command line, from Python and over HTTP: every task, odd sizes, transparency, 16 bits,
folders, recipes, input that is refused. Each prints one JSON line: its name, the exit status or error, the SHA-256 of
the pixels of every file that it wrote, and its record without times. It uses what users use (`python -m gan`,
`gan.Studio`, the page's endpoints) and none of the modules behind it, so that these can move. Not a test: `pytest`
does not collect it; it wants the shipped weights and about five minutes of one core. `--without-page` leaves the page
out. Networks run in float32 throughout, also on a processor that has bfloat16, so that machines agree.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import runpy
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent.parent
PICTURES = ROOT / "tests/pictures"
TIMES = re.compile(r"second|_s$|_ms$|elapsed|started|version|created|^date")
"""Keys of records that differ from run to run."""


def main() -> int:
    """Print one line for each request. Returns 0: what differs is for `diff` to say."""
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)
    torch.cpu._is_avx512_bf16_supported = lambda: False
    if sys.argv[1:2] == ["--page"]:
        sys.argv = ["app.py", *sys.argv[2:]]
        runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        inputs = Inputs(Path(folder) / "in")
        for name, line in [*command_lines(inputs), *refused_lines(inputs)]:
            say(f"cli {name}", run_command(line, Path(folder) / "out" / name.replace(" ", "-"), Path(folder)))
        for name, answer in python_calls(inputs):
            say(f"python {name}", answer)
        if "--without-page" not in sys.argv:
            for name, answer in endpoints(inputs, Path(folder)):
                say(f"http {name}", answer)
    return 0


def say(name: str, answer: dict[str, Any]) -> None:
    """One JSON line."""
    print(json.dumps({"name": name, **answer}, sort_keys=True, ensure_ascii=False), flush=True)


class Inputs:
    """The files that requests are made on, drawn or cut from the examples; all small, most of odd sizes."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        carton = Image.open(PICTURES / "carton.jpg").convert("RGB")
        chair = Image.open(PICTURES / "chair.jpg").convert("RGB")
        self.carton = self._save("carton.png", carton.resize((97, 61)))
        self.chair = self._save("chair.jpg", chair.resize((131, 120)))
        self.tiny = self._save("tiny.png", carton.resize((1, 1)))
        self.thin = self._save("thin.png", carton.resize((7, 90)))
        y, x = np.mgrid[:75, :99]
        disc = np.clip(30.5 - np.hypot(x - 49, y - 37), 0, 1)
        colors = np.stack([(180 - x) * 1.0, 60 + y, np.full_like(x, 90)], -1)
        rgba = np.concatenate([colors, disc[..., None] * 255], -1).round().astype(np.uint8)
        self.alpha = self._save("alpha.png", Image.fromarray(rgba, "RGBA"))
        on_white = Image.new("RGB", (99, 75), (250, 250, 248))
        on_white.paste(Image.fromarray(rgba[..., :3].copy()), mask=Image.fromarray(rgba[..., 3].copy()))
        self.product = self._save("product.png", on_white)
        self.mask = self._save("mask.png", Image.fromarray((disc * 255).astype(np.uint8)))
        hole = np.zeros((61, 97), np.uint8)
        hole[20:33, 40:61] = 255
        self.hole = self._save("hole.png", Image.fromarray(hole))
        self.grey = self._save("grey.png", chair.resize((50, 41)).convert("L"))
        self.deep = folder / "deep.png"
        self.deep.write_bytes(_png16(np.asarray(carton.resize((45, 33)), np.uint16) * 256 + 77))
        self.bad = folder / "bad.png"
        self.bad.write_bytes(b"this is no picture at all")
        self.many = folder / "many"
        self.many.mkdir()
        for source in (self.carton, self.product, self.bad):
            shutil.copy(source, self.many / source.name)
        self.recipe = folder / "recipe.json"
        steps = [
            {"task": "cutout", "request": {"ground": "white"}},
            {"task": "recolour", "request": {"to": ["#3366CC"]}},
            {"task": "frame", "request": {"fill": 0.8, "width_px": 120, "height_px": 120}},
            {"task": "shadow", "request": {"kind": "drop"}},
        ]
        self.recipe.write_text(json.dumps({"version": 1, "name": "n", "steps": steps, "output": {"format": "png"}}))
        self.wrong_recipe = folder / "wrong.json"
        self.wrong_recipe.write_text(
            json.dumps({"version": 1, "name": "n", "steps": [{"task": "frame", "request": {"fill": "wide"}}]})
        )

    def _save(self, name: str, picture: Image.Image) -> Path:
        picture.save(self.folder / name, **({"quality": 95} if name.endswith("jpg") else {}))
        return self.folder / name


def command_lines(of: Inputs) -> Iterator[tuple[str, list[Any]]]:
    """(name, arguments) of what is done; OUT stands for a folder of its own."""
    for scale in (1, 2, 4):
        yield f"enhance x{scale}", ["enhance", of.carton, "-o", "OUT/a.png", "--scale", scale, "--record"]
    yield "enhance zero", ["enhance", of.carton, "-o", "OUT/a.png", "--strength", "0", "--scale", "1"]
    yield "enhance alpha width", ["enhance", of.alpha, "-o", "OUT/a.png", "--width", "150", "--record"]
    yield "enhance deep", ["enhance", of.deep, "-o", "OUT/a.png"]
    yield "enhance thin jpeg", ["enhance", of.thin, "-o", "OUT/a.jpg", "--quality", "80"]
    yield "enhance tiny", ["enhance", of.tiny, "-o", "OUT/a.webp", "--lossless"]
    yield "enhance auto grey", ["enhance", of.grey, "-o", "OUT/a.png", "--auto", "--sharpness", "0.4"]
    yield "enhance folder", ["enhance", of.many, "-o", "OUT", "--format", "png"]
    yield "inpaint", ["inpaint", of.carton, "--mask", of.hole, "-o", "OUT/a.png", "--record"]
    yield "inpaint extend", ["inpaint", of.product, "-o", "OUT/a.png", "--aspect", "1:1", "--record"]
    yield "inpaint sides", ["inpaint", of.product, "-o", "OUT/a.png", "--left", "13", "--top", "5"]
    yield "inpaint grown", ["inpaint", of.carton, "--mask", of.hole, "-o", "OUT/a.png", "--grow", 3, "--feather", 2]
    yield "mask", ["mask", of.carton, "-o", "OUT/a.png", "--suggest", "--grow", "2"]
    yield "mask alpha", ["mask", of.alpha, "-o", "OUT/a.png", "--from-alpha", "--invert"]
    yield "mask rectangle", ["mask", of.carton, "-o", "OUT/a.png", "--rectangle", "3,4,20,10", "--feather", "3"]
    yield "stylize", ["stylize", of.carton, "-o", "OUT/a.png", "--style", "mosaic", "--record"]
    look = ["--kind", "photographic", "--style", of.chair, "--cube", "OUT/look.cube", "--record"]
    yield "stylize look", ["stylize", of.carton, "-o", "OUT/a.png", *look]
    place = ["--where", "ground", "--mask", of.mask, "--strength", "0.6", "--preserve-color"]
    yield "stylize ground", ["stylize", of.product, "-o", "OUT/a.png", "--style", "woodcut", *place]
    yield "stylize alpha", ["stylize", of.alpha, "-o", "OUT/a.png", "--style", "neon"]
    yield "stylize sheet", ["stylize", of.carton, "-o", "OUT/a.png", "--sheet"]
    yield "generate", ["generate", "-o", "OUT", "--seed", "5", "--count", "2", "--category", "chair"]
    yield "generate text", ["generate", "-o", "OUT", "--text", "red chair", "--transparent", "--size", "100"]
    yield "generate sliders", ["generate", "-o", "OUT", "--seed", "1", "--hue", "1", "--truncation", "0.5"]
    yield "generate film", ["generate", "-o", "OUT", "--film", "1", "2", "--frames", "5"]
    yield "cutout", ["cutout", of.chair, "-o", "OUT/a.png", "--save-mask", "OUT/m.png", "--record"]
    yield "cutout ground", ["cutout", of.product, "-o", "OUT/a.jpg", "--ground", "#336699", "--mask", of.mask]
    yield "recolour", ["recolour", of.product, "-o", "OUT/a.png", "--to", "#3366CC", "--to", "AA2211", "--record"]
    yield "frame", ["frame", of.product, "-o", "OUT/a.png", "--fill", 0.7, "--width", 141, "--height", 90, "--record"]
    yield "frame alpha baseline", ["frame", of.alpha, "-o", "OUT/a.png", "--baseline", "0.9"]
    layer = ["--layer", "OUT/l.png", "--record"]
    for kind in ("contact", "drop", "reflection"):
        yield f"shadow {kind}", ["shadow", of.alpha, "-o", "OUT/a.png", "--kind", kind, *layer]
    yield "white", ["white", of.product, "-o", "OUT/a.png", "--record"]
    yield "white shadow", ["white", of.product, "-o", "OUT/a.png", "--keep-shadow", "--mask", of.mask]
    yield "match", ["match", of.product, "-o", "OUT/a.png", "--reference", of.chair, "--shadow", "--record"]
    yield "check", ["check", of.product, "--channel", "amazon", "--json", "OUT/c.json"]
    yield "export", ["export", of.product, of.chair, "-o", "OUT/p.zip", "--channel", "etsy"]
    yield "export as is", ["export", of.product, "-o", "OUT/p.zip", "--channel", "ebay", "--no-repair"]
    yield "run", ["run", of.recipe, of.many, "-o", "OUT"]
    yield "weights list", ["weights", "list"]


def refused_lines(of: Inputs) -> Iterator[tuple[str, list[Any]]]:
    """(name, arguments) of what cannot be done."""
    yield "bad picture", ["enhance", of.bad, "-o", "OUT/a.png"]
    yield "bad path", ["enhance", of.folder / "none.png", "-o", "OUT/a.png"]
    yield "bad scale", ["enhance", of.carton, "-o", "OUT/a.png", "--scale", "3"]
    yield "bad strength", ["enhance", of.carton, "-o", "OUT/a.png", "--strength", "1.5"]
    yield "bad mask size", ["inpaint", of.carton, "--mask", of.mask, "-o", "OUT/a.png"]
    yield "bad no mask", ["inpaint", of.carton, "-o", "OUT/a.png"]
    yield "bad style", ["stylize", of.carton, "-o", "OUT/a.png", "--style", "nothing"]
    yield "bad category", ["generate", "-o", "OUT", "--category", "spaceship"]
    yield "bad color", ["recolour", of.product, "-o", "OUT/a.png", "--to", "reddish"]
    yield "bad fill", ["frame", of.product, "-o", "OUT/a.png", "--fill", "2"]
    yield "bad angle", ["shadow", of.alpha, "-o", "OUT/a.png", "--angle", "400"]
    yield "bad channel", ["check", of.product, "--channel", "nowhere"]
    yield "bad recipe", ["run", of.wrong_recipe, of.product, "-o", "OUT"]
    yield "bad model", ["cutout", of.chair, "-o", "OUT/a.png", "--model", "nobody"]
    yield "bad task", ["nonsense"]


def run_command(line: Sequence[Any], out: Path, base: Path) -> dict[str, Any]:
    """What `python -m gan` does with these arguments, in this process."""
    out.mkdir(parents=True)
    before, sys.argv = sys.argv, ["gan", *(str(part).replace("OUT", str(out), 1) for part in line)]
    said, wrong = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(wrong):
            runpy.run_module("gan", run_name="__main__")
        status: Any = 0
    except SystemExit as ended:
        status = ended.code
    except Exception as error:  # what a shell would see as a traceback and exit status 1
        status = f"1: {type(error).__name__}"
    finally:
        sys.argv = before
    files = {str(path.relative_to(out)): digest(path, base) for path in sorted(out.rglob("*")) if path.is_file()}
    lines = len(wrong.getvalue().splitlines()) if status == 2 else None
    return {"status": status, "files": files, "lines of error": lines}


def python_calls(of: Inputs) -> Iterator[tuple[str, dict[str, Any]]]:
    """Calls of `gan.Studio`, whose results stay in memory."""
    from gan import Adjustments, EnhanceRequest, Studio

    with contextlib.closing(Studio(device="cpu")) as studio:
        recolor = getattr(studio, "recolor", None) or studio.recolour
        calls: dict[str, Any] = {
            "enhance": lambda: studio.enhance(of.carton, scale=2, strength=0.5),
            "enhance bytes": lambda: studio.enhance(of.chair.read_bytes(), scale=1),
            "enhance PIL adjusted": lambda: studio.enhance(
                Image.open(of.product), adjustments=Adjustments(white_balance=1.0, saturation=0.2)
            ),
            "generate": lambda: studio.generate(seed=3, category="table"),
            "generate dcgan": lambda: studio.generate(seed=3, model="generate-dcgan", count=2),
            "project": lambda: studio.project(of.chair, steps=3),
            "inpaint": lambda: studio.inpaint(of.carton, of.hole, grow_px=4),
            "stylize": lambda: studio.stylize(of.carton, ["mosaic", "neon"], weights=[1, 3]),
            "cutout": lambda: studio.cutout(of.chair, ground="white"),
            "recolour": lambda: recolor(of.product, ["#00AA88"], mask=of.mask, protect=of.mask),
            "recolour strength": lambda: recolor(of.alpha, "#00AA88", strength=0.5),
            "shadow": lambda: studio.shadow(of.alpha, kind="drop", angle_deg=30),
            "frame": lambda: studio.frame(of.product, fill=0.9, aspect="4:5"),
            "white": lambda: studio.white(of.product, keep_shadow=True),
            "match": lambda: studio.match(of.product, of.chair),
            "check": lambda: studio.check(of.product, "google"),
            "export": lambda: studio.export(of.product, "walmart"),
            "bad option": lambda: studio.enhance(of.carton, strength=7),
            "bad field": lambda: studio.enhance(of.carton, strenght=1),
            "bad mask": lambda: studio.inpaint(of.carton, of.mask),
            "request without picture": lambda: studio.run(EnhanceRequest()),  # type: ignore[call-arg]
        }
        for name, call in calls.items():
            yield name, _python_answer(call, of.folder.parent)


def _python_answer(call: Callable[[], Any], base: Path) -> dict[str, Any]:
    try:
        result = call()
    except Exception as error:
        return {"error": type(error).__name__}
    return {"pictures": [_pixels(image) for image in result.images], "record": _plain(result.record, base)}


def endpoints(of: Inputs, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Calls of the running page; only the files that come back count, since its texts hold times."""
    from gradio_client import Client, handle_file

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    line = [sys.executable, __file__, "--page", "--device", "cpu", "--port", str(port)]
    with open(folder / "page.log", "wb") as log, subprocess.Popen(line, stdout=log, stderr=log, cwd=ROOT) as page:
        try:
            client = _answering(f"http://127.0.0.1:{port}", Client)
            listed = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
            yield "names", {"names": sorted(name for name in listed if not name.startswith("/_"))}
            yield (
                "parameters",
                {name: [item["parameter_name"] for item in listed[name]["parameters"]] for name in sorted(listed)},
            )
            product, chair, carton = (handle_file(str(path)) for path in (of.product, of.chair, of.carton))
            calls: dict[str, tuple[Any, ...]] = {
                "/enhance": (carton,),
                "/inpaint": (carton, handle_file(str(of.hole))),
                "/stylize": (carton,),
                "/generate": (),
                "/cutout": (chair,),
                "/recolour": (product, "#3366CC"),
                "/shadow": (handle_file(str(of.alpha)),),
                "/frame": (product,),
                "/white": (product,),
                "/match": (product, chair),
                "/mask": (carton, ["scratches", "dust"]),
                "/check": ([product], "amazon"),
                "/export": ([product, chair], "etsy"),
                "/run": ([product], handle_file(str(of.recipe))),
                "/enhance bad": (handle_file(str(of.bad)),),
            }
            for name, given in calls.items():
                yield name, _page_answer(partial(client.predict, *given, api_name=name.split()[0]), folder)
        finally:
            page.terminate()


def _page_answer(call: Callable[[], Any], base: Path) -> dict[str, Any]:
    try:
        answer = call()
    except Exception as error:
        return {"error": type(error).__name__}
    return {"files": [digest(path, base) for path in _paths(answer)]}


def _answering(url: str, client: Any) -> Any:
    for _ in range(240):
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return client(url, verbose=False)
        time.sleep(0.5)
    raise TimeoutError(f"{url} does not answer")


def _paths(answer: Any) -> Iterator[Path]:
    """Files among what an endpoint gave back."""
    if isinstance(answer, dict):
        answer = list(answer.values())
    if isinstance(answer, (list, tuple)):
        for item in answer:
            yield from _paths(item)
    elif isinstance(answer, str) and answer.startswith("/") and Path(answer).is_file():
        yield Path(answer)


def digest(path: Path, base: Path) -> Any:
    """Of a picture its pixels' SHA-256, of JSON what it says, of an archive each of its files, of others the text's."""
    suffix = path.suffix.lower()
    if suffix == ".zip":
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
            found = sorted(item for item in Path(folder).rglob("*") if item.is_file())
            return {str(item.relative_to(folder)): digest(item, base) for item in found}
    if suffix == ".json":
        return _plain(json.loads(path.read_text()), base)
    if suffix == ".csv":
        return len(path.read_text().splitlines())
    if suffix == ".png" and path.read_bytes()[24] == 16:
        return _png_hash(path.read_bytes())
    if suffix in (".png", ".jpg", ".jpeg", ".webp", ".gif", ".tif", ".tiff", ".avif"):
        with Image.open(path) as picture:
            return _pixels(picture)
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _pixels(picture: Image.Image) -> str:
    values = hashlib.sha256(np.ascontiguousarray(np.asarray(picture)).tobytes()).hexdigest()[:16]
    return f"{picture.mode} {picture.width}x{picture.height} {values}"


def _plain(value: Any, base: Path) -> Any:
    """JSON without times, and without the folder that everything lies in."""
    if isinstance(value, dict):
        return {key: _plain(item, base) for key, item in value.items() if not TIMES.search(str(key))}
    if isinstance(value, (list, tuple)):
        return [_plain(item, base) for item in value]
    return value.replace(str(base), "BASE") if isinstance(value, str) else value


def _png16(values: np.ndarray) -> bytes:
    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _png_hash(content: bytes) -> str:
    """Of a PNG that Pillow would read at 8 bits: its header and its filtered rows."""
    at, rows, head = 8, b"", b""
    while at < len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        kind, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        head = data if kind == b"IHDR" else head
        rows += data if kind == b"IDAT" else b""
        at += 12 + length
    return f"{head.hex()} {hashlib.sha256(zlib.decompress(rows)).hexdigest()[:16]}"


if __name__ == "__main__":
    sys.exit(main())
