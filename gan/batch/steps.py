"""The steps that a recipe may have, and how a step's JSON becomes a room's request."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from gan.batch.schema import Leaf, fields_of, shown, wrong
from gan.core.contract import Request
from gan.core.errors import InputError, StepError
from gan.cutout.pipeline import CutoutRequest
from gan.edit.background import Ground, check_ground
from gan.edit.frame import FrameRequest
from gan.edit.match import MatchRequest
from gan.edit.recolor import RecolorRequest
from gan.edit.shadow import ShadowRequest
from gan.edit.white import WhiteRequest
from gan.enhance.pipeline import EnhanceRequest
from gan.export.channels import CHANNELS, Channel, channel_of
from gan.export.pipeline import ExportRequest
from gan.generate.directions import Direction
from gan.generate.latent import Latent
from gan.generate.pipeline import GenerateRequest
from gan.imaging.color_grading import Look
from gan.imaging.io.codec import decode
from gan.imaging.io.cube import read_cube
from gan.imaging.mask import Mask, decode_mask
from gan.imaging.picture import Picture
from gan.imaging.pixel_hash import sha256_of
from gan.inpaint.pipeline import InpaintRequest
from gan.stylize.pipeline import Style, StylizeRequest
from gan.stylize.presets import PRESETS, preset_path

REQUESTS: Mapping[str, type[Request]] = {
    "generate": GenerateRequest,
    "enhance": EnhanceRequest,
    "inpaint": InpaintRequest,
    "stylize": StylizeRequest,
    "cutout": CutoutRequest,
    "recolor": RecolorRequest,
    "shadow": ShadowRequest,
    "frame": FrameRequest,
    "white": WhiteRequest,
    "match": MatchRequest,
    "export": ExportRequest,
}
"""By the task's name. Of generating, which needs no picture, there is one step at most, the first."""

DRAWING = "generate"
PICTURE = "picture"
LEFT_OUT = frozenset((PICTURE, "facts"))
"""Fields that every picture has its own of."""

Files = Mapping[str, bytes]
"""Content by name of the masks, styles and other pictures that steps use."""

Pixels = TypeVar("Pixels", Picture, Mask, Look)


@dataclass(frozen=True)
class Step:
    """One request, without its picture.

    Attributes:
        task: a key of `REQUESTS`.
        request: the other fields of that request as JSON has them; a mask, style, look or ground is the name of a
            file, or {"file": name, "sha256": of its pixels}, or of a style the name of a preset.
        weights: {name: sha256} of the models that it was made with, where it was made before.
    """

    task: str
    request: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def at_step(number: int) -> Iterator[None]:
    """What is refused within is refused with the step's number."""
    try:
        yield
    except StepError:
        raise
    except InputError as error:
        raise StepError(number, error) from error


def request_of(step: Step, picture: Picture | None, files: Files) -> Request:
    """The request that a step asks of a picture.

    Args:
        picture: None for a step that draws.
        files: every file that the step names.

    Raises:
        InputError: an unknown task or field, a value of another type or outside its range, or a file that is
            missing, cannot be read, or is not the one that the step was made with.
    """
    return built(step.task, arguments_of(step, files), picture)


def built(task: str, arguments: Mapping[str, Any], picture: Picture | None) -> Request:
    """The request of a task on a picture, with what `arguments_of` has read."""
    kind = REQUESTS[task]
    picture_too = {} if task == DRAWING else {PICTURE: picture}
    return kind(**{**arguments, **picture_too})


def arguments_of(step: Step, files: Files | None) -> dict[str, Any]:
    """The request's fields besides the picture, read.

    Args:
        files: None to look at the form only; what stands for a file is then None.

    Raises:
        InputError: as of `request_of`.
    """
    kind = kind_of(step.task)
    return fields_of(kind, step.request, _leaves(files), without=LEFT_OUT)


def kind_of(task: str) -> type[Request]:
    """Raises `InputError` for a task that no recipe can have."""
    if task not in REQUESTS:
        raise InputError(
            "task",
            "{task} is unknown",
            "{known} are allowed",
            "Choose one of these",
            task=shown(task),
            known=", ".join(REQUESTS),
        )
    return REQUESTS[task]


