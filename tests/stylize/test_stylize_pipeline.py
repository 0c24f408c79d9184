"""Stylize, from a request to pixels: strength, place, kinds, odd styles, tiles, every refusal."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from contracts import assert_contract
from PIL import Image, ImageDraw
from torch import Tensor

from gan.api import Studio
from gan.core.errors import InputError
from gan.imaging.color_grading import identity
from gan.imaging.io.codec import decode
from gan.imaging.io.cube import write_cube
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture
from gan.imaging.product import to_ycc
from gan.stylize import style_transfer
from gan.stylize.network import StylizeNet
from gan.stylize.pipeline import MOST_STYLES, SCALED, SheetRequest, Style, StylizeRequest, look_of
from gan.stylize.presets import PRESETS
from gan.stylize.sources import styles_of


@pytest.fixture(scope="module")
def studio(tiny_weights: Path) -> Studio:
    return Studio("cpu", weights_dir=tiny_weights)


def picture(height_px: int = 72, width_px: int = 104, seed: int = 0) -> Picture:
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, 5, 7, generator=generator)
    rgb = torch.nn.functional.interpolate(coarse, (height_px, width_px), mode="bilinear")
    return Picture((rgb + 0.1 * torch.rand(rgb.shape, generator=generator)).clamp(0, 1))


def product() -> Picture:
    """A red chair's seat, as it were, on pure white."""
    image = Image.new("RGB", (120, 96), "white")
    ImageDraw.Draw(image).rectangle((30, 24, 89, 71), fill=(160, 40, 30), outline=(40, 10, 10))
    return decode(image)


def asked(content: Picture, *styles: Picture, **options: Any) -> StylizeRequest:
    return StylizeRequest(picture=content, styles=tuple(Style(p) for p in styles or (picture(64, 64, 9),)), **options)


@pytest.mark.parametrize("kind", ["artistic", "photographic"])
def test_the_contract(studio: Studio, kind: str) -> None:
    result = assert_contract(studio, asked(picture(), kind=kind, seed=5))
    assert (result.picture.height_px, result.picture.width_px) == (72, 104)
    assert set(result.weights) == ({"stylize"} if kind == "artistic" else set())
    assert not torch.equal(result.picture.rgb, picture().rgb)


def test_the_contract_of_a_sheet(studio: Studio) -> None:
    request = SheetRequest(picture=product(), names=tuple(PRESETS)[:3], cell_px=64)
    result = assert_contract(studio, request)
    assert len(result.pictures) == 4
    assert result.details == {"styles": list(PRESETS)[:3], "columns": 2}
    assert result.picture.width_px > 2 * 64
    assert not torch.equal(result.pictures[1].rgb, result.pictures[2].rgb)


@pytest.mark.parametrize("kind", ["artistic", "photographic"])
@pytest.mark.parametrize("preserve", [False, True])
def test_strength_0_is_the_input(studio: Studio, kind: str, preserve: bool) -> None:
    content = picture()
    result = studio.run(asked(content, kind=kind, strength=0.0, preserve_color=preserve))
    assert torch.equal(result.picture.rgb, content.rgb)


