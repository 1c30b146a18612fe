"""This machine, before anything is loaded: versions, GPUs, memory, disks, limits, checkpoint and data.

Reads only names and headers, and looks at the options of train.py that it needs as train.py will.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from planc_runtime.data.row_options import RowOptions
from planc_runtime.paths import looks_local
from planc_runtime.preflight.check import Check, worst
from planc_runtime.preflight.checkpoint import check_checkpoint
from planc_runtime.preflight.data import Sample, check_data
from planc_runtime.preflight.disk import check_disks, needs_of
from planc_runtime.preflight.driver import judge_driver, read_driver
from planc_runtime.preflight.gpus import judge_gpus, read_gpus
from planc_runtime.preflight.hub import read_hub
from planc_runtime.preflight.limits import check_limits
from planc_runtime.preflight.options import Options
from planc_runtime.preflight.output import check_output
from planc_runtime.preflight.packages import check_packages, needed_packages
from planc_runtime.preflight.shared_memory import check_shared_memory
from planc_runtime.preflight.stack import check_stack
from planc_runtime.preflight.tokens import check_tokens
from planc_runtime.preflight.versions import check_versions


def look(lock: Mapping[str, Any], options: Options) -> Iterator[Check]:
    """Every check of this machine, what others depend on first."""
    pins = lock["plan"]["stack"]["versions"]
    versions = list(check_versions(pins))
    yield from versions
    yield from check_stack(pins)
    yield from check_packages(needed_packages(lock, options))
    has_torch = not any(check.name == "torch" and check.message.startswith("not installed") for check in versions)
    if not options.cpu and has_torch:
        driver = list(judge_driver(read_driver()))
        yield from driver
        # Without a driver that suits it torch would not see the GPUs that are there.
        if worst(driver) != "fails":
            yield from judge_gpus(read_gpus(), lock)
    yield check_shared_memory(lock, cpu=options.cpu, num_workers=options.num_workers)
    yield from check_limits(lock, num_workers=options.num_workers)

    hub = None
    if not Path(options.checkpoint).is_dir() and not looks_local(options.checkpoint):
        hub = read_hub(options.checkpoint, revision=options.revision)
    yield from check_checkpoint(lock, checkpoint=options.checkpoint, own=options.is_own, hub=hub)
    yield from look_at_data(options)
    yield check_output(options.output)
    download = hub.cache if hub is not None and hub.state != "cached" else None
    yield from check_disks(needs_of(lock, options, download=download))


def look_at_data(options: Options) -> Iterator[Check]:
    """The rows, and what they become."""
    row_options = RowOptions.of(options.rows, preferences=options.preferences)
    samples: dict[str, Sample] = {}
    sources = [("data", options.train, "--dataset"), ("evaluation data", options.evaluation, "--eval-dataset")]
    for name, source, option in sources:
        if source is not None:
            for found in check_data(name, source, row_options, option):
                if isinstance(found, Sample):
                    samples[name] = found
                else:
                    yield found
    yield from check_tokens(
        options.tokenizer,
        revision=options.tokenizer_revision,
        checkpoint=options.checkpoint,
        row_options=row_options,
        options=options.rows,
        samples=samples,
    )
