"""Makes the README's pictures, all of them or those that are named, one after the other.

    python examples/tour.py [enhance day inpaint stylize scene generate page thumbnail]

Once other weights are published, what shows their work is made again: of Cut-out `day`, `stylize`, `scene` and
`thumbnail`, which is drawn of `day`; of Enhance `enhance` and `page`, after `python examples/keep.py`.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from PIL import Image

FOLDER = Path(__file__).parent
sys.path[:0] = [str(FOLDER.parent), str(FOLDER)]

import thumbnail  # noqa: E402
import tour_day  # noqa: E402
import tour_generate  # noqa: E402
import tour_inpaint  # noqa: E402
import tour_scene  # noqa: E402
import tour_stylize  # noqa: E402

from gan import Studio  # noqa: E402
from gan.imaging.contact_sheet import contact_sheet  # noqa: E402
from gan.imaging.io.codec import decode, to_pil  # noqa: E402

ENHANCED = "carton"
SHOWN = "sneakers"
"""Of `uploads/`: one before and after, and the one that the page is shown with."""

SCALE = 2
PORT = 7999
VIEW = {"width": 1440, "height": 960}


def main(arguments: Sequence[str] | None = None) -> None:
    """Write `tour/`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *PICTURES], help="of those to make; all else")
    (FOLDER / "tour").mkdir(exist_ok=True)
    for name in parser.parse_args(arguments).names or PICTURES:
        print(name, flush=True)
        PICTURES[name]()


def enhance() -> None:
    """Write `tour/enhance.jpg`: an upload, enlarged by bicubic on the left, by us on the right."""
    came = decode(FOLDER / "uploads" / f"{ENHANCED}.jpg")
    made = Studio("cpu").enhance(came, scale=SCALE).picture
    before = decode(to_pil(came).resize((made.width_px, made.height_px), Image.Resampling.BICUBIC))
    sheet = contact_sheet([before, made], ["", ""], columns=2, cell_px=made.height_px)
    to_pil(sheet).save(FOLDER / "tour/enhance.jpg", quality=88)


def page() -> None:
    """Write `tour/page.jpg`: Enhance's tab with a result, as a visitor sees it."""
    from playwright.sync_api import sync_playwright

    with subprocess.Popen([sys.executable, "app.py", "--port", str(PORT)], cwd=FOLDER.parent) as app:
        try:
            _await(f"http://127.0.0.1:{PORT}/healthz")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
                shown = browser.new_page(viewport=VIEW, locale="en-US")  # type: ignore[arg-type]
                shown.goto(f"http://127.0.0.1:{PORT}")
                shown.set_input_files("#enhance-picture input[type=file]", FOLDER / "uploads" / f"{SHOWN}.jpg")
                shown.click("#enhance-run")
                shown.wait_for_selector("#enhance-download", state="visible", timeout=240_000)
                shown.mouse.move(0, 0)
                shown.wait_for_timeout(4000)  # the slider settles
                shot = Image.open(io.BytesIO(shown.screenshot()))
                shot.convert("RGB").save(FOLDER / "tour/page.jpg", quality=90, subsampling=0)
                browser.close()
        finally:
            app.terminate()


def _await(url: str) -> None:
    for _ in range(480):
        with suppress(OSError):
            urllib.request.urlopen(url).close()
            return
        time.sleep(0.5)
    raise TimeoutError(url)


PICTURES = {
    "enhance": enhance,
    "day": lambda: tour_day.main([]),
    "inpaint": lambda: tour_inpaint.main([]),
    "stylize": lambda: tour_stylize.main([]),
    "scene": lambda: tour_scene.main([]),
    "generate": lambda: tour_generate.main([]),
    "page": page,
    "thumbnail": lambda: thumbnail.main([]),
}


if __name__ == "__main__":
    main()
