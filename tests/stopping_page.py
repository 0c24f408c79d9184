"""`python tests/stopping_page.py FOLDER` serves agents one tool that works until it is told to stop.

FOLDER gets a file `began` for a call that runs, and a file `stopped` for one that was told.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from gan.ui.agents import serve_agents
from gan.ui.background_job import follow

MOST_S = 60


def main(folder: Path) -> None:
    def work() -> Iterator[str]:
        """Work until told to stop."""

        def job(_: Any, cancel: threading.Event) -> str:
            (folder / "began").touch()
            if cancel.wait(MOST_S):
                (folder / "stopped").touch()
            return "done"

        yield from follow(job, "en", lambda report: report)

    serve_agents()
    with gr.Blocks(analytics_enabled=False) as page:
        gr.on([], work, None, gr.HTML(), api_name="work")
    page.queue(api_open=False)
    _, url, _ = page.launch(mcp_server=True, prevent_thread_lock=True, quiet=True)
    print(f"Packshot Studio: {url}", flush=True)
    page.block_thread()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
