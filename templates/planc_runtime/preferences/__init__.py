"""Preference training: the trainer of a run with `dpo`, and the model that it measures rewards against."""

from planc_runtime.preferences.reference import load_reference
from planc_runtime.preferences.trainer import PreferenceTrainer

__all__ = ["PreferenceTrainer", "load_reference"]
