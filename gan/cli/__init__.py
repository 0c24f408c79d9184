"""The commands of `python -m gan`: options built from requests, one module for all forms, one each for what is more."""
