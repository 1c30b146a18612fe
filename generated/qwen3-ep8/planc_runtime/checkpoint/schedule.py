"""How long a run is, where its learning rates depend on that."""

from __future__ import annotations

from typing import Any

from planc_runtime.errors import UserError

# Schedules that are the same however many steps follow.
ENDLESS = ("constant", "constant_with_warmup", "inverse_sqrt")


def check_steps(manifest: dict[str, Any], options: Any, max_steps: int) -> None:
    """
    Raise `UserError` if the run has another number of steps than the checkpoint's run had and that changes what it computes.

    Args:
        manifest: the checkpoint's.
        options: the trainer's options.
        max_steps: steps of the whole run.
    """
    before = manifest["max_steps"]
    if max_steps < manifest["step"]:
        raise UserError(
            f"the run has {max_steps} steps, and the checkpoint is of step {manifest['step']}: give more with --max-steps"
        )
    kind = str(getattr(options.lr_scheduler_type, "value", options.lr_scheduler_type))
    is_warmup_alike = options.get_warmup_steps(max_steps) == options.get_warmup_steps(before)
    if max_steps != before and not (kind in ENDLESS and is_warmup_alike):
        raise UserError(
            f"the checkpoint's run has {before} steps and this one {max_steps}, and the learning rate of its {kind} schedule"
            f" depends on that: go on with --max-steps {before}"
        )
