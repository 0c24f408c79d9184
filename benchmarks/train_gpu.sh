#!/usr/bin/env bash
# Everything a borrowed GPU needs in one command: a smoke run, a look at the throughput, then training until the
# minutes are used up. Run it again with the same arguments and it goes on from where it stood.
#
#   bash benchmarks/train_gpu.sh PRESET MINUTES DATA [FROM]
#
# DATA is a folder of pictures; FROM a published checkpoint to begin with. What comes back lies in $OUT, or in runs/:
# the average's weights, the log, the newest grid.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1 minutes=$2 data=$3 from=${4:-}
run=runs/$preset
options=(enhance --data "$data" --preset "$preset" --device cuda --precision bf16-mixed --workers "$(nproc)")
if [ -n "$from" ] && [ ! -e "$run/config.json" ]; then options+=(--from "$from"); fi

if [ ! -e "$run/config.json" ]; then
    python3 train.py "${options[@]}" --out "$run-smoke" --steps 20 --save-every 20
    tail -n 2 "$run-smoke/log.jsonl"
    rm -r "$run-smoke"
fi
# SIGTERM saves, so the clock may end the run anywhere.
timeout --signal=TERM "$((minutes * 60))" python3 train.py "${options[@]}" --out "$run" \
    --steps "${STEPS:-40000}" --save-every 1000 || [ $? -eq 124 ]

back=${OUT:-runs/back-$preset}
mkdir -p "$back"
cp "$run"/weights/* "$run/log.jsonl" "$back/"
newest=$(find "$run/grids" -name '*.png' | sort | tail -n 1)
[ -z "$newest" ] || cp "$newest" "$back/grid.png"
tail -n 3 "$run/log.jsonl"
