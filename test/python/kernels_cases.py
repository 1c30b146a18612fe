"""Runs named cases and prints `{"names": [...], "failures": {name: what went wrong}}`."""

import json
import os
import traceback
from collections.abc import Callable

import torch


def run(cases: dict[str, Callable[[], None]]) -> None:
    failures = {}
    for name, case in cases.items():
        torch.manual_seed(0)
        try:
            case()
        except Exception:
            failures[name] = traceback.format_exc()
    print(json.dumps({"names": list(cases), "failures": failures}))


def made_by(backend: str, call: Callable):
    """`call`'s result with PLANC_KERNELS set to `backend`."""
    os.environ["PLANC_KERNELS"] = backend
    try:
        return call()
    finally:
        del os.environ["PLANC_KERNELS"]


def ints(*values) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.int32)
