"""Trains the tiny preset for two steps; started alone and under torchrun, its losses must be the same."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from gan.generate.train import recipe as training
from gan.generate.train.presets import PRESETS
from gan.training.loop import train
from gan.training.options import RunOptions
from gan.training.recipe import Validation

torch.set_num_threads(1)
blank = Validation({}, 0.0, torch.zeros(3, 8, 8))
recipe = dataclasses.replace(training.RECIPE, validate=lambda *_: blank)
options = RunOptions(
    data=Path(sys.argv[1]),
    out=Path(sys.argv[2]),
    preset="tiny",
    steps=3,
    device="cpu",
    save_every=100,
    log_every=1,
    devices=int(os.environ.get("WORLD_SIZE", "1")),
)
train(recipe, PRESETS["tiny"], options)
