"""`python train.py TASK --data DIR --out RUN`: a thin door to gan.training."""

from __future__ import annotations

import sys

from gan.cutout.recipe import RECIPE as CUTOUT
from gan.enhance.recipe import RECIPE as ENHANCE
from gan.generate.classical import RECIPE as CLASSICAL
from gan.generate.recipe import RECIPE as GENERATE
from gan.inpaint.recipe import RECIPE as INPAINT
from gan.stylize.recipe import RECIPE as STYLIZE
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
