"""Telling the product from its ground: masks, transparency, two looks, holes, specks, and how sure it is."""

from __future__ import annotations

import pytest
import torch
from products import GREEN, RED, RedIsProduct, SameColor, context_of, no_network, over, ring
from torch import Tensor, nn

from gan.core.contract import Context, Model
from gan.core.errors import InputError
from gan.cutout.network import UNKNOWN
from gan.cutout.saliency import SIDE_PX
from gan.cutout.segment import GLANCES_PX, LOOK_PX, MULTIPLE, SURE, UNSURE, find, has_transparency
from gan.imaging.background_prior import standing_out
from gan.imaging.clicks import middles
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture


def _picture(alpha: Tensor) -> Picture:
    return Picture(over(RED, GREEN, alpha), name="a.png")


@pytest.mark.parametrize("size", [(700, 1000), (800, 333), (320, 320), (70, 90)])
def test_a_ring_and_its_hole_are_found(size: tuple[int, int]) -> None:
    alpha = ring(*size)
    found = find(_picture(alpha), context_of(RedIsProduct()))
    assert found.alpha.shape == alpha.shape
    assert (found.alpha - alpha).abs().mean() < 0.01
    assert found.alpha[0, 0, size[0] // 2, size[1] // 2] == 0
    assert found.alpha[0, 0, 0, 0] == 0
    assert (found.alpha == 1).float().mean() > 0.7 * alpha.mean()
    assert found.confidence > 0.9
    assert found.notices == ()


def test_every_look_and_what_the_network_is_given() -> None:
    alpha = torch.zeros(1, 1, 1200, 2000)
    alpha[:, :, 500:700, 900:1000] = 1
    network = RedIsProduct()
    find(_picture(alpha), context_of(network))
    *glances, salient, look = network.seen
    assert salient.shape == (1, 4, SIDE_PX, SIDE_PX)
    assert (salient[:, 3:] == UNKNOWN).all()
    for x, most_px in zip((*glances, look), (*GLANCES_PX, LOOK_PX), strict=True):
        assert x.shape[:2] == (1, 4)
        assert x.shape[2] % MULTIPLE == x.shape[3] % MULTIPLE == 0
        assert max(x.shape[2:]) < most_px + MULTIPLE
        assert 0 <= x.min() <= x.max() <= 1
    for glance in glances:
        side = glance.shape[3] // MULTIPLE * MULTIPLE
        assert torch.allclose(glance[:, 3:, :8, :side], standing_out(glance[:, :3])[:, :, :8, :side], atol=1e-3)
    # The last look sees the part around the product, enlarged, with the earlier answer beside it.
    product = (look[:, :1] > 0.5).float()
    assert product.mean() > 10 * alpha.mean()
    assert (look[:, 3:] - product).abs().mean() < 0.08


def test_transparency_is_taken_as_it_is() -> None:
    alpha = ring(60, 80)
    found = find(Picture(torch.rand(1, 3, 60, 80), alpha), no_network())
    assert torch.equal(found.alpha, alpha)
    assert found.confidence == 1
    assert found.notices == ()


def test_a_mask_is_taken_as_it_is() -> None:
    alpha = ring(60, 80)
    found = find(Picture(torch.rand(1, 3, 60, 80)), no_network(), mask=Mask(alpha))
    assert torch.equal(found.alpha, alpha)
    assert found.confidence == 1


def test_an_opaque_alpha_is_no_cut_out() -> None:
    picture = Picture(over(RED, GREEN, ring(64, 64)), torch.ones(1, 1, 64, 64))
    assert not has_transparency(picture)
    assert find(picture, context_of(RedIsProduct())).alpha.mean() < 0.5


@pytest.mark.parametrize(
    "picture",
    [
        Picture(GREEN.expand(1, 3, 100, 100).clone()),
        Picture(torch.rand(1, 3, 50, 50), torch.zeros(1, 1, 50, 50)),
    ],
    ids=["the network sees nothing", "all is transparent"],
)
def test_nothing_found(picture: Picture) -> None:
    with pytest.raises(InputError, match=r"^image: no product was found; a product that stands out .* is needed\. "):
        find(picture, context_of(RedIsProduct()))


def test_an_empty_mask() -> None:
    with pytest.raises(InputError, match=r"^mask: it is empty; the product must be marked"):
        find(Picture(torch.rand(1, 3, 8, 8)), no_network(), mask=Mask(torch.zeros(1, 1, 8, 8)))


def test_nothing_at_the_second_look() -> None:
    class Fickle(nn.Module):
        calls = 0

        def forward(self, x: Tensor) -> Tensor:
            self.calls += 1
            return torch.full_like(x[:, :1], 8.0 if self.calls <= 3 else -8.0)

    with pytest.raises(InputError, match="no product was found"):
        find(Picture(torch.rand(1, 3, 64, 64)), context_of(Fickle()))


def test_specks_go_and_pairs_stay() -> None:
    alpha = torch.zeros(1, 1, 400, 600)
    alpha[:, :, 100:300, 60:200] = 1
    alpha[:, :, 100:300, 400:500] = 1
    clean = alpha.clone()
    alpha[:, :, 350:358, 300:308] = 1
    found = find(_picture(alpha), context_of(RedIsProduct())).alpha
    assert (found - clean).abs().mean() < 0.005
    assert found[:, :, 345:365, 295:315].max() == 0


def test_an_undecided_network_says_so() -> None:
    found = find(_picture(ring(300, 300)), context_of(RedIsProduct(slope=2.0)))
    assert found.confidence < SURE
    assert found.notices == (UNSURE,)


def test_looks_that_disagree_say_so() -> None:
    class Fickle(RedIsProduct):
        def forward(self, x: Tensor) -> Tensor:
            logits = super().forward(x)
            return logits.roll(x.shape[3] // 4, 3) if len(self.seen) == 2 else logits

    found = find(_picture(ring(300, 300)), context_of(Fickle()), model="cutout")
    assert found.confidence < SURE
    assert found.notices == (UNSURE,)


def test_a_promptable_network_that_is_unsure_says_so() -> None:
    found = find(_picture(ring(300, 300)), context_of(RedIsProduct(), prompted=SameColor(quality=0.3)))
    assert found.confidence < SURE
    assert found.notices == (UNSURE,)


def test_other_networks_are_asked_where_none_is_named() -> None:
    network, asked = RedIsProduct(), []

    def load(name: str, _task: str = "") -> Model:
        asked.append(name)
        return Model(name, "ab" * 32, SameColor() if name == "select" else network, task="cutout")

    context = Context(torch.device("cpu"), load)
    picture, click = _picture(ring(90, 90)), Mask(ring(90, 90))
    for choice in ({}, {"keep": click}, {"drop": Mask(1 - ring(90, 90))}, {"model": "cutout"}):
        find(picture, context, **choice)
    auto = ["cutout", "cutout-saliency", "select"]
    assert asked == [*auto, "cutout", "select", *auto, "cutout"]


class Believes(SameColor):
    """Sees what it is told, and nothing where it is told nothing."""

    def forward(
        self, features: Tensor, clicks: Tensor | None = None, prior: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        if prior is None:
            return torch.full_like(features[:, :1], -8.0), torch.tensor([0.1])
        return (prior - 0.3) * 20, torch.tensor([self.quality])


def test_what_either_network_sees_is_told_to_the_promptable_one() -> None:
    """One sees the left product alone, the other the small one beside it too."""
    alpha = torch.zeros(1, 1, 300, 400)
    alpha[:, :, 100:200, 60:160] = 1
    alpha[:, :, 100:200, 240:290] = 1

    class HalfBlind(RedIsProduct):
        def forward(self, x: Tensor) -> Tensor:
            logits = super().forward(x)
            if len(self.seen) == 1:
                logits[..., x.shape[3] // 2 :] = -8
            if len(self.seen) == 2:  # mirrored
                logits[..., : x.shape[3] // 2] = -8
            return logits

    found = find(_picture(alpha), context_of(HalfBlind(), prompted=Believes()))
    assert (found.alpha - alpha).abs().mean() < 0.01


def test_another_thing_altogether_is_left_out() -> None:
    alpha = torch.zeros(1, 1, 300, 400)
    alpha[:, :, 100:200, 60:160] = 1

    class Elsewhere(RedIsProduct):
        def forward(self, x: Tensor) -> Tensor:
            logits = super().forward(x)
            return logits.roll(x.shape[3] // 2, 3) if len(self.seen) == 3 else logits

    network = Elsewhere()
    found = find(_picture(alpha), context_of(network))
    assert (found.alpha - alpha).abs().mean() < 0.01
    assert network.seen[-1].shape[3] < 1.5 * network.seen[-1].shape[2]  # the closer look is at one of the two places


def test_the_whole_frame_is_a_product_too() -> None:
    found = find(Picture(RED.expand(1, 3, 90, 70).clone()), context_of(RedIsProduct()))
    assert (found.alpha == 1).all()
    assert found.confidence > 0.9


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 3)])
def test_tiny_and_narrow_pictures(size: tuple[int, int]) -> None:
    found = find(Picture(RED.expand(1, 3, *size).clone()), context_of(RedIsProduct()))
    assert found.alpha.shape == (1, 1, *size)


class TheMarkedOne(nn.Module):
    """Red within the half of the frame that holds a mark of 1; everything red where there is none."""

    def forward(self, x: Tensor) -> Tensor:
        red = x[:, :1] - x[:, 1:2] - 0.1
        marked = x[:, 3:] == 1
        if not bool(marked.any()):
            return red * 40
        across = torch.arange(x.shape[3]).expand_as(marked)
        left = float(across[marked].float().mean()) < x.shape[3] / 2
        return torch.where((across < x.shape[3] / 2) == left, red * 40, -20.0)


def _two_things() -> Picture:
    alpha = torch.zeros(1, 1, 400, 800)
    alpha[..., 150:250, 100:200] = 1
    alpha[..., 150:250, 600:700] = 1
    return _picture(alpha)


class InItsHalf(SameColor):
    """What has the color of the first click, in the half of the picture in which it is."""

    def forward(
        self, features: Tensor, clicks: Tensor | None = None, prior: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        logits, quality = super().forward(features, None if clicks is None else clicks[:, :1])
        if clicks is not None:
            half = features.shape[3] // 2
            (logits[..., half:] if float(clicks[0, 0, 0]) < self.side_px / 2 else logits[..., :half]).fill_(-20)
        return logits, quality


@pytest.mark.parametrize(("across", "kept", "gone"), [(150, 150, 650), (650, 650, 150)])
def test_a_click_asks_for_one_of_two(across: int, kept: int, gone: int) -> None:
    click = torch.zeros(1, 1, 400, 800)
    click[..., 200:202, across : across + 2] = 1
    found = find(_two_things(), context_of(RedIsProduct(), prompted=InItsHalf()), keep=Mask(click))
    assert found.alpha[0, 0, 200, kept] > 0.9
    assert found.alpha[0, 0, 200, gone] == 0
    both = find(_two_things(), context_of(RedIsProduct()))
    assert min(float(both.alpha[0, 0, 200, x]) for x in (150, 650)) > 0.9


def test_a_stroke_asks_for_one_of_two_of_a_network_alone() -> None:
    click = torch.zeros(1, 1, 400, 800)
    click[..., 200:202, 150:152] = 1
    found = find(_two_things(), context_of(TheMarkedOne()), keep=Mask(click), model="cutout")
    assert found.alpha[0, 0, 200, 150] > 0.9
    assert found.alpha[0, 0, 200, 650] == 0


def test_every_look_sees_the_marks() -> None:
    keep, drop = torch.zeros(1, 1, 400, 800), torch.zeros(1, 1, 400, 800)
    keep[..., 190:210, 140:160] = 1
    drop[..., 190:210, 640:660] = 1
    network = RedIsProduct()
    find(_two_things(), context_of(network), keep=Mask(keep), drop=Mask(drop), model="cutout")
    for look, mirrored in zip(network.seen, (False, True, False), strict=True):
        plane = look.flip(3) if mirrored else look
        ends = [float(torch.nonzero(plane[0, 3] == value)[:, 1].float().mean()) for value in (1, 0)]
        assert ends[0] < plane.shape[3] / 2 < ends[1]


def test_strokes_become_clicks_in_their_middle() -> None:
    marks = torch.zeros(1, 1, 100, 200)
    marks[..., 40:60, 20:40] = 1
    marks[..., 10:14, 150:154] = 1
    assert middles(marks, 1) == [pytest.approx((0.15, 0.5), abs=0.01)]
    assert [round(x * 200) for x, _ in middles(marks, 3)] == pytest.approx([30, 152], abs=2)
    assert middles(torch.zeros(1, 1, 9, 9), 3) == []


def test_a_pair_is_one_product_and_a_thing_of_other_colors_beside_it_is_none() -> None:
    one, twin, other = (torch.zeros(1, 1, 300, 400) for _ in range(3))
    one[:, :, 100:200, 30:110] = 1
    twin[:, :, 100:200, 160:240] = 1
    other[:, :, 100:200, 300:380] = 1
    blue = torch.tensor([0.8, 0.2, 0.9]).view(1, 3, 1, 1)
    picture = Picture(over(blue, over(RED, GREEN, torch.maximum(one, twin)), other))

    class TheLeft(SameColor):
        """Without a click it sees the left product alone, with one the thing under it."""

        def forward(
            self, features: Tensor, clicks: Tensor | None = None, prior: Tensor | None = None
        ) -> tuple[Tensor, Tensor]:
            logits, quality = super().forward(features, clicks, prior)
            across = torch.arange(logits.shape[3]) * 400 / 256
            if clicks is None:
                return logits.masked_fill(across > 130, -20), quality
            return logits.masked_fill((across < 130) | (across > 270), -20), quality

    found = find(picture, context_of(RedIsProduct(), prompted=TheLeft())).alpha
    assert [float(found[0, 0, 150, x]) > 0.9 for x in (70, 200, 340)] == [True, True, False]
