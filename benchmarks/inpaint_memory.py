"""What a 24-megapixel JPEG with one hole of 5% takes: peak memory and time. The bar is 3 GB.

    python -m benchmarks.inpaint_memory

Runs the command line in a process of its own, which prints the kernel's figure for its greatest resident memory;
options such as --model are handed on. What getrusage says of children would count what this process held when it
started them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.inpaint_speed import example
from gan.core.files import write_atomic
from gan.imaging.io.codec import Encoding, write
from gan.imaging.mask import encode_mask

WIDTH_PX, HEIGHT_PX, SHARE = 6000, 4000, 0.05
CHILD = """
import sys
from gan.cli.main import main
status = main(sys.argv[1:])
print(*(line for line in open("/proc/self/status") if line.startswith("VmHWM")), end="")
sys.exit(status)
"""


def main() -> None:
    """Print the peak, the seconds, and how the exit went."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "large.jpg"
        picture, mask = example(HEIGHT_PX, WIDTH_PX, SHARE)
        write(picture, source, Encoding(file_format="jpeg"))
        write_atomic(folder / "large_mask.png", encode_mask(mask))
        command = ["inpaint", str(source), "-o", str(folder / "out.jpg"), "--quiet", *sys.argv[1:]]
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", CHILD, *command], check=True, stdout=subprocess.PIPE, text=True)
        seconds = time.perf_counter() - began
    peak_gb = int(done.stdout.split()[1]) * 1024 / 1e9
    print(f"24 megapixels, a hole of {SHARE:.0%}: {seconds:.0f} s, files included, peak memory {peak_gb:.2f} GB")


if __name__ == "__main__":
    main()
