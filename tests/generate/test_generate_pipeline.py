"""Generate as a whole, with a network that knows nothing: seeds, records, mixing, truncation, sizes, refusals."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from contracts import assert_contract
from tiny_generator import tiny_generate_net
from torch import Tensor

from gan.api import Studio
from gan.core.contract import Context, Model, Result, run
from gan.core.errors import InputError, WeightsError
from gan.enhance.pipeline import EnhanceRequest
from gan.generate.attributes import Sliders
from gan.generate.directions import Direction, directions_of
from gan.generate.latent import Latent
from gan.generate.network import GenerateConfig, GenerateNet
from gan.generate.pipeline import (
    MIXES,
    Edit,
    GenerateRequest,
    generate,
    latent_of,
    record_of,
    single_record,
    styles,
    synthesized,
    true_to,
)
from gan.imaging.picture import Picture

CPU = torch.device("cpu")
SEEDS = 2**32


@pytest.fixture(scope="module")
def studio(tiny_generator: Path) -> Studio:
    return Studio("cpu", weights_dir=tiny_generator)


@pytest.fixture(scope="module")
def network(studio: Studio) -> GenerateNet:
    loaded = studio.load("generate-catalogue").network
    assert isinstance(loaded, GenerateNet)
    return loaded


def _same(a: Result, b: Result) -> bool:
    return len(a.pictures) == len(b.pictures) and all(
        torch.equal(x.rgb, y.rgb) for x, y in zip(a.pictures, b.pictures, strict=True)
    )


def _styles(network: GenerateNet, **options: Any) -> Tensor:
    request = GenerateRequest(**options)
    with torch.inference_mode():
        return styles(request, network, latent_of(request, network, request.seed), CPU)


def _replayed(studio: Studio, record: dict[str, Any]) -> Result:
    return studio.run(record_of(json.loads(json.dumps(record))["request"]))


WIDTH, LAYERS = 64 + 16 + 7, 6
"""Of the tiny network: z, the mapping's output and the measures; two layers for each of three sizes."""


def _direction(layers: tuple[int, int] = (0, LAYERS)) -> Direction:
    vector = torch.randn(WIDTH, generator=torch.Generator().manual_seed(1))
    return Direction(name="mine", kind="saved", vector=tuple(vector.tolist()), layers=layers, unit=0.3)


@pytest.mark.parametrize("transparent", [False, True])
def test_contract(studio: Studio, transparent: bool) -> None:
    request = GenerateRequest(category="lamp", seed=7, count=3, size=64, transparent=transparent)
    result = assert_contract(studio, request)
    assert [picture.rgb.shape for picture in result.pictures] == [(1, 3, 64, 64)] * 3
    assert [picture.name for picture in result.pictures] == ["lamp-7.png", "lamp-8.png", "lamp-9.png"]
    assert list(result.weights) == ["generate-catalogue", "enhance-x2"]
    assert all((picture.alpha is not None) == transparent for picture in result.pictures)
    assert {image.mode for image in result.images} == {"RGBA" if transparent else "RGB"}
    assert not torch.equal(result.pictures[0].rgb, result.pictures[1].rgb)


def test_a_picture_is_the_same_alone(studio: Studio) -> None:
    batch = studio.generate(seed=SEEDS - 2, count=4, size=64)
    for index, picture in enumerate(batch.pictures):
        alone = studio.generate(seed=(SEEDS - 2 + index) % SEEDS, size=64)
        assert torch.equal(alone.picture.rgb, picture.rgb)
        assert alone.picture.name == picture.name
        again = _replayed(studio, single_record(batch, index))
        assert torch.equal(again.picture.rgb, picture.rgb)
        assert again.details["latents"] == [batch.details["latents"][index]]
    with pytest.raises(IndexError):
        single_record(batch, 4)


