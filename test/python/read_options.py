"""What the trainer's own configuration makes of the options of a train.py: names and values, as JSON lines."""

import json
import os
import sys

os.environ["ACCELERATE_USE_CPU"] = "true"
sys.path.insert(0, os.environ["PLANC_TEMPLATES"])

from planc_runtime.options import read_options  # noqa: E402
from trl import SFTConfig  # noqa: E402

for line in sys.stdin:
    options = json.loads(line)
    read = read_options(SFTConfig, options | {"bf16": False}, {}, [])  # as train.py has it
    print(json.dumps({name: getattr(read, name) for name in options}), flush=True)
