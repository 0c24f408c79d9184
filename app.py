"""Packshot Studio's page: composes the tabs and launches."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from importlib import import_module
from pathlib import Path
from typing import NoReturn

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
with suppress(ImportError):  # only a ZeroGPU Space has it, and there it must come before torch
    import_module("spaces")

import gradio as gr

from gan.enhance import tab as enhance_tab
from gan.errors import PackshotError
from gan.generate import tab as generate_tab
from gan.inpaint import tab as inpaint_tab
from gan.studio import Studio
from gan.stylize import tab as stylize_tab
from gan.ui import serving, widgets, words
from gan.ui.sending import Place, link, part

EXAMPLES = Path(__file__).parent / "examples"


def build(studio: Studio) -> gr.Blocks:
    """The page; what it computes, the studio computes, which stays the caller's to close."""
    page = gr.Blocks(title="Packshot Studio", analytics_enabled=False, delete_cache=(3600, 86400))
    with page:
        widgets.heading()
        run = serving.on_gpu(studio.run)
        with gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab(words.label("enhance"), id="enhance", elem_id="tab-enhance"):
                controls = enhance_tab.build(run, studio.models("enhance"), examples=EXAMPLES)
            with gr.Tab(words.label("generate"), id="generate", elem_id="tab-generate"):
                generate = generate_tab.build(run, studio.models("generate"), studio.directions, examples=EXAMPLES)
            with gr.Tab(words.label("inpaint"), id="inpaint", elem_id="tab-inpaint"):
                inpaint = inpaint_tab.build(run, studio.models("inpaint"), examples=EXAMPLES)
            with gr.Tab(words.label("stylize"), id="stylize", elem_id="tab-stylize"):
                stylize = stylize_tab.build(run, studio.models("stylize"), examples=EXAMPLES)
        remembered = {
            "enhance": controls,
            "generate": generate.settings,
            "inpaint": inpaint.settings,
            "stylize": stylize.settings,
        }
        for name, settings in remembered.items():
            widgets.remember(page, name, settings)
        photograph, enhanced = part(page, "enhance-picture"), part(page, "enhance-download")
        send, send_repaired, send_styled = (
            part(page, f"{name}-send-generate") for name in ("enhance", "inpaint", "stylize")
        )
        places = (
            Place("enhance", enhanced, send, photograph),
            Place("generate", generate.picture, generate.send, generate.photograph if generate.ready else None),
            Place("inpaint", inpaint.picture, send_repaired, inpaint.photograph if inpaint.ready else None),
            Place("stylize", stylize.picture, send_styled, stylize.photograph),
        )
        link(tabs, places)
    page.queue(max_size=32)
    return page


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the page until interrupted. Returns the exit status: 2 for options that cannot be, 0 otherwise."""
    parser = _Parser(prog="app.py", description="Packshot Studio in a browser.")
    parser.add_argument("--host", help="address to listen on (default: this machine only; on a Space, all)")
    parser.add_argument("--port", type=_port, help="port to listen on (default: the first free one from 7860)")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where networks run")
    options = parser.parse_args(argv)
    try:
        studio = Studio(device=options.device)
        with closing(studio):
            return serving.serve(build(studio), options.host, options.port, shown=[EXAMPLES])
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
