import { describe, expect, it } from "vitest";
import { checkTree, config } from "../../plans.ts";

type Tree = Readonly<Record<string, unknown>>;

/** `CODE message | help` of everything said about sharding. */
function said(parallelism: Tree, modelConfig: Tree = config("Qwen3-30B-A3B"), changes: Tree = {}): string[] {
  const { diagnostics } = checkTree({ parallelism, ...changes }, modelConfig);
  return diagnostics
    .filter(({ code }) => code >= "PLN3020" && code < "PLN3070")
    .map(({ code, message, help }) => `${code} ${message} | ${help ?? ""}`);
}

function rules(base_model_ep_plan: Tree, sizes: Tree = { ep_size: 4, fsdp_size: 8 }): string[] {
  return said({ ...sizes, base_model_ep_plan });
}

const shared = { tp_size: 2, ep_size: 2, fsdp_size: 4 };

describe("patterns", () => {
  it("are understood with and without the prefix", () => {
    expect(rules({ "layers.*.mlp.experts": "ep_dispatch_experts" })).toEqual([]);
    expect(rules({ "model.layers.*.mlp.experts": "ep_dispatch_experts" })).toEqual([]);
  });

  it("that match nothing are refused, with what was meant", () => {
    expect(rules({ "layers.*.mlp.expert": "ep_dispatch_experts" })).toEqual([
      "PLN3021 layers.*.mlp.expert matches no module and no parameter of Qwen3MoeForCausalLM | did you mean layers.*.mlp.experts?",
    ]);
    expect(rules({ "layers.*.block_sparse_moe.experts": "ep_dispatch_experts" })[0]).toContain("PLN3021");
  });

  it("must not name a single layer", () => {
    expect(rules({ "layers.0.mlp.experts": "ep_dispatch_experts" })).toEqual([
      "PLN3021 layers.0.mlp.experts names a single layer; the engine compares patterns with names whose layer is a * | write layers.*.mlp.experts",
    ]);
  });

  it("must not name one module twice", () => {
    const both = { "layers.*.mlp.experts": "ep_dispatch_experts", "model.layers.*.mlp.experts": "ep_dispatch_experts" };
    expect(rules(both)).toEqual([
      "PLN3021 model.layers.*.mlp.experts and layers.*.mlp.experts are the same module: one of the two rules is lost | keep one of the two",
    ]);
  });

  it("are checked without expert parallelism too, as the engine does", () => {
    expect(rules({ "layers.*.mlp.expert": "replicate" }, { ep_size: 1, fsdp_size: 8 })[0]).toContain("PLN3021");
  });
});

describe("styles", () => {
  it("of older releases come with what replaced them", () => {
    expect(rules({ "layers.*.mlp.experts": "gather" })).toEqual([
      "PLN3020 gather is a parallel style of transformers up to 5.3, which 5.23.0 no longer has | write ep_dispatch_experts",
    ]);
    expect(rules({ "layers.*.mlp.gate": "ep_router" })[0]).toContain("drop the rule");
  });

  it("for tensor parallelism are refused by name", () => {
    expect(rules({ "layers.*.mlp.experts": "moe_tp_experts" })).toEqual([
      "PLN3020 moe_tp_experts is a tensor-parallel style, which transformers 5.23.0 refuses in an expert plan | write ep_dispatch_experts",
    ]);
  });

  it("that are misspelt come with a suggestion", () => {
    expect(rules({ "layers.*.mlp.gate": "replicated" })).toEqual([
      "PLN3020 replicated is not a parallel style of transformers 5.23.0 | did you mean replicate?",
    ]);
  });
});

describe("experts", () => {
  it("without dispatch are not sharded at all", () => {
    expect(rules({ "layers.*.mlp.experts": "replicate" })[0]).toMatch(
      /^PLN3022 replicate on model\.layers\.\*\.mlp\.experts switches expert parallelism off: no expert would be sharded over ep_size 4/,
    );
  });

  it("need every parameter sharded", () => {
    const found = rules({
      "layers.*.mlp.experts.gate_up_proj": "replicate",
      "layers.*.mlp.experts.down_proj": "colwise",
    });
    expect(found.map((line) => line.slice(0, 8))).toEqual(["PLN3023 ", "PLN3023 "]);
  });

  it("need every bias sharded", () => {
    const found = said(
      { ep_size: 4, fsdp_size: 8, base_model_ep_plan: { "layers.*.mlp.experts.down_proj_bias": "replicate" } },
      config("gpt-oss-20b"),
    );
    expect(found[0]).toContain("PLN3023 replicate on model.layers.*.mlp.experts.down_proj_bias");
  });
});

