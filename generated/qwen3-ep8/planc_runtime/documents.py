"""Keep the documents of a packed row apart in families whose own masks do not."""

from __future__ import annotations

from typing import Any

from torch import nn

from planc_runtime.stack.transformers import MASKS, find_packed_sequence_indices

# The leading parameters of every decoder's forward, should a caller not name them.
LEADING = ("input_ids", "attention_mask", "position_ids")


def separate_documents(model: nn.Module) -> None:
    """
    Make every token of a packed row see its own document alone.

    A packed row [1, tokens] comes without an attention mask: its position ids, which begin at 0 with each document, are all
    that tells documents apart. Some models use them for rotary positions only and build masks without them. They do take
    masks that are already made, one for each kind of layer, so these are handed to the decoder before it runs. The causal
    language model around it must not get them: it would weigh the router's loss with them.

    Rows that hold one document, or come with an attention mask or a cache, are left to the model.
    """
    model.get_decoder().register_forward_pre_hook(_add_masks, with_kwargs=True)


def _add_masks(
    decoder: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[()], dict[str, Any]] | None:
    given = dict(zip(LEADING, args, strict=False)) | kwargs
    positions = given.get("position_ids")
    # The cache has two names: 5.24 renamed it.
    taken = ("attention_mask", "past_key_values", "cache")
    if positions is None or given.get("use_cache") or any(given.get(name) is not None for name in taken):
        return None
    if find_packed_sequence_indices(positions) is None:
        return None
    if given.get("inputs_embeds") is None:
        # Embedded here, so that the masks have the format in which the model computes.
        given["inputs_embeds"] = decoder.embed_tokens(given.pop("input_ids"))
    given["attention_mask"] = {
        kind: MASKS[kind](decoder.config, given["inputs_embeds"], None, None, position_ids=positions)
        for kind in set(decoder.config.layer_types)
    }
    return (), given
