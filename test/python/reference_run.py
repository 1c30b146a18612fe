"""Train in one process what the bundle trains on many, and look at the model that the bundle saved.

    python reference_run.py --model FOLDER --data FILE --batches N --steps N --saved FOLDER --output FOLDER

The reference knows nothing of planc: TRL's SFTTrainer on the whole model, taking the micro-batches of the N ranks in turn
by gradient accumulation. Prints one JSON object: the history of the reference, and how the saved model loads and differs.
"""

import argparse
import json

import torch
from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer


def train(arguments: argparse.Namespace) -> tuple[SFTTrainer, list[dict]]:
    """The model after the steps, and what the trainer logged."""
    options = SFTConfig(
        output_dir=arguments.output,
        max_length=64,
        packing=True,
        packing_strategy="wrapped",
        per_device_train_batch_size=1,
        gradient_accumulation_steps=arguments.batches,
        gradient_checkpointing=False,
        learning_rate=2e-5,
        max_steps=arguments.steps,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        use_cpu=True,
        bf16=False,
    )
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(arguments.model, dtype=torch.float32),
        args=options,
        train_dataset=load_dataset("json", data_files=arguments.data, split="train"),
        processing_class=AutoTokenizer.from_pretrained(arguments.model),
    )
    trainer.train()
    return trainer, [entry for entry in trainer.state.log_history if "loss" in entry]


def compare(trained: torch.nn.Module, start: str, saved: str) -> dict:
    """How the model in the folder `saved` loads, and how far it is from `trained` and from where both began."""
    model, report = AutoModelForCausalLM.from_pretrained(saved, dtype=torch.float32, output_loading_info=True)
    beginning = AutoModelForCausalLM.from_pretrained(start, dtype=torch.float32)
    difference = moved = 0.0
    others = dict(model.named_parameters())
    first = dict(beginning.named_parameters())
    for name, parameter in trained.named_parameters():
        difference = max(difference, (others[name] - parameter).abs().max().item())
        moved = max(moved, (first[name] - parameter).abs().max().item())
    tokens = torch.arange(3, 35).unsqueeze(0)
    with torch.no_grad():
        logits, expected = model(tokens).logits, trained.eval()(tokens).logits
    return {
        "report": {kind: sorted(map(str, report[kind])) for kind in ("missing_keys", "unexpected_keys", "mismatched_keys")},
        "parameters": difference,
        "moved": moved,
        "logits": (logits - expected).abs().max().item(),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--batches", type=int, required=True)
    parser.add_argument("--steps", type=int, required=True)
    for name in ("model", "data", "saved", "output"):
        parser.add_argument(f"--{name}", required=True)
    arguments = parser.parse_args()
    trainer, history = train(arguments)
    found = compare(trainer.model, arguments.model, arguments.saved)
    print(json.dumps({"history": history, **found}))


main()
