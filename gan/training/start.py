"""How a run begins: its folder is claimed, its networks are built, and what they begin from is read."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from lightning.fabric import Fabric
from torch import Tensor, nn

from gan.core.errors import InputError
from gan.core.files import write_atomic
from gan.models.weights import read
from gan.training.checkpoint import Checkpoints
from gan.training.options import RunOptions
from gan.training.recipe import Recipe, State

CONFIG_FILE = "config.json"
CHECKPOINTS_FOLDER = "checkpoints"


def claim_folder(recipe: Recipe[Any], config: Any, options: RunOptions, fabric: Fabric) -> None:
    """Write the resolved options, or check that those of the run that lies there are the same.

    Raises:
        InputError: the folder belongs to a run with other options.
    """
    path = options.out / CONFIG_FILE
    resolved = {
        "task": recipe.task,
        "preset": options.preset,
        "seed": options.seed,
        "config": json.loads(json.dumps(dataclasses.asdict(config))),
    }
    if path.exists():
        before = json.loads(path.read_text(encoding="utf-8"))
        if before != resolved:
            different = [key for key in resolved if before.get(key) != resolved[key]]
            raise InputError(
                "out",
                "{folder} holds a run with another {different}",
                "a run resumes with the options that it began with",
                "Choose another folder with --out",
                folder=options.out,
                different=", ".join(different),
            )
    elif fabric.is_global_zero:
        write_atomic(path, json.dumps(resolved, indent=1).encode())
    fabric.barrier()


def build_state(
    recipe: Recipe[Any], config: Any, data: Any, options: RunOptions, fabric: Fabric, *, fresh: bool
) -> State:
    """The state of step 0 on the device, wrapped by Fabric, the same on every process.

    Args:
        fresh: whether the run begins now; a run that is resumed needs no warm start.

    Raises:
        InputError, WeightsError: what it should begin from is missing, damaged, or of another task.
    """
    torch.manual_seed(options.seed)
    state = recipe.build(config, data)
    if options.warm_start is not None and fresh:
        for sentence in _warm_start(state, recipe, options.warm_start, options.weights_dir):
            fabric.print(sentence)
    for name, network in list(state.networks.items()):
        own = {id(p) for p in network.parameters()}
        mine = {
            key: optimizer
            for key, optimizer in state.optimizers.items()
            if any(id(p) in own for group in optimizer.param_groups for p in group["params"])
        }
        wrapped, *optimizers = fabric.setup(network, *mine.values())
        state.networks[name] = wrapped
        state.optimizers.update(zip(mine, optimizers, strict=True))
    for frozen in (*state.frozen.values(), *state.ema.values()):
        frozen.to(fabric.device)
    for optimizer in state.optimizers.values():
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
    return state


def _warm_start(state: State, recipe: Recipe[Any], source: str, weights_dir: Path) -> list[str]:
    if (Path(source) / CHECKPOINTS_FOLDER).is_dir():
        return _from_run(state, recipe.task, Path(source))
    return recipe.warm_start(state, read(source, weights_dir).state)


def _from_run(state: State, task: str, run: Path) -> list[str]:
    """Take every network and average of another run's newest whole checkpoint, where names and shapes agree.

    Its counters, optimizers, scalars and random states stay behind: this is another run, mostly on other data.
    """
    path = run / CONFIG_FILE
    found = json.loads(path.read_text(encoding="utf-8")).get("task") if path.is_file() else None
    saved, sentences = Checkpoints(run / CHECKPOINTS_FOLDER).load()
    if saved is None or found != task:
        raise InputError(
            "from",
            "{run} holds no whole checkpoint of {task}",
            "a run of the same task is expected, a published folder, a name or owner/name on the Hub",
            "Choose another",
            run=run,
            task=task,
        )
    taken = total = 0
    parts: dict[str, tuple[Mapping[str, nn.Module], Mapping[str, Mapping[str, Tensor]]]] = {
        "networks": (state.networks, saved["state"]["networks"]),
        "averages": (state.ema, saved["state"]["ema"]),
    }
    for modules, tensors in parts.values():
        for name, module in modules.items():
            own = module.state_dict()
            fitting = {k: v for k, v in tensors.get(name, {}).items() if k in own and own[k].shape == v.shape}
            module.load_state_dict({**own, **fitting})
            # Averages and normalisations keep counters, which fit anywhere.
            taken += sum(value.ndim > 0 for value in fitting.values())
            total += sum(value.ndim > 0 for value in own.values())
    if taken == 0:
        raise InputError(
            "from",
            "no network of {run} has the shape of one here",
            "a run with a similar preset is expected",
            "Choose another run or another preset",
            run=run,
        )
    step = saved["state"]["step"]
    return [*sentences, f"{taken} of {total} tensors were taken from {run}, step {step}, averages among them."]
