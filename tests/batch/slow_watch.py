"""A watch that a test kills: `slow_watch.py RECIPE IN OUT`; its second picture takes without end."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from replays import run

from gan.batch.recipe_json import read_recipe
from gan.batch.watch import Watch
from gan.core.contract import Request, Result


def main(recipe: str, source: str, out: str) -> None:
    calls = 0

    def slow(request: Request, **options: Any) -> Result:
        nonlocal calls
        calls += 1
        if calls > 1:
            time.sleep(600)
        return run(request, **options)

    for outcome in Watch(read_recipe(Path(recipe)), Path(source), Path(out), slow):
        print(outcome.status, outcome.target, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
