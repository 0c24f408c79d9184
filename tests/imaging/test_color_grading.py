"""Looks: known answers, what has to hold for any pictures, and the edges."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from gan.imaging import lut
from gan.imaging.color import to_oklab, to_rgb, toe, without_toe
from gan.imaging.color_grading import LATTICE_SIZE, Look, identity, matched

LUMA = torch.tensor([0.2126, 0.7152, 0.0722])[:, None, None]


def scene(
    seed: int, *, low: float = 0.05, high: float = 0.95, tint: tuple[float, float, float] = (1, 1, 1)
) -> torch.Tensor:
    """(1, 3, 96, 120): soft patches of many colours with a fine grain, from low to high, under a coloured light."""
    generator = torch.Generator().manual_seed(seed)
    rgb = F.interpolate(torch.rand(1, 3, 6, 7, generator=generator), (96, 120), mode="bicubic").clamp(0, 1)
    grain = 0.04 * torch.rand(1, 1, 96, 120, generator=generator)
    return (
        (low + (high - low) * (0.5 * rgb + 0.5 * rgb.mean(1, keepdim=True)) + grain) * torch.tensor(tint)[:, None, None]
    ).clamp(0, 1)


def one(*rgb: float, size: int = 16) -> torch.Tensor:
    return torch.tensor(rgb)[None, :, None, None].expand(1, 3, size, size).contiguous()


CONTENT = scene(0)
STYLES = {
    "warm and dark": scene(1, high=0.5, tint=(1, 0.8, 0.5)),
    "cold and light": scene(2, low=0.5, tint=(0.8, 0.95, 1)),
    "grey": scene(3).mean(1, keepdim=True).expand(1, 3, -1, -1).contiguous(),
    "red": one(1, 0, 0),
    "black": one(0, 0, 0),
    "white": one(1, 1, 1),
    "one pixel": one(0.2, 0.5, 0.7, size=1),
}


def look_of(style: torch.Tensor, content: torch.Tensor = CONTENT, *, tone_only: bool = False) -> Look:
    return matched([content], [style], [1.0], covers=[None], tone_only=tone_only)


@pytest.fixture(scope="module", params=STYLES)
def look(request: pytest.FixtureRequest) -> Look:
    return look_of(STYLES[request.param])


# applying


def test_the_identity_changes_nothing() -> None:
    rgb = torch.rand(1, 3, 50, 70)
    for size in (2, 17, 33, 65):
        assert (identity(size).apply(rgb) - rgb).abs().max() < 1e-6


def test_it_is_trilinear_between_nodes_and_knows_its_axes() -> None:
    lattice = torch.zeros(2, 2, 2, 3)
    lattice[0, 0, 1, 2] = 1  # red alone becomes blue
    made = Look(lattice).apply(torch.tensor([0.75, 0.5, 0.0])[None, :, None, None])
    assert made.flatten().tolist() == pytest.approx([0, 0, 0.75 * 0.5])


@pytest.mark.parametrize("size", [(1, 1), (1, 77), (33, 16), (40, 50)])
def test_bands_and_threads_do_not_show(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    look, rgb = look_of(STYLES["warm and dark"]), torch.rand(1, 3, *size)
    kept = rgb.clone()
    whole = look.apply(rgb)
    monkeypatch.setattr("gan.imaging.row_chunks.BAND_PIXELS", 300)
    monkeypatch.setattr("torch.get_num_threads", lambda: 3)
    assert torch.equal(look.apply(rgb), whole)
    assert torch.equal(rgb, kept)


def test_a_lattice_has_to_be_one() -> None:
    for bad in (torch.zeros(2, 2, 3, 3), torch.zeros(2, 2, 2, 3).double(), torch.zeros(1, 1, 1, 3), torch.zeros(8)):
        with pytest.raises(ValueError, match="a lattice"):
            Look(bad)
    with pytest.raises(ValueError, match="finite"):
        Look(torch.full((2, 2, 2, 3), torch.nan))


# what holds for every style


def test_everything_is_finite_and_nothing_is_clipped(look: Look) -> None:
    assert look.size == LATTICE_SIZE
    assert look.lattice.min() >= -1e-6
    assert look.lattice.max() <= 1 + 1e-6


def test_black_stays_black_and_white_white(look: Look) -> None:
    for level in (0.0, 1.0):
        assert look.apply(one(level, level, level)).flatten().tolist() == pytest.approx([level] * 768, abs=0.5 / 255)


@pytest.mark.parametrize("strength", [1.0, 0.6, 0.2])
def test_it_is_monotone_and_never_folds(look: Look, strength: float) -> None:
    weaker = look.at_strength(strength)
    assert torch.linalg.det(lut.jacobian(weaker.lattice.double())).min() > 0
    ramp = weaker.apply(torch.linspace(0, 1, 256).expand(1, 3, 1, 256).contiguous())
    assert (ramp[0] * LUMA).sum(0).diff(dim=-1).min() > 0.2 / 255


def test_texture_is_kept(look: Look) -> None:
    assert gradient_correlation(CONTENT, look.apply(CONTENT)) >= 0.98


@pytest.mark.parametrize("name", ["warm and dark", "grey", "red"])
def test_the_inverse_takes_it_back(name: str) -> None:
    look = look_of(STYLES[name])
    made, back = look.apply(CONTENT), look.inverted()
    assert (back.apply(made) - CONTENT).abs().max() <= 1 / 255
    assert (back.apply((made * 255).round() / 255) - CONTENT).abs().max() <= 2 / 255


def test_strengths(look: Look) -> None:
    assert torch.equal(look.at_strength(0).lattice, identity().lattice)
    torch.testing.assert_close(look.at_strength(1).lattice, look.lattice)
    half = look.at_strength(0.5).apply(CONTENT)
    torch.testing.assert_close(half, (look.apply(CONTENT) + CONTENT) / 2, atol=1e-5, rtol=0)


# known answers


@pytest.mark.parametrize(
    "content", [CONTENT, one(1, 1, 1), one(0.3, 0.1, 0.9), scene(5).mean(1, keepdim=True).expand(1, 3, -1, -1)]
)
def test_a_picture_in_its_own_style_is_itself(content: torch.Tensor) -> None:
    assert (look_of(content, content).lattice - identity().lattice).abs().max() < 1 / 255


@pytest.mark.parametrize("name", ["warm and dark", "cold and light"])
def test_tone_and_colour_come_nearer(name: str) -> None:
    made, wanted = (to_oklab(x).mean((0, 2, 3)) for x in (look_of(STYLES[name]).apply(CONTENT), STYLES[name]))
    before = to_oklab(CONTENT).mean((0, 2, 3))
    assert (made - wanted)[0].abs() < 0.8 * (before - wanted)[0].abs()
    assert (made - wanted)[1:].norm() < 0.6 * (before - wanted)[1:].norm()


def test_tone_only_keeps_hues() -> None:
    made = to_oklab(look_of(STYLES["warm and dark"], tone_only=True).apply(CONTENT))
    before = to_oklab(CONTENT)
    assert made[:, 0].mean() < before[:, 0].mean() - 0.03
    assert (made - before)[:, 1:].abs().mean() < 0.006
    grey = torch.linspace(0, 1, 33).expand(1, 3, 1, 33)
    kept = look_of(STYLES["warm and dark"], tone_only=True).apply(grey.contiguous())
    assert (kept.amax(1) - kept.amin(1)).max() < 1e-4


def test_several_styles_are_mixed_by_weight() -> None:
    a, b = STYLES["warm and dark"], STYLES["cold and light"]

    def mixed(*weights: float) -> torch.Tensor:
        return matched([CONTENT], [a, b], weights, covers=[None]).lattice

    torch.testing.assert_close(mixed(1, 3), mixed(0.25, 0.75))
    torch.testing.assert_close(mixed(2, 0), look_of(a).lattice)
    middle = to_oklab(Look(mixed(1, 1)).apply(CONTENT))[:, 0].mean()
    assert look_l(a) < middle < look_l(b)


def look_l(style: torch.Tensor) -> torch.Tensor:
    return to_oklab(look_of(style).apply(CONTENT))[:, 0].mean()


def test_a_folder_has_one_look_whatever_the_order() -> None:
    contents, style = [scene(7), scene(8, high=0.4)], STYLES["cold and light"]
    forth = matched(contents, [style], [1], covers=[None, None])
    back = matched(contents[::-1], [style], [1], covers=[None, None])
    torch.testing.assert_close(forth.lattice, back.lattice, atol=1e-5, rtol=0)
    assert (forth.lattice - look_of(style, contents[0]).lattice).abs().max() > 2 / 255


def test_what_is_not_covered_is_not_looked_at() -> None:
    cover = torch.zeros(1, 1, 96, 120)
    cover[..., :60] = 1
    other = CONTENT.clone()
    other[..., 60:] = torch.tensor([0.9, 0.2, 0.1])[:, None, None]
    styles = [STYLES["warm and dark"]]
    seen = [matched([x], styles, [1.0], covers=[cover]).lattice for x in (CONTENT, other)]
    assert (seen[0] - seen[1]).abs().max() < 1 / 255
    assert (look_of(styles[0]).lattice - look_of(styles[0], other).lattice).abs().max() > 8 / 255
    nothing = matched([CONTENT], styles, [1.0], covers=[torch.zeros(1, 1, 96, 120)]).lattice
    assert torch.equal(nothing, look_of(styles[0]).lattice)


def test_a_white_ground_hardly_changes_the_products_look() -> None:
    ground = torch.ones(1, 3, 300, 300)
    ground[:, :, 100:196, 90:210] = CONTENT
    style = STYLES["warm and dark"]
    made, alone = look_of(style, ground).apply(CONTENT), look_of(style).apply(CONTENT)
    assert (made - alone).abs().mean() < 0.35 * (alone - CONTENT).abs().mean()


def test_a_large_picture_counts_as_its_copy() -> None:
    large = F.interpolate(CONTENT, scale_factor=8, mode="bilinear")
    style = STYLES["cold and light"]
    assert (look_of(style, large).apply(CONTENT) - look_of(style).apply(CONTENT)).abs().max() < 0.03


@pytest.mark.parametrize(
    ("contents", "styles", "weights", "covers"),
    [
        (0, 1, [1.0], 0),
        (1, 0, [], 1),
        (1, 1, [1.0], 0),
        (1, 1, [1.0, 1.0], 1),
        (1, 1, [0.0], 1),
        (1, 2, [2.0, -1.0], 1),
    ],
)
def test_numbers_have_to_fit(contents: int, styles: int, weights: list[float], covers: int) -> None:
    with pytest.raises(ValueError, match="weights"):
        matched([CONTENT] * contents, [CONTENT] * styles, weights, covers=[None] * covers)


# OKLab


def test_oklab_has_the_values_it_was_published_with() -> None:
    red = to_oklab(one(1, 0, 0, size=1)).flatten()
    assert red.tolist() == pytest.approx([0.62796, 0.22486, 0.12585], abs=1e-4)
    white = to_oklab(one(1, 1, 1, size=1)).flatten()
    assert white.tolist() == pytest.approx([1, 0, 0], abs=1e-4)


def test_oklab_and_the_toe_come_back() -> None:
    rgb = torch.rand(1, 3, 40, 40).double()
    torch.testing.assert_close(to_rgb(to_oklab(rgb)), rgb, atol=1e-9, rtol=0)
    x = torch.linspace(0, 1, 101).double()
    torch.testing.assert_close(without_toe(toe(x)), x, atol=1e-12, rtol=0)
    assert toe(x)[[0, -1]].tolist() == pytest.approx([0, 1])


def gradient_correlation(a: torch.Tensor, b: torch.Tensor) -> float:
    slopes = []
    for x in (a, b):
        luma = (x[0] * LUMA).sum(0).double()
        slopes.append(torch.cat((luma.diff(dim=0).flatten(), luma.diff(dim=1).flatten())))
    return float(torch.corrcoef(torch.stack(slopes))[0, 1])
