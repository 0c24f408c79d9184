"""Steps in memory: what each gets, what the whole tells, and the two ways of Batch and the Cut-out page to run them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Annotated, Any

import pytest
import torch

from gan.core.contract import Context, Output, Result, run
from gan.core.errors import Cancelled, InputError, StepError
from gan.core.option import Option
from gan.core.reader import PictureFile
from gan.core.recipe import Chain, Made, Step, at_step, finished
from gan.core.request import Request
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture

GRAY = Picture(torch.full((1, 3, 2, 2), 0.5))


class Dim(Request):
    picture: PictureFile
    factor: Annotated[float, Option("", ge=0, le=1)] = 0.5


class Draw(Request):
    level: float = 0.25


def dim(request: Dim, context: Context) -> Output:
    context.step(1, 2, "Dimming")
    return Output((request.picture.with_pixels(request.picture.rgb * request.factor, None),))


def split(request: Dim, context: Context) -> Output:
    return Output(tuple(request.picture.with_pixels(request.picture.rgb * share, None) for share in (1.0, 0.5)))


def draw(request: Draw, context: Context) -> Output:
    return Output((Picture(torch.full((1, 3, 1, 1), request.level)),))


def runner(pipeline: Callable[[Any, Context], Output], task: str) -> Callable[..., Result]:
    def carry_out(request: Request, *, progress: Any = None, cancel: Any = None) -> Result:
        context = Context(torch.device("cpu"), lambda _: None, progress=progress, cancel=cancel)  # type: ignore[arg-type,return-value]
        return run(pipeline, request, context, task=task)

    return carry_out


def level(picture: Picture) -> float:
    return float(picture.rgb[0, 0, 0, 0])


def test_each_step_works_on_the_picture_of_the_one_before() -> None:
    steps = [Step(kind=Dim, fields={"factor": 0.5}), Step(kind=Dim, fields={"factor": 0.1})]
    (made,) = finished(Chain(runner(dim, "dim"), 2, None, None), Made((), GRAY), steps)
    assert level(made.picture) == pytest.approx(0.025)
    assert [result.task for result in made.results] == ["dim", "dim"]
    assert [step["request"]["factor"] for step in made.picture.history if "factor" in step["request"]] == [0.1]


def test_no_step_leaves_the_picture() -> None:
    (made,) = finished(Chain(runner(dim, "dim"), 0, None, None), Made((), GRAY), [])
    assert made.picture is GRAY


def test_several_colors_are_followed_each() -> None:
    steps = [Step(kind=Dim), Step(kind=Dim)]
    made = finished(Chain(runner(split, "recolor"), 3, None, None), Made((), GRAY), steps)
    assert [level(one.picture) for one in made] == pytest.approx([0.5, 0.25, 0.25, 0.125])


def test_a_step_that_draws_takes_no_picture() -> None:
    assert Step(kind=Draw, fields={"level": 0.5}).request(GRAY) == Draw(level=0.5)


def test_masks_go_where_there_are_fields_for_them() -> None:
    mask = Mask(torch.ones(1, 1, 2, 2))
    assert Step(kind=Dim).with_masks(mask, mask).fields == {}


def test_the_progress_is_that_of_all_requests() -> None:
    told: list[tuple[int, int]] = []
    chain = Chain(runner(dim, "dim"), 2, lambda done, total, _: told.append((done, total)), None)
    finished(chain, Made((), GRAY), [Step(kind=Dim), Step(kind=Dim)])
    assert told == [(50, 200), (150, 200)]


def test_nothing_begins_after_a_cancel() -> None:
    cancel = threading.Event()
    chain = Chain(runner(split, "recolor"), 2, None, cancel)
    chain(Dim(picture=GRAY))
    cancel.set()
    with pytest.raises(Cancelled):
        chain(Dim(picture=GRAY))


def test_what_a_step_refuses_tells_which() -> None:
    with pytest.raises(StepError, match=r"^step 3: factor: 7; 0 to 1 is allowed") as caught, at_step(3):
        Step(kind=Dim, fields={"factor": 7.0}).request(GRAY)
    assert isinstance(caught.value.inner, InputError)
