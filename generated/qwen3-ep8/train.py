"""Train qwen3-ep8: the model sharded by transformers as it is read, the loop by TRL. Written by planc.

    ./launch.sh [--model FOLDER] [--dataset PATH] [--max-steps N] [--output-dir FOLDER] [--cpu] [--learning_rate 1e-5 ...]

Every option of TRL's SFTConfig can be given by its own name; it replaces what the plan says. With --cpu the same
program runs on CPU processes in float32. It ends with a saved model in Hub format.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from planc_runtime.errors import run
from planc_runtime.world import check_world_size, hide_gpus

if "--cpu" in sys.argv:
    hide_gpus()  # before torch looks for them

import torch
from transformers import DistributedConfig
from trl import SFTConfig

from planc_runtime.checkpoint import PlanTrainer, open_run
from planc_runtime.data.opening import open_data
from planc_runtime.data.source import Source
from planc_runtime.liger import use_liger
from planc_runtime.metrics.callback import measure
from planc_runtime.model import load_model
from planc_runtime.options import read_options
from planc_runtime.paths import of_plan

NAME = "qwen3-ep8"
MODEL = "Qwen/Qwen3-30B-A3B"
REVISION = "ad44e777bcd18fa416d9da3bd8f70d33ebb85d39"
DATA = "THUDM/LongAlign-10k"
DATA_NAME = None
DATA_SPLIT = "train"
EVAL_DATA = None
EVAL_NAME = None
EVAL_SPLIT = None
TOKENIZER = None
TOKENIZER_REVISION = None

# Ranks: 1 dp_replicate x 8 fsdp x 1 tp.
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

# The optimizer updates float32 parameters.
# FSDP casts them to bfloat16 for computing, experts included, and sums gradients in float32.
DTYPE = torch.float32
MIXED_PRECISION = True

# The trainer's options, by its own names.
OPTIONS = {
    "max_length": 4096,
    "packing": True,
    "packing_strategy": "wrapped",
    "per_device_train_batch_size": 1,
    "learning_rate": 2.0e-5,
    "max_steps": 100,
    "save_strategy": "steps",
    "save_steps": 50.0,
    "save_total_limit": 2,
    "logging_steps": 1.0,
    "report_to": "none",
    "output_dir": "output/qwen3-ep8",
    "gradient_checkpointing": True,
    "bf16": False,
}

LOCK = Path(__file__).with_name("plan.lock.json")


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False, description="Train qwen3-ep8.")
    parser.add_argument("--model", default=of_plan(MODEL), help="checkpoint folder or Hub id")
    parser.add_argument("--dataset", default=of_plan(DATA), help="data file, folder or Hub id")
    parser.add_argument(
        "--eval-dataset", default=EVAL_DATA and of_plan(EVAL_DATA), help="the same for evaluations during training"
    )
    parser.add_argument(
        "--tokenizer", default=TOKENIZER and of_plan(TOKENIZER), help="tokenizer folder or Hub id, if not the model's"
    )
    parser.add_argument("--max-steps", type=int, help="stop after this many steps")
    parser.add_argument("--output-dir", help="where the trained model goes")
    parser.add_argument(
        "--resume",
        nargs="?",
        const="newest",
        metavar="PATH",
        help="go on from a checkpoint: its path, newest (or no value), or auto, which begins where there is none",
    )
    parser.add_argument("--cpu", action="store_true", help="run on CPU processes in float32")
    arguments, rest = parser.parse_known_args()
    check_world_size(WORLD_SIZE)

    given = {"max_steps": arguments.max_steps, "output_dir": arguments.output_dir}
    if arguments.cpu:
        given["bf16"] = False
    options = read_options(SFTConfig, OPTIONS, given, rest)
    data = {"path": arguments.dataset, "name": DATA_NAME, "split": DATA_SPLIT}
    job = open_run(options, name=NAME, mesh=SIZES, data=data, resume=arguments.resume)
    revision = REVISION if arguments.model == of_plan(MODEL) else None
    # Before the model, which takes longer: a mistake in the data ends the run here.
    opened = open_data(
        job.ranks,
        options,
        train=Source(arguments.dataset, DATA_NAME, DATA_SPLIT),
        evaluation=Source.of_evaluation(arguments.eval_dataset, EVAL_NAME, EVAL_SPLIT),
        tokenizer=arguments.tokenizer or arguments.model,
        revision=TOKENIZER_REVISION if arguments.tokenizer else revision,
    )
    use_liger("qwen3_moe")
    model = load_model(
        arguments.model,
        revision=revision,
        dtype=torch.float32 if arguments.cpu else DTYPE,
        attn_implementation="sdpa",
        distributed_config=DistributedConfig(
            **SIZES,
            ep_plan=EP_PLAN,
            ep_implementation="planc",
            fsdp_mixed_precision=MIXED_PRECISION and not arguments.cpu,
        ),
    )
    trainer = PlanTrainer(
        run=job,
        model=model,
        args=options,
        train_dataset=opened.train,
        eval_dataset=opened.evaluation,
        processing_class=opened.tokenizer,
    )
    measure(trainer, LOCK)
    trainer.train()
    trainer.save_model()
    if trainer.is_world_process_zero():
        print(f"saved the trained model to {options.output_dir}", flush=True)
    trainer.report()


if __name__ == "__main__":
    run(main)
