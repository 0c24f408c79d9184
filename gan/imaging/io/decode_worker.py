"""Decodes one picture from standard input to standard output; run as a file, it imports nothing of `gan`.

Reads the file's bytes; writes a line of JSON (mode, size, lengths of profile, EXIF and XMP, or an error) and then the
pixels and these. `gan.imaging.io.decode_apart` starts it, limits it and reads it.
"""

from __future__ import annotations

import io
import json
import sys
from typing import Any

MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "I;16")


def main(name: str, most_pixels: int, seconds: int, most_bytes: int) -> int:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
    except ImportError:  # Windows has no such limits; the clock outside holds everywhere
        pass
    data = sys.stdin.buffer.read()
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = most_pixels
    if name == "JXL":
        try:
            import pillow_jxl  # noqa: F401
        except ImportError:
            return _fail("missing")
    else:
        Image.init()
    if name == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    try:
        with Image.open(io.BytesIO(data), formats=(name,)) as image:
            if image.width * image.height > most_pixels:
                return _fail("large")
            image.load()
            if image.mode not in MODES:
                return _fail("mode " + image.mode)
            blocks = [image.info.get(key) or b"" for key in ("icc_profile", "exif", "xmp")]
            blocks = [block if isinstance(block, bytes) else b"" for block in blocks]
            shown = image.convert("RGBA") if image.mode in ("P", "PA") else image
            head: dict[str, Any] = {"mode": shown.mode, "size": shown.size, "blocks": [len(block) for block in blocks]}
            if isinstance(image.info.get("dpi"), tuple):
                head["dpi"] = [float(value) for value in image.info["dpi"]]
            pixels = shown.tobytes()
    except MemoryError:
        return _fail("memory")
    except Exception as error:
        return _fail("damaged: " + type(error).__name__)
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n")
    sys.stdout.buffer.writelines([*blocks, pixels])
    return 0


def _fail(reason: str) -> int:
    sys.stdout.buffer.write(json.dumps({"error": reason}).encode() + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:5])))
