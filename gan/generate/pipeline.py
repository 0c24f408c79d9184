"""Generate: from a category, a seed and sliders to pictures of new products."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol, cast, get_args

import torch
import torch.nn.functional as F
from pydantic import InstanceOf, WrapValidator
from pydantic_core.core_schema import ValidatorFunctionWrapHandler
from torch import Tensor

from gan.core.contract import SEED_LIMIT, Context, Model, Output, Request, Result
from gan.core.errors import InputError, WeightsError, check_within, wrong_type
from gan.core.message import Message
from gan.core.option import Option
from gan.core.reader import AnySource
from gan.generate import training_pictures
from gan.generate.attributes import VIEW_UNIT_DEG, Sliders, apply
from gan.generate.directions import Direction, layer_ranges, move
from gan.generate.latent import Latent, LatentRecord
from gan.imaging.alpha import bleed
from gan.imaging.color import keep_white, match_low_frequencies
from gan.imaging.picture import GENERATED, Picture
from gan.imaging.resize import resize

AUTO_MODEL = "auto"
DEFAULT_MODEL = "generate-catalogue"
ENLARGERS: Mapping[int, str] = {2: "enhance-x2", 4: "enhance-rendered-x4"}
"""By scale, the models of Enhance that enlarge generated pictures. By 4 it is one that has seen small clean renderings
only: it has no noise to fear, and draws edges where the one for photographs stays careful."""

NEARLY_WHITE = 1 - 2 / 255
"""From this on in every channel a generated pixel is white: nobody sees the difference, but shops measure it."""

MAX_COUNT = 64
SIZES_PX = (64, 512)
Level = Literal["coarse", "middle", "fine"]
MIXES: tuple[str, ...] = get_args(Level)

NOT_TURNED = "A photograph or a saved latent cannot be turned: only products from seeds have other views"

_OF_PICTURES = ("latents", "nearest")
"""Details that hold one item for each picture."""


class LatentConfig(Protocol):
    """Configuration that every network of this task has."""

    resolution: int
    categories: tuple[str, ...]
    attributes: tuple[str, ...]
    latent: int
    width: int

    @property
    def layers(self) -> int: ...


class LatentNetwork(Protocol):
    """Interface of a generator network, for the strong one and the classical one.

    `config.width` is the length of w. `draw` turns a seeded generator into z (latent,) and attributes (A,); `map` turns
    batches of both into styles w (N, layers, width); `center` is the style (layers, width) of a category's mean product
    with these attributes; `synthesize` turns w into (N, 4, R, R): colors on white and coverage, nominally in [0, 1],
    or into what `enlarge` makes of them.
    """

    config: LatentConfig

    def draw(
        self, category: int, generator: torch.Generator, *, azimuth: float | None = None
    ) -> tuple[Tensor, Tensor]: ...
    def map(self, z: Tensor, attributes: Tensor, category: Tensor) -> Tensor: ...
    def center(self, category: int, attributes: Tensor) -> Tensor: ...
    def synthesize(self, w: Tensor, enlarge: Callable[[Tensor], Tensor] | None = None) -> Tensor: ...
    def style_weights(self) -> list[Tensor]: ...


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One step along a direction of w.

    Attributes:
        direction: as `directions.sefa` and `directions.principal` give it, or a saved one.
        amount: in the direction's units, -5 to 5.
    """

    direction: Direction
    amount: float

    def __post_init__(self) -> None:
        check_within("amount", self.amount, -5, 5)


