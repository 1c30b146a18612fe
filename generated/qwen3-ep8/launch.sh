#!/usr/bin/env bash
# Starts the job qwen3-ep8: preflight, then torchrun with one process a GPU. Options go on to train.py.
#
#   ./launch.sh                        train as the plan says
#   ./launch.sh --max-steps 5          options of train.py
#   ./launch.sh --resume               go on from the newest checkpoint; after an exit status of 75, too
#   ./launch.sh --resume PATH          from that one; newest is the same as nothing, auto begins where there is none
#   ./launch.sh --cpu                  on CPU processes, to see it run
#   PLANC_STAGE=preflight ./launch.sh  look at this node, and end; PLANC_STAGE=prepare: only what one machine does first,
#                                      which needs no GPU; PLANC_STAGE=train: the rest
#   PLANC_SKIP_PREFLIGHT=1 ./launch.sh without the preflight
#   PLANC_SKIP_LINKS=1 ./launch.sh  without that part of it
set -euo pipefail
# The folder that this file itself lies in, whatever its name holds and whatever links led here.
bundle="$(readlink -f -- "${BASH_SOURCE[0]}" && printf x)"
bundle="${bundle%/*}"
if [[ "$bundle" == *:* ]]; then
  echo "error: $bundle has a colon in its name, which Python cannot look for modules in; move the bundle" >&2
  exit 2
fi
# Modules are the bundle's own and the installed ones: nothing that happens to lie in the working folder.
while [[ "${PYTHONPATH:-}" =~ ^:|::|:$ ]]; do
  PYTHONPATH="${PYTHONPATH//::/:}" PYTHONPATH="${PYTHONPATH#:}" PYTHONPATH="${PYTHONPATH%:}"
done
export PYTHONPATH="$bundle${PYTHONPATH:+:$PYTHONPATH}"
export PYTHONSAFEPATH=1
# Ranks that only wait must not take the cores from those that work.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
# A GPU's memory in segments that grow: of fixed ones, whose ends nothing fits, the allocator holds more.
if [[ -z "${PYTORCH_ALLOC_CONF+set}${PYTORCH_CUDA_ALLOC_CONF+set}" ]]; then
  export PYTORCH_ALLOC_CONF=expandable_segments:True
fi

# What a cluster says to torchrun is said below, and would go to every torchrun that is started here.
unset "${!PET_@}"
gpus_per_node=8
python="${PYTHON:-python3}"

stage="${PLANC_STAGE:-all}"
if [[ ! "$stage" =~ ^(all|preflight|prepare|train)$ ]]; then
  echo "error: PLANC_STAGE is $stage; it takes preflight, prepare or train" >&2
  exit 2
fi
# Until there are ranks that can save, being told to stop ends this.
trap 'echo "told to stop before training began" >&2; exit 143' TERM USR1
runs() { [[ "$stage" == all || "$stage" == "$1" ]]; }
check() { "$python" -m "$1" "$bundle/plan.lock.json" "${@:2}"; }

if runs preflight && [[ -z "${PLANC_SKIP_PREFLIGHT:-}" ]]; then
  check planc_runtime.preflight "$@"
fi
if [[ "$stage" == preflight ]]; then exit 0; fi

if [[ "$stage" != prepare && -z "${PLANC_SKIP_PREFLIGHT:-}" ]]; then
  if [[ -z "${PLANC_SKIP_LINKS:-}" ]]; then check planc_runtime.preflight.links "$@" || exit 1; fi
fi
if [[ "$stage" == prepare ]]; then exit 0; fi

# USR1 is for this script and the ranks: torchrun would end of it.
launch() {
  trap '' USR1
  exec "$python" -m planc_runtime.launch "${meeting[@]}" --nproc-per-node "$gpus_per_node" \
    "$bundle"/train.py "$@"
}
meeting=(--standalone)
# A folder for what each rank prints; here its lines get the node's number and the rank's on that node.
if [[ -n "${PLANC_LOGS:-}" ]]; then
  meeting+=(--log-dir "$PLANC_LOGS/node${NODE_RANK:-0}" --tee 3 --role "node${NODE_RANK:-0}.")
fi

# A signal goes to the ranks that can save, each of which names its process in this folder, and not to torchrun, which
# would end them half a minute later. There they also leave what is to be said last, and their tracebacks where the run has no
# output folder yet.
PLANC_RANKS="$(mktemp -d)"
export PLANC_RANKS
# shellcheck disable=SC2329 # the trap calls it
stop() {
  local rank told=""
  again=yes
  for rank in "$PLANC_RANKS"/[0-9]*; do
    if [[ -e "$rank" ]] && kill -TERM "${rank##*/}" 2>/dev/null; then told=yes; fi
  done
  if [[ -z "$told" ]]; then kill -TERM "$job" 2>/dev/null || true; fi
}
set -m # so that a terminal's interrupt comes here alone
launch "$@" &
job=$!
trap stop TERM USR1 INT HUP
while true; do
  again="" status=0
  wait "$job" || status=$?
  if [[ -z "$again" ]]; then break; fi # otherwise it was a signal that ended the waiting
done
rm -f "$PLANC_RANKS"/[0-9]* "$PLANC_RANKS"/note-*.json
rmdir "$PLANC_RANKS" 2>/dev/null || true
exit "$status"
