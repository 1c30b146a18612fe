import { entries, text } from "../entry.ts";

/** PLN3020 to PLN3069: rules of the expert plan, heads, tensor parallelism. */
export const sharding = entries({
  PLN3020: {
    severity: "error",
    title: "unknown parallel style",
    messages: {
      default: text`${"style"} is not a parallel style of transformers ${"release"}`,
      removed: text`${"style"} is a parallel style of transformers up to ${"last"}, which ${"release"} no longer has`,
      refused: text`${"style"} is a tensor-parallel style, which transformers ${"release"} refuses in an expert plan`,
    },
    help: "an expert plan needs ep_dispatch_experts on the module of the experts and grouped_gemm on each of its parameters; most plans can leave base_model_ep_plan out",
    docs: `A rule of \`base_model_ep_plan\` names a module or parameter and the style that shards it. The engine knows the styles by
name and stops at any other, after the job has started. Styles were renamed several times: \`ep_router\`, \`gather\` and the
\`local_*\` styles of older releases are gone.

Wrong:

\`\`\`yaml
base_model_ep_plan:
  layers.*.mlp.gate: ep_router
  layers.*.mlp.experts: moe_tp_experts
\`\`\`

Right:

\`\`\`yaml
base_model_ep_plan:
  layers.*.mlp.experts: ep_dispatch_experts
  layers.*.mlp.experts.gate_up_proj: grouped_gemm
  layers.*.mlp.experts.down_proj: grouped_gemm
\`\`\``,
  },
  PLN3021: {
    severity: "error",
    title: "rule matches nothing in the model",
    messages: {
      default: text`${"pattern"} matches no module and no parameter of ${"architecture"}`,
      numbered: text`${"pattern"} names a single layer; the engine compares patterns with names whose layer is a *`,
      twice: text`${"pattern"} and ${"other"} are the same module: one of the two rules is lost`,
    },
    docs: `A pattern is the name of a module or parameter with \`*\` for the layer, with or without the base model's prefix:
\`layers.*.mlp.experts\` and \`model.layers.*.mlp.experts\` are the same. \`*\` stands for the number of a layer only, not for part
of a name. Experts are fused in memory, whatever the checkpoint stores: their parameters are \`experts.gate_up_proj\` and
\`experts.down_proj\`, not one matrix for each expert. The engine refuses a pattern that matches nothing.

Wrong:

\`\`\`yaml
base_model_ep_plan:
  layers.0.mlp.experts: ep_dispatch_experts
  layers.*.mlp.experts.gate_proj: grouped_gemm
\`\`\`

Right:

\`\`\`yaml
base_model_ep_plan:
  layers.*.mlp.experts: ep_dispatch_experts
  layers.*.mlp.experts.gate_up_proj: grouped_gemm
\`\`\``,
  },
  PLN3022: {
    severity: "error",
    title: "rule switches expert parallelism off",
    messages: {
      default: text`${"style"} on ${"path"} switches expert parallelism off: no expert would be sharded over ep_size ${"ep_size"}`,
    },
    help: "write ep_dispatch_experts, or leave the rule out: a rule replaces the default, it cannot remove it; for a run without expert parallelism set ep_size: 1",
    docs: `Experts are sharded over \`ep\` only where their module has the style \`ep_dispatch_experts\`. With any other style there the
engine loads, trains, and shards nothing over \`ep\`: every rank runs all the experts, and no message says so.

Wrong:

\`\`\`yaml
parallelism:
  ep_size: 8
  base_model_ep_plan: { layers.*.mlp.experts: replicate }
\`\`\`

Right:

\`\`\`yaml
parallelism:
  ep_size: 8
  base_model_ep_plan: default
\`\`\``,
  },
  PLN3023: {
    severity: "error",
    title: "expert parameter is not sharded with its experts",
    messages: {
      default: text`${"style"} on ${"path"} does not shard it over the experts: ranks would use other experts than the tokens they are sent were meant for`,
    },
    help: "write grouped_gemm, or leave the rule out",
    docs: `Tokens are sent to the rank that owns their expert, so every parameter of the experts has to be sharded the same way:
\`grouped_gemm\`, dim 0, over \`ep\`. With one of them left whole, shapes do not match in the first forward; with all of them
left whole, or with a bias left whole, training runs and computes wrong gradients or wrong logits.

Wrong:

\`\`\`yaml
base_model_ep_plan: { layers.*.mlp.experts.gate_up_proj: replicate }
\`\`\`

Right:

\`\`\`yaml
base_model_ep_plan: { layers.*.mlp.experts.gate_up_proj: grouped_gemm }
\`\`\``,
  },
  PLN3024: {
    severity: "error",
    title: "tokens cannot be dispatched to this module",
    messages: {
      default: text`ep_dispatch_experts on ${"path"}: only a module of experts takes dispatched tokens (${"experts"})`,
    },
    help: "leave the rule out",
    docs: `\`ep_dispatch_experts\` replaces the forward of a module of experts, which is called with the tokens, their experts and
their weights. No other module is called so.

Wrong:

\`\`\`yaml
base_model_ep_plan: { layers.*.mlp: ep_dispatch_experts }
\`\`\`

Right:

\`\`\`yaml
base_model_ep_plan: { layers.*.mlp.experts: ep_dispatch_experts }
\`\`\``,
  },
  PLN3025: {
    severity: "error",
    title: "dense parameters cannot be sharded over ep",
    messages: {
      default: text`${"style"} would shard ${"path"} over the ep_size ${"ep_size"} ranks of an expert group, which hold ${"batches"} different batches and are already sharded by fsdp`,
    },
    help: "leave the rule out: FSDP shards dense parameters; to split attention over ranks, set tp_size",
    docs: `The ranks of an expert group work on different batches unless \`ep_size\` equals \`tp_size\`, and FSDP shards dense parameters
over these same ranks. A rule that shards attention, the router, a shared expert, the embedding or the head over \`ep\` ends in
"Cannot concatenate overlapping meshes" while the model is set up. Attention is not sharded by expert parallelism and need not be.

Wrong:

\`\`\`yaml
parallelism:
  ep_size: 8
  fsdp_size: 8
  base_model_ep_plan:
    layers.*.self_attn.q_proj: colwise
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 8, fsdp_size: 8 }
\`\`\``,
  },
  PLN3026: {
    severity: "error",
    title: "rule does not work on this module",
    messages: {
      default: text`${"style"} on ${"path"} ${"why"}`,
    },
    help: "leave the rule out",
    docs: `A style is a pair of hooks and a way to cut a parameter, made for one kind of module. On another it raises an error in the
first forward, or runs and computes something else.

Wrong:

\`\`\`yaml
base_model_ep_plan: { layers.*.mlp.gate: moe_identity_expert }
\`\`\`

Right:

\`\`\`yaml
base_model_ep_plan: default
\`\`\``,
  },
  PLN3027: {
    severity: "warning",
    title: "expert rules without expert parallelism",
    messages: {
      default: text`the rules of base_model_ep_plan are not used: ep_size is 1`,
    },
    help: "set ep_size, or leave the rules out",
    docs: `The expert plan is applied only when \`ep_size\` is above 1.

Without effect:

\`\`\`yaml
parallelism:
  fsdp_size: 8
  base_model_ep_plan: { layers.*.mlp.experts: ep_dispatch_experts }
\`\`\`

Right:

\`\`\`yaml
parallelism: { fsdp_size: 8, ep_size: 8 }
\`\`\``,
  },
  PLN3028: {
    severity: "error",
    title: "rule leaves a layer half sharded",
    messages: {
      default: text`${"style"} on ${"path"} leaves its layer half sharded: ${"module"} has ${"found"}, but the projections around it are ${"layout"}`,
    },
    help: "leave the rule out, or give every projection of the layer a style that fits",
    docs: `Where \`tp_size\` is above 1, the projections of an attention or MLP layer are sharded together: \`colwise\` into the layer,
\`rowwise\` out of it. A rule of the expert plan takes the place of the tensor-parallel rules for its module and everything
inside. Changing one projection alone makes the shapes disagree, or the gradients wrong.

Wrong:

\`\`\`yaml
parallelism:
  tp_size: 2
  ep_size: 2
  base_model_ep_plan: { layers.*.self_attn.q_proj: replicate }
\`\`\`

Right:

\`\`\`yaml
parallelism: { tp_size: 2, ep_size: 2 }
\`\`\``,
  },
  PLN3030: {
    severity: "error",
    title: "heads cannot be shared out evenly",
    messages: {
      default: text`${"heads"} ${"kind"} cannot be shared out over tp_size ${"size"}: ${"remainder"} would be left over`,
      few: text`${"heads"} ${"kind"} cannot be shared out over tp_size ${"size"}: there are fewer heads than ranks`,
      rules: text`the rules shard attention over ep_size ${"size"}, by which the ${"heads"} ${"kind"} do not divide`,
    },
    docs: `Tensor parallelism gives each rank whole heads: \`num_attention_heads / tp_size\` and \`num_key_value_heads / tp_size\`.
The engine does not check it when it loads; the first forward fails with "shape is invalid". \`fsdp_size\` and \`ep_size\` do not
split attention, so they have no such limit.

Wrong:

\`\`\`yaml
parallelism: { tp_size: 8, ep_size: 8 }        # 4 key-value heads
\`\`\`

Right:

\`\`\`yaml
parallelism: { fsdp_size: 8, ep_size: 8 }
\`\`\``,
  },
  PLN3031: {
    severity: "info",
    title: "fewer heads than ranks, and it does not matter",
    messages: {
      default: text`${"heads"} ${"kind"} for ep_size ${"ep_size"}: not a limit here, since attention is not sharded over ep`,
    },
    docs: `Expert parallelism shards experts. Attention stays whole on every rank (FSDP shards its storage, not its heads), so the
number of heads need not divide by \`ep_size\`. It is a limit where attention is sharded over the same ranks: \`tp_size\` above 1,
or attention rules in \`base_model_ep_plan\`.

\`\`\`yaml
parallelism: { fsdp_size: 8, ep_size: 8 }      # 4 key-value heads: fine
\`\`\``,
  },
  PLN3032: {
    severity: "error",
    title: "tensor parallelism computes wrongly for this model",
    messages: {
      default: text`tp_size ${"tp_size"}: transformers ${"release"} shards ${"module"} of ${"model_type"} wrongly, so its gradients would cover only the rank's own heads`,
    },
    help: "set tp_size: 1 and shard over fsdp_size",
    docs: `A norm between sharded projections sees only the heads of its rank, so the gradient of its weight has to be summed over
the ranks. The tensor-parallel plan of some families leaves that out: losses and logits are right, and the norm trains on a
part of its gradient, differently on each rank.

Wrong:

\`\`\`yaml
parallelism: { tp_size: 2, ep_size: 2 }        # glm4_moe with use_qk_norm: true
\`\`\`

Right:

\`\`\`yaml
parallelism: { fsdp_size: 8, ep_size: 8 }
\`\`\``,
  },
  PLN3033: {
    severity: "error",
    title: "expert matrices are not aligned for grouped products",
    messages: {
      default: text`${"key"} ${"value"} in ${"format"} is ${"bytes"} bytes a row, but grouped matrix products need rows of a multiple of 16 bytes`,
      sharded: text`${"key"} ${"value"} over tp_size ${"tp_size"} leaves ${"local"} a rank, in ${"format"} ${"bytes"} bytes a row, but grouped matrix products need rows of a multiple of 16 bytes`,
    },
    help: "with bfloat16 the size has to be a multiple of 8, with float32 of 4",
    docs: `The engine multiplies all the experts of a rank in one grouped product, whose operands have to be aligned: \`hidden_size\`
and the experts' intermediate size, times the bytes of an element, must be a multiple of 16. Otherwise the first forward stops
with "strides should be multiple of 16 bytes". Where \`tp_size\` shards the experts themselves (\`ep_size: 1\`), it is the share of a
rank that counts.

Wrong:

\`\`\`json
{ "model_type": "qwen3_moe", "moe_intermediate_size": 33 }
\`\`\`

Right:

\`\`\`json
{ "model_type": "qwen3_moe", "moe_intermediate_size": 40 }
\`\`\``,
  },
  PLN3034: {
    severity: "error",
    title: "ranks without a share",
    messages: {
      default: text`${"rows"} of the ${"num_experts"} experts over ${"axis"} ${"ranks"}: ${"each"} a rank, so ${"empty"} of the ranks would get none`,
      rows: text`${"rows"} rows of ${"path"} over ${"axis"} ${"ranks"}: ${"each"} a rank, so ${"empty"} of the ranks would get none`,
    },
    docs: `FSDP shares out the experts that expert parallelism leaves to a rank over \`efsdp\` (over \`fsdp\` where \`ep_size\` is 1), in chunks of
\`ceil(experts / ranks)\`: 6 over 4 ranks is 2, 2, 2 and none. A rank without an expert fails while it loads a checkpoint that
stores experts one by one, or whose experts are sharded over \`ep\` too, and the others wait for it until the timeout.

Wrong:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { fsdp_size: 16 }                 # 8 experts
\`\`\`

Right:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 2, gpus_per_node: 8 }
parallelism: { fsdp_size: 8, dp_replicate_size: 2 }
\`\`\``,
  },
  PLN3035: {
    severity: "error",
    title: "tied embeddings in uneven shards",
    messages: {
      default: text`${"vocab_size"} rows of tied embeddings do not divide by fsdp_size ${"fsdp_size"}: the head would not follow the embedding after the first step`,
      sharded: text`${"vocab_size"} rows of tied embeddings do not divide by tp_size ${"tp_size"} * fsdp_size ${"fsdp_size"} = ${"ranks"}: the head would not follow the embedding after the first step`,
    },
    docs: `With \`tie_word_embeddings\` the output head uses the embedding's weights. FSDP cuts their rows (\`vocab_size\`, or what \`tp_size\`
leaves of them to a rank) into \`fsdp_size\` shards and keeps a shard that is smaller than the others in a padded buffer. The head was
tied before that buffer was made, so it goes on with the weights of the first step: the first loss is right, every later one is
not, and nothing is said. That holds for transformers 5.23 and 5.24. Where the rows divide, and over replicas alone
(\`dp_replicate_size\`), such models train rightly. Published vocabularies are mostly padded to a multiple of 64 and divide.

Wrong:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 4 }
parallelism: { fsdp_size: 4 }                  # config.json: "tie_word_embeddings": true, "vocab_size": 32002
\`\`\`

Right:

\`\`\`yaml
cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 4 }
parallelism: { fsdp_size: 2, dp_replicate_size: 2 }
\`\`\``,
  },
  PLN3040: {
    severity: "error",
    title: "a tied head that tensor parallelism cuts",
    messages: {
      default: text`tp_size ${"tp_size"} would cut the output head of ${"model_type"} and not the embedding whose weights it shares: transformers ${"release"} cannot run that`,
    },
    docs: `With \`tie_word_embeddings\` the output head uses the embedding's weights. The tensor-parallel plan of a family says for each
whether its rows are cut. Where it cuts the head alone, as transformers 5.23 does for gpt_oss, the two no longer are one weight and
the first forward stops: "got mixed torch.Tensor and DTensor", or over fsdp "start (0) + length (48) exceeds dimension size (24)".

Wrong:

\`\`\`yaml
parallelism: { fsdp_size: 4, tp_size: 2, ep_size: 2 }   # gpt_oss with "tie_word_embeddings": true
\`\`\`

Right:

\`\`\`yaml
parallelism: { fsdp_size: 8, ep_size: 2 }
\`\`\``,
  },
});
