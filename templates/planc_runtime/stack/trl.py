"""Private names of TRL: what its trainers count, and the chat templates that it knows."""

from __future__ import annotations

from typing import Any

from trl import DPOTrainer, SFTTrainer
from trl.chat_template_utils import get_training_chat_template
from trl.trainer.utils import add_fused_lm_head

from planc_runtime.stack.trainer import HookedTrainer

__all__ = ["CountingTrainer", "DPOTrainer", "SFTTrainer", "add_fused_lm_head", "get_training_chat_template"]

REQUIRED = {
    "trl.chat_template_utils.get_training_chat_template": "assistant_only_loss",
    "trl.trainer.sft_trainer.SFTTrainer._metrics": "the log after resuming",
    "trl.trainer.sft_trainer.SFTTrainer._total_train_tokens": "the log after resuming",
    "trl.trainer.dpo_trainer.DPOTrainer._metrics": "the log after resuming, with dpo",
    "trl.trainer.dpo_trainer.DPOTrainer._total_train_tokens": "the log after resuming, with dpo",
}


class CountingTrainer(HookedTrainer):
    """What a trainer of TRL counts for its log, under public names: `class Own(CountingTrainer, SFTTrainer)`."""

    def counts(self) -> dict[str, Any]:
        """What this rank has counted: `metrics` since the last log, name -> values, and `num_tokens` of the run."""
        metrics = {name: list(values) for name, values in self._metrics["train"].items()}
        return {"metrics": metrics, "num_tokens": self._total_train_tokens}

    def continue_counts(self, counts: dict[str, Any]) -> None:
        """Go on with what `counts` returned in an earlier run."""
        for name, values in counts["metrics"].items():
            self._metrics["train"][name] = list(values)
        self._total_train_tokens = counts["num_tokens"]
