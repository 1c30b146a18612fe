"""Train adapters on pairs: the bundle's program on ranks, or TRL with stock PEFT in one process, from the same adapter.

    python preferences_lora.py ranks FOLDER BUNDLE [train.py's arguments]
    python preferences_lora.py alone FOLDER OPTIONS_JSON LORA_JSON

The ranks begin with both factors random, which they write to FOLDER/start.safetensors, and train FOLDER/model on
FOLDER/pairs.jsonl. Each run writes its log to FOLDER/ranks.json or FOLDER/alone.json, one process its adapter to
FOLDER/alone/. It takes the ranks' micro-batches in turn.
"""

import json
import os
import runpy
import sys
from pathlib import Path

import torch
import torch.distributed
from safetensors.torch import load_file, save_file
from transformers import TrainerCallback

NAMES = ("loss", "grad_norm", "rewards/chosen", "rewards/rejected", "logps/chosen")


class Log(TrainerCallback):
    file: Path

    def on_train_end(self, args, state, control, **_):
        if state.is_world_process_zero:
            rows = [{name: entry[name] for name in NAMES} for entry in state.log_history if "loss" in entry]
            self.file.write_text(json.dumps(rows))


def log_to(file: Path) -> None:
    import transformers.trainer

    callback = type("FileLog", (Log,), {"file": file})
    transformers.trainer.DEFAULT_CALLBACKS = [*transformers.trainer.DEFAULT_CALLBACKS, callback]


def ranks(folder: Path, bundle: Path) -> None:
    import planc_runtime.adapters
    import planc_runtime.adapters.attach  # noqa: F401

    module = sys.modules["planc_runtime.adapters.attach"]
    fill, attach = module.fill, module.attach

    def both(tensor, *, name, kind, **others):
        fill(tensor, name=name.replace(".lora_B", ".lora_A of B"), kind="gaussian", **others)

    def attach_and_save(model, *args, **kwargs):
        attached = attach(model, *args, **kwargs)
        tensors = attached.gather(model)
        if torch.distributed.get_rank() == 0:
            save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / "start.safetensors")
        return attached

    module.fill, planc_runtime.adapters.attach = both, attach_and_save
    log_to(folder / "ranks.json")
    sys.argv = [str(bundle / "train.py"), *sys.argv[4:]]
    runpy.run_path(str(bundle / "train.py"), run_name="__main__")


def alone(folder: Path, options: dict, lora: dict) -> None:
    from datasets import load_dataset
    from peft import LoraConfig, get_peft_model_state_dict, set_peft_model_state_dict
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import DPOConfig, DPOTrainer

    log_to(folder / "alone.json")
    trainer = DPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32),
        args=DPOConfig(**options, output_dir=str(folder / "scratch"), use_cpu=True, bf16=False),
        train_dataset=load_dataset("json", data_files=str(folder / "pairs.jsonl"), split="train"),
        processing_class=AutoTokenizer.from_pretrained(folder / "model"),
        peft_config=LoraConfig(**lora, task_type="CAUSAL_LM"),
    )
    loaded = set_peft_model_state_dict(trainer.model, load_file(folder / "start.safetensors"))
    assert not loaded.unexpected_keys, loaded.unexpected_keys
    trainer.train()
    own = get_peft_model_state_dict(trainer.model)
    start = load_file(folder / "start.safetensors")
    output = {name: tensor.detach().contiguous() for name, tensor in own.items()}
    assert output.keys() == start.keys(), sorted(output.keys() ^ start.keys())[:4]
    (folder / "alone").mkdir()
    save_file(output, folder / "alone" / "adapter_model.safetensors")
    saved = load_file(folder / "ranks" / "adapter_model.safetensors")
    assert saved.keys() == output.keys(), sorted(saved.keys() ^ output.keys())[:4]
    difference = max((saved[name] - tensor).norm().item() / tensor.norm().item() for name, tensor in output.items())
    moved = max((start[name] - tensor).norm().item() / tensor.norm().item() for name, tensor in output.items())
    logs = [json.loads((folder / f"{name}.json").read_text()) for name in ("ranks", "alone")]
    print(json.dumps({"difference": difference, "moved": moved, "ranks": logs[0], "alone": logs[1]}))


if __name__ == "__main__":
    if sys.argv[1] == "ranks":
        ranks(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        os.environ["ACCELERATE_USE_CPU"] = "true"
        alone(Path(sys.argv[2]), json.loads(sys.argv[3]), json.loads(sys.argv[4]))
