"""Run programs as ranks that are forked from one process which has imported the stack, so that none pays the imports.

    python run_jobs.py < JOBS.json > RESULTS.json

A job is `{"world": 4, "program": "train.py", "arguments": [...], "folder": ".", "path": "bundle"}`: the program runs once
a rank, with the variables that torchrun sets, in the working folder `folder`, with `path` first on sys.path. A result is
`{"status": [exit status of each rank], "stdout": [text of each rank], "stderr": [...], "seconds": 1.5}`. Jobs run one
after another. What torchrun itself does (ending the others when one rank fails) is done here too, once they only wait. There
is no limit of time: scripts/test/watchdog.ts ends what hangs.
"""

import atexit
import gc
import importlib.util
import json
import os
import runpy
import signal
import socket
import sys
import tempfile
import time
import traceback
from pathlib import Path

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["OMP_NUM_THREADS"] = "1"

# What the programs import, before the first fork.
import datasets  # noqa: F401
import torch
import torch.distributed.checkpoint.state_dict
import torch.distributed.fsdp
from transformers import GenerationMixin, HfArgumentParser  # noqa: F401
from trl import SFTConfig, SFTTrainer  # noqa: F401

# By its path: the jobs import `planc_runtime` from their own bundles.
spec = importlib.util.spec_from_file_location("idle", Path(__file__).parents[2] / "templates/planc_runtime/idle.py")
idle = importlib.util.module_from_spec(spec)
spec.loader.exec_module(idle)


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def start(job: dict, rank: int, port: int, outputs: Path) -> int:
    """Fork one rank and return its process id."""
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        atexit._clear()  # what is registered is the parent's
        os.setpgid(0, 0)
        for descriptor, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(outputs / f"{rank}.{name}", os.O_CREAT | os.O_WRONLY), descriptor)
        if job["world"] > 1:
            os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank)}
            os.environ |= {"WORLD_SIZE": str(job["world"]), "LOCAL_WORLD_SIZE": str(job["world"])}
            os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
        os.chdir(job["folder"])
        sys.path.insert(0, job.get("path", "."))
        sys.argv = [job["program"], *job["arguments"]]
        torch.set_num_threads(1)
        runpy.run_path(job["program"], run_name="__main__")
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


def wait(processes: list[int]) -> list[int]:
    """Exit status of each; when one has failed, the others are ended once they only wait for it."""
    statuses: dict[int, int] = {}
    is_quiet = None
    while len(statuses) < len(processes):
        running = [process for process in processes if process not in statuses]
        for process in running:
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                statuses[process] = os.waitstatus_to_exitcode(status)
                if status and is_quiet is None:
                    is_quiet = idle.Idle(1)
        if is_quiet is not None and is_quiet(running):
            for process in running:
                if process not in statuses:
                    os.killpg(process, signal.SIGKILL)
        time.sleep(0.02)
    return [statuses[process] for process in processes]


def run(job: dict) -> dict:
    began = time.time()
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        outputs = Path(folder)
        statuses = wait([start(job, rank, port, outputs) for rank in range(job["world"])])
        texts = {
            name: [(outputs / f"{rank}.{name}").read_text(errors="replace") for rank in range(job["world"])]
            for name in ("stdout", "stderr")
        }
    return {"status": statuses, "seconds": round(time.time() - began, 1), **texts}


if __name__ == "__main__":
    gc.freeze()  # or the collector of each rank goes through all that the packages hold
    atexit.register(gc.unfreeze)
    json.dump([run(job) for job in json.load(sys.stdin)], sys.stdout)
