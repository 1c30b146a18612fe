"""What the preflight's judges say of readings.

    python preflight_judging.py RUNTIME < CASES.json > LINES.json

A case is `{"judge": name, "values": {...}}`; the answer to it is the list of its checks' lines.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from planc_runtime.preflight import disk, driver, gpus, hub, limits, shared_memory, versions
from planc_runtime.preflight.check import Check
from planc_runtime.preflight.links import attendance, axes, expected, judging, launch


def judge_gpus(lock, readings):
    return gpus.judge_gpus([gpus.GpuReading(*reading) for reading in readings], lock)


def judge_driver(**reading):
    reading["nccl"] = tuple(reading["nccl"])
    return driver.judge_driver(driver.DriverReading(**reading))


def judge_limits(reading, **job):
    return limits.judge_limits(limits.LimitReading(**reading), **job)


def judge_hub(state, answer):
    return hub.judge_hub("Qwen/Qwen3-30B-A3B", hub.HubReading(state, None, answer, Path("/cache")))


def judge_disk(needs, free):
    return [disk.judge_disk("/data", [disk.Need(what, Path("/data"), size) for what, size in needs], free=free)]


def unsuited(package, found, requirements):
    return [Check(package, "fails", why) for why in versions.unsuited_to(package, found, requirements.get)]


def pace(operation, group, links, gpus_per_node):
    found = expected.expected_pace(operation, group, links, gpus_per_node=gpus_per_node)
    return [Check("pace", "ok", "unknown" if found is None else f"{found.rate:.0f} over {found.over}")]


def judge_axis(axis, readings, lock):
    read = [judging.AxisReading.from_json(json.dumps(reading)) for reading in readings]
    return [judging.judge_axis(axes.Axis(**axis), read, lock)]


JUDGES = {
    "gpus": judge_gpus,
    "driver": judge_driver,
    "limits": judge_limits,
    "hub": judge_hub,
    "disk": judge_disk,
    "unsuited": unsuited,
    "pace": pace,
    "axis": judge_axis,
    "ranks": attendance.judge_ranks,
    "shared_memory": lambda **values: [shared_memory.judge_shared_memory(**values)],
    "release": lambda **values: [versions.judge_release(**values)],
    "silence": lambda **values: [launch.judge_silence(**values)],
}

cases = json.load(sys.stdin)
answers = [list(JUDGES[case["judge"]](**case["values"])) for case in cases]
json.dump([[check.line().removeprefix("preflight: ") for check in answer] for answer in answers], sys.stdout)
