"""Save models from ranks that share them as planc does, and as the stack does, and compare every file.

    stream_save.py RUNTIME FOLDER < nothing

Rank 0 prints JSON: for each case `{"name", "streamed", "other": files that differ or are in one folder alone, "left": what is
left of the preparation, "files": of weights, "refused": a fault that was told}`.
"""

import json
import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])

import torch
import torch.distributed as dist
from transformers import AutoConfig, AutoModelForCausalLM, DistributedConfig
from transformers.utils import logging

from planc_runtime.checkpoint import streaming
from planc_runtime.checkpoint.ranks import Ranks
from planc_runtime.errors import UserError
from planc_runtime.stack.transformers import gather, gathered

logging.disable_progress_bar()
logging.set_verbosity_error()
FOLDER = Path(sys.argv[2])
MOE = {
    "vocab_size": 64,
    "hidden_size": 32,
    "intermediate_size": 48,
    "moe_intermediate_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "head_dim": 8,
    "num_experts": 4,
    "num_local_experts": 4,
    "num_experts_per_tok": 2,
}
CASES = [
    ("ep", "qwen3_moe", {}, {"fsdp_size": 4, "ep_size": 4}, "bfloat16", "50GB"),
    ("efsdp, in many files", "qwen3_moe", {}, {"fsdp_size": 4, "ep_size": 2}, "float32", "20KB"),
    ("replicas", "qwen3_moe", {}, {"dp_replicate_size": 2, "fsdp_size": 2, "ep_size": 2}, "bfloat16", "50GB"),
    ("tp", "qwen3_moe", {}, {"fsdp_size": 2, "tp_size": 2}, "bfloat16", "20KB"),
    ("tp and ep", "qwen3_moe", {}, {"fsdp_size": 2, "tp_size": 2, "ep_size": 4}, "bfloat16", "50GB"),
    ("tied", "qwen3_moe", {"tie_word_embeddings": True}, {"fsdp_size": 4, "ep_size": 2}, "bfloat16", "50GB"),
    ("stored in one piece", "gpt_oss", {}, {"fsdp_size": 4, "ep_size": 2}, "bfloat16", "50GB"),
    ("other names", "mixtral", {}, {"fsdp_size": 4, "ep_size": 2}, "bfloat16", "50GB"),
]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def main() -> None:
    dist.init_process_group("gloo")
    ranks = Ranks()
    results = []
    for number, (name, kind, changes, sizes, dtype, limit) in enumerate(CASES):
        source, own, stack = (FOLDER / f"{number}-{what}" for what in ("source", "own", "stack"))

        def make(source: Path = source, kind: str = kind, changes: dict = changes) -> None:
            torch.manual_seed(1)
            config = AutoConfig.for_model(kind, **MOE, **changes)
            AutoModelForCausalLM.from_config(config).save_pretrained(source)

        ranks.from_first(make)
        model = AutoModelForCausalLM.from_pretrained(
            source, dtype=getattr(torch, dtype), distributed_config=DistributedConfig(**sizes)
        )

        def write(folder: Path, model: torch.nn.Module = model, limit: str = limit) -> None:
            model.save_pretrained(folder, max_shard_size=limit)

        weights = gather(model)

        def by_stack(model: torch.nn.Module = model, weights: dict = weights, stack: Path = stack, write=write) -> None:
            with gathered(model, weights):
                write(stack)

        ranks.from_first(by_stack)
        # What an earlier save has left.
        ranks.from_first(lambda own=own: own.mkdir() or (own / "model-00001-of-00077.safetensors").write_bytes(b"old"))
        streamed = streaming.stream(model, write, own, ranks)
        refused = fault(model, write, FOLDER / f"{number}-full", ranks) if number == 0 else None
        if ranks.rank == 0:
            mine, its = (contents(folder) if folder.is_dir() else {} for folder in (own, stack))
            other = sorted(each for each in mine.keys() | its.keys() if mine.get(each) != its.get(each))
            files = sum(each.endswith(".safetensors") for each in mine)
            results.append({"name": name, "streamed": streamed, "other": other, "files": files, "refused": refused})
        dist.barrier()
    if ranks.rank == 0:
        print(json.dumps(results))
        shutil.rmtree(FOLDER)
    dist.barrier()
    sys.stdout.flush()
    os._exit(0)  # gloo's threads may abort a process that ends in good order


def fault(model: torch.nn.Module, write: object, output: Path, ranks: Ranks) -> list:
    """What is told where one rank cannot write, and where the disk gives back something else; what is left each time."""
    told = []
    plain = streaming._write_all

    def full(descriptor: int, view: memoryview, begin: int) -> None:
        raise OSError(28, "No space left on device")

    def other(descriptor: int, view: memoryview, begin: int) -> None:
        plain(descriptor, memoryview(bytes(len(view))), begin)

    for wrong in (full, other):
        streaming._write_all = wrong if ranks.rank == 2 else plain
        try:
            streaming.stream(model, write, output, ranks)
            told.append("nothing")
        except UserError as error:
            told.append(str(error).replace(str(output), "OUTPUT"))
        told.append(sorted(path.name for path in output.iterdir()))
        dist.barrier()
    streaming._write_all = plain
    return told


if __name__ == "__main__":
    main()
