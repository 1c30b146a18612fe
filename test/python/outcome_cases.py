"""The campaign: which toy models, meshes and expert plans outcomes.py runs on the real stack.

    python test/python/outcome_cases.py CASES.json [GROUP…]
"""

import itertools
import json
import sys
from pathlib import Path

QWEN3 = "qwen3_moe"
EXPERTS = "model.layers.*.mlp.experts"
GATE_UP, DOWN = f"{EXPERTS}.gate_up_proj", f"{EXPERTS}.down_proj"
ATTENTION = "model.layers.*.self_attn"

# Every registered style but moe_tp_experts, which is refused wherever it stands, and the second names of two styles
# (colwise_rep, rowwise_rep).
REGISTERED = [
    "all_reduce",
    "colwise",
    "colwise_gather_output",
    "embedding_colwise",
    "embedding_rowwise",
    "ep_dispatch_experts",
    "grouped_gemm",
    "local_params",
    "mla_kv_a_proj",
    "moe_identity_expert",
    "packed_colwise",
    "packed_rowwise",
    "replicate",
    "replicated_with_grad_allreduce",
    "rowwise",
    "rowwise_split_input",
    "sequence_parallel",
]
GONE = ["ep_router", "gather", "local_colwise", "megamoe_experts", "free_full_weight"]

POSITIONS = [
    EXPERTS,
    GATE_UP,
    DOWN,
    "model.layers.*.mlp.gate",
    "model.layers.*.mlp.gate.weight",
    "model.layers.*.mlp",
    "model.layers.*",
    f"{ATTENTION}",
    f"{ATTENTION}.q_proj",
    f"{ATTENTION}.k_proj",
    f"{ATTENTION}.v_proj",
    f"{ATTENTION}.o_proj",
    f"{ATTENTION}.q_norm",
    f"{ATTENTION}.q_proj.weight",
    f"{ATTENTION}.o_proj.weight",
    "model.layers.*.input_layernorm",
    "model.layers.*.post_attention_layernorm",
    "model.norm",
    "model.embed_tokens",
    "model.embed_tokens.weight",
    "model.rotary_emb",
    "lm_head",
    "lm_head.weight",
    "model",
]

FSDP2 = {"fsdp_size": 2, "ep_size": 2}
TP2 = {"tp_size": 2, "ep_size": 2}
FSDP4 = {"fsdp_size": 4, "ep_size": 2}
FSDP4EP4 = {"fsdp_size": 4, "ep_size": 4}
BOTH4 = {"fsdp_size": 2, "tp_size": 2, "ep_size": 4}
BOTH2 = {"fsdp_size": 2, "tp_size": 2, "ep_size": 2}
HSDP = {"dp_replicate_size": 2, "fsdp_size": 2, "ep_size": 2}
FAMILIES = ["qwen3_moe", "qwen2_moe", "mixtral", "olmoe", "deepseek_v2", "deepseek_v3", "glm4_moe", "gpt_oss"]


def size(parallel: dict) -> int:
    names = ("pp_size", "dp_replicate_size", "fsdp_size", "tp_size")
    result = 1
    for name in names:
        result *= max(1, parallel.get(name) or 1)
    return result


def mesh_name(parallel: dict) -> str:
    short = {"pp_size": "pp", "dp_replicate_size": "r", "fsdp_size": "f", "tp_size": "t", "ep_size": "e"}
    return "".join(f"{short[k]}{parallel[k]}" for k in short if k in parallel)


def case(group: str, name: str, parallel: dict, *, family=QWEN3, rules=None, config=None, world=None, **more) -> dict:
    parallel = dict(parallel)
    if rules is not None:
        parallel["ep_plan"] = rules
    result = {
        "id": f"{group}/{family}/{mesh_name(parallel)}/{name}",
        "group": group,
        "family": family,
        "world": world or size(parallel),
        "parallel": parallel,
    }
    if config:
        result["config"] = config
    return result | more


def sweep(group: str, meshes: list[dict], styles: list[str], positions: list[str]):
    for mesh, position, style in itertools.product(meshes, positions, styles):
        yield case(group, f"{position}={style}", mesh, rules={position: style})


def style_fsdp():
    yield from sweep("style_fsdp", [FSDP2], REGISTERED, POSITIONS)


def style_tp():
    yield from sweep("style_tp", [TP2], REGISTERED, POSITIONS)


