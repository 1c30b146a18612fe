"""Count tokens, and the experts that they choose, of the batches that `metrics_train.py` recorded: one process, no planc.

Prints the tokens, the counts of each layer, and `batches`: of each rank and each of its batches, the counts of the layers.

    python metrics_alone.py MODEL OUTPUT TOP_K
"""

import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

model = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32).eval()
tokens, counts, batches = 0, {}, []
for file in sorted(Path(sys.argv[2]).glob("batches-*.pt")):
    batches.append([])
    for batch in torch.load(file):
        batches[-1].append([])
        mask = batch.get("attention_mask")
        tokens += int(mask.sum()) if mask is not None else batch["input_ids"].numel()
        kept = {key: batch[key] for key in ("input_ids", "attention_mask", "position_ids") if key in batch}
        with torch.no_grad():
            logits = model(**kept, output_router_logits=True).router_logits
        for layer, each in enumerate(logits):
            chosen = each.softmax(-1).topk(int(sys.argv[3])).indices.flatten()
            name = f"model.layers.{layer}.mlp.experts"
            of_batch = torch.bincount(chosen, minlength=each.shape[-1])
            counts[name] = counts.get(name, 0) + of_batch
            batches[-1][-1].append(of_batch.tolist())
counted = {name: each.tolist() for name, each in counts.items()}
print(json.dumps({"tokens": tokens, "counts": counted, "batches": batches}))
