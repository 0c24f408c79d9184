"""A slower network's answers, made once and kept as files, for Enhance to learn from.

`python train.py prepare enhance --data DATA --out FOLDER --count N` writes two caches below FOLDER, `validation` and
`training`. Each holds items in order: what was damaged (64 px), what it was (256 px at x4), what the teacher makes of
it, shrunk to the same size where the scale is smaller than its own. Item i depends on the seed, on i and on the
pictures alone, so a cache that is cut short goes on where it stopped, and training may begin when the first thousand
items are there.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import Dataset
from tqdm import tqdm

from gan.core.errors import ConfigError, InputError
from gan.core.files import write_atomic
from gan.training.data.degrade import DegradationMix, degrade
from gan.training.data.dice import of_item
from gan.training.data.pictures import find, split
from gan.training.data.stock import Stock, stock
from gan.training.options import PrepareOptions

TEACHER_SCALE = 4
INPUT_PX = 64
VALIDATION_ITEMS = 48
MIX = DegradationMix(clean=0.1, light=0.5, heavy=0.4, again=0.5, soft=0.3)
"""Half of the pictures lightly damaged, a tenth clean, the others heavily, half of them in two rounds; three in ten are
blurred once more after shrinking."""

ABOUT_FILE = "about.json"
PLANES = ("damaged", "sharp", "taught")
"""The files of a cache, in the order of writing; each is (items, side, side, 3) uint8 without a header."""


def file_of(folder: Path, plane: str) -> Path:
    return folder / f"{plane}.u8"


def side_px(plane: str, scale: int) -> int:
    return INPUT_PX if plane == "damaged" else INPUT_PX * scale


def whole_items(folder: Path, scale: int) -> int:
    """Number of items that a cache holds whole; 0 where there is none. A half-written one at its end does not count."""
    sizes = [
        path.stat().st_size // (side_px(plane, scale) ** 2 * 3) if (path := file_of(folder, plane)).is_file() else 0
        for plane in PLANES
    ]
    return min(sizes)


class Taught(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """A training view of a cache: item i is (damaged (3, p / s, p / s), sharp (3, p, p), taught (3, p, p)).

    The whole items are gone through in an order that is drawn anew each time around; of each a random window is taken,
    mirrored and turned at random. Everything depends on seed and i; when the cache has grown, a run that is resumed
    sees more of it.

    Args:
        folder: `FOLDER/training` or `FOLDER/validation`.
        scale: s, the one that the cache was made for.
        patch_px: p, divisible by s and at most 64 times s.

    Raises:
        InputError: the cache holds no item, or was made for another scale.
        ConfigError: `patch_px` is larger than an item.
    """

    def __init__(self, folder: Path, scale: int, patch_px: int, seed: int) -> None:
        made_for = _about(folder)["scale"]
        if made_for != scale:
            raise InputError(
                "data",
                "{folder} was made for x{made_for}",
                "x{scale} is trained",
                "Prepare another folder with --scale {scale}",
                folder=folder,
                made_for=made_for,
                scale=scale,
            )
        if patch_px > INPUT_PX * scale:
            raise ConfigError(
                "patch_px",
                "{patch}",
                "at most {most} is allowed with taught crops at scale {scale}",
                "Change the preset",
                patch=patch_px,
                most=INPUT_PX * scale,
                scale=scale,
            )
        self.scale = scale
        self.items = whole_items(folder, scale)
        if not self.items:
            raise _not_prepared(folder)
        self.patch_px = patch_px
        self.seed = seed
        self._planes: dict[str, npt.NDArray[np.uint8]] = {
            plane: np.memmap(file_of(folder, plane), np.uint8, "r", shape=(self.items, side, side, 3))
            for plane in PLANES
            for side in (side_px(plane, scale),)
        }
        self._round: tuple[int, Tensor] | None = None

    def whole(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        """Item `index` of the cache as it lies there, in [0, 1]."""
        damaged, sharp, taught = (_unit(array[index]) for array in self._planes.values())
        return damaged, sharp, taught

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        generator = of_item(self.seed, index)
        item = self._place(index)
        small_px = self.patch_px // self.scale
        room = INPUT_PX - small_px
        top, left = (int(v) for v in torch.randint(room + 1, (2,), generator=generator))
        turns, mirrored = (int(v) for v in torch.randint(8, (2,), generator=generator))
        pictures = []
        for plane in PLANES:
            unit = side_px(plane, self.scale) // INPUT_PX
            rows, columns = (slice(v * unit, (v + small_px) * unit) for v in (top, left))
            patch = torch.rot90(_unit(self._planes[plane][item, rows, columns]), turns % 4, (1, 2))
            pictures.append((patch.flip(2) if mirrored % 2 else patch).contiguous())
        damaged, sharp, taught = pictures
        return damaged, sharp, taught

    def _place(self, index: int) -> int:
        number, place = divmod(index, self.items)
        if self._round is None or self._round[0] != number:
            generator = torch.Generator().manual_seed((self.seed * 7_919 + number) % 2**63)
            self._round = number, torch.randperm(self.items, generator=generator)
        return int(self._round[1][place])


@dataclass(frozen=True)
class Made:
    """Outcome of `fill`: whether it was interrupted, and how many items lie there now."""

    items: int
    interrupted: bool


def prepare(options: PrepareOptions) -> str:
    """Write or continue both caches below `options.out`; products held out of training teach nothing.

    Args:
        options: the pictures are drawn as `stock` says; the teacher is Real-ESRGAN x4plus as `python -m gan weights
            convert-realesrgan` writes it.

    Returns:
        A sentence about what lies there.

    Raises:
        InputError: the folder of pictures holds none, or `out` was made with other settings.
        ConfigError: the teacher is missing.
    """
    scale = options.scale
    network = load_teacher(options.teacher)
    training, held_out = split(find(options.data))
    parts = {"validation": (held_out or training, VALIDATION_ITEMS), "training": (training or held_out, options.count)}
    counts = {}
    for number, (name, (entries, items)) in enumerate(parts.items()):
        folder, seed = options.out / name, options.seed + number
        about = {"scale": scale, "seed": seed, "mix": vars(MIX), "teacher": options.teacher.name}
        claim(folder, about | {"data": str(options.data.resolve())})
        counts[name] = whole_items(folder, scale)
        if counts[name] >= items:
            continue
        pictures = stock(options.data, entries, INPUT_PX * scale)
        make = answered(pictures, lambda x: answer(network, x, scale), scale=scale, seed=seed)
        made = fill(folder, make, items, scale=scale)
        counts[name] = made.items
        if made.interrupted:
            break
    return f"{options.out} holds " + " and ".join(f"{items:,} items for {name}" for name, items in counts.items()) + "."


def answered(
    pictures: Stock, teach: Callable[[Tensor], Tensor], *, scale: int, seed: int
) -> Callable[[int], tuple[Tensor, Tensor, Tensor]]:
    """The planes that `fill` asks for: a damaged picture, the picture, and the teacher's answer to the former.

    Args:
        teach: (1, 3, 64, 64) -> (1, 3, 64 * scale, 64 * scale), both in [0, 1].
    """

    def make(index: int) -> tuple[Tensor, Tensor, Tensor]:
        damaged, sharp = item(pictures, index, scale=scale, seed=seed)
        return damaged, sharp, teach(damaged[None])[0]

    return make


def fill(folder: Path, make: Callable[[int], tuple[Tensor, Tensor, Tensor]], count: int, *, scale: int) -> Made:
    """Append items to a cache until it holds `count`; SIGTERM and Ctrl-C end it after the item that is being made.

    Args:
        make: the number of an item -> its planes: (3, 64, 64), and twice (3, 64 * scale, 64 * scale), in [0, 1].
    """
    folder.mkdir(parents=True, exist_ok=True)
    begin = whole_items(folder, scale)
    stopped = False

    def stop(_number: int, _frame: Any) -> None:
        nonlocal stopped
        stopped = True

    handlers = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    files = {plane: file_of(folder, plane).open("ab") for plane in PLANES}
    index = begin
    try:
        for plane in PLANES:
            files[plane].truncate(begin * side_px(plane, scale) ** 2 * 3)
        for index in tqdm(range(begin, count), initial=begin, total=count, unit="item", mininterval=10):
            if stopped:
                return Made(index, True)
            for plane, picture in zip(PLANES, make(index), strict=True):
                files[plane].write(_bytes(picture))
                files[plane].flush()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for file in files.values():
            file.close()
    return Made(whole_items(folder, scale), stopped)


def item(pictures: Stock, index: int, *, scale: int, seed: int) -> tuple[Tensor, Tensor]:
    """(damaged (3, 64, 64), sharp (3, 64 * scale, 64 * scale)) on the 8-bit grid, drawn from seed and index."""
    generator = of_item(seed, index)
    sharp = (pictures.crop(INPUT_PX * scale, generator) * 255).round() / 255
    return degrade(sharp, scale, generator, MIX), sharp


def answer(teacher: nn.Module, damaged: Tensor, scale: int) -> Tensor:
    """The teacher's picture, in [0, 1], shrunk to the scale; in bf16 where the processor has it, in half the time."""
    native = bool(torch.cpu._is_avx512_bf16_supported())
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=native):
        made: Tensor = teacher(damaged.contiguous(memory_format=torch.channels_last))
    made = made.float()
    if scale != TEACHER_SCALE:
        sides = [side * scale // TEACHER_SCALE for side in made.shape[2:]]
        made = F.interpolate(made, sides, mode="bicubic", antialias=True)
    return made.clamp(0, 1)


def load_teacher(path: Path) -> nn.Module:
    """Real-ESRGAN x4plus, frozen.

    Raises:
        ConfigError: the file is missing.
    """
    from gan.models.community import load_community

    if not path.exists():
        raise ConfigError(
            "teacher",
            "{path} is missing",
            "a checkpoint that spandrel reads is expected",
            "Run: python -m gan weights convert-realesrgan",
            path=path,
        )
    teacher: nn.Module = load_community(path).module
    return teacher.requires_grad_(False).eval()


def pictures_of(folder: Path) -> Path:
    """The folder of pictures that a folder written by `prepare` was made from.

    Raises:
        InputError: it was not written by `prepare`.
    """
    return Path(_about(folder / "training")["data"])


def _about(folder: Path) -> dict[str, Any]:
    path = folder / ABOUT_FILE
    if not path.is_file():
        raise _not_prepared(folder)
    about: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return about


def _not_prepared(folder: Path) -> InputError:
    return InputError(
        "data",
        "{folder} holds no teacher's answers",
        "a folder that prepare wrote is expected",
        "Run: python train.py prepare enhance --data DATA --out FOLDER",
        folder=folder,
    )


def claim(folder: Path, about: dict[str, Any]) -> None:
    """Write down what a cache is made with, or compare with what it was begun with.

    Raises:
        InputError: they differ.
    """
    path = folder / ABOUT_FILE
    if not path.exists():
        write_atomic(path, (json.dumps(about, indent=1) + "\n").encode())
        return
    before = json.loads(path.read_text("utf-8"))
    if before != about:
        different = ", ".join(key for key in about if before.get(key) != about[key])
        raise InputError(
            "out",
            "{folder} was made with another {different}",
            "a cache goes on with the settings that it began with",
            "Choose another folder with --out",
            folder=folder,
            different=different,
        )


def _unit(array: npt.NDArray[np.uint8]) -> Tensor:
    """(h, w, 3) uint8 -> (3, h, w) float32 in [0, 1]."""
    return torch.from_numpy(np.array(array)).permute(2, 0, 1).float() / 255


def _bytes(picture: Tensor) -> bytes:
    return (picture * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy().tobytes()
