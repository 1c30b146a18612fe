"""Run the model of qwen3-ep8 forward, sharded as in training, and generate. Written by planc.

    torchrun --nproc-per-node 8 forward.py --prompt "..." [--model FOLDER] [--max-new-tokens N] [--cpu]

Prints the loss of the prompt, the likeliest next tokens and the continuation.
"""

from __future__ import annotations

import argparse
import sys

from planc_runtime.errors import run
from planc_runtime.world import check_world_size, hide_gpus

if "--cpu" in sys.argv:
    hide_gpus()  # before torch looks for them

import torch
from transformers import AutoTokenizer, DistributedConfig

from planc_runtime.model import load_model

MODEL = "Qwen/Qwen3-30B-A3B"
REVISION = "ad44e777bcd18fa416d9da3bd8f70d33ebb85d39"
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
    parser.add_argument("--prompt", required=True)
    parser.add_argument("--model", default=MODEL, help="checkpoint folder or Hub id")
    parser.add_argument("--max-new-tokens", type=int, default=32)
    parser.add_argument("--cpu", action="store_true", help="run on CPU processes in float32")
    arguments = parser.parse_args()
    check_world_size(WORLD_SIZE)

    model = load_model(
        arguments.model,
        revision=REVISION if arguments.model == MODEL else None,
        dtype=torch.float32 if arguments.cpu else torch.bfloat16,
        distributed_config=DistributedConfig(
            **SIZES,
            ep_plan=EP_PLAN,
            ep_implementation="all_to_all",
        ),
    ).eval()
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    tokens = tokenizer(arguments.prompt, return_tensors="pt").to(model.device)
    with torch.no_grad():
        output = model(**tokens, labels=tokens["input_ids"])
        likeliest = output.logits[0, -1].float().softmax(-1).topk(5)
        generated = model.generate(**tokens, max_new_tokens=arguments.max_new_tokens, do_sample=False)
    if not torch.distributed.is_initialized() or torch.distributed.get_rank() == 0:
        print(f"loss of the prompt: {output.loss.item():.6f}")
        for probability, token in zip(likeliest.values.tolist(), likeliest.indices.tolist(), strict=True):
            print(f"  {probability:.4f} {tokenizer.decode(token)!r}")
        print(tokenizer.decode(generated[0], skip_special_tokens=True))


if __name__ == "__main__":
    run(main)
