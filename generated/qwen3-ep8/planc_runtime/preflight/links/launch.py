"""
Start the ranks of this machine with torchrun, and bring back what they found.

Each machine's torchrun is one of its own: the ranks themselves meet across machines, so that those which are missing
can be named, which torchrun does not do.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from planc_runtime.preflight.check import Check

# Seconds that starting the ranks and ending them may take besides.
AROUND = 120


def start_ranks(lock: Mapping[str, Any], arguments: Sequence[str], *, seconds: float) -> list[Check]:
    """
    Run the test on this machine's ranks.

    Args:
        arguments: of this module, for each rank.
        seconds: how long a rank takes at most.
    """
    with tempfile.TemporaryDirectory(prefix="planc-links-") as folder:
        report_file, output = Path(folder) / "report.json", Path(folder) / "torchrun.txt"
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
        command += [str(lock["plan"]["cluster"]["gpus_per_node"]), "-m", "planc_runtime.preflight.links"]
        command += [*arguments, *rendezvous_options(lock), "--report", str(report_file)]
        with output.open("wb") as stream:
            process = subprocess.Popen(command, stdout=stream, stderr=stream, start_new_session=True)
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the ranks end too
            try:
                status: int | None = process.wait(timeout=seconds + AROUND)
            except subprocess.TimeoutExpired:
                status = None
            finally:
                end_session(process)
        if report_file.is_file():
            return [Check(**check) for check in json.loads(report_file.read_text(encoding="utf-8"))["checks"]]
        return [judge_silence(status, output.read_text(encoding="utf-8", errors="replace"), seconds=seconds + AROUND)]


def rendezvous_options(lock: Mapping[str, Any]) -> list[str]:
    """
    Where the ranks of several machines meet, as options of theirs: beside the job's own port, because machines that are
    done with this begin the job while others still end this.
    """
    if lock["plan"]["cluster"]["nodes"] == 1:
        return []
    port = int(os.environ.get("MASTER_PORT") or 29500)
    port += 1 if port < 65535 else -1
    return ["--node-rank", os.environ["NODE_RANK"], "--meet", f"{os.environ['MASTER_ADDR']}:{port}"]


def end_session(process: subprocess.Popen[bytes]) -> None:
    """End torchrun and its ranks; one that hangs in a driver's call does not hear a gentler signal."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()


def judge_silence(status: int | None, output: str, *, seconds: float) -> Check:
    """The check where no rank could tell a verdict: what torchrun said of it instead."""
    if status is None:
        message = f"no verdict within {seconds:.0f} s"
        return Check("links", "fails", message, "start launch.sh on each node; see MASTER_ADDR and firewalls")
    cause = re.search(r"Root Cause.*?\brank\s*: \d+ \(local_rank: (\d+)\).*?exitcode\s*: (-?\d+)", output, re.DOTALL)
    if cause is not None and int(cause[2]) < 0:
        message = f"local rank {cause[1]} was ended by signal {-int(cause[2])} before it could tell anything"
        return Check("links", "fails", message, "dmesg tells whether the kernel ended it; signal 9 is mostly memory")
    who = f"torchrun ended with status {status}" if cause is None else f"local rank {cause[1]} failed"
    message = f"{who}: {last_error(output)}"
    return Check("links", "fails", message, "NCCL_DEBUG=INFO tells more; PLANC_SKIP_LINKS=1 goes on without this test")


def last_error(output: str) -> str:
    """The last line that names an error other than torchrun's own."""
    lines = [re.sub(r"^\[rank\d+\]: *", "", line).strip() for line in output.splitlines() if line.strip()]
    named = [line for line in lines if re.match(r"(\w+\.)*(?!ChildFailed)\w*(Error|Exception)\b", line)]
    hinted = [line for line in lines if "Error" in line and "ChildFailedError" not in line]
    return (named or hinted or lines or ["it said nothing"])[-1][:300]
