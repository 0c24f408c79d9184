"""Run a recipe on several processes or machines: Ray Data maps `carry_out` over the plan.

One actor a worker keeps its models; a picture whose worker dies is done by another. Paths may be those of any file
system that fsspec knows. A remote folder is mirrored here by name only: workers fetch a picture, make its result near
themselves, and put the picture and then its sidecar in their place, so that what is there is whole.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import pickle
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, Final

import fsspec
import ray
import ray.data
import ray.exceptions
from fsspec.core import url_to_fs

from gan.batch.jobs import Job, kept, sidecar_of
from gan.batch.recipe_json import Recipe
from gan.batch.results import Outcome
from gan.batch.runner import Replay
from gan.batch.worker import carry_out, cell, failed
from gan.core.contract import Progress
from gan.core.errors import InputError
from gan.core.files import write_atomic
from gan.core.recipe import PARTS, Run
from gan.imaging.io.codec import decode

CPUS_A_WORKER: Final = 2
"""So many a network makes good use of, where the number of workers is not given."""

ATTEMPTS: Final = 4
"""Number of times that a dead worker's jobs are given to others."""

REPORTS: Final = ("report.csv", "report.json", "contact-sheet-*.jpg")


def replay(
    recipe: Recipe,
    sources: Sequence[str],
    out: str,
    *,
    studio: Callable[[], Run],
    workers: int = 0,
    gpu: bool = False,
    again: bool = False,
    progress: Progress | None = None,
) -> Replay:
    """Replay a recipe with Ray's workers: on this machine, or on the cluster that RAY_ADDRESS names.

    Results equal those of the local engine where a worker has as many threads and the same kind of processor.

    Args:
        recipe: what to do.
        sources: files and folders, local or as URLs such as s3://bucket/folder; none for a recipe that draws.
        out: the folder of results, likewise.
        studio: called once in each worker: gives what carries out requests. It has to be importable there.
        workers: how many; 0 for one for every `CPUS_A_WORKER` processors.
        gpu: whether each worker needs a GPU.
        again: as of `Replay`.
        progress: as of `Replay`.

    Raises:
        InputError, StepError: as of `Replay`; a path cannot be reached; or fewer than no workers.
    """
    if workers < 0:
        raise InputError("workers", "{workers}", "0 or more is allowed", "Choose more", workers=workers)
    places = _Places(sources, out)
    engine = _Engine(places, studio, workers, gpu, again, progress)
    made = _RayReplay(recipe, places.sources, places.out, _nowhere, again=again, engine=engine, progress=progress)
    made.places = places
    return made


class _RayReplay(Replay):
    """Replay that writes its reports beside the results."""

    places: _Places

    def __iter__(self) -> Iterator[Outcome]:
        try:
            yield from super().__iter__()
        finally:
            self.places.upload_reports()


class _Places:
    """Map URLs of sources and results to the local names that the plan uses.

    Attributes:
        sources: local paths; of a remote file or folder, a mirror with empty files.
        out: a local folder; of a remote one, a folder for reports alone.
    """

    def __init__(self, sources: Sequence[str], out: str) -> None:
        self._root = Path(tempfile.mkdtemp(prefix="packshot-ray-"))
        weakref.finalize(self, shutil.rmtree, self._root, ignore_errors=True)
        self._urls: dict[Path, str] = {}
        self.sources = [
            self._mirrored(number, given) if _is_remote(given) else Path(given) for number, given in enumerate(sources)
        ]
        self._out_url = out.rstrip("/") if _is_remote(out) else ""
        self.out = self._root / "out" if self._out_url else Path(out)

    def url(self, path: Path | None) -> str:
        """The remote address of a source in the mirror; empty for a local one."""
        return "" if path is None else self._urls.get(path, "")

    def target_url(self, job: Job) -> str:
        """URL that a job's result is written to; empty for a local folder."""
        return f"{self._out_url}/{job.below}" if self._out_url else ""

    def upload_reports(self) -> None:
        """Upload the reports to the folder of remote results."""
        if not self._out_url:
            return
        with _reached("output", self._out_url):
            for pattern in REPORTS:
                for path in sorted(self.out.glob(pattern)):
                    _put(path, f"{self._out_url}/{path.name}")

    def _mirrored(self, number: int, url: str) -> Path:
        with _reached("image", url):
            files, root = url_to_fs(url)
            is_folder = files.isdir(root)
            below = sorted(files.find(root)) if is_folder else [root]
            if not is_folder and not files.isfile(root):
                raise FileNotFoundError(root)
        folder = self._root / "in" / str(number)
        folder.mkdir(parents=True)
        for remote in below:
            name = remote[len(root) :].lstrip("/") if is_folder else remote.rpartition("/")[2]
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            self._urls[path] = files.unstrip_protocol(remote)
        return folder if is_folder else path


