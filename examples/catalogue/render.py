"""Renders a labelled catalogue of product pictures from Sweet Home 3D's furniture libraries.

    python examples/catalogue/render.py --models /usr/share/sweethome3d --out catalogue

With `--scenes N`, N scenes instead: products on a floor, before a wall or a photograph, and the same place without the
first of them. README.md beside this file says what to install. The same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import records
from categories import CATEGORIES, OTHER
from furniture import CatalogueError, Model, read_models
from scene import Quality, Studio, available_threads
from scenes import Scene, plan_scenes
from staging import Stage
from views import View, plan_views, shuffled

LISTED_EVERY = 10
"""After so many jobs what is finished can be used: training need not wait for the last."""


@dataclass(frozen=True)
class Job:
    """A product and those of its views that are still to be rendered, with their records so far."""

    model: Model
    todo: tuple[tuple[View, records.Record], ...]
    out: Path
    quality: Quality

    @property
    def name(self) -> str:
        return self.model.product

    def render(self) -> None:
        """Render the views, in a worker."""
        self.out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            scratch = Path(folder)
            studio = Studio(self.model, self.model.extract(scratch / "model"), self.quality)
            for view, described in self.todo:
                image, mask = scratch / f"{view.id}.webp", scratch / f"{view.id}.png"
                found = studio.render(view, image, mask)
                records.commit(self.out, {**described, **found}, image, mask)


@dataclass(frozen=True)
class SceneJob:
    """A scene that is still to be rendered, with its record so far."""

    scene: Scene
    record: records.Record
    out: Path
    quality: Quality

    @property
    def name(self) -> str:
        return self.scene.id

    def render(self) -> None:
        """Render the scene, its empty place and what is seen of each thing, in a worker."""
        with tempfile.TemporaryDirectory() as folder:
            scratch = Path(folder)
            models = [thing.model for thing in self.scene.things]
            objs = [model.extract(scratch / f"model-{number}") for number, model in enumerate(models)]
            stage = Stage(self.scene, objs, self.quality)
            made = records.scene_files(scratch, self.scene.id, len(models))
            for path in made:
                path.parent.mkdir(parents=True, exist_ok=True)
            shares = stage.shoot(made[0], made[1], made[2:])
            records.commit_scene(self.out, self.record, shares, made)


def main(arguments: Sequence[str] | None = None) -> int:
    """0: everything is rendered; 1: some products failed; 2: bad options, in one line on standard error."""
    options = _parser().parse_args(arguments)
    try:
        models = choose(_only(read_models(options.models), options.only), options.category, options.limit, options.seed)
        if not options.dry_run:
            _require("bpy", "PIL")
        if options.scenes:
            return _make(plan_all_scenes(models, options), options)
    except CatalogueError as error:
        print(f"render.py: {error}", file=sys.stderr)
        return 2
    jobs = plan(models, options)
    count = sum(len(job.todo) for job in jobs)
    print(f"{len(models)} products, {len(models) * options.views} pictures, {count} of them to be rendered.")
    if options.dry_run:
        for title, kinds in (("Categories", [m.category for m in models]), ("Licences", [m.licence for m in models])):
            print(f"{title}: " + ", ".join(f"{kind} {n}" for kind, n in Counter(kinds).most_common()))
        return 0
    return _make(jobs, options)


def _make(jobs: Sequence[Job | SceneJob], options: argparse.Namespace) -> int:
    """Render what was planned and list everything that is there."""
    if options.scenes:
        print(f"{options.scenes} scenes, {len(jobs)} of them to be rendered.", flush=True)
        if options.dry_run:
            return 0
    # Asked to end, a worker would be left behind that renders on; what it has in hand is waited for instead.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        failed = run(jobs, options.workers)
    finally:
        listed = len(records.write_listing(options.out))
    print(f"{options.out} holds {listed} pictures.")
    return 1 if failed else 0


def choose(models: Sequence[Model], categories: Sequence[str] | None, limit: int | None, seed: int) -> list[Model]:
    """The models of these categories (None for all), at most `limit`, in an order that `seed` shuffles.

    Raises:
        CatalogueError: none is left.
    """
    kept = {model.product: model for model in models if not categories or model.category in categories}
    if not kept:
        raise CatalogueError(f"category: no model among {len(models)} is of {' or '.join(categories or [])}")
    return [kept[product] for product in shuffled(list(kept), seed)[:limit]]


def plan(models: Sequence[Model], options: argparse.Namespace) -> list[Job]:
    """Jobs that are still to be done; products that are finished give none."""
    quality = Quality(options.size, options.samples, available_threads(options.workers))
    jobs = []
    for model in models:
        described = (
            (view, records.describe(model, view, seed=options.seed, size_px=options.size, samples=options.samples))
            for view in plan_views(model.product, options.views, options.seed)
        )
        todo = tuple(pair for pair in described if not records.is_finished(options.out, pair[1]))
        if todo:
            jobs.append(Job(model, todo, options.out, quality))
    return jobs


def plan_all_scenes(models: Sequence[Model], options: argparse.Namespace) -> list[SceneJob]:
    """The scenes that are still to be rendered."""
    quality = Quality(options.size, options.samples, available_threads(options.workers))
    if options.surfaces is None or not options.photographs:
        raise CatalogueError("scenes: --surfaces and --photographs say what they are made of")
    planned = plan_scenes(models, options.surfaces, options.photographs, options.scenes, options.seed)
    described = [
        (scene, records.describe_scene(scene, seed=options.seed, size_px=options.size, samples=options.samples))
        for scene in planned
    ]
    return [
        SceneJob(scene, record, options.out, quality)
        for scene, record in described
        if not records.scene_is_finished(options.out, record)
    ]


def run(jobs: Sequence[Job | SceneJob], workers: int) -> list[str]:
    """Render all jobs; returns the products that failed, each of which was named on standard error.

    Every worker is a process of its own, watched by a thread: a model that crashes Blender ends that process alone,
    and a new one takes the next product.
    """
    failed = []
    watchers = _Watchers()
    with ThreadPoolExecutor(workers) as threads:
        futures = {threads.submit(watchers.render, job): job for job in jobs}
        try:
            for number, future in enumerate(as_completed(futures), start=1):
                product = futures[future].name
                try:
                    future.result()
                    print(f"[{number}/{len(jobs)}] {product}", flush=True)
                except Exception as error:
                    failed.append(product)
                    reason = "Blender crashed" if isinstance(error, BrokenProcessPool) else f"{error!r}"
                    print(f"[{number}/{len(jobs)}] {product} failed: {reason}", file=sys.stderr, flush=True)
                if number % LISTED_EVERY == 0:
                    records.write_listing(jobs[0].out)
        finally:
            threads.shutdown(cancel_futures=True)
            watchers.close()
    return failed


def _render(job: Job | SceneJob) -> None:
    job.render()


class _Watchers:
    """One process for each thread that asks, replaced when it dies."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._all: list[ProcessPoolExecutor] = []

    def render(self, job: Job | SceneJob) -> None:
        process = getattr(self._own, "process", None)
        if process is None:
            context = multiprocessing.get_context("spawn")
            process = self._own.process = ProcessPoolExecutor(1, mp_context=context, initializer=_quieten)
            self._all.append(process)
        try:
            process.submit(_render, job).result()
        except BrokenProcessPool:
            self._own.process = None
            raise

    def close(self) -> None:
        for process in self._all:
            process.shutdown(wait=False, cancel_futures=True)


