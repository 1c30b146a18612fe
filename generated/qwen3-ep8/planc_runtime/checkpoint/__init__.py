"""Save a run as it trains and go on with it: on the same mesh bit for bit, on another one with the same steps."""

from planc_runtime.checkpoint.run import Run, open_run
from planc_runtime.checkpoint.trainer import PlanTrainer

__all__ = ["PlanTrainer", "Run", "open_run"]