class _Engine:
    """Maps `carry_out` over jobs with Ray Data."""

    def __init__(
        self,
        places: _Places,
        studio: Callable[[], Run],
        workers: int,
        gpu: bool,
        again: bool,
        progress: Progress | None,
    ) -> None:
        self._places = places
        self._studio = studio
        self._workers = workers
        self._gpu = gpu
        self._again = again
        self._progress = progress

    def __call__(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
        if not jobs:
            return
        _connect(self._workers)
        cpus = int(ray.cluster_resources().get("CPU", 1))  # type: ignore[no-untyped-call]
        workers = min(self._workers or max(1, cpus // CPUS_A_WORKER), len(jobs))
        left = dict(enumerate(jobs))
        for attempt in range(1, ATTEMPTS + 1):
            try:
                for number, outcome in self._mapped(left, workers, max(1, cpus // workers)):
                    job = left.pop(number)
                    self._show(job, outcome)
                    if self._progress is not None:
                        done = len(jobs) - len(left)
                        self._progress(done * PARTS, len(jobs) * PARTS, "Processing the pictures")
                    yield job, outcome
            except ray.exceptions.RayError:
                # A worker died, or its machine; what it had not handed over is made by others.
                if attempt == ATTEMPTS:
                    raise
            if not left:
                return

    def _mapped(self, jobs: Mapping[int, Job], workers: int, cpus: int) -> Iterator[tuple[int, Outcome]]:
        recipes = {id(job.recipe): job.recipe for job in jobs.values()}
        variants = list(recipes)
        rows = [
            {
                "number": number,
                "job": pickle.dumps(dataclasses.replace(job, recipe=None)),  # type: ignore[arg-type]
                "variant": variants.index(id(job.recipe)),
                "source_url": self._places.url(job.source),
                "target_url": self._places.target_url(job),
            }
            for number, job in jobs.items()
        ]
        # One picture a block, so that a worker that dies takes one picture's work with it.
        made = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
            _Worker,  # type: ignore[arg-type]
            fn_constructor_args=(list(recipes.values()), self._studio, self._again, cpus),
            compute=ray.data.ActorPoolStrategy(size=workers),
            num_cpus=cpus,
            num_gpus=1 if self._gpu else 0,
            # Ray's own restart waits for constructor arguments that may be gone; `__call__` tries again instead.
            ray_remote_args_fn=_no_restart,
        )
        for row in made.iter_rows():
            result = pickle.loads(row["result"])
            if isinstance(result, Exception):
                raise result
            yield row["number"], result

    def _show(self, job: Job, outcome: Outcome) -> None:
        """Load thumbnails for the contact sheet of results that already existed elsewhere."""
        if outcome.status != "kept" or not self._places.target_url(job):
            return
        for path, data in ((job.source, outcome.before), (self._places.out / outcome.target, outcome.after)):
            mirrored = path is not None and (path != job.source or self._places.url(path))
            if path is not None and data and mirrored:
                write_atomic(path, data)


class _Worker:
    """One of several worker processes; its models stay loaded."""

    def __init__(self, recipes: Sequence[Recipe], studio: Callable[[], Run], again: bool, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)
        self._recipes = recipes
        self._run = studio()
        self._again = again

    def __call__(self, row: Mapping[str, Any]) -> dict[str, Any]:
        job: Job = dataclasses.replace(pickle.loads(row["job"]), recipe=self._recipes[int(row["variant"])])
        try:
            result: Outcome | Exception = self._made(job, row["source_url"], row["target_url"])
        except Exception as error:  # what ends a batch ends it at the other end too, with its own words
            result = error
        return {"number": row["number"], "result": pickle.dumps(result)}

    def _made(self, job: Job, source_url: str, target_url: str) -> Outcome:
        if not source_url and not target_url:
            return carry_out(job, self._run)
        with tempfile.TemporaryDirectory(prefix="packshot-ray-") as name:
            try:
                near = _near(job, Path(name), source_url, target_url)
            except InputError as error:  # of this picture alone, as in `carry_out`
                return failed(job, error)
            if not self._again:
                if target_url:
                    with _reached("output", target_url):
                        _fetch_if_there(f"{target_url}.json", sidecar_of(near.target))
                        _fetch_if_there(target_url, near.target)
                if (before := kept(near)) is not None:
                    return dataclasses.replace(before, before=_cell(near.source), after=_cell(near.target))
            outcome = carry_out(near, self._run)
            if target_url and outcome.good:
                made = near.target.with_name(PurePosixPath(outcome.target).name)
                with _reached("output", target_url):
                    _put(made, f"{target_url.rpartition('/')[0]}/{made.name}")
                    # Only now, as in `carry_out`.
                    _put(sidecar_of(near.target), f"{target_url}.json")
            return outcome


def _near(job: Job, folder: Path, source_url: str, target_url: str) -> Job:
    """The job with remote source and target replaced by paths in a folder of the worker."""
    source, target = job.source, job.target
    if source_url and source is not None:
        source = folder / "in" / source.name
        with _reached("image", source_url):
            _fetch(source_url, source)
    if target_url:
        target = folder / "out" / job.target.name
    return dataclasses.replace(job, source=source, target=target)


def _no_restart() -> dict[str, Any]:
    return {"max_restarts": 0, "max_task_retries": 0}


def _connect(workers: int) -> None:
    """Connect to the cluster that RAY_ADDRESS names, else start one on this machine."""
    ray.data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    if not ray.is_initialized():
        cpus = None if os.environ.get("RAY_ADDRESS") else max(workers, os.cpu_count() or 1)
        ray.init(num_cpus=cpus, log_to_driver=False, logging_level=logging.ERROR, include_dashboard=False)


def _is_remote(given: str) -> bool:
    return "://" in given


@contextmanager
def _reached(field: str, url: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ImportError, ValueError) as error:
        raise InputError(
            field,
            "{url} cannot be reached: {reason}",
            "a path that fsspec knows and may use is needed",
            "Check the address and its rights, and install the package of its file system",
            url=url,
            reason=getattr(error, "strerror", None) or str(error) or type(error).__name__,
        ) from error


def _fetch(url: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with fsspec.open(url, "rb") as far, path.open("wb") as near:
        shutil.copyfileobj(far, near, 2**20)


def _fetch_if_there(url: str, path: Path) -> None:
    files, place = url_to_fs(url)
    if files.isfile(place):
        _fetch(url, path)


def _put(path: Path, url: str) -> None:
    files, place = url_to_fs(url)
    files.makedirs(place.rpartition("/")[0], exist_ok=True)
    unfinished = f"{place}.part"
    files.put_file(str(path), unfinished)
    files.mv(unfinished, place)


def _cell(path: Path | None) -> bytes:
    try:
        return b"" if path is None else cell(decode(path))
    except InputError:
        return b""


def _nowhere(*_: Any, **__: Any) -> Any:
    raise RuntimeError("Ray's workers carry out requests")