def _edit(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    if isinstance(value, Mapping):
        for name in ("direction", "amount"):
            if name not in value:
                raise wrong_type(name, None, "a value")
        amount = value["amount"]
        if isinstance(amount, bool) or not isinstance(amount, (int, float)):
            raise wrong_type("amount", amount, "a number")
        if not isinstance(value["direction"], Mapping):
            raise wrong_type("direction", value["direction"], "an object")
        return Edit(direction=Direction.from_record(value["direction"]), amount=amount)
    return handler(value)


EditRecord = Annotated[InstanceOf[Edit], WrapValidator(_edit)]
"""The field of a request that holds an edit, or its record."""


class GenerateRequest(Request):
    """Generate pictures of products. Picture i is drawn from `seed + i`, so each can be asked for alone.

    A latent, saved or projected, takes the place of the seed; its own truncation holds. Beyond the network's own size
    one of Enhance's networks enlarges.

    Raises:
        InputError: a value outside its range, or styles to mix without a second seed.
    """

    category: Annotated[str, Option("one of the model's; any by default", metavar="NAME")] = ""
    count: Annotated[int, Option("pictures", ge=1, le=MAX_COUNT)] = 1
    truncation: Annotated[float, Option("0 the mean shape, 1 all", ge=0, le=1, step=0.05, metavar="PSI")] = 0.8
    model: Annotated[str, Option("ours, a folder, or owner/name", metavar="NAME_PATH_OR_HUB_ID")] = AUTO_MODEL
    sliders: Sliders = Sliders()
    edits: Annotated[tuple[EditRecord, ...], Option(internal=True, many=True)] = ()
    mix_seed: Annotated[
        int | None, Option("a second product that lends its styles", ge=0, le=SEED_LIMIT - 1, metavar="N")
    ] = None
    mix: Annotated[tuple[Level, ...], Option("which of its styles", many=True)] = ()
    latent: Annotated[LatentRecord | None, Option(internal=True)] = None
    transparent: Annotated[bool, Option("without ground and shadow")] = False
    size: Annotated[
        int, Option("side of the pictures in pixels", ge=SIZES_PX[0], le=SIZES_PX[1], unit="px", metavar="PX")
    ] = 256

    def check(self) -> None:
        if self.mix and self.mix_seed is None:
            raise InputError(
                "mix", "there is no second seed", "mixing takes parts of a second product", "Enter its seed too"
            )

    def alone(self, index: int) -> GenerateRequest:
        """The request that draws picture `index` and no other."""
        if self.count == 1:
            return self
        return self.replaced(seed=(self.seed + index) % SEED_LIMIT, count=1)


def generate(request: GenerateRequest, context: Context) -> Output:
    """Draw latents, map, move, synthesize, and upscale if a larger size is requested.

    One picture at a time, so that a picture is the same however many are asked for.
    """
    model, network = load_network(context, request.model)
    if request.latent is not None:
        check_latent(request.latent, network, model.sha256)
    known = training_pictures.of_model(model, context)
    pictures, latents, near = [], [], []
    for index in range(request.count):
        context.step(index, request.count, "Generating")
        latent = latent_of(request, network, (request.seed + index) % SEED_LIMIT)
        w = styles(request, network, latent, context.device)
        made = synthesized(network, w, request.size, context)
        pictures.append(render(made, request.size, request.transparent))
        near.append(known.nearest(made[:, :3], made[:, 3:], training_pictures.USUAL) if known else [])
        latents.append(dataclasses.replace(latent, model=model.name, sha256=model.sha256))
    context.step(request.count, request.count, "Generating")
    named = [
        dataclasses.replace(picture, name=file_name(latent.category, (request.seed + i) % SEED_LIMIT))
        for i, (picture, latent) in enumerate(zip(pictures, latents, strict=True))
    ]
    details: dict[str, Any] = {"model": model.name, "latents": latents}
    if known is not None:
        details["nearest"] = [[neighbor.record() for neighbor in of_picture] for of_picture in near]
    fixed = request.latent is not None and request.sliders.azimuth_deg is not None
    return Output(tuple(named), (NOT_TURNED,) if fixed else (), details)


def load_network(context: Context, name: str) -> tuple[Model, LatentNetwork]:
    """Load a model by name; raises if it is not a generator.

    Raises:
        WeightsError: it is missing, damaged, or of another task.
    """
    model = context.model(DEFAULT_MODEL if name == AUTO_MODEL else name)
    if not hasattr(model.network, "synthesize"):
        raise WeightsError(
            "model",
            "{name} does not generate",
            "a model of Generate is expected",
            "Choose another",
            name=model.name,
        )
    return model, cast(LatentNetwork, model.network)


def latent_of(request: GenerateRequest, network: LatentNetwork, seed: int) -> Latent:
    """The request's own latent, or the one drawn from a seed, before any slider.

    Raises:
        InputError: the model does not know the category, or the latent is another network's.
    """
    if request.latent is not None:
        check_latent(request.latent, network)
        return request.latent
    generator = torch.Generator().manual_seed(seed)
    names = network.config.categories
    check_category(request.category, network)
    # Drawn in any case, so that naming the category that a seed chose gives the same picture.
    chosen = int(torch.randint(len(names), (), generator=generator))
    category = names.index(request.category) if request.category else chosen
    turned = request.sliders.azimuth_deg
    # Another view of a product is another map, so that it is drawn; what the network is told would not turn it.
    view = {} if turned is None else {"azimuth": turned / VIEW_UNIT_DEG}
    z, attributes = network.draw(category, generator, **view)
    latent = Latent.of(z.cpu(), attributes.cpu(), names[category])
    return dataclasses.replace(latent, truncation=request.truncation)


def check_category(category: str, network: LatentNetwork) -> None:
    """Raise `InputError` if a network does not know a category; an empty one stands for any."""
    names = network.config.categories
    if category and category not in names:
        raise InputError(
            "category",
            '"{category}"',
            "{known} are known to this model",
            "Choose one of these",
            category=category,
            known=", ".join(names),
        )


def check_latent(latent: Latent, network: LatentNetwork, sha256: str = "") -> None:
    """Raise `InputError` if a latent does not fit a network, or was saved with other weights than `sha256`."""
    config = network.config
    fits = (
        len(latent.z) == config.latent
        and len(latent.attributes) == len(config.attributes)
        and latent.category in config.categories
        and (not latent.offsets or {len(row) for row in latent.offsets} == {config.width})
        and len(latent.offsets) in (0, config.layers)
        and 0 <= latent.truncation <= 1
        and (not latent.sha256 or not sha256 or latent.sha256 == sha256)
    )
    if not fits:
        raise InputError(
            "latent",
            "the latent was saved with {model}",
            "a latent of the model that is chosen is expected",
            "Choose the model that it was saved with",
            model=latent.model or Message("another model"),
        )


def styles(request: GenerateRequest, network: LatentNetwork, latent: Latent, device: torch.device) -> Tensor:
    """The latent's styles (layers, style) under the request's sliders, truncation, mixing and edits."""
    w = _mapped(request, network, latent, device)
    if request.mix_seed is not None and request.mix:
        seeded = request.replaced(category=latent.category, latent=None)
        lent = _mapped(seeded, network, latent_of(seeded, network, request.mix_seed), device)
        ranges: Mapping[str, tuple[int, int]] = {**layer_ranges(network.config.layers)}
        w = w.clone()
        for name in request.mix:
            first, last = ranges[name]
            w[first:last] = lent[first:last]
    for edit in request.edits:
        w = move(w[None], edit.direction, edit.amount)[0]
    return w


def synthesized(network: LatentNetwork, w: Tensor, size_px: int, context: Context) -> Tensor:
    """Styles (layers, style) as (1, 4, S, S) in [0, 1] on the CPU: colors on white and coverage.

    S is the network's own size, or two or four times it, enlarged by one of Enhance's networks, where `size_px` is
    larger. What is white but for two steps of 8 bits is made white.
    """
    own = network.config.resolution
    scale = next((s for s in (1, 2, 4) if s * own >= size_px), 4)

    def enlarge(made: Tensor) -> Tensor:
        small = made.float().clamp(0, 1).cpu()
        rgb = _enlarged(small[:, :3].contiguous(), scale, context)
        return torch.cat([rgb, resize(small[:, 3:], scale * own, scale * own)], 1).to(w.device)

    made = network.synthesize(w[None], enlarge if scale > 1 else None).float().clamp(0, 1).cpu()
    white = (made[:, :3] >= NEARLY_WHITE).all(1, keepdim=True)
    return torch.cat([torch.where(white, 1.0, made[:, :3]), made[:, 3:]], 1)


def render(made: Tensor, size_px: int, transparent: bool) -> Picture:
    """Show what `synthesized` gave as a picture of a side of `size_px`."""
    rgb, alpha = (resize(part, size_px, size_px) for part in (made[:, :3], made[:, 3:]))
    if not transparent:
        return Picture(rgb, source_type=GENERATED)
    # What lies under a half-covered pixel is ground: the product's own color continues from the inside.
    return Picture(bleed(rgb, (alpha > 0.9).float() * alpha), alpha, source_type=GENERATED)


def single_record(result: Result, index: int) -> dict[str, Any]:
    """Record of one of a result's pictures, sufficient to reproduce it alone.

    Raises:
        IndexError: there are fewer pictures.
    """
    record = result.record
    seed = (result.seed + index) % SEED_LIMIT
    of_picture = {name: [record["details"][name][index]] for name in _OF_PICTURES if name in record["details"]}
    return {
        **record,
        "seed": seed,
        "request": {**record["request"], "seed": seed, "count": 1},
        "details": {**record["details"], **of_picture},
    }


def record_of(request: Mapping[str, Any]) -> GenerateRequest:
    """The request that a result's record describes.

    Raises:
        InputError: it is no such record.
    """
    try:
        return GenerateRequest.read(dict(request), AnySource())
    except (InputError, TypeError, ValueError) as error:
        raise InputError(
            "record",
            "it does not describe a generated picture",
            "a record that Generate wrote is expected",
            "Choose another file",
        ) from error


def _mapped(request: GenerateRequest, network: LatentNetwork, latent: Latent, device: torch.device) -> Tensor:
    z, attributes, offsets = latent.tensors()
    category = network.config.categories.index(latent.category)
    moved = apply(attributes, network.config.attributes, request.sliders).to(device)
    w = network.map(z[None].to(device), moved[None], torch.tensor([category], device=device))[0]
    if latent.truncation < 1:
        center = network.center(category, moved)
        w = center + latent.truncation * (w - center)
    return w if offsets is None else w + offsets.to(device)


def file_name(category: str, seed: int) -> str:
    """Name of a picture's file, safe whatever the category is called: a model may come from anybody."""
    return re.sub(r"[^\w-]+", "-", category) + f"-{seed}.png"


def _enlarged(rgb: Tensor, scale: int, context: Context) -> Tensor:
    """Upscale with Enhance's network, keeping the generated colors and white."""

    def precisely(network: Callable[[Tensor], Tensor], tile: Tensor) -> Tensor:
        # In bfloat16 a light ground has steps of a 256th, which are seen as a pattern; the picture is small anyway.
        with torch.autocast(tile.device.type, enabled=False):
            return network(tile)

    made = context.apply(context.model(ENLARGERS[scale]), rgb, around=precisely, what="Enlarging")
    return true_to(rgb, made, scale)


def true_to(small: Tensor, made: Tensor, scale: int) -> Tensor:
    """Give an enlarged picture, in place, the colors and the pure white of the small one that it was made from.

    White beside other colors is left as it was made: the small pixels' corners would show along the edges.
    """
    match_low_frequencies(made, small, scale=scale)
    keep_white(made, -F.max_pool2d(-small, 3, stride=1, padding=1), scale=scale)
    return made
