"""The model below the adapters: what they are trained beside, computed for a while without them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from planc_runtime.adapters.experts import ExpertAdapters
from planc_runtime.stack.peft import dense_layers, switch


@contextmanager
def without_adapters(model: nn.Module) -> Iterator[None]:
    """
    In this context the model computes as it was before `attach`, and as in an evaluation: nothing is dropped or counted.

    No graph may be recorded in it: a layer that is computed again in the backward pass would be so with its adapters.
    """
    was_training = model.training
    model.eval()
    _switch(model, is_on=False)
    try:
        yield
    finally:
        _switch(model, is_on=True)
        model.train(was_training)


def _switch(model: nn.Module, *, is_on: bool) -> None:
    for _, layer in dense_layers(model):
        switch(layer, is_on=is_on)
    for module in model.modules():
        if isinstance(module, ExpertAdapters):
            module.is_on = is_on
