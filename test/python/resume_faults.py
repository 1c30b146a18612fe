"""Run a bundle's train.py with something that goes wrong on one rank.

    python resume_faults.py FAULT RANK TRAIN_PY [options of train.py]

FAULT is one of
    signal:NAME:STEP   the rank gets a signal while it computes that step
    twice:NAME:STEP    and again, until it ends
    kill:STEP          the rank is killed when it has written its part of that step's checkpoint
    full:STEP          the rank can write no more than a page of that checkpoint's tensors
    publish:STEP       the rank cannot write its own files of that checkpoint
    slow:STEP:UNTIL    the rank writes that checkpoint only when it has computed step UNTIL
    held               another process has the output folder
"""

import os
import resource
import runpy
import signal
import sys
import time
from pathlib import Path

from planc_runtime.checkpoint import folder, lock, stopping, trainer, writer

FAULT, RANK, PROGRAM = sys.argv[1], int(sys.argv[2]), sys.argv[3]
KIND, *DETAILS = FAULT.split(":")


def is_here() -> bool:
    return int(os.environ.get("RANK", "0")) == RANK


class FaultyTrainer(trainer.PlanTrainer):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        FaultyFiles.trainer = self

    def training_step(self, *args, **kwargs):
        loss = super().training_step(*args, **kwargs)
        if KIND in ("signal", "twice") and is_here() and self.state.global_step + 1 == int(DETAILS[1]):
            os.kill(os.getpid(), getattr(signal, DETAILS[0]))
            while KIND == "twice":
                time.sleep(0.1)
                os.kill(os.getpid(), getattr(signal, DETAILS[0]))
            while not self.stopping.signal:  # a thread takes it
                time.sleep(0.01)
        return loss


class FaultyFiles(writer.FileSystemWriter):
    trainer: FaultyTrainer

    def write_data(self, plan, planner):
        if KIND in ("signal", "twice"):
            return super().write_data(plan, planner)
        if not is_here() or not DETAILS or self.path.name != folder.unfinished_name(int(DETAILS[0])):
            return super().write_data(plan, planner)
        if KIND == "slow":
            while self.trainer.state.global_step < int(DETAILS[1]):  # for ever, if the steps wait for the save
                time.sleep(0.01)
        if KIND == "full":
            old = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, old[1]))
            try:
                return super().write_data(plan, planner)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, old)
        result = super().write_data(plan, planner)
        if KIND == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        return result


def refuse(path: Path, content: bytes) -> None:
    if KIND == "publish" and is_here() and path.parent.name == folder.unfinished_name(int(DETAILS[0])):
        raise OSError(28, "No space left on device", str(path))
    write_durably(path, content)


def hold(output: Path) -> None:
    reader, ready = os.pipe()
    parent, holder = os.getpid(), os.fork()
    if holder == 0:
        locked = lock.lock_folder(output)
        os.write(ready, b"1")
        while os.getppid() == parent:
            time.sleep(0.05)
        locked.close()
        os._exit(0)
    os.read(reader, 1)
    print(f"held by {holder}", flush=True)


write_durably = folder.write_durably
folder.write_durably = refuse
writer.PlainWriter.__bases__ = (FaultyFiles,)
stopping.ONE_REQUEST_SECONDS = 0.5
if KIND == "held":
    hold(Path(sys.argv[sys.argv.index("--output-dir") + 1]))
import planc_runtime.checkpoint  # noqa: E402

planc_runtime.checkpoint.PlanTrainer = FaultyTrainer
sys.argv = sys.argv[3:]
runpy.run_path(PROGRAM, run_name="__main__")
