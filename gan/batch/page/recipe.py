"""The recipe's widgets: ready-made steps, a recipe's file, or a finished picture that carries its steps."""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final, Literal

import gradio as gr
from gradio.components.base import Component

from gan.batch.page.report import described
from gan.batch.recipe_json import MOST_NAME, VERSION, Recipe, from_history, read_recipe, to_json
from gan.batch.replayed import Offered, check_models
from gan.core.errors import InputError, PackshotError
from gan.core.option import Option, Options
from gan.export.filenames import Names
from gan.imaging.io.codec import decode
from gan.imaging.io.formats import FORMATS, Encoding, Format
from gan.ui.form import Form
from gan.ui.i18n import Language, label, language, sentence, word
from gan.ui.widgets import DECODING, LIGHT

STANDARD: Final = "square"
OWN: Final = "own"
"""Value of the list if the steps come from a file."""


class BatchOptions(Options):
    """Settings of a batch beside its files."""

    ready: Annotated[
        Literal["square", "transparent", "amazon", "restore", "own"], Option("ready-made steps, without a recipe_file")
    ] = "square"


@dataclass(frozen=True)
class Panel:
    """The choice of the steps, what they are, and the fold for steps of one's own."""

    form: Form[BatchOptions]
    card: gr.HTML
    save: gr.DownloadButton
    own: gr.Accordion
    file: gr.File
    more: gr.File

    @property
    def ready(self) -> gr.Dropdown:
        return self.form["ready"]  # type: ignore[no-any-return]

    @property
    def inputs(self) -> list[Component]:
        """Components whose values `chosen` takes."""
        return [self.file, self.more, self.ready]


def build(offered: Offered) -> Panel:
    """Add the recipe's widgets, and update the card of its steps when the choice changes."""
    form = Form(BatchOptions, "batch")
    form.add_choice("ready", [*((label(f"batch.ready.{name}"), name) for name in READY), (label("batch.own"), OWN)])
    card = gr.HTML(elem_id="batch-steps", elem_classes="around", padding=False)
    save = gr.DownloadButton(label("batch.save"), size="sm", elem_id="batch-save")
    with gr.Accordion(label("batch.own"), open=False, elem_id="batch-own") as own:
        gr.Markdown(label("batch.own.info"), elem_classes="facts")
        file = gr.File(label=label("batch.recipe"), type="filepath", height=110, elem_id="batch-recipe")
        more = gr.File(
            label=label("batch.more"), file_count="multiple", type="filepath", height=130, elem_id="batch-more"
        )
    form.add_rest()
    panel = Panel(form, card, save, own, file, more)
    _keep_in_step(panel, offered)
    return panel


def chosen(file: str | None, more: Sequence[str] | None, ready: str, offered: Offered) -> Recipe:
    """The file's steps, where there is one; else the ready-made ones of that name.

    Args:
        file: a recipe, the JSON beside a result, or a finished picture that carries its steps.
        more: the files that the steps name.
        ready: a key of `READY`.
        offered: a visitor's recipe may name these models only, and no path and no address.

    Raises:
        InputError: no such recipe, a file that has no steps, or another model.
        StepError: as of `gan.batch.recipe_json.read_recipe`.
    """
    if file:
        path = Path(file)
        source = path.read_bytes() if _is_json(path) else to_json(carried(path).record())
        recipe = read_recipe(source, _Beside(more or ()))
    elif ready == OWN:
        raise InputError(
            "recipe",
            "no file was given",
            "a JSON file with steps is expected",
            "Upload one, or choose ready-made steps",
        )
    else:
        recipe = ready_recipe(ready)
    check_models(recipe, offered)
    return recipe


def carried(path: Path) -> Recipe:
    """The steps that a finished picture's file carries, written in its format; their files may be missing.

    Raises:
        InputError: it is no picture, or none with steps.
        StepError: as of `gan.batch.recipe_json.from_history`.
    """
    picture = decode(path, field="recipe")
    if not picture.history:
        raise InputError(
            "recipe",
            "{name} contains no steps",
            "a recipe, or a picture that Packshot Studio made, is expected",
            "Choose another file",
            name=path.name,
        )
    kind: Format = next((name for name, known in FORMATS.items() if known.pillow == picture.file_format), "png")
    return from_history(picture.history, name=path.stem[:MOST_NAME], output=Encoding(file_format=kind))


