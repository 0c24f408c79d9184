"""Errors of options: each is about the field that was wrong, under a name that means no other."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest

from gan.core.errors import InputError
from gan.core.option import Option, Options
from gan.core.reader import AnySource
from gan.core.request import Request
from gan.generate.attributes import Sliders
from gan.generate.pipeline import GenerateRequest


class Inner(Options):
    size: Annotated[float, Option("inner", ge=-1, le=1, alias="inner_size")] = 0.0
    kind: Annotated[Literal["a", "b"], Option("inner kind", alias="inner_kind")] = "a"


class Outer(Request):
    size: Annotated[int, Option("outer", ge=64, le=512)] = 64
    kind: Annotated[Literal[1, 2], Option("outer kind")] = 1
    sizes: Annotated[tuple[int, ...], Option("several", ge=None, many=True)] = ()
    inner: Inner = Inner()


def complaint(**values: Any) -> str:
    with pytest.raises(InputError) as caught:
        Outer.read(values, AnySource())
    return str(caught.value)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"size": 3}, "size: 3; 64 to 512 is allowed. Choose a number in this range."),
        ({"inner": {"size": 3.0}}, "inner_size: 3; -1 to 1 is allowed. Choose a number in this range."),
        ({"inner": {"size": 100.0}}, "inner_size: 100; -1 to 1 is allowed. Choose a number in this range."),
        ({"inner": {"size": "big"}}, 'inner_size: "big"; a number is expected. Correct the value.'),
        ({"kind": 3}, "kind: 3; 1 or 2 is allowed. Choose one of these."),
        ({"inner": {"kind": "c"}}, "inner_kind: c; a or b is allowed. Choose one of these."),
        ({"sizes": [1, "x"]}, 'sizes: "x"; a whole number is expected. Correct the value.'),
        ({"inner": 7}, "inner: 7; an object is expected. Correct the value."),
    ],
)
def test_errors_name_the_field_by_its_place(values: dict[str, Any], told: str) -> None:
    assert complaint(**values) == told


@pytest.mark.parametrize("value", [3.0, 100.0, -1.5, float("nan")])
def test_size_in_frame_is_no_size_in_pixels(value: float) -> None:
    with pytest.raises(InputError, match=r"^size_in_frame: .*-1 to 1 is allowed"):
        GenerateRequest.read({"sliders": {"size": value}}, AnySource())
    with pytest.raises(InputError, match=r"^size: .*-1 to 1 is allowed"):
        Sliders(size=value)


def test_the_other_size_keeps_its_range() -> None:
    with pytest.raises(InputError, match=r"^size: 3; 64 to 512 is allowed"):
        GenerateRequest(size=3)
