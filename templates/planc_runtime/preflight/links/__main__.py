"""Test the links between the ranks: an all-gather and an all-to-all along every axis of the plan's mesh.

    python -m planc_runtime.preflight.links plan.lock.json [--json] [--cpu] [--wait S] [--timeout S]

Starts torchrun over this machine's ranks; with several machines, run it on each with the job's NODE_RANK and MASTER_ADDR.
Started by torchrun it is a rank itself. One line an axis: fails for wrong numbers, and for ranks that do not come or do
not get through, by their numbers; warns below half the pace of the link that the plan's GPUs have. On the CPU only the
numbers count. Exit status 0 or 2. Loads torch and nothing else.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from planc_runtime.preflight.check import Check, report, worst
from planc_runtime.preflight.links.launch import start_ranks
from planc_runtime.preflight.lock import read_lock
from planc_runtime.world import hide_gpus

# Seconds: other machines are started by hand, or wait for theirs. A cluster that starts them one by one gives them longer with
# PLANC_LINKS_WAIT.
WAIT, TIMEOUT = 300.0, 60.0


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.splitlines()[0])
    parser.add_argument("lock", type=Path)
    parser.add_argument("--json", action="store_true", help="print the checks as one JSON object")
    parser.add_argument("--cpu", action="store_true", help="test CPU processes with gloo")
    wait = os.environ.get("PLANC_LINKS_WAIT", WAIT)
    parser.add_argument("--wait", type=float, default=wait, help="seconds that ranks get to come")
    parser.add_argument("--timeout", type=float, default=TIMEOUT, help="seconds that a step may take")
    # What the process that starts the ranks tells them.
    parser.add_argument("--report", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--node-rank", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--meet", help=argparse.SUPPRESS)
    arguments, _ = parser.parse_known_args()
    lock = read_lock(arguments.lock)
    world_size = lock["mesh"]["world_size"]
    if arguments.cpu:
        hide_gpus()

    # A native stack trace helps nobody who has a sentence.
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "FATAL")
    if "RANK" in os.environ and "WORLD_SIZE" in os.environ:
        from planc_runtime.preflight.links.rank import Rank
        from planc_runtime.preflight.links.store import rendezvous_of

        Rank(
            lock,
            rendezvous=rendezvous_of(lock, node_rank=arguments.node_rank, meet=arguments.meet),
            cpu=arguments.cpu,
            wait=arguments.wait,
            timeout=arguments.timeout,
            report_to=arguments.report,
            json=arguments.json,
        ).run()

    if world_size == 1:
        checks = [Check("links", "ok", "one rank needs none")]
    elif lock["plan"]["cluster"]["nodes"] > 1 and not {"NODE_RANK", "MASTER_ADDR"} <= os.environ.keys():
        checks = [Check("links", "fails", "NODE_RANK and MASTER_ADDR are not set", "see the head of launch.sh")]
    else:
        forwarded = [str(arguments.lock), "--wait", str(arguments.wait), "--timeout", str(arguments.timeout)]
        forwarded += ["--cpu"] if arguments.cpu else []
        checks = start_ranks(lock, forwarded, seconds=arguments.wait + 10 * arguments.timeout)
    print(report(checks) if arguments.json else "\n".join(check.line() for check in checks))
    sys.exit(2 if worst(checks) == "fails" else 0)


if __name__ == "__main__":
    main()
