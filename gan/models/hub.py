"""Hugging Face Hub: model cards, upload and download of checkpoints.

The Hub's client is imported only when one of these functions runs, so that importing `gan` neither takes its time nor
its settings. `HF_ENDPOINT` and `HF_TOKEN` mean what they mean to the client.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from gan.core.errors import WeightsError
from gan.models.manifest import Record

MODEL_FILE = "model.safetensors"
CONFIG_FILE = "config.json"
CARD_FILE = "README.md"
SAMPLES_FILE = "samples.png"
CARD_TEMPLATE = Path(__file__).with_name("card.md.jinja")
PUBLISHED_FILES = (MODEL_FILE, CONFIG_FILE, CARD_FILE)
COMMUNITY_SUFFIXES = (".safetensors", ".pth", ".pt")

PIPELINE_TAGS = {
    "enhance": "image-to-image",
    "inpaint": "image-to-image",
    "stylize": "image-to-image",
    "generate": "unconditional-image-generation",
}

_HUB_ID = re.compile(r"(?P<repo>\w[\w.-]*/\w[\w.-]*)(?:/(?P<file>[\w./-]+))?")
_TRY_AGAIN = (408, 425, 429)

T = TypeVar("T")


def render_card(record: Record, text: str) -> str:
    """Render a model card in the Hub's form: YAML front matter, the text, and tables with the record's figures.

    Args:
        text: what the model is for and where it ends, in Markdown.
    """
    from huggingface_hub import EvalResult, ModelCardData
    from jinja2 import Environment, StrictUndefined

    tag = PIPELINE_TAGS.get(record.task, "image-to-image")
    data = ModelCardData(
        model_name=record.name,
        library_name="packshot-studio",
        license="apache-2.0",
        pipeline_tag=tag,
        tags=["gan", "pytorch", "product-photography", record.task],
        eval_results=[
            EvalResult(
                task_type=tag,
                dataset_type="image",
                dataset_name=metric["dataset"],
                metric_type=name.lower(),
                metric_name=name,
                metric_value=metric["value"],
            )
            for name, metric in record.metrics.items()
        ]
        or None,
    )
    templates = Environment(trim_blocks=True, keep_trailing_newline=True, undefined=StrictUndefined)
    templates.filters["cell"] = lambda value: str(value).replace("|", "\\|")
    template = templates.from_string(CARD_TEMPLATE.read_text(encoding="utf-8"))
    return template.render(data=data, record=record, text=text.strip(), model_file=MODEL_FILE)


def hub_id(name: str) -> tuple[str, str | None] | None:
    """The repository and, where one is named, the file of "owner/name" or "owner/name/file.pth"; None for others."""
    match = _HUB_ID.fullmatch(name)
    if match is None or ".." in name:
        return None
    return match["repo"], match["file"]


def push(
    folder: Path,
    repo_id: str,
    *,
    private: bool = False,
    message: str | None = None,
    attempts: int = 5,
    wait_s: float = 2,
    quiet: bool = False,
    stopped: threading.Event | None = None,
) -> str:
    """Publish a checkpoint's folder; tried again with doubling waits while the Hub is busy or out of reach.

    Args:
        folder: holds the three published files; only they are uploaded, and `samples.png` where there is one.
        repo_id: "owner/name"; the repository is created if it does not exist.
        message: of the commit.
        attempts: how often to try in all.
        wait_s: before the second attempt.
        quiet: hides the client's bars and warnings, for the whole process.
        stopped: ends a wait, and nothing is tried again, once it is set.

    Returns:
        The address of the repository.

    Raises:
        WeightsError: the folder is no checkpoint, the Hub refuses, or it stays out of reach.
    """
    missing = [name for name in PUBLISHED_FILES if not (folder / name).is_file()]
    if missing:
        raise WeightsError(
            "folder",
            "{folder} has no {missing}",
            "a published checkpoint is expected",
            "Point to weights/NAME or RUN/weights",
            folder=folder,
            missing=", ".join(missing),
        )

    from huggingface_hub import HfApi
    from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]

    if quiet:
        disable_progress_bars()
        logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    api = HfApi(library_name="packshot-studio")

    def upload() -> str:
        url = api.create_repo(repo_id, private=private, exist_ok=True)
        api.upload_folder(
            repo_id=repo_id,
            folder_path=folder,
            allow_patterns=[*PUBLISHED_FILES, SAMPLES_FILE],
            commit_message=message,
        )
        return str(url)

    return _with_retries(upload, repo_id, attempts=attempts, wait_s=wait_s, stopped=stopped or threading.Event())


def pull(name: str) -> Path:
    """Download a model into the Hub's cache; cached files are used, also without a connection.

    Args:
        name: "owner/name" for a checkpoint of this project, "owner/name/file.pth" for a third-party file.

    Returns:
        The folder of the three published files, or the one file.

    Raises:
        WeightsError: there is no such model, it is of another kind, or the Hub is out of reach and nothing is cached.
    """
    parts = hub_id(name)
    if parts is None:
        raise WeightsError("model", '"{name}"', "owner/name is expected", "Copy the name from the Hub", name=name)
    repo_id, file = parts
    if file is not None and Path(file).suffix not in COMMUNITY_SUFFIXES:
        raise WeightsError(
            "model",
            '"{name}"',
            "files ending in {suffixes} are read",
            "Name another file",
            name=name,
            suffixes=", ".join(COMMUNITY_SUFFIXES),
        )

    from huggingface_hub import hf_hub_download, snapshot_download

    def download() -> Path:
        if file is not None:
            return Path(hf_hub_download(repo_id, file))
        return Path(snapshot_download(repo_id, allow_patterns=list(PUBLISHED_FILES)))

    path = _with_retries(download, name, attempts=1, wait_s=0, stopped=threading.Event())
    if path.is_dir() and not all((path / needed).is_file() for needed in (MODEL_FILE, CONFIG_FILE)):
        raise WeightsError(
            "model",
            "{name} on the Hub is no checkpoint of this project",
            "{files} are expected",
            "For a model of another kind name its file: {name}/FILE.pth",
            name=name,
            files=f"{MODEL_FILE} and {CONFIG_FILE}",
        )
    return path


def _with_retries(call: Callable[[], T], name: str, *, attempts: int, wait_s: float, stopped: threading.Event) -> T:
    try:
        return call()
    except Exception as error:
        # The client lets errors of its own, of its HTTP library and of the system through; none concerns a user in
        # detail, and the cause stays chained.
        if attempts <= 1 or not _may_pass(error) or stopped.wait(wait_s):
            raise _refused(error, name) from error
    return _with_retries(call, name, attempts=attempts - 1, wait_s=2 * wait_s, stopped=stopped)


def _status(error: BaseException) -> int | None:
    response = getattr(error, "response", None)
    if response is None and error.__cause__ is not None:
        # A failed upload arrives wrapped into a RuntimeError.
        return _status(error.__cause__)
    return getattr(response, "status_code", None)


def _may_pass(error: Exception) -> bool:
    status = _status(error)
    if status is not None:
        return status >= 500 or status in _TRY_AGAIN
    # Bad names and missing tokens are ValueErrors and the like; what the network does is no ValueError.
    return not isinstance(error, (ValueError, TypeError, FileNotFoundError))


def _refused(error: Exception, name: str) -> WeightsError:
    status = _status(error)
    if status in (401, 403):
        return WeightsError(
            "hub",
            "the Hub refused {name} ({status})",
            "a token with the right to it is needed, and the right name",
            "Log in with: hf auth login",
            name=name,
            status=status,
        )
    if status == 404:
        return WeightsError("hub", "the Hub has no {name}", "owner/name is expected", "Check the spelling", name=name)
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return WeightsError(
        "hub",
        "{name} cannot be reached ({reason})",
        "a connection to the Hub is needed",
        "Try again, or use a local folder",
        name=name,
        reason=reason,
    )
