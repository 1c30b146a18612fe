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
from contextlib import contextmanager
from pathlib import Path

runtime, lock_file, *faults = sys.argv[1:]
sys.path.insert(0, runtime)
os.environ |= {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1", "TORCH_CPP_LOG_LEVEL": "FATAL"}

import torch
from planc_runtime.preflight.links import collectives, rank, watch
from planc_runtime.preflight.links.store import rendezvous_of

LOCK = json.loads(Path(lock_file).read_text())
WORLD = LOCK["mesh"]["world_size"]

# Faults in which rank 1 does not end by itself, and the step in which another one notices.
STUCK = {"away": "all_gather of 4 KiB along ep", "hangs": "all_to_all of 4 KiB along fsdp"}

# Only what never comes may be late, so that a slow machine is not taken for a fault.
SHORT, LONG = 4, 3600


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
    if number in (0, 3) and fault == "away":
        # These wait for rank 1 themselves. Rank 2 waits for rank 3, and has to see further.
        rank.Rank.stuck = lambda self, *seen: None


def be_patient(fault: str) -> None:
    """Count seconds only where a fault makes the ranks wait, and only from when all have come that do come."""
    wait_for_all, step = rank.wait_for_all, watch.Watch.step

    def wait_for_most(store, world_size, *, seconds):
        while not store.check([f"here {number}" for number in range(world_size - 1)]):
            time.sleep(0.01)
        return wait_for_all(store, world_size, seconds=1)

    @contextmanager
    def long_step(self, name, ranks, **options):
        with step(self, name, ranks, seconds=LONG):
            if name == STUCK.get(fault):
                entered = watch.Step(name, ranks)
                while fault == "hangs" and not self._store.check([entered.entered_key(number) for number in ranks]):
                    time.sleep(0.01)
                self._now = entered, time.monotonic() + SHORT
            yield

    watch.Watch.step = long_step
    if fault == "absent":
        rank.wait_for_all = wait_for_most


def start(fault: str, number: int, port: int, printed: Path) -> int:
    process = os.fork()
    if process:
        return process
    os.dup2(os.open(printed, os.O_CREAT | os.O_WRONLY | os.O_APPEND), 1)
    os.environ |= {"RANK": str(number), "LOCAL_RANK": str(number), "WORLD_SIZE": str(WORLD)}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    torch.set_num_threads(1)
    bring(fault, number)
    be_patient(fault)
    rendezvous = rendezvous_of(LOCK, node_rank=0, meet=None)
    rank.Rank(LOCK, rendezvous=rendezvous, cpu=True, wait=LONG, timeout=LONG, report_to=None, json=False).run()
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
