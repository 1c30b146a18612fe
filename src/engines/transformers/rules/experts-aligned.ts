import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";
import { groupedProductsAligned as issue } from "../issues/experts.ts";
import { sharedBatchStyles } from "../placement/tp-blocks.ts";

export const PLN3033 = diagnostic("PLN3033", {
  severity: "error",
  messages: {
    default: text`${"key"} ${"value"} in ${"format"} is ${"bytes"} bytes a row, but grouped matrix products need rows of a multiple of 16 bytes`,
    sharded: text`${"key"} ${"value"} over tp_size ${"tp_size"} leaves ${"local"} a rank, in ${"format"} ${"bytes"} bytes a row, but grouped matrix products need rows of a multiple of 16 bytes`,
  },
  help: "with bfloat16 the size has to be a multiple of 8, with float32 of 4",
});

const alignment = 16;

/** Grouped products want rows of whole 16-byte units: `hidden_size`, and the intermediate size that a rank holds. */
export const expertsAligned: Rule<ModelFacts> = {
  name: "experts-aligned",
  *check(facts) {
    const { plan, model, sizes } = facts;
    const format = plan.precision.compute;
    const width = format === "bfloat16" ? 2 : 4;
    const isAligned = (size: number) => (size * width) % alignment === 0;
    for (const size of ["hidden_size", "moe_intermediate_size"] as const) {
      const value = model.sizes[size];
      if (isAligned(value)) continue;
      const values = { key: model.keyOf(size), value, format, bytes: value * width };
      yield PLN3033(model.at(size), values, { issue });
    }
    const value = model.sizes.moe_intermediate_size;
    const local = Math.ceil(value / sizes.tp_size);
    if (!isAligned(value) || isAligned(local) || !tpShardsExperts(facts)) return;
    const key = model.keyOf("moe_intermediate_size");
    const { tp_size } = sizes;
    const related = [{ message: `${key} is ${value} here`, location: model.at("moe_intermediate_size") }];
    const values = { key, value, tp_size, local, format, bytes: local * width };
    yield PLN3033(plan.written.at("parallelism.tp_size"), values, { variant: "sharded", related, issue });
  },
};

function tpShardsExperts({ model, release, sizes, epPlan }: ModelFacts): boolean {
  if (sizes.tp_size === 1 || sizes.ep_size > 1) return false;
  const styles = sharedBatchStyles(model, release, sizes, epPlan);
  return Object.entries(styles).some(([path, style]) => path.includes(".experts.") && style === "packed_colwise");
}

export const pages = {
  PLN3033: {
    title: "expert matrices are not aligned for grouped products",
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
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "the experts' intermediate size",
    config: { with: { moe_intermediate_size: 772 } },
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8 }
#@ config.json 19:[28:31) | "moe_intermediate_size": «772», | PLN3033 moe_intermediate_size 772 in bfloat16 is 1544 bytes a row, but grouped matrix products need rows of a multiple of 16 bytes
#@   help: with bfloat16 the size has to be a multiple of 8, with float32 of 4
#@   issue: grouped-products-aligned
`,
  },
  {
    name: "both sizes, by the names that the family has for them",
    config: {
      of: "Mixtral-8x7B-v0.1",
      with: {
        hidden_size: 2054,
        intermediate_size: 1030,
        num_attention_heads: 4,
        num_key_value_heads: 4,
        head_dim: 128,
      },
    },
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8 }
precision: { parameters: float32, compute: float32, reduce: float32 }
#@ config.json 9:[18:22) | "hidden_size": «2054», | PLN3033 hidden_size 2054 in float32 is 8216 bytes a row, but grouped matrix products need rows of a multiple of 16 bytes
#@   help: with bfloat16 the size has to be a multiple of 8, with float32 of 4
#@   issue: grouped-products-aligned
#@ config.json 11:[24:28) | "intermediate_size": «1030», | PLN3033 intermediate_size 1030 in float32 is 4120 bytes a row, but grouped matrix products need rows of a multiple of 16 bytes
#@   help: with bfloat16 the size has to be a multiple of 8, with float32 of 4
#@   issue: grouped-products-aligned
#@ [44:51) PLN4042 warning: compute float32 leaves the bfloat16 units of the GPU unused and takes 16 bytes a parameter all the same
#@   help: write compute: bfloat16
`,
  },
  {
    name: "the share of a rank where tp_size shards the experts",
    config: { with: { moe_intermediate_size: 776 } },
    plan: `
parallelism:
  tp_size: 2
#@ [12:13) PLN3033 moe_intermediate_size 776 over tp_size 2 leaves 388 a rank, in bfloat16 776 bytes a row, but grouped matrix products need rows of a multiple of 16 bytes
#@   help: with bfloat16 the size has to be a multiple of 8, with float32 of 4
#@   issue: grouped-products-aligned
#@   related config.json 19:[28:31) | "moe_intermediate_size": «776», | moe_intermediate_size is 776 here
  fsdp_size: 4
`,
  },
  {
    name: "float32, of which fewer make 16 bytes",
    shows: "nothing",
    config: { with: { moe_intermediate_size: 772 } },
    plan: `
parallelism: { ep_size: 4, fsdp_size: 8 }
precision: { parameters: float32, compute: float32, reduce: float32 }
#@ [44:51) PLN4042 warning: compute float32 leaves the bfloat16 units of the GPU unused and takes 16 bytes a parameter all the same
#@   help: write compute: bfloat16
`,
  },
  {
    name: "with expert parallelism tp_size does not shard them",
    shows: "nothing",
    config: { with: { moe_intermediate_size: 776 } },
    plan: `
parallelism: { ep_size: 2, tp_size: 2, fsdp_size: 4 }
`,
  },
];
