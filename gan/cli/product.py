"""`python -m gan frame`, `shadow`, `white` and `match`: what is done to a picture once its product is known."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gan.cli.common import Tasks, common_options
from gan.cli.files import Piece, each_file, file_options, side_files, writing_options
from gan.cli.product_options import GroundOf, ProductMasks, finding_options, ground_option

if TYPE_CHECKING:
    from gan.core.contract import Progress, Request, Result
    from gan.imaging.picture import Picture

KINDS = ("contact", "drop", "reflection")
SHADOW_ENDING = "_shadow"
OF_THE_PICTURE = "what the picture has"


def add(tasks: Tasks) -> None:
    """The options of all four."""
    _add_frame(tasks)
    _add_shadow(tasks)
    _add_white(tasks)
    _add_match(tasks)


def _add_frame(tasks: Tasks) -> None:
    task = tasks.add_parser(
        "frame",
        help="place products on a canvas, all alike",
        description="The product fills the share asked for, in the middle or standing on a line. Without --width and "
        "--height the canvas is as large as leaves the product its own pixels, none of which is resampled.",
    )
    task.set_defaults(command=frame)
    file_options(task)
    task.add_argument(
        "--fill",
        type=float,
        default=0.85,
        metavar="0.1..1",
        help="the product's width or height, whichever is the larger share of the canvas's (0.85)",
    )
    task.add_argument(
        "--aspect", default="1:1", metavar="W:H", help="of the canvas, where not both sides are given (1:1)"
    )
    for side in ("width", "height"):
        task.add_argument(f"--{side}", type=int, default=0, metavar="PX", help="of the canvas, exactly")
    task.add_argument(
        "--baseline",
        type=float,
        metavar="0..1",
        help="how far down the canvas the product's lowest line lies; without it the product is centred",
    )
    ground_option(task, None, f"{OF_THE_PICTURE}, continued where it is plain")
    _finish(task)


def _add_shadow(tasks: Tasks) -> None:
    task = tasks.add_parser(
        "shadow",
        help="give products a shadow or a reflection",
        description="Contact is the darkness where a product stands; drop is its outline, moved away from the light, "
        "as of what lies flat; a reflection is what a polished floor mirrors. The product and the canvas stay as they "
        "are.",
    )
    task.set_defaults(command=shadow)
    file_options(task)
    task.add_argument("--kind", choices=KINDS, default=KINDS[0], help=f"({KINDS[0]})")
    task.add_argument(
        "--angle",
        type=float,
        default=45.0,
        metavar="DEG",
        help="where the light comes from: 0 right, 90 above, 180 left, up to 360 (45)",
    )
    task.add_argument("--softness", type=float, default=0.5, metavar="0..1", help="how blurred it is (0.5)")
    task.add_argument("--opacity", type=float, default=0.35, metavar="0..1", help="at its darkest (0.35)")
    task.add_argument(
        "--length",
        type=float,
        default=0.3,
        metavar="0..1",
        help="how far it reaches, in heights of the product; a drop shadow moves by a fifth of it (0.3)",
    )
    ground_option(task, None, OF_THE_PICTURE)
    task.add_argument(
        "--layer",
        type=Path,
        metavar="FILE_OR_FOLDER",
        help="write the shadow alone too, on transparent; for several pictures into a folder, as NAME_shadow.png",
    )
    _finish(task)


def _add_white(tasks: Tasks) -> None:
    task = tasks.add_parser(
        "white",
        help="make the ground exactly white",
        description="Prints the share of the ground that is not exactly 255, 255, 255: in the input, and measured "
        "again in the file that was written.",
    )
    task.set_defaults(command=white)
    file_options(task)
    task.add_argument("--keep-shadow", action="store_true", help="the paper becomes white, a soft shadow on it stays")
    _finish(task)


def _add_match(tasks: Tasks) -> None:
    task = tasks.add_parser(
        "match",
        help="give pictures the framing and light of one",
        description="Light is matched on plain grounds, or else on products of about one colour. Printed is how far "
        "the ground's colour and the product's lightness still are from the reference's (CIEDE2000; about 1 is just "
        "seen).",
    )
    task.set_defaults(command=match)
    file_options(task)
    task.add_argument("--reference", required=True, type=Path, metavar="FILE", help="the picture to be like")
    for name, default, meaning in (
        ("fill", True, "the share of the canvas that the product fills"),
        ("baseline", True, "the line that it stands on"),
        ("white-balance", True, "the light's colour"),
        ("exposure", True, "the light's strength"),
        ("shadow", False, "a contact shadow as dark as the reference's"),
    ):
        task.add_argument(
            f"--{name}",
            action=argparse.BooleanOptionalAction,
            default=default,
            help=f"{meaning} ({'yes' if default else 'no'})",
        )
    _finish(task)


def _finish(task: argparse.ArgumentParser) -> None:
    finding_options(task)
    writing_options(task)
    common_options(task)


def frame(arguments: argparse.Namespace) -> int:
    """Frame files and folders; a bad file is named and the others go on."""
    from gan.edit.frame import FrameRequest

    laid = GroundOf(arguments.ground)
    masks = ProductMasks(arguments, "mask")

    def request(source: Path, picture: Picture) -> Request:
        return FrameRequest(
            picture=picture,
            fill=arguments.fill,
            aspect=arguments.aspect,
            width_px=arguments.width,
            height_px=arguments.height,
            baseline=arguments.baseline,
            ground=laid.ground,
            model=arguments.model,
            **masks.of(source),
        )

    def pieces(result: Result, target: Path) -> Iterator[Piece]:
        yield Piece(target, result.picture, lambda: f"fill {result.details['fill']:.1%}")

    return each_file(
        arguments,
        _maker(arguments, request),
        is_input=masks.leaves,
        remark=laid.remark,
        as_png=laid.as_png,
        pieces=pieces,
    )


def shadow(arguments: argparse.Namespace) -> int:
    """Shadows for files and folders; a bad file is named and the others go on."""
    from gan.edit.shadow import ShadowRequest
    from gan.imaging.io.codec import write
    from gan.imaging.io.formats import Encoding

    laid = GroundOf(arguments.ground)
    masks = ProductMasks(arguments, "mask")
    layers = side_files(arguments, arguments.layer, SHADOW_ENDING, as_png=laid.as_png)

    def request(source: Path, picture: Picture) -> Request:
        return ShadowRequest(
            picture=picture,
            kind=arguments.kind,
            angle_deg=arguments.angle,
            softness=arguments.softness,
            opacity=arguments.opacity,
            length=arguments.length,
            ground=laid.ground,
            model=arguments.model,
            **masks.of(source),
        )

    make_both = _maker(arguments, request)

    def make(source: Path, progress: Progress | None) -> Result:
        result = make_both(source, progress)
        if source in layers:
            write(result.pictures[1], layers[source], Encoding())
        return result

    return each_file(arguments, make, is_input=masks.leaves, remark=laid.remark, as_png=laid.as_png)


def white(arguments: argparse.Namespace) -> int:
    """White grounds for files and folders; a bad file is named and the others go on."""
    from gan.edit.white import WhiteRequest

    masks = ProductMasks(arguments, "mask")

    def request(source: Path, picture: Picture) -> Request:
        return WhiteRequest(
            picture=picture, keep_shadow=arguments.keep_shadow, model=arguments.model, **masks.of(source)
        )

    return each_file(arguments, _maker(arguments, request), is_input=masks.leaves, pieces=_with_white)


def match(arguments: argparse.Namespace) -> int:
    """Match files and folders to one picture; a bad file is named and the others go on."""
    from gan.edit.match import MatchRequest
    from gan.imaging.io.codec import decode

    reference = decode(arguments.reference, field="reference")
    masks = ProductMasks(arguments, "mask")

    def request(source: Path, picture: Picture) -> Request:
        return MatchRequest(
            picture=picture,
            reference=reference,
            fill=arguments.fill,
            baseline=arguments.baseline,
            white_balance=arguments.white_balance,
            exposure=arguments.exposure,
            shadow=arguments.shadow,
            model=arguments.model,
            **masks.of(source),
        )

    return each_file(arguments, _maker(arguments, request), is_input=masks.leaves, pieces=_with_difference)


def _maker(
    arguments: argparse.Namespace, request: Callable[[Path, Picture], Request]
) -> Callable[[Path, Progress | None], Result]:
    """From a picture's path to its result, as `each_file` wants it."""
    from gan.api import Studio
    from gan.imaging.io.codec import decode

    studio = Studio(arguments.device)
    return lambda source, progress: studio.run(request(source, decode(source)), progress=progress)


def _with_white(result: Result, target: Path) -> Iterator[Piece]:
    """How much of the ground is off-white, and how much of what became white the file's format takes away again."""
    from gan.edit.white import off_white_share
    from gan.imaging.color import WHITE
    from gan.imaging.io.codec import decode

    def said() -> str:
        made, details = result.picture, result.details
        off = float(details["off_white"])
        lost = off_white_share(decode(target).rgb, (made.rgb < WHITE).any(1, keepdim=True).float())
        return f"off-white ground {_percent(details['off_white_before'])} -> {_percent(off + (1 - off) * lost)}"

    yield Piece(target, result.picture, said)


def _with_difference(result: Result, target: Path) -> Iterator[Piece]:
    """What is left of the difference from the reference."""
    left = ", ".join(f"{what} {value:.1f}" for what, value in result.details["delta_e"].items())
    said = f"colour difference {left}" if left else "no colour difference: neither grounds nor products compare"
    yield Piece(target, result.picture, lambda: said)


def _percent(share: float) -> str:
    """A share that is not 0 never reads as 0."""
    return "under 0.01%" if 0 < share < 1e-4 else f"{share:.2%}"
