import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";
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
      yield PLN3033(model.at(size), values);
    }
    const value = model.sizes.moe_intermediate_size;
    const local = Math.ceil(value / sizes.tp_size);
    if (!isAligned(value) || isAligned(local) || !tpShardsExperts(facts)) return;
    const key = model.keyOf("moe_intermediate_size");
    const { tp_size } = sizes;
    const related = [{ message: `${key} is ${value} here`, location: model.at("moe_intermediate_size") }];
    const values = { key, value, tp_size, local, format, bytes: local * width };
    yield PLN3033(plan.written.at("parallelism.tp_size"), values, { variant: "sharded", related });
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