def style_gone():
    yield from sweep("style_gone", [FSDP2], GONE, [EXPERTS, GATE_UP, "model.layers.*.mlp.gate", "lm_head"])
    for style in [*GONE, "colwise", "moe_tp_experts"]:
        yield case("style_gone", f"ep1:{style}", {"fsdp_size": 2, "ep_size": 1}, rules={EXPERTS: style})
        yield case("style_gone", f"ep1:{style}", {"tp_size": 2, "ep_size": 1}, rules={EXPERTS: style})


def style_both():
    styles = ["replicate", "grouped_gemm", "ep_dispatch_experts", "colwise", "colwise_gather_output", "rowwise"]
    styles += ["rowwise_split_input", "all_reduce", "local_params", "replicated_with_grad_allreduce"]
    positions = [EXPERTS, GATE_UP, "model.layers.*.mlp.gate", "model.layers.*.mlp", f"{ATTENTION}.q_proj"]
    positions += [f"{ATTENTION}.o_proj", f"{ATTENTION}.q_norm", "model.norm", "model.embed_tokens", "lm_head"]
    yield from sweep("style_both", [BOTH4], styles, positions)


def mesh():
    eights = {"num_attention_heads": 8, "num_key_value_heads": 8, "num_experts": 8}
    sixes = {"num_attention_heads": 6, "num_key_value_heads": 6, "num_experts": 6, "moe_intermediate_size": 24}
    for world in (1, 2, 3, 4, 6, 8):
        config = sixes if world in (3, 6) else eights
        divisors = [n for n in range(1, world + 1) if world % n == 0]
        for replicas, fsdp, tp in itertools.product(divisors, repeat=3):
            if replicas * fsdp * tp != world:
                continue
            for ep in (1, 2, 3, 4, 6, 8):
                parallel = {"dp_replicate_size": replicas, "fsdp_size": fsdp, "tp_size": tp, "ep_size": ep}
                yield case("mesh", f"w{world}", parallel, config=config)


def mesh_other():
    six = {"num_experts": 6}
    for parallel in ({"fsdp_size": 4, "ep_size": 4}, {"fsdp_size": 8, "ep_size": 8}, {"fsdp_size": 4, "ep_size": 2}):
        yield case("mesh_other", "experts6", parallel, config=six)
    for experts, parallel in [
        (4, {"fsdp_size": 8, "ep_size": 4}),
        (4, {"fsdp_size": 8, "ep_size": 2}),
        (4, {"fsdp_size": 4, "ep_size": 4}),
        (2, {"fsdp_size": 4, "ep_size": 2}),
        (2, {"fsdp_size": 2, "tp_size": 2, "ep_size": 2}),
        (6, {"fsdp_size": 4, "ep_size": 2}),
        (6, {"fsdp_size": 8, "ep_size": 2}),
        (12, {"fsdp_size": 8, "ep_size": 2}),
        (10, {"fsdp_size": 8, "ep_size": 2}),
        (5, {"fsdp_size": 2, "ep_size": 2}),
        (2, {"fsdp_size": 4, "ep_size": 1}),
        (4, {"fsdp_size": 8, "ep_size": 1}),
        (2, {"dp_replicate_size": 2, "fsdp_size": 4, "ep_size": 2}),
        (2, {"dp_replicate_size": 2, "fsdp_size": 2, "ep_size": 2}),
        (2, {"dp_replicate_size": 4, "fsdp_size": 2, "ep_size": 2}),
    ]:
        for checkpoint in ("per_expert", "fused"):
            name = f"experts{experts}-{checkpoint}"
            yield case("mesh_other", name, parallel, config={"num_experts": experts}, checkpoint=checkpoint)
    for world, parallel in [
        (2, {}),
        (2, {"fsdp_size": 1}),
        (2, {"ep_size": 2}),
        (2, {"fsdp_size": 1, "ep_size": 2}),
        (2, {"ep_size": 1}),
        (2, {"fsdp_size": 4, "ep_size": 4}),
        (4, {"fsdp_size": 2, "ep_size": 2}),
        (4, {"fsdp_size": 4, "dp_replicate_size": 2, "ep_size": 4}),
        (1, {"fsdp_size": 2, "ep_size": 2}),
        (2, {"fsdp_size": 0, "ep_size": 2}),
        (2, {"fsdp_size": 2, "ep_size": 0}),
        (2, {"fsdp_size": -2, "ep_size": 2}),
        (2, {"dp_replicate_size": 2, "ep_size": 2}),
        (2, {"pp_size": 2}),
        (2, {"pp_size": 2, "ep_size": 2}),
        (4, {"pp_size": 2, "fsdp_size": 2}),
        (4, {"pp_size": 2, "fsdp_size": 2, "ep_size": 2}),
        (4, {"pp_size": 2, "tp_size": 2, "ep_size": 2}),
        (4, {"pp_size": 2, "tp_size": 2}),
        (4, {"pp_size": 2, "dp_replicate_size": 2}),
    ]:
        yield case("mesh_other", f"world{world}", parallel, world=world)


