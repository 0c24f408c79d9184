"""From pictures to latents: the search helps, stops when told, takes any picture, and its latent draws the picture."""

from __future__ import annotations

import dataclasses
import json
import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from contracts import assert_contract
from PIL import Image

from gan.api import Studio
from gan.core.contract import Context, Model, run
from gan.core.errors import Cancelled, InputError, WeightsError
from gan.generate.classical_network import ClassicalConfig, ClassicalNet
from gan.generate.interpolation import FilmRequest
from gan.generate.latent import Latent
from gan.generate.projection import MAX_STEPS, NOT_APART, ProjectRequest, framed, project
from gan.imaging.io.codec import decode
from gan.imaging.picture import Picture


@pytest.fixture(scope="module")
def studio(tiny_generator: Path) -> Studio:
    return Studio("cpu", weights_dir=tiny_generator)


@pytest.fixture(scope="module")
def own(studio: Studio) -> Picture:
    """A picture that the network made."""
    return studio.generate(category="lamp", seed=3, size=64).picture


def test_the_first_thing_that_a_studio_does_may_be_a_projection(tiny_generator: Path, own: Picture) -> None:
    """The network is then loaded on the way, and has to take part in gradients all the same."""
    result = Studio("cpu", weights_dir=tiny_generator).run(ProjectRequest(picture=own, steps=2, size=64))
    assert result.details["latent"].offsets


def test_contract(studio: Studio, own: Picture) -> None:
    picture = dataclasses.replace(own, name="photo.jpg")
    result = assert_contract(studio, ProjectRequest(picture=picture, steps=3, size=64))
    assert result.picture.name == "photo-projected.png"
    assert result.picture.rgb.shape == (1, 3, 64, 64)
    assert result.record["request"]["picture"] == "photo.jpg"
    assert result.details["category"] in ("chair", "lamp")


def test_the_search_improves_on_the_guess(studio: Studio, own: Picture) -> None:
    found = {
        steps: studio.run(ProjectRequest(picture=own, category="lamp", steps=steps, size=64)).details["psnr"]
        for steps in (0, 1, 40)
    }
    assert found[1] == pytest.approx(found[0], abs=1e-4)
    assert found[40] > found[0] + 1


def test_the_latent_draws_the_projected_picture_and_survives_json(studio: Studio, own: Picture) -> None:
    for steps in (0, 4):
        result = studio.run(ProjectRequest(picture=own, steps=steps, size=64))
        latent = Latent.from_record(json.loads(json.dumps(result.record))["details"]["latent"])
        assert latent == result.details["latent"]
        assert len(latent.offsets) == (6 if steps else 0)
        assert torch.equal(studio.generate(latent=latent, size=64).picture.rgb, result.picture.rgb)


def test_a_product_that_fills_the_frame_is_drawn_as_it_was_found(studio: Studio) -> None:
    """Its size and its lightness lie beyond where the sliders go; sliders at zero leave them there."""
    white = Picture(torch.full((1, 3, 40, 40), 0.99))
    result = studio.run(ProjectRequest(picture=white, steps=2, size=64))
    assert torch.equal(studio.generate(latent=result.details["latent"], size=64).picture.rgb, result.picture.rgb)


def test_a_projected_product_can_be_filmed(studio: Studio, own: Picture) -> None:
    result = studio.run(ProjectRequest(picture=own, steps=3, size=64))
    latent = result.details["latent"]
    frames = studio.run(FilmRequest(seeds=(1,), latents=(latent,), frames=2, loop=False, size=64)).pictures
    assert torch.equal(frames[-1].rgb, result.picture.rgb)


def test_stop_is_obeyed_between_steps(studio: Studio, own: Picture) -> None:
    cancel = threading.Event()
    seen: list[int] = []

    def progress(done: int, _total: int, _what: str) -> None:
        seen.append(done)
        if done == 2:
            cancel.set()

    with pytest.raises(Cancelled):
        studio.run(ProjectRequest(picture=own, steps=50, size=64), progress=progress, cancel=cancel)
    assert seen == [0, 1, 2]


