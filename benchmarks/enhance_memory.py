"""What a 24-megapixel JPEG at x2 takes: peak memory, time, and that progress never stands still.

    python -m benchmarks.enhance_memory

Runs the command line in a process of its own and reads the kernel's figure for its greatest resident memory.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from gan.imaging.io.codec import Encoding, write
from gan.imaging.picture import Picture

WIDTH_PX, HEIGHT_PX = 6000, 4000


def main() -> None:
    """Print the peak, the seconds, and how the exit went."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "large.jpg"
        _make(source)
        command = [sys.executable, "-m", "gan", "enhance", str(source), "-o", str(folder / "out.jpg"), "--scale", "2"]
        began = time.perf_counter()
        status = subprocess.run(command, check=False).returncode
        seconds = time.perf_counter() - began
    peak_gb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e9
    print(f"status {status}: 24 megapixels to 96 in {seconds:.0f} s, peak memory {peak_gb:.2f} GB")


def _make(path: Path) -> None:
    """A soft picture with grain. The child inherits the peak of making it here, 1 GB, which is below its own."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(1, 3, HEIGHT_PX // 100, WIDTH_PX // 100, generator=generator)
    picture = torch.nn.functional.interpolate(coarse, (HEIGHT_PX, WIDTH_PX), mode="bilinear")
    picture += 0.02 * torch.randn(picture.shape, generator=generator)
    write(Picture(picture.clamp_(0, 1)), path, Encoding(file_format="jpeg"))


if __name__ == "__main__":
    main()
