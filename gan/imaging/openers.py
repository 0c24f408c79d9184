"""The one door for picture bytes: which of Pillow's format plugins this process may use at all.

Pillow opens some seventy formats, and one of them (EPS) starts Ghostscript on the file's program. `decode` names the
documented formats in every call, but other code of the process, Gradio's components above all, calls `Image.open`
without a list. So a process that serves or runs commands calls `keep_documented_openers` when it starts.
"""

from __future__ import annotations

import threading
import warnings

from PIL import Image

from gan.imaging.io.formats import READABLE
from gan.limits import MAX_PIXELS

_lock = threading.Lock()


def register_openers() -> None:
    """Register Pillow's own plugins and HEIC's, once, and raise Pillow's limit to ours.

    Safe to call from several threads. Pillow warns above its limit and refuses above twice as much; ours is larger
    than its default, so that it does not warn of what is allowed.
    """
    with _lock:
        if Image.MAX_IMAGE_PIXELS is not None:
            Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS, MAX_PIXELS)
        if "HEIF" not in Image.OPEN:
            import pillow_heif

            Image.init()
            pillow_heif.register_heif_opener()


def keep_documented_openers() -> None:
    """Take every opener but those of `READABLE` out of this process, whoever calls `Image.open`; writers stay.

    A picture of more than `MAX_PIXELS` is an error then for every caller, and no longer a warning. There is no way
    back within the process: Pillow registers a plugin when its module is imported for the first time.
    """
    register_openers()
    Image.init()  # all modules are imported now, and none will register itself later
    with _lock:
        for name in [name for name in Image.OPEN if name not in READABLE]:
            del Image.OPEN[name]
        Image.ID[:] = [name for name in Image.ID if name in READABLE]
    warnings.simplefilter("error", Image.DecompressionBombWarning)
