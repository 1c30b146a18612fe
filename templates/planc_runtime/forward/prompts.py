"""Prompts: read, shared out to the ranks, answered, collected and printed."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import distributed, nn

from planc_runtime.errors import UserError

NUM_LIKELIEST = 5


@dataclass(frozen=True)
class Answer:
    """
    What the model makes of a prompt.

    Attributes:
        loss: mean negative log-likelihood of the prompt's tokens after the first; None for a prompt of one token.
        likeliest: probability and text of the likeliest next tokens, the likeliest first.
        text: the prompt and its continuation, without special tokens.
    """

    prompt: str
    loss: float | None
    likeliest: list[tuple[float, str]]
    text: str


def read_prompts(file: Path) -> list[str]:
    """
    The lines of a UTF-8 file that are not blank.

    Raises:
        UserError: it cannot be read, or has none.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read the prompts: {error}") from error
    prompts = [line for line in lines if line.strip()]
    if not prompts:
        raise UserError(f"{file} has no prompts: write one a line")
    return prompts


def share_of(num_prompts: int, *, num_shares: int, tp_size: int) -> list[int]:
    """
    The numbers of this rank's prompts: every `num_shares`-th. Ranks of one tp group take the same ones.

    All shares are equally long, the last prompt being repeated for it: ranks run the model together, so one that had
    fewer would leave the others waiting.
    """
    share = int(os.environ.get("RANK", "0")) // tp_size
    length = -(-num_prompts // num_shares)
    return [min(share + num_shares * turn, num_prompts - 1) for turn in range(length)]


def check_prompts(tokenizer: Any, prompts: list[str]) -> None:
    """
    Look at all prompts on every rank: one that stopped a single rank would leave the others waiting.

    Raises:
        UserError: the tokenizer makes no tokens of one of them.
    """
    for prompt in prompts:
        if not tokenizer(prompt)["input_ids"]:
            raise UserError(f"the tokenizer makes no tokens of the prompt {prompt!r}")


@torch.no_grad()
def answer(model: nn.Module, tokenizer: Any, prompt: str, *, max_new_tokens: int) -> Answer:
    """Run one prompt; every rank takes part, each with its own."""
    tokens = tokenizer(prompt, return_tensors="pt").to(model.device)
    logits = model(**tokens).logits[0].float()
    ids = tokens["input_ids"][0]
    loss = torch.nn.functional.cross_entropy(logits[:-1], ids[1:]).item() if len(ids) > 1 else None
    likeliest = logits[-1].softmax(-1).topk(min(NUM_LIKELIEST, logits.shape[-1]))
    generated = model.generate(**tokens, max_new_tokens=max_new_tokens, do_sample=False)
    return Answer(
        prompt=prompt,
        loss=loss,
        likeliest=[
            (probability, tokenizer.decode(token))
            for probability, token in zip(likeliest.values.tolist(), likeliest.indices.tolist(), strict=True)
        ],
        text=tokenizer.decode(generated[0], skip_special_tokens=True),
    )


def collect(own: dict[int, Answer]) -> list[Answer]:
    """The answers of all ranks, by their prompts' numbers."""
    everyone: list[dict[int, Answer]] = [own]
    if distributed.is_initialized():
        everyone = [{} for _ in range(distributed.get_world_size())]
        distributed.all_gather_object(everyone, own)
    answers = {number: found for each in everyone for number, found in each.items()}
    return [answers[number] for number in sorted(answers)]


def print_answers(answers: list[Answer], *, as_json: bool) -> None:
    """Print them on rank 0."""
    if os.environ.get("RANK", "0") != "0":
        return
    for found in answers:
        if as_json:
            print(json.dumps(asdict(found), ensure_ascii=False))
            continue
        if found.loss is not None:
            print(f"loss of the prompt: {found.loss:.6f}")
        for probability, token in found.likeliest:
            print(f"  {probability:.4f} {token!r}")
        print(found.text)
