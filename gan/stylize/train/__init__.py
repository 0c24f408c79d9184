"""Training stylize: its recipes, and what measures them."""

from __future__ import annotations

from gan.stylize.train.recipe import RECIPE

RECIPES = (RECIPE,)
"""What `train.py` offers."""
