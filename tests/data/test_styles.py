"""Contents, styles and textures to learn from: which picture is what, and the same item everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from gan.imaging.product import to_ycc
from gan.training.data.pictures import Entry, Pictures, find
from gan.training.data.procedural import KINDS, draw, drawings
from gan.training.data.styles import StylePairs, around, parted

PATCH_PX = 32


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Pictures:
    """Colours so muted that no turn of hue leaves the range."""
    folder = tmp_path_factory.mktemp("pictures")
    for index in range(3):
        noise = torch.randint(90, 160, (80, 90, 3), generator=_generator(index), dtype=torch.uint8)
        Image.fromarray(noise.numpy()).save(folder / f"{index}.png")
    return Pictures(find(folder), 64)


def _flat(red: int, green: int, blue: int, side_px: int = 48) -> Tensor:
    return torch.tensor([red, green, blue], dtype=torch.uint8)[:, None, None].expand(3, side_px, side_px)


def _entries(*names: str) -> list[Entry]:
    return [Entry(Path("data") / name, name) for name in names]


def _names(entries: list[Entry]) -> list[str]:
    return [entry.product for entry in entries]


def test_without_a_folder_of_styles_every_picture_is_both() -> None:
    entries = _entries("a.png", "textures/b.png", "sub/c.png")
    contents, styles = parted(entries, Path("data"))
    assert contents == styles == entries


def test_below_styles_are_styles_and_textures_are_both() -> None:
    entries = _entries("a.png", "styles/b.png", "styles/sub/c.png", "textures/d.png", "stylesheet.png")
    contents, styles = parted(entries, Path("data"))
    assert _names(contents) == ["a.png", "textures/d.png", "stylesheet.png"]
    assert sorted(_names(styles)) == ["styles/b.png", "styles/sub/c.png", "textures/d.png"]


def test_where_the_data_lies_tells_nothing() -> None:
    entries = [Entry(Path("styles/shop") / name, name) for name in ("a.png", "textures/b.png")]
    assert parted(entries, Path("styles/shop")) == (entries, entries)


def test_styles_alone_are_contents_too() -> None:
    entries = _entries("styles/a.png", "styles/b.png")
    assert parted(entries, Path("data")) == (entries, entries)


def test_drawings_are_all_kinds_in_turn() -> None:
    drawn = drawings(len(KINDS) + 1, 32, 7)
    assert len(drawn) == len(KINDS) + 1
    for index in (0, 1, len(KINDS)):
        expected = draw(KINDS[index % len(KINDS)], 32, 7 + index)
        assert drawn[index].shape == (3, 32, 32)
        assert drawn[index].dtype == torch.uint8
        assert (drawn[index] / 255 - expected).abs().max() <= 0.5 / 255 + 1e-6
    assert not torch.equal(drawn[0], drawn[-1])  # the same kind by another seed
    assert drawings(0, 32, 7) == []


@pytest.mark.parametrize("patch_px", [16, 32])
def test_sizes_and_ranges(pictures: Pictures, patch_px: int) -> None:
    pairs = StylePairs(pictures, pictures, drawings(2, around(patch_px), 0), patch_px, 0)
    for index in range(6):
        content, style, texture = pairs[index]
        for x in (content, style, texture):
            assert x.shape == (3, patch_px, patch_px)
            assert x.dtype == torch.float32
        assert min(content.min(), style.min()) >= 0
        assert max(content.max(), style.max()) <= 1
        assert -1 <= texture.min() < 0 < texture.max() <= 1


def test_items_are_functions_of_seed_and_index(pictures: Pictures) -> None:
    drawn = drawings(3, 64, 0)
    first, again, other = (StylePairs(pictures, pictures, drawn, PATCH_PX, seed) for seed in (5, 5, 6))
    in_order = [first[index] for index in range(8)]
    for index in reversed(range(8)):
        for a, b in zip(in_order[index], again[index], strict=True):
            assert torch.equal(a, b)
    assert not torch.equal(in_order[7][0], other[7][0])
    assert not torch.equal(in_order[6][0], in_order[7][0])


def test_a_third_of_the_styles_is_drawn(pictures: Pictures) -> None:
    """Red and blue drawings are told from muted pictures."""
    drawn = [_flat(255, 0, 0), _flat(0, 0, 255)]
    pairs = StylePairs(pictures, pictures, drawn, 16, 0, turned=0.0)
    colors = [tuple(pairs[index][1].mean((1, 2)).tolist()) for index in range(150)]
    red, blue = (colors.count(color) for color in ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0)))
    assert min(red, blue) > 10
    assert 30 < red + blue < 70


def test_without_drawings_all_styles_are_pictures(pictures: Pictures) -> None:
    pairs = StylePairs(pictures, pictures, [], 16, 0, turned=0.0)
    for index in range(20):
        style = pairs[index][1]
        assert style.min() > 0.3
        assert style.max() < 0.7


def test_the_texture_is_the_style_s(pictures: Pictures) -> None:
    """A style of one colour has none; another has one of its own strength."""
    pairs = StylePairs(pictures, pictures, [_flat(255, 0, 0)], 16, 0, turned=0.0)
    seen = set()
    for index in range(12):
        _, style, texture = pairs[index]
        flat = bool((style == style[:, :1, :1]).all())
        seen.add(flat)
        assert bool(texture.abs().max() < 1e-5) == flat
    assert seen == {True, False}


def test_turned_hues_keep_their_lightness(pictures: Pictures) -> None:
    plain, turned = (StylePairs(pictures, pictures, [], PATCH_PX, 0, turned=share) for share in (0.0, 1.0))
    for index in range(4):
        (content, style, _), (same_content, other, _) = plain[index], turned[index]
        assert torch.equal(content, same_content)
        before, after = to_ycc(style[None]), to_ycc(other[None])
        torch.testing.assert_close(after[:, :1], before[:, :1], atol=1e-5, rtol=0)
        torch.testing.assert_close(after[:, 1:].norm(dim=1), before[:, 1:].norm(dim=1), atol=1e-5, rtol=0)
    assert any((plain[index][1] - turned[index][1]).abs().max() > 0.02 for index in range(4))


def test_half_of_the_styles_is_turned(pictures: Pictures) -> None:
    plain, some = StylePairs(pictures, pictures, [], 16, 0, turned=0.0), StylePairs(pictures, pictures, [], 16, 0)
    count = sum(not torch.equal(plain[index][1], some[index][1]) for index in range(60))
    assert 20 < count < 40
