"""One micro-batch of a model's layers, forward and backward, with marks where each layer begins and where the experts are."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

import torch
import transformers
from operations.tape import Item, mark, record
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "templates"))

from planc_runtime.recompute import apply_recompute  # noqa: E402

POLICIES = ("none", "attention", "full")


class _Experts(torch.autograd.Function):
    """In the place of the routed experts: their output, and gradients of what they are given. Another piece says the rest."""

    @staticmethod
    def forward(ctx: Any, hidden_TH: torch.Tensor, *others: Any) -> torch.Tensor:
        mark("experts")
        output_TH = torch.zeros_like(hidden_TH)
        mark("experts done", tensors=(output_TH,))
        # The experts save something, or a recompute would end before them.
        ctx.save_for_backward(torch.zeros(1))
        inputs = (hidden_TH, *others)
        ctx.like = [
            (each.shape, each.dtype) if isinstance(each, torch.Tensor) and each.requires_grad else None for each in inputs
        ]
        return output_TH

    @staticmethod
    def backward(ctx: Any, gradient_TH: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        # A recompute happens here, if there is one.
        _ = ctx.saved_tensors
        mark("experts backward", tensors=(gradient_TH,))
        del gradient_TH
        return tuple(None if like is None else torch.zeros(like[0], dtype=like[1]) for like in ctx.like)


class _Head(torch.autograd.Function):
    """In the place of the loss: it holds the hidden states until it has their gradient."""

    @staticmethod
    def forward(ctx: Any, hidden: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(hidden)
        return hidden.new_zeros(())

    @staticmethod
    def backward(ctx: Any, _: torch.Tensor) -> torch.Tensor:
        (hidden,) = ctx.saved_tensors
        return torch.zeros_like(hidden)


def is_experts(name: str, module: nn.Module) -> bool:
    return name.rpartition(".")[2] == "experts" and not name.endswith("shared_experts")


def leave_out_experts(model: nn.Module) -> int:
    """Returns how many modules of experts were replaced."""
    count = 0
    for name, module in model.named_modules():
        if is_experts(name, module):
            names = list(inspect.signature(module.forward).parameters)

            def forward(*args: Any, _names: list[str] = names, **kwargs: Any) -> torch.Tensor:
                given = [*args, *(kwargs[key] for key in _names[len(args) :] if key in kwargs)]
                return _Experts.apply(*given)

            module.forward = forward
            count += 1
    return count


def layers_of(model: nn.Module) -> nn.ModuleList:
    found = [module for name, module in model.named_modules() if name.rpartition(".")[2] == "layers"]
    return next(module for module in found if isinstance(module, nn.ModuleList))


def tensor_of(value: Any) -> torch.Tensor | None:
    while isinstance(value, (tuple, list)) and value:
        value = value[0]
    return value if isinstance(value, torch.Tensor) else None


class Recorded:
    """A model ready to be recorded."""

    def __init__(
        self, class_name: str, config: Any, prefix: str, dtype: torch.dtype, policy: str, count: int | None = None
    ) -> None:
        """
        Args:
            prefix: what names of the language model begin with: "model.".
            count: layers that are run, the first ones; None for all.
        """
        torch.manual_seed(0)
        whole = getattr(transformers, class_name)._from_config(config)
        self.base: nn.Module = whole.get_submodule(prefix.removesuffix("."))
        self.base.to(dtype).train()
        self.vocabulary = self.base.get_input_embeddings().weight.shape[0]
        if policy == "full":
            whole.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        apply_recompute(self.base, policy)
        self.whole = whole
        self.experts = leave_out_experts(self.base)
        self.layers = layers_of(self.base)
        if count is not None:
            del self.layers[count:]
        self.mark_modules()
        self.mark_layers()

    def mark_modules(self) -> None:
        for name, module in self.base.named_modules():
            if not name:
                continue
            short = ".".join(name.split(".")[2:]) if name.startswith("layers.") else name
            module.register_forward_pre_hook(lambda *_, short=short: mark("enter", short))
            module.register_forward_hook(lambda *_, short=short: mark("leave", short), always_call=True)

    def mark_layers(self) -> None:
        last = len(self.layers) - 1
        for index, layer in enumerate(self.layers):

            def begin(_: Any, args: Any, kwargs: Any, index: int = index) -> None:
                given = tensor_of(args) if args else kwargs.get("hidden_states")
                mark("layer", str(index), tensors=(given,))
                if index == 0 and given is not None and given.requires_grad:
                    given.register_hook(lambda gradient: mark("backward", "embedding", tensors=(gradient,)))

            def end(_: Any, __: Any, output: Any, index: int = index) -> None:
                tensor = tensor_of(output)
                tensor.register_hook(lambda gradient: mark("backward", str(index), tensors=(gradient,)))
                if index == last:
                    mark("after", tensors=(tensor,))

            layer.register_forward_pre_hook(begin, with_kwargs=True, prepend=True)
            layer.register_forward_hook(end)

    def run(self, rows: int, length: int) -> None:
        inputs = {
            "input_ids": torch.randint(3, self.vocabulary, (rows, length)),
            "attention_mask": torch.ones(rows, length, dtype=torch.int64),
        }

        mark("begin")
        self.loss(inputs).backward()
        mark("end")

    def loss(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        hidden = self.base(**inputs, use_cache=False).last_hidden_state
        mark("head", tensors=(hidden,))
        hidden.register_hook(lambda gradient: mark("backward", "behind", tensors=(gradient,)))
        return _Head.apply(hidden)

    def tape(self, rows: int, length: int, on_gpu: bool) -> tuple[list[Item], set[int]]:
        """What one micro-batch allocates and frees, and the pointers of the gradients of parameters."""
        for parameter in self.base.parameters():
            parameter.grad = None
        items = record(lambda: self.run(rows, length), on_gpu)
        parameters = [parameter for parameter in self.base.parameters() if parameter.grad is not None]
        return items, {parameter.grad.untyped_storage().data_ptr() for parameter in parameters}
