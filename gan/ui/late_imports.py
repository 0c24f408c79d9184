"""Libraries that modules import where they use them, brought in before the page's first visitor needs them."""

from __future__ import annotations

import threading
from contextlib import suppress
from importlib import import_module
from typing import Final

LATE: Final = (
    ("scipy.ndimage", "label"),
    ("skimage.segmentation", "watershed"),
    ("scipy.signal", "find_peaks"),
)
"""Modules with a name in each, in the order in which visitors miss them: the first click took half a second for the
first two, the first scene 0.7 s for the third. The name is asked for since scikit-image's modules load by it."""


def import_beforehand() -> threading.Thread:
    """Import them in a thread of its own, which is returned; one that is missing is left to what uses it."""

    def go_on() -> None:
        for module, name in LATE:
            with suppress(ImportError, AttributeError):
                getattr(import_module(module), name)

    thread = threading.Thread(target=go_on, name="packshot-imports", daemon=True)
    thread.start()
    return thread
