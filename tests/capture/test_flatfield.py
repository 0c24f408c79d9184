"""Flat field: a known vignette and a known cast are gone, white is white, and what cannot be measured is left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import gan
from gan.capture.flatfield import NO_TABLE, OVEREXPOSED, FlatfieldRequest, flatfield, light_of
from gan.cli.main import main
from gan.core.contract import Context, Result, run
from gan.core.errors import InputError
from gan.imaging.color import to_linear, to_srgb
from gan.imaging.io.codec import Encoding, decode, write
from gan.imaging.picture import Picture

H, W = 150, 200
PRODUCT = torch.tensor([0.45, 0.12, 0.05])


def light(exposure: float = 0.8) -> Tensor:
    """cos^4 falloff towards the corners, and a lamp on the left that is warmer than the one on the right."""
    y = torch.linspace(-0.6, 0.6, H)[:, None]
    x = torch.linspace(-0.8, 0.8, W)[None]
    falloff = (1 / (1 + y**2 + x**2)) ** 2
    warm = torch.stack([1 - 0.15 * x.expand(H, W), torch.ones(H, W), 1 + 0.15 * x.expand(H, W)])
    return (exposure * falloff * warm)[None]


def shot(albedo: Tensor, lit: Tensor, noise: float = 0.003, seed: int = 0, **fields: Any) -> Picture:
    seen = albedo * lit
    seen = seen + noise * torch.randn(seen.shape, generator=torch.Generator().manual_seed(seed))
    return Picture(to_srgb(seen.clamp(0, 1)), name="a.png", **fields)


def albedo() -> Tensor:
    made = torch.ones(1, 3, H, W)
    made[:, :, 50:110, 70:130] = PRODUCT.view(1, 3, 1, 1)
    return made


def made(picture: Picture, empty: Picture, **options: Any) -> Result:
    request = FlatfieldRequest(picture=picture, flat_field=empty, **options)
    return run(flatfield, request, Context(torch.device("cpu"), None), task="flatfield")  # type: ignore[arg-type]


@pytest.mark.parametrize("flash", [0.7, 1.0, 1.15])
def test_a_known_vignette_is_gone_and_white_is_white_whatever_the_flash(flash: float) -> None:
    empty, day = shot(torch.ones(1, 3, H, W), light(), seed=1), shot(albedo(), light(0.8 * flash))
    result = made(day, empty)
    linear = to_linear(result.picture.rgb)
    corners = torch.cat([linear[:, :, :20, :20], linear[:, :, -20:, -20:]], 3)
    assert float((corners - 1).abs().mean()) < 0.004
    product = linear[0, :, 55:105, 75:125].flatten(1)
    # Even from side to side, and its own color but for the lift that covers the table's noise.
    assert torch.allclose(product.mean(1), PRODUCT, rtol=0.04)
    left, right = linear[0, :, 55:105, 75:95].mean((1, 2)), linear[0, :, 55:105, 105:125].mean((1, 2))
    assert torch.allclose(left, right, rtol=0.02)
    assert result.details["off_white_before"] == 1.0
    assert result.details["off_white"] < 0.2
    assert result.details["table"] > 0.5
    assert 1.5 < result.details["unevenness"] < 2.2
    assert not result.notices


def test_without_exposure_the_brightness_stays_and_only_the_unevenness_goes() -> None:
    empty, day = shot(torch.ones(1, 3, H, W), light(), 0, seed=1), shot(albedo(), light(0.4), 0)
    result = made(day, empty, exposure=False)
    linear = to_linear(result.picture.rgb)
    assert torch.allclose(linear[..., :20, :20].mean(), linear[..., -20:, 90:110].mean(), rtol=0.02)
    assert float(linear[..., :20, :20].mean()) == pytest.approx(0.4, rel=0.12)
    assert result.details["gains"] == [1, 1, 1]


def test_a_level_below_white_is_met() -> None:
    empty, day = shot(torch.ones(1, 3, H, W), light(), seed=1), shot(albedo(), light(0.6))
    result = made(day, empty, white=0.9)
    assert float(result.picture.rgb[..., :40].median()) == pytest.approx(0.9, abs=0.003)


def test_dust_on_the_empty_table_leaves_no_mark() -> None:
    spotted = torch.ones(1, 3, H, W)
    spotted[:, :, 20:22, 30:32] = 0.3
    clean, dusty = (light_of(shot(x, light(), 0), 0.015).field for x in (torch.ones(1, 3, H, W), spotted))
    assert float((clean - dusty).abs().max()) < 0.005


def test_the_empty_table_may_have_another_size_and_16_bits_are_kept() -> None:
    empty, day = shot(torch.ones(1, 3, H, W), light(), seed=1), shot(albedo(), light(), bits=16)
    half = empty.with_pixels(torch.nn.functional.avg_pool2d(empty.rgb, 2), None)
    whole, halved = made(day, empty).picture, made(day, half).picture
    assert halved.bits == 16
    assert float((whole.rgb - halved.rgb).abs().mean()) < 0.004


def test_a_picture_without_bare_table_keeps_its_exposure_and_an_overexposed_table_is_told() -> None:
    dark = shot(torch.full((1, 3, H, W), 0.08), light())
    result = made(dark, shot(torch.ones(1, 3, H, W), light(), seed=1))
    assert NO_TABLE in result.notices
    assert result.details["gains"] == [1, 1, 1]
    assert OVEREXPOSED in made(dark, shot(torch.ones(1, 3, H, W), light(1.6), seed=1)).notices


def test_what_cannot_be_is_refused_in_one_sentence() -> None:
    day = shot(albedo(), light())
    with pytest.raises(InputError, match="flat_field: 100 x 100 px empty table, 200 x 150 px picture; the same prop"):
        made(day, Picture(torch.ones(1, 3, 100, 100)))
    with pytest.raises(InputError, match="black in places"):
        made(day, Picture(torch.zeros(1, 3, H, W)))


def test_every_surface_gives_the_same_pixels_and_a_recipe_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, picture in (("empty", shot(torch.ones(1, 3, H, W), light(), seed=1)), ("a", shot(albedo(), light()))):
        write(picture, f"in/{name}.png", Encoding(file_format="png"))
    Path("in/empty.png").rename("empty.png")
    assert main(["flatfield", "in", "--flat-field", "empty.png", "-o", "out", "--record"]) == 0
    said = capsys.readouterr().out
    assert "light was uneven by" in said
    assert "off-white table 100.00% -> " in said
    python = gan.Studio("cpu").flatfield("in/a.png", "empty.png").image
    command = decode("out/a.png")
    assert decode(python).rgb.equal(command.rgb)
    step = json.loads(Path("out/a.png.json").read_text())
    assert step["request"]["flat_field"] == "empty.png"
    recipe = {"version": 1, "steps": [{"task": "flatfield", "request": {"flat_field": "empty.png"}}]}
    Path("recipe.json").write_text(json.dumps(recipe))
    assert main(["run", "recipe.json", "in", "-o", "again"]) == 0
    assert decode("again/a.png").rgb.equal(command.rgb)
