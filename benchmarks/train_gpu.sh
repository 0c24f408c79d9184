#!/usr/bin/env bash
# Everything a borrowed GPU needs in one command: a smoke run, a look at the throughput, then training until the
# minutes are used up. Run it again with the same arguments and it goes on from where it stood.
#
#   bash benchmarks/train_gpu.sh TASK PRESET MINUTES DATA [FROM]
#
# TASK is enhance or generate; DATA a folder of pictures; FROM a published checkpoint or a run's folder to begin with.
# What comes back lies in $OUT, or in runs/: the average's weights, the log, the newest grid. PRECISION=32-true is for
# presets with gradient penalties (stylegan-*, r3gan-*).
set -euo pipefail
cd "$(dirname "$0")/.."
task=$1 preset=$2 minutes=$3 data=$4 from=${5:-}
run=runs/$task-$preset
options=("$task" --data "$data" --preset "$preset" --device cuda --precision "${PRECISION:-bf16-mixed}" --workers "$(nproc)")
if [ -n "$from" ] && [ ! -e "$run/config.json" ]; then options+=(--from "$from"); fi

if [ ! -e "$run/config.json" ]; then
    python3 train.py "${options[@]}" --out "$run-smoke" --steps 20 --save-every 20
    tail -n 2 "$run-smoke/log.jsonl"
    rm -r "$run-smoke"
fi
# SIGTERM saves, so the clock may end the run anywhere.
timeout --signal=TERM "$((minutes * 60))" python3 train.py "${options[@]}" --out "$run" \
    --steps "${STEPS:-40000}" --save-every 1000 || [ $? -eq 124 ]

back=${OUT:-runs/back-$task-$preset}
mkdir -p "$back"
cp "$run"/weights/* "$run/log.jsonl" "$back/"
newest=$(find "$run/grids" -name '*.png' | sort | tail -n 1)
[ -z "$newest" ] || cp "$newest" "$back/grid.png"
tail -n 3 "$run/log.jsonl"
