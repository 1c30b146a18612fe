"""What pairs become, by the trainer's own code: the prompt with the chosen answer, and with the rejected one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from trl import DPOConfig, DPOTrainer

from planc_runtime.data.preparation import OUTSIDE, Preparation, Sequence, smallest
from planc_runtime.errors import UserError


class PairPreparation(Preparation):
    """TRL's trainer of preferences for these rows: `rows` are what it made of them, two sequences each."""

    sequences_per_row = 2

    def make_trainer(self, options: dict[str, Any], **arguments: Any) -> Any:
        model, reference = (smallest(len(arguments["processing_class"])) for _ in range(2))
        own = {name: value for name, value in options.items() if name in DPOConfig.__dataclass_fields__}
        return DPOTrainer(model=model, ref_model=reference, args=DPOConfig(**own), **arguments)

    def lengths(self) -> list[int]:
        """Tokens of the longer sequence of each prepared row."""
        longest = map(max, map(len, self.rows["chosen_ids"]), map(len, self.rows["rejected_ids"]))
        return [len(prompt) + answer for prompt, answer in zip(self.rows["prompt_ids"], longest, strict=True)]

    def empty(self) -> int:
        return sum(
            not chosen and not rejected
            for chosen, rejected in zip(self.rows["chosen_ids"], self.rows["rejected_ids"], strict=True)
        )

    def sequences(self) -> Iterator[Sequence]:
        """
        The chosen and then the rejected sequence of each prepared row, through TRL's collator.

        Raises:
            UserError: it cannot take a row.
        """
        for row in self.rows.select_columns(["prompt_ids", "chosen_ids", "rejected_ids"]):
            try:
                batch = self.collate([row])
            except (TypeError, ValueError, KeyError) as error:
                raise UserError(f"the trainer's collator cannot take a row: {error}") from error
            for ids, mask, is_answer in zip(*(batch[name].tolist() for name in COLUMNS), strict=True):
                length = sum(mask)
                labels = [token if own else OUTSIDE for token, own in zip(ids, is_answer, strict=True)]
                yield Sequence(tuple(ids[:length]), tuple(labels[:length]), (length,))


COLUMNS = ("input_ids", "attention_mask", "completion_mask")
