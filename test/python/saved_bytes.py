"""What autograd holds between a model's forward and backward: the oracle of what layers keep.

Reads a JSON list of cases on standard input: `config`, `rows`, `length`, `compute`, `policy`. Writes a JSON list of objects: `layers` (bytes of distinct storages that each layer's forward made and that
are held for backward), `keeps_input` (whether each layer holds its input), `before`, `behind`, and `recomputed` (bytes that each layer's
second forward holds at its end, in the order of the layers; empty where none is run twice).

Counted are storages, once each, as `torch.autograd.graph.saved_tensors_hooks` shows them, and as torch's checkpoint takes them in while it
runs a layer again: hooks outside see nothing of that. Not counted: parameters and buffers, the micro-batch itself, and what
holds less than 64 bytes. Routed experts are left out.
"""

from __future__ import annotations

import functools
import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch.utils import checkpoint as checkpoints
from transformers import CONFIG_MAPPING, AutoModelForCausalLM
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


class Held:
    """Storages that are held for backward, each where it was made."""

    def __init__(self, base: torch.nn.Module, given: dict[str, torch.Tensor]) -> None:
        tensors = [*base.parameters(), *base.buffers(), *given.values()]
        self.ignored = {tensor.untyped_storage().data_ptr() for tensor in tensors}
        self.made: dict[int, str] = {}
        self.where = "before"
        self.bytes: dict[str, dict[int, int]] = {}
        self.inputs: dict[str, int] = {}
        self.keeps_input: dict[str, bool] = {}
        self.alive: list[torch.Tensor] = []

    def note(self, tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        pointer = storage.data_ptr()
        if pointer in self.ignored or storage.nbytes() < SMALLEST:
            return tensor
        if self.inputs.get(self.where) == pointer:
            self.keeps_input[self.where] = True
            return tensor
        where = self.made.setdefault(pointer, self.where)
        self.bytes.setdefault(where, {})[pointer] = storage.nbytes()
        self.alive.append(tensor)
        return tensor

    def sum(self, where: str) -> int:
        return sum(self.bytes.get(where, {}).values())


def layers_of(base: torch.nn.Module) -> torch.nn.ModuleList:
    return next(module for module in base.modules() if isinstance(module, torch.nn.ModuleList) and len(module) > 0)


def mark(layers: torch.nn.ModuleList, held: Held) -> None:
    for index, layer in enumerate(layers):

        def begin(_: Any, args: Any, kwargs: Any, index: int = index) -> None:
            hidden = args[0] if args else kwargs["hidden_states"]
            held.where = str(index)
            held.inputs[held.where] = hidden.untyped_storage().data_ptr()
            # Positions and masks, which several layers are given.
            for tensor in tensors_in([args, kwargs]):
                if tensor is not hidden:
                    held.made.setdefault(tensor.untyped_storage().data_ptr(), "before")

        def end(_: Any, __: Any, output: Any, index: int = index) -> None:
            hidden = next(tensors_in(output))
            held.where = "behind" if index == len(layers) - 1 else held.where
            if held.where == "behind":
                held.inputs["behind"] = hidden.untyped_storage().data_ptr()

        layer.register_forward_pre_hook(begin, with_kwargs=True)
        layer.register_forward_hook(end)


def measure(case: dict[str, Any]) -> dict[str, Any]:
    torch.manual_seed(0)
    config = dict(case["config"])
    config_class = CONFIG_MAPPING[config.pop("model_type")]
    for name, field in config_class.__dataclass_fields__.items():
        # JavaScript wrote 7.0 as 7, which strict classes refuse.
        if "float" in str(field.type) and "int" not in str(field.type) and type(config.get(name)) is int:
            config[name] = float(config[name])
    model = AutoModelForCausalLM.from_config(config_class(**config))
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

    class Counting(checkpoints._recomputation_hook):
        """Sees what a second forward hands to torch's checkpoint."""

        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            self.seen = seen = Held(base, given)
            seen.made = {pointer: "before" for pointer, where in held.made.items() if where == "before"}
            seen.where = "again"
            pack = self.pack_hook

            @functools.wraps(pack)
            def noted(tensor: torch.Tensor) -> Any:
                seen.note(tensor)
                return pack(tensor)

            self.pack_hook = noted

        def __exit__(self, *args: Any) -> Any:
            # The last layer is run again first.
            own = held.inputs.get(str(len(layers) - 1 - len(recomputed)))
            again = self.seen.bytes.get("again", {})
            recomputed.append(sum(size for pointer, size in again.items() if pointer != own))
            self.seen.alive.clear()
            return super().__exit__(*args)

    def noting_inputs(checkpoint: Any) -> Any:
        def run(function: Any, *args: Any, **kwargs: Any) -> Any:
            for tensor in tensors_in([args, kwargs, getattr(function, "keywords", None)]):
                held.note(tensor)
            return checkpoint(function, *args, **kwargs)

        return run

    plain, hook = recompute.checkpoint, checkpoints._recomputation_hook
    recompute.checkpoint, checkpoints._recomputation_hook = noting_inputs(plain), Counting
    if case["policy"] == "full":
        for layer in layers:
            layer._gradient_checkpointing_func = noting_inputs(layer._gradient_checkpointing_func)
    try:
        with torch.autograd.graph.saved_tensors_hooks(held.note, lambda tensor: tensor):
            hidden = base(**given, use_cache=False).last_hidden_state
        hidden.backward(torch.zeros_like(hidden))
    finally:
        recompute.checkpoint, checkpoints._recomputation_hook = plain, hook
    return {
        "layers": [held.sum(str(index)) for index in range(len(layers))],
        "keeps_input": [held.keeps_input.get(str(index), False) for index in range(len(layers))],
        "before": held.sum("before"),
        "behind": held.sum("behind"),
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
