"""Which GPUs and which releases a bench runs on."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from planc_runtime.errors import UserError

LOOK = """
import json, torch, transformers
count = torch.cuda.device_count()
print(json.dumps({
    "gpus": count,
    "device": torch.cuda.get_device_name(0) if count else "CPU",
    "torch": torch.__version__,
    "transformers": transformers.__version__,
}))
"""


def versions() -> dict[str, Any]:
    """What is said of a machine whose GPUs are not used."""
    try:
        found = {name: version(name) for name in ("torch", "transformers")}
    except PackageNotFoundError as error:
        raise UserError(f"{error.name} is not installed in {sys.executable}") from error
    return {"gpus": 0, "device": "CPU", **found}


def look() -> dict[str, Any]:
    """GPUs and versions of this machine, seen by another process: what has touched a GPU cannot be forked."""
    ran = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise UserError(f"torch and transformers cannot be imported: {(ran.stderr.strip().splitlines() or [''])[-1]}")
    return json.loads(ran.stdout.strip().splitlines()[-1])