def test_a_seed_chooses_a_category_and_naming_it_changes_nothing(studio: Studio) -> None:
    free = studio.generate(seed=3, count=6, size=64, truncation=1.0)
    chosen = [latent.category for latent in free.details["latents"]]
    assert set(chosen) == {"chair", "lamp"}
    for index, category in enumerate(chosen):
        named = studio.generate(seed=3 + index, category=category, size=64, truncation=1.0)
        assert torch.equal(named.picture.rgb, free.pictures[index].rgb)


def test_a_record_makes_the_picture_again_bit_for_bit(studio: Studio, network: GenerateNet) -> None:
    latent = latent_of(GenerateRequest(category="chair"), network, 11)
    offsets = 0.3 * torch.randn(LAYERS, WIDTH, generator=torch.Generator().manual_seed(0))
    projected = Latent.of(*latent.tensors()[:2], "chair", offsets=offsets)
    everything: list[dict[str, Any]] = [
        {"sliders": Sliders(hue_deg=33.3, lightness=0.1, size=-0.7, aspect=0.123, azimuth_deg=-17.5)},
        {"sliders": Sliders(colour="blue"), "truncation": 0.37},
        {"edits": (Edit(direction=_direction(), amount=1.7), Edit(direction=_direction((2, 3)), amount=-0.1))},
        {"edits": (Edit(direction=directions_of(network)[0], amount=2.0),)},
        {"mix_seed": 99, "mix": ("coarse", "middle")},
        {"latent": projected, "transparent": True},
        {"latent": projected, "mix_seed": 5, "mix": ("middle",), "sliders": Sliders(aspect=-0.4)},
    ]
    plain = studio.generate(seed=2**32 - 1, category="chair", size=64)
    for options in everything:
        made = studio.generate(**{"seed": 2**32 - 1, "category": "chair", "size": 64, **options})
        assert not _same(made, plain), options
        assert _same(_replayed(studio, made.record), made), options
        again = _replayed(studio, single_record(made, 0))
        assert _same(again, made), options
        assert again.record["request"] == made.record["request"]


def test_the_latent_of_a_result_makes_its_shape_again(studio: Studio) -> None:
    made = studio.generate(seed=21, size=64, truncation=1.0)
    latent = made.details["latents"][0]
    assert latent.model == "generate-catalogue"
    assert latent.sha256 == made.weights["generate-catalogue"]
    assert _same(studio.generate(latent=latent, size=64), made)


def test_mixing_at_the_ends_equals_the_parents(network: GenerateNet) -> None:
    for options in ({"truncation": 0.6}, {"truncation": 1.0, "sliders": Sliders(size=-0.5)}):
        one, other = (_styles(network, seed=seed, category="lamp", **options) for seed in (1, 2))
        assert not torch.equal(one, other)
        assert torch.equal(_styles(network, seed=1, category="lamp", mix_seed=2, mix=(), **options), one)
        assert torch.equal(_styles(network, seed=1, category="lamp", mix_seed=2, mix=MIXES, **options), other)
        coarse = _styles(network, seed=1, category="lamp", mix_seed=2, mix=("coarse",), **options)
        assert torch.equal(coarse[:4], other[:4])
        assert torch.equal(coarse[4:], one[4:])


def test_what_a_saved_latent_borrows_is_what_the_other_seed_makes(network: GenerateNet) -> None:
    latent = latent_of(GenerateRequest(category="lamp"), network, 1)
    mixed = _styles(network, latent=latent, mix_seed=2, mix=("middle",), truncation=0.5)
    assert torch.equal(mixed[4:8], _styles(network, seed=2, category="lamp", truncation=0.5)[4:8])
    assert torch.equal(mixed[:4], _styles(network, latent=latent)[:4])


