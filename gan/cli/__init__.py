"""The commands of `python -m gan`, one file each: what its options are, and what it does."""
