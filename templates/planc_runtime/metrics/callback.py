"""The trainer's callback that measures."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from transformers import Trainer

from planc_runtime.metrics import measured
from planc_runtime.metrics.agreement import Agreement
from planc_runtime.metrics.faults import PARTS, Faults
from planc_runtime.metrics.flops import flops_of
from planc_runtime.metrics.load import load_of, rank_load_of
from planc_runtime.metrics.sources import ExpertCounts, TokenCount, dispatch_time, rank_load
from planc_runtime.observers import Observer
from planc_runtime.output import sentence, warn

# What tops hold before the flags of the parts: of dispatch, of a rank's load, of allocated and of reserved memory. -1 where there
# is none.
NUM_PEAKS = 4


def measure(trainer: Trainer, lock: Path) -> Metrics:
    """
    Make `trainer` measure itself: its log gets the figures, and its output folder `measured.json` at the end.

    Args:
        lock: the bundle's plan.lock.json.
    """
    metrics = Metrics(lock)
    # First, so that whoever else reads the log finds the figures in it.
    trainer.callback_handler.callbacks.insert(0, metrics)
    return metrics


class Metrics(Observer):
    """
    Every rank takes part: at logging steps their counts are summed, and between them nobody waits for anything.

    Keys of the log, each left out where it cannot be had:
        tokens_per_second_per_gpu: tokens that are no padding, from one log to the next, less evaluation and saving.
        mfu: share of the GPU's peak, by `flops_of`.
        peak_memory_allocated, peak_memory_reserved: bytes on the fullest rank since training began.
        expert_load: most over mean of tokens an expert, in the layer where it is worst.
        rank_load: assignments of the fullest rank over its share, in the layer and micro-batch where that is worst; by a dispatcher
            that does not say them, over the mean of the ranks from one log to the next.
        dispatch_seconds: of the first step since the last log, in exchanges of tokens, on the rank that spends most.

    Whatever fails on one rank is left out on all, by agreement: a rank that cannot measure still takes its part in adding up.
    """

    def __init__(self, lock: Path) -> None:
        self.faults = Faults()
        self.agreement = Agreement()
        self.lock_bytes: bytes | None = self.faults.attempt("plan", lock.read_bytes)
        self.lock = self.faults.attempt("plan", lambda: json.loads(self.lock_bytes or b"{}")) or {}
        self.windows: list[dict[str, float]] = []
        self.totals: dict[str, list[float]] = {}
        self.tokens = self.seconds = 0.0
        self.first_step = self.last_step = 0
        self.experts: ExpertCounts | None = None
        self.counter: TokenCount | None = None
        self.flops: Any = None
        self.num_counts = 0
        self.is_on = True
        self.is_away = False
        self.agreed: tuple[str, int] | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, model: torch.nn.Module, **_: Any) -> None:
        attempt = self.faults.attempt
        self.device, self.output = args.device, args.output_dir
        self.first_step = self.last_step = state.global_step
        attempt("plan", lambda: _look_at(self.lock))
        self.experts = attempt("experts", lambda: ExpertCounts(model, self.faults))
        self.counter = attempt("tokens", lambda: TokenCount(model, self.device, self.faults))
        self.flops = attempt("flops", lambda: _flops_of(args.max_length, self.lock))
        if self.device.type == "cuda":
            attempt("memory", lambda: torch.cuda.reset_peak_memory_stats(self.device))
        size = 0 if self.experts is None else self.experts.size
        agreed = self._agree("on_train_begin", state, [], [size, -size])
        if agreed is not None and agreed[1][0] == -agreed[1][1]:
            self.num_counts = size
        else:
            self.faults.note("experts", "ranks hold different numbers of experts")
            self.faults.off.add("experts")
        self.mark = self.last = time.perf_counter()

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self.is_away:
            self.mark += time.perf_counter() - self.last
            self.is_away = False
        # One step is enough: thousands of marks would pile up until the next log.
        is_measured = self.is_on and "dispatch" not in self.faults.off
        dispatch_time.is_on = is_measured and state.global_step == self.last_step

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        dispatch_time.is_on = False
        self.last = time.perf_counter()

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.is_away = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.is_away = True

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **_: Any) -> None:
        if not self._is_due(state, logs):
            return
        now = time.perf_counter()
        figures = self._figures(state, now - self.mark)
        self.windows.append({"step": state.global_step, **measured.said(logs), **figures})
        self.mark = self.last = now
        self.last_step = state.global_step
        logs.update(figures)
        if state.log_history:
            state.log_history[-1].update(figures)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        for hooks in (self.experts, self.counter):
            if hooks is not None:
                hooks.close()
        self._agree("on_train_end", state, [], [])
        if state.is_world_process_zero and self.windows:
            try:
                measured.write(Path(args.output_dir), self.measured(), self.lock_bytes)
            except Exception as error:
                warn(f"{Path(args.output_dir) / measured.FILE} was not written: {sentence(error)}")

    def give_up(self, event: str, state: Any, logs: Any = None, **_: Any) -> None:
        """Take this rank's part in adding up where its own way there failed, so that the others do not wait for it."""
        expected = event in ("on_train_begin", "on_train_end") or (event == "on_log" and self._is_due(state, logs))
        self.faults.give_up()
        if expected and self.agreed != (event, state.global_step):
            if event == "on_train_begin":
                self._agree(event, state, [], [-1.0, -1.0])
            else:
                self._agree(event, state, *([], []) if event == "on_train_end" else self._nothing())
        if event == "on_log":
            self.last_step = state.global_step

    def _is_due(self, state: Any, logs: dict[str, Any]) -> bool:
        """Whether this log is one of steps, and not an evaluation's or the summary at the end. The same on every rank."""
        return "loss" in logs and state.global_step > self.last_step

    def _nothing(self) -> tuple[list[float], list[float]]:
        return [0.0] * (1 + self.num_counts), [-1.0] * NUM_PEAKS

    def _agree(
        self, event: str, state: Any, sums: list[float], tops: list[float]
    ) -> tuple[list[float], list[float]] | None:
        """Sums and largest values over the ranks; None where that cannot be had any more. Takes note of what failed anywhere."""
        self.agreed = (event, state.global_step)
        if not self.is_on:
            return None
        rank, world_size = self.agreement.rank, self.agreement.world_size
        try:
            sums, tops = self.agreement.over_ranks(sums, [*tops, *self.faults.flags(rank, world_size)])
        except Exception as error:
            self.is_on = False
            warn(f"the training goes on without figures: rank {rank} cannot add them up: {sentence(error)}")
            return None
        self.faults.take(tops[-len(PARTS) :], rank, world_size)
        return sums, tops[: -len(PARTS)]

    def _figures(self, state: Any, seconds: float) -> dict[str, float]:
        """Of the steps since the last log; the same on every rank."""
        attempt = self.faults.attempt
        sums, tops = self._nothing()
        if self.counter is not None:
            sums[0] = attempt("tokens", self.counter.take) or 0.0
        if self.experts is not None:
            sums[1:] = attempt("experts", self.experts.take) or sums[1:]
        dispatch = attempt("dispatch", dispatch_time.take)
        tops[0] = -1.0 if dispatch is None else dispatch
        load = attempt("load", rank_load.take)
        tops[1] = -1.0 if load is None else load
        if self.device.type == "cuda":
            tops[2:] = attempt("memory", self._peaks) or tops[2:]
        agreed = self._agree("on_log", state, sums, tops)
        if agreed is None:
            return {}
        (tokens, *counts), tops = agreed
        figures: dict[str, float] = {}
        makers: dict[str, Callable[[], dict[str, float]]] = {
            "clock": lambda: self._rates(tokens, seconds),
            "memory": lambda: _keyed(("peak_memory_allocated", "peak_memory_reserved"), tops[2:]),
            "experts": lambda: self._load(counts),
            "load": lambda: self._rank_load(counts, tops[1]),
            "dispatch": lambda: _keyed(("dispatch_seconds",), tops[:1]),
        }
        for part, make in makers.items():
            figures |= attempt(part, make) or {}
        return figures

    def _peaks(self) -> list[float]:
        return [
            float(torch.cuda.max_memory_allocated(self.device)),
            float(torch.cuda.max_memory_reserved(self.device)),
        ]

    def _rates(self, tokens: float, seconds: float) -> dict[str, float]:
        if {"tokens", "plan"} & self.faults.off:
            return {}
        whole = tokens / self.lock["mesh"]["dense"]["tp"]  # ranks of one tp group hold the same tokens
        rate = whole / seconds / self.lock["mesh"]["world_size"]
        self.tokens += whole
        self.seconds += seconds
        peak = self.faults.attempt("flops", self.peak_flops)
        if peak is None or self.flops is None:
            return {"tokens_per_second_per_gpu": rate}
        return {"tokens_per_second_per_gpu": rate, "mfu": rate * self.flops.total / peak}

    def _by_layer(self, sums: list[float]) -> dict[str, list[float]]:
        """The counts of each experts module, from those of all of them one after another."""
        counts, begin = {}, 0
        for name, num_experts in self.experts.num_experts.items() if self.experts is not None else ():
            counts[name] = sums[begin : begin + num_experts]
            begin += num_experts
        return counts

    def _rank_load(self, sums: list[float], seen: float) -> dict[str, float]:
        """By what the dispatchers saw, else by what tokens chose; nothing where no rank has experts of its own."""
        if seen >= 0:
            return {"rank_load": seen}
        num_ranks = self.lock.get("mesh", {}).get("expert", {}).get("ep", 1)
        load = rank_load_of(self._by_layer(sums), num_ranks) if num_ranks > 1 else None
        return {} if load is None else {"rank_load": load}

    def _load(self, sums: list[float]) -> dict[str, float]:
        counts = self._by_layer(sums)
        for name, each in counts.items():
            before = self.totals.get(name, [0.0] * len(each))
            self.totals[name] = [old + new for old, new in zip(before, each, strict=True)]
        load = load_of(counts)
        return {"expert_load": max(load.values())} if load else {}

    def _most(self, key: str) -> dict[str, float]:
        """The largest of a figure's values in the log; nothing where there is none."""
        values = [window[key] for window in self.windows if key in window]
        return {key: max(values)} if values else {}

    def peak_flops(self) -> float | None:
        """FLOP/s of the plan's GPU where that is what trains, None where it is not known."""
        if self.device.type != "cuda" or self.lock["plan"]["precision"]["compute"] != "bfloat16":
            return None
        return self.lock["plan"]["cluster"]["gpu"].get("peak_flops")

    def measured(self) -> dict[str, Any]:
        """What `measured.json` holds."""
        has_plan = "plan" not in self.faults.off
        return {
            "version": 1,
            "plan": self.lock["plan"]["name"] if has_plan else None,
            "lock": None if self.lock_bytes is None else sha256(self.lock_bytes).hexdigest(),
            "steps": [self.first_step, self.last_step],
            "tokens": round(self.tokens),
            "seconds": self.seconds,
            **measured.summary(self.windows),
            "expert_load": self.faults.attempt("experts", lambda: load_of(self.totals)) or {},
            "expert_counts": {name: [round(count) for count in each] for name, each in self.totals.items()},
            **self._most("rank_load"),
            "flops_per_token": None if self.flops is None else self.flops.total,
            "peak_flops": self.faults.attempt("flops", self.peak_flops) if has_plan else None,
            "predicted": measured.predicted(self.lock) if has_plan else None,
            "log": self.windows,
        }


def _look_at(lock: Any) -> None:
    """Raise where a figure would miss something in the lock."""
    plan, mesh = lock["plan"], lock["mesh"]
    if not mesh["dense"]["tp"] > 0 or not mesh["world_size"] > 0:
        raise ValueError("the lock has no sizes of the mesh")
    plan["name"], plan["precision"]["compute"], plan["cluster"]["gpu"].get("peak_flops")
    measured.predicted(lock)


def _flops_of(sequence: int | None, lock: Any) -> Any:
    """
    Operations for a token; None where sequences have no length that they are cut to, without a lock, and of pairs, whose
    sequences are padded and run through two models.
    """
    if not sequence or "model" not in lock or lock.get("trainer", {}).get("task") == "dpo":
        return None
    return flops_of(lock["model"]["flops_per_token"], sequence=sequence)


def _keyed(names: tuple[str, ...], values: list[float]) -> dict[str, float]:
    """What is there of a rank's figures: -1 stands for none."""
    return {name: value for name, value in zip(names, values, strict=True) if value >= 0}
