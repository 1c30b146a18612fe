"""Preference training: the trainer of a run with `dpo`, and the model that it measures rewards against."""
