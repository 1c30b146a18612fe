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


class DispatchTime:
    """Time that exchanges of tokens take: on a GPU what its stream spends in them, on a CPU what the clock says."""

    def __init__(self) -> None:
        self.is_on = False
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
        self._spans.append((begin, self._mark(device)))

    def take(self) -> float | None:
        """Seconds since the last call, None where no exchange was seen. Waits for the last of them."""
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
        if device.type != "cuda":
            return time.perf_counter()
        event = self._idle.pop() if self._idle else torch.cuda.Event(enable_timing=True)
        event.record()
        return event


# The process's own: dispatchers feed it, `Metrics` reads it.
dispatch_time = DispatchTime()


class ExpertCounts:
    """
    How many of this rank's tokens chose each expert, by the arguments that experts modules are called with.

    Attributes:
        counts: name of the experts module -> [num_experts], since the last `clear`.
    """

    def __init__(self, model: torch.nn.Module) -> None:
        self.counts: dict[str, torch.Tensor] = {}
        self._handles = []
        for name, module in model.named_modules():
            stacks = list(module.parameters(recurse=False))
            if name.endswith(".experts") and stacks:
                # The whole number: a rank that holds some of the experts sees the names of all.
                counts = torch.zeros(stacks[0].shape[0], dtype=torch.int64, device=stacks[0].device)
                self.counts[name] = counts
                self._handles.append(module.register_forward_pre_hook(_adds_to(counts), with_kwargs=True))

    def clear(self) -> None:
        for counts in self.counts.values():
            counts.zero_()

    def close(self) -> None:
        for handle in self._handles:
            handle.remove()


def _adds_to(counts: torch.Tensor) -> Any:
    def hook(module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        # In backward a layer is called again to recompute what it did not keep.
        if not module.training or torch._C._current_graph_task_id() != -1:
            return
        chosen = next(value for value in (*args, *kwargs.values()) if not value.is_floating_point()).flatten()
        counts.scatter_add_(0, chosen, torch.ones_like(chosen))

    return hook


class TokenCount:
    """
    How many tokens this rank has trained on, padding left out.

    Attributes:
        count: a scalar on the device.
    """

    def __init__(self, model: torch.nn.Module, device: torch.device) -> None:
        self.count = torch.zeros((), dtype=torch.int64, device=device)
        self._handle = model.register_forward_pre_hook(self._add, with_kwargs=True)

    def _add(self, module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        tokens, mask = kwargs.get("input_ids", args[0] if args else None), kwargs.get("attention_mask")
        if not module.training or tokens is None:
            return
        # Sequences without padding between them come without a mask, or with one of another shape.
        self.count += mask.sum() if mask is not None and mask.shape == tokens.shape else tokens.numel()

    def clear(self) -> None:
        self.count.zero_()

    def close(self) -> None:
        self._handle.remove()
