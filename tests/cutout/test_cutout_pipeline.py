"""Cut-out: what is asked, what comes back, and corrections that need no network."""

from __future__ import annotations

import json

import pytest
import torch
from products import GREEN, RED, RedIsProduct, context_of, no_network, over, ring

from gan.core.contract import Result, run
from gan.core.errors import InputError
from gan.cutout.pipeline import CutoutRequest, box_of, corrected, cutout
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture

SIZE = (240, 300)


def _picture() -> Picture:
    noise = 0.02 * torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(0))
    return Picture(over(RED, GREEN, ring(*SIZE)) + noise, name="a.jpg", notices=("before",))


def _stroke(rows: slice, columns: slice) -> Mask:
    coverage = torch.zeros(1, 1, *SIZE)
    coverage[:, :, rows, columns] = 1
    return Mask(coverage)


def _run(request: CutoutRequest) -> Result:
    network = request.mask is None and request.picture.alpha is None
    return run(cutout, request, context_of(RedIsProduct()) if network else no_network(), task="cutout")


def test_transparent_by_default() -> None:
    picture, alpha = _picture(), ring(*SIZE)
    result = _run(CutoutRequest(picture=picture))
    made = result.picture
    assert made.alpha is not None
    assert (made.alpha - alpha).abs().mean() < 0.01
    whole = (made.alpha == 1).expand_as(made.rgb)
    assert torch.equal(made.rgb[whole], picture.rgb[whole])
    assert result.weights == {"cutout": "ab" * 32, "select": "cd" * 32}
    assert result.notices == ("before",)
    assert result.details["confidence"] > 0.9
    assert result.details["share"] == pytest.approx(float(alpha.mean()), abs=0.01)
    assert result.details["box"] == pytest.approx([66, 36, 234, 204], abs=1)
    json.dumps(result.record)


def test_steps_are_told_in_order() -> None:
    steps: list[tuple[int, int, str]] = []
    context = context_of(RedIsProduct(), progress=lambda *step: steps.append(step))
    run(cutout, CutoutRequest(picture=_picture()), context, task="cutout")
    assert [(done, total) for done, total, _ in steps] == [(0, 4), (1, 4), (2, 4), (3, 4)]


@pytest.mark.parametrize("ground", ["white", "#123456", Picture(torch.rand(1, 3, 20, 20))])
def test_grounds(ground: str | Picture) -> None:
    result = _run(CutoutRequest(picture=_picture(), ground=ground))
    assert result.picture.alpha is None
    if ground == "white":
        assert (result.picture.rgb[:, :, :20] == 1).all()
        assert (result.picture.rgb[:, :, 115:125, 145:155] == 1).all()


def test_a_cut_out_keeps_its_colors_and_its_transparency() -> None:
    picture = Picture(torch.rand(1, 3, *SIZE), ring(*SIZE))
    made = _run(CutoutRequest(picture=picture)).picture
    assert torch.equal(made.rgb, picture.rgb)
    assert made.alpha is not None
    assert torch.equal(made.alpha, ring(*SIZE))


def test_a_mask_is_the_coverage() -> None:
    mask = Mask(ring(*SIZE, soft_px=9.0), "mine.png")
    result = _run(CutoutRequest(picture=_picture(), mask=mask))
    assert result.picture.alpha is not None
    assert torch.equal(result.picture.alpha, mask.coverage)
    assert result.details["confidence"] == 1
    assert result.weights == {}
    assert result.request["mask"] == "mine.png"


def test_strokes_bring_back_and_take_away() -> None:
    hole, part = (slice(110, 130), slice(140, 160)), (slice(100, 140), slice(60, 100))
    keep, drop = _stroke(*hole), _stroke(*part)
    before = ring(*SIZE)
    after = corrected(_picture(), before, keep, drop)
    assert (after[:, :, 116:124, 146:154] == 1).all()
    assert (after[:, :, 110:130, 70:90] == 0).all()
    outside = keep.coverage + drop.coverage == 0
    assert torch.equal(after[outside], before[outside])
    assert torch.equal(before, ring(*SIZE))  # the request's own is left alone
    assert (after >= 0).all()
    assert (after <= 1).all()


