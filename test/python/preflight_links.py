"""Worlds of gloo ranks that test their links, forked from one process that has torch, with a fault in some of them.

    python preflight_links.py RUNTIME LOCK FAULT... > RESULTS.json

A fault is "none", or one that a rank brings: "absent" (the last rank never comes), "away" (rank 1 does not go on to the
second axis), "hangs" (rank 1 stays in its first all-to-all), "dies" (rank 1 is killed there), "wrong" (rank 2 gets other
numbers from its all-to-alls), "shuffled" (rank 2 sends the last numbers first). A result is `{"status": [...],
"printed": [...]}` with the lines of all ranks; a rank that is stuck has the status None.
"""

import json
import os
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path

runtime, lock_file, *faults = sys.argv[1:]
sys.path.insert(0, runtime)
os.environ |= {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1", "TORCH_CPP_LOG_LEVEL": "FATAL"}

import torch
from planc_runtime.preflight.links import collectives, rank
from planc_runtime.preflight.links.store import place_of

LOCK = json.loads(Path(lock_file).read_text())
WORLD = LOCK["mesh"]["world_size"]

# Faults in which rank 1 does not end by itself.
STUCK = ("away", "hangs")


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def bring(fault: str, number: int) -> None:
    exchange, check, read_axis = collectives.dist.all_to_all_single, rank.check_numbers, rank.Rank.read_axis

    def wrong(found, *others, **options):
        exchange(found, *others, **options)
        found[-1] += 1

    def shuffled(found, sent, *others, **options):
        exchange(found, sent.flip(0), *others, **options)

    def stay(operation, *others, **options):
        if operation == "all_to_all":
            if fault == "dies":
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(600)
        return check(operation, *others, **options)

    def go_on(self, axis, group):
        if axis.name == "efsdp":
            time.sleep(600)
        return read_axis(self, axis, group)

    if number == 2 and fault in ("wrong", "shuffled"):
        collectives.dist.all_to_all_single = wrong if fault == "wrong" else shuffled
    if number == 1 and fault in ("hangs", "dies"):
        rank.check_numbers = stay
    if number == 1 and fault == "away":
        rank.Rank.read_axis = go_on


def start(fault: str, number: int, port: int, printed: Path) -> int:
    process = os.fork()
    if process:
        return process
    os.dup2(os.open(printed, os.O_CREAT | os.O_WRONLY | os.O_APPEND), 1)
    os.environ |= {"RANK": str(number), "LOCAL_RANK": str(number), "WORLD_SIZE": str(WORLD)}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    torch.set_num_threads(1)
    bring(fault, number)
    place = place_of(LOCK, node_rank=0, meet=None)
    wait = 3 if fault == "absent" else 60
    timeout = 4 if fault in STUCK else 60
    rank.Rank(LOCK, place=place, cpu=True, wait=wait, timeout=timeout, report_to=None, json=False).run()
    return 0


def run(fault: str) -> dict:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder) / "printed"
        numbers = range(WORLD - (fault == "absent"))
        processes = [start(fault, number, port, printed) for number in numbers]
        statuses = [
            None if fault in STUCK and number == 1 else os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
            for number, process in enumerate(processes)
        ]
        if fault in STUCK:
            os.kill(processes[1], signal.SIGKILL)
            os.waitpid(processes[1], 0)
        return {"status": statuses, "printed": printed.read_text().splitlines()}


json.dump([run(fault) for fault in faults], sys.stdout)
