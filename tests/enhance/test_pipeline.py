"""Enhance as a whole, with networks that know nothing: sizes, strength, white, colour, transparency, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from contracts import assert_contract
from PIL import Image

from gan.api import Studio
from gan.core.contract import Context, Model
from gan.core.errors import ConfigError, InputError, WeightsError
from gan.enhance.adjust import Adjustments
from gan.enhance.network import EnhanceConfig, EnhanceNet
from gan.enhance.pipeline import MAX_OUTPUT_PIXELS, EnhanceRequest, enhance
from gan.imaging.io.codec import decode
from gan.imaging.picture import Picture
from gan.models.blocks import fuse


@pytest.fixture(scope="module")
def studio(tiny_weights: Path) -> Studio:
    return Studio("cpu", weights_dir=tiny_weights)


def _picture(height: int = 40, width: int = 52, *, alpha: bool = False) -> Picture:
    generator = torch.Generator().manual_seed(height * width)
    rgb = (torch.rand(1, 3, height, width, generator=generator) * 255).round() / 255
    cover = None
    if alpha:
        cover = torch.zeros(1, 1, height, width)
        cover[..., height // 4 :, width // 4 :] = 1
    return Picture(rgb, cover, name="a.png")


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("scale", [1, 2, 4])
def test_contract(studio: Studio, scale: int, alpha: bool) -> None:
    result = assert_contract(studio, EnhanceRequest(picture=_picture(alpha=alpha), scale=scale))
    assert list(result.weights) == [f"enhance-x{scale}"]
    assert result.picture.rgb.shape == (1, 3, 40 * scale, 52 * scale)
    if alpha:
        assert result.picture.alpha is not None
        assert result.picture.alpha.shape == (1, 1, 40 * scale, 52 * scale)
        assert result.image.mode == "RGBA"


@pytest.mark.parametrize("size", [(1, 1), (1, 37), (37, 1), (2, 3), (257, 131)])
@pytest.mark.parametrize("scale", [1, 4])
def test_odd_sizes(studio: Studio, size: tuple[int, int], scale: int) -> None:
    result = studio.run(EnhanceRequest(picture=_picture(*size), scale=scale))
    assert result.picture.rgb.shape[2:] == (size[0] * scale, size[1] * scale)


@pytest.mark.parametrize(
    ("wanted", "size", "model"),
    [
        ({"width": 104}, (80, 104), "enhance-x2"),
        ({"width": 100}, (77, 100), "enhance-x2"),
        ({"height": 41}, (41, 53), "enhance-x2"),
        ({"width": 208}, (160, 208), "enhance-x4"),
        ({"width": 26}, (20, 26), "enhance-x1"),
        ({"width": 1}, (1, 1), "enhance-x1"),
    ],
)
def test_exact_size(studio: Studio, wanted: dict[str, int], size: tuple[int, int], model: str) -> None:
    result = studio.run(EnhanceRequest(picture=_picture(), **wanted))
    assert result.picture.rgb.shape[2:] == size
    assert list(result.weights) == [model]
    assert result.details["size"] == [size[1], size[0]]


def test_strength_zero_is_the_input_and_runs_no_network(studio: Studio) -> None:
    picture = _picture(alpha=True)
    result = studio.run(EnhanceRequest(picture=picture, scale=1, strength=0))
    assert result.weights == {}
    assert torch.equal(result.picture.rgb, picture.rgb)
    assert picture.alpha is not None
    assert result.picture.alpha is not None
    assert torch.equal(result.picture.alpha, picture.alpha)


@pytest.mark.parametrize("scale", [1, 2])
def test_strength_is_continuous(studio: Studio, scale: int) -> None:
    def at(strength: float) -> torch.Tensor:
        return studio.run(EnhanceRequest(picture=_picture(), scale=scale, strength=strength)).picture.rgb

    none, little, half, most, full = (at(s) for s in (0, 1e-4, 0.5, 0.9999, 1))
    torch.testing.assert_close(little, none, atol=2e-3, rtol=0)
    torch.testing.assert_close(most, full, atol=2e-3, rtol=0)
    assert (half - none).abs().mean() == pytest.approx(float((full - half).abs().mean()), rel=0.35)


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_white_stays_white_and_the_average_colour_stays(studio: Studio, scale: int) -> None:
    picture = _picture(64, 64)
    picture.rgb[:, :, :20] = 1
    result = studio.run(EnhanceRequest(picture=picture, scale=scale)).picture.rgb
    assert bool((result[:, :, : 20 * scale] == 1).all())
    shift = (result.mean((2, 3)) - picture.rgb.mean((2, 3))).abs().max()
    assert shift < 1 / 255


def test_transparent_pixels_do_not_bleed(studio: Studio) -> None:
    picture = _picture(48, 48, alpha=True)
    picture.rgb[:] = 0.5
    other = picture.rgb.clone()
    assert picture.alpha is not None
    other[:, :, :12] = torch.tensor([1.0, 0, 1])[None, :, None, None]
    other[:, :, :, :12] = torch.tensor([1.0, 0, 1])[None, :, None, None]
    results = [
        studio.run(EnhanceRequest(picture=Picture(rgb, picture.alpha), scale=2)).picture for rgb in (picture.rgb, other)
    ]
    assert torch.equal(results[0].rgb[..., 24:, 24:], results[1].rgb[..., 24:, 24:])
    cover = results[0].alpha
    assert cover is not None
    assert bool((cover[..., 40:, 40:] == 1).all())
    assert bool((cover[..., :8, :8] == 0).all())


def test_tiled_equals_whole(tiny_weights: Path) -> None:
    torch.manual_seed(3)
    network = fuse(EnhanceNet(EnhanceConfig(scale=2, channels=8, blocks=2))).eval()
    torch.nn.init.normal_(network.tail.weight, std=0.05)
    model = Model("m", "0" * 64, network, scale=2, multiple=2, context_px=EnhanceNet.CONTEXT_PX)
    request = EnhanceRequest(picture=_picture(131, 203), scale=2)
    with torch.inference_mode():
        whole, tiled = (
            enhance(request, Context(torch.device("cpu"), lambda _: model, tile_px=side)).pictures[0].rgb
            for side in (512, 48)
        )
    assert (whole - tiled).abs().max() < 1 / 255


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"scale": 3}, "scale: 3; 1, 2 or 4"),
        ({"strength": 1.01}, "strength: 1.01"),
        ({"strength": -0.1}, "strength"),
        ({"strength": float("nan")}, "strength: nan"),
        ({"width": 0}, "width: 0 px from 52 px"),
        ({"width": 209}, "width: 209 px from 52 px; 1 to 208 px"),
        ({"height": 161}, "height: 161 px from 40 px"),
        ({"width": 60, "height": 60}, "one of the two"),
        ({"seed": -1}, "seed: -1"),
    ],
)
def test_refusals_say_what_came_and_what_is_allowed(options: dict[str, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        EnhanceRequest(picture=_picture(), **options)  # type: ignore[arg-type]


def test_an_output_that_is_too_large_is_refused_at_once() -> None:
    side = int((MAX_OUTPUT_PIXELS / 16) ** 0.5)
    EnhanceRequest(picture=Picture(torch.zeros(1, 1, 1, 1).expand(1, 3, side, side)), scale=4)
    with pytest.raises(InputError, match="200 megapixels"):
        EnhanceRequest(picture=Picture(torch.zeros(1, 1, 1, 1).expand(1, 3, side, side + 9)), scale=4)


def test_a_missing_model_is_said(studio: Studio) -> None:
    with pytest.raises(WeightsError, match="no-such-model"):
        studio.run(EnhanceRequest(picture=_picture(), model="no-such-model"))


def test_auto_reports_what_it_chose(studio: Studio) -> None:
    dull = Picture(_picture().rgb * 0.3 + 0.1)
    result = studio.run(EnhanceRequest(picture=dull, scale=1, adjustments=Adjustments(auto=True)))
    chosen = result.details["adjustments"]
    assert chosen["auto"] is False
    assert chosen["exposure"] > 0
    by_hand = studio.run(EnhanceRequest(picture=dull, scale=1, adjustments=Adjustments(**chosen)))
    assert torch.equal(result.picture.rgb, by_hand.picture.rgb)


def test_the_request_is_not_changed(studio: Studio) -> None:
    picture = _picture(alpha=True)
    before = picture.rgb.clone()
    studio.run(EnhanceRequest(picture=picture, scale=1, strength=0, adjustments=Adjustments(sharpness=1, exposure=1)))
    studio.run(EnhanceRequest(picture=Picture(picture.rgb), scale=1, strength=0, adjustments=Adjustments(sharpness=1)))
    assert torch.equal(picture.rgb, before)


def test_python_takes_pil_and_paths_and_gives_pil(studio: Studio, tmp_path: Path) -> None:
    image = Image.new("RGBA", (10, 8), (200, 10, 30, 128))
    image.save(tmp_path / "a.png")
    from_pil, from_path = studio.enhance(image, scale=2), studio.enhance(tmp_path / "a.png", scale=2)
    assert from_pil.image.size == (20, 16)
    assert from_pil.image.mode == "RGBA"
    assert from_pil.image.tobytes() == from_path.image.tobytes()
    assert decode(image).name == from_pil.picture.name


@pytest.mark.parametrize("field", [{"scale": 3}, {"channels": 0}, {"blocks": 0}, {"unshuffle": 0}])
def test_networks_that_make_no_sense(field: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="network"):
        EnhanceConfig(**({"scale": 2} | field))


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_network_begins_as_bicubic_interpolation_and_all_of_it_learns(scale: int) -> None:
    torch.manual_seed(0)
    network = EnhanceNet(EnhanceConfig(scale=scale, channels=8, blocks=1))
    x = torch.rand(2, 3, 6, 10)
    y = network(x)
    assert y.shape == (2, 3, 6 * scale, 10 * scale)
    base = x if scale == 1 else torch.nn.functional.interpolate(x, scale_factor=scale, mode="bicubic")
    torch.testing.assert_close(y, base, atol=0.1, rtol=0)
    (y - torch.rand_like(y)).square().mean().backward()
    assert all(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in network.parameters())
