"""One forward and backward without the trainer, for meshes that it cannot start on CPU processes."""

from __future__ import annotations

import json
import os
import runpy
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch.distributed.tensor import DTensor
from transformers import DistributedConfig

from planc_runtime.model import load_model
from planc_runtime.parts.parts import Parts, text_config
from planc_runtime.rehearsal.documents import run_one_by_one
from planc_runtime.rehearsal.record import save_shapes
from planc_runtime.rehearsal.reference import load_whole


def micro_batches(count: int, *, vocab_size: int, length: int) -> torch.Tensor:
    """Random tokens [count, 1, length], the same in every process."""
    generator = torch.Generator().manual_seed(0)
    return torch.randint(3, vocab_size, (count, 1, length), generator=generator)


def step_ranks(folder: Path, bundle: Path, spec: dict[str, Any]) -> None:
    """One rank: the model as train.py shards it, on the micro-batch of this rank's place beside the tp axis."""
    program = runpy.run_path(str(bundle / "train.py"), run_name="rehearsal")
    sizes = program["SIZES"]
    model = load_model(
        str(folder / "model"),
        revision=None,
        dtype=torch.float32,
        distributed_config=DistributedConfig(
            **sizes,
            ep_plan=program["EP_PLAN"],
            ep_implementation=spec["ep_implementation"],
            fsdp_mixed_precision=False,
        ),
        parts=program.get("PARTS"),
    )
    if "separate_documents" in program:
        program["separate_documents"](model)
    rank = int(os.environ.get("RANK", "0"))
    distinct = sizes["dp_replicate_size"] * sizes["fsdp_size"]
    batches = micro_batches(distinct, vocab_size=text_config(model.config).vocab_size, length=spec["max_length"])
    documents = documents_of(spec)
    positions = {"position_ids": torch.cat([torch.arange(each) for each in documents])[None]} if documents else {}
    loss = _backward(model, batches[rank // sizes["tp_size"]], documents, **positions)
    if torch.distributed.is_initialized():
        loss = loss.clone()
        torch.distributed.all_reduce(loss)
        loss /= torch.distributed.get_world_size()
    run = folder / "run"
    save_shapes(model, run)
    _save(model, loss, run, writes=rank == 0)


def step_alone(folder: Path, spec: dict[str, Any], parts: Parts | None) -> None:
    """One process: the same micro-batches in turn, their documents one by one; the mean of their losses."""
    model = load_whole(folder / "model", parts)
    distinct, documents = spec["distinct_batches"], documents_of(spec)
    batches = micro_batches(distinct, vocab_size=text_config(model.config).vocab_size, length=spec["max_length"])
    alone = {"documents": torch.tensor(documents)} if documents else {}
    run_one_by_one(model)
    losses = [_backward(model, batch, documents, share=1 / distinct, **alone) for batch in batches]
    _save(model, torch.stack(losses).sum(), folder / "reference", writes=True)


def documents_of(spec: dict[str, Any]) -> list[int]:
    """Lengths of the documents of each micro-batch; none where the plan does not pack."""
    length = spec["max_length"]
    return [length // 2, length // 4, length - length // 2 - length // 4] if spec["packed"] else []


def _backward(
    model: torch.nn.Module, tokens: torch.Tensor, lengths: list[int], *, share: float = 1.0, **row: Any
) -> torch.Tensor:
    labels = tokens.clone()
    for end in torch.tensor(lengths[:-1]).cumsum(0).tolist():
        labels[:, end] = -100
    loss = model(input_ids=tokens, labels=labels, use_cache=False, **row).loss
    loss = (loss.full_tensor() if isinstance(loss, DTensor) else loss) * share
    loss.backward()
    return loss.detach()


def _save(model: torch.nn.Module, loss: torch.Tensor, folder: Path, *, writes: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    gradients = {}
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            whole = parameter.grad.full_tensor() if isinstance(parameter.grad, DTensor) else parameter.grad
            gradients[name] = whole.detach().clone().contiguous()
    if writes:
        save_file(gradients, folder / "gradients-1.safetensors")
        (folder / "losses.json").write_text(json.dumps([loss.item()]))
