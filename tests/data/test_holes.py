"""Holes and fills to learn from: every kind, the curriculum, the same item everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image
from rooms import furnish

from gan.imaging.mask import BLIND, COARSE
from gan.training.data import holes as module
from gan.training.data.dice import Dice
from gan.training.data.holes import KINDS, MOST, OFTEN, hole
from gan.training.data.inpainting_data import Fills, given, smaller
from gan.training.data.pictures import Pictures, find
from gan.training.data.scenes import Scenes, TruePairs, find_scenes


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Pictures:
    folder = tmp_path_factory.mktemp("pictures")
    for index in range(3):
        noise = torch.randint(0, 256, (80, 90, 3), generator=_generator(index), dtype=torch.uint8)
        Image.fromarray(noise.numpy()).save(folder / f"{index}.png")
    return Pictures(find(folder), 64)


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("growth", [0.0, 1.0])
def test_every_kind_leaves_something_and_takes_something(kind: str, growth: float) -> None:
    for seed in range(5):
        mask = hole(64, _generator(seed), growth=growth, kinds={kind: 1.0})
        assert mask.shape == (1, 64, 64)
        assert set(mask.unique().tolist()) == {0.0, 1.0}
        assert mask.mean() <= MOST


def test_every_kind_is_drawn_sometimes() -> None:
    assert set(OFTEN) == set(KINDS)
    assert sum(OFTEN.values()) == pytest.approx(1)


def test_holes_grow() -> None:
    small, large = (
        sum(float(hole(64, _generator(seed), growth=growth).mean()) for seed in range(60)) for growth in (0.0, 1.0)
    )
    assert large > 2 * small


def test_text_is_drawn_where_no_font_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_fonts", lambda: ())
    assert hole(64, _generator(), kinds={"text": 1.0}).sum() > 0


def test_files_that_are_no_fonts_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    monkeypatch.setattr(module, "FONT_FOLDERS", (tmp_path,))
    assert module._fonts.__wrapped__() == ()


def test_items_are_functions_of_seed_and_index(pictures: Pictures) -> None:
    first, again, other = Fills(pictures, 32, 5), Fills(pictures, 32, 5), Fills(pictures, 32, 6)
    again[3]
    for a, b in zip(first[7], again[7], strict=True):
        assert torch.equal(a, b)
    assert not torch.equal(first[7][0], other[7][0])


def test_what_is_known_is_the_picture(pictures: Pictures) -> None:
    for index in range(8):
        whole, seen = Fills(pictures, 32, 0, coarse=0.5)[index]
        known = (seen[6:] == 0).expand_as(whole)
        assert torch.equal(seen[:3][known], whole[known])
        assert torch.equal(seen[3:6][known], whole[known])
        assert set(seen[6].unique().tolist()) <= {0.0, BLIND, COARSE}


@pytest.mark.parametrize(("share", "value"), [(0.0, BLIND), (1.0, COARSE)])
def test_both_ways_to_fill_occur(pictures: Pictures, share: float, value: float) -> None:
    for index in range(5):
        _, seen = Fills(pictures, 32, 0, coarse=share)[index]
        assert seen[6].max() == value


def test_the_curriculum_ends(pictures: Pictures) -> None:
    growing, grown = Fills(pictures, 64, 0, growing=1000), Fills(pictures, 64, 0)
    assert all(torch.equal(a, b) for a, b in zip(growing[1000], grown[1000], strict=True))
    early = sum(float((growing[i][1][6] > 0).float().mean()) for i in range(30))
    assert early < sum(float((grown[i][1][6] > 0).float().mean()) for i in range(30))


def test_nothing_of_the_hole_is_seen_when_it_is_blind() -> None:
    whole = torch.rand(3, 32, 32, generator=_generator())
    mask = torch.zeros(1, 32, 32)
    mask[:, 8:20, 8:20] = 1
    other = torch.where(mask > 0, 1 - whole, whole)
    assert torch.equal(given(whole, mask), given(other, mask))


def test_a_coarse_fill_is_the_picture_without_detail() -> None:
    whole = torch.nn.functional.interpolate(torch.rand(1, 3, 6, 6, generator=_generator()), (48, 48), mode="bicubic")
    coarse = smaller(whole[0].clamp(0, 1), Dice(_generator(1)))
    assert coarse.shape == (3, 48, 48)
    assert (coarse - whole[0].clamp(0, 1)).abs().mean() < 0.1


def test_true_pairs_ask_for_the_place_behind_the_product(pictures: Pictures, tmp_path: Path) -> None:
    scenes = Scenes(find_scenes(furnish(tmp_path / "rooms", side=96)))
    items = Fills(pictures, 64, 0, coarse=0.0, pairs=TruePairs(scenes, 64, 0), often=1.0)
    for index in range(0, 12, 2):
        whole, seen = items[index]
        hole = seen[6] > 0
        assert hole.any()
        assert whole.shape == (3, 64, 64)
        # The square of these scenes is red: it is in none of the holes' answers, and its hole is told by the mask.
        red = (whole[0] > 0.8) & (whole[2] < 0.2)
        assert float((red & hole).float().mean()) < 0.01
        assert torch.equal(items[index][1], seen)
    without = Fills(pictures, 64, 0, coarse=0.0)
    never = Fills(pictures, 64, 0, coarse=0.0, pairs=TruePairs(scenes, 64, 0), often=0.0)
    assert len(without[0]) == len(never[0]) == 2
