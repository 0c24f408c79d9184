"""Color card: found in perspective and upside down, a known cast is undone, and what is no card is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import gan
from examples.capture_card import CAST, photograph
from gan.capture.card_finder import find_card
from gan.capture.card_values import LAB, ciede2000, lab_of, linear_of
from gan.capture.colorcard import GRAY_TAKEN, ColorcardRequest, colorcard
from gan.cli.main import main
from gan.core.contract import Context, Result, run
from gan.core.errors import InputError
from gan.imaging.color import to_linear, to_srgb
from gan.imaging.io.codec import Encoding, decode, write
from gan.imaging.picture import Picture

STRAIGHT = [(120.0, 90.0), (360.0, 90.0), (360.0, 250.0), (120.0, 250.0)]
TILTED = [(110.0, 70.0), (380.0, 110.0), (350.0, 300.0), (90.0, 240.0)]
UPSIDE_DOWN = [(370.0, 270.0), (100.0, 300.0), (130.0, 90.0), (340.0, 70.0)]
UPRIGHT = [(300.0, 60.0), (310.0, 320.0), (130.0, 300.0), (140.0, 80.0)]


def made(picture: Picture, card: Picture | None = None, **options: Any) -> Result:
    request = ColorcardRequest(picture=picture, card=card, **options)
    return run(colorcard, request, Context(torch.device("cpu"), None), task="colorcard")  # type: ignore[arg-type]


def plain(linear: Any) -> Picture:
    seen = torch.tensor(np.asarray(linear)).float().view(1, 3, 1, 1).expand(1, 3, 8, 8)
    return Picture(to_srgb(seen.clamp(0, 1)).contiguous())


def test_colors_go_to_lab_under_d50_and_back() -> None:
    assert lab_of(np.ones((1, 3))) == pytest.approx(np.array([[100, 0, 0]]), abs=0.02)
    for edition in LAB.values():
        assert lab_of(linear_of(edition)) == pytest.approx(edition, abs=1e-6)
    # Published sRGB values of the card's dark skin and neutral 5, in 8 bits (BabelColor).
    encoded = 255 * to_srgb(torch.from_numpy(linear_of(LAB["old"])[[0, 21]]))
    assert encoded.numpy() == pytest.approx(np.array([[115, 82, 68], [122, 122, 121]]), abs=2.5)
    blues = np.array([[50.0, 2.6772, -79.7751]]), np.array([[50.0, 0, -82.7485]])
    assert ciede2000(*blues) == pytest.approx(2.0425, abs=1e-4)


@pytest.mark.parametrize("corners", [STRAIGHT, TILTED, UPSIDE_DOWN, UPRIGHT])
def test_the_card_is_found_wherever_it_lies(corners: list[tuple[float, float]]) -> None:
    card = find_card(photograph(corners).rgb)
    assert card is not None
    assert card.corners == pytest.approx(np.array(corners), abs=1.5)
    assert card.colors == pytest.approx((linear_of(LAB["new"]) @ CAST.T).clip(0, 1), abs=0.004)


def test_a_known_cast_is_undone_in_the_card_and_in_other_pictures() -> None:
    shot = photograph(TILTED)
    result = made(shot)
    assert result.details["card"] == "24"
    assert result.details["delta_e_before"]["mean"] > 10
    assert result.details["delta_e"]["mean"] < 0.7
    assert np.array(result.details["matrix"]) @ CAST == pytest.approx(np.eye(3), abs=0.04)
    thing = np.array([0.4, 0.2, 0.1])
    other = made(plain(CAST @ thing), shot)
    assert to_linear(other.picture.rgb)[0, :, 4, 4].numpy() == pytest.approx(thing, abs=0.01)


def test_each_fit_corrects_what_it_says() -> None:
    shot = photograph(STRAIGHT)
    bent = shot.with_pixels(to_srgb(to_linear(shot.rgb) ** 0.75), None)
    left = {fit: made(bent, fit=fit).details["delta_e"]["mean"] for fit in ("white_balance", "matrix", "curve")}
    assert left["curve"] < 1 < left["matrix"] < left["white_balance"]
    same = made(shot, exposure=False).picture.rgb
    gray = slice(225, 235), slice(252, 262)  # neutral 6.5
    luminance = torch.tensor([0.2126, 0.7152, 0.0722])
    before, after = (to_linear(x)[0, :, gray[0], gray[1]].mean((1, 2)) @ luminance for x in (shot.rgb, same))
    assert float(after) == pytest.approx(float(before), rel=0.03)


def test_pure_white_stays_white_and_16_bits_are_kept() -> None:
    other = Picture(torch.ones(1, 3, 4, 4), bits=16)
    result = made(other, photograph(TILTED))
    assert bool((result.picture.rgb == 1).all())
    assert result.picture.bits == 16


def test_a_gray_card_sets_white_balance_and_exposure() -> None:
    y, x = torch.meshgrid(torch.arange(200.0), torch.arange(260.0), indexing="ij")
    light = (0.5 + 0.2 * torch.sin(x / 4) * torch.sin(y / 3)).expand(3, -1, -1).clone()
    light[:, 60:140, 80:190] = 0.18
    cast = torch.tensor([0.9, 0.7, 0.5]).view(3, 1, 1)
    shot = Picture(to_srgb((light * cast).clamp(0, 1))[None])
    result = made(shot)
    assert GRAY_TAKEN in result.notices
    assert to_linear(result.picture.rgb)[0, :, 100, 130].numpy() == pytest.approx(np.full(3, 0.18), abs=0.002)
    assert result.details["delta_e"]["mean"] < 0.3 < 5 < result.details["delta_e_before"]["mean"]
    assert GRAY_TAKEN not in made(shot, kind="gray").notices


def test_what_is_no_card_is_refused_in_one_sentence() -> None:
    noise = Picture(torch.rand(1, 3, 120, 160, generator=torch.Generator().manual_seed(0)))
    with pytest.raises(InputError, match=r"image: no color card was found; a card of 24 patches"):
        made(noise)
    with pytest.raises(InputError, match=r"card: no color card was found"):
        made(noise, noise)
    # A grid of 24 patches in other colors is no card.
    shuffled = np.random.default_rng(5).permutation(linear_of(LAB["new"]))
    with pytest.raises(InputError, match="no color card"):
        made(photograph(STRAIGHT, colors=shuffled), kind="24")
    with pytest.raises(InputError, match="overexposed or black"):
        made(photograph(STRAIGHT, cast=4 * CAST), kind="24")


def test_a_folder_is_corrected_by_one_card_and_a_recipe_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    write(photograph(TILTED), "card.png", Encoding(file_format="png"))
    write(plain(CAST @ np.array([0.4, 0.2, 0.1])), "in/a.png", Encoding(file_format="png"))
    assert main(["colorcard", "in", "--card", "card.png", "-o", "out"]) == 0
    said = capsys.readouterr().out
    assert "24 patches, CIEDE2000 " in said
    python = gan.Studio("cpu").colorcard("in/a.png", card="card.png").image
    assert decode(python).rgb.equal(decode("out/a.png").rgb)
    Path("recipe.json").write_text(
        json.dumps({"version": 1, "steps": [{"task": "colorcard", "request": {"card": "card.png"}}]})
    )
    assert main(["run", "recipe.json", "in", "-o", "again"]) == 0
    assert decode("again/a.png").rgb.equal(decode("out/a.png").rgb)
