"""Clicks: how they are written, what they select with a network that goes by color, and what is refused."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import torch
from products import GREEN, RED, RedIsProduct, SameColor, context_of, over
from torch import Tensor, nn

from gan.core.contract import Context, Model, run
from gan.core.errors import Cancelled, InputError
from gan.cutout.pipeline import CutoutRequest, cutout
from gan.imaging.click import Click, click_of, written
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture
from gan.inpaint.pipeline import InpaintRequest, inpaint
from gan.select.pipeline import SelectRequest, select

SIZE = (300, 400)
LEFT, RIGHT = (120, 150), (290, 150)
BLUE = torch.tensor([0.15, 0.2, 0.75]).view(1, 3, 1, 1)


def _disc(x: int, y: int, radius: int) -> Tensor:
    down, across = torch.meshgrid(torch.arange(SIZE[0]), torch.arange(SIZE[1]), indexing="ij")
    return (((down - y) ** 2 + (across - x) ** 2) <= radius**2).float()[None, None]


ONE, OTHER = _disc(*LEFT, 60), _disc(*RIGHT, 50)


def _two() -> Picture:
    return Picture(over(RED, GREEN, torch.maximum(ONE, OTHER)), name="two.png")


class NotGreen(SameColor):
    """Everything but the green ground is one thing; clicks on what is not meant may be passed over."""

    def __init__(self, *, obeys: bool) -> None:
        super().__init__()
        self.obeys = obeys

    def forward(
        self, features: Tensor, clicks: Tensor | None = None, prior: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        given = clicks if self.obeys or clicks is None else clicks[:, :1]
        return super().forward(features, given, prior)

    def _meant(self, features: Tensor, apart: Tensor) -> Tensor:
        return (features - GREEN).square().sum(1, keepdim=True).sqrt() - 0.3


def _selected(picture: Picture, *clicks: Any, mask: Mask | None = None, prompted: nn.Module | None = None) -> Tensor:
    request = SelectRequest(picture=picture, clicks=clicks, mask=mask)
    made = run(select, request, context_of(RedIsProduct(), prompted=prompted), task="select").picture.alpha
    assert made is not None
    return made


def _close(a: Tensor, b: Tensor) -> bool:
    inside, wanted = a > 0.5, b > 0.5
    return float((inside & wanted).sum()) > 0.97 * float((inside | wanted).sum())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("120,150", "120,150"),
        (" 120 , 150 , - ", "120,150,-"),
        ("1,2,+", "1,2"),
        ((120, 150), "120,150"),
        ([120, 150, False], "120,150,-"),
        ({"x": 1, "y": 2, "positive": False}, "1,2,-"),
        (Click(1, 2), "1,2"),
    ],
)
def test_a_click_has_one_form(value: Any, text: str) -> None:
    assert written(value) == text
    assert str(click_of(text)) == text


@pytest.mark.parametrize("value", ["", "1", "1;2", "1,2,x", (1.5, 2), (1, 2, 3), (True, 1), {"x": 1}, None, "a,b"])
def test_what_is_no_click_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match=r"^clicks: .*; X,Y in pixels is expected"):
        SelectRequest(picture=_two(), clicks=(value,))


@pytest.mark.parametrize(
    ("clicks", "said"),
    [
        (("400,10",), "clicks: 400,10; a pixel of this picture of 400 x 300 px is expected, counted from 0"),
        (("-1,10",), "clicks: -1,10; a pixel of this picture"),
        (("10,10,-",), "clicks: no click selects anything; at least one is needed"),
    ],
)
def test_clicks_that_mean_nothing_are_one_sentence(clicks: tuple[str, ...], said: str) -> None:
    for kind in (SelectRequest, CutoutRequest, InpaintRequest):
        with pytest.raises(InputError) as error:
            kind(picture=_two(), clicks=clicks)
        assert str(error.value).startswith(said)


def test_a_click_takes_the_thing_under_it_and_further_ones_add_and_remove() -> None:
    assert _close(_selected(_two(), LEFT), ONE)
    assert _close(_selected(_two(), RIGHT), OTHER)
    assert _close(_selected(_two(), LEFT, RIGHT), torch.maximum(ONE, OTHER))
    assert _close(_selected(_two(), LEFT, RIGHT, (*LEFT, False)), torch.minimum(1 - ONE, OTHER))
    assert _close(_selected(_two(), LEFT, (LEFT[0] + 20, LEFT[1])), ONE)  # twice the same thing
    with pytest.raises(InputError, match="nothing is selected any more"):
        _selected(_two(), (*LEFT, False), mask=Mask(ONE))


@pytest.mark.parametrize("obeys", [True, False])
def test_a_click_on_a_part_that_is_not_meant_divides_at_the_edge_of_colors(obeys: bool) -> None:
    half = ONE * (torch.arange(SIZE[1]) < LEFT[0])
    picture = Picture(over(BLUE, over(RED, GREEN, ONE), half), name="half.png")
    assert _close(_selected(picture, (90, 150), prompted=NotGreen(obeys=obeys)), ONE)
    assert _close(_selected(picture, (150, 150), (90, 150, False), prompted=NotGreen(obeys=obeys)), ONE - half)


def test_where_the_network_sees_nothing_the_color_decides() -> None:
    assert _close(_selected(_two(), (20, 20), prompted=SameColor(near=-1)), 1 - torch.maximum(ONE, OTHER))


def test_what_was_selected_stays_to_the_last_bit_where_nothing_changes() -> None:
    start = Mask(ONE * 0.875)
    made = _selected(_two(), RIGHT, mask=start)
    assert torch.equal(made[:, :, :, :220], start.coverage[:, :, :, :220])
    assert _close(made[:, :, :, 220:], OTHER[:, :, :, 220:])


def test_a_thin_mark_stays_when_another_thing_is_removed() -> None:
    scratch = torch.zeros_like(ONE)
    scratch[:, :, 10:14, 20:200] = 1
    assert not bool((scratch * torch.maximum(ONE, OTHER)).any())
    made = _selected(_two(), (*RIGHT, False), mask=Mask(torch.maximum(scratch, OTHER)))
    assert torch.equal(made > 0.5, scratch > 0.5)


def test_a_picture_is_encoded_once_however_many_clicks_follow() -> None:
    prompted = SameColor()
    context = context_of(RedIsProduct(), prompted=prompted)
    for clicks in ((LEFT,), (LEFT, RIGHT)):
        run(select, SelectRequest(picture=_two(), clicks=clicks), context, task="select")
    assert prompted.seen == ["encode", "forward", "forward", "forward"]


def test_a_cut_out_of_what_was_clicked_on() -> None:
    request = CutoutRequest(picture=_two(), clicks=(RIGHT,))
    result = run(cutout, request, context_of(RedIsProduct()), task="cutout")
    assert result.picture.alpha is not None
    assert _close(result.picture.alpha, OTHER)
    assert request.as_step() == {"clicks": ["290,150"]}
    assert result.details["box"] == pytest.approx([240, 100, 341, 201], abs=2)
    assert 0 <= result.details["confidence"] <= 1


def test_what_was_clicked_on_is_made_anew_with_its_edge_and_nothing_else() -> None:
    class Gray(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.full_like(x[:, :3], 0.5)

    models = {
        "inpaint": Model("inpaint", "ab" * 32, Gray(), task="inpaint", context_px=32),
        "cutout": Model("cutout", "cd" * 32, RedIsProduct(), task="cutout"),
        "select": Model("select", "ef" * 32, SameColor(), task="select"),
    }
    context = Context(torch.device("cpu"), lambda name, *_: models[name])
    picture = _two()
    result = run(inpaint, InpaintRequest(picture=picture, clicks=(LEFT,)), context, task="inpaint")
    changed = (result.picture.rgb != picture.rgb).any(1, keepdim=True)
    assert bool(changed[ONE > 0].all())
    assert not bool(changed[_disc(*LEFT, 66) == 0].any())
    assert set(result.weights) == {"cutout", "inpaint", "select"}


def test_stop_is_heard() -> None:
    stopped = threading.Event()
    stopped.set()
    context = Context(torch.device("cpu"), None, cancel=stopped)  # type: ignore[arg-type]
    with pytest.raises(Cancelled):
        run(select, SelectRequest(picture=_two(), clicks=("120,150",)), context, task="select")