def _save(path: Path, mode: str, size: tuple[int, int]) -> Path:
    image = Image.new("RGBA", size, (255, 255, 255, 0))
    width, height = size
    image.paste((40, 90, 160, 255), (width // 4, 0, max(width * 3 // 4, width // 4 + 1), max(height // 2, 1)))
    image.convert(mode).save(path)
    return path


@pytest.mark.parametrize(
    ("mode", "size"),
    [("RGBA", (40, 40)), ("LA", (20, 50)), ("L", (33, 33)), ("RGB", (90, 20)), ("RGB", (2, 3)), ("1", (9, 9))],
)
def test_any_picture_can_be_projected(studio: Studio, tmp_path: Path, mode: str, size: tuple[int, int]) -> None:
    result = studio.project(_save(tmp_path / "a.png", mode, size), steps=2, size=64)
    assert result.picture.rgb.shape == (1, 3, 64, 64)
    assert result.details["psnr"] > 0
    json.dumps(result.record, allow_nan=False)


def test_a_picture_is_framed_as_a_square_on_its_ground(tmp_path: Path) -> None:
    wide = torch.full((1, 3, 20, 60), 0.8)
    wide[..., 5:15, 20:40] = 0.2
    x = framed(Picture(wide), 60)
    assert x.shape == (1, 4, 60, 60)
    assert torch.allclose(x[:, :3, :20], torch.tensor(0.8), atol=1e-5)
    assert torch.allclose(x[0, :3, 30, 30], torch.tensor(0.2), atol=1e-5)
    assert x[0, 3, 0, 0] == 0
    assert x[0, 3, 30, 30] == 1
    clear = decode(_save(tmp_path / "a.png", "RGBA", (40, 40)))
    y = framed(clear, 40)
    assert y[0, :, 35, 35].tolist() == [1, 1, 1, 0]
    assert y[0, :, 10, 20].tolist() == pytest.approx([40 / 255, 90 / 255, 160 / 255, 1], abs=1e-5)


@pytest.mark.parametrize("sides", [(60, 60), (40, 90)])
def test_a_product_that_cannot_be_told_from_its_ground_is_named(studio: Studio, sides: tuple[int, int]) -> None:
    height, width = sides
    busy = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))
    plain = torch.full((1, 3, height, width), 0.9)
    plain[..., 12:30, 12:30] = 0.2
    covered = torch.zeros(1, 1, height, width)
    covered[..., 12:30, 12:30] = 1
    for picture, told in ((Picture(busy), (NOT_APART,)), (Picture(plain), ()), (Picture(busy, covered), ())):
        assert studio.run(ProjectRequest(picture=picture, steps=1, size=64)).notices == told


def test_a_small_product_in_a_corner_is_encoded_like_a_large_one(studio: Studio) -> None:
    network = studio.load("generate-catalogue").network
    large = torch.ones(1, 4, 64, 64)
    large[:, 3] = 0
    large[..., 12:52, 12:52] = torch.tensor([0.7, 0.2, 0.2, 1.0])[None, :, None, None]
    small = torch.ones(1, 4, 64, 64)
    small[:, 3] = 0
    small[..., 4:16, 44:56] = torch.tensor([0.7, 0.2, 0.2, 1.0])[None, :, None, None]
    codes = [
        torch.tensor(
            studio.run(ProjectRequest(picture=Picture(x[:, :3], x[:, 3:]), steps=0, size=64)).details["latent"].z
        )
        for x in (large, small)
    ]
    with torch.inference_mode():
        plain = [network.encoder(x).mean[0] for x in (large, small)]
    assert (codes[0] - codes[1]).norm() < 0.5 * (plain[0] - plain[1]).norm()


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"steps": -1}, "steps"),
        ({"steps": MAX_STEPS + 1}, "steps"),
        ({"size": 63}, "size"),
        ({"size": 513}, "size"),
        ({"seed": -1}, "seed"),
    ],
)
def test_values_outside_are_refused(own: Picture, options: dict[str, Any], word: str) -> None:
    with pytest.raises(InputError, match=word):
        ProjectRequest(picture=own, **options)


def test_an_unknown_category_and_another_model_are_refused(studio: Studio, own: Picture) -> None:
    with pytest.raises(InputError, match='"hat"; chair, lamp are known'):
        studio.run(ProjectRequest(picture=own, category="hat"))
    with pytest.raises(WeightsError, match="does not generate"):
        studio.run(ProjectRequest(picture=own, model="enhance-x1"))


def test_a_wanted_category_is_kept(studio: Studio, own: Picture) -> None:
    for category in ("chair", "lamp"):
        result = studio.run(ProjectRequest(picture=own, category=category, steps=1, size=64))
        assert result.details["category"] == result.details["latent"].category == category


def test_the_classical_network_is_searched_from_its_mean(own: Picture) -> None:
    torch.manual_seed(0)
    network = ClassicalNet(ClassicalConfig(resolution=64, latent=6, filters=4)).eval().requires_grad_(False)
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.bias.normal_()
            layer.running_var.fill_(1e-3)  # type: ignore[union-attr]
    context = Context(torch.device("cpu"), lambda _: Model("m", "ab" * 32, network))
    results = [
        run(project, ProjectRequest(picture=own, steps=steps, size=64, model="m"), context, task="project")
        for steps in (0, 20)
    ]
    assert results[1].details["psnr"] > results[0].details["psnr"]
    assert results[0].details["latent"].z == (0.0,) * 6
