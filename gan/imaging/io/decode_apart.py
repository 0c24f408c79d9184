"""Decodes pictures in a process of their own, which is ended after some seconds and may take only so much memory.

OpenJPEG and libjxl take, on a file made for it, minutes or gigabytes whatever its header says, and libwebp, libavif and
libheif half a minute for the largest pictures; a thread of this process could not be given up.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from PIL import Image

from gan.limits import MAX_PIXELS, MOST_SECONDS

WORKER: Final = Path(__file__).with_name("decode_worker.py")
MOST_WORKER_BYTES: Final = 6 * 2**30
_WAIT = 3
"""Times the processor's seconds that are waited for: others compute on the machine too."""


class ApartError(Exception):
    """The process gave no picture.

    Attributes:
        reason: "slow", "large", "memory", "missing" (the decoder is not installed), "mode NAME" (of pixels that are
            not read), or "damaged".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def decoded_apart(data: bytes, file_format: str) -> Image.Image:
    """A picture's pixels with its profile, EXIF and XMP in `info`; its format is the file's.

    Args:
        file_format: of `gan.imaging.io.formats`, `READ_APART` or `DECODED_WHOLE`.

    Raises:
        ApartError: with what went wrong.
    """
    limits = map(str, (MAX_PIXELS, MOST_SECONDS, MOST_WORKER_BYTES))
    # -I: neither the current folder nor the environment decides what is imported.
    command = [sys.executable, "-I", str(WORKER), file_format, *limits]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=_WAIT * MOST_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise ApartError("slow") from error
    line, _, rest = done.stdout.partition(b"\n")
    if not line:
        # Ended by a signal: the processor's time was up, or the decoder broke.
        raise ApartError("slow" if done.returncode in (-24, -9) else "damaged")
    head: dict[str, Any] = json.loads(line)
    if "error" in head:
        raise ApartError(head["error"] if not head["error"].startswith("damaged") else "damaged")
    info: dict[str, Any] = {}
    for key, length in zip(("icc_profile", "exif", "xmp"), head["blocks"], strict=True):
        block, rest = rest[:length], rest[length:]
        if block:
            info[key] = block
    if "dpi" in head:
        info["dpi"] = tuple(head["dpi"])
    image = Image.frombytes(head["mode"], tuple(head["size"]), rest)
    image.info.update(info)
    image.format = file_format
    return image
