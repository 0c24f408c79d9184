#!/usr/bin/env bash
# How long a newcomer waits: importing the package, the app's first answer, one picture through its API.
#
#   bash benchmarks/start.sh
set -euo pipefail
cd "$(dirname "$0")/.."
python -X importtime -c "import gan" 2>&1 | awk 'END { printf "import gan: %.3f s\n", $5 / 1e6 }'
PYTHONPATH=. python tests/start_app.py
