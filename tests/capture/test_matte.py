"""Two grounds: a glass of known cover and color comes back, shifted or not, with noise or without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import torch
from pages import within_a_loop

import gan
from examples.capture_glass import glass, linear, on_ground
from gan.capture.matte import HIGHLIGHTS, MatteRequest, matte
from gan.capture.page.tab import build
from gan.cli.main import main
from gan.core.contract import Context, Result, run
from gan.core.errors import InputError
from gan.core.option import parameters
from gan.edit.background import laid_on
from gan.imaging.color import to_srgb
from gan.imaging.io.codec import Encoding, decode, write
from gan.imaging.picture import Picture

SIZE = (140, 170)


def made(black: Picture, white: Picture, **options: Any) -> Result:
    request = MatteRequest(picture=black, on_white=white, **options)
    return run(matte, request, Context(torch.device("cpu"), None), task="matte")  # type: ignore[arg-type]


@pytest.mark.parametrize(("shift", "noise"), [((0.0, 0.0), 0.0), ((2.3, -1.6), 0.0), ((0.4, 2.3), 0.003)])
def test_known_cover_and_color_come_back_and_the_shift_is_found(shift: tuple[float, float], noise: float) -> None:
    alpha, color = glass(*SIZE)
    black = on_ground(alpha, color, 0.004, noise, 1)
    white = on_ground(*glass(*SIZE, *shift), 0.85, noise, 2)
    result = made(black, white)
    assert result.details["shift"] == pytest.approx([-shift[0], -shift[1]], abs=0.1)
    found = result.picture
    assert found.alpha is not None
    assert float((found.alpha - alpha).abs().mean()) < (0.0015 if noise else 0.0004)
    assert float((found.alpha - alpha).abs().max()) < 0.03
    assert float(((linear(found) - color) * alpha).abs().mean()) < (0.0015 if noise else 0.0004)
    # The bare ground is exactly clear, and what nothing shines through exactly opaque.
    assert float((found.alpha[alpha < 1e-4] == 0).float().mean()) > 0.97


def test_without_alignment_a_shift_spoils_the_cover() -> None:
    alpha, color = glass(*SIZE)
    black, white = on_ground(alpha, color, 0.004), on_ground(*glass(*SIZE, 2.3, 0), 0.85)
    apart, aligned = (made(black, white, align=align) for align in (False, True))
    wrong, right = (float((each.picture.alpha - alpha).abs().mean()) for each in (apart, aligned))
    assert wrong > 20 * right
    assert apart.details["shift"] == [0, 0]


def test_encoded_cover_of_clear_glass_laid_on_the_grounds_gives_the_two_shots_again() -> None:
    alpha, color = glass(*SIZE)
    color = color.mean(1, keepdim=True).expand(1, 3, -1, -1)
    black, white = on_ground(alpha, color, 0.0), on_ground(alpha, color, 1.0)
    away = {}
    for blend in ("encoded", "linear"):
        found = made(black, white, blend=blend, align=False, clean=0.0).picture
        again = laid_on(found, found.alpha, "white", rgb=found.rgb)  # type: ignore[arg-type]
        away[blend] = float((again.rgb - white.rgb).abs().mean())
        again = laid_on(found, found.alpha, "#000000", rgb=found.rgb)  # type: ignore[arg-type]
        away[f"{blend} on black"] = float((again.rgb - black.rgb).abs().mean())
    assert away["encoded"] < 1e-4 > away["encoded on black"]
    assert away["linear"] > 0.002


def test_photographs_of_the_empty_grounds_serve_where_these_are_uneven() -> None:
    alpha, color = glass(*SIZE)
    uneven = 0.5 + 0.45 * torch.sin(torch.linspace(0, 9, SIZE[1])).view(1, 1, 1, -1)
    light = color * alpha + (1 - alpha) * uneven
    white, empty = (Picture(to_srgb(x.double()).float()) for x in (light, uneven.expand(1, 3, *SIZE)))
    black = on_ground(alpha, color, 0.004)
    with_it = made(black, white, empty_white=empty, align=False)
    assert float((with_it.picture.alpha - alpha).abs().mean()) < 0.001
    assert float((made(black, white, align=False).picture.alpha - alpha).abs().mean()) > 0.02


def test_highlights_become_opaque_and_are_told() -> None:
    alpha, color = glass(*SIZE)
    shine = torch.zeros(1, 1, *SIZE)
    shine[:, :, 60:64, 60:64] = 0.4
    shots = [on_ground(alpha, color, ground) for ground in (0.004, 0.5)]
    shots = [shot.with_pixels(to_srgb((linear(shot) + shine).clamp(0, 1)), None) for shot in shots]
    result = made(*shots, align=False)
    assert HIGHLIGHTS in result.notices
    assert float(linear(result.picture)[..., 61:63, 61:63].amax(1).min()) > 0.99


def test_what_cannot_be_is_refused_in_one_sentence() -> None:
    alpha, color = glass(*SIZE)
    black, white = on_ground(alpha, color, 0.0), on_ground(alpha, color, 1.0)
    with pytest.raises(InputError, match="on_white: it is darker than the shot on black"):
        made(white, black)
    with pytest.raises(InputError, match="about equally bright"):
        made(black, black)
    with pytest.raises(InputError, match="on_white: 20 x 20 px, on black 170 x 140 px; shots of one size are needed"):
        made(black, Picture(torch.ones(1, 3, 20, 20)))


def test_a_folder_of_pairs_and_python_give_the_same_pixels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    alpha, color = glass(*SIZE)
    for name in ("a", "b"):
        write(on_ground(alpha, color, 0.0), f"black/{name}.jpg", Encoding(file_format="jpeg", quality=100))
        write(on_ground(alpha, color, 1.0), f"white/{name}.png", Encoding(file_format="png"))
    assert main(["matte", "black", "--on-white", "white", "-o", "out"]) == 0
    assert "moved by" in capsys.readouterr().out
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.png", "b.png"]
    python = gan.Studio("cpu").matte("black/a.jpg", "white/a.png").image
    assert python.mode == "RGBA"
    assert decode(python).rgb.equal(decode("out/a.png").rgb)
    Path("white/b.png").unlink()
    assert main(["matte", "black", "--on-white", "white", "-o", "again"]) == 2
    assert "black/b.jpg: on_white: none for b.jpg in white; a file of the same name" in capsys.readouterr().err


def test_the_page_begins_with_what_browsers_mix_and_programs_with_linear_light() -> None:
    def make() -> gr.Blocks:
        with gr.Blocks(analytics_enabled=False) as page:
            build(lambda *_, **__: None)  # type: ignore[arg-type,return-value]
        return page

    blocks = within_a_loop(make).blocks.values()
    blend = next(block for block in blocks if block.elem_id == "capture-matte-blend")
    assert blend.value == "encoded"
    assert next(option.default for option in parameters(MatteRequest) if option.name == "blend") == "linear"
