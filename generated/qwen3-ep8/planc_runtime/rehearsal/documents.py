"""The reference's side of packed rows: documents one by one, put together as the trainer weighs them.

A reference that packed its rows as the ranks do would share their defects. It therefore takes from the trainer only which
documents stand in a row, as its packing wrote that down, and neither position ids nor masks.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

# What tells documents of a row apart: the reference does without.
OF_A_ROW = ("position_ids", "cu_seq_lens_q", "cu_seq_lens_k", "max_length_q", "max_length_k", "seq_idx")


def run_one_by_one(model: nn.Module) -> None:
    """
    Let the decoder of `model` run each document of a row by itself, from now on, where a call names their lengths.

    `documents=[13, 4]` stands for a row [1, 17]. Hidden states and router logits come out as of one row, so that the loss and
    the router's loss are the same means over the row's tokens.
    """
    decoder = model.get_decoder()
    run = decoder.forward

    def forward(*args: Any, documents: torch.Tensor | None = None, **kwargs: Any) -> Any:
        if documents is None:
            return run(*args, **kwargs)
        # A model of several parts embeds the row before, and may have made its masks.
        given = {name: kwargs.pop(name, None) for name in ("input_ids", "inputs_embeds")}
        if args:
            given["input_ids"] = args[0]
        name, row = next((name, row) for name, row in given.items() if row is not None)
        for each in OF_A_ROW:
            kwargs.pop(each, None)
        if isinstance(kwargs.get("attention_mask"), dict):
            kwargs.pop("attention_mask")
        outputs = [run(**{name: each}, **kwargs) for each in row.split(documents.tolist(), dim=1)]
        whole = outputs[0]
        whole["last_hidden_state"] = torch.cat([each.last_hidden_state for each in outputs], dim=1)
        if getattr(whole, "router_logits", None) is not None:
            layers = zip(*(each.router_logits for each in outputs), strict=True)
            whole["router_logits"] = tuple(torch.cat(layer, dim=-2) for layer in layers)
        return whole

    decoder.forward = forward


def unpack(trainer: Any) -> None:
    """Make an SFTTrainer take the documents of its packed rows one by one; others stay as they are."""
    if not trainer.padding_free:
        return
    collate = trainer.data_collator

    def collate_documents(examples: list[dict[str, Any]]) -> dict[str, Any]:
        batch = collate(examples)
        lengths = [each for row in examples for each in row.get("seq_lengths", [len(row["input_ids"])])]
        labels = torch.cat([torch.tensor(row.get("labels", row["input_ids"])) for row in examples])
        # No document predicts the first token of the next.
        labels[torch.tensor([0, *lengths[:-1]]).cumsum(0)] = -100
        padding = batch["input_ids"].shape[1] - len(labels)
        batch["labels"] = torch.nn.functional.pad(labels, (0, padding), value=-100)[None]
        return batch | {"documents": torch.tensor([*lengths, *[1] * padding])}

    trainer.data_collator = collate_documents
    run_one_by_one(trainer.model)