def test_truncation_goes_from_the_categorys_mean_to_what_was_drawn(network: GenerateNet) -> None:
    for seed in range(5):
        latent = latent_of(GenerateRequest(category="chair"), network, seed)
        z, attributes, _ = latent.tensors()
        with torch.inference_mode():
            drawn = network.map(z[None], attributes[None], torch.tensor([0]))[0]
            center = network.center(0, attributes)
        at = {psi: _styles(network, seed=seed, category="chair", truncation=psi) for psi in (0.0, 0.25, 1.0)}
        assert torch.equal(at[0.0], center)
        assert torch.equal(at[1.0], drawn)
        assert torch.allclose(at[0.25], torch.lerp(center, drawn, 0.25), atol=1e-6)
        assert not torch.allclose(at[0.0], at[1.0], atol=1e-2)


def test_at_truncation_zero_seeds_differ_in_what_is_measured_only() -> None:
    """Without attributes every seed gives the category's one mean product."""
    bare = tiny_generate_net(attributes=(), encoder_px=0)
    rows = {seed: _styles(bare, seed=seed, category="lamp", truncation=0.0) for seed in range(4)}
    assert all(torch.equal(row, rows[0]) for row in rows.values())
    assert not torch.equal(rows[0], _styles(bare, category="chair", truncation=0.0))


def test_a_saved_latent_is_not_truncated(network: GenerateNet) -> None:
    latent = latent_of(GenerateRequest(category="chair"), network, 4)
    assert torch.equal(_styles(network, latent=latent, truncation=0.0), _styles(network, latent=latent, truncation=1.0))


def test_sliders_go_through_truncation_untouched(network: GenerateNet) -> None:
    """At the category's mean product a slider still reaches the network as it was set."""
    sliders = Sliders(azimuth_deg=45.0, hue_deg=60.0)
    moved = _styles(network, seed=2, category="chair", truncation=0.0, sliders=sliders)
    assert not torch.allclose(moved, _styles(network, seed=2, category="chair", truncation=0.0), atol=1e-3)


def test_an_edit_moves_its_layers_only(network: GenerateNet) -> None:
    plain = _styles(network, seed=1)
    direction = _direction((2, 5))
    moved = _styles(network, seed=1, edits=(Edit(direction=direction, amount=-2.0),))
    assert torch.equal(moved[:2], plain[:2])
    assert torch.equal(moved[5:], plain[5:])
    assert torch.allclose(moved[2:5] - plain[2:5], -0.6 * torch.tensor(direction.vector).expand(3, -1), atol=1e-5)


def test_transparency_is_the_networks_coverage(studio: Studio, network: GenerateNet) -> None:
    result = studio.generate(seed=5, size=64, transparent=True)
    with torch.inference_mode():
        made = network.synthesize(_styles(network, seed=5)[None])
    alpha = result.picture.alpha
    assert alpha is not None
    assert float(alpha.mean()) == pytest.approx(float(made[:, 3].clamp(0, 1).mean()), abs=0.01)
    opaque = studio.generate(seed=5, size=64).picture.rgb
    solid = (alpha > 0.95).expand(-1, 3, -1, -1)
    assert solid.any(), "the network draws no product: this test shows nothing"
    assert torch.allclose(result.picture.rgb[solid], opaque[solid], atol=1e-6)


@pytest.mark.parametrize(
    ("size", "model"), [(64, "enhance-x2"), (100, "enhance-rendered-x4"), (128, "enhance-rendered-x4")]
)
def test_larger_pictures_go_through_our_enhance_weights(tiny_generator: Path, size: int, model: str) -> None:
    real = Studio("cpu")
    result = real.generate(model=str(tiny_generator / "generate-catalogue"), seed=1, size=size)
    assert result.picture.rgb.shape == (1, 3, size, size)
    assert list(result.weights) == ["generate-catalogue", model]
    assert result.weights[model] == real.load(model).sha256


def test_white_is_kept_where_nothing_else_is_near() -> None:
    small = torch.ones(1, 3, 32, 32)
    small[..., 16:] = 0.2
    made = small.repeat_interleave(4, 2).repeat_interleave(4, 3) * 0.95
    kept = true_to(small, made.clone(), 4)
    assert float(kept[..., : 15 * 4].min()) == 1
    assert float(kept[..., 15 * 4 : 16 * 4].max()) < 1  # beside the product


