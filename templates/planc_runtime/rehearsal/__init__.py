"""The bundle's own train.py at toy size on CPU processes, compared with one process. `planc rehearse` runs it."""