def title_of(recipe: Recipe, file: str | None, ready: str, to: Language) -> str:
    """Title of the recipe on the page."""
    if file:
        return recipe.name or Path(file).stem
    return word(f"batch.ready.{ready}", to)


class _Beside(Mapping[str, Path]):
    """Uploads by the names that a recipe knows them by, whatever of a name gets lost on the way."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = {_letters(Path(path).name): Path(path) for path in paths}

    def __getitem__(self, name: str) -> Path:
        return self._paths[_letters(PurePosixPath(name).name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def _letters(name: str) -> str:
    """Browsers spell accents in two ways, and uploads lose signs such as brackets."""
    return re.sub(r"[^\w.]+", "", unicodedata.normalize("NFC", name)).casefold()


def _is_json(path: Path) -> bool:
    if path.suffix.lower() == ".json":
        return True
    with path.open("rb") as opened:
        return opened.read(64).lstrip().startswith(b"{")


def _keep_in_step(panel: Panel, offered: Offered) -> None:
    def show(
        file: str | None, more: Sequence[str] | None, ready: str, request: gr.Request
    ) -> Iterator[tuple[Any, Any]]:
        """The steps, and their file; of what cannot be used yet, why."""
        to, problem = language(request), ""
        recipe: Recipe | None = None
        try:
            recipe = chosen(file, more, ready, offered)
        except PackshotError as error:
            problem = sentence(error, to)
            recipe = _without_files(file)
        if recipe is None:
            yield described("", None, problem, to), gr.update(visible=False)
            return
        with tempfile.TemporaryDirectory(prefix="packshot-") as folder:
            name = Path(file).stem if file else ready
            path = Path(folder) / PurePosixPath(Names().of(f"{name}.json", ".json")).name
            path.write_bytes(to_json(recipe.record()))
            yield (
                described(title_of(recipe, file, ready, to), recipe, problem, to),
                gr.update(value=str(path), visible=True),
            )

    given, outputs = panel.inputs, [panel.card, panel.save]
    changes = [panel.ready.change, panel.file.change, panel.more.change]
    gr.on(changes, show, given, outputs, trigger_mode="always_last", **DECODING)
    gr.on(None, show, given, outputs, **DECODING)
    panel.ready.input(_by_name, panel.ready, [panel.file, panel.own], **LIGHT)
    panel.file.upload(lambda: OWN, None, panel.ready, **LIGHT)
    gr.on([panel.file.clear, panel.file.delete], _by_file, panel.ready, panel.ready, **LIGHT)


def _without_files(file: str | None) -> Recipe | None:
    """The steps of a finished picture can be saved while the files that they name are not here."""
    try:
        return carried(Path(file)) if file and not _is_json(Path(file)) else None
    except PackshotError:
        return None


def _by_name(name: str) -> tuple[Any, Any]:
    """Steps from the list take the place of a file's; for those of one's own the fold opens."""
    return (gr.skip(), gr.update(open=True)) if name == OWN else (None, gr.skip())


def _by_file(name: str) -> str:
    """Without their file, steps of one's own are none."""
    return STANDARD if name == OWN else name


READY: Final[Mapping[str, Mapping[str, Any]]] = {
    # Cut out on nothing and laid on white by the frame, so that the product is looked for once only.
    "square": {
        "name": "White, framed square",
        "steps": [
            {"task": "cutout"},
            {"task": "frame", "request": {"fill": 0.85, "aspect": "1:1", "width_px": 2000, "ground": "white"}},
        ],
        "output": {"format": "jpeg", "quality": 92},
    },
    "transparent": {
        "name": "Cut out, transparent PNG",
        "steps": [{"task": "cutout"}],
        "output": {"format": "png"},
    },
    "amazon": {
        "name": "Amazon main image",
        "steps": [{"task": "export", "request": {"channel": "amazon"}}],
    },
    "restore": {
        "name": "Restore: twice the size, de-noised",
        "steps": [{"task": "enhance", "request": {"scale": 2}}],
        "output": {"format": "png"},
    },
}
"""By the name in the page's list, as recipes have them."""


def ready_recipe(name: str) -> Recipe:
    """The ready-made recipe of that name.

    Raises:
        InputError: there is none.
    """
    if name not in READY:
        raise InputError(
            "recipe",
            "there is no ready-made recipe {name}",
            "{known} are allowed, or a file",
            "Choose one of these",
            name=name,
            known=", ".join(READY),
        )
    return read_recipe(to_json({"version": VERSION, **READY[name]}), {})
