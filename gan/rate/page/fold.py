"""The fold "Blind rating" of Batch: results become a session to take home, and its ratings a table."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import gradio as gr

from gan.core.contract import Progress
from gan.core.errors import InputError
from gan.limits import MAX_ITEMS, MAX_TABLE_BYTES
from gan.rate.session import KEY, Summary, new_session, summarized
from gan.ui.background_job import one_sentence
from gan.ui.endpoint import followed
from gan.ui.i18n import Language, label, language, say, word
from gan.ui.run_button import bar
from gan.ui.widgets import DECODING, LIGHT, facts_list

SETS: Final = ("A", "B", "C")
MOST_PICTURES: Final = 200
"""Of a session that the page makes."""


def add() -> None:
    """Add the fold to the current Blocks."""
    with gr.Accordion(label("rate.title"), open=False, elem_id="rate"):
        gr.Markdown(label("rate.info"), elem_id="rate-info", elem_classes="facts")
        with gr.Row():
            sets = [
                gr.File(
                    label=label(f"rate.set.{name}"),
                    file_count="multiple",
                    type="filepath",
                    height=140,
                    elem_id=f"rate-set-{name.lower()}",
                )
                for name in SETS
            ]
        work = bar("rate", "rate.new")
        session = gr.DownloadButton(label("rate.session"), visible=False, elem_id="rate-session")
        saved = gr.File(
            label=label("rate.saved"), file_count="multiple", type="filepath", height=140, elem_id="rate-saved"
        )
        summary = gr.HTML(elem_id="rate-summary", elem_classes="summary", padding=False)
    made = work.attach(work.start.click, on_page, sets, [session])
    made.success(lambda: gr.update(visible=True), None, session, **LIGHT)
    saved.change(summed, saved, summary, **DECODING)


def on_page(request: gr.Request, *given: list[str] | None) -> Iterator[tuple[Any, ...]]:
    """Outputs: the session as a ZIP, status."""
    to = language(request)

    def work(folder: Path, progress: Progress, _: Any) -> Sequence[Any]:
        progress(0, 0, "Reading the picture")
        return (str(packed(given, folder, to)),)

    yield from followed(work, to, outputs=1)


def packed(given: Sequence[list[str] | None], folder: Path, to: Language) -> Path:
    """A session of uploaded sets as a ZIP.

    Args:
        given: paths of each set; empty ones do not count.
        folder: takes the files.

    Raises:
        InputError: too many pictures, or as of `gan.rate.session.new_session`.
    """
    folders = []
    for name, paths in zip(SETS, given, strict=True):
        if not paths:
            continue
        if len(paths) > MOST_PICTURES:
            raise InputError(
                "folders",
                "{count} pictures",
                "at most {most} of each set are allowed here",
                "Choose fewer, or use the command line",
                count=len(paths),
                most=MOST_PICTURES,
            )
        folders.append(folder / say("Set {name}", to, name=name))
        folders[-1].mkdir()
        for path in paths:
            shutil.copyfile(path, folders[-1] / Path(path).name)
    new_session(folders, folder / "session", seed=secrets.randbits(32))
    archive = folder / "blind-rating.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as package:  # pictures are compressed already
        for file in sorted((folder / "session").rglob("*")):
            if file.is_file():
                package.write(file, Path("blind-rating") / file.relative_to(folder / "session"))
    return archive


def summed(paths: list[str] | None, request: gr.Request) -> str:
    """The table of the ratings as HTML; empty where nothing was given."""
    to = language(request)
    with one_sentence(to), tempfile.TemporaryDirectory(prefix="packshot-") as folder:
        return "" if not paths else told(summary_of([Path(path) for path in paths], Path(folder)), to)


def summary_of(paths: Sequence[Path], folder: Path) -> Summary:
    """The summary of a session's ZIP or key, and its ratings.

    Raises:
        InputError: there is no key among the files, too many files, or as of `gan.rate.session.summarized`.
    """
    if len(paths) > MAX_ITEMS:
        raise InputError(
            "ratings", "{count} files", "at most {most} are allowed", "Give fewer", count=len(paths), most=MAX_ITEMS
        )
    for path in paths:
        if path.suffix.lower() in (".zip", ".json"):
            (folder / KEY).write_bytes(_key_of(path))
    return summarized(folder, [path for path in paths if path.suffix.lower() not in (".zip", ".json")])


def _key_of(path: Path) -> bytes:
    """The key's content, of the ZIP or itself; empty where there is none."""
    try:
        if path.suffix.lower() == ".json":
            with path.open("rb") as file:
                return file.read(MAX_TABLE_BYTES)
        with zipfile.ZipFile(path) as package:
            name = next(name for name in package.namelist() if Path(name).name == KEY)
            with package.open(name) as member:
                return member.read(MAX_TABLE_BYTES)
    except (OSError, EOFError, StopIteration, zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return b""


def told(made: Summary, to: Language) -> str:
    """The sets, the best first, with their score and its interval."""
    rows = []
    for name, one in sorted(zip(made.names, made.strengths, strict=True), key=lambda each: -each[1].score):
        text = say(
            "{wins} wins, {losses} losses, {ties} ties; score {score} ({low} to {high})",
            to,
            wins=one.wins,
            losses=one.losses,
            ties=one.ties,
            score=f"{one.score:+.2f}",
            low=f"{one.low:+.2f}",
            high=f"{one.high:+.2f}",
        )
        rows.append((name, text))
    notices = [word("rate.scores", to), *([word("rate.imagined", to)] if made.imagined else [])]
    return facts_list([(say("Ratings", to), f"{made.rated} · {made.raters}"), *rows], notices)
