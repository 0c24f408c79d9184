"""Turn the Scene tab's choices into requests, and serve /scene and /scenes to programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from gradio.components.base import Component

from gan.core.errors import wrong_type
from gan.edit.page.results import in_the_middle
from gan.scene.page.choice import title_of, titles
from gan.scene.pipeline import SceneRequest
from gan.scene.sets import NAMES, SETS, read_set
from gan.scene.sheet import ScenesRequest
from gan.ui.endpoint import Done, Endpoints
from gan.ui.i18n import Language, say
from gan.ui.protocols import Run
from gan.ui.result import rendered, stem_of
from gan.ui.sheet import Kind

RETURNS: Final = """A set is one of those that come with the package, by its name, or a TOML file of your own.

Returns the finished file, previews before and after, a summary as HTML, and a JSON record."""

RETURNS_SHEET: Final = "Returns the sheet as PNG, and the single pictures with the sets' names."
SHEET: Final = Kind(ScenesRequest, "scenes", titles, 320)


def expose(public: Endpoints, run: Run, outputs: list[Component], status: Component) -> None:
    """Let programs call /scene."""
    public.expose(
        "scene",
        SceneRequest,
        run,
        finish,
        outputs,
        status,
        returns=RETURNS,
        also=[
            public.text("set", f"a set's name: {', '.join(NAMES)}", NAMES[0]),
            public.file("set_file", "a TOML file of your own set, in place of the name"),
        ],
        adapt=_with_set,
        without=("set",),
    )


def finish(done: Done[SceneRequest]) -> tuple[Any, ...]:
    """Write a result's files and sum it up."""
    request, result, to = done.asked.request, done.result, done.to
    name = request.set.name
    title = title_of(name, to) if name in SETS else request.set.title or name
    rows = [(say("Set", to), title)]
    if "kept" in result.details:
        kept = result.details["kept"]
        told = say("{pixels} pixels compared, {changed} changed", to, pixels=kept["pixels"], changed=kept["changed"])
        rows.append((say("Product's pixels", to), told))
    stem = stem_of(request.picture, "scene")
    shown = rendered(
        result.picture,
        request.picture,
        result.record,
        done.asked.encoding,
        done.folder,
        to,
        stem=stem,
        before=in_the_middle(request.picture, result.picture, done.folder, stem),
        rows=rows,
    )
    return tuple(shown.values())


def _with_set(values: dict[str, Any], _to: Language) -> dict[str, Any]:
    """The set in place of the two parameters that name it."""
    name, file = values.pop("set"), values.pop("set_file")
    if file is None and name not in SETS:
        raise wrong_type("set", name, ", ".join(NAMES))
    return {**values, "set": SETS[name] if file is None else read_set(Path(file))}
