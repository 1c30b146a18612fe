"""The trainer's options that decide what a row becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What the preparation of rows, their collator and nothing else read. The same names as the trainer's.
OPTIONS = (
    "dataset_text_field",
    "dataset_kwargs",
    "max_length",
    "truncation_mode",
    "packing",
    "packing_strategy",
    "eval_packing",
    "padding_free",
    "pad_to_multiple_of",
    "completion_only_loss",
    "assistant_only_loss",
    "eos_token",
    "pad_token",
    "chat_template_path",
    "shuffle_dataset",
    "seed",
)


@dataclass(frozen=True)
class RowOptions:
    """The options that the kind of a row is judged against."""

    # Rows are pairs, of which one is preferred.
    preferences: bool = False
    text_field: str = "text"
    completion_only: bool | None = None
    assistant_only: bool = False
    # Rows go to the collator as they are.
    is_prepared: bool = False
    eos_token: str | None = None
    pad_token: str | None = None
    chat_template_path: str | None = None

    @staticmethod
    def of(options: Mapping[str, Any], *, preferences: bool = False) -> RowOptions:
        """From the trainer's options by name; those that are left out have its defaults."""
        kwargs = options.get("dataset_kwargs")
        return RowOptions(
            preferences=preferences,
            text_field=options.get("dataset_text_field") or "text",
            completion_only=options.get("completion_only_loss"),
            assistant_only=options.get("assistant_only_loss") is True,
            is_prepared=isinstance(kwargs, Mapping) and bool(kwargs.get("skip_prepare_dataset")),
            eos_token=options.get("eos_token"),
            pad_token=options.get("pad_token"),
            chat_template_path=options.get("chat_template_path"),
        )
