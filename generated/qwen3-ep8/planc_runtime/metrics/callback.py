"""The trainer's callback that measures, and what it writes."""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path
from typing import Any

import torch
from transformers import Trainer, TrainerCallback

from planc_runtime.metrics.flops import flops_of
from planc_runtime.metrics.load import load_of
from planc_runtime.metrics.sources import ExpertCounts, TokenCount, dispatch_time

FILE = "measured.json"


def measure(trainer: Trainer, lock: Path) -> Metrics:
    """
    Make `trainer` measure itself: its log gets the figures, and its output folder `measured.json` at the end.

    Args:
        lock: the bundle's plan.lock.json.
    """
    metrics = Metrics(json.loads(lock.read_text(encoding="utf-8")))
    # First, so that whoever else reads the log finds the figures in it.
    trainer.callback_handler.callbacks.insert(0, metrics)
    return metrics


class Metrics(TrainerCallback):
    """
    Every rank takes part: at logging steps their counts are summed, and between them nobody waits for anything.

    Keys of the log, each left out where it cannot be had:
        tokens_per_second_per_gpu: tokens that are no padding, from one log to the next, less evaluation and saving.
        mfu: share of the GPU's peak, by `flops_of`.
        peak_memory_allocated, peak_memory_reserved: bytes on the fullest rank since training began.
        expert_load: most over mean of tokens an expert, in the layer where it is worst.
        dispatch_seconds: of the first step since the last log, in exchanges of tokens, on the rank that spends most.
    """

    def __init__(self, lock: dict[str, Any]) -> None:
        self.lock = lock
        self.windows: list[dict[str, float]] = []
        self.totals: dict[str, list[float]] = {}
        self.tokens = 0.0
        self.seconds = 0.0
        self.first_step = self.last_step = 0

    def on_train_begin(self, args: Any, state: Any, control: Any, model: torch.nn.Module, **_: Any) -> None:
        self.device = args.device
        self.experts = ExpertCounts(model)
        self.counter = TokenCount(model, self.device)
        shapes = [(name, tuple(parameter.shape)) for name, parameter in model.named_parameters()]
        self.flops = flops_of(model.config, shapes, sequence=args.max_length) if args.max_length else None
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
        self.first_step = self.last_step = state.global_step
        self.mark = self.last = time.perf_counter()
        self.is_away = False

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self.is_away:
            self.mark += time.perf_counter() - self.last
            self.is_away = False
        # One step is enough: thousands of marks would pile up until the next log.
        dispatch_time.is_on = state.global_step == self.last_step

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        dispatch_time.is_on = False
        self.last = time.perf_counter()

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.is_away = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.is_away = True

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **_: Any) -> None:
        steps = state.global_step - self.last_step
        if "loss" not in logs or steps < 1:
            return  # an evaluation's, or the summary at the end
        now = time.perf_counter()
        figures = self._figures(now - self.mark)
        self.windows.append({"step": state.global_step, **figures})
        self.mark = self.last = now
        self.last_step = state.global_step
        logs.update(figures)
        if state.log_history:
            state.log_history[-1].update(figures)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.experts.close()
        self.counter.close()
        if state.is_world_process_zero and self.windows:
            folder = Path(args.output_dir)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / FILE).write_text(json.dumps(self.measured(), indent=2) + "\n", encoding="utf-8")

    def _figures(self, seconds: float) -> dict[str, float]:
        """Of the steps since the last log; the same on every rank."""
        dispatch = dispatch_time.take()
        peaks = [dispatch if dispatch is not None else -1.0, -1.0, -1.0]
        if self.device.type == "cuda":
            peaks[1:] = [
                float(torch.cuda.max_memory_allocated(self.device)),
                float(torch.cuda.max_memory_reserved(self.device)),
            ]
        sums = torch.cat([self.counter.count.reshape(1), *self.experts.counts.values()])
        sums, tops = _over_ranks(sums, torch.tensor(peaks, dtype=torch.float64, device=self.device))
        self.counter.clear()
        self.experts.clear()
        whole = sums[0] / self.lock["mesh"]["dense"]["tp"]  # ranks of one tp group hold the same tokens
        counts, begin = {}, 1
        for name, each in self.experts.counts.items():
            counts[name] = sums[begin : begin + len(each)]
            begin += len(each)
        for name, each in counts.items():
            before = self.totals.get(name, [0.0] * len(each))
            self.totals[name] = [old + new for old, new in zip(before, each, strict=True)]
        self.tokens += whole
        self.seconds += seconds
        return self._rates(whole, seconds, counts, tops)

    def _rates(
        self, tokens: float, seconds: float, counts: dict[str, list[float]], tops: list[float]
    ) -> dict[str, float]:
        rate = tokens / seconds / self.lock["mesh"]["world_size"]
        figures = {"tokens_per_second_per_gpu": rate}
        peak = self.peak_flops()
        if peak is not None and self.flops is not None:
            figures["mfu"] = rate * self.flops.total / peak
        dispatch, allocated, reserved = tops
        if allocated >= 0:
            figures |= {"peak_memory_allocated": allocated, "peak_memory_reserved": reserved}
        load = load_of(counts)
        if load:
            figures["expert_load"] = max(load.values())
        if dispatch >= 0:
            figures["dispatch_seconds"] = dispatch
        return figures

    def peak_flops(self) -> float | None:
        """FLOP/s of the plan's GPU where that is what trains, None where it is not known."""
        if self.device.type != "cuda" or self.lock["plan"]["precision"]["compute"] != "bfloat16":
            return None
        return self.lock["plan"]["cluster"]["gpu"].get("peak_flops")

    def measured(self) -> dict[str, Any]:
        """What `measured.json` holds: the figures of the whole run beside what the lock foresaw."""
        steady = self.windows[1:] or self.windows  # the first has the start of everything in it
        found: dict[str, Any] = {
            "version": 1,
            "plan": self.lock["plan"]["name"],
            "steps": [self.first_step, self.last_step],
            "tokens": round(self.tokens),
            "seconds": self.seconds,
        }
        for key in ("tokens_per_second_per_gpu", "mfu", "dispatch_seconds"):
            values = [window[key] for window in steady if key in window]
            if values:
                found[key] = {"median": statistics.median(values), "min": min(values), "max": max(values)}
        for key in ("peak_memory_allocated", "peak_memory_reserved"):
            if key in self.windows[-1]:
                found[key] = self.windows[-1][key]
        found["expert_load"] = load_of(self.totals)
        found["flops_per_token"] = None if self.flops is None else self.flops.total
        found["peak_flops"] = self.peak_flops()
        memory = self.lock["memory"]
        found["predicted"] = {
            "memory": {**memory, "total": sum(memory.values())},
            "tokens_per_step": self.lock["batch"]["tokens_per_step"],
        }
        found["log"] = self.windows
        return found


def _over_ranks(sums: torch.Tensor, tops: torch.Tensor) -> tuple[list[float], list[float]]:
    """The sums and the largest values over all ranks: two small collectives, one wait."""
    if torch.distributed.is_initialized():
        torch.distributed.all_reduce(sums)
        torch.distributed.all_reduce(tops, torch.distributed.ReduceOp.MAX)
    return [float(value) for value in sums.tolist()], tops.tolist()
