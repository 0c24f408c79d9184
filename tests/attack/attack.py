"""Repeats the attacks of docs/security.md on a page of its own and prints what they cost it.

    python tests/attack/attack.py             # all, some minutes
    python tests/attack/attack.py editor zip  # those whose names hold one of these words

Every attack is bounded, and goes to a server that this script starts on loopback and stops again. Of each it prints the
seconds until the last answer, the server's resident memory before, at its peak and five seconds after, in MB, how long
another visitor's small request took meanwhile, and what the server said. Linux only: memory is read from /proc.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from stranger import EPS, Stranger, file_of

ROOT = Path(__file__).resolve().parents[2]
SETTLE_S = 5
CALLS = 60

Attack = Callable[["Server"], list[str]]


class Server:
    """The page in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], url: str, folder: Path) -> None:
        self.process = process
        self.url = url
        self.folder = folder

    def visitor(self, name: str = "stranger") -> Stranger:
        return Stranger(self.url, name)

    def memory_mb(self, what: str) -> float:
        """VmRSS or VmHWM."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        found = re.search(rf"{what}:\s+(\d+) kB", status)
        return int(found[1]) / 1024 if found else 0.0

    def forget_peak(self) -> None:
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5", encoding="ascii")

    def picture(self, width_px: int, height_px: int, mode: str = "RGB") -> Path:
        """A PNG of one color: some kB, whatever its size."""
        path = self.folder / f"{width_px}x{height_px}.png"
        if not path.exists():
            Image.new(mode, (width_px, height_px), "teal").save(path)
        return path


@contextmanager
def serving(arguments: Sequence[str] = ("tests/pages.py", "quick")) -> Iterator[Server]:
    """A page, by default over a run that needs no weights; it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="packshot-attack-") as folder:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "GRADIO_SERVER_PORT": "8190", "TMPDIR": folder}
        with subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            try:
                assert process.stdout is not None
                yield Server(
                    process, next(line.split()[-1] for line in process.stdout if "http://" in line), Path(folder)
                )
            finally:
                process.terminate()


def said(told: dict[str, Any]) -> str:
    if told.get("success"):
        return "done"
    return str(told.get("output", {}).get("error") or f"{told.get('status')}: {told.get('text')}")


def together(count: int, call: Callable[[int], str]) -> list[str]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))


def editor_postscript(server: Server) -> list[str]:
    """A1: PostScript that never ends, as a layer named .png, twice at once."""
    (server.folder / "layer.png").write_bytes(EPS)

    def call(number: int) -> str:
        visitor = server.visitor(f"eps{number}")
        layer = file_of(visitor.upload(server.folder / "layer.png"))
        visitor.ask(visitor.number("open_2"), [file_of(visitor.upload(server.picture(48, 32))), None])
        value = {"background": layer, "layers": [layer], "composite": layer, "id": None}
        replaced = dict.fromkeys(visitor.widgets("imageeditor"), value)
        return said(visitor.ask(visitor.number("make"), visitor.defaults("make", replaced)))

    return together(2, call)


def refused_cutouts(server: Server) -> list[str]:
    """A2: 24 cut-outs of 24 megapixels that are refused once the picture is read."""
    visitor = server.visitor()
    picture = file_of(visitor.upload(server.picture(6000, 4000)))
    values = visitor.values("cutout", image=picture, model="nobody-knows")
    return [said(visitor.ask(visitor.number("cutout"), values)) for _ in range(24)]


def cancelled_enlargements(server: Server) -> list[str]:
    """A2: 12 enlargements of 12 megapixels whose visitor goes away."""
    visitor = server.visitor()
    picture = file_of(visitor.upload(server.picture(4000, 3000)))
    answers = []
    for _ in range(12):
        joined = visitor.join(visitor.number("enhance"), visitor.values("enhance", image=picture))
        time.sleep(0.5)
        sent = {"session_hash": visitor.session, "fn_index": visitor.number("enhance"), **joined.json()}
        answers.append(str(visitor.http.post("/gradio_api/cancel", json=sent).status_code))
    return answers


