"""Two replays by Ray: `ray_replay.py RECIPE IN OUT WORKERS MARK`.

In the first a worker that finds no MARK leaves one and is killed. What it made is copied to OUT-first, one picture is
taken away, and the second is told addresses instead of paths.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

from replays import run

from gan.batch.ray import replay
from gan.batch.recipe_json import read_recipe
from gan.core.contract import Request, Result
from gan.core.recipe import Run

DOOMED, TAKEN_AWAY = "3.png", "0.png"


def studio(mark: str) -> Run:
    def killed_once(request: Request, **options: Any) -> Result:
        if request.picture.name == DOOMED and not Path(mark).exists():  # type: ignore[attr-defined]
            Path(mark).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return run(request, **options)

    return killed_once


def main(recipe: str, source: str, out: str, workers: str, mark: str) -> None:
    told = []
    for given, results in ((source, out), (Path(source).as_uri(), Path(out).as_uri())):
        done = replay(read_recipe(Path(recipe)), [given], results, studio=partial(studio, mark), workers=int(workers))
        told.append(sorted(outcome.status for outcome in done))
        if len(told) == 1:
            shutil.copytree(out, f"{out}-first")
            (Path(out) / TAKEN_AWAY).unlink()
    # Ray says things of its own on every stream.
    Path(f"{mark}.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
