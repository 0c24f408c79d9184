"""`python train.py TASK --data DIR --out RUN`: a thin door to gan.training."""

from __future__ import annotations

import sys

from gan.cutout.train.recipe import RECIPE as CUTOUT
from gan.enhance.train.recipe import RECIPE as ENHANCE
from gan.generate.train.classical import RECIPE as CLASSICAL
from gan.generate.train.recipe import RECIPE as GENERATE
from gan.inpaint.train.recipe import RECIPE as INPAINT
from gan.stylize.train.recipe import RECIPE as STYLIZE
from gan.training.cli import main

RECIPES = {
    "enhance": (ENHANCE,),
    "generate": (GENERATE, CLASSICAL),
    "inpaint": (INPAINT,),
    "stylize": (STYLIZE,),
    "cutout": (CUTOUT,),
}

if __name__ == "__main__":
    sys.exit(main(RECIPES))
