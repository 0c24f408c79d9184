"""The strong recipe: golden losses, exact resume, what is published, transfer, presets that contradict themselves."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageDraw
from torch import Tensor
from training_runs import OneProcess, assert_resumes, lines, options

from gan.core.errors import ConfigError
from gan.generate.network import GenerateNet, config_from
from gan.generate.train import recipe as training
from gan.generate.train.adversary import trained
from gan.generate.train.distances import stages_seen
from gan.generate.train.presets import PRESETS, GenerateRecipe
from gan.generate.train.recipe import RECIPE
from gan.models.features import load_features
from gan.models.weights import read
from gan.training.loop import stream, train
from gan.training.recipe import Recipe, State, Validation

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["tiny", "tiny-stylegan", "tiny-r3gan"]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve products of two categories, drawn as boxes and discs of their own colour and size on white."""
    folder = tmp_path_factory.mktemp("shop")
    for index in range(12):
        kind = ("box", "disc")[index % 2]
        (folder / kind).mkdir(exist_ok=True)
        picture = Image.new("RGB", (64, 64), "white")
        place = (8 + index, 10, 50, 44 + index)
        colour = (20 * index, 120, 255 - 20 * index)
        draw = ImageDraw.Draw(picture)
        (draw.rectangle if kind == "box" else draw.ellipse)(place, fill=colour)
        picture.save(folder / kind / f"{kind}-{index}.png")
    return folder


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Validations that cost nothing: Lite2 on 192 samples takes a minute."""
    blank = Validation({"kd_lite2": 1.0}, -1.0, torch.zeros(3, 8, 8))
    monkeypatch.setattr(training, "validate_network", lambda *_args, **_named: blank)


def _recipe() -> Recipe[GenerateRecipe]:
    return dataclasses.replace(RECIPE, validate=training.validate)


def _figures(run: Path) -> list[dict[str, float]]:
    timing = ("time_s", "images_per_s", "s_per_kimg", "peak_gb", "peak_ram_gb")
    return [{k: v for k, v in line.items() if k not in timing} for line in lines(run, "train")]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("preset", SMALL)
def test_golden_losses(shop: Path, tmp_path: Path, preset: str) -> None:
    """Four steps give what they gave when this was written, so a change of the recipe cannot go unnoticed."""
    train(_recipe(), PRESETS[preset], options(shop, tmp_path, 4, preset, save_every=100))
    last = lines(tmp_path, "train")[-1]
    for name, value in GOLDEN[preset].items():
        assert last[name] == pytest.approx(value, rel=0.02, abs=2e-3), name


GOLDEN = {
    "tiny": {"l1": 0.5632, "features": 2.2233, "kl": 0.2518, "labels": 1.3567},
    "tiny-stylegan": {"adversarial": 0.6166, "discriminator": 1.3893},
    "tiny-r3gan": {"adversarial": 0.7006, "discriminator": 0.6842},
}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("preset", SMALL)
def test_six_steps_equal_three_and_resume_and_three(shop: Path, tmp_path: Path, preset: str) -> None:
    config = PRESETS[preset]
    whole = train(_recipe(), config, options(shop, tmp_path / "whole", 6, preset, save_every=3))
    assert_resumes(_recipe(), config, whole, options(shop, tmp_path / "halves", 6, preset, save_every=3))
    assert _figures(tmp_path / "whole")[3:] == _figures(tmp_path / "halves")[-3:]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("preset", ["tiny", "tiny-stylegan"])
def test_what_is_published_is_the_average(shop: Path, tmp_path: Path, preset: str) -> None:
    state = train(_recipe(), PRESETS[preset], options(shop, tmp_path, 2, preset, save_every=100))
    published = read(str(tmp_path / "weights"), tmp_path)
    assert published.task == "generate"
    network = GenerateNet(config_from(published.config))
    published.fill(network)
    assert network.config.categories == ("box", "disc")
    w = torch.randn(2, network.config.layers, network.config.width, generator=torch.Generator().manual_seed(0))
    average: GenerateNet = state.ema["network"].module  # type: ignore[assignment]
    with torch.no_grad():
        torch.testing.assert_close(network.synthesize(w), average.synthesize(w), atol=5e-3, rtol=0)


def test_encodings_are_remembered_for_the_pictures_that_were_seen_as_they_are(shop: Path) -> None:
    config = PRESETS["tiny"]
    data = training.data(config, shop, 0)
    state = _built(config, data)
    before = state.networks["network"].member_z.clone()
    batch = next(stream(training.items(config, data, 0), start=0, batch=8))
    assert not batch[8].all()
    training.step(state, batch, config, OneProcess())
    changed = (state.networks["network"].member_z != before).any(1).nonzero()[:, 0]
    assert len(changed)
    assert set(changed.tolist()) == set(batch[5][batch[8]].tolist())


def test_the_average_s_encodings_are_those_of_the_pictures_as_they_are(shop: Path) -> None:
    config = PRESETS["tiny"]
    data = training.data(config, shop, 0)
    state = _built(config, data)
    training.settle(state, config, data, OneProcess())
    average: GenerateNet = state.ema["network"].module  # type: ignore[assignment]
    assert average.encoder is not None
    with torch.no_grad():
        wanted = average.encoder(data.training.batch([0, len(data.training) - 1], config.resolution)).mean
    torch.testing.assert_close(average.member_z[[0, -1]], wanted, atol=1e-5, rtol=1e-4)


def test_small_pictures_are_enlarged_before_the_frozen_network_sees_them() -> None:
    features, made = load_features("lite0"), torch.rand(2, 4, 32, 32, requires_grad=True)
    as_they_are = stages_seen(features, made, GenerateRecipe(resolution=32))
    enlarged = stages_seen(features, made, GenerateRecipe(resolution=32, seen_px=64))
    assert [stage.shape[-1] for stage in as_they_are] == [16, 8, 4, 2, 1]
    assert [stage.shape[-1] for stage in enlarged] == [32, 16, 8, 4, 2]
    never_shrunk, *_ = stages_seen(features, made, GenerateRecipe(seen_px=16))
    assert never_shrunk.shape[-1] == 16
    (slope,) = torch.autograd.grad(enlarged[-1].mean(), [made])
    assert bool((slope[:, :3] != 0).any())


def test_the_lazy_penalty_is_there_every_sixteenth_step(shop: Path) -> None:
    config = PRESETS["tiny-stylegan"]
    data = training.data(config, shop, 0)
    state = _built(config, data)
    batch = next(stream(training.items(config, data, 0), start=0, batch=4))
    with_penalty = []
    for number in (0, 1, 15, 16):
        state.step = number
        with_penalty.append("r1" in training.step(state, batch, config, OneProcess()))
    assert with_penalty == [True, False, False, True]


def test_frozen_blocks_stay_and_the_others_move(shop: Path) -> None:
    config = dataclasses.replace(PRESETS["tiny-stylegan"], freeze=1)
    data = training.data(config, shop, 0)
    state = _built(config, data)
    judge = state.networks["discriminator"]
    learning = len(trained(judge))
    before = {name: p.detach().clone() for name, p in judge.named_parameters()}
    for batch, _ in zip(stream(training.items(config, data, 0), start=0, batch=4), range(2), strict=False):
        training.step(state, batch, config, OneProcess())
    moved = {name for name, p in judge.named_parameters() if not torch.equal(p, before[name])}
    assert not any(name.startswith(("enter", "blocks.0")) for name in moved)
    assert any(name.startswith("blocks.1") for name in moved)
    assert learning == len(state.optimizers["discriminator"].param_groups[0]["params"])


def test_warm_start_takes_what_fits_and_leaves_the_catalogue(shop: Path) -> None:
    config = PRESETS["tiny"]
    data = training.data(config, shop, 0)
    small, large = _built(config, data), _built(dataclasses.replace(config, resolution=64), data)
    published = training.publish(small, config).state
    sentences = training.warm_start(large, {name: value.float() for name, value in published.items()})
    assert "tensors were taken" in sentences[0]
    taken, given = large.networks["network"].state_dict(), small.networks["network"].state_dict()
    for name in ("mapping.body.0.weight", "synthesis.first.0.weight", "synthesis.second.1.weight", "encoder.stem.bias"):
        torch.testing.assert_close(taken[name], given[name], atol=1e-2, rtol=0)
    torch.testing.assert_close(large.ema["network"].module.state_dict(), taken)


def test_a_wider_network_begins_as_the_published_function(shop: Path) -> None:
    config = PRESETS["tiny"]
    data = training.data(config, shop, 0)
    small = _built(config, data)
    wide = _built(dataclasses.replace(config, channels_base=512, channels_max=32), data)
    published = {name: value.float() for name, value in training.publish(small, config).state.items()}
    training.warm_start(wide, published)
    before, after = (state.networks["network"].eval() for state in (small, wide))
    before.load_state_dict(published)
    generator = torch.Generator().manual_seed(0)
    z, category = torch.randn(3, config.latent, generator=generator), torch.tensor([0, 1, 0])
    attributes, source = data.training.attributes[:3], data.training.batch([0, 1, 2], config.resolution)
    with torch.inference_mode():
        torch.testing.assert_close(
            after.synthesize(after.map(z, attributes, category)), before.synthesize(before.map(z, attributes, category))
        )
        torch.testing.assert_close(after.encoder(source).mean, before.encoder(source).mean)
    assert sum(p.numel() for p in after.parameters()) > 2 * sum(p.numel() for p in before.parameters())


@pytest.mark.parametrize(
    "changes",
    [
        {"judge": "projected", "loss": "logistic"},
        {"judge": "pixels", "loss": "hinge"},
        {"start": "noise", "adversarial": 0.0},
        {"freeze": 2},
    ],
)
def test_presets_that_contradict_themselves_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="the combinations of PRESETS are allowed"):
        GenerateRecipe(**changes)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_says_what_it_costs(preset: str) -> None:
    sentences = training.cost(PRESETS[preset])
    assert "M parameters" in sentences[0]
    assert "GMACs" in sentences[1]


def test_validation_measures_and_draws(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gan.generate.train import validation

    monkeypatch.setattr(validation, "load_features", lambda _name: _Means())
    config = PRESETS["tiny"]
    data = training.data(config, shop, 0)
    state = _built(config, data)
    network: GenerateNet = state.ema["network"].module  # type: ignore[assignment]
    cache: dict[str, Any] = {}
    measured = (network, data.training, torch.device("cpu"))
    first = validation.validate_network(*measured, samples=8, cache=cache)
    again = validation.validate_network(*measured, samples=8, cache=cache)
    assert first.figures == again.figures  # fixed seeds
    assert first.score == -first.figures["kd_lite2"]
    assert {"kd_lite2", "diversity_ratio", "reconstruction_psnr"} <= set(first.figures)
    assert first.grid.shape[0] == 3


def test_a_shop_of_few_products_is_validated_by_its_reconstructions(shop: Path) -> None:
    from gan.generate.train.validation import LEAST_MEASURED

    config = PRESETS["tiny"]
    data = training.data(config, shop, 0)
    few = {name: getattr(data.held_out, name)[:3] for name in ("pixels", "category", "product", "attributes", "names")}
    data = dataclasses.replace(data, held_out=dataclasses.replace(data.held_out, **few))
    assert len(data.held_out) < LEAST_MEASURED
    found = training.validate(_built(config, data), config, data, torch.device("cpu"))
    assert found.score == found.figures["reconstruction_psnr"]
    assert "kd_lite2" not in found.figures


def test_two_processes_give_the_losses_of_one(shop: Path, tmp_path: Path) -> None:
    """The same global batch under torchrun, with the core's own mean over processes."""
    command = [str(ROOT / "tests/generate/two_processes.py"), str(shop)]
    subprocess.run([sys.executable, *command, str(tmp_path / "one")], check=True, cwd=ROOT, timeout=120)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    subprocess.run([*launcher, *command, str(tmp_path / "two")], check=True, cwd=ROOT, timeout=180, env=_quiet())
    for alone, shared in zip(_figures(tmp_path / "one"), _figures(tmp_path / "two"), strict=True):
        for name in ("l1", "features", "kl", "labels"):
            assert shared[name] == pytest.approx(alone[name], rel=0.01), name


def _quiet() -> dict[str, str]:
    import os

    return {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


def _built(config: GenerateRecipe, data: Any) -> State:
    torch.manual_seed(0)
    return training.build(config, data)


class _Means(torch.nn.Module):
    """A stand-in for frozen features: the mean colours of a 4x4 grid."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = torch.nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> list[Tensor]:
        return [torch.nn.functional.adaptive_avg_pool2d(x, 4).flatten(1)[:, :, None, None]]
