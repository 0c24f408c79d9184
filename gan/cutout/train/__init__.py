"""Training cutout: its recipes, and what measures them."""

from __future__ import annotations

from gan.cutout.train.recipe import RECIPE

RECIPES = (RECIPE,)
"""What `train.py` offers."""
