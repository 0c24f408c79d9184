"""The classical recipe: its networks, its losses, exact resume, what is published, inversion."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from lightning.fabric import Fabric
from PIL import Image, ImageDraw
from torch import Tensor
from training_runs import assert_resumes, lines, options

from gan.core.errors import ConfigError
from gan.generate.classical_network import ClassicalConfig, ClassicalDiscriminator, ClassicalNet, from_config
from gan.generate.train import classical
from gan.generate.train.classical import PRESETS, RECIPE, ClassicalItems, ClassicalRecipe, invert, served
from gan.generate.train.recipe import GenerateData
from gan.imaging.picture import Picture
from gan.metrics.fidelity import compare
from gan.models.weights import read
from gan.training.data.catalogue import Catalogue
from gan.training.loop import train
from gan.training.recipe import State, Validation

TINY = PRESETS["dcgan-tiny"]


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Grey digits of 28x28 pixels in sub-folders named by class, as MNIST is often unpacked."""
    folder = tmp_path_factory.mktemp("digits")
    for index in range(20):
        digit = index % 10
        (folder / str(digit)).mkdir(exist_ok=True)
        picture = Image.new("L", (28, 28), 0)
        ImageDraw.Draw(picture).text((4 + index // 10, 1), str(digit), fill=255, font_size=24)
        picture.save(folder / str(digit) / f"{digit}-{index}.png")
    return folder


@pytest.fixture(scope="session")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ellipses in colours on white, 32x32 pixels, in one folder without categories."""
    folder = tmp_path_factory.mktemp("colours")
    for index in range(20):
        picture = Image.new("RGB", (32, 32), "white")
        fill = (12 * index, 255 - 9 * index, 60)
        ImageDraw.Draw(picture).ellipse((4, 6 + index // 4, 27 - index // 3, 25), fill=fill)
        picture.save(folder / f"thing-{index}.png")
    return folder


def _unlooked(_state: State, _config: ClassicalRecipe, _data: GenerateData, _device: torch.device) -> Validation:
    return Validation({}, 0.0, torch.zeros(3, 8, 8))


UNLOOKED = dataclasses.replace(RECIPE, validate=_unlooked)
"""The recipe without the seconds that a validation takes."""


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("resolution", [32, 64, 128, 256])
def test_shapes_and_ranges(resolution: int, channels: int) -> None:
    network = ClassicalNet(ClassicalConfig(resolution=resolution, channels=channels, filters=4, filters_max=8))
    judge = ClassicalDiscriminator(resolution=resolution, channels=channels, filters=4, filters_max=8)
    made = network(torch.randn(3, 100))
    assert made.shape == (3, channels, resolution, resolution)
    assert 0 <= float(made.detach().min()) < float(made.detach().max()) <= 1
    logits = judge(made)
    assert logits.shape == (3,)
    logits.sum().backward()
    for network_part in (network, judge):
        assert all(p.grad is not None and float(p.grad.abs().sum()) > 0 for p in network_part.parameters())


def test_sizes_are_those_of_the_articles() -> None:
    """128 filters at 256 pixels: 16 M with the doubling capped at 512, 185 M without."""
    sizes = {}
    with torch.device("meta"):
        for cap in (512, 2**20):
            config = ClassicalConfig(resolution=256, filters_max=cap)
            sizes[cap] = sum(p.numel() for p in ClassicalNet(config).parameters()) / 1e6
    assert sizes[512] == pytest.approx(16, abs=0.1)
    assert sizes[2**20] == pytest.approx(185, abs=0.5)
    assert ClassicalConfig(resolution=256).widths == (512, 512, 512, 512, 256, 128)
    assert ClassicalConfig(resolution=64).widths == (512, 512, 256, 128)


def test_the_preset_is_the_articles() -> None:
    recipe = PRESETS["dcgan"]
    assert next(iter(PRESETS)) == "dcgan"
    assert (recipe.resolution, recipe.latent, recipe.batch) == (256, 100, 64)
    assert (recipe.generator_filters, recipe.discriminator_filters) == (128, 64)
    state = classical.build(dataclasses.replace(TINY, learning_rate=recipe.learning_rate), _noise_data())
    for optimizer in state.optimizers.values():
        assert (optimizer.defaults["lr"], optimizer.defaults["betas"]) == (2e-4, (0.5, 0.999))
    assert RECIPE.learning_rate(recipe, 0.0) == RECIPE.learning_rate(recipe, 1.0) == 1
    sentences = RECIPE.cost(recipe)
    assert "16.0" in sentences[0]
    assert "--save-every 13 " in sentences[-1]


def test_weights_begin_small() -> None:
    torch.manual_seed(0)
    network = ClassicalNet(ClassicalConfig(resolution=32))
    for module in network.modules():
        if isinstance(module, torch.nn.ConvTranspose2d):
            assert float(module.weight.detach().std()) == pytest.approx(0.02, rel=0.05)
            assert abs(float(module.weight.detach().mean())) < 1e-3
        if isinstance(module, torch.nn.BatchNorm2d):
            assert float(module.weight.detach().mean()) == pytest.approx(1, abs=0.01)
            assert float(module.bias.detach().abs().max()) == 0


@pytest.mark.parametrize(
    "fields", [{"resolution": 48}, {"resolution": 16}, {"resolution": 512}, {"channels": 4}, {"latent": 0}]
)
def test_other_networks_are_refused(fields: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="resolution 32, 64, 128 or 256"):
        ClassicalConfig(**fields)


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ConfigError, match="nonsense"):
        from_config({"kind": "dcgan", "nonsense": 1})


def test_the_interface_of_every_generator() -> None:
    torch.manual_seed(0)
    network = ClassicalNet(ClassicalConfig(resolution=32, filters=8, filters_max=16)).eval()
    config = network.config
    assert (config.categories, config.attributes, config.layers, config.width) == (("any",), (), 1, 100)
    assert network.encoder is None
    z, attributes = network.draw(0, torch.Generator().manual_seed(3))
    again, _ = network.draw(0, torch.Generator().manual_seed(3))
    assert torch.equal(z, again)
    assert (z.shape, attributes.shape) == ((100,), (0,))
    w = network.map(torch.stack([z, -z]), attributes.expand(2, 0), torch.zeros(2, dtype=torch.int64))
    assert w.shape == (2, 1, 100)
    assert network.center(0, attributes).shape == (1, 100)
    with torch.inference_mode():
        both, alone = network.synthesize(w), network.synthesize(w[:1])
        plain = network(z[None])
        first = network.body[0](z[None, :, None, None])
    assert both.shape == (2, 4, 32, 32)
    assert 0 <= float(both.min()) <= float(both.max()) <= 1
    # Eval mode: a picture does not depend on the others of its batch.
    torch.testing.assert_close(both[:1], alone)
    torch.testing.assert_close(alone[:, :3], plain)
    (affine,) = network.style_weights()
    torch.testing.assert_close(affine @ z, first.flatten())


def test_grey_networks_are_served_in_three_equal_colours() -> None:
    network = ClassicalNet(ClassicalConfig(resolution=32, channels=1, filters=8, filters_max=16)).eval()
    with torch.inference_mode():
        made = network.synthesize(torch.randn(2, 1, 100))
    assert made.shape == (2, 4, 32, 32)
    assert torch.equal(made[:, 0], made[:, 2])


def test_the_losses_are_binary_cross_entropy_on_logits() -> None:
    state, batch = classical.build(TINY, _noise_data()), (torch.rand(4, 3, 32, 32), torch.randn(4, 8))
    # In double precision, so that sigmoid and logarithm may be taken apart by hand.
    with torch.no_grad():
        fake = state.networks["network"](batch[1])
        real_p, fake_p = (torch.sigmoid(state.networks["discriminator"](x).double()) for x in (batch[0], fake))
    by_hand = -(real_p.log().mean() + (1 - fake_p).log().mean())
    losses = classical.step(state, batch, TINY, _fabric(state))
    assert float(losses["discriminator"].detach()) == pytest.approx(float(by_hand), rel=1e-5)
    assert float(losses["d_real"]) == pytest.approx(float(torch.logit(real_p).mean()), abs=1e-5)
    assert float(losses["d_fake"]) == pytest.approx(float(torch.logit(fake_p).mean()), abs=1e-5)
    # The generator is judged by the discriminator after its step.
    with torch.no_grad():
        logits = state.networks["discriminator"](fake)
    expected = F.binary_cross_entropy_with_logits(logits, torch.ones(4))
    assert float(losses["generator"].detach()) == pytest.approx(float(expected), rel=1e-5)


def test_an_item_is_a_function_of_seed_and_number() -> None:
    catalogue = _noise_data(5).training
    items = ClassicalItems(catalogue, 3, 8, seed=1)
    expected = [items[i] for i in range(10)]
    backwards = ClassicalItems(catalogue, 3, 8, seed=1)
    for index in reversed(range(10)):
        for ours, theirs in zip(expected[index], backwards[index], strict=True):
            assert torch.equal(ours, theirs)
    pictures = [{bytes((x * 255).byte().flatten().tolist()) for x, _ in expected[i : i + 5]} for i in (0, 5)]
    assert len(pictures[0]) == len(pictures[1]) == 5, "an epoch shows every picture once"
    assert pictures[0] == pictures[1]
    assert len({float(z[0]) for _, z in expected}) == 10
    assert not torch.equal(ClassicalItems(catalogue, 3, 8, seed=2)[0][1], expected[0][1])


def test_four_steps_equal_two_and_resume_and_two(colours: Path, tmp_path: Path) -> None:
    whole = train(UNLOOKED, TINY, options(colours, tmp_path / "whole", 4, "dcgan-tiny"))
    assert_resumes(UNLOOKED, TINY, whole, options(colours, tmp_path / "halves", 4, "dcgan-tiny"))


def test_golden_losses(colours: Path, tmp_path: Path) -> None:
    """Three steps give what they gave when this was written, so a change of the recipe cannot go unnoticed."""
    train(UNLOOKED, TINY, options(colours, tmp_path, 3, "dcgan-tiny"))
    trained = lines(tmp_path, "train")
    for name, golden in GOLDEN.items():
        assert [line[name] for line in trained] == pytest.approx(golden, abs=2e-3), name


GOLDEN = {
    "discriminator": [1.3913, 1.3716, 1.3270],
    "generator": [0.8123, 0.7460, 0.7500],
    "d_real": [-0.1261, 0.0210, 0.1335],
    "d_fake": [-0.1290, -0.0117, -0.0091],
}


def test_grey_pictures_train_a_grey_network_and_are_rebuilt_from_what_is_published(
    digits: Path, tmp_path: Path
) -> None:
    state = train(RECIPE, TINY, options(digits, tmp_path, 2, "dcgan-tiny"))
    (validation,) = lines(tmp_path, "validation")
    figures = {"d_real_sign", "inversion_mse", "inversion_psnr", "inversion_ssim"}
    assert figures <= set(validation)
    assert all(math.isfinite(validation[name]) for name in figures)
    assert 0 <= validation["d_real_sign"] <= 1
    assert validation["inversion_psnr"] == pytest.approx(-10 * math.log10(validation["inversion_mse"]), abs=1)
    assert (tmp_path / "grids/step-000000002.png").is_file()
    published = read(str(tmp_path / "weights"), tmp_path)
    assert (published.config["kind"], published.config["channels"]) == ("dcgan", 1)
    rebuilt = from_config(published.config)
    published.fill(rebuilt)
    w = torch.randn(2, 1, 8)
    with torch.inference_mode():
        ours, theirs = served(state, TINY).synthesize(w), rebuilt.eval().synthesize(w)
    torch.testing.assert_close(ours[:, :3], theirs[:, :3], rtol=0, atol=1 / 255)


def test_served_statistics_are_those_of_the_average() -> None:
    """In eval mode the served network makes what its own weights make of a batch in train mode."""
    torch.manual_seed(0)
    config = dataclasses.replace(TINY, batch=64)
    state = classical.build(config, _noise_data())
    averaged = state.ema["network"].module
    averaged.body[0].weight.data.mul_(3)  # type: ignore[operator, union-attr]
    before = {key: value.clone() for key, value in state.ema["network"].state_dict().items()}
    network = served(state, config)
    z = torch.randn(64, 8)
    with torch.no_grad():
        alone, stale = network(z), averaged(z)
        together = network.train()(z)
    assert float((alone - together).abs().mean()) < 0.01
    assert float((stale - together).abs().mean()) > 0.02
    after = state.ema["network"].state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before), "looking changes nothing"
    assert averaged.training is False


def test_inversion_comes_close() -> None:
    torch.manual_seed(0)
    state = classical.build(TINY, _noise_data())
    network = served(state, TINY)
    with torch.no_grad():
        targets = network(torch.randn(3, 8))

    def quality(made: Tensor) -> list[float]:
        return [compare(Picture(a[None]), Picture(b[None]))["PSNR"] for a, b in zip(made, targets, strict=True)]

    z, mean = invert(network, targets, 0)
    assert torch.equal(z, torch.zeros(3, 8))
    found, close = invert(network, targets, 60)
    assert found.shape == (3, 8)
    assert min(after - before for before, after in zip(quality(mean), quality(close), strict=True)) > 5
    # Each picture is sought for itself.
    alone, _ = invert(network, targets[1:2], 60)
    torch.testing.assert_close(found[1:2], alone, rtol=1e-2, atol=1e-2)


def test_warm_start_takes_the_published_generator() -> None:
    torch.manual_seed(0)
    first, second = (classical.build(TINY, _noise_data()) for _ in range(2))
    published = classical.publish(first, TINY)
    (sentence,) = RECIPE.warm_start(second, published.state)
    assert sentence.startswith(f"{len(published.state)} of {len(published.state)}")
    z = torch.randn(2, 8)
    torch.testing.assert_close(served(first, TINY)(z), served(second, TINY)(z), rtol=0, atol=1 / 255)


def _noise_data(count: int = 4) -> GenerateData:
    pixels = torch.randint(256, (count, 4, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    numbers = torch.arange(count)
    names = tuple(str(n) for n in range(count))
    catalogue = Catalogue(pixels, torch.zeros_like(numbers), numbers, torch.zeros(count, 10), ("product",), names)
    return GenerateData(catalogue, catalogue)


def _fabric(state: State) -> Fabric:
    fabric = Fabric(accelerator="cpu", devices=1)
    for name in state.networks:
        state.networks[name], state.optimizers[name] = fabric.setup(state.networks[name], state.optimizers[name])
    return fabric
