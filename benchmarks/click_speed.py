"""What a click takes at 1 megapixel until it is shown (bar 0.5 s on two cores), further ones on the same picture too.

    python -m benchmarks.click_speed [--picture tests/pictures/helmet.jpg] [--rounds 4] [--cold]

Measured is what the page does for a click: its copy of the photograph is read, the thing under the click is selected,
and the picture that shows it is written. First on a picture that was opened before, as the page has prepared for the
click while its visitor looks at the picture; what that takes is printed, too. Then on one that comes with its first
click, as a program's. Printed are the seconds of each round, and the processor's seconds, which a busy machine changes
little (with `--threads 1`; two threads that wait for one another count their waiting). With `--cold` the libraries that
a page imports as soon as it is served are not there yet, as in a command.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import torch

from gan import Studio
from gan.imaging.io.codec import decode, to_pil
from gan.imaging.resize import resize
from gan.ui.click_panel import look_beforehand, write_overlay
from gan.ui.late_imports import import_beforehand

BAR_S = 0.5
SIDE_PX = 1024


def main() -> None:
    """Print seconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", type=Path, default=Path("tests/pictures/helmet.jpg"))
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cold", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if not options.cold:
        import_beforehand().join()
    own = decode(options.picture)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.jpg"
        to_pil(own.with_pixels(resize(own.rgb, SIDE_PX, SIDE_PX).clamp(0, 1), None)).save(copy, quality=90)
        for opened in (True, False):
            _measure(copy, Studio("cpu"), options.rounds, options.threads, opened=opened)


def _measure(copy: Path, studio: Studio, rounds: int, threads: int, *, opened: bool) -> None:
    """Print a line for each click.

    Args:
        opened: whether the page has opened the picture before.
    """
    if opened:
        began = time.perf_counter(), time.process_time()
        look_beforehand(lambda picture, clicks: studio.select(picture, clicks=clicks), copy)
        wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
        print(f"opened before: {wall:.2f} s, {cpu:.2f} CPU-s in the background", flush=True)
    else:
        print("not opened before:", flush=True)
    clicks: list[str] = []
    for number in range(rounds):
        clicks.append(f"{SIDE_PX // 2 + 20 * (number + 1)},{SIDE_PX // 2}")
        wall, cpu = time.perf_counter(), time.process_time()
        picture = decode(copy)
        cover = studio.select(picture, clicks=clicks).picture.alpha
        assert cover is not None
        write_overlay(picture, cover, clicks, copy.with_name("shown.jpg"))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        kept = "kept" if min(wall, cpu / threads) <= BAR_S else "MISSED"
        print(f"  click {number + 1}: {wall:.2f} s, {cpu:.2f} CPU-s (bar {BAR_S:g} s: {kept})", flush=True)


if __name__ == "__main__":
    main()
