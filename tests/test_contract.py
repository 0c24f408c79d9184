"""What `run` and `Context` promise whatever a pipeline forgets."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import torch
from torch import nn

from gan.core.contract import NOT_STATED, Context, Model, Output, Request, run
from gan.core.errors import Cancelled, InputError
from gan.core.reader import PictureFile
from gan.imaging.picture import Picture

CPU = torch.device("cpu")


class Plain(Request):
    picture: PictureFile
    where: Path | None = None


def _request() -> Plain:
    return Plain(picture=Picture(torch.full((1, 3, 5, 7), 0.5), name="a.png"), seed=3)


def _context(network: nn.Module | None = None, **options: object) -> Context:
    model = Model("m", "ab" * 32, network or nn.Identity(), multiple=2)
    return Context(CPU, lambda _: model, seed=3, **options)  # type: ignore[arg-type]


def test_results_are_clamped_and_know_what_made_them() -> None:
    def pipeline(request: Plain, context: Context) -> Output:
        context.model("m")
        return Output((request.picture.with_pixels(request.picture.rgb * 9 - 4, None),), ("Said",), {"chosen": (1, 2)})

    result = run(pipeline, _request(), _context(), task="plain")
    assert result.picture.rgb.max() <= 1
    assert result.record["weights"] == {"m": "ab" * 32}
    assert result.record["licences"] == {"m": NOT_STATED}
    assert result.record["request"] == {"seed": 3, "picture": "a.png"}
    assert result.record["details"] == {"chosen": [1, 2]}
    assert result.record["notices"] == ["Said"]


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_values_that_are_no_number_are_not_shown(bad: float) -> None:
    def pipeline(request: Plain, context: Context) -> Output:
        rgb = request.picture.rgb.clone()
        rgb[0, 1, 2, 3] = bad
        return Output((Picture(rgb),))

    with pytest.raises(RuntimeError, match="non-finite"):
        run(pipeline, _request(), _context(), task="plain")


def test_networks_run_in_eval_mode_without_gradients_on_sizes_they_can_take() -> None:
    seen: list[tuple[bool, bool, int, int]] = []

    class Watching(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append((self.training, torch.is_inference_mode_enabled(), x.shape[2] % 2, x.shape[3] % 2))
            return x

    def pipeline(request: Plain, context: Context) -> Output:
        return Output((Picture(context.apply(context.model("m"), request.picture.rgb)),))

    result = run(pipeline, _request(), _context(Watching().train()), task="plain")
    assert result.picture.rgb.shape == (1, 3, 5, 7)
    assert set(seen) == {(False, True, 0, 0)}


def test_a_seed_is_the_same_numbers() -> None:
    def pipeline(request: Plain, context: Context) -> Output:
        return Output((Picture(torch.rand(1, 3, 2, 2, generator=context.generator)),))

    first, second = (run(pipeline, _request(), _context(), task="plain").picture.rgb for _ in range(2))
    assert torch.equal(first, second)


def test_stop_is_noticed_at_the_next_step() -> None:
    cancel = threading.Event()
    context = _context(cancel=cancel)
    context.step(0, 2, "Enhancing")
    cancel.set()
    with pytest.raises(Cancelled):
        context.step(1, 2, "Enhancing")


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_seeds_out_of_range(seed: int) -> None:
    with pytest.raises(InputError, match="seed"):
        Request(seed=seed)


def test_pictures_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match="image"):
        Picture(torch.zeros(3, 4, 4))
    with pytest.raises(InputError, match="alpha"):
        Picture(torch.zeros(1, 3, 4, 4), torch.zeros(1, 1, 4, 5))