class Ground:
    """Stands for a generator that draws a ground: white but for so many steps of 8 bits, with one gray pixel."""

    config = GenerateConfig(resolution=64)

    def __init__(self, steps: float) -> None:
        self.made = torch.full((1, 4, 64, 64), 1 - steps / 255)
        self.made[:, :3, 5, 5] = 0.5

    def synthesize(self, w: Tensor, enlarge: Any = None) -> Tensor:
        return self.made.clone() if enlarge is None else enlarge(self.made.clone())


@pytest.mark.parametrize(("steps", "white"), [(0.0, True), (1.4, True), (1.9, True), (2.6, False), (5.0, False)])
def test_a_ground_that_is_white_but_for_two_steps_is_white(steps: float, white: bool) -> None:
    ground: Any = Ground(steps)
    made = synthesized(ground, torch.zeros(1, 1), 64, Context(CPU, lambda name: Model(name, "", torch.nn.Identity())))
    assert bool((made[:, :3, 20:] == 1).all()) == white
    torch.testing.assert_close(made[:, 3:], ground.made[:, 3:])  # the coverage stays
    assert float(made[0, 0, 5, 5]) == 0.5


def test_the_enlarger_runs_in_full_precision_where_others_do_not() -> None:
    seen: list[torch.dtype] = []

    class Enlarger(torch.nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            weight = torch.eye(3)[:, :, None, None]
            made = torch.nn.functional.conv2d(x, weight)
            seen.append(made.dtype)
            return torch.nn.functional.interpolate(made, scale_factor=4)

    ground: Any = Ground(10)
    context = Context(CPU, lambda name: Model(name, "", Enlarger(), scale=4), autocast=torch.bfloat16)
    with torch.inference_mode():
        made = synthesized(ground, torch.zeros(1, 1), 256, context)
    assert made.shape == (1, 4, 256, 256)
    assert set(seen) == {torch.float32}


@pytest.mark.parametrize("resolution", [64, 128])
def test_up_to_its_own_size_no_network_enlarges(resolution: int) -> None:
    network = tiny_generate_net(resolution=resolution)
    model = Model("m", "ab" * 32, network)
    asked: list[str] = []

    def load(name: str) -> Model:
        asked.append(name)
        return model

    request = GenerateRequest(seed=1, size=64, model="m")
    result = run(generate, request, Context(CPU, load), task="generate")
    assert asked == ["m"]
    assert result.picture.rgb.shape == (1, 3, 64, 64)
    with torch.no_grad():
        made = network.synthesize(_styles(network, seed=1)[None])[:, :3].clamp(0, 1)
    assert float(result.picture.rgb.mean()) == pytest.approx(float(made.mean()), abs=2e-3)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"count": 0}, "count"),
        ({"count": 65}, "count"),
        ({"size": 63}, "size"),
        ({"size": 513}, "size"),
        ({"truncation": -0.01}, "truncation"),
        ({"truncation": 1.01}, "truncation"),
        ({"truncation": float("nan")}, "truncation"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**32}, "seed"),
        ({"mix_seed": -1, "mix": ("coarse",)}, "mix_seed"),
        ({"mix_seed": 2**32}, "mix_seed"),
        ({"mix": ("coarse", "rough")}, "rough"),
    ],
)
def test_values_outside_are_refused(options: dict[str, Any], word: str) -> None:
    with pytest.raises(InputError, match=word):
        GenerateRequest(**options)


@pytest.mark.parametrize("amount", [-5.1, 5.1, float("nan")])
def test_an_edit_too_far_is_refused(amount: float) -> None:
    with pytest.raises(InputError, match="amount"):
        Edit(direction=_direction(), amount=amount)


def test_the_limits_themselves_are_allowed() -> None:
    for options in ({"count": 64, "size": 64, "truncation": 0}, {"size": 512, "truncation": 1, "seed": 2**32 - 1}):
        GenerateRequest(**options)  # type: ignore[arg-type]


