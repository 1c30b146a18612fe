#!/usr/bin/env bash
# Starts the job qwen3-ep8: preflight, then torchrun with one process a GPU. Options go on to train.py.
#
#   ./launch.sh                        train as the plan says
#   ./launch.sh --max-steps 5          options of train.py
#   PLANC_SKIP_PREFLIGHT=1 ./launch.sh without the preflight
#   ./launch.sh --cpu                  on CPU processes, to see it run
set -euo pipefail
bundle="$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)"
export PYTHONPATH="$bundle${PYTHONPATH:+:$PYTHONPATH}"
# Ranks that only wait must not take the cores from those that work.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"

gpus_per_node=8
nodes=1
python="${PYTHON:-python3}"

if [[ -z "${PLANC_SKIP_PREFLIGHT:-}" ]]; then
  "$python" -m planc_runtime.preflight "$bundle/plan.lock.json" "$@"
fi

exec "$python" -m torch.distributed.run --standalone --nproc-per-node "$gpus_per_node" \
  "$bundle"/train.py "$@"
