"""Train and evaluate in one process, by TRL's trainer alone, and print its whole log as JSON.

    python evaluation_reference.py --model FOLDER --data FILE --evaluation FILE --output FOLDER --options JSON
"""

import argparse
import json

import torch
from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer

parser = argparse.ArgumentParser()
for name in ("model", "data", "evaluation", "output", "options"):
    parser.add_argument(f"--{name}", required=True)
arguments = parser.parse_args()
trainer = SFTTrainer(
    model=AutoModelForCausalLM.from_pretrained(arguments.model, dtype=torch.float32),
    args=SFTConfig(output_dir=arguments.output, save_strategy="no", use_cpu=True, bf16=False, **json.loads(arguments.options)),
    train_dataset=load_dataset("json", data_files=arguments.data, split="train"),
    eval_dataset=load_dataset("json", data_files=arguments.evaluation, split="train[:7]"),
    processing_class=AutoTokenizer.from_pretrained(arguments.model),
)
trainer.train()
print(json.dumps(trainer.state.log_history))
