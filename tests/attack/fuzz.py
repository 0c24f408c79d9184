"""Sends odd values to every parameter of every endpoint, and to every input of the page's own events.

    python tests/attack/fuzz.py                      # all endpoints, all values: some thousand calls
    python tests/attack/fuzz.py --each 3 shadow run  # three values for each parameter of two endpoints
    python tests/attack/fuzz.py --page               # the page's events, private ones too

What to call comes from the page itself (`/gradio_api/info`, `/config`), so that a new option is tried without a change
here. The order is drawn from a seed. The server is started on loopback and stopped again; its networks are tiny, since
a value that can be used is used. A call is fine that is carried out or refused in one sentence; everything else is
printed, and the exit status is 1 then.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attack import said, serving
from PIL import Image
from stranger import Stranger, file_of

ODD: Sequence[Any] = (
    None,
    True,
    False,
    0,
    -1,
    3,
    0.5,
    2**31,
    2**53 + 1,
    -(10**30),
    1e308,
    math.nan,
    math.inf,
    -math.inf,
    "",
    " ",
    "x",
    "0",
    "NaN",
    "1e999",
    "\u0000\u202e\ud800",
    "../../etc/passwd",
    "{image}",
    "<script>alert(1)</script>",
    "a" * 5000,
    [],
    [None],
    [[]],
    [1, "x", None],
    ["a"] * 300,
    {},
    {"a": 1},
    {"path": "/etc/passwd"},
    {"path": None, "meta": {"_type": "gradio.FileData"}},
    {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
    {"background": 1, "layers": 2, "composite": 3},
)
"""Of each type of JSON what a program might send by mistake, and what somebody might on purpose."""

OURS = "Something went wrong on the server"
FOREIGN = ("<class", "Traceback", "Error:", "object has no", "not iterable", "NoneType", "of choices", "/tmp/", "errno")
"""Words of a message that somebody else made, or that tells too much."""

MOST_CHARACTERS = 700


@dataclass(frozen=True)
class Odd:
    """One call.

    Attributes:
        name: of the endpoint or event.
        parameter: the odd one.
        data: all values.
    """

    name: str
    parameter: str
    value: Any
    number: int
    data: list[Any]

    def __str__(self) -> str:
        return f"{self.name}({self.parameter}={json.dumps(self.value)[:60]})"


def of_endpoints(visitor: Stranger, picture: Any) -> Iterator[Odd]:
    """Every value for every parameter, the others at what they are by default."""
    listed = visitor.http.get("/gradio_api/info").json()["named_endpoints"]
    for path, endpoint in sorted(listed.items()):
        name = path.strip("/")
        given = {one["parameter_name"]: one.get("parameter_default") for one in endpoint["parameters"]}
        given |= {key: value for key, value in {"image": picture, "files": [picture]}.items() if key in given}
        for parameter in given:
            for value in ODD:
                data = list({**given, parameter: value}.values())
                yield Odd(name, parameter, value, visitor.number(name), data)


def of_events(visitor: Stranger) -> Iterator[Odd]:
    """Every value for every input of every event that the server carries out, the others as the page begins."""
    begun = {one["id"]: one["props"].get("value") for one in visitor.config["components"]}
    kinds = {one["id"]: one["type"] for one in visitor.config["components"]}
    for event in visitor.config["dependencies"]:
        for place, number in enumerate(event["inputs"] if event["backend_fn"] else ()):
            for value in ODD if kinds[number] != "state" else ():
                data = [begun[one] for one in event["inputs"]]
                data[place] = value
                yield Odd(str(event["api_name"]), f"{place}:{kinds[number]}", value, int(event["id"]), data)


def wrong_with(answer: str) -> str:
    """What is wrong with an answer; empty for one that is carried out or refused in a sentence."""
    if answer in ("done", "None"):
        return "" if answer == "done" else "no sentence"
    if OURS in answer:
        return "failed on our side"
    if any(word in answer for word in FOREIGN):
        return "somebody else's words"
    if "\n" in answer or len(answer) > MOST_CHARACTERS or not answer.rstrip('"}').endswith((".", "。")):
        return "no sentence"
    return ""


def ask(visitor: Stranger, odd: Odd) -> str:
    """What the server said."""
    return said(visitor.ask(odd.number, odd.data))


def sample(calls: Iterator[Odd], each: int, seed: int) -> list[Odd]:
    """So many values of each parameter, all of them where there are no more, in an order drawn from the seed."""
    random_ = random.Random(seed)
    by_parameter: dict[tuple[str, str], list[Odd]] = {}
    for call in calls:
        by_parameter.setdefault((call.name, call.parameter), []).append(call)
    drawn = [one for some in by_parameter.values() for one in random_.sample(some, min(each, len(some)))]
    random_.shuffle(drawn)
    return drawn


def tiny_picture(folder: Path) -> Path:
    """A red square on white, 24 px."""
    picture = Image.new("RGB", (24, 24), "white")
    picture.paste((180, 30, 30), (7, 7, 17, 17))
    picture.save(folder / "tiny.png")
    return folder / "tiny.png"


def main(argv: Sequence[str] | None = None) -> int:
    """Send them. Returns 1 where an answer was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("words", nargs="*", help="parts of the endpoints' names; all by default")
    parser.add_argument("--each", type=int, default=len(ODD), help="values for each parameter; all by default")
    parser.add_argument("--page", action="store_true", help="the page's events in place of the endpoints")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="packshot-fuzz-") as folder, serving(("tests/pages.py", "tiny")) as server:
        visitor = server.visitor()
        picture = file_of(visitor.upload(tiny_picture(Path(folder))))
        every = of_events(visitor) if options.page else of_endpoints(visitor, picture)
        wanted = [one for one in every if not options.words or any(word in one.name for word in options.words)]
        calls, began = sample(iter(wanted), options.each, options.seed), time.monotonic()
        found: Counter[str] = Counter()
        for call in calls:
            answer = ask(visitor, call)
            wrong = wrong_with(answer)
            found[wrong or ("carried out" if answer == "done" else "a sentence")] += 1
            if wrong:
                print(f"{wrong}: {call}: {answer[:200]}", flush=True)
    print(f"{len(calls)} calls in {time.monotonic() - began:.0f} s: {dict(found)}")
    return int(bool(set(found) - {"carried out", "a sentence"}))


if __name__ == "__main__":
    sys.exit(main())