def implementation():
    for name in ("auto", "all_to_all", "all_reduce", "deepgemm_megamoe", "planc", "deepep", ""):
        for parallel in (FSDP2, TP2, FSDP4, BOTH4, BOTH2, HSDP, {"fsdp_size": 2, "ep_size": 1}):
            yield case("implementation", name or "empty", parallel | {"ep_implementation": name})
    for name in ("eager", "batched_mm", "grouped_mm", "sonicmoe", "deepgemm", "deepgemm_megamoe", "fused"):
        for parallel in (FSDP2, TP2):
            yield case("implementation", f"experts={name}", parallel, experts_implementation=name)


def families():
    meshes = [
        FSDP2,
        TP2,
        FSDP4,
        BOTH4,
        BOTH2,
        HSDP,
        {"tp_size": 2},
        {"tp_size": 2, "fsdp_size": 2},
        {"tp_size": 4},
        {"fsdp_size": 2},
        {"dp_replicate_size": 2},
        {"dp_replicate_size": 2, "tp_size": 2, "ep_size": 2},
        {"tp_size": 4, "ep_size": 4},
    ]
    for family, parallel in itertools.product(FAMILIES, meshes):
        config = {"num_key_value_heads": 4} if parallel.get("tp_size") == 4 else None
        yield case("families", "plain", parallel, family=family, config=config)
    for parallel in ({"fsdp_size": 2}, {"tp_size": 2}, FSDP2, TP2, {"fsdp_size": 2, "tp_size": 2}):
        yield case("families", "dense", parallel, family="qwen3")
    all_reduce = {"ep_implementation": "all_reduce"}
    for family in FAMILIES:
        yield case("families", "all_reduce", TP2 | all_reduce, family=family)
        yield case("families", "all_reduce", BOTH2 | all_reduce, family=family)


