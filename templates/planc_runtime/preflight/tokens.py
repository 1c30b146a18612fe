"""The tokenizer, and what a sample of the rows becomes with it by the trainer's own code."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from planc_runtime.data.row_options import RowOptions
from planc_runtime.errors import UserError
from planc_runtime.parts.names import text_of
from planc_runtime.paths import looks_local
from planc_runtime.preflight.check import Check
from planc_runtime.preflight.data import Sample

# One of these makes a tokenizer of a folder.
FILES = ("tokenizer.json", "tokenizer.model", "tokenizer_config.json", "vocab.json", "vocab.txt", "spiece.model")

AGAIN = "set model.tokenizer in the plan, or give a folder with --tokenizer"


def check_tokens(
    name: str,
    *,
    revision: str | None,
    checkpoint: str,
    row_options: RowOptions,
    options: Mapping[str, Any],
    samples: Mapping[str, Sample],
) -> Iterator[Check]:
    """
    The tokenizer called `name`, against the rows that were looked at.

    Args:
        checkpoint: the model's, whose vocabulary the tokens have to be in.
        options: the trainer's, by name.
        samples: name of a check of data -> its rows.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not any((folder / file).is_file() for file in FILES):
            yield Check("tokenizer", "fails", f"{name} has no tokenizer: none of {', '.join(FILES)}", AGAIN)
            return
    elif looks_local(name):
        yield Check("tokenizer", "fails", f"{name} does not exist", AGAIN)
        return
    if os.environ.get("PLANC_SKIP_SAMPLE"):
        return
    from planc_runtime.data.tokenizer import check_tokenizer, load_tokenizer, oddities_of_tokenizer

    try:
        tokenizer = load_tokenizer(name, revision=revision)
    except ImportError:
        return  # the check of versions has said so
    except UserError as error:
        is_hub = not folder.is_dir()
        verdict = "warns" if is_hub and os.environ.get("HF_HUB_OFFLINE") != "1" else "fails"
        yield Check("tokenizer", verdict, str(error).removesuffix("; give another with --tokenizer"), AGAIN)
        return
    vocab_size = vocab_size_of(checkpoint)
    try:
        for each in samples.values():
            check_tokenizer(tokenizer, each.kind, row_options)
    except UserError as error:
        yield Check("tokenizer", "fails", str(error))
        return
    yield Check("tokenizer", "ok", described(name, tokenizer, vocab_size))
    for oddity in oddities_of_tokenizer(tokenizer, vocab_size):
        yield Check("tokenizer", "warns", oddity)
    for check, each in samples.items():
        yield from check_sample(check, each, tokenizer, options, vocab_size, preferences=row_options.preferences)


def check_sample(
    name: str,
    sample: Sample,
    tokenizer: Any,
    options: Mapping[str, Any],
    vocab_size: int | None,
    *,
    preferences: bool = False,
) -> Iterator[Check]:
    """What the sample becomes."""
    from planc_runtime.data.summary import summarize

    try:
        summary, _ = summarize(sample.rows, tokenizer, options, preferences=preferences, is_evaluation=name != "data")
    except UserError as error:
        yield Check(f"{name} sample", "fails", str(error))
        return
    largest = summary.largest_token
    if vocab_size is not None and largest >= vocab_size:
        message = f"a row has the token {largest:,}, and the model's vocabulary ends at {vocab_size - 1:,}"
        yield Check(f"{name} sample", "fails", message, "give the model's own tokenizer with --tokenizer")
    elif summary.in_loss == 0:
        message = f"none of the {summary.tokens:,} tokens of the first {summary.rows} rows is in the loss"
        yield Check(f"{name} sample", "fails", message, "planc data shows what each row becomes")
    else:
        yield Check(f"{name} sample", "warns" if summary.lost else "ok", summary.line())


def described(name: str, tokenizer: Any, vocab_size: int | None) -> str:
    model = "" if vocab_size is None else f" of the model's {vocab_size:,}"
    parts = [f"{len(tokenizer):,} tokens{model}", f"end of text {tokenizer.eos_token}"]
    parts.append(f"pads with {tokenizer.pad_token or tokenizer.eos_token}")
    parts.append("a chat template" if tokenizer.chat_template else "no chat template")
    return f"{name}: {', '.join(parts)}"


def vocab_size_of(checkpoint: str) -> int | None:
    """Of a checkpoint folder's config.json; None where there is none."""
    try:
        config = json.loads((Path(checkpoint).expanduser() / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    size = text_of(config).get("vocab_size")
    return size if isinstance(size, int) else None
