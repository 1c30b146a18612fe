"""Save a toy from two ranks on the CPU as planc does, and as the stack does; and read it as it is loaded, and as plain bytes.

    PYTHONPATH=templates python -m torch.distributed.run --nproc-per-node 2 scripts/bench/save.py FOLDER

Prints seconds, and ratios within the run. FOLDER takes some 7 GB, and is not cleared.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.distributed as dist
from transformers import AutoConfig, AutoModelForCausalLM, DistributedConfig

from planc_runtime.checkpoint.ranks import Ranks
from planc_runtime.checkpoint.streaming import stream
from planc_runtime.stack.transformers import gather, gathered

WIDTHS = {
    "vocab_size": 4096,
    "hidden_size": 1024,
    "intermediate_size": 1024,
    "moe_intermediate_size": 512,
    "num_hidden_layers": 10,
    "num_attention_heads": 8,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "num_experts": 64,
    "num_experts_per_tok": 2,
}
ROUNDS = 2


def seconds(action: Callable[[], object]) -> float:
    dist.barrier()
    begun = time.perf_counter()
    action()
    dist.barrier()
    return time.perf_counter() - begun


def main() -> None:
    folder = Path(sys.argv[1])
    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    ranks = Ranks()
    say = print if ranks.rank == 0 else lambda *_: None
    source = folder / "source"

    def make() -> None:
        config = AutoConfig.for_model("qwen3_moe", **WIDTHS)
        AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16).save_pretrained(source)

    ranks.from_first(make)
    files = sorted(source.glob("*.safetensors"))
    size = sum(path.stat().st_size for path in files)
    buffer = bytearray(2**24)

    def read() -> None:
        for path in files:
            with open(path, "rb", buffering=0) as stream_:
                while stream_.readinto(buffer):
                    pass

    read()
    plain = seconds(read)
    begun = time.perf_counter()
    sizes = DistributedConfig(fsdp_size=2, ep_size=2)
    model = AutoModelForCausalLM.from_pretrained(source, dtype=torch.bfloat16, distributed_config=sizes)
    loaded = time.perf_counter() - begun
    say(f"{size / 1e9:.2f} GB; read whole by each rank in {plain:.2f} s; a half each loaded in {loaded:.2f} s")

    def by_stack() -> None:
        weights = gather(model)

        def write() -> None:
            with gathered(model, weights):
                model.save_pretrained(folder / "stack")

        ranks.from_first(write)

    for _ in range(ROUNDS):
        for name in ("stack", "planc"):
            ranks.from_first(lambda name=name: shutil.rmtree(folder / name, ignore_errors=True))
        stack = seconds(by_stack)
        os.sync()
        own = seconds(lambda: stream(model, model.save_pretrained, folder / "planc", ranks))
        say(f"gathered and written by one: {stack:.2f} s; written by both: {own:.2f} s; {stack / own:.1f} times as fast")
    os._exit(0)  # gloo's threads may abort a process that ends in good order


if __name__ == "__main__":
    main()