def rules_many():
    dispatch, gemm = "ep_dispatch_experts", "grouped_gemm"
    default = {EXPERTS: dispatch, GATE_UP: gemm, DOWN: gemm}
    attention = {f"{ATTENTION}.{n}_proj": "colwise" for n in "qkv"} | {f"{ATTENTION}.o_proj": "rowwise"}
    norms = {f"{ATTENTION}.{n}_norm": "replicated_with_grad_allreduce" for n in "qk"}
    gathered = {k: "colwise_gather_output" for k in attention if not k.endswith("o_proj")}
    gathered |= {f"{ATTENTION}.o_proj": "rowwise_split_input"}
    sets = {
        "default": default,
        "reversed": dict(reversed(default.items())),
        "empty": {},
        "both-replicate": {GATE_UP: "replicate", DOWN: "replicate"},
        "both-local_params": {GATE_UP: "local_params", DOWN: "local_params"},
        "both-dispatch": {GATE_UP: dispatch, DOWN: dispatch},
        "both-colwise": {GATE_UP: "colwise", DOWN: "rowwise"},
        "both-packed": {GATE_UP: "packed_colwise", DOWN: "rowwise"},
        "module-gemm": {EXPERTS: gemm},
        "all-gemm": {EXPERTS: gemm, GATE_UP: gemm, DOWN: gemm},
        "all-replicate": {EXPERTS: "replicate", GATE_UP: "replicate", DOWN: "replicate"},
        "tp-experts": {EXPERTS: "moe_tp_experts", GATE_UP: "packed_colwise", DOWN: "rowwise"},
        "old-plan": {"model.layers.*.mlp.gate": "ep_router", EXPERTS: "moe_tp_experts"},
        "dispatch-moved-to-mlp": {EXPERTS: "replicate", "model.layers.*.mlp": dispatch},
        "dispatch-also-on-mlp": {"model.layers.*.mlp": dispatch},
        "dispatch-on-gate": {EXPERTS: "replicate", "model.layers.*.mlp.gate": dispatch},
        "dispatch-elsewhere": {EXPERTS: "replicate", f"{ATTENTION}.q_proj": dispatch},
        "attention": attention,
        "attention-norms": attention | norms,
        "attention-gathered": gathered,
        "qkv-only": {k: v for k, v in attention.items() if not k.endswith("o_proj")},
        "q-only": {f"{ATTENTION}.q_proj": "colwise"},
        "o-only": {f"{ATTENTION}.o_proj": "rowwise"},
        "attention-replicate": {k: "replicate" for k in attention},
        "everything-replicate": {p: "replicate" for p in POSITIONS if p not in (EXPERTS, GATE_UP, DOWN)},
        "numbered": {"model.layers.0.mlp.experts": dispatch},
        "numbered-mixed": default | {"model.layers.1.mlp.experts.gate_up_proj": gemm},
        "no-prefix": {"layers.*.mlp.experts": dispatch},
        "typo": {"model.layers.*.mlp.expert": dispatch},
        "typo-param": {"model.layers.*.mlp.experts.gate_proj": gemm},
        "old-names": {"model.layers.*.mlp.experts.gate_proj": gemm, "model.layers.*.mlp.experts.up_proj": gemm},
        "per-expert": {"model.layers.*.mlp.experts.*.gate_proj": gemm},
        "shared": {"model.layers.*.mlp.shared_expert.gate_proj": "colwise"},
        "dense-mlp": {"model.layers.*.mlp.gate_proj": "colwise"},
        "block-sparse": {"model.layers.*.block_sparse_moe.experts": dispatch},
        "star": {"*": "replicate"},
        "stars": {"model.*.mlp.experts": dispatch},
        "double-star": {"model.layers.**": "replicate"},
        "lm_head-colwise": {"lm_head": "colwise_gather_output"},
        "embed-rowwise": {"model.embed_tokens": "embedding_rowwise"},
        "embed-and-head": {"model.embed_tokens": "embedding_rowwise", "lm_head": "colwise_gather_output"},
        "root": {"": "replicate"},
        "root-dispatch": {"": dispatch},
        "act": {f"{EXPERTS}.act_fn": "replicate"},
        "act-gemm": {f"{EXPERTS}.act_fn": gemm},
        "attention-gemm": {f"{ATTENTION}.q_proj.weight": gemm},
    }
    meshes = [FSDP2, TP2, FSDP4, BOTH4, BOTH2]
    for (name, rules), parallel in itertools.product(sets.items(), meshes):
        yield case("rules", name, parallel, rules=rules)
    ones = ["numbered", "no-prefix", "typo", "default", "both-replicate", "attention", "root", "star"]
    for name in ones:
        for parallel in ({"fsdp_size": 2, "ep_size": 1}, {"tp_size": 2, "ep_size": 1}, {"fsdp_size": 2}):
            yield case("rules", f"{name}-ep1", parallel, rules=sets[name])


def rules_attention():
    attention = {f"{ATTENTION}.{n}_proj": "colwise" for n in "qkv"} | {f"{ATTENTION}.o_proj": "rowwise"}
    norms = {f"{ATTENTION}.{n}_norm": "replicated_with_grad_allreduce" for n in "qk"}
    for heads, kv in [(4, 1), (4, 2), (4, 4), (8, 8), (8, 4), (6, 3), (6, 2)]:
        config = {"num_attention_heads": heads, "num_key_value_heads": kv}
        meshes = [TP2, FSDP2, {"tp_size": 4, "ep_size": 4}, FSDP4EP4, {"tp_size": 2}, {"tp_size": 4}, FSDP4, BOTH2]
        for parallel in meshes:
            name = f"h{heads}kv{kv}"
            if parallel.get("ep_size", 1) > 1:
                yield case("heads", f"{name}-rules", parallel, config=config, rules=attention | norms)
            yield case("heads", f"{name}-default", parallel, config=config)


