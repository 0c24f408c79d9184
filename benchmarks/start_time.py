"""CPU time of `python -m gan enhance` on a 64 px picture, as a multiple of `import torch` alone, from one run.

    python -m benchmarks.start_time
    python -m benchmarks.start_time --most 1.7      # exit status 1 above it

Both start in turn, each in a process of its own with one thread; the medians are compared. What is above 1 is this
package's: its imports, the checkpoint, the network's run and the file.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
SIDE_PX = 64


def main(argv: Sequence[str] | None = None) -> int:
    """Print both medians and their ratio. Returns 1 where that is above `--most`, else 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="of each (5)")
    parser.add_argument("--most", type=float, default=float("inf"), metavar="RATIO", help="exit status 1 above it")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "a.png"
        Image.new("RGB", (SIDE_PX, SIDE_PX), (180, 60, 40)).save(picture)
        lines = {
            "import torch": ["-c", "import torch"],
            "python -m gan enhance": ["-m", "gan", "enhance", str(picture), "-o", str(Path(folder) / "b.png")],
        }
        took: dict[str, list[float]] = {name: [] for name in lines}
        for _ in range(1 + arguments.runs):
            for name, line in lines.items():
                took[name].append(cpu_s(line))
    medians = {name: statistics.median(times[1:]) for name, times in took.items()}  # the first one fills the disk cache
    for name, seconds in medians.items():
        print(f"{name:<24}{seconds:6.2f} s of CPU")
    ratio = medians["python -m gan enhance"] / medians["import torch"]
    print(f"{'ratio':<24}{ratio:6.2f}")
    return int(ratio > arguments.most)


def cpu_s(line: Sequence[str]) -> float:
    """Seconds of CPU that Python takes for it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, *line], check=True, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    sys.exit(main())
