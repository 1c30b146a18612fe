"""What one process makes of prompts: their losses and continuations, as JSON.

    python forward_reference.py MODEL PROMPTS_JSON NUM_NEW_TOKENS
"""

import json
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

model = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32).eval()
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
found = []
for prompt in json.loads(sys.argv[2]):
    tokens = tokenizer(prompt, return_tensors="pt")
    loss = model(**tokens, labels=tokens["input_ids"]).loss.item() if tokens["input_ids"].shape[1] > 1 else None
    text = model.generate(**tokens, max_new_tokens=int(sys.argv[3]), do_sample=False)[0]
    found.append({"loss": loss, "text": tokenizer.decode(text, skip_special_tokens=True)})
print(json.dumps(found))
