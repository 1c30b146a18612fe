"""Train a toy with the metrics of the bundle, and write down independently what they should be.

    torchrun ... metrics_train.py --model FOLDER --data FILE --lock FILE --output FOLDER --implementation NAME --options JSON

Weights do not move (the learning rate is 0), so that `metrics_alone.py` can count afterwards, in one process, which
experts the recorded batches choose. Each rank writes its batches to OUTPUT/batches-RANK.pt; rank 0 prints the history.
"""

import argparse
import json
from pathlib import Path

import torch
from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, DistributedConfig
from trl import SFTConfig, SFTTrainer

from planc_runtime.dispatch import register
from planc_runtime.metrics.callback import measure

register()
parser = argparse.ArgumentParser()
for name in ("model", "data", "lock", "output", "implementation", "options"):
    parser.add_argument(f"--{name}", required=True)
arguments = parser.parse_args()

options = {**json.loads(arguments.options), "learning_rate": 0.0, "weight_decay": 0.0, "report_to": "none"}
trainer = SFTTrainer(
    model=AutoModelForCausalLM.from_pretrained(
        arguments.model,
        dtype=torch.float32,
        distributed_config=DistributedConfig(fsdp_size=2, ep_size=2, ep_implementation=arguments.implementation),
    ),
    args=SFTConfig(output_dir=arguments.output, use_cpu=True, bf16=False, save_strategy="no", **options),
    train_dataset=load_dataset("json", data_files=arguments.data, split="train"),
    processing_class=AutoTokenizer.from_pretrained(arguments.model),
)
batches: list[dict[str, torch.Tensor]] = []
original = trainer.training_step


def recorded(model, inputs, *rest, **more):
    batches.append({key: value.clone() for key, value in inputs.items() if isinstance(value, torch.Tensor)})
    return original(model, inputs, *rest, **more)


trainer.training_step = recorded
metrics = measure(trainer, Path(arguments.lock))
trainer.train()
torch.save(batches, Path(arguments.output) / f"batches-{torch.distributed.get_rank()}.pt")
print(json.dumps({"history": trainer.state.log_history, "counts": metrics.totals}))
torch.distributed.barrier()
