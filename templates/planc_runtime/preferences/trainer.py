"""TRL's trainer of preferences, which saves and resumes as any other run."""

from __future__ import annotations

from planc_runtime.checkpoint.trainer import RunTrainer
from planc_runtime.stack.trl import DPOTrainer


class PreferenceTrainer(RunTrainer, DPOTrainer):
    """Direct preference optimisation. `ref_model` is what `load_reference` returned."""
