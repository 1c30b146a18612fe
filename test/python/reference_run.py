"""Train in one process what the bundle trains on many, and look at the model that the bundle saved.

    python reference_run.py --model FOLDER --data FILE --saved FOLDER --output FOLDER --options JSON

The reference knows nothing of planc: TRL's SFTTrainer on the whole model with the given options of SFTConfig, among them
the gradient accumulation that takes the ranks' micro-batches in turn. Prints one JSON object: the history of the
reference, and how the saved model loads and differs.
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
        output_dir=arguments.output, save_strategy="no", use_cpu=True, bf16=False, **json.loads(arguments.options)
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
    for name in ("model", "data", "saved", "output", "options"):
        parser.add_argument(f"--{name}", required=True)
    arguments = parser.parse_args()
    trainer, history = train(arguments)
    found = compare(trainer.model, arguments.model, arguments.saved)
    print(json.dumps({"history": history, **found}))


main()
