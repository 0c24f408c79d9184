"""Enhance: super-resolution, restoration, adjustments."""
