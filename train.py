"""`python train.py TASK --data DIR --out RUN`: a thin door to gan.training."""

from __future__ import annotations

import sys
from importlib import import_module

from gan.tasks import TASKS
from gan.training.cli import main

RECIPES = {
    name: tuple(import_module(f"gan.{name}.train.{module}").RECIPE for module in task.recipes)
    for name, task in TASKS.items()
    if task.network is not None
}
"""By task, of those that have a network of their own."""

if __name__ == "__main__":
    sys.exit(main(RECIPES))
