"""Drive the metrics' callback by hand, with a clock that goes when it is told to. Prints what it logs.

    python metrics_clock.py LOCK
"""

import json
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import torch

from planc_runtime.metrics import callback, sources


class Clock:
    now = 100.0

    def perf_counter(self) -> float:
        return self.now


clock = Clock()
callback.time = sources.time = clock
model = torch.nn.Module()
model.forward = lambda input_ids, attention_mask=None: None
model.config = SimpleNamespace(
    num_attention_heads=1, head_dim=1, num_hidden_layers=1, hidden_size=1, tie_word_embeddings=False
)
metrics = callback.Metrics(Path(sys.argv[1]))
tokens = torch.zeros(1, 10, dtype=torch.int64)
logged = []


def step(number: int, seconds: float, *, log: bool = False) -> None:
    metrics.on_step_begin(args, state, None)
    clock.now += seconds
    with sources.dispatch_time.span(args.device):
        clock.now += 0.5
    model.train()
    model(input_ids=tokens)
    model(input_ids=tokens, attention_mask=torch.tensor([[1] * 4 + [0] * 6]))
    state.global_step = number
    metrics.on_step_end(args, state, None)
    if log:
        logs = {"loss": 1.0}
        metrics.on_log(args, state, None, logs=logs)
        logged.append(logs)


def away(seconds: float, event: str) -> None:
    """The trainer evaluates or saves: tokens that it evaluates on are no training."""
    model.eval()
    model(input_ids=tokens)
    clock.now += seconds
    getattr(metrics, event)(args, state, None)


with tempfile.TemporaryDirectory() as folder:
    args = SimpleNamespace(device=torch.device("cpu"), max_length=None, output_dir=folder)
    state = SimpleNamespace(global_step=5, log_history=[], is_world_process_zero=True)
    metrics.on_train_begin(args, state, None, model=model)
    step(6, 1.5)
    away(1000, "on_save")
    step(7, 1.5, log=True)
    away(500, "on_evaluate")
    clock.now += 1  # the trainer fetches a batch, which counts as away too
    step(8, 3.5, log=True)
    metrics.on_log(args, state, None, logs={"eval_loss": 1.0})
    metrics.on_log(args, state, None, logs={"train_runtime": 1.0, "loss": 1.0})
    metrics.on_train_end(args, state, None)
    with sources.dispatch_time.span(args.device):
        clock.now += 0.5
    measured = json.loads((Path(folder) / "measured.json").read_text())
print(json.dumps({"logged": logged, "measured": measured, "after": sources.dispatch_time.take()}))
