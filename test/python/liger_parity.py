"""Compare models with Liger's norms and rotary positions with the same models without, on a GPU, in float32.

    python liger_parity.py [FAMILY ...]

Prints a line a family: both losses, the modules that became Liger's, and the largest relative difference of a gradient.
Ends with 1 where that is above 1e-4 or nothing became Liger's.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "templates"))

import torch
from transformers import CONFIG_MAPPING, AutoModelForCausalLM

from planc_runtime.liger import use_liger

BASE = {
    "vocab_size": 97,
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "intermediate_size": 40,
    "moe_intermediate_size": 32,
    "num_experts_per_tok": 3,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
LATENT = {
    "kv_lora_rank": 16,
    "q_lora_rank": 20,
    "qk_nope_head_dim": 12,
    "qk_rope_head_dim": 16,
    "v_head_dim": 16,
    "num_key_value_heads": 4,
    "first_k_dense_replace": 1,
    "n_routed_experts": 12,
    "topk_group": 1,
}
FAMILIES = {
    "qwen3_moe": {"num_experts": 12},
    "mixtral": {"num_local_experts": 12, "intermediate_size": 32},
    "gpt_oss": {"num_local_experts": 12, "intermediate_size": 32},
    "deepseek_v2": {**LATENT, "n_shared_experts": 2, "n_group": 1},
    "deepseek_v3": {**LATENT, "n_shared_experts": 1, "n_group": 2},
}


def run(family: str) -> tuple[float, dict[str, torch.Tensor], int]:
    torch.manual_seed(0)
    config = CONFIG_MAPPING[family](**{**BASE, **FAMILIES[family]})
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    model.cuda().train()
    tokens = torch.randint(3, 97, (2, 17), generator=torch.Generator().manual_seed(0)).cuda()
    loss = model(input_ids=tokens, labels=tokens, use_cache=False).loss
    loss.backward()
    gradients = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    return loss.item(), gradients, sum("Liger" in type(module).__name__ for module in model.modules())


def main() -> None:
    torch.backends.cuda.matmul.allow_tf32 = False
    agrees = True
    for family in sys.argv[1:] or FAMILIES:
        expected, gradients, _ = run(family)
        applied = use_liger(family)
        loss, found, count = run(family)
        floor = 1e-4 * torch.stack([g.norm() for g in gradients.values()]).norm()
        worst = max(((found[name] - g).norm() / g.norm().clamp(min=floor)).item() for name, g in gradients.items())
        agrees &= applied and count > 0 and worst < 1e-4
        print(f"{family}: loss {expected:.6f}, with Liger {loss:.6f}; {count} modules; worst gradient {worst:.1e}", flush=True)
    sys.exit(not agrees)


main()
