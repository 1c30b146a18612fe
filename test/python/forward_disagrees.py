"""Check a sharded model whose weights were changed after loading: `check_logits` must find it and end with 4.

    python forward_disagrees.py MODEL    (as ranks, over a bundle's planc_runtime)
"""

import os
import sys

os.environ["CUDA_VISIBLE_DEVICES"] = ""

import torch
from transformers import AutoTokenizer, DistributedConfig

from planc_runtime.errors import run
from planc_runtime.forward.check import check_logits
from planc_runtime.model import load_model


def main() -> None:
    sizes = DistributedConfig(fsdp_size=2, ep_size=2, ep_implementation="planc")
    model = load_model(sys.argv[1], revision=None, dtype=torch.float32, distributed_config=sizes).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("experts.down_proj"):
                parameter.mul_(1.01)
    tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
    check_logits(model, tokenizer, "w3 w4 w5 w6", checkpoint=sys.argv[1], revision=None)
    print("not reached")


run(main)
