"""A replay that a test kills: `slow_replay.py RECIPE IN OUT SECONDS`, each step of which takes that long."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from replays import run

from gan.batch.recipe_json import read_recipe
from gan.batch.runner import Replay
from gan.core.contract import Request, Result


def main(recipe: str, source: str, out: str, seconds: str) -> None:
    def slow(request: Request, **options: Any) -> Result:
        time.sleep(float(seconds))
        return run(request, **options)

    for outcome in Replay(read_recipe(Path(recipe)), [Path(source)], Path(out), slow):
        print(outcome.status, outcome.target, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
