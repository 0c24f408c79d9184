"""One more field of a request is on its page and in its endpoint, and reaches the run, with no line added there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import gradio as gr
import pytest
from pages import FakeChoice, photograph, within_a_loop

import gan.batch.page.recipe
import gan.batch.page.tab
import gan.export.page.handlers
import gan.export.page.tab
import gan.export.zip_builder
import gan.generate.page.handlers
import gan.generate.page.settings
from gan.batch.page import tab as batch_tab
from gan.batch.page.recipe import BatchOptions
from gan.core.contract import Request, Result
from gan.core.option import Option, parameters
from gan.export.delivery import Delivery
from gan.export.naming import Naming
from gan.export.page import tab as export_tab
from gan.export.pipeline import ExportRequest
from gan.generate.page import tab as generate_tab
from gan.generate.pipeline import GenerateRequest


class Glowing(GenerateRequest):
    glow: Annotated[float, Option("how much it glows", ge=0, le=1)] = 0.25


class Glazed(ExportRequest):
    glaze: Annotated[Literal["thin", "thick"], Option("how it is glazed", group="surface")] = "thin"


class Doubled(BatchOptions):
    twice: Annotated[bool, Option("all of it twice")] = False


class Refusing:
    """Remembers what it was asked, and makes nothing."""

    def __init__(self) -> None:
        self.requests: list[Any] = []

    def __call__(self, request: Request, **_: Any) -> Result:
        self.requests.append(request)
        raise MemoryError


def made(build: Callable[[], Any]) -> tuple[dict[str, Any], Callable[[str], Any]]:
    """The widgets by their ids, and endpoints by their names."""

    def make() -> gr.Blocks:
        with gr.Blocks(analytics_enabled=False) as page:
            build()
        return page

    page = within_a_loop(make)
    public = {event.api_name: event.fn for event in page.fns.values() if event.api_visibility == "public"}
    listed = page.get_api_info()["named_endpoints"]

    def endpoint(name: str) -> Any:
        return public[name], {
            one["parameter_name"]: one["python_type"]["type"] for one in listed[f"/{name}"]["parameters"]
        }

    return {str(block.elem_id): block for block in page.blocks.values() if getattr(block, "elem_id", None)}, endpoint


def test_of_generate(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (gan.generate.page.settings, gan.generate.page.handlers):
        monkeypatch.setattr(module, "GenerateRequest", Glowing)
    run = Refusing()
    widgets, endpoint = made(lambda: generate_tab.build(run, [], lambda _: []))
    assert isinstance(widgets["generate-glow"], gr.Slider)
    assert (widgets["generate-glow"].value, widgets["generate-glow"].label) == (0.25, "Glow")
    call, listed = endpoint("generate")
    assert listed["glow"] == "float"
    assert list(listed)[:3] == ["text", "category", "seed"]
    with pytest.raises(gr.Error, match="memory"):
        list(call(glow=0.5))
    assert run.requests[0].glow == 0.5
    with pytest.raises(gr.Error, match="glow: 2; 0 to 1 is allowed"):
        list(call(glow=2))


def test_of_export(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for module in (gan.export.page.tab, gan.export.page.handlers, gan.export.zip_builder):
        monkeypatch.setattr(module, "ExportRequest", Glazed)
    run, picture = Refusing(), str(photograph(tmp_path / "a.png"))
    widgets, endpoint = made(lambda: export_tab.build(run, [FakeChoice("cutout")]))  # type: ignore[list-item]
    assert [value for _, value in widgets["export-glaze"].choices] == ["thin", "thick"]
    assert "export-surface" in widgets
    call, listed = endpoint("export")
    delivery = [parameter.public for parameter in parameters(Delivery)]
    assert list(listed) == ["files", "channel", "channel_file", "fill", "model", "enlarge", "glaze", *delivery]
    list(call([picture], "etsy", glaze="thick"))
    assert (run.requests[0].glaze, run.requests[0].channel.name) == ("thick", "etsy")
    with pytest.raises(gr.Error, match="glaze: flat; thin or thick is allowed"):
        list(call([picture], "etsy", glaze="flat"))


def test_of_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (gan.batch.page.recipe, gan.batch.page.tab):
        monkeypatch.setattr(module, "BatchOptions", Doubled)
    widgets, endpoint = made(lambda: batch_tab.build(Refusing(), lambda _: []))
    assert isinstance(widgets["batch-twice"], gr.Checkbox)
    call, listed = endpoint("run")
    names = [parameter.public for parameter in parameters(Naming)]
    assert list(listed) == ["files", "recipe_file", "more_files", "ready", "twice", *names]
    with pytest.raises(gr.Error, match='twice: "yes"; true or false is expected'):
        list(call([], twice="yes"))
