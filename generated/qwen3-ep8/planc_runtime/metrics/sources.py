"""
Where figures come from inside of the layers: collected on the device, so that no layer waits for the host.

A dispatcher that exchanges tokens feeds `dispatch_time`:

    with dispatch_time.span(tokens.device):
        exchange(tokens)
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from planc_runtime.metrics.faults import Faults
from planc_runtime.output import sentence


class DispatchTime:
    """Time that exchanges of tokens take: on a GPU what its stream spends in them, on a CPU what the clock says."""

    def __init__(self) -> None:
        self.is_on = False
        self._error: Exception | None = None
        self._spans: list[tuple[Any, Any]] = []
        self._idle: list[Any] = []

    @contextmanager
    def span(self, device: torch.device) -> Iterator[None]:
        """Whatever is started in this context is an exchange. Costs nothing while nobody measures."""
        if not self.is_on:
            yield
            return
        begin = self._mark(device)
        yield
        end = self._mark(device)
        if begin is not None and end is not None:
            self._spans.append((begin, end))

    def take(self) -> float | None:
        """Seconds since the last call, None where no exchange was seen. Waits for the last of them; raises what failed in one."""
        error, self._error = self._error, None
        if error is not None:
            self._spans = []
            raise error
        spans, self._spans = self._spans, []
        if not spans:
            return None
        if isinstance(spans[0][0], float):
            return sum(end - begin for begin, end in spans)
        spans[-1][1].synchronize()
        seconds = sum(begin.elapsed_time(end) for begin, end in spans) / 1000
        self._idle += [event for span in spans for event in span]
        return seconds

    def _mark(self, device: torch.device) -> Any:
        """A point in time, None where it cannot be told: the exchange goes on."""
        try:
            if device.type != "cuda":
                return time.perf_counter()
            event = self._idle.pop() if self._idle else torch.cuda.Event(enable_timing=True)
            event.record()
            return event
        except Exception as error:
            self._error, self.is_on = error, False
            return None


class RankLoad:
    """Assignments that this rank computes over those that its own tokens make, in the layer and micro-batch where that is most."""

    def __init__(self) -> None:
        self._most: float | None = None

    def see(self, computed: int, chosen: int) -> None:
        """One layer of one micro-batch, as a dispatcher knows it before the rows are sent."""
        if chosen:
            self._most = max(self._most or 0.0, computed / chosen)

    def take(self) -> float | None:
        """The most since the last call, None where no dispatcher said anything."""
        most, self._most = self._most, None
        return most


# The process's own: dispatchers feed them, `Metrics` reads them.
dispatch_time = DispatchTime()
rank_load = RankLoad()


def experts_modules(model: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Module, torch.nn.Parameter]]:
    """The modules of routed experts: name, module, and one of its parameters, which are stacks over all experts."""
    for name, module in model.named_modules():
        stacks = list(module.parameters(recurse=False))
        if name.endswith(".experts") and stacks:
            yield name, module, stacks[0]


class ExpertCounts:
    """
    How many of this rank's tokens chose each expert, by the arguments that experts modules are called with.

    Attributes:
        num_experts: name of the experts module -> how many it has, on all ranks together.
        counts: name -> [2 + num_experts], since the last `take`: those of no expert before and behind the others.
    """

    def __init__(self, model: torch.nn.Module, faults: Faults) -> None:
        self.num_experts: dict[str, int] = {}
        self.counts: dict[str, torch.Tensor] = {}
        self._handles = []
        for name, module, stack in experts_modules(model):
            # The whole number: a rank that holds some of the experts sees the names of all.
            self.num_experts[name] = stack.shape[0]
            counts = torch.zeros(2 + stack.shape[0], dtype=torch.int64, device=stack.device)
            self.counts[name] = counts
            self._handles.append(module.register_forward_pre_hook(_adds_to(counts, faults), with_kwargs=True))

    @property
    def size(self) -> int:
        """How many numbers `take` returns."""
        return sum(self.num_experts.values())

    def take(self) -> list[float]:
        """The counts of all modules, one after another, which begin anew. Waits for the device, once."""
        if not self.counts:
            return []
        whole = torch.cat(list(self.counts.values())).tolist()
        found: list[float] = []
        for counts in self.counts.values():
            below, *own, above = whole[: len(counts)]
            whole = whole[len(counts) :]
            if below or above:
                raise ValueError(f"tokens chose {below + above} experts that there are not")
            found += map(float, own)
            counts.zero_()
        return found

    def close(self) -> None:
        for handle in self._handles:
            handle.remove()


def _adds_to(counts: torch.Tensor, faults: Faults) -> Any:
    num_experts = len(counts) - 2

    def hook(module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        # In backward a layer is called again to recompute what it did not keep.
        if not module.training or torch._C._current_graph_task_id() != -1:
            return
        try:
            chosen = next(value for value in (*args, *kwargs.values()) if not value.is_floating_point()).flatten()
            # An index out of bounds would end the process on a GPU, where no exception says so.
            bins = chosen.clamp(-1, num_experts).to(torch.int64) + 1
            counts.scatter_add_(0, bins, torch.ones_like(bins))
        except Exception as error:
            faults.note("experts", sentence(error))

    return hook


class TokenCount:
    """
    How many tokens this rank has trained on, padding left out.

    Attributes:
        count: a scalar on the device, since the last `take`.
    """

    def __init__(self, model: torch.nn.Module, device: torch.device, faults: Faults) -> None:
        self.count = torch.zeros((), dtype=torch.int64, device=device)
        self._faults = faults
        self._handle = model.register_forward_pre_hook(self._add, with_kwargs=True)

    def _add(self, module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        try:
            tokens, mask = kwargs.get("input_ids", args[0] if args else None), kwargs.get("attention_mask")
            if not module.training or tokens is None:
                return
            # Sequences without padding between them come without a mask, or with one of another shape.
            has_mask = isinstance(mask, torch.Tensor) and mask.shape == tokens.shape
            self.count += mask.sum() if has_mask else tokens.numel()
        except Exception as error:
            self._faults.note("tokens", sentence(error))

    def take(self) -> float:
        """The count, which begins anew. Waits for the device."""
        count = float(self.count.item())
        self.count.zero_()
        return count

    def close(self) -> None:
        self._handle.remove()
