"""`python -m gan TASK ...`: the door to `gan.cli.main`."""

from __future__ import annotations

import sys

from gan.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
