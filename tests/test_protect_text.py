"""Protected text: Enhance only resizes it, Stylize leaves it; without the extra [ocr] there is one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageDraw, ImageFont

from gan.__main__ import main
from gan.api import Studio
from gan.core.contract import Request
from gan.core.errors import InputError
from gan.enhance.pipeline import EnhanceRequest
from gan.imaging import ocr
from gan.imaging.io.codec import decode
from gan.imaging.picture import Picture
from gan.imaging.resize import resize
from gan.stylize.pipeline import Style, StylizeRequest

LINE = ocr.Line("SALE", 0.9, ((12.0, 10.0), (40.0, 10.0), (40.0, 20.0), (12.0, 20.0)))
FAR_PX = 2 * ocr.EDGE_PX + 3
"""At this distance from a line nothing is protected any more."""


@pytest.fixture(scope="module")
def studio(tiny_weights: Path) -> Studio:
    return Studio("cpu", weights_dir=tiny_weights)


@pytest.fixture
def one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "installed", lambda: True)
    monkeypatch.setattr(ocr, "read_lines", lambda _, *, least: (LINE,) if least == ocr.LEAST_PROTECTED else ())


@pytest.fixture
def no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "installed", lambda: True)
    monkeypatch.setattr(ocr, "read_lines", lambda *_, **__: ())


def picture(*, alpha: bool = False) -> Picture:
    levels = torch.rand(1, 4, 40, 60, generator=torch.Generator().manual_seed(3))
    return Picture(levels[:, :3], levels[:, 3:] if alpha else None)


def stylized(**options: Any) -> StylizeRequest:
    return StylizeRequest(**{"picture": picture(), "styles": (Style(picture()),), **options})


REQUESTS: list[Request] = [EnhanceRequest(picture=picture()), stylized(), stylized(kind="photographic")]


def test_the_cover_is_whole_on_a_line_soft_around_it_and_nothing_far_away(one_line: None) -> None:
    text = ocr.protected(picture())
    assert text.cover is not None
    assert text.cover.shape == (1, 1, 40, 60)
    assert bool((text.cover[0, 0, 10:20, 12:40] == 1).all())
    edge = text.cover[0, 0, 15, 41 : 41 + FAR_PX]
    assert bool((edge.diff() <= 0).all())
    assert bool(((edge > 0) & (edge < 1)).any())
    assert float(edge[-1]) == 0
    assert text.told == [["SALE", 12, 10, 40, 20]]
    half = text.outside(torch.full((1, 1, 40, 60), 0.5))
    assert half is not None
    assert (float(half[0, 0, 15, 20]), float(half[0, 0, 39, 59])) == (0, 0.5)


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize(("size", "scale"), [({"scale": 1}, 1), ({"scale": 4}, 4), ({"width": 240}, 4)])
def test_enhance_only_resizes_it(studio: Studio, one_line: None, size: dict[str, int], scale: int, alpha: bool) -> None:
    source = picture(alpha=alpha)
    result = studio.run(EnhanceRequest(picture=source, protect_text=True, **size))
    made, free = result.picture.rgb, studio.run(EnhanceRequest(picture=source, **size)).picture.rgb
    plain = studio.run(EnhanceRequest(picture=source, strength=0.0, **size)).picture.rgb
    inside = (slice(None), slice(None), slice(11 * scale, 19 * scale), slice(13 * scale, 39 * scale))
    torch.testing.assert_close(made[inside], plain[inside], atol=1e-6, rtol=0)
    assert not torch.allclose(free[inside], plain[inside], atol=1e-5, rtol=0)
    below = (20 + FAR_PX) * scale
    assert torch.equal(made[:, :, below:], free[:, :, below:])
    assert result.details["text"] == [["SALE", 12, 10, 40, 20]]
    assert "Lines of text that were protected: 1" in result.notices
    if not alpha:
        enlarged = resize(source.rgb, 40 * scale, 60 * scale)
        torch.testing.assert_close(made[inside], enlarged[inside], atol=1e-6, rtol=0)


@pytest.mark.parametrize("options", [{}, {"kind": "photographic"}, {"strength": 0.6}, {"where": "product"}])
def test_stylize_leaves_it(studio: Studio, one_line: None, options: dict[str, Any]) -> None:
    alpha = torch.zeros(1, 1, 40, 60)
    alpha[:, :, :, 5:55] = 1
    source = Picture(picture().rgb, alpha) if "where" in options else picture()
    result = studio.run(stylized(picture=source, protect_text=True, **options))
    made, free = result.picture.rgb, studio.run(stylized(picture=source, **options)).picture.rgb
    inside = (slice(None), slice(None), slice(10, 20), slice(12, 40))
    assert torch.equal(made[inside], source.rgb[inside])
    assert not torch.equal(free[inside], source.rgb[inside])
    assert torch.equal(made[:, :, 20 + FAR_PX :], free[:, :, 20 + FAR_PX :])
    assert result.details["text"] == [["SALE", 12, 10, 40, 20]]


@pytest.mark.parametrize("request_", REQUESTS)
def test_without_text_nothing_changes_and_that_is_said(studio: Studio, no_line: None, request_: Any) -> None:
    result = studio.run(request_.replaced(protect_text=True))
    assert torch.equal(result.picture.rgb, studio.run(request_).picture.rgb)
    assert (result.details["text"], result.notices[-1]) == ([], "No text was found to protect")


@pytest.mark.parametrize("request_", REQUESTS)
def test_without_the_extra_there_is_one_sentence(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, request_: Any
) -> None:
    monkeypatch.setattr(ocr, "installed", lambda: False)
    said = r"protect_text: .* is not installed; protecting text requires it\. Turn this off, or run: pip"
    with pytest.raises(InputError, match=said):
        studio.run(request_.replaced(protect_text=True))
    assert "text" not in studio.run(request_).details


def test_the_command_says_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ocr, "installed", lambda: False)
    Image.new("RGB", (32, 32)).save(tmp_path / "a.png")
    assert main(["enhance", str(tmp_path / "a.png"), "-o", str(tmp_path / "b.png"), "--protect-text"]) == 2
    assert "protecting text requires it" in capsys.readouterr().err


def test_the_real_reader_protects_a_label(studio: Studio) -> None:
    pytest.importorskip(ocr.PACKAGE)
    image = Image.new("RGB", (240, 96), (200, 180, 160))
    ImageDraw.Draw(image).text((30, 30), "BIG SALE 2026", fill="black", font=ImageFont.load_default(24))
    source = decode(image)
    result = studio.run(EnhanceRequest(picture=source, scale=1, protect_text=True))
    (line,) = result.details["text"]
    assert "SALE" in line[0]
    _, left, top, right, bottom = line
    inside = (slice(None), slice(None), slice(top + 1, bottom - 1), slice(left + 1, right - 1))
    torch.testing.assert_close(result.picture.rgb[inside], source.rgb[inside], atol=1e-6, rtol=0)
