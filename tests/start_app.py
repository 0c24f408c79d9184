"""Starts the app as a newcomer does; enhances an example, generates a picture and restyles an example through its API.

    python tests/start_app.py

Needs nothing but requirements.txt; `.ci/run` calls it before anything else is installed.
"""

from __future__ import annotations

import sys
import time

from gradio_client import Client, handle_file
from pages import ROOT, serving
from PIL import Image


def main() -> int:
    """Print what came back and how long it took; the status is 0 if it is what it should be."""
    began = time.monotonic()
    with serving(["app.py", "--device", "cpu"]) as url:
        print(f"answering after {time.monotonic() - began:.1f} s", flush=True)
        client = Client(url, verbose=False)
        carton = handle_file(str(ROOT / "tests/pictures/carton.jpg"))
        calls = (
            ("/enhance", (carton,), (512, 512)),
            ("/generate", (), (256, 256)),
            ("/stylize", (carton,), (256, 256)),
            ("/cutout", (carton,), (256, 256)),
        )
        for name, given, size in calls:
            file, *_ = client.predict(*given, api_name=name)
            with Image.open(file) as made:
                print(f"{name}: {made.format} {made.size} after {time.monotonic() - began:.1f} s", flush=True)
                if made.size != size:
                    return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
