"""Builds the trainer's real configuration class for each case on standard input: what does it say?

    python sft_config.py [CLASS]

Input: a JSON list of mappings of options. Output: a JSON list, null where the class took them, else the error. CLASS is one of
TRL's, SFTConfig when left out.
"""

import json
import sys
import warnings

import trl

warnings.simplefilter("ignore")
CLASS = getattr(trl, sys.argv[1] if len(sys.argv) > 1 else "SFTConfig")


def outcome(options: dict) -> str | None:
    try:
        CLASS(**{"output_dir": "/tmp/unused", "use_cpu": True, "bf16": False, **options})
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}"
    return None


print(json.dumps([outcome(options) for options in json.load(sys.stdin)]))
