"""Judge whether the documents of a packed row see each other, for each family and attention implementation.

    python scripts/judge_packing.py < FAMILIES.json > VERDICTS.json

FAMILIES is `{"implementations": ["eager", ...], "families": {MODEL_TYPE: {"config": {...}, "architecture": "..."}}}`, each
config tiny. A verdict is "alone" where logits and gradients of a packed row are those of its documents one by one, "masks"
where they are with planc_runtime.documents, "leaks" where they are with neither, and "stops" where the family refuses a packed
row (without kernels that this machine has not). Implementations that a family does not run with are left out.

Kernels of flash_attention_2 and flex_attention need a GPU. What is judged is what reaches them: plain torch stands in for them,
and computes what they document.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["CUDA_VISIBLE_DEVICES"] = ""
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "templates"))

import torch
import transformers
from transformers import CONFIG_MAPPING, masking_utils

from planc_runtime.documents import separate_documents

LENGTHS = (11, 13, 1, 9)
# Shorter than a document, so that a mask without the window shows.
WINDOW = 5
TOLERANCE = 1e-4


def build(model_type: str, config: dict[str, Any], architecture: str, implementation: str) -> torch.nn.Module:
    values = {key: value for key, value in config.items() if key != "model_type"}
    made = CONFIG_MAPPING[model_type](**values)
    build_class = getattr(transformers, architecture)
    if not isinstance(made, build_class.config_class):
        # The class of a part, of one that speaks too the part that writes; or one that other types share.
        made = next((part for part in vars(made).values() if isinstance(part, build_class.config_class)), made)
    text = made.get_text_config(decoder=True)
    slides = "sliding_attention" in (getattr(text, "layer_types", None) or [])
    if slides or getattr(text, "sliding_window", None) is not None:
        text.sliding_window = WINDOW
    for name in dir(text):
        if name.endswith("jitter_noise"):
            setattr(text, name, 0.0)
    flash = implementation == "flash_attention_2"
    made._attn_implementation = "eager" if flash else implementation
    torch.manual_seed(0)
    model = build_class(made)
    text = model.config.get_text_config(decoder=True)
    if flash and not model._supports_flash_attn:
        raise ValueError("it does not support flash attention")
    for config in {id(module.config): module.config for module in model.modules() if hasattr(module, "config")}.values():
        if flash:
            config._attn_implementation_internal = implementation
    if text._attn_implementation != implementation:
        raise ValueError(f"{implementation} became {text._attn_implementation}")
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return model.float().train()


def packed_batch(documents: list[torch.Tensor]) -> dict[str, Any]:
    """One row [1, tokens] of documents, with the keys that TRL's collator gives it."""
    lengths = torch.tensor([document.shape[1] for document in documents])
    ends = torch.cat([torch.zeros(1, dtype=torch.int32), lengths.cumsum(0).int()])
    index = torch.repeat_interleave(torch.arange(len(documents), dtype=torch.int32), lengths)[None]
    return {
        "input_ids": torch.cat(documents, 1),
        "position_ids": torch.cat([torch.arange(length) for length in lengths])[None],
        "cu_seq_lens_q": ends,
        "cu_seq_lens_k": ends,
        "max_length_q": int(lengths.max()),
        "max_length_k": int(lengths.max()),
        "seq_idx": index,
    }


