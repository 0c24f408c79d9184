"""What restyling 3840x2160 takes, peak memory and time, and whether one can tell where its tiles meet. The bar is 3 GB.

    python -m benchmarks.stylize_memory

Memory: runs the command line in a process of its own, which prints the kernel's figure for its greatest resident
memory; options such as --model are handed on. What getrusage says of children would count what this process held when
it started them.

Borders: of that process's file, the mean difference between neighbouring pixels within the blend of two tiles, over
that of all other neighbours, along both axes, for each third of the content by itself: one is textured, one softly
shaded and one flat. Strokes and things have edges too, and at a handful of places chance decides which: so the same is
said of the same places of a picture that was made in one piece. What tiles add is the first over the second, and the
bar for its mean is 1, in hundredths, since either picture is rounded to 8 bits.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.stylize_speed import example
from gan.api import Studio
from gan.imaging.io.codec import Encoding, decode, to_pil, write
from gan.imaging.picture import Picture
from gan.imaging.tiling import tiled
from gan.stylize import style_transfer
from gan.stylize.presets import PRESETS

WIDTH_PX, HEIGHT_PX = 3840, 2160
BAR_GB, BAR_RATIO = 3.0, 1.0
CHILD = """
import sys
from gan.cli.main import main
status = main(sys.argv[1:])
print(*(line for line in open("/proc/self/status") if line.startswith("VmHWM")), end="")
sys.exit(status)
"""


def main() -> None:
    """Print the peak and the seconds, then how the borders compare with the rest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="of the picture's sides, for a quick try")
    parser.add_argument("--style", default=next(iter(PRESETS)), metavar="FILE_OR_PRESET")
    options, rest = parser.parse_known_args()
    content = _content(round(HEIGHT_PX * options.scale), round(WIDTH_PX * options.scale))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, target = folder / "large.png", folder / "out.png"
        write(content, source, Encoding(file_format="png"))
        command = ["stylize", str(source), "--style", options.style, "-o", str(target), "--quiet", *rest]
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", CHILD, *command], check=True, stdout=subprocess.PIPE, text=True)
        seconds = time.perf_counter() - began
        made = decode(target).rgb
    peak_gb = int(done.stdout.split()[1]) * 1024 / 1e9
    print(
        f"{content.width_px}x{content.height_px}: {seconds:.0f} s, files included, peak memory {peak_gb:.2f} GB "
        f"(bar {BAR_GB:g} GB: {'kept' if peak_gb <= BAR_GB else 'MISSED'})",
        flush=True,
    )
    seams = {axis: _seams(made.shape[axis]) for axis in (2, 3)}
    print(f"tiles meet in rows {_centers(seams[2])} and columns {_centers(seams[3])}")
    style_transfer.TILE_PX = max(made.shape)
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="auto")
    model = parser.parse_known_args(rest)[0].model
    whole = decode(Studio("cpu").stylize(to_pil(content), style=options.style, model=model).image).rgb
    print("neighbours where tiles meet over all others: with tiles, in one piece, the first over the second")
    added = []
    for area, columns in _areas(made.shape[3]).items():
        with_tiles, without = (_ratio(rgb, seams, columns) for rgb in (made, whole))
        added.append(with_tiles / without)
        print(f"  {area}: {with_tiles:.3f}, {without:.3f}, {added[-1]:.3f}")
    mean = statistics.mean(added)
    print(f"  mean {mean:.3f} (bar {BAR_RATIO:g}: {'kept' if round(mean, 2) <= BAR_RATIO else 'MISSED'})")
    print(f"with and without tiles differ by at most {float((made - whole).abs().max()) * 255:.0f} of 255")


def _content(height_px: int, width_px: int) -> Picture:
    """A photograph, a soft gradient and one flat colour, each over a third of the width."""
    rgb = example(height_px, width_px).rgb
    third = width_px // 3
    down = torch.linspace(0.2, 0.9, height_px)[:, None]
    across = torch.linspace(0, 0.1, third)
    rgb[..., third : 2 * third] = down + across
    rgb[..., 2 * third :] = torch.tensor([0.75, 0.7, 0.6])[:, None, None]
    return Picture((rgb * 255).round() / 255)


def _areas(width_px: int) -> Mapping[str, slice]:
    third = width_px // 3
    return {
        "textured": slice(0, third),
        "shaded": slice(third, 2 * third),
        "flat": slice(2 * third, width_px),
    }


def _seams(size_px: int) -> Tensor:
    """(size_px - 1,): whether two tiles are blended between a pixel and the next, as `tiled` itself shows it."""
    calls = iter(range(size_px))
    shown = tiled(
        lambda tile: torch.full_like(tile, (1 + next(calls) % 2) / 2),
        torch.zeros(1, 1, 1, size_px),
        context_px=0,
        tile_px=style_transfer.TILE_PX,
    )
    return shown[0, 0, 0].diff() != 0


def _centers(seams: Tensor) -> list[int]:
    """One place for each run of neighbours."""
    places = seams.nonzero()[:, 0].tolist()
    runs: list[list[int]] = []
    for place in places:
        if runs and place == runs[-1][-1] + 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return [run[len(run) // 2] + 1 for run in runs]


def _ratio(rgb: Tensor, seams: Mapping[int, Tensor], columns: slice) -> float:
    """The mean difference between neighbours where tiles meet over that of all others, in some columns.

    Both axes count alike, as far as tiles meet along them: a picture's rows differ otherwise than its columns.
    """
    area = rgb[..., columns]
    ratios = []
    for axis, seam in seams.items():
        profile = area.diff(dim=axis).abs().double().mean(tuple({0, 1, 2, 3} - {axis}))
        here = seam if axis == 2 else seam[columns][: len(profile)]
        if bool(here.any()):
            ratios.append(float(profile[here].mean() / profile[~here].mean()))
    return statistics.mean(ratios)


if __name__ == "__main__":
    main()