def rules_families():
    dispatch, gemm = "ep_dispatch_experts", "grouped_gemm"
    biases = [f"{EXPERTS}.gate_up_proj_bias", f"{EXPERTS}.down_proj_bias"]
    for parallel in (FSDP2, TP2, FSDP4, BOTH4):
        one = {biases[0]: "replicate"}
        yield case("rules_families", "one-bias", parallel, family="gpt_oss", rules=one)
        yield case("rules_families", "other-bias", parallel, family="gpt_oss", rules={biases[1]: "replicate"})
        both = dict.fromkeys(biases, "replicate")
        yield case("rules_families", "both-biases", parallel, family="gpt_oss", rules=both)
        yield case("rules_families", "bias-dispatch", parallel, family="gpt_oss", rules=dict.fromkeys(biases, dispatch))
        yield case("rules_families", "router-replicate", parallel, family="gpt_oss", rules={"model.layers.*.mlp.router": "replicate"})
        sinks = {f"{ATTENTION}.sinks": gemm}
        yield case("rules_families", "sinks", parallel, family="gpt_oss", rules=sinks)
        shared = "model.layers.*.mlp.shared_experts"
        shared_rules = {f"{shared}.gate_proj": "colwise", f"{shared}.up_proj": "colwise", f"{shared}.down_proj": "rowwise"}
        dense_rules = {k.replace(".shared_experts", ""): v for k, v in shared_rules.items()}
        for family in ("deepseek_v3", "deepseek_v2", "glm4_moe"):
            yield case("rules_families", "shared", parallel, family=family, rules=shared_rules)
            yield case("rules_families", "dense", parallel, family=family, rules=dense_rules)
            yield case("rules_families", "shared-replicate", parallel, family=family, rules={shared: "replicate"})
        q = {k.replace("shared_experts", "shared_expert"): v for k, v in shared_rules.items()}
        yield case("rules_families", "shared", parallel, family="qwen2_moe", rules=q)
        gate = {"model.layers.*.mlp.shared_expert_gate": "colwise"}
        yield case("rules_families", "shared-gate", parallel, family="qwen2_moe", rules=gate)
        sparse = {"model.layers.*.block_sparse_moe.experts": dispatch}
        yield case("rules_families", "block-sparse", parallel, family="mixtral", rules=sparse)
        yield case("rules_families", "replicate", parallel, family="mixtral", rules={EXPERTS: "replicate"})
        yield case("rules_families", "mla", parallel, family="deepseek_v3", rules={f"{ATTENTION}.kv_a_proj_with_mqa": "mla_kv_a_proj"})
        mla = {f"{ATTENTION}.q_b_proj": "colwise", f"{ATTENTION}.kv_b_proj": "colwise", f"{ATTENTION}.o_proj": "rowwise"}
        yield case("rules_families", "mla-attention", parallel, family="deepseek_v3", rules=mla)


def shapes():
    for inner, hidden in [(16, 32), (18, 32), (20, 32), (17, 32), (33, 32), (12, 32), (16, 36), (16, 34), (16, 40), (10, 32)]:
        config = {"moe_intermediate_size": inner, "hidden_size": hidden}
        for dtype in ("float32", "bfloat16"):
            for parallel in (FSDP2,):
                yield case("shapes", f"I{inner}-H{hidden}-{dtype}", parallel, config=config, dtype=dtype)
        for name in ("eager", "batched_mm"):
            yield case("shapes", f"I{inner}-H{hidden}-{name}", FSDP2, config=config, experts_implementation=name)
    odd = [
        ("vocab65", {"vocab_size": 65}),
        ("vocab67", {"vocab_size": 67}),
        ("tied", {"tie_word_embeddings": True}),
        ("tied-vocab65", {"tie_word_embeddings": True, "vocab_size": 65}),
        ("vocab3", {"vocab_size": 3}),
        ("head_dim6", {"head_dim": 6}),
        ("head_dim16", {"head_dim": 16}),
        ("heads5", {"num_attention_heads": 5, "num_key_value_heads": 5, "hidden_size": 40}),
        ("kv1", {"num_key_value_heads": 1}),
        ("kv3", {"num_attention_heads": 6, "num_key_value_heads": 3, "hidden_size": 48}),
        ("layers1", {"num_hidden_layers": 1}),
        ("layers3", {"num_hidden_layers": 3}),
        ("topk1", {"num_experts_per_tok": 1}),
        ("topk8", {"num_experts_per_tok": 8}),
        ("mixed-layers", {"mlp_only_layers": [0]}),
        ("mixed-odd", {"mlp_only_layers": [0], "intermediate_size": 45}),
        ("sparse-step", {"decoder_sparse_step": 2}),
        ("no-sparse", {"mlp_only_layers": [0, 1]}),
        ("bias", {"attention_bias": True}),
    ]
    meshes = [TP2, BOTH4, {"tp_size": 2}, {"tp_size": 4}, {"fsdp_size": 3, "ep_size": 3}]
    for (name, config), parallel in itertools.product(odd, meshes):
        experts = {"num_experts": 6} if parallel.get("ep_size") == 3 else {}
        yield case("shapes", name, parallel, config=config | experts)


