"""What a run allocates and frees, in order, as torch's profiler saw it: nothing else looks on without changing what runs."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch._C._profiler import _EventType, _RecordFunctionFast
from torch.profiler import ProfilerActivity, profile

MARK = "planc "

# What a GPU's kernel allocates for itself while it runs, as a multiple of its output: torch's SoftMax.cu writes gradient * output.
INSIDE_ON_A_GPU = {"aten::_softmax_backward_data": 1}


@dataclass(frozen=True)
class Allocation:
    """A storage that comes to be; `number` tells it from others."""

    number: int
    bytes: int
    module: str
    operation: str
    pointer: int


@dataclass(frozen=True)
class Free:
    number: int


@dataclass(frozen=True)
class Mark:
    """A place in the program: what `mark` was given, and which storages its pointers were at that moment."""

    words: tuple[str, ...]
    storages: tuple[int | None, ...]


# Of autograd itself: what runs inside says more.
BACKWARD = re.compile(r"(Backward\d*|AccumulateGrad)$")

Item = Allocation | Free | Mark


def mark(*words: str, tensors: tuple[torch.Tensor | None, ...] = ()) -> None:
    """Notes a place in the program that is recorded."""
    pointers = [str(0 if tensor is None else tensor.untyped_storage().data_ptr()) for tensor in tensors]
    with _RecordFunctionFast(MARK + "|".join([*words, ",".join(pointers)])):
        pass


def record(run: Callable[[], None], on_gpu: bool) -> list[Item]:
    """Everything that `run` allocates and frees. Storages of no size are left out, and what one kernel uses for itself alone."""
    # A collection in between would free what the program does not: see `collect`.
    gc.disable()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        run()
    reader = _Reader(on_gpu)
    for event in profiler.profiler.kineto_results.experimental_event_tree():
        reader.read(event, None, None)
    return reader.without_internal()


def collect() -> None:
    """Collects what earlier runs left in circles, which `record` does not."""
    gc.collect()


class _Reader:
    def __init__(self, on_gpu: bool) -> None:
        self.on_gpu = on_gpu
        self.items: list[Item] = []
        self.alive: dict[int, int] = {}
        self.kernel_of: dict[int, int | None] = {}
        self.internal: set[int] = set()
        self.modules: list[str] = []
        self.forward: dict[int, tuple[str, str]] = {}
        self.count = 0

    def read(self, event: Any, operation: str | None, kernel: int | None, backward: tuple[str, str] | None = None) -> None:
        """
        Args:
            operation: the outermost operation around the event.
            kernel: the outermost operation around it that is no composition of others.
            backward: module and operation of the forward whose backward runs.
        """
        kind, fields = event.typed
        if kind == _EventType.Allocation:
            self.storage(fields.ptr, fields.alloc_size, operation, kernel, backward)
            return
        name = event.name
        if name.startswith(MARK):
            self.mark(name.removeprefix(MARK))
            return
        sequence = getattr(fields, "sequence_number", -1) if kind == _EventType.TorchOp else -1
        is_engine = name.startswith("autograd::engine::evaluate_function")
        if is_engine:
            backward = self.forward.get(sequence, ("", name.rpartition(": ")[2]))
            operation = None
        elif kind == _EventType.TorchOp and not BACKWARD.search(name):
            operation = operation or name
            if sequence >= 0 and "Backward" not in name:
                self.forward.setdefault(sequence, (self.module, operation))
            if kernel is None and name.startswith("aten::") and not is_composite(name):
                kernel = self.count = self.count + 1
        for child in event.children:
            self.read(child, operation, kernel, backward)
        if self.on_gpu and name in INSIDE_ON_A_GPU:
            self.inside(name, backward)

    @property
    def module(self) -> str:
        return self.modules[-1] if self.modules else ""

    def mark(self, text: str) -> None:
        *words, pointers = text.split("|")
        if words[0] == "enter":
            self.modules.append(words[1])
        elif words[0] == "leave":
            self.modules.pop()
        else:
            storages = tuple(self.alive.get(int(pointer)) for pointer in pointers.split(",") if pointer)
            self.items.append(Mark(tuple(words), storages))

    def storage(self, pointer: int, size: int, operation: str | None, kernel: int | None, backward: Any) -> None:
        if size < 0:
            number = self.alive.pop(pointer, None)
            if number is not None:
                self.items.append(Free(number))
                if kernel is not None and self.kernel_of[number] == kernel:
                    self.internal.add(number)
            return
        if size == 0:
            return
        self.count += 1
        number = self.alive[pointer] = self.count
        self.kernel_of[number] = kernel
        module, work = (self.module, operation or "")
        if backward is not None and not self.modules:
            module, work = backward[0], f"{backward[1]} backward"
        self.items.append(Allocation(number, size, module, work.removeprefix("aten::"), pointer))

    def inside(self, name: str, backward: tuple[str, str] | None) -> None:
        """Puts what the kernel that just ran allocates for itself on a GPU behind its output."""
        output = next(item for item in reversed(self.items) if isinstance(item, Allocation))
        self.count += 1
        size = INSIDE_ON_A_GPU[name] * output.bytes
        self.kernel_of[self.count] = None
        self.items.append(Allocation(self.count, size, output.module, output.operation, 0))
        self.items.append(Free(self.count))

    def without_internal(self) -> list[Item]:
        return [item for item in self.items if isinstance(item, Mark) or item.number not in self.internal]


@cache
def is_composite(name: str) -> bool:
    """Whether an operation is made of others that the profiler shows by themselves."""
    packet = getattr(torch.ops.aten, name.removeprefix("aten::"), None)
    if packet is None:
        return True
    names = [f"{name}.{overload}" if overload != "default" else name for overload in packet.overloads()]
    known = [each for each in names if torch._C._dispatch_has_kernel(each)]
    return any(torch._C._dispatch_has_kernel_for_dispatch_key(each, "CompositeImplicitAutograd") for each in known)
