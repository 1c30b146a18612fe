"""Judge rows as the bundle does, and let TRL's trainer try them.

    python data_kinds.py RUNTIME TOKENIZER CASES

CASES is a JSON list; a case is {"rows": [...], "options": {...}, "task": "dpo", "tokenizer": {"chat_template": null, ...}}, all but
the rows left out where they are as usual. Prints for each
{"kind", "error", "notes", "trl", "sequences"}: what the bundle takes the rows for or why it refuses them, what TRL's own
trainer raises, and what TRL's preparation and collator make of them: tokens, lengths of documents, text in the loss.
"""

import json
import sys

sys.path.insert(0, sys.argv[1])

from datasets import Dataset, disable_progress_bars

disable_progress_bars()

from planc_runtime.data.__main__ import tokens_of
from planc_runtime.data.row_options import OPTIONS, RowOptions
from planc_runtime.data.pairs import PairPreparation
from planc_runtime.data.preparation import Preparation
from planc_runtime.data.opening import look
from planc_runtime.data.source import Source
from planc_runtime.data.tokenizer import check_tokenizer, load_tokenizer
from planc_runtime.errors import UserError

SOURCE = Source("rows.jsonl", None, "train")


def judge(case: dict) -> dict:
    tokenizer = load_tokenizer(sys.argv[2], revision=None)
    for name, value in case.get("tokenizer", {}).items():
        setattr(tokenizer, name, value)
    options = case.get("options", {})
    rows = Dataset.from_list(case["rows"])
    row_options = RowOptions.of({name: options.get(name) for name in OPTIONS}, preferences=case.get("task") == "dpo")
    result = {"kind": None, "error": None, "notes": [], "trl": None, "sequences": []}
    try:
        kind, result["notes"] = look(rows, SOURCE, row_options)
        check_tokenizer(tokenizer, kind, row_options)
        result["kind"] = kind.name
    except UserError as error:
        result["error"] = str(error)
    try:
        prepared = (PairPreparation if row_options.preferences else Preparation)(rows, tokenizer, options)
        for each in prepared.sequences():
            tokens = list(tokens_of(each, tokenizer))
            loss = tokenizer.decode([token for token, _, is_in_loss, _ in tokens if is_in_loss])
            result["sequences"].append({"row": None, "documents": each.documents, "tokens": tokens, "loss": loss})
    except UserError as error:
        result["trl"] = str(error)
    return result


print(json.dumps([judge(case) for case in json.loads(sys.argv[3])]))
