"""Stores Enhance's results of the examples, as the page asks for them at first: `python examples/keep.py`.

To be run again when other weights of enhance-x2 are published; `tests/ui/test_kept_results.py` says so.
"""

from __future__ import annotations

from pathlib import Path

from gan import Studio
from gan.enhance.pipeline import EnhanceRequest
from gan.imaging.io.codec import decode
from gan.ui.kept_results import keep
from gan.ui.widgets import BROWSERS_SHOW

FOLDER = Path(__file__).parent


def main() -> None:
    """Write `kept/`."""
    studio = Studio("cpu")
    for path in sorted(path for path in (FOLDER / "uploads").iterdir() if path.suffix in BROWSERS_SHOW):
        request = EnhanceRequest(picture=decode(path))
        keep(request, studio.run(request), FOLDER / "kept" / f"enhance-{path.stem}")


if __name__ == "__main__":
    main()
