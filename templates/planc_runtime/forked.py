"""Run one program as ranks that are forked from this process, so that none pays for importing the stack again."""

from __future__ import annotations

import atexit
import faulthandler
import gc
import os
import runpy
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from planc_runtime.idle import Idle

# When one rank has failed, the others are ended once all of them have done nothing for so long: they wait for it.
QUIET_SECONDS = 1.0

# A rank that is at work all the time it hangs gets so long to write its stack.
STACK_SECONDS = 60.0


@dataclass(frozen=True)
class Failure:
    """The first rank that failed, or that all of them hung."""

    rank: int
    message: str
    log: str


def run_ranks(world: int, work: Callable[[], None], *, folder: Path, seconds: float) -> Failure | None:
    """
    Run `work` in `world` processes with the variables that torchrun sets, each with its output in `folder/rank-N.log`.

    When one fails, the others go on until they only wait, to say why they fail too. After `seconds` all of them write their
    stacks and end.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
    # Or each rank's collector goes through, and so copies, all that the imported packages hold.
    gc.freeze()
    processes = {_start(rank, world, port, work, folder): rank for rank in range(world)}
    gc.unfreeze()
    running = dict(processes)
    first: int | None = None
    deadline = time.monotonic() + seconds
    is_quiet = Idle(QUIET_SECONDS)
    is_ended = timed_out = False
    while running:
        for process, rank in list(running.items()):
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                del running[process]
                if status and first is None:
                    first, is_quiet = rank, Idle(QUIET_SECONDS)
        is_late = time.monotonic() > deadline
        if running and not is_ended and (is_late or (first is not None and is_quiet(running))):
            is_ended, timed_out = True, first is None
            _end(list(running))
        time.sleep(0.02)
    if timed_out:
        message = f"no rank ended within {seconds:.0f} s; each rank's stack is in its log"
        return Failure(0, message, str(folder / "rank-0.log"))
    if first is None:
        return None
    log = folder / f"rank-{first}.log"
    return Failure(first, _last_words(log), str(log))


def _start(rank: int, world: int, port: int, work: Callable[[], None], folder: Path) -> int:
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        atexit._clear()  # what is registered is the parent's
        log = os.open(folder / f"rank-{rank}.log", os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o644)
        os.dup2(log, 1)
        os.dup2(log, 2)
        faulthandler.register(signal.SIGUSR2, file=2, all_threads=True)
        if world > 1:
            os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "MASTER_ADDR": "127.0.0.1"}
            os.environ |= {"WORLD_SIZE": str(world), "LOCAL_WORLD_SIZE": str(world), "MASTER_PORT": str(port)}
        if "torch" in sys.modules:
            # torch's pool of threads does not live through a fork. It is made anew when it is next asked for, which must
            # not be by two threads at once.
            sys.modules["torch"].set_num_threads(sys.modules["torch"].get_num_threads())
        work()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _end(processes: list[int]) -> None:
    """Let ranks write their stacks, then end them."""
    for process in processes:
        os.kill(process, signal.SIGUSR2)
    is_quiet, deadline = Idle(QUIET_SECONDS), time.monotonic() + STACK_SECONDS
    while not is_quiet(processes) and time.monotonic() < deadline:
        time.sleep(0.02)
    for process in processes:
        os.kill(process, signal.SIGKILL)


def _last_words(log: Path) -> str:
    """The line that says what went wrong: the last of a traceback, or the last at all."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error:")]
    return (errors or lines or ["it ended without a word"])[-1][:500]


def program(file: Path, arguments: list[str]) -> None:
    """Run a Python file as `python FILE ARGUMENTS` would."""
    sys.argv = [str(file), *arguments]
    runpy.run_path(str(file), run_name="__main__")
