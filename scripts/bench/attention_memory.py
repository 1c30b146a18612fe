"""What eager attention holds on a GPU beside what planc counts for it (src/estimate/attention.ts).

    python scripts/bench/attention_memory.py CONFIG.json... [--length 8192]

One layer's attention of each model, recomputed in its backward pass, on one GPU. Prints the peak of its forward and backward, in
bytes for each score (rows x heads x length x length); what the layer holds besides the scores is there too, and shrinks as the
length grows.
"""

from __future__ import annotations

import argparse
import json

import torch
from torch.utils.checkpoint import checkpoint
from transformers import CONFIG_MAPPING, AutoModelForCausalLM


def one_layer(config: dict, dtype: torch.dtype) -> torch.nn.Module:
    """The decoder of a model cut to one layer and few experts, on the GPU."""
    values = {key: value for key, value in config.items() if key not in ("architectures", "quantization_config")}
    kind = values.pop("model_type")
    values |= {"num_hidden_layers": 1, "vocab_size": 512, "pad_token_id": 0}
    values |= {name: 8 for name in ("num_experts", "num_local_experts", "n_routed_experts") if name in values}
    values |= {name: values[name][:1] for name in ("layer_types",) if values.get(name)}
    with torch.device("cuda"):
        model = AutoModelForCausalLM.from_config(
            CONFIG_MAPPING[kind](**values), dtype=dtype, attn_implementation="eager"
        )
    return model.model.train()


def peak_of(decoder: torch.nn.Module, length: int, dtype: torch.dtype) -> int:
    """Bytes above what was there before, at the peak of a forward and backward pass of its attention."""
    config = decoder.config
    attention = decoder.layers[0].self_attn
    hidden = torch.randn(1, length, config.hidden_size, device="cuda", dtype=dtype, requires_grad=True)
    positions = torch.arange(length, device="cuda")[None]
    rotary = decoder.rotary_emb(hidden, positions)
    mask = torch.full((length, length), torch.finfo(dtype).min, device="cuda", dtype=dtype).triu(1)[None, None]

    def run(states: torch.Tensor) -> torch.Tensor:
        return attention(hidden_states=states, position_embeddings=rotary, attention_mask=mask)[0]

    peaks = []
    for _ in range(2):
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        checkpoint(run, hidden, use_reentrant=False).sum().backward()
        peaks.append(torch.cuda.max_memory_allocated() - before)
    return peaks[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("configs", nargs="+")
    parser.add_argument("--length", type=int, default=8192)
    arguments = parser.parse_args()
    print(f"torch {torch.__version__}, {torch.cuda.get_device_name()}, {arguments.length} tokens")
    for name in arguments.configs:
        with open(name, encoding="utf-8") as file:
            config = json.load(file)
        for dtype in (torch.bfloat16, torch.float32):
            decoder = one_layer(config, dtype)
            heads = decoder.config.num_attention_heads
            peak = peak_of(decoder, arguments.length, dtype)
            print(f"{config['model_type']:12} {str(dtype)[6:]:9} {heads:4} heads: {peak / 2**30:6.1f} GiB,", end=" ")
            print(f"{peak / (heads * arguments.length**2):5.2f} bytes a score", flush=True)
            del decoder
            torch.cuda.empty_cache()


main()