def families_more():
    variants = [
        ("glm4_moe", "qk-norm", {"use_qk_norm": True}),
        ("glm4_moe", "bias", {"attention_bias": True}),
        ("qwen2_moe", "no-bias", {"qkv_bias": False}),
        ("qwen3_moe", "bias", {"attention_bias": True}),
        ("deepseek_v2", "no-q-lora", {"q_lora_rank": None}),
        ("deepseek_v2", "bias", {"attention_bias": True}),
        ("deepseek_v2", "heads6", {"num_attention_heads": 6, "num_key_value_heads": 6, "hidden_size": 48}),
        ("deepseek_v2", "heads5", {"num_attention_heads": 5, "num_key_value_heads": 5, "hidden_size": 40}),
        ("deepseek_v3", "no-q-lora", {"q_lora_rank": None}),
        ("deepseek_v3", "heads5", {"num_attention_heads": 5, "num_key_value_heads": 5, "hidden_size": 40}),
        ("deepseek_v3", "bias", {"attention_bias": True}),
        ("gpt_oss", "heads3", {"num_attention_heads": 3, "num_key_value_heads": 1, "hidden_size": 48}),
        ("gpt_oss", "kv1", {"num_key_value_heads": 1}),
        ("olmoe", "heads5", {"num_attention_heads": 5, "num_key_value_heads": 5, "hidden_size": 40}),
        ("olmoe", "kv1", {"num_key_value_heads": 1}),
        ("olmoe", "clip", {"clip_qkv": 0.5}),
        ("olmoe", "bias", {"attention_bias": True}),
        ("mixtral", "kv1", {"num_key_value_heads": 1}),
        ("mixtral", "heads5", {"num_attention_heads": 5, "num_key_value_heads": 5, "hidden_size": 40}),
        ("qwen2_moe", "kv1", {"num_key_value_heads": 1}),
        ("glm4_moe", "kv1", {"num_key_value_heads": 1}),
        ("qwen3_moe", "aux", {"output_router_logits": True, "router_aux_loss_coef": 0.5}),
        ("mixtral", "aux", {"output_router_logits": True, "router_aux_loss_coef": 0.5}),
        ("gpt_oss", "aux", {"output_router_logits": True, "router_aux_loss_coef": 0.5}),
        ("olmoe", "aux", {"output_router_logits": True, "router_aux_loss_coef": 0.5}),
        ("qwen2_moe", "aux", {"output_router_logits": True, "router_aux_loss_coef": 0.5}),
        ("gpt_oss", "tied", {"tie_word_embeddings": True}),
        ("olmoe", "tied", {"tie_word_embeddings": True}),
        ("deepseek_v3", "tied", {"tie_word_embeddings": True}),
        ("mixtral", "tied", {"tie_word_embeddings": True}),
    ]
    meshes = [{"tp_size": 2}, TP2, FSDP2, {"tp_size": 2, "fsdp_size": 2, "ep_size": 4}]
    for (family, name, config), parallel in itertools.product(variants, meshes):
        yield case("families_more", name, parallel, family=family, config=config)


GROUPS = [
    families_more,
    mesh,
    mesh_other,
    implementation,
    families,
    rules_many,
    rules_attention,
    rules_families,
    shapes,
    style_gone,
    style_fsdp,
    style_tp,
    style_both,
]


def main() -> None:
    wanted = sys.argv[2:]
    cases = [c for group in GROUPS if not wanted or group.__name__ in wanted for c in group()]
    ids = [c["id"] for c in cases]
    twice = {i for i in ids if ids.count(i) > 1} if len(ids) < 5000 else set()
    assert not twice, sorted(twice)[:5]
    Path(sys.argv[1]).write_text(json.dumps(cases, indent=0))
    print(len(cases), "cases")


if __name__ == "__main__":
    main()