def past_the_queue(server: Server) -> list[str]:
    """A3: six previews of 100 megapixels at once beside the queue, then through it."""
    visitor = server.visitor()
    picture = file_of(visitor.upload(server.picture(10_000, 10_000)))
    event = {"data": [picture], "session_hash": "x"}

    def beside(_: int) -> str:
        return str(server.visitor().http.post("/gradio_api/run/_look", json=event).status_code)

    def through(number: int) -> str:
        one = server.visitor(f"queue{number}")
        return said(one.ask(one.number("_look"), [picture]))

    return [*together(6, beside), *together(6, through)]


def editor_index(server: Server) -> list[str]:
    """A4: a blob at index 100,000,000, from a foreign page too; and a hundred blobs of a megabyte."""
    visitor = server.visitor()
    (editor, *_) = visitor.widgets("imageeditor")
    form = {"component_id": editor, "session_hash": "s", "fn_name": "accept_blobs", "type": "layer"}

    def send(content: bytes, headers: dict[str, str] | None = None, **more: str) -> str:
        files = {"file": ("layer.png", content)}
        path = "/gradio_api/component_server"
        return str(visitor.http.post(path, data={**form, **more}, files=files, headers=headers).status_code)

    answers = [send(b"x", id="a", index="100000000"), send(b"x", {"origin": "http://evil.example"}, id="a", index="0")]
    return answers + [send(bytes(2**20), id=f"{number}", index="0") for number in range(100)]


def recipe_product(server: Server) -> list[str]:
    """A5: eight steps of twelve colors, and three thousand styles."""
    visitor = server.visitor()
    picture = file_of(visitor.upload(server.picture(48, 32)))
    colors = [f"#{number:02X}{number:02X}00" for number in range(12)]
    recipes = [
        [{"task": "recolor", "request": {"to": colors}}] * 8,
        [{"task": "stylize", "request": {"styles": ["woodcut"] * 3000}}],
    ]
    answers = []
    for steps in recipes:
        path = server.folder / "recipe.json"
        path.write_text(json.dumps({"version": 1, "steps": steps}))
        values = visitor.values("run", files=[picture], recipe_file=file_of(visitor.upload(path)))
        answers.append(said(visitor.ask(visitor.number("run"), values)))
    return answers


def zip_bomb(server: Server) -> list[str]:
    """A5: a ZIP of 1 MB that unpacks to 1 GB, as what Export has made."""
    visitor = server.visitor()
    path = server.folder / "packshot.zip"
    report = json.dumps({"files": [{"file": "a.png", "status": "pass"}]})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("report.json", report)
        with packed.open("a.png", "w") as member:
            for _ in range(1024):
                member.write(bytes(2**20))
    told = visitor.ask(visitor.number("pick"), [file_of(visitor.upload(path))], event_data={"index": 0, "value": ""})
    return [said(told)]


def large_cube(server: Server) -> list[str]:
    """A5: a .cube file of 60 MB."""
    visitor = server.visitor()
    path = server.folder / "look.cube"
    line = b"0.1234567 0.2345678 0.3456789\n"
    path.write_bytes(b"LUT_3D_SIZE 126\n" + line * 126**3)
    values = visitor.values(
        "stylize",
        image=file_of(visitor.upload(server.picture(48, 32))),
        style_files=[file_of(visitor.upload(path))],
        kind="photographic",
    )
    return [said(visitor.ask(visitor.number("stylize"), values))]


def model_paths(server: Server) -> list[str]:
    """A8: files of the server, a Hub id and an upload as models."""
    visitor = server.visitor()
    upload = visitor.upload(server.picture(48, 32))
    models = ["/etc/passwd", "/etc/no-such-file", "owner/name", upload]
    picture = file_of(upload)
    return [
        said(visitor.ask(visitor.number("cutout"), visitor.values("cutout", image=picture, model=model)))
        for model in models
    ]


