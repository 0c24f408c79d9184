"""Training generate: its recipes, and what measures them."""

from __future__ import annotations

from gan.generate.train.classical import RECIPE as CLASSICAL
from gan.generate.train.recipe import RECIPE

RECIPES = (RECIPE, CLASSICAL)
"""What `train.py` offers."""
