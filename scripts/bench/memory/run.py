"""
Trains a few steps of each configuration that was prepared in a folder, one rank of its mesh alone, on this machine's GPU.

    python run.py FOLDER [--history NAME,NAME] [--keep] [NAME ...]

Several run beside each other where their states leave room. Each gets a `measured.json`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

# What a run may need besides its states, and what the card has; bytes.
BESIDES, CARD = 38e9, 140e9

# Processes that import and compile at once.
AT_ONCE = 5


def main() -> None:
    folder, *names = sys.argv[1:]
    detailed: set[str] = set()
    if "--history" in names:
        at = names.index("--history")
        detailed = set(names[at + 1].split(","))
        del names[at : at + 2]
    waiting = [(states(place), place) for place in Path(folder).iterdir() if not names or place.name in names]
    waiting.sort(key=lambda pair: -pair[0])
    running: dict[subprocess.Popen, tuple[float, Path, float]] = {}
    while waiting or running:
        for process, (_, place, begun) in list(running.items()):
            if process.poll() is not None:
                print(f"{place.name}: {process.returncode}, {time.monotonic() - begun:.0f} s", flush=True)
                del running[process]
        used = sum(needed for needed, _, _ in running.values())
        for pair in list(waiting):
            needed = pair[0] + BESIDES
            if running and (used + needed > CARD or len(running) >= AT_ONCE):
                continue
            waiting.remove(pair)
            used += needed
            running[start(pair[1], pair[1].name in detailed)] = (needed, pair[1], time.monotonic())
        time.sleep(0.2)


def states(place: Path) -> float:
    memory = json.loads((place / "bundle/plan.lock.json").read_text(encoding="utf-8"))["memory"]
    return memory["parameters"] + memory["gradients"] + memory["optimizer"]


def start(place: Path, with_history: bool) -> subprocess.Popen:
    command = [sys.executable, str(Path(__file__).with_name("train_alone.py")), place / "bundle", place / "measured.json"]
    with open(place / "log", "w", encoding="utf-8") as log:
        environment = os.environ | {"OMP_NUM_THREADS": "2", "TRITON_CACHE_DIR": str(place / "triton")}
        # As launch.sh sets it.
        environment |= {"PYTORCH_ALLOC_CONF": "expandable_segments:True"}
        return subprocess.Popen(
            [*command, *(["--history"] if with_history else [])], stdout=log, stderr=log, env=environment
        )


if __name__ == "__main__":
    main()
