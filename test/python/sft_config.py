"""Builds the trainer's real configuration class for each case on standard input: what does it say?

Input: a JSON list of mappings of options. Output: a JSON list, null where the class took them, else the error.
"""

import json
import sys
import warnings

from trl import SFTConfig

warnings.simplefilter("ignore")


def outcome(options: dict) -> str | None:
    try:
        SFTConfig(**{"output_dir": "/tmp/unused", "use_cpu": True, "bf16": False, **options})
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}"
    return None


print(json.dumps([outcome(options) for options in json.load(sys.stdin)]))