def use_plain_flash() -> None:
    """Let plain torch stand in for the kernels behind flash_attention_2."""

    def attend(q, k, v, window, scale, s_aux) -> torch.Tensor:
        """q [tokens, heads, head dim], k and v with as many heads or fewer: causal, each token itself included."""
        k, v = (x.repeat_interleave(q.shape[1] // x.shape[1], 1) for x in (k, v))
        scores = torch.einsum("qhd,khd->hqk", q, k) * (scale or q.shape[-1] ** -0.5)
        behind = torch.arange(q.shape[0])[:, None] - torch.arange(k.shape[0])
        hidden = (behind < 0) | ((behind > window[0]) if window[0] >= 0 else torch.zeros_like(behind, dtype=torch.bool))
        scores = scores.masked_fill(hidden, float("-inf"))
        if s_aux is not None:
            scores = torch.cat([scores, s_aux[:, None, None].expand(-1, q.shape[0], 1)], -1)
        return torch.einsum("hqk,khd->qhd", scores.softmax(-1)[..., : k.shape[0]], v)

    def flash(q, k, v, dropout_p=0.0, softmax_scale=None, causal=False, window_size=(-1, -1), s_aux=None):
        assert causal
        rows = [attend(*row, window_size, softmax_scale, s_aux) for row in zip(q, k, v, strict=True)]
        return torch.stack(rows)

    def flash_varlen(
        q, k, v, cu_seqlens_q, cu_seqlens_k, max_seqlen_q, max_seqlen_k,
        dropout_p=0.0, softmax_scale=None, causal=False, window_size=(-1, -1), s_aux=None,
    ):  # fmt: skip
        assert causal
        sizes = cu_seqlens_q.diff().tolist()
        documents = zip(q.split(sizes), k.split(sizes), v.split(sizes), strict=True)
        return torch.cat([attend(*document, window_size, softmax_scale, s_aux) for document in documents])

    import transformers.modeling_flash_attention_utils as utils

    utils._flash_fn, utils._flash_varlen_fn, utils._flash_with_kvcache_fn = flash, flash_varlen, None
    utils._process_flash_kwargs_fn = utils._lazy_define_process_function(flash_varlen)
    utils._loaded_implementation = "flash_attention_2"


def use_plain_flex() -> None:
    """Let plain torch stand in for the compiled flex_attention, and make its block masks without a compiler."""
    from torch.nn.attention.flex_attention import create_mask

    def flex(module, query, key, value, attention_mask, scaling=None, softcap=None, s_aux=None, **_):
        """query [batch, heads, tokens, head dim]."""
        key, value = (x.repeat_interleave(query.shape[1] // x.shape[1], 1) for x in (key, value))
        scores = query @ key.transpose(-1, -2) * (scaling or query.shape[-1] ** -0.5)
        seen = create_mask(attention_mask.mask_mod, query.shape[0], 1, query.shape[2], key.shape[2], "cpu")
        scores = scores.masked_fill(~seen, float("-inf"))
        if s_aux is not None:
            scores = torch.cat([scores, s_aux[None, :, None, None].expand(*scores.shape[:3], 1)], -1)
        return (scores.softmax(-1)[..., : key.shape[2]] @ value).transpose(1, 2).contiguous(), None

    transformers.modeling_utils.ALL_ATTENTION_FUNCTIONS.register("flex_attention", flex)
    make = masking_utils.create_block_mask
    masking_utils.create_block_mask = lambda **options: make(**{**options, "_compile": False})


Run = tuple[torch.Tensor, dict[str, torch.Tensor]]


def run(model: torch.nn.Module, logits_of: Callable[[], torch.Tensor]) -> Run:
    """Logits [1, tokens, vocabulary], and each gradient of a fixed random mixture of them."""
    model.zero_grad()
    logits = logits_of()
    weights = torch.randn(logits.shape, generator=torch.Generator().manual_seed(1))
    (logits * weights).sum().backward()
    return logits.detach(), {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


def distance(found: Run, expected: Run) -> float:
    """The largest difference of a logit or a gradient, relative to the largest logit or that gradient's norm."""
    logits = (found[0] - expected[0]).abs().max() / expected[0].abs().max()
    floor = 1e-3 * torch.stack([gradient.norm() for gradient in expected[1].values()]).norm()
    gradients = [
        (found[1][name] - gradient).norm() / gradient.norm().clamp(min=floor) for name, gradient in expected[1].items()
    ]
    return max(logits.item(), *(each.item() for each in gradients))


def judge(model: torch.nn.Module, vocab_size: int) -> tuple[str, list[float]]:
    generator = torch.Generator().manual_seed(0)
    documents = [torch.randint(3, vocab_size, (1, length), generator=generator) for length in LENGTHS]
    packed = packed_batch(documents)

    def one_by_one() -> torch.Tensor:
        return torch.cat([model(input_ids=document, use_cache=False).logits for document in documents], 1)

    def as_a_row() -> torch.Tensor:
        return model(**packed, use_cache=False).logits

    expected = run(model, one_by_one)
    try:
        found = [distance(run(model, as_a_row), expected)]
    except ValueError as error:
        print(f"  packed: {str(error)[:150]}", file=sys.stderr)
        return "stops", []
    if found[0] < TOLERANCE:
        return "alone", found
    try:
        separate_documents(model)
        found.append(distance(run(model, as_a_row), expected))
    except Exception as error:
        print(f"  with masks: {type(error).__name__}: {str(error)[:150]}", file=sys.stderr)
    return ("masks" if found[-1] < TOLERANCE else "leaks"), found


def main() -> None:
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    use_plain_flash()
    use_plain_flex()
    spec = json.load(sys.stdin)
    answer: dict[str, Any] = {}
    for family, own in spec["families"].items():
        verdicts: dict[str, str] = {}
        for implementation in spec["implementations"]:
            try:
                model = build(family, own["config"], own["architecture"], implementation)
                verdict, found = judge(model, 90)
            except Exception as error:
                why = (str(error).splitlines() or [""])[0][:150]
                print(f"  {family} {implementation}: {type(error).__name__}: {why}", file=sys.stderr)
                continue
            verdicts[implementation] = verdict
            print(f"{family:20} {implementation:15} {verdict:7} {' '.join(f'{each:.1e}' for each in found)}", file=sys.stderr)
        if "masks" in verdicts.values():
            # A bundle has them whatever computes attention, since CPU processes may compute it with something else.
            for implementation in (name for name, verdict in verdicts.items() if verdict == "alone"):
                model = build(family, own["config"], own["architecture"], implementation)
                separate_documents(model)
                assert judge(model, 90)[0] == "alone", f"{family} {implementation}: the masks spoil what was right"
        if verdicts:
            answer[family] = verdicts
    json.dump({"transformers": transformers.__version__, "torch": torch.__version__.split("+")[0], "families": answer}, sys.stdout)


if __name__ == "__main__":
    main()
