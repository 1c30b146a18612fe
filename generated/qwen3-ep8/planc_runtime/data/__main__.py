"""
Say what the rows of a plan become, by the trainer's own code. `planc data` runs it.

    python -m planc_runtime.data plan.lock.json [--rows N] [options of train.py]

Prints one JSON object: `{"version": 1, "parts": [...]}`, with a part for the rows to train on and one for those to evaluate
on: {"name", "path", "split", "kind", "columns", "notes", "summary", "sequences"}, or {"name", "path", "split", "error"}. A
sequence is {"row", "documents", "tokens"}: the row's number, null where rows are packed, lengths of documents, and for
each token [id, text, whether it is in the loss, whether it is a special token]. A mistake that is of all is {"error"}.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

os.environ |= {"CUDA_VISIBLE_DEVICES": "", "TOKENIZERS_PARALLELISM": "false"}

from planc_runtime.data.first_rows import first_rows
from planc_runtime.data.opening import look
from planc_runtime.data.preparation import Sequence
from planc_runtime.data.row_options import RowOptions
from planc_runtime.data.source import Source
from planc_runtime.data.summary import NUMBER, summarize
from planc_runtime.data.tokenizer import check_tokenizer, load_tokenizer, oddities_of_tokenizer
from planc_runtime.errors import UserError
from planc_runtime.preflight.options import Options, add_options, read_options
from planc_runtime.preflight.tokens import vocab_size_of

# Rows that figures are counted over, the first ones, unless more are asked for.
SAMPLE = 200


def describe(options: Options, tokenizer: Any, name: str, source: Source, rows: int) -> dict[str, Any]:
    """One part of what is printed."""
    from datasets import Dataset

    part: dict[str, Any] = {"name": name, "path": source.path, "split": source.split}
    row_options = RowOptions.of(options.rows, preferences=options.preferences)
    try:
        found = first_rows(source, max(rows, SAMPLE))
        kind, notes = look(Dataset.from_list(found), source, row_options)
        check_tokenizer(tokenizer, kind, row_options)
        summary, prepared = summarize(
            found, tokenizer, options.rows, preferences=options.preferences, is_evaluation=name != "train"
        )
        numbers = prepared.rows[NUMBER] if NUMBER in prepared.rows.column_names else None
        shown = [
            {
                "row": None if numbers is None else numbers[index // prepared.sequences_per_row],
                "documents": list(sequence.documents),
                "tokens": list(tokens_of(sequence, tokenizer)),
            }
            for index, sequence in enumerate(islice(prepared.sequences(), rows))
        ]
    except UserError as error:
        return {**part, "error": str(error)}
    notes += oddities_of_tokenizer(tokenizer, vocab_size_of(options.checkpoint))
    about = {"kind": kind.name, "columns": list(kind.columns), "notes": notes, "summary": asdict(summary)}
    return {**part, **about, "sequences": shown}


def tokens_of(sequence: Sequence, tokenizer: Any) -> Iterator[tuple[int, str, bool, bool]]:
    """Each token: id, text, in the loss, special. Of a part of a character the tokenizer's own spelling."""
    special = set(tokenizer.all_special_ids) | set(tokenizer.added_tokens_decoder)
    for token, is_in_loss in zip(sequence.ids, sequence.in_loss(), strict=True):
        text = tokenizer.decode([token])
        if not text or "\ufffd" in text:
            text = tokenizer.convert_ids_to_tokens(token) or "?"
        yield token, text, is_in_loss, token in special


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False, description="Say what the rows of a plan become.")
    parser.add_argument("lock", type=Path)
    parser.add_argument("--rows", type=int, default=3)
    add_options(parser)
    arguments, _ = parser.parse_known_args()
    options = read_options(json.loads(arguments.lock.read_text(encoding="utf-8")), arguments)
    try:
        tokenizer = load_tokenizer(options.tokenizer, revision=options.tokenizer_revision)
    except UserError as error:
        print(json.dumps({"version": 1, "error": str(error)}))
        sys.exit(0)
    sources = [("train", options.train), ("evaluation", options.evaluation)]
    parts = [
        describe(options, tokenizer, name, source, arguments.rows) for name, source in sources if source is not None
    ]
    print(json.dumps({"version": 1, "parts": parts}))


if __name__ == "__main__":
    main()