describe("rules for other modules", () => {
  it("cannot shard them over an expert group of different batches", () => {
    expect(rules({ "layers.*.self_attn.q_proj": "colwise" })[0]).toMatch(
      /^PLN3025 colwise would shard model\.layers\.\*\.self_attn\.q_proj over the ep_size 4 ranks of an expert group, which hold 4 different batches/,
    );
  });

  it("may leave them as they are", () => {
    expect(rules({ "layers.*.self_attn.q_proj": "replicate", "layers.*.mlp.gate": "local_params" })).toEqual([]);
  });

  it("cannot dispatch to them", () => {
    expect(rules({ "layers.*.mlp": "ep_dispatch_experts" })[0]).toContain("PLN3024");
  });

  it("cannot hook them with a style for something else", () => {
    expect(rules({ "layers.*.mlp": "all_reduce" })[0]).toContain("adds up outputs that each rank has whole");
  });

  it("work as tensor-parallel rules where the group shares a batch", () => {
    const attention = {
      "layers.*.self_attn.q_proj": "colwise",
      "layers.*.self_attn.k_proj": "colwise",
      "layers.*.self_attn.v_proj": "colwise",
      "layers.*.self_attn.o_proj": "rowwise",
    };
    expect(rules(attention, shared)).toEqual([]);
    expect(rules({ lm_head: "colwise_gather_output" }, shared)).toEqual([]);
    expect(rules({ "layers.*.self_attn": "replicate" }, shared)).toEqual([]);
  });

  it("must not tear a layer apart there", () => {
    expect(rules({ "layers.*.self_attn.q_proj": "replicate" }, shared)[0]).toContain("PLN3028");
    expect(rules({ lm_head: "colwise" }, shared)[0]).toContain("PLN3026");
  });

  it("are not used without expert parallelism", () => {
    expect(rules({ "layers.*.mlp.experts": "gather" }, { ep_size: 1, fsdp_size: 8 })).toEqual([
      "PLN3027 the rules of base_model_ep_plan are not used: ep_size is 1 | set ep_size, or leave the rules out",
    ]);
  });
});

describe("heads", () => {
  it("have to divide by tp_size where attention is sharded over it", () => {
    const found = said({ tp_size: 8, ep_size: 8, fsdp_size: 1 });
    expect(found).toEqual([
      "PLN3030 4 key-value heads cannot be shared out over tp_size 8: there are fewer heads than ranks | tp_size can be 1, 2 or 4 here; fsdp_size and ep_size have no such limit",
    ]);
  });

  it("do not count where the family's plan leaves attention whole", () => {
    expect(said({ tp_size: 8, ep_size: 8, fsdp_size: 1 }, config("DeepSeek-V3", { num_key_value_heads: 3 }))).toEqual(
      [],
    );
  });

  it("fewer than ep_size are only remarked on", () => {
    expect(said({ ep_size: 8, fsdp_size: 8 })).toEqual([
      "PLN3031 4 key-value heads for ep_size 8: not a limit here, since attention is not sharded over ep | ",
    ]);
  });
});

describe("tensor parallelism", () => {
  it("is refused where the release computes wrong gradients", () => {
    const norms = config("GLM-4.5-Air", { use_qk_norm: true });
    expect(said(shared, norms)[0]).toContain(
      "PLN3032 tp_size 2: transformers 5.23.0 shards model.layers.*.self_attn.q_norm",
    );
    expect(said(shared, config("GLM-4.5-Air", { use_qk_norm: false }))).toEqual([]);
  });
});

describe("grouped products", () => {
  it("need aligned rows", () => {
    const odd = config("Qwen3-30B-A3B", { moe_intermediate_size: 772 });
    expect(said({ ep_size: 2, fsdp_size: 8 }, odd)[0]).toContain(
      "PLN3033 moe_intermediate_size 772 in bfloat16 is 1544 bytes a row",
    );
    const float32 = { precision: { parameters: "float32", compute: "float32", reduce: "float32" } };
    expect(said({ ep_size: 2, fsdp_size: 8 }, odd, float32)).toEqual([]);
  });

  it("count the share of a rank where tp_size shards the experts", () => {
    const narrow = config("Qwen3-30B-A3B", { moe_intermediate_size: 776 });
    expect(said({ ep_size: 1, tp_size: 2, fsdp_size: 4 }, narrow)[0]).toContain("over tp_size 2 leaves 388 a rank");
    expect(said({ ep_size: 2, tp_size: 2, fsdp_size: 4 }, narrow)).toEqual([]);
  });
});

describe("shares of a rank", () => {
  const nodes = (count: number) => ({ cluster: { nodes: count, gpus_per_node: 8 } });

  it("are chunks, so there can be too few experts although there are more than ranks", () => {
    const six = config("Mixtral-8x7B-v0.1", { num_local_experts: 12 });
    expect(said({ ep_size: 2, fsdp_size: 8 }, six)).toEqual([
      "PLN3034 6 of the 12 experts over efsdp 4: 2 a rank, so 1 of the ranks would get none | ep_size can be 4 here",
    ]);
  });

  it("count without expert parallelism too, where experts are stored one by one", () => {
    const fewer =
      "PLN3034 8 of the 8 experts over fsdp 16: 1 a rank, so 8 of the ranks would get none | shard over fewer ranks: set dp_replicate_size";
    const sizes = { ep_size: 1, fsdp_size: 16 };
    expect(said(sizes, config("Mixtral-8x7B-v0.1"), nodes(2))).toEqual([fewer]);
    expect(said(sizes, config("gpt-oss-20b", { num_local_experts: 8 }), nodes(2))).toEqual([]);
  });
});
