"""`python train.py TASK --data DIR --out RUN`: a thin door to gan.training."""

from __future__ import annotations

import sys

from gan.enhance.recipe import RECIPE as ENHANCE
from gan.training.cli import main

RECIPES = {recipe.task: recipe for recipe in (ENHANCE,)}

if __name__ == "__main__":
    sys.exit(main(RECIPES))