def test_what_the_model_does_not_know_is_refused(studio: Studio) -> None:
    with pytest.raises(InputError, match='"hat"; chair, lamp are known'):
        studio.generate(category="hat")
    foreign = Direction(name="a", kind="saved", vector=(1.0,) * (WIDTH + 1), layers=(0, 2))
    for direction in (foreign, _direction((0, LAYERS + 1))):
        with pytest.raises(InputError, match="direction"):
            studio.generate(edits=(Edit(direction=direction, amount=1),))


def test_another_models_latent_is_refused(studio: Studio, network: GenerateNet) -> None:
    own = latent_of(GenerateRequest(category="chair"), network, 1)
    row = (0.0,) * WIDTH
    others = [
        dataclasses.replace(own, z=own.z[1:]),
        dataclasses.replace(own, attributes=()),
        dataclasses.replace(own, category="hat"),
        dataclasses.replace(own, offsets=(row,) * (LAYERS - 1)),
        dataclasses.replace(own, offsets=(row[1:],) * LAYERS),
        dataclasses.replace(own, offsets=(*(row,) * (LAYERS - 1), row[1:])),
        dataclasses.replace(own, model="elsewhere", sha256="00" * 32),
    ]
    for latent in others:
        with pytest.raises(InputError, match=r"another model|elsewhere"):
            studio.generate(latent=latent, size=64)
    fitting = dataclasses.replace(own, sha256=studio.load("generate-catalogue").sha256)
    assert _same(studio.generate(latent=fitting, size=64), studio.generate(latent=own, size=64))


def test_models_of_other_tasks_are_refused(studio: Studio) -> None:
    with pytest.raises(WeightsError, match="enhance-x2 does not generate"):
        studio.generate(model="enhance-x2")
    with pytest.raises(WeightsError, match="does not generate"):
        studio.directions("enhance-x2")
    with pytest.raises(WeightsError, match="there is no"):
        studio.generate(model="nothing")
    picture = Picture(torch.full((1, 3, 8, 8), 0.5))
    with pytest.raises(WeightsError, match="made for generate"):
        studio.run(EnhanceRequest(picture=picture, model="generate-catalogue"))


def test_directions_of_the_served_model(studio: Studio, network: GenerateNet) -> None:
    assert studio.directions() == studio.directions("generate-catalogue") == directions_of(network)


@pytest.mark.parametrize(
    "record",
    [
        None,
        5,
        "abc",
        {"colour": "red"},
        {"sliders": {"depth": 1}},
        {"sliders": 5},
        {"edits": [{"amount": 1}]},
        {"edits": [{"direction": {"name": "a"}, "amount": 1}]},
        {"edits": 5},
        {"mix": 5},
        {"latent": {"z": [1]}},
        {"seed": "one"},
        {"seed": 1.5},
        {"count": 2.5},
        {"size": 64.5},
        {"mix_seed": 1.5},
        {"count": 900},
        {"sliders": {"hue_deg": 1000}},
    ],
)
def test_what_is_no_record_is_refused(record: Any) -> None:
    with pytest.raises(InputError):
        record_of(record)


def test_an_empty_record_is_the_default_request() -> None:
    assert record_of({}) == GenerateRequest()
    assert record_of({"mix_seed": None, "latent": None}) == GenerateRequest()


def test_a_categorys_name_leads_to_no_other_folder() -> None:
    names = {}
    network = tiny_generate_net(resolution=64, categories=("../../out", "沙发 床"))
    for category in network.config.categories:
        request = GenerateRequest(category=category, model="m", size=64)
        context = Context(CPU, lambda _: Model("m", "ab" * 32, network))
        names[category] = run(generate, request, context, task="generate").picture.name
    assert names == {"../../out": "-out-0.png", "沙发 床": "沙发-床-0.png"}
