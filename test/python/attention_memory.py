"""What attention really holds: the peak of live scores and masks in a forward and backward pass of toy models.

Standard input: a JSON list of `{config, dtype, attn_implementation, recompute, rows, length, padding}`. Standard output: a
JSON list of `{peak}` in bytes, or `{error}`; of a case with length 0 the model is made and not run. Counted are tensors
`[..., length, length]`, sinks beside the scores or not: for eager attention those of all heads, for sdpa the masks.
"""

import dataclasses
import json
import logging
import sys
import warnings
import weakref

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from transformers import CONFIG_MAPPING, AutoModelForCausalLM

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
torch.manual_seed(0)


class Live(TorchDispatchMode):
    """Bytes of the square tensors of at least `least` elements that are alive, and the most that were."""

    def __init__(self, length: int, least: int) -> None:
        super().__init__()
        self.length, self.least, self.now, self.peak = length, least, 0, 0
        self.known: dict[int, int] = {}

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        for tensor in tree_leaves(out):
            if isinstance(tensor, torch.Tensor) and self.is_square(tensor):
                self.see(tensor.untyped_storage())
        return out

    def is_square(self, tensor: torch.Tensor) -> bool:
        shape = tensor.shape[-2:]
        return tensor.numel() >= self.least and shape in ((self.length, self.length), (self.length, self.length + 1))

    def see(self, storage) -> None:
        size, key = storage.nbytes(), storage._cdata
        if key in self.known:
            return
        self.known[key] = size
        self.now += size
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self.gone, key)

    def gone(self, key: int) -> None:
        self.now -= self.known.pop(key)


def measure(case: dict) -> dict:
    values = {key: value for key, value in case["config"].items() if key not in ("model_type", "architectures")}
    config_class = CONFIG_MAPPING[case["config"]["model_type"]]
    floats = {field.name for field in dataclasses.fields(config_class) if "float" in str(field.type)}
    # JavaScript wrote 7.0 as 7, and the class takes no whole number for it.
    config = config_class(**{key: float(each) if key in floats and type(each) is int else each for key, each in values.items()})
    dtype = getattr(torch, case["dtype"])
    model = AutoModelForCausalLM.from_config(config, dtype=dtype, attn_implementation=case["attn_implementation"])
    model.train()
    if case["recompute"]:
        model.gradient_checkpointing_enable()
    rows, length = case["rows"], case["length"]
    if length == 0:
        return {}
    tokens = torch.randint(3, config.vocab_size, (rows, length))
    batch = {"input_ids": tokens, "labels": tokens, "use_cache": False}
    if case["padding"] == "padded":
        batch["attention_mask"] = torch.ones_like(tokens)
        batch["attention_mask"][0, -5:] = 0
    elif case["padding"] == "packed":
        half = length // 2
        batch["position_ids"] = torch.cat([torch.arange(half), torch.arange(length - half)])[None]
    else:
        batch["attention_mask"] = torch.ones_like(tokens)
    square = rows * length * length
    is_eager = case["attn_implementation"] == "eager"
    with Live(length, square * (config.num_attention_heads if is_eager else 1)) as live:
        model(**batch).loss.backward()
    return {"peak": live.peak}


def outcome(case: dict) -> dict:
    try:
        return measure(case)
    except (ValueError, RuntimeError) as error:
        return {"error": str(error).splitlines()[0]}


print(json.dumps([outcome(case) for case in json.load(sys.stdin)]))