def files_of(step: Step, files: Files | None = None) -> dict[str, str]:
    """{name: hash of its pixels} of the files that a step needs, in order; presets are none.

    Args:
        files: None to look at the form only; a hash is then what the step says, which may be empty.

    Raises:
        InputError: an unknown task or field, or a value of another type; with files as of `request_of`.
    """
    seen: dict[str, str] = {}
    fields_of(kind_of(step.task), step.request, _leaves(files, seen), without=LEFT_OUT)
    return seen


def _leaves(files: Files | None, seen: dict[str, str] | None = None) -> Mapping[Any, Leaf]:
    def opened(read: Callable[[bytes, str], Pixels], *, presets: bool = False) -> Leaf:
        def leaf(value: Any, name: str) -> Pixels | None:
            file, sha256 = _named(value, name)
            preset = _preset(file) if presets else None
            if seen is not None and preset is None:
                seen[file] = seen.get(file) or sha256
            if files is None:
                return None
            data = files.get(file) if preset is None else preset.read_bytes()
            if data is None:
                raise _missing(file, name)
            pixels = dataclasses.replace(read(data, name), name=Path(file).name)
            if sha256 and sha256_of(pixels) != sha256:
                raise _other(file, name)
            if seen is not None and preset is None:
                seen[file] = sha256_of(pixels)
            return pixels

        return leaf

    picture = opened(lambda data, name: decode(data, field=name))

    def ground(value: Any, name: str) -> Any:
        if not isinstance(value, str):
            return picture(value, name)
        check_ground(value, field=name)
        return value

    def channel(value: Any, name: str) -> Channel:
        # A text is a channel's name and never a path: recipes come from anywhere.
        if isinstance(value, Mapping):
            return channel_of(value)
        if value not in CHANNELS:
            raise wrong(name, value, ", ".join(CHANNELS))
        return CHANNELS[value]

    styled = opened(lambda data, name: decode(data, field="style"), presets=True)

    def style(value: Any, name: str) -> Style:
        if isinstance(value, Mapping) and "picture" in value:
            return Style(**fields_of(Style, value, {**leaves, Picture: styled}))
        return Style(styled(value, name))

    leaves: dict[Any, Leaf] = {
        Picture: picture,
        Mask: opened(lambda data, name: decode_mask(data, field=name)),
        Look: opened(lambda data, _: read_cube(data)),
        Ground: ground,
        Style: style,
        Channel: channel,
        Latent: _record(Latent.from_record),
        Direction: _record(Direction.from_record),
    }
    return leaves


def _record(read: Callable[[Mapping[str, Any]], Any]) -> Leaf:
    def leaf(value: Any, name: str) -> Any:
        if not isinstance(value, Mapping):
            raise wrong(name, value, "an object")
        return read(value)

    return leaf


def _named(value: Any, name: str) -> tuple[str, str]:
    """A file's name and the hash of its pixels, which may be empty."""
    if isinstance(value, str) and value:
        return value, ""
    if isinstance(value, Mapping) and set(value) <= {"file", "sha256"}:
        file, sha256 = value.get("file"), value.get("sha256", "")
        if isinstance(file, str) and file and isinstance(sha256, str):
            return file, sha256
    raise wrong(name, value, "the name of a file")


def _preset(name: str) -> Path | None:
    """The picture of a style that ships with the app, by its name or by that of its file."""
    path = Path(name)
    known = path.stem in PRESETS and name in (path.stem, preset_path(path.stem).name)
    return preset_path(path.stem) if known else None


def _other(file: str, name: str) -> InputError:
    return InputError(
        name,
        "{file} has other pixels than the one that the step was made with",
        "the same file is needed",
        "Put the right file beside the recipe, or take the hash out",
        file=file,
    )


def _missing(file: str, name: str) -> InputError:
    return InputError(
        name,
        "there is no file {file} beside the recipe",
        "the files that steps name are needed",
        "Put it beside the recipe",
        file=file,
    )
