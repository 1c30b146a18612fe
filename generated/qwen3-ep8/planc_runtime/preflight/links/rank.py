"""What one rank does: meet the others, go through the axes, tell what it saw, and hear the verdict."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import torch
import torch.distributed as dist
from torch.distributed import PrefixStore, Store
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh

from planc_runtime.errors import UserError
from planc_runtime.preflight.check import Check, report, worst
from planc_runtime.preflight.links.arrival import arrive, wait_for_all
from planc_runtime.preflight.links.attendance import judge_absence, judge_ranks
from planc_runtime.preflight.links.axes import Axis, axes_of
from planc_runtime.preflight.links.collectives import CALLS, check_numbers, time_calls
from planc_runtime.preflight.links.expected import OPERATIONS
from planc_runtime.preflight.links.judging import AxisReading, judge_axis
from planc_runtime.preflight.links.naming import name_ranks
from planc_runtime.preflight.links.store import Rendezvous, absent, first_line, open_store
from planc_runtime.preflight.links.watch import GRACE, Step, Watch

# Bytes of the buffers whose numbers are checked, and of those that are timed: a few tokens, and an expert layer.
CHECKED = (4 * 2**10, 2**20)
TIMED = (64 * 2**10, 64 * 2**20, 2**30)

# Seconds that timing one buffer may take: on a slow network the larger ones are left out.
SLOWEST = 10

# Seconds in which every rank hears the verdict before the one that keeps the store leaves.
PARTING = 5

# How many steps' time the end may take: groups that are done wait there for those that are not.
PATIENCE = 10


class Rank:
    """
    One process of the test.

    Args:
        wait: seconds that ranks get to come.
        timeout: seconds that a step may take.
        report_to: where the verdict goes as JSON, once a machine; None prints its lines on one rank.
    """

    def __init__(
        self,
        lock: Mapping[str, Any],
        *,
        rendezvous: Rendezvous,
        cpu: bool,
        wait: float,
        timeout: float,
        report_to: Path | None,
        json: bool,
    ) -> None:
        self.lock, self.rendezvous, self.wait, self.timeout = lock, rendezvous, wait, timeout
        self.report_to, self.json = report_to, json
        self.rank, self.world_size = rendezvous.rank, rendezvous.world_size
        self.ending = threading.Lock()
        self.watch: Watch | None = None
        self.device = torch.device("cpu") if cpu else torch.device("cuda", int(os.environ["LOCAL_RANK"]))

    def run(self) -> NoReturn:
        """Do all of it and end the process: 0 when nothing fails, 2 otherwise."""
        try:
            self.store = open_store(self.rendezvous, seconds=self.wait)
        except UserError as error:
            checks = [
                Check("links", "fails", str(error), "start launch.sh on each node; see MASTER_ADDR and firewalls")
            ]
            self.write(checks)
            self.leave(checks, None, prints=True)
        try:
            if self.device.type == "cuda":
                torch.cuda.set_device(self.device)
            arrive(self.store, self.rank, self.device)
            missing = wait_for_all(self.store, self.world_size, seconds=self.wait)
            if missing:
                cluster = self.lock["plan"]["cluster"]
                self.publish([judge_absence(missing, cluster, seconds=self.wait)])
            self.measure()
        except Exception as error:
            self.fail(error)

    def fail(self, error: Exception) -> NoReturn:
        """A link that breaks instead of hanging, by whatever the backend raises: name a rank that is gone, or the error."""
        message = f"rank {self.rank} failed: {type(error).__name__}: {first_line(error)}"
        advice = "NCCL_DEBUG=INFO tells more; see nvidia-smi -q on that machine"
        step = self.watch.now() if self.watch is not None else None
        if step is not None:
            # The others of the step fail with it, all but one that is no more.
            with suppress(RuntimeError):
                self.store.set(step.left_key(self.rank), "")
                time.sleep(GRACE)
                gone = [step.ranks[index] for index in absent(self.store, [step.left_key(rank) for rank in step.ranks])]
                if gone:
                    message = f"{step.name}: {name_ranks(gone)} ended ({first_line(error)})"
                    advice = "see what those ranks printed last, and dmesg on their machines"
        self.publish([Check("links", "fails", message, advice)])

    def measure(self) -> NoReturn:
        """Go through the axes; rank 0 judges."""
        self.watch = Watch(self.store, self.rank, seconds=self.timeout, on_stuck=self.stuck, on_verdict=self.hear)
        everyone = range(self.world_size)
        with self.watch.step("joining", everyone):
            backend = "gloo" if self.device.type == "cpu" else "nccl"
            dist.init_process_group(
                backend,
                store=PrefixStore("group", self.store),
                rank=self.rank,
                world_size=self.world_size,
                timeout=timedelta(seconds=2 * self.timeout + 60),  # the watch is earlier, and knows more
            )
            meshes = self.build_meshes()
        axes = axes_of(self.lock)
        for axis in axes:
            mesh = next(mesh for mesh in meshes if axis.name.split("/")[0] in (mesh.mesh_dim_names or ()))
            reading = self.read_axis(axis, mesh.get_group(axis.name.split("/")[0]))
            self.store.set(f"saw {axis.name} {self.rank}", json.dumps(asdict(reading)))
        with self.watch.step("the end", everyone, seconds=PATIENCE * self.timeout):
            keys = [f"saw {axis.name} {rank}" for axis in axes for rank in everyone]
            while not self.store.check(keys if self.rank == 0 else ["verdict"]):
                time.sleep(0.05)
        if self.rank == 0:
            self.publish(self.judge(axes))
        self.hear(self.store)

    def build_meshes(self) -> list[DeviceMesh]:
        """The plan's two views of the same ranks, as the engine builds them."""
        views = []
        for name in ("dense", "expert"):
            sizes = {axis: size for axis, size in self.lock["mesh"][name].items() if size > 1}
            if sizes:
                mesh = init_device_mesh(self.device.type, tuple(sizes.values()), mesh_dim_names=tuple(sizes))
                views.append(mesh)
        return views

    def read_axis(self, axis: Axis, group: dist.ProcessGroup) -> AxisReading:
        """Check numbers along an axis, then time it where it has GPUs."""
        ranks = axis.group(self.rank)
        wrong: dict[str, list[int]] = {}
        seconds: dict[str, dict[int, float]] = {}
        for operation in OPERATIONS:
            bad: set[int] = set()
            for size in CHECKED:
                with self.watch.step(f"{operation} of {size // 1024} KiB along {axis.name}", ranks):
                    bad.update(
                        check_numbers(operation, size, rank=self.rank, ranks=ranks, group=group, device=self.device)
                    )
            wrong[operation] = sorted(bad)
            for size in TIMED if self.device.type == "cuda" else ():
                taken = seconds.setdefault(operation, {})
                if taken and max(taken.values()) * size / max(taken) * CALLS > SLOWEST:
                    break
                with self.watch.step(f"timed {operation} of {size // 1024} KiB along {axis.name}", ranks):
                    taken[size] = time_calls(operation, size, num_ranks=axis.size, group=group, device=self.device)
        return AxisReading(self.rank, wrong, seconds)

    def judge(self, axes: Sequence[Axis]) -> list[Check]:
        """The checks, from what all ranks said."""
        everyone = range(self.world_size)
        checks = list(judge_ranks([json.loads(self.store.get(f"here {rank}")) for rank in everyone]))
        for axis in axes:
            readings = [AxisReading.from_json(self.store.get(f"saw {axis.name} {rank}")) for rank in everyone]
            checks.append(judge_axis(axis, readings, self.lock))
        return checks

    def stuck(self, step: Step, missing: list[int], inside: list[int]) -> None:
        """Called by the watch from its own thread."""
        who = f"{name_ranks(missing)} did not come" if missing else f"{name_ranks(inside)} did not get through"
        message = f"{step.name}: {who} within {self.timeout:.0f} s"
        advice = "NCCL_DEBUG=INFO tells the way it took; see NCCL_SOCKET_IFNAME, firewalls, and those ranks' machines"
        self.publish([Check("links", "fails", message, advice)], store=self.store.clone())

    def publish(self, checks: Sequence[Check], *, store: Store | None = None) -> NoReturn:
        """Say the verdict to all ranks, unless another was faster, and leave."""
        self.begin_to_end()
        store = store or self.store
        verdict = json.dumps({"by": self.rank, "checks": [asdict(check) for check in checks]})
        try:
            is_first = store.compare_set("verdict", "", verdict).decode() == verdict
            checks = read_verdict(store)
        except RuntimeError:
            is_first = True  # whoever kept the store is gone
        self.write(checks)
        self.leave(checks, store, prints=is_first)

    def hear(self, store: Store) -> NoReturn:
        """Take the verdict that another has said, and leave."""
        self.begin_to_end()
        checks = read_verdict(store)
        self.write(checks)
        self.leave(checks, store, prints=False)

    def begin_to_end(self) -> None:
        """Of the two threads one ends the process; the other stops here."""
        if not self.ending.acquire(blocking=False):
            threading.Event().wait()

    def write(self, checks: Sequence[Check]) -> None:
        """Leave the verdict for the process that started the ranks of this machine; the first of them does."""
        if self.report_to is None:
            return
        whole = self.report_to.with_name(f"{self.report_to.name}.{self.rank}")
        whole.write_text(report(checks), encoding="utf-8")
        with suppress(FileExistsError):
            os.link(whole, self.report_to)

    def leave(self, checks: Sequence[Check], store: Store | None, *, prints: bool) -> NoReturn:
        """End the process as it stands: a group that hangs would hang while it is taken apart too."""
        if prints and self.report_to is None:
            print(report(checks) if self.json else "\n".join(check.line() for check in checks), flush=True)
        sys.stdout.flush()
        sys.stderr.flush()
        if store is not None:
            self.part(store)
        os._exit(2 if worst(checks) == "fails" else 0)

    def part(self, store: Store) -> None:
        """Rank 0 stays until the others have heard the verdict, for where it keeps the store."""
        try:
            store.set(f"heard {self.rank}", "")
            deadline = time.monotonic() + PARTING
            gone = absent(store, [f"here {rank}" for rank in range(self.world_size)])
            keys = [f"heard {rank}" for rank in range(self.world_size) if rank not in gone]
            while self.rank == 0 and not store.check(keys) and time.monotonic() < deadline:
                time.sleep(0.05)
        except RuntimeError:
            pass


def read_verdict(store: Store) -> list[Check]:
    return [Check(**check) for check in json.loads(store.get("verdict"))["checks"]]