def _quieten() -> None:
    """Blender writes several lines a picture to standard output, past Python."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _only(models: Sequence[Model], listing: Path | None) -> Sequence[Model]:
    """The models that another catalogue's `meta.jsonl` names; all where there is none."""
    if listing is None:
        return models
    try:
        named = {json.loads(line)["product"] for line in listing.read_text("utf-8").splitlines()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CatalogueError(f"only: {listing} is no listing of products ({error})") from error
    return [model for model in models if model.product in named]


def _require(*modules: str) -> None:
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise CatalogueError(f"{missing[0]} is not installed. With Python 3.11: pip install 'bpy==4.5.*' pillow")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--models", type=Path, required=True, help="folder with .sh3f files, or where they are unpacked"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the catalogue")
    parser.add_argument("--limit", type=_positive, help="number of products; a fair sample of all")
    parser.add_argument(
        "--views", type=_positive, default=4, help="pictures a product; odd-numbered ones are recolored"
    )
    parser.add_argument("--size", type=_positive, default=256, help="side of the pictures in pixels")
    parser.add_argument("--samples", type=_positive, default=24, help="samples a pixel")
    parser.add_argument("--seed", type=int, default=0, help="of views, colours and noise")
    parser.add_argument("--category", nargs="+", choices=[*CATEGORIES, OTHER], metavar="NAME", help="only these")
    parser.add_argument("--workers", type=_positive, default=1, help="processes; they share the CPU's cores")
    parser.add_argument("--scenes", type=_positive, metavar="N", help="render N scenes, and no catalogue")
    parser.add_argument("--surfaces", type=Path, metavar="DIR", help="textures for the floors and walls of scenes")
    parser.add_argument(
        "--photographs", type=Path, nargs="+", default=[], metavar="DIR", help="what scenes have behind and around"
    )
    parser.add_argument("--only", type=Path, metavar="META", help="products that this meta.jsonl names")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be rendered; needs no Blender")
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return value


if __name__ == "__main__":
    sys.exit(main())
