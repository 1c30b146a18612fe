"""
What rows become, by the trainer's own code: TRL prepares them and its collator makes the batches.

The trainer wants a model before it looks at rows, and asks it for its special tokens alone: it gets the smallest there is.
"""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from datasets import Dataset, disable_progress_bars
from transformers import Qwen3MoeConfig, Qwen3MoeForCausalLM
from transformers import logging as transformers_logging
from trl import SFTConfig, SFTTrainer

from planc_runtime.data.row_options import OPTIONS
from planc_runtime.errors import UserError

# The label of a token that is not in the loss.
OUTSIDE = -100


@dataclass(frozen=True)
class Sequence:
    """
    One sequence as the model gets it.

    Attributes:
        ids: tokens [T].
        labels: [T], the token or -100; a token's own prediction is made from the one before it.
        documents: lengths of the documents in it, in order; their sum is T.
    """

    ids: tuple[int, ...]
    labels: tuple[int, ...]
    documents: tuple[int, ...]

    def in_loss(self) -> list[bool]:
        """Whether each token is predicted in the loss. The first of all has nothing before it."""
        return [index > 0 and label != OUTSIDE for index, label in enumerate(self.labels)]


class Preparation:
    """TRL's trainer for these rows: `rows` are what it made of them."""

    # Sequences that the model gets of each row.
    sequences_per_row = 1

    def __init__(
        self, rows: Dataset, tokenizer: Any, options: Mapping[str, Any], *, is_evaluation: bool = False
    ) -> None:
        """
        Args:
            rows: a sample, as it is loaded.
            tokenizer: the run's.
            options: the trainer's by name, those of `OPTIONS` are read.
            is_evaluation: prepare them as rows of an evaluation are.

        Raises:
            UserError: the trainer cannot.
        """
        chosen = {name: options[name] for name in OPTIONS if name in options}
        if is_evaluation and chosen.get("eval_packing") is not None:
            chosen["packing"] = chosen["eval_packing"]
        # The order of the rows is kept, so that each can be told.
        chosen["shuffle_dataset"] = False
        try:
            with _silent(), tempfile.TemporaryDirectory() as folder:
                beside = {"output_dir": folder, "use_cpu": True, "bf16": False, "report_to": "none"}
                trainer = self.make_trainer(beside | chosen, train_dataset=rows, processing_class=tokenizer)
        except Exception as error:  # whatever TRL, the template and the tokenizer raise at a row
            reason = (str(error) or type(error).__name__).strip().splitlines()[0]
            raise UserError(f"the trainer cannot prepare the rows: {type(error).__name__}: {reason}") from error
        self.rows = trainer.train_dataset
        self.collate = trainer.data_collator

    def make_trainer(self, options: dict[str, Any], **arguments: Any) -> Any:
        """The trainer with those options."""
        model = smallest(len(arguments["processing_class"]))
        return SFTTrainer(model=model, args=SFTConfig(**options), **arguments)

    def lengths(self) -> list[int]:
        """Tokens of each prepared row."""
        return [len(ids) for ids in self.rows["input_ids"]]

    def empty(self) -> int:
        """Rows without a token in the loss."""
        return sum(all(label == OUTSIDE for label in labels[1:]) for labels in self.rows["labels"])

    def sequences(self) -> Iterator[Sequence]:
        """
        Each prepared row as its own batch, through TRL's collator.

        Raises:
            UserError: it cannot take a row, or the model could not take what it makes of one.
        """
        columns = [name for name in ("input_ids", "labels", "seq_lengths") if name in self.rows.column_names]
        for row in self.rows.select_columns(columns):
            try:
                batch = self.collate([row])
            except (TypeError, ValueError, KeyError) as error:
                raise UserError(f"the trainer's collator cannot take a row: {error}") from error
            ids, labels = batch["input_ids"][0].tolist(), batch["labels"][0].tolist()
            if len(ids) != len(labels):
                raise UserError(
                    f"a row has {len(labels)} labels for {len(ids)} tokens, with which the model would stop"
                )
            if "position_ids" in batch:
                positions = batch["position_ids"][0].tolist()
                begins = [index for index, position in enumerate(positions) if position == 0]
                documents = tuple(end - begin for begin, end in zip(begins, [*begins[1:], len(ids)], strict=True))
            else:
                documents = (len(ids),)
            yield Sequence(tuple(ids), tuple(labels), documents)


def smallest(vocab_size: int) -> Qwen3MoeForCausalLM:
    """A mixture of experts with that many tokens and next to no weights."""
    config = Qwen3MoeConfig(
        vocab_size=vocab_size,
        hidden_size=2,
        intermediate_size=2,
        moe_intermediate_size=2,
        num_hidden_layers=1,
        num_attention_heads=1,
        num_key_value_heads=1,
        head_dim=2,
        num_experts=2,
        num_experts_per_tok=1,
    )
    return Qwen3MoeForCausalLM(config)


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Without progress bars and advice that is about the trainer, not about the rows."""
    disable_progress_bars()
    level = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    logging.getLogger("trl").setLevel(logging.ERROR)
    logging.getLogger("datasets").setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
    transformers_logging.set_verbosity(level)
