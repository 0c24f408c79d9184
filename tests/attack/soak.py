"""Calls every endpoint of the real page again and again and prints what that adds to the process's memory.

    python tests/attack/soak.py                  # 60 good, 60 refused and 60 cancelled calls of each: about an hour
    python tests/attack/soak.py --calls 10 white # ten of each, of the endpoints whose names hold one of these words

The server is `app.py` with the published checkpoints, started on loopback and stopped again. All endpoints are called a
few times first, since the first use loads networks and libraries. Then, of each endpoint, it prints the seconds, the
resident memory before, at the peak and after in MB, growth, and how the calls ended. The exit status is 1 where an
endpoint, or all of them together, grew by `MOST_MB` or more. Linux only: memory is read from /proc.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from attack import Server, said, serving
from PIL import Image, ImageDraw
from stranger import Stranger, file_of

MOST_MB = 50
WARM_UP = 3
SETTLE_S = 7
"""More than twice what `gan.ui.allocator` waits between two looks."""

MOST_WAIT_S = 120

CANCEL_S = 0.5

Values = dict[str, Any]


@dataclass(frozen=True)
class Calls:
    """What to send to one endpoint.

    Attributes:
        good: parameters other than the defaults.
        bad: what makes the endpoint refuse the same call, most of them after reading the picture.
    """

    good: Values
    bad: Values


def product(path: Path, size_px: int) -> Path:
    """A product with texture on a plain ground, a different picture for each size."""
    noise = np.random.default_rng(size_px).normal(0, 6, (size_px, size_px, 3))
    picture = Image.new("RGB", (size_px, size_px), (226, 226, 222))
    draw, unit = ImageDraw.Draw(picture), size_px // 8
    draw.rounded_rectangle((2 * unit, 2 * unit, 6 * unit, 7 * unit), unit // 2, fill=(150, 40, 35))
    draw.ellipse((3 * unit, 3 * unit, 5 * unit, 5 * unit), fill=(230, 190, 60))
    pixels = np.clip(np.asarray(picture, np.float32) + noise, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(path, quality=92)
    return path


def calls(visitor: Stranger, folder: Path, largest_px: int) -> dict[str, Calls]:
    """Of every endpoint; with 1024 px pictures are as large as a good call of about two seconds allows."""

    def uploaded(size_px: int) -> dict[str, Any]:
        return file_of(visitor.upload(product(folder / f"product-{size_px}.jpg", size_px)))

    large, medium, small = (uploaded(largest_px // share) for share in (1, 2, 4))
    recipe = folder / "recipe.json"
    steps = [{"task": "white", "request": {}}, {"task": "frame", "request": {"aspect": "1:1"}}]
    recipe.write_text(json.dumps({"version": 1, "steps": steps}))
    bad_recipe = folder / "bad.json"
    bad_recipe.write_text(json.dumps({"version": 1, "steps": [{"task": "frame", "request": {"fill": 7}}]}))
    nobody = {"model": "nobody-knows"}
    known = {
        "enhance": Calls({"image": medium}, nobody),
        "generate": Calls({"seed": 1, "count": 2}, nobody),
        "project": Calls({"image": small, "steps": 3}, nobody),
        "film": Calls({"seeds": "1, 2", "frames": 4}, nobody),
        "inpaint": Calls({"image": medium, "left": 32}, nobody),
        "mask": Calls({"image": large, "suggest": True}, {"rectangle": "nonsense"}),
        "stylize": Calls({"image": medium, "style": "oil-impasto"}, nobody),
        "sheet": Calls({"image": small}, nobody),
        "cutout": Calls({"image": large}, nobody),
        "recolor": Calls({"image": large, "to": "#1F4E79"}, nobody),
        "shadow": Calls({"image": large}, nobody),
        "frame": Calls({"image": large, "aspect": "1:1"}, nobody),
        "white": Calls({"image": large}, nobody),
        "match": Calls({"image": medium, "reference": large}, nobody),
        "check": Calls({"files": [large], "channel": "amazon"}, {"channel": "no-such-channel"}),
        "export": Calls({"files": [large], "channel": "shopify"}, {"channel": "no-such-channel"}),
        "run": Calls(
            {"files": [large], "recipe_file": file_of(visitor.upload(recipe))},
            {"recipe_file": file_of(visitor.upload(bad_recipe))},
        ),
    }
    return {**known, "recolour": known["recolor"]}


class Soak:
    """One endpoint after the other, each call by a visitor of its own."""

    def __init__(self, server: Server, largest_px: int) -> None:
        self.server = server
        self.first = server.visitor("first")
        self.listed = self.first.http.get("/gradio_api/info").json()["named_endpoints"]
        known = calls(self.first, server.folder, largest_px)
        self.defaults = {path.strip("/"): self._defaults(path) for path in self.listed}
        self.calls = {name: known.get(name) or self._plain_calls(name, known["white"]) for name in self.defaults}
        self.visitors = 0

    def good(self, name: str) -> str:
        return self._asked(name, self.calls[name].good)

    def refused(self, name: str) -> str:
        return self._asked(name, {**self.calls[name].good, **self.calls[name].bad})

    def cancelled(self, name: str) -> str:
        """Begun, and given up by pressing Stop; whoever is done sooner is done."""
        visitor = self._visitor()
        number = visitor.number(name)
        joined = visitor.join(number, self._values(name, self.calls[name].good))
        time.sleep(CANCEL_S)
        sent = {"session_hash": visitor.session, "fn_index": number, **joined.json()}
        return f"stopped: {visitor.http.post('/gradio_api/cancel', json=sent).status_code}"

    def settled_mb(self) -> float:
        """Resident memory once no job is under way and what was let go of went back to the system.

        A job that was cancelled goes on until its next step, and keeps its pictures so long.
        """
        until = time.monotonic() + MOST_WAIT_S
        while (jobs := self.first.http.get("/healthz").json()["jobs"]) and time.monotonic() < until:
            time.sleep(1)
        assert not jobs, f"{jobs} jobs are under way after {MOST_WAIT_S} s"
        time.sleep(SETTLE_S)
        return self.server.memory_mb("VmRSS")

    def _visitor(self) -> Stranger:
        """The first visitor's connection under another session's name."""
        self.visitors += 1
        self.first.session = f"visitor-{self.visitors}"
        return self.first

    def _asked(self, name: str, given: Values) -> str:
        visitor = self._visitor()
        told = visitor.ask(visitor.number(name), self._values(name, given))
        return said(told)

    def _defaults(self, path: str) -> Values:
        return {one["parameter_name"]: one.get("parameter_default") for one in self.listed[path]["parameters"]}

    def _plain_calls(self, name: str, of_a_picture: Calls) -> Calls:
        """Of an endpoint that nobody has written calls for: the picture, and nothing in its place."""
        picture = of_a_picture.good["image"]
        given = {"image": picture, "files": [picture]}
        good = {key: value for key, value in given.items() if key in self.defaults[name]}
        return Calls(good, dict.fromkeys(good))

    def _values(self, name: str, given: Values) -> list[Any]:
        unknown = set(given) - set(self.defaults[name])
        assert not unknown, f"{name} has no parameter {unknown}"
        return list({**self.defaults[name], **given}.values())


def soak(one: Soak, name: str, count: int) -> float:
    """Print an endpoint's line. Returns the growth in MB."""
    kinds: tuple[Callable[[str], str], ...] = (one.good, one.refused, one.cancelled)
    before = one.settled_mb()
    one.server.forget_peak()
    began = time.monotonic()
    ended = Counter(f"{kind.__name__}: {kind(name)}"[:110] for _ in range(count) for kind in kinds)
    took = time.monotonic() - began
    after, peak = one.settled_mb(), one.server.memory_mb("VmHWM")
    print(f"{name:12}{took:8.0f}{before:9.0f}{peak:9.0f}{after:9.0f}{after - before:+9.0f}", flush=True)
    for answer, times in ended.most_common():
        print(f"    {times:4} x {answer}", flush=True)
    return after - before


