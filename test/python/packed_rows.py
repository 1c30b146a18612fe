"""Losses and gradients of the trainer's packed batches against their documents one by one, in one process.

    python packed_rows.py CONFIGS_JSON

CONFIGS_JSON maps a model type to a tiny config. Prints one JSON object: case → the largest relative difference of the loss or of
a gradient, or the words of an exception.
"""

import json
import os
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ["CUDA_VISIBLE_DEVICES"] = ""
sys.path.insert(0, str(Path(__file__).parents[2] / "templates"))

import datasets
import torch
import transformers
from transformers import CONFIG_MAPPING, AutoModelForCausalLM
from transformers.masking_utils import create_causal_mask
from trl import SFTConfig, SFTTrainer

from planc_runtime.documents import _add_masks, separate_documents
from planc_runtime.recompute import apply_recompute
from planc_runtime.rehearsal.documents import unpack
from planc_runtime.rehearsal.toy import make_tokenizer

CONFIGS = json.loads(sys.argv[1])
WORDS = random.Random(0)


def text(least: int, most: int) -> str:
    return " ".join(f"w{WORDS.randrange(3, 97)}" for _ in range(WORDS.randint(least, most)))


TEXTS = datasets.Dataset.from_list([{"text": text(5, 14)} for _ in range(64)])
COMPLETIONS = datasets.Dataset.from_list([{"prompt": text(2, 6), "completion": " " + text(2, 8)} for _ in range(64)])


def one_mask(decoder: Any, args: Any, kwargs: Any) -> Any:
    embeddings = decoder.embed_tokens(kwargs.pop("input_ids"))
    mask = create_causal_mask(decoder.config, embeddings, None, None, position_ids=kwargs["position_ids"])
    return (), kwargs | {"inputs_embeds": embeddings, "attention_mask": mask}


def masks_outside(model: Any, args: Any, kwargs: Any) -> Any:
    own = {"input_ids": kwargs["input_ids"], "position_ids": kwargs["position_ids"]}
    _, made = _add_masks(model.get_decoder(), (), own)
    return args, kwargs | {"attention_mask": made["attention_mask"]}


def trainer_of(model_type: str, options: dict[str, Any]) -> SFTTrainer:
    values = {key: value for key, value in CONFIGS[model_type].items() if key != "model_type"}
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(CONFIG_MAPPING[model_type](**values), dtype=torch.float32)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    data = COMPLETIONS if "completion_only_loss" in options else TEXTS
    defaults = {"max_length": 32, "per_device_train_batch_size": 1, "gradient_checkpointing": False}
    folder = tempfile.mkdtemp()
    config = SFTConfig(output_dir=folder, use_cpu=True, bf16=False, report_to="none", **defaults | options)
    return SFTTrainer(model=model, args=config, train_dataset=data, eval_dataset=data, processing_class=make_tokenizer(97))


def run(trainer: SFTTrainer, part: str) -> tuple[float, dict[str, torch.Tensor]]:
    loader = trainer.get_train_dataloader() if part == "train" else trainer.get_eval_dataloader()
    trainer.model.train(part == "train")
    if trainer.args.gradient_checkpointing and part == "train":
        trainer.model.gradient_checkpointing_enable({"use_reentrant": False})
    batch = next(each for each in loader if each["input_ids"].shape[1] > 16)
    trainer.current_gradient_accumulation_steps = 1
    tokens = (batch["labels"] != -100).sum()
    loss = trainer.compute_loss(trainer.model, batch, num_items_in_batch=tokens if part == "train" else None)
    loss.backward()
    return loss.item(), {name: p.grad for name, p in trainer.model.named_parameters() if p.grad is not None}


def difference(model_type: str, options: dict[str, Any], *, spoil: Any = None, recompute: str = "none", part: str = "train") -> float:
    alone = trainer_of(model_type, {**options, "gradient_checkpointing": False, "use_cache": False})
    unpack(alone)
    packed = trainer_of(model_type, options)
    if spoil is not None:
        spoil(packed.model)
    elif model_type == "gpt_oss":
        separate_documents(packed.model)
    apply_recompute(packed.model, recompute)
    expected, gradients = run(alone, part)
    loss, found = run(packed, part)
    floor = 1e-3 * torch.stack([each.norm() for each in gradients.values()]).norm()
    apart = [((found[name] - each).norm() / each.norm().clamp(min=floor)).item() for name, each in gradients.items()]
    return max(abs(loss / expected - 1), *apart)


bfd = {"packing": True}
inner = lambda hook: lambda model: model.get_decoder().register_forward_pre_hook(hook, with_kwargs=True)  # noqa: E731
CASES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "bfd": ("gpt_oss", bfd, {}),
    "several rows a batch": ("gpt_oss", bfd | {"per_device_train_batch_size": 3}, {}),
    "bfd_split": ("gpt_oss", {**bfd, "packing_strategy": "bfd_split", "max_length": 10, "per_device_train_batch_size": 2}, {}),
    "padding_free": ("gpt_oss", {"padding_free": True, "max_length": None, "per_device_train_batch_size": 3}, {}),
    "padded to a multiple": ("gpt_oss", {**bfd, "max_length": 30, "pad_to_multiple_of": 8}, {}),
    "router loss": ("gpt_oss", {**bfd, "router_aux_loss_coef": 0.9}, {}),
    "completions only": ("gpt_oss", {**bfd, "completion_only_loss": True}, {}),
    "use_cache": ("gpt_oss", {**bfd, "use_cache": True}, {}),
    "use_cache of another family": ("qwen3_moe", {**bfd, "use_cache": True}, {}),
    "all columns": ("gpt_oss", {**bfd, "remove_unused_columns": False}, {}),
    "recompute full": ("gpt_oss", {**bfd, "gradient_checkpointing": True, "router_aux_loss_coef": 0.9}, {}),
    "recompute attention": ("gpt_oss", bfd, {"recompute": "attention"}),
    "recompute experts": ("gpt_oss", bfd, {"recompute": "experts"}),
    "evaluation": ("gpt_oss", {**bfd, "per_device_eval_batch_size": 3}, {"part": "eval"}),
    "evaluation of rows that are not packed": ("gpt_oss", {**bfd, "eval_packing": False}, {"part": "eval"}),
    "wrong: no masks": ("gpt_oss", bfd, {"spoil": lambda model: None}),
    "wrong: one mask for all layers": ("gpt_oss", bfd, {"spoil": inner(one_mask)}),
    "wrong: masks for the causal language model": (
        "gpt_oss",
        {**bfd, "router_aux_loss_coef": 0.9},
        {"spoil": lambda model: model.register_forward_pre_hook(masks_outside, with_kwargs=True)},
    ),
}


def main() -> None:
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    datasets.disable_progress_bars()
    found: dict[str, float | str] = {}
    for case, (model_type, options, how) in CASES.items():
        try:
            found[case] = difference(model_type, options, **how)
        except Exception as error:
            found[case] = f"{type(error).__name__}: {error}"[:300]
    print(json.dumps(found))


main()
