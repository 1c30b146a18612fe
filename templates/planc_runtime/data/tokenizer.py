"""The tokenizer that rows become tokens with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from planc_runtime.data.row_options import RowOptions
from planc_runtime.data.rows import Kind
from planc_runtime.errors import UserError
from planc_runtime.paths import looks_local


def load_tokenizer(name: str, *, revision: str | None) -> Any:
    """
    The tokenizer of a folder or a Hub id.

    Raises:
        UserError: there is none.
    """
    from transformers import AutoTokenizer

    folder = Path(name).expanduser()
    if not folder.is_dir() and looks_local(name):
        raise UserError(f"the tokenizer folder {name} does not exist; give another with --tokenizer")
    options = {} if folder.is_dir() else {"revision": revision}
    try:
        return AutoTokenizer.from_pretrained(str(folder) if folder.is_dir() else name, **options)
    except Exception as error:  # whatever the reader of a tokenizer's file raises
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise UserError(f"cannot load the tokenizer of {name}: {reason}; give another with --tokenizer") from error


def check_tokenizer(tokenizer: Any, kind: Kind, row_options: RowOptions) -> None:
    """
    Raise `UserError` if rows of this kind cannot become tokens with it: no chat template, no special token that the
    trainer needs.
    """
    vocabulary = tokenizer.get_vocab()
    for option, token in (("eos_token", row_options.eos_token), ("pad_token", row_options.pad_token)):
        if token is not None and token not in vocabulary:
            raise UserError(f"{option} {token} is not in the tokenizer's vocabulary of {len(vocabulary):,}")
    eos = row_options.eos_token or tokenizer.eos_token
    if kind.name != "tokens" and not kind.is_conversation and eos is None:
        raise UserError(
            "the tokenizer has no end-of-text token, which the trainer puts after each row; set "
            + ("model.tokenizer to one that has it" if row_options.preferences else "sft.eos_token")
        )
    if (row_options.pad_token or tokenizer.pad_token or eos) is None:
        raise UserError("the tokenizer has no token to pad with and no end-of-text token; set pad_token")
    if not kind.is_conversation:
        return
    template = tokenizer.chat_template
    if template is None and row_options.chat_template_path is None:
        own = "" if row_options.preferences else "sft.chat_template_path, or "
        raise UserError(
            f"rows of {' and '.join(kind.columns)} need a chat template, and the tokenizer has none; set"
            f" {own}model.tokenizer to one that has it"
        )
    if row_options.assistant_only and row_options.chat_template_path is None:
        _check_generation(tokenizer, template)


def _check_generation(tokenizer: Any, template: Any) -> None:
    """The trainer knows some families' templates with marks for the assistant's part; others need them in their own."""
    from planc_runtime.stack.trl import get_training_chat_template

    main = template.get("default", "") if isinstance(template, dict) else template
    if re.search(r"\{%-?\s*generation\s*-?%\}", main):
        return
    try:
        get_training_chat_template(tokenizer)
    except ValueError as error:
        raise UserError(
            "assistant_only_loss needs a chat template with {% generation %} around what the assistant says, and the"
            " tokenizer's has none; set sft.chat_template_path to one"
        ) from error


def oddities_of_tokenizer(tokenizer: Any, vocab_size: int | None) -> Iterator[str]:
    """What of a tokenizer is perhaps not as is meant, in words that stand alone."""
    if vocab_size is not None and len(tokenizer) > vocab_size:
        yield (
            f"the tokenizer has {len(tokenizer):,} tokens and the model {vocab_size:,}: a row with one of the last"
            f" {len(tokenizer) - vocab_size:,} ends the run"
        )