def main(argv: Sequence[str] | None = None) -> int:
    """Soak the endpoints. Returns 1 where memory grew too much."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("words", nargs="*", help="parts of the endpoints' names; all by default")
    parser.add_argument("--calls", type=int, default=60, help="good, refused and cancelled ones of each endpoint")
    parser.add_argument("--px", type=int, default=1024, help="longest side of the largest pictures")
    options = parser.parse_args(argv)
    with serving(["app.py", "--device", "cpu"]) as server:
        one = Soak(server, options.px)
        names = [name for name in one.calls if not options.words or any(word in name for word in options.words)]
        for name in names:
            began = time.monotonic()
            for _ in range(WARM_UP):
                for call in (one.good, one.refused, one.cancelled):
                    call(name)
            print(f"warm-up: {name} {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        begun = one.settled_mb()
        print(f"{'endpoint':12}{'seconds':>8}{'before':>9}{'peak':>9}{'after':>9}{'growth':>9}")
        grown = [soak(one, name, options.calls) for name in names]
        total = one.settled_mb() - begun
    print(f"all of them: {begun:.0f} MB after the warm-up, {total:+.0f} MB after {3 * options.calls} calls of each")
    return int(max([*grown, total]) >= MOST_MB)


if __name__ == "__main__":
    sys.exit(main())
