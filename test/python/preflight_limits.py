"""What the preflight says under limits that are really set, without the privileges of root.

python preflight_limits.py RUNTIME '{"NPROC": 30, "NOFILE": 100, "MEMLOCK": 65536}' > LINES.json
"""

import json
import os
import resource
import sys
from dataclasses import replace

sys.path.insert(0, sys.argv[1])

from planc_runtime.preflight.limits import judge_limits, read_limits

for name, value in json.loads(sys.argv[2]).items():
    resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
if os.getuid() == 0:
    os.setuid(65534)
# A machine with InfiniBand: nothing can be mounted over /sys without more rights than a test has.
reading = replace(read_limits(), has_rdma=True)
checks = judge_limits(reading, world_size=16, num_ranks=8, nodes=2, num_workers=0)
json.dump([check.line().removeprefix("preflight: ") for check in checks], sys.stdout)
