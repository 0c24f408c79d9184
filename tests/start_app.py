"""Starts the app as a newcomer does, enhances one example and generates one picture through its API.

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
        file, *_ = client.predict(handle_file(str(ROOT / "examples/carton.jpg")), api_name="/enhance")
        with Image.open(file) as made:
            print(f"/enhance: {made.format} {made.size} after {time.monotonic() - began:.1f} s")
            if made.size != (512, 512):
                return 1
        sample, *_ = client.predict(api_name="/generate")
        with Image.open(sample) as made:
            print(f"/generate: {made.format} {made.size} after {time.monotonic() - began:.1f} s")
            return 0 if made.size == (256, 256) else 1


if __name__ == "__main__":
    sys.exit(main())
