"""Run the model of qwen3-ep8 forward, sharded as in training, and generate. Written by planc.

    torchrun --nproc-per-node 8 forward.py --prompt "..." [--model FOLDER] [--max-new-tokens N] [--cpu]
    torchrun --nproc-per-node 8 forward.py --prompt-file prompts.txt --json

Prints for each prompt its loss, the likeliest next tokens and the continuation. Prompts of a file, one a line, are shared
out to the ranks. With --check the logits are compared with those of the whole model in one process, where it fits.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from planc_runtime.errors import run
from planc_runtime.world import check_world_size, hide_gpus

if "--cpu" in sys.argv:
    hide_gpus()  # before torch looks for them

import torch
from transformers import DistributedConfig

from planc_runtime.data.tokenizer import load_tokenizer
from planc_runtime.forward.check import check_logits
from planc_runtime.forward.prompts import (
    answer,
    check_prompts,
    collect,
    print_answers,
    read_prompts,
    share_of,
)
from planc_runtime.model import load_model
from planc_runtime.paths import of_plan

MODEL = "Qwen/Qwen3-30B-A3B"
REVISION = "ad44e777bcd18fa416d9da3bd8f70d33ebb85d39"
TOKENIZER = None
TOKENIZER_REVISION = None
WORLD_SIZE = 8
SIZES = {
    "dp_replicate_size": 1,
    "fsdp_size": 8,
    "tp_size": 1,
    "ep_size": 8,
}
EP_PLAN = {
    "model.layers.*.mlp.experts": "ep_dispatch_experts",
    "model.layers.*.mlp.experts.down_proj": "grouped_gemm",
    "model.layers.*.mlp.experts.gate_up_proj": "grouped_gemm",
}


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False, description="Forward and generate with qwen3-ep8.")
    prompts = parser.add_mutually_exclusive_group(required=True)
    prompts.add_argument("--prompt", help="one prompt")
    prompts.add_argument("--prompt-file", type=Path, help="a file of prompts, one a line")
    parser.add_argument("--model", default=of_plan(MODEL), help="checkpoint folder or Hub id")
    parser.add_argument(
        "--tokenizer", default=TOKENIZER and of_plan(TOKENIZER), help="tokenizer folder or Hub id, if not the model's"
    )
    parser.add_argument("--max-new-tokens", type=int, default=32)
    parser.add_argument("--json", action="store_true", help="print one JSON object a prompt")
    parser.add_argument("--check", action="store_true", help="compare logits with one process; 4 if they differ")
    parser.add_argument("--cpu", action="store_true", help="run on CPU processes in float32")
    arguments = parser.parse_args()
    check_world_size(WORLD_SIZE)
    texts = [arguments.prompt] if arguments.prompt is not None else read_prompts(arguments.prompt_file)

    revision = REVISION if arguments.model == of_plan(MODEL) else None
    dtype = torch.float32 if arguments.cpu else torch.bfloat16
    model = load_model(
        arguments.model,
        revision=revision,
        dtype=dtype,
        attn_implementation="sdpa",
        distributed_config=DistributedConfig(
            **SIZES,
            ep_plan=EP_PLAN,
            ep_implementation="planc",
        ),
    ).eval()
    tokenizer = load_tokenizer(
        arguments.tokenizer or arguments.model,
        revision=TOKENIZER_REVISION if arguments.tokenizer else revision,
    )
    check_prompts(tokenizer, texts)
    if arguments.check:
        check_logits(
            model,
            tokenizer,
            texts[0],
            checkpoint=arguments.model,
            revision=revision,
        )
    shares = SIZES["dp_replicate_size"] * SIZES["fsdp_size"]
    own = {
        number: answer(model, tokenizer, texts[number], max_new_tokens=arguments.max_new_tokens)
        for number in share_of(len(texts), num_shares=shares, tp_size=SIZES["tp_size"])
    }
    print_answers(collect(own), as_json=arguments.json)


if __name__ == "__main__":
    run(main)