def test_where_both_strokes_lie_drop_holds() -> None:
    both = _stroke(slice(100, 140), slice(60, 100))
    after = corrected(_picture(), ring(*SIZE), both, both)
    assert (after[:, :, 112:128, 72:88] == 0).all()


def test_a_rough_stroke_follows_the_picture_s_edge() -> None:
    truth = ring(*SIZE, soft_px=1.0)
    lost = truth.clone()
    lost[:, :, :, :150] = 0
    rough = Mask((ring(*SIZE, soft_px=9.0) > 0.1).float() * (torch.arange(SIZE[1]) < 151))
    plain = torch.maximum(lost, rough.coverage)
    after = corrected(_picture(), lost, rough, None)
    assert (after - truth).abs().mean() < 0.4 * (plain - truth).abs().mean()


def test_a_rough_stroke_takes_nothing_of_the_product() -> None:
    truth = ring(*SIZE, soft_px=1.0)
    spilt = truth.clone()
    spilt[:, :, 100:140, 0:80] = 1
    sloppy = _stroke(slice(90, 150), slice(0, 71))  # over the edge of the ring, at 66, by five pixels
    plain = torch.minimum(spilt, 1 - sloppy.coverage)
    after = corrected(_picture(), spilt, None, sloppy)
    assert (after[:, :, 95:145, :60] == 0).all()
    assert (after - truth).abs().mean() < 0.6 * (plain - truth).abs().mean()


def test_white_on_white_a_stroke_holds_as_it_is() -> None:
    stroke = _stroke(slice(60, 120), slice(60, 160))
    after = corrected(Picture(torch.ones(1, 3, *SIZE)), torch.zeros(1, 1, *SIZE), stroke, None)
    assert (after - stroke.coverage).abs().mean() < 0.005


def test_thin_strokes_have_an_effect() -> None:
    after = corrected(_picture(), torch.zeros(1, 1, *SIZE), _stroke(slice(50, 200), slice(80, 83)), None)
    assert (after[:, :, 60:190, 81] == 1).all()


def test_where_nothing_is_found_strokes_say_where_the_product_is() -> None:
    plain = Picture(GREEN.expand(1, 3, *SIZE).clone())
    with pytest.raises(InputError, match="no product was found"):
        _run(CutoutRequest(picture=plain))
    result = _run(CutoutRequest(picture=plain, keep=_stroke(slice(60, 120), slice(60, 160))))
    assert result.details["box"] == [60, 60, 160, 120]


def test_without_strokes_nothing_is_touched() -> None:
    alpha = ring(*SIZE)
    assert corrected(_picture(), alpha, None, None) is alpha
    assert corrected(_picture(), alpha, Mask(torch.zeros(1, 1, *SIZE)), None) is alpha


def test_everything_dropped() -> None:
    request = CutoutRequest(picture=_picture(), mask=Mask(ring(*SIZE)), drop=_stroke(slice(None), slice(None)))
    with pytest.raises(InputError, match=r"^drop: no part of the product is left"):
        _run(request)


@pytest.mark.parametrize("name", ["mask", "keep", "drop"])
def test_sizes_have_to_agree(name: str) -> None:
    with pytest.raises(InputError, match="2 x 3 px mask, 300 x 240 px picture"):
        CutoutRequest(picture=_picture(), **{name: Mask(torch.ones(1, 1, 3, 2))})


@pytest.mark.parametrize("ground", ["beige", "#12", "/etc/hostname"])
def test_a_request_opens_no_files(ground: str) -> None:
    with pytest.raises(InputError, match=r"^ground: "):
        CutoutRequest(picture=_picture(), ground=ground)


def test_boxes() -> None:
    alpha = torch.zeros(1, 1, 10, 12)
    assert box_of(alpha) is None
    alpha[:, :, 2:5, 3:9] = 0.4
    assert box_of(alpha) == (3, 2, 9, 5)
    alpha[:, :, 3, 4] = 1
    assert box_of(alpha) == (4, 3, 5, 4)