@pytest.mark.parametrize("kind", ["artistic", "photographic"])
def test_strength_is_a_straight_way(studio: Studio, kind: str) -> None:
    content = picture()
    whole, half = (studio.run(asked(content, kind=kind, strength=s)).picture.rgb for s in (1.0, 0.5))
    torch.testing.assert_close(half, (content.rgb + whole) / 2, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", ["artistic", "photographic"])
def test_the_ground_of_a_product_stays_exactly(studio: Studio, kind: str) -> None:
    content = product()
    made = studio.run(asked(content, kind=kind, where="product"))
    ground = (content.rgb == 1).all(1)[0]
    assert bool((made.picture.rgb[0][:, ground] == 1).all())
    assert not torch.equal(made.picture.rgb, content.rgb)
    assert 0.2 < made.details["covered"] < 0.3
    inside = torch.zeros(96, 120, dtype=torch.bool)
    inside[28:68, 34:86] = True
    other = studio.run(asked(content, kind=kind, where="ground")).picture.rgb
    assert torch.equal(other[0][:, inside], content.rgb[0][:, inside])
    assert not torch.equal(other, content.rgb)


def test_transparency_tells_the_product_and_is_kept(studio: Studio) -> None:
    alpha = torch.zeros(1, 1, 72, 104)
    alpha[:, :, 20:50, 30:70] = 1
    alpha[:, :, 20:50, 70:80] = 0.5
    content = Picture(picture().rgb, alpha)
    made = studio.run(asked(content, where="product")).picture
    assert made.alpha is not None
    assert torch.equal(made.alpha, alpha)
    hidden = (alpha == 0)[0, 0]
    assert torch.equal(made.rgb[0][:, hidden], content.rgb[0][:, hidden])
    assert not torch.equal(made.rgb, content.rgb)


def test_a_mask_tells_the_product(studio: Studio) -> None:
    coverage = torch.zeros(1, 1, 72, 104)
    coverage[:, :, :36] = 1
    content = picture()
    made = studio.run(asked(content, where="product", mask=Mask(coverage))).picture.rgb
    assert torch.equal(made[:, :, 36:], content.rgb[:, :, 36:])
    assert not torch.equal(made[:, :, :36], content.rgb[:, :, :36])
    empty = studio.run(asked(content, where="product", mask=Mask(torch.zeros(1, 1, 72, 104))))
    assert torch.equal(empty.picture.rgb, content.rgb)


def test_without_a_plain_ground_there_is_no_product_to_tell(studio: Studio) -> None:
    with pytest.raises(InputError, match="Add a mask, or choose the whole picture"):
        studio.run(asked(picture(), where="product"))


def test_only_what_is_covered_counts_for_the_colours(studio: Studio) -> None:
    """A product on a ground of any size gets the same colours."""
    narrow, wide = (
        np.pad(np.full((40, 40, 3), (160, 40, 30), np.uint8), ((p, p), (p, p), (0, 0)), constant_values=255)
        for p in (20, 60)
    )
    means = []
    for array in (narrow, wide):
        content = decode(Image.fromarray(array))
        made = studio.run(asked(content, kind="photographic", where="product")).picture.rgb
        centre = slice(array.shape[0] // 2 - 8, array.shape[0] // 2 + 8)
        means.append(made[:, :, centre, centre].mean((0, 2, 3)))
    torch.testing.assert_close(means[0], means[1], atol=0.01, rtol=0)


@pytest.mark.parametrize("kind", ["artistic", "photographic"])
@pytest.mark.parametrize(
    "style",
    [
        Image.new("RGB", (64, 64), (20, 90, 200)),
        Image.new("RGB", (1, 1), "orange"),
        Image.new("L", (80, 50), 90),
        Image.new("RGBA", (50, 40), (255, 0, 0, 40)),
        Image.new("RGBA", (50, 40), (255, 0, 0, 0)),
        Image.effect_noise((3000, 40), 80).convert("RGB"),
        Image.effect_noise((2600, 2600), 80),
    ],
    ids=["one colour", "1x1", "grey", "translucent", "invisible", "long", "huge"],
)
def test_odd_styles(studio: Studio, kind: str, style: Image.Image) -> None:
    result = studio.run(asked(picture(), decode(style), kind=kind))
    assert bool(result.picture.rgb.isfinite().all())


@pytest.mark.parametrize("size", [(1, 1), (1, 90), (33, 7), (200, 31)])
@pytest.mark.parametrize("kind", ["artistic", "photographic"])
def test_odd_contents(studio: Studio, kind: str, size: tuple[int, int]) -> None:
    result = studio.run(asked(picture(*size), kind=kind))
    assert (result.picture.height_px, result.picture.width_px) == size


def test_preserved_colours_move_in_lightness_only(studio: Studio) -> None:
    content = Picture(picture().rgb * 0.3 + 0.35)  # far from the gamut's border, where colours cannot all be kept
    made = studio.run(asked(content, preserve_color=True)).picture.rgb
    before, after = to_ycc(content.rgb), to_ycc(made)
    unclipped = ((made > 0) & (made < 1)).all(1, keepdim=True)
    shift = ((after - before)[:, 1:].abs() * unclipped).max()
    assert shift < 1e-4
    assert (after - before)[:, :1].abs().max() > 0.02


def test_a_smaller_content_size_keeps_the_pictures_own(studio: Studio) -> None:
    content = picture(160, 240)
    own, coarse = (studio.run(asked(content, content_px=px)).picture for px in (None, 80))
    assert coarse.rgb.shape == own.rgb.shape
    assert not torch.equal(coarse.rgb, own.rgb)
    assert torch.equal(studio.run(asked(content, content_px=240)).picture.rgb, own.rgb)


def test_strokes_keep_their_size_in_the_picture(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[tuple[int, ...]] = []
    encode = StylizeNet.style

    def noted(self: StylizeNet, style: Tensor) -> Tensor:
        looked_at.append(tuple(style.shape[2:]))
        return encode(self, style)

    monkeypatch.setattr(StylizeNet, "style", noted)
    style = picture(600, 400, 31)
    for content_px, style_px in ((200, None), (1000, None), (200, 320), (200, 2000)):
        studio.run(asked(picture(32, content_px), style, style_px=style_px))
    tiny = picture(40, 20, 32)
    studio.run(asked(picture(32, 1000), tiny))
    # 128 at least, half of the content, as asked, never enlarged when asked, twice its size at most
    assert looked_at == [(128, 80), (496, 328), (320, 208), (600, 400), (80, 40)]


def test_the_seed_places_the_strokes(studio: Studio) -> None:
    a, b, c = (studio.run(asked(picture(), seed=s)).picture.rgb for s in (1, 2, 1))
    assert torch.equal(a, c)
    assert not torch.equal(a, b)


def test_tiles_share_their_statistics(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    content = picture(200, 280)
    whole = studio.run(asked(content)).picture.rgb
    monkeypatch.setattr(style_transfer, "TILE_PX", 96)
    tiled = studio.run(asked(content)).picture.rgb
    difference = (tiled - whole).abs()
    assert difference.mean() < 0.5 / 255
    assert difference.max() < 4 / 255


def test_a_styles_code_is_made_once(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Tensor] = []
    encode = StylizeNet.style

    def counted(self: StylizeNet, style: Tensor) -> Tensor:
        made.append(style)
        return encode(self, style)

    monkeypatch.setattr(StylizeNet, "style", counted)
    style = picture(64, 64, 77)
    for content in (picture(), picture(seed=3), picture()):
        studio.run(asked(content, style))
    assert len(made) == 1
    studio.run(asked(picture(), picture(64, 64, 78)))
    assert len(made) == 2


def test_weights_are_shares(studio: Studio) -> None:
    a, b = picture(64, 64, 1), picture(64, 64, 2)

    def mixed(*weights: float) -> StylizeRequest:
        styles = (Style(a, weights[0]), Style(b, weights[1]))
        return StylizeRequest(picture=picture(), styles=styles)

    proper, scaled = (studio.run(mixed(*w)) for w in ((0.25, 0.75), (1.0, 3.0)))
    assert torch.equal(proper.picture.rgb, scaled.picture.rgb)
    assert scaled.details["shares"] == [0.25, 0.75]
    assert SCALED in scaled.notices
    assert SCALED not in proper.notices
    assert SCALED not in studio.run(asked(picture(), a)).notices
    only = studio.run(mixed(0.0, 1.0)).picture.rgb
    torch.testing.assert_close(only, studio.run(asked(picture(), b)).picture.rgb, atol=0.02, rtol=0)


@pytest.mark.parametrize("weights", [(-1.0, 2.0), (0.0, 0.0), (float("nan"), 1.0), (float("inf"), 1.0)])
def test_weights_that_are_no_shares(weights: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="numbers from 0 on"):
        StylizeRequest(picture=picture(), styles=tuple(Style(picture(), w) for w in weights))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"kind": "cubist"}, "artistic or photographic is allowed"),
        ({"where": "left"}, "everywhere, product or ground is allowed"),
        ({"strength": 1.01}, "0 to 1 is allowed"),
        ({"strength": float("nan")}, "0 to 1 is allowed"),
        ({"content_px": 63}, "64 to 8192 is allowed"),
        ({"content_px": 8193}, "64 to 8192 is allowed"),
        ({"style_px": 63}, "64 to 8192 is allowed"),
        ({"styles": ()}, "1 to 8 are allowed"),
        ({"styles": (Style(picture()),) * (MOST_STYLES + 1)}, "1 to 8 are allowed"),
        ({"look": identity()}, "a .cube file must be used alone"),
        ({"look": identity(), "styles": ()}, "a .cube file must be used alone"),
        ({"mask": Mask(torch.zeros(1, 1, 5, 5))}, "5 x 5"),
        ({"mask": Mask(torch.zeros(1, 1, 72, 104))}, "a mask was given for the whole picture"),
        ({"seed": -1}, "whole number"),
    ],
)
def test_refusals(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        StylizeRequest(**{"picture": picture(), "styles": (Style(picture()),), **options})


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"cell_px": 63}, "64 to 1024 is allowed"),
        ({"cell_px": 1025}, "64 to 1024 is allowed"),
        ({"names": ("cubism",)}, "there is no preset cubism"),
        ({"names": ("mosaic",), "captions": ("a", "b")}, "one for each of 1 styles is needed"),
        ({"strength": -0.1}, "0 to 1 is allowed"),
    ],
)
def test_refusals_of_a_sheet(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        SheetRequest(picture=picture(), **options)


def test_too_large_a_picture_is_refused_at_once() -> None:
    huge = Picture(torch.zeros(1, 3, 1, 1).expand(1, 3, 10_001, 10_000))
    with pytest.raises(InputError, match="at most 100 megapixels"):
        StylizeRequest(picture=huge, styles=(Style(picture()),))


class TestSources:
    def test_of_every_kind(self, tmp_path: Path) -> None:
        image = Image.effect_noise((40, 30), 60).convert("RGB")
        image.save(tmp_path / "a.png")
        content = io.BytesIO()
        image.save(content, format="PNG")
        given = styles_of(["mosaic", tmp_path / "a.png", str(tmp_path / "a.png"), content.getvalue(), image])
        styles = given["styles"]
        assert [style.weight for style in styles] == [0.2] * 5
        assert all(torch.equal(style.picture.rgb, styles[1].picture.rgb) for style in styles[1:])
        assert styles[0].picture.width_px == 512

    def test_an_unknown_preset_is_named_with_the_known_ones(self) -> None:
        with pytest.raises(InputError, match=r"there is no preset cubism; .*mosaic"):
            styles_of(["cubism"])

    def test_weights_for_others(self) -> None:
        with pytest.raises(InputError, match="2 weights for 1 styles"):
            styles_of(["mosaic"], [0.5, 0.5])

    def test_a_look_comes_alone(self, tmp_path: Path) -> None:
        write_cube(identity(), tmp_path / "a.cube", title="none")
        assert set(styles_of([tmp_path / "a.cube"])) == {"look", "kind"}
        with pytest.raises(InputError, match="file must be used alone"):
            styles_of([tmp_path / "a.cube", "mosaic"])
        with pytest.raises(InputError, match="as a photographic style"):
            Studio("cpu").stylize(Image.new("RGB", (9, 9)), tmp_path / "a.cube", kind="artistic")

    def test_none(self) -> None:
        with pytest.raises(InputError, match="1 to 8 are allowed"):
            Studio("cpu").stylize(Image.new("RGB", (9, 9)), [])

    def test_a_file_that_is_no_picture(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").write_text("no picture")
        with pytest.raises(InputError, match=r"^style: "):
            styles_of([tmp_path / "a.png"])


def test_the_exported_look_makes_the_same_picture(studio: Studio, tmp_path: Path) -> None:
    request = asked(picture(), kind="photographic", strength=0.7)
    write_cube(look_of(request), tmp_path / "a.cube", title="A look")
    made = studio.run(request).picture.rgb
    again = studio.stylize(_as_file(request.picture, tmp_path), tmp_path / "a.cube").picture.rgb
    torch.testing.assert_close(again, made, atol=1.5 / 255, rtol=0)


def test_a_look_can_leave_colours_alone(studio: Studio) -> None:
    content = picture()
    warm = identity().lattice * torch.tensor([1.0, 0.8, 0.5])
    look = type(identity())(warm)
    request = StylizeRequest(picture=content, look=look, kind="photographic", preserve_color=True)
    made = studio.run(request).picture.rgb
    unclipped = ((made > 0) & (made < 1)).all(1, keepdim=True)
    assert ((to_ycc(made) - to_ycc(content.rgb))[:, 1:].abs() * unclipped).max() < 1e-4


def _as_file(content: Picture, folder: Path) -> Path:
    path = folder / "content.png"
    Image.fromarray((content.rgb[0].permute(1, 2, 0) * 255).round().byte().numpy()).save(path)
    return path
