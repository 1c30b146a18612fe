"""What autograd holds between a model's forward and backward: the oracle of what layers keep.

Reads a JSON list of cases on standard input: `architecture`, `config`, `rows`, `length`, `compute`, `policy`. Writes a JSON list of objects: `layers` (bytes of distinct storages that each layer's forward made and that
are held for backward), `keeps_input` (whether each layer holds its input), `before`, `behind`, and `recomputed` (bytes that each layer's
second forward holds at its end, in the order of the layers; empty where none is run twice).

Counted are storages, once each, that `torch.autograd.graph.saved_tensors_hooks` were given and that are still held when the forward is done,
and those that torch's checkpoint holds when it has run a layer again: hooks outside see nothing of that. Not counted: parameters and buffers, the micro-batch itself, and what
holds less than 64 bytes. Routed experts are left out.
"""

from __future__ import annotations

import functools
import json
import sys
import warnings
import weakref
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import transformers
from torch.utils import checkpoint as checkpoints
from transformers import CONFIG_MAPPING
from transformers.utils import logging

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "templates"))

from planc_runtime import recompute

SMALLEST = 64


class NoExperts(torch.autograd.Function):
    """In the place of the experts: saves one number, so that a recompute runs through them."""

    @staticmethod
    def forward(ctx: Any, hidden_TH: torch.Tensor, *others: Any) -> torch.Tensor:
        ctx.others = [other.shape if isinstance(other, torch.Tensor) and other.requires_grad else None for other in others]
        ctx.save_for_backward(torch.zeros(1))
        return hidden_TH * 0

    @staticmethod
    def backward(ctx: Any, gradient_TH: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        _ = ctx.saved_tensors
        dtype = gradient_TH.dtype
        return gradient_TH * 0, *(None if shape is None else torch.zeros(shape, dtype=dtype) for shape in ctx.others)


def tensors_in(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from tensors_in(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from tensors_in(each)


class Saved:
    """A tensor as autograd holds it: gone when nothing can run its backward any more."""

    def __init__(self, tensor: torch.Tensor, where: str) -> None:
        self.tensor, self.where = tensor, where


class Held:
    """Storages that are held for backward, each where it was made."""

    def __init__(self, base: torch.nn.Module, given: dict[str, torch.Tensor]) -> None:
        tensors = [*base.parameters(), *base.buffers(), *given.values()]
        self.ignored = {tensor.untyped_storage().data_ptr() for tensor in tensors}
        self.where = "before"
        self.input: int | None = None
        self.given: set[int] = set()
        self.keeps_input: set[str] = set()
        self.saved: list[weakref.ref[Saved]] = []
        self.arguments: list[Saved] = []

    def enter(self, where: str, hidden: torch.Tensor, given: Iterator[torch.Tensor] = iter(())) -> None:
        """A layer begins with `hidden`; what else it is `given` was made before all layers."""
        self.where, self.input = where, hidden.untyped_storage().data_ptr()
        self.given = {tensor.untyped_storage().data_ptr() for tensor in given} - {self.input}

    def pack(self, tensor: torch.Tensor) -> Saved:
        storage = tensor.untyped_storage()
        pointer = storage.data_ptr()
        saved = Saved(tensor, "before" if pointer in self.given else self.where)
        if pointer == self.input:
            self.keeps_input.add(self.where)
        elif pointer not in self.ignored and storage.nbytes() >= SMALLEST:
            self.saved.append(weakref.ref(saved))
        return saved

    def sums(self) -> Counter[str]:
        """Bytes by where they were made, of what is still held."""
        known: dict[int, tuple[str, int]] = {}
        for saved in filter(None, (each() for each in self.saved)):
            storage = saved.tensor.untyped_storage()
            known.setdefault(storage.data_ptr(), (saved.where, storage.nbytes()))
        found: Counter[str] = Counter()
        for where, size in known.values():
            found[where] += size
        return found


def layers_of(base: torch.nn.Module) -> torch.nn.ModuleList:
    return next(module for module in base.modules() if isinstance(module, torch.nn.ModuleList) and len(module) > 0)


def mark(layers: torch.nn.ModuleList, held: Held) -> None:
    for index, layer in enumerate(layers):

        def begin(_: Any, args: Any, kwargs: Any, index: int = index) -> None:
            held.enter(str(index), args[0] if args else kwargs["hidden_states"], tensors_in([args, kwargs]))

        layer.register_forward_pre_hook(begin, with_kwargs=True)
    layers[-1].register_forward_hook(lambda _, __, output: held.enter("behind", next(tensors_in(output))))


def configured(values: dict[str, Any]) -> Any:
    """The class of a config, its parts too. JavaScript wrote 7.0 as 7, which strict classes refuse."""
    config_class = CONFIG_MAPPING[values["model_type"]]
    fields = {name: str(field.type) for name, field in config_class.__dataclass_fields__.items()}
    found = {}
    for name, value in values.items():
        is_float = "float" in fields.get(name, "") and "int" not in fields[name]
        if isinstance(value, dict) and value.get("model_type") in CONFIG_MAPPING:
            found[name] = configured(value)
        elif name != "model_type":
            found[name] = float(value) if is_float and type(value) is int else value
    return config_class(**found)


def measure(case: dict[str, Any]) -> dict[str, Any]:
    torch.manual_seed(0)
    config = configured(case["config"])
    model = getattr(transformers, case["architecture"])._from_config(config)
    model.to(getattr(torch, case["compute"])).train()
    if case["policy"] == "full":
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    recompute.apply_recompute(model, case["policy"])
    base = model.get_decoder()
    for name, module in base.named_modules():
        if name.endswith(".experts"):
            module.forward = lambda *args, **kwargs: NoExperts.apply(*args, *kwargs.values())
    ids = torch.randint(3, base.get_input_embeddings().weight.shape[0], (case["rows"], case["length"]))
    given = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    held = Held(base, given)
    layers = layers_of(base)
    mark(layers, held)
    recomputed: list[int] = []

    inputs: list[torch.Tensor] = []

    class Counting(checkpoints._recomputation_hook):
        """Sees what torch's checkpoint holds when a second forward is done."""

        def __init__(self, frame: Any, run: Any) -> None:
            super().__init__(frame, run)
            self.frame, self.run_number = frame, run

        def __exit__(self, *args: Any) -> Any:
            again = {}
            given = {tensor.untyped_storage().data_ptr() for tensor in [*inputs, *tensors_in(self.frame().get_inputs())]}
            for tensor in self.frame().recomputed[self.run_number].values():
                storage = tensor.untyped_storage()
                again[storage.data_ptr()] = storage.nbytes() if storage.nbytes() >= SMALLEST else 0
            ignored = held.ignored | given
            recomputed.append(sum(size for pointer, size in again.items() if pointer not in ignored))
            return super().__exit__(*args)

    def noting_inputs(checkpoint: Any) -> Any:
        def run(function: Any, *args: Any, **kwargs: Any) -> Any:
            for tensor in tensors_in([args, kwargs, getattr(function, "keywords", None)]):
                held.arguments.append(held.pack(tensor))
                if tensor.untyped_storage().data_ptr() in held.given:
                    inputs.append(tensor)
            return checkpoint(function, *args, **kwargs)

        return run

    plain, hook = recompute.checkpoint, checkpoints._recomputation_hook
    recompute.checkpoint, checkpoints._recomputation_hook = noting_inputs(plain), Counting
    if case["policy"] == "full":
        for layer in layers:
            layer._gradient_checkpointing_func = noting_inputs(layer._gradient_checkpointing_func)
    try:
        with torch.autograd.graph.saved_tensors_hooks(held.pack, lambda saved: saved.tensor):
            hidden = base(**given, use_cache=False).last_hidden_state
        sums = held.sums()
        hidden.backward(torch.zeros_like(hidden))
    finally:
        recompute.checkpoint, checkpoints._recomputation_hook = plain, hook
    return {
        "layers": [sums[str(index)] for index in range(len(layers))],
        "keeps_input": [str(index) in held.keeps_input for index in range(len(layers))],
        "before": sums["before"],
        "behind": sums["behind"],
        "recomputed": recomputed[::-1],
    }


def main() -> None:
    warnings.filterwarnings("ignore")
    logging.set_verbosity_error()
    torch.set_num_threads(1)
    found = []
    for case in json.load(sys.stdin):
        try:
            found.append(measure(case))
        except Exception as error:
            found.append({"error": f"{type(error).__name__}: {error}"})
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