def addresses(server: Server) -> list[str]:
    """A9: addresses as files, a foreign page, a foreign name."""
    visitor = server.visitor()
    address = "http://127.0.0.1:9/a.png"
    answers = [said(visitor.ask(visitor.number("cutout"), visitor.values("cutout", image=file_of(address))))]
    answers += [str(visitor.http.get(f"/gradio_api/{way}{address}").status_code) for way in ("file=", "proxy=")]
    evil = {"origin": "http://evil.example"}
    answers.append(str(visitor.http.post("/gradio_api/upload", headers=evil).status_code))
    answers.append(str(visitor.http.get("/config", headers={"host": "evil.example"}).status_code))
    return answers


def deep_settings(server: Server) -> list[str]:
    """F: settings of 60 MB, nested a hundred thousand deep, and of two million items."""
    visitor = server.visitor()
    bodies = [b'"' + b"x" * (60 * 2**20) + b'"', b"[" * 100_000, b"[" + b"0," * 2_000_000 + b"0]"]
    headers = {"content-type": "application/json"}
    answers = [visitor.http.post("/gradio_api/queue/join", content=body, headers=headers) for body in bodies]
    return [f"{answer.status_code}: {answer.json()['detail']}" for answer in answers]


def many_calls(server: Server) -> list[str]:
    """Good and refused calls of each endpoint that the quick page can carry out, sixty of each."""
    visitor = server.visitor()
    noise = np.random.default_rng(0).integers(0, 255, (600, 800, 3), np.uint8)
    Image.fromarray(noise).save(server.folder / "noise.png")
    picture = file_of(visitor.upload(server.folder / "noise.png"))
    answers = []
    for task in ("enhance", "cutout", "white", "shadow", "frame", "recolor"):
        more = {"to": "#1F4E79"} if task == "recolor" else {}
        good = visitor.values(task, image=picture, **more)
        bad = visitor.values(task, image=picture, **more, file_format="nonsense")
        for _ in range(CALLS):
            answers += [said(visitor.ask(visitor.number(task), values)) for values in (good, bad)]
    return answers


ATTACKS: Sequence[Attack] = (
    editor_postscript,
    refused_cutouts,
    cancelled_enlargements,
    past_the_queue,
    editor_index,
    recipe_product,
    zip_bomb,
    large_cube,
    model_paths,
    addresses,
    deep_settings,
    many_calls,
)


def neighbour(server: Server, ended: threading.Event) -> float:
    """The longest that a small request of another visitor took, in seconds."""
    visitor, longest = server.visitor("neighbour"), 0.0
    while not ended.wait(0.2):
        began = time.monotonic()
        visitor.http.get("/healthz")
        longest = max(longest, time.monotonic() - began)
    return longest


def carry_out(attack: Attack, server: Server) -> bool:
    """Print an attack's line. Returns whether the server still answers."""
    server.forget_peak()
    before = server.memory_mb("VmRSS")
    ended = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        waited = pool.submit(neighbour, server, ended)
        began = time.monotonic()
        try:
            answers = attack(server)
        except Exception as error:
            answers = [f"{type(error).__name__}: {error}"]
        took = time.monotonic() - began
        ended.set()
    time.sleep(SETTLE_S)
    peak, after = server.memory_mb("VmHWM"), server.memory_mb("VmRSS")
    print(f"{attack.__name__:24}{took:8.1f}{before:9.0f}{peak:9.0f}{after:9.0f}{waited.result():9.1f}", flush=True)
    for answer, count in Counter(answers).most_common(6):
        print(f"    {count:4} x {answer[:150]}", flush=True)
    return server.visitor().http.get("/healthz").status_code == 200


def main(words: Sequence[str]) -> int:
    """Carry out the attacks. Returns 1 where the server did not survive one."""
    wanted = [attack for attack in ATTACKS if not words or any(word in attack.__name__ for word in words)]
    print(f"{'attack':24}{'seconds':>8}{'before':>9}{'peak':>9}{'after':>9}{'others':>9}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the server ends with this script
    with serving() as server:
        # The first use loads what later ones have: it would count as an attack's.
        many = server.visitor()
        picture = file_of(many.upload(server.picture(48, 32)))
        for task in ("enhance", "cutout", "white", "shadow"):
            many.ask(many.number(task), many.values(task, image=picture))
        survived = [carry_out(attack, server) for attack in wanted]
    return 0 if all(survived) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
