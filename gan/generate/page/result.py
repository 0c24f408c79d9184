"""Turn results of the Generate tab into files, records, an archive and previews; and the view that shows them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from gan.core.contract import Result
from gan.generate.latent import Latent, to_json
from gan.generate.pipeline import single_record
from gan.imaging.io.codec import Encoding, write
from gan.ui import widgets
from gan.ui.i18n import LABELS, Language, label, notice, say, word
from gan.ui.preview import preview_size, write_preview
from gan.ui.result import model_rows

PREVIEW_PX: Final = 128
ARCHIVE_NAME: Final = "packshot-generated.zip"
LATENTS_NAME: Final = "latents.json"
MOST_SHOWN: Final = 48
"""So many pictures the gallery holds; keeping another one drops the oldest."""

Record = Mapping[str, Any]


@dataclass(frozen=True)
class RenderedResult:
    """Rendered results, as the page shows them.

    Attributes:
        files: full pictures as PNG, the new ones first.
        records: one for each, JSON-ready, enough to make that picture alone again.
        archive: ZIP of all pictures, their records and latents.
        latents: JSON of all latents.
        record: the first picture's record.
        preview: JPEG of the first.
        line: which product that is, for people.
        summary: HTML.
    """

    files: tuple[Path, ...]
    records: tuple[Record, ...]
    archive: Path
    latents: Path
    record: Path
    preview: str
    line: str
    summary: str

    def gallery(self) -> list[tuple[str, str]]:
        return [(str(path), path.stem) for path in self.files]


@dataclass(frozen=True)
class View:
    """Components that show results. `values` takes `values_of(shown)`."""

    gallery: gr.Gallery
    files: gr.Column
    download: gr.DownloadButton
    archive: gr.DownloadButton
    record: gr.DownloadButton
    latents: gr.DownloadButton
    summary: gr.HTML

    def values(self) -> list[Component]:
        """Outputs in the API's order: the first picture's file first."""
        return [self.download, self.gallery, self.archive, self.record, self.latents, self.summary]


def build_view() -> View:
    """The gallery, the files of the chosen picture and of all, where else it can go."""
    gallery = gr.Gallery(
        label=label("generate.results"),
        columns=3,
        object_fit="contain",
        height="auto",
        interactive=False,
        buttons=["download", "fullscreen"],
        elem_id="generate-gallery",
        elem_classes="pickable",
    )
    gr.Markdown(label("generate.results.info"), elem_classes="facts")
    with gr.Column(visible=False, elem_id="generate-made") as files:
        with gr.Row():
            download = gr.DownloadButton(
                label("generate.download"), size="md", min_width=150, elem_id="generate-download"
            )
            archive = gr.DownloadButton(
                label("generate.download.all"), size="md", min_width=150, elem_id="generate-archive"
            )
        with gr.Row():
            record = gr.DownloadButton(label("result.record"), size="sm", min_width=150, elem_id="generate-record")
            latents = gr.DownloadButton(label("generate.latents"), size="sm", min_width=150, elem_id="generate-latents")
    summary = gr.HTML(elem_id="generate-summary", elem_classes="summary", padding=False)
    return View(gallery, files, download, archive, record, latents, summary)


def values_of(shown: RenderedResult) -> tuple[Any, ...]:
    """For `View.values`."""
    first, *_ = shown.files
    return str(first), shown.gallery(), str(shown.archive), str(shown.record), str(shown.latents), shown.summary


def from_results(
    results: Sequence[Result],
    folder: Path,
    to: Language,
    *,
    before: Sequence[tuple[Path, Record]] = (),
) -> RenderedResult:
    """Write the results' files into the folder and sum them up.

    Args:
        before: pictures with their records that the new ones are put in front of.
    """
    made: list[tuple[Path, Record]] = []
    taken = {path.name for path, _ in before}
    pairs = [pair for result in results for pair in zip(result.pictures, single_records(result), strict=True)]
    for picture, record in pairs:
        path = folder / _free(picture.name, taken)
        write(picture, path, Encoding())
        made.append((path, record))
    both = [*made, *before][:MOST_SHOWN]
    files, records = tuple(path for path, _ in both), tuple(record for _, record in both)
    first = results[0].picture
    preview = write_preview(first, folder / "preview.jpg", preview_size(first, PREVIEW_PX))
    latents = folder / LATENTS_NAME
    latents.write_text(to_json(tuple(_latent(record) for record in records)), encoding="utf-8")
    archive = folder / ARCHIVE_NAME
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:  # PNG does not get smaller
        for path, record in both:
            packed.write(path, path.name)
            packed.writestr(f"{path.stem}.json", _text(record))
        packed.write(latents, latents.name)
    return RenderedResult(
        files=files,
        records=records,
        archive=archive,
        latents=latents,
        record=write_record(folder, made[0][0], records[0]),
        preview=preview,
        line=product_line(records[0], to),
        summary=_summary(results, [path for path, _ in made], to),
    )


def write_record(folder: Path, picture: Path, record: Record) -> Path:
    """The record as a file beside its picture's name."""
    path = folder / f"{picture.stem}.json"
    path.write_text(_text(record), encoding="utf-8")
    return path


def single_records(result: Result) -> list[Record]:
    """For every picture of a result a record of its own: its seed, its latent, a count of one."""
    return [single_record(result, index) for index in range(len(result.pictures))]


def product_line(record: Record, to: Language) -> str:
    """Caption of a record's product: its category, and its seed if it was drawn from one."""
    name = category_name(record["details"]["latents"][0]["category"], to)
    if record["request"].get("latent"):
        return f"{name} · {say('from a latent', to)}"
    return f"{name} · {say('seed {seed}', to, seed=record['seed'])}"


def category_name(category: str, to: Language) -> str:
    """Translated name of a category, if the catalog has one."""
    key = f"generate.category.{category}"
    return word(key, to) if key in LABELS else category


def _latent(record: Record) -> Latent:
    return Latent.from_record(record["details"]["latents"][0])


def _free(name: str, taken: set[str]) -> str:
    """The name, with a number where it is taken already."""
    stem, suffix = Path(name).stem, Path(name).suffix
    free, number = name, 2
    while free in taken:
        free, number = f"{stem}-{number}{suffix}", number + 1
    taken.add(free)
    return free


def _text(record: Record) -> str:
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"


def _summary(results: Sequence[Result], files: Sequence[Path], to: Language) -> str:
    picture, seconds = results[0].picture, sum(result.seconds for result in results)
    weights, licences = (
        dict(item for told in each for item in told.items())
        for each in ([result.weights for result in results], [result.licences for result in results])
    )
    rows = [
        (say("Pictures", to), str(len(files))),
        (say("Size", to), f"{picture.width_px} × {picture.height_px} px"),
        (say("File", to), f"PNG, {widgets.megabytes(files[0])}"),
        (say("Time", to), say("{seconds} s", to, seconds=f"{seconds:.1f}")),
        *model_rows(weights, licences, to),
    ]
    told = dict.fromkeys(text for result in results for text in result.notices)
    return widgets.facts_list(rows, [notice(text, to) for text in told])
