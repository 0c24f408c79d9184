"""Packshot Studio's page: composes the tabs and launches."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
with suppress(ImportError):  # only a ZeroGPU Space has it, and there it must come before torch
    import_module("spaces")

import gradio as gr

from gan.api import Studio
from gan.batch.page import tab as batch_tab
from gan.capture.page import tab as capture_tab
from gan.compare.page import fold as compare_fold
from gan.core.errors import PackshotError
from gan.cutout.page import tab as cutout_tab
from gan.edit.page import tab as edit_tab
from gan.enhance.page import tab as enhance_tab
from gan.export.page import tab as export_tab
from gan.export.page.annotate import ANNOTATE
from gan.generate.page import tab as generate_tab
from gan.inpaint.page import tab as inpaint_tab
from gan.limits import MAX_AGE_S, SWEEP_S
from gan.models.manifest import Manifest
from gan.rate.page import fold as rate_fold
from gan.scene.page import tab as scene_tab
from gan.stylize.page import tab as stylize_tab
from gan.ui import deep_link, history, i18n, serve, storage, widgets
from gan.ui.kept_results import KeptResults
from gan.ui.offered import Offered
from gan.ui.protocols import Run
from gan.ui.selected import take_any_selection
from gan.ui.send_to import Place, link, link_steps, part
from gan.ui.strict import make_strict
from gan.ui.uploads import check_uploads

EXAMPLES = Path(__file__).parent / "examples"
UPLOADS = EXAMPLES / "uploads"


TABS: Mapping[str, Callable[[Run, Offered], Any]] = {
    "enhance": lambda run, offered: enhance_tab.build(run, offered.models("enhance"), examples=UPLOADS),
    "generate": lambda run, offered: generate_tab.build(
        run, offered.models("generate"), offered.directions, examples=EXAMPLES
    ),
    "inpaint": lambda run, offered: inpaint_tab.build(run, offered.models("inpaint"), examples=EXAMPLES),
    "stylize": lambda run, offered: stylize_tab.build(run, offered.models("stylize"), examples=EXAMPLES),
    "cutout": lambda run, offered: cutout_tab.build(run, offered.models("cutout"), examples=EXAMPLES),
    "scene": lambda run, offered: scene_tab.build(run, offered.models("cutout"), examples=EXAMPLES),
    "capture": lambda run, _: capture_tab.build(run),
    "edit": lambda run, offered: edit_tab.build(run, also={"annotate": ANNOTATE}, examples=EXAMPLES),
    "export": lambda run, offered: export_tab.build(run, offered.models("cutout"), examples=EXAMPLES),
    "batch": lambda run, offered: _batch(run, offered),
}
"""What fills each tab, from left to right."""


def _batch(run: Run, offered: Offered) -> Any:
    """Batch, and below it what rates the results of several."""
    tab = batch_tab.build(run, offered.models, examples=EXAMPLES)
    rate_fold.add()
    return tab


def build(studio: Studio, *, mcp: bool = False, kept: KeptResults | None = None) -> gr.Blocks:
    """The page; what it computes, the studio computes, which stays the caller's to close.

    Args:
        mcp: whether it will be served to agents too, which it then says.
        kept: stored results, which answer in place of the studio.
    """
    make_strict()
    check_uploads()
    take_any_selection()
    page = gr.Blocks(title="Packshot Studio", analytics_enabled=False, delete_cache=(int(SWEEP_S), int(MAX_AGE_S)))
    with page:
        widgets.heading()
        run = serve.on_gpu(studio.run)
        offered = Offered(run if kept is None else kept.before(run), studio.models, studio.directions)
        built: dict[str, Any] = {}
        with gr.Tabs(elem_id="tabs") as tabs:
            for name, fill in TABS.items():
                with gr.Tab(i18n.label(f"tab.{name}"), id=name, elem_id=f"tab-{name}"):
                    built[name] = fill(offered.run, offered)
        settings = {name: tab if isinstance(tab, list) else tab.settings for name, tab in built.items()}
        for name, controls in settings.items():
            widgets.remember(page, name, controls)
        places = [_place(page, name, tab) for name, tab in built.items()]
        link(tabs, places)
        compare_fold.add(page, places, offered.run)
        link_steps(page, tabs)
        history.add(page, settings)
        deep_link.attach(tabs, settings, widgets.footer(mcp=mcp))
    page.queue(max_size=32, api_open=False)  # nothing computes beside the queue
    return page


def _place(page: gr.Blocks, name: str, tab: Any) -> Place:
    """The place a tab's pictures come from and go to; one without a model that it needs takes none."""
    files = getattr(tab, "files", None) or part(page, f"{name}-made")
    picture = getattr(tab, "picture", None) or part(page, f"{name}-download")
    photograph = getattr(tab, "photograph", None) or part(page, f"{name}-picture")
    return Place(name, picture, files, photograph if getattr(tab, "ready", True) else None)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the page until interrupted. Returns the exit status: 2 for options that cannot be, 0 otherwise."""
    parser = _Parser(prog="app.py", description="Packshot Studio in a browser.")
    parser.add_argument("--host", help="address to listen on (default: this machine only; on a Space, all)")
    parser.add_argument("--port", type=_port, help="port to listen on (default: the first free one from 7860)")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where networks run")
    parser.add_argument(
        "--trust-host",
        action="append",
        default=[],
        metavar="NAME",
        help="another name under which the page is reached, such as a proxy's; repeatable; with --host, the only names",
    )
    on_space = bool(os.environ.get("SPACE_ID"))
    parser.add_argument(
        "--mcp",
        action=argparse.BooleanOptionalAction,
        default=on_space,
        help="serve agents too, at /gradio_api/mcp (default: on a Space only)",
    )
    options = parser.parse_args(argv)
    try:
        studio = Studio(device=options.device)
        with closing(studio), storage.opened() as stored:
            published = {record.name: record.sha256 for record in Manifest.read(studio.weights_dir).records}
            page = build(studio, mcp=options.mcp, kept=KeptResults(EXAMPLES / "kept", published))
            return serve.serve(
                *(page, options.host, options.port),
                shown=[EXAMPLES],
                trusted=options.trust_host,
                storage=stored,
                mcp=options.mcp,
            )
    except PackshotError as error:
        print(f"app.py: {error}", file=sys.stderr)
        return 2


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is not within 0 and 65535")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
