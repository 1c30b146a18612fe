"""Run train.py with an argument that one rank alone gets in another form, as where machines have different disks.

    torchrun ... data_rank.py RANK OPTION VALUE train.py ARGUMENTS
"""

import os
import runpy
import sys

rank, option, value, program, *arguments = sys.argv[1:]
sys.argv = [program, *arguments]
if os.environ["RANK"] == rank:
    sys.argv[sys.argv.index(option) + 1] = value
runpy.run_path(program, run_name="__main__")
