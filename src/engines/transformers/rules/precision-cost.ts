import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { bytesPerParameter } from "../../../estimate/memory.ts";
import type { PlanFacts } from "../facts.ts";

export const PLN4041 = diagnostic("PLN4041", {
  severity: "warning",
  messages: {
    default: text`bfloat16 parameters take ${"bytes"} bytes a parameter instead of ${"instead"}, but each update is rounded to 8 bits: changes below 1/256 of a value are lost`,
    sums: text`bfloat16 parameters take ${"bytes"} bytes a parameter instead of ${"instead"}, but each update is rounded to 8 bits and gradients are summed in bfloat16: changes below 1/256 of a value are lost`,
  },
  help: "write parameters: float32 if the states fit the GPUs",
});

export const PLN4042 = diagnostic("PLN4042", {
  severity: "warning",
  messages: {
    default: text`compute float32 leaves the bfloat16 units of the GPU unused and takes ${"bytes"} bytes a parameter all the same`,
  },
  help: "write compute: bfloat16",
});

/** Combinations that exist and cost something: lost updates, or most of the GPU's speed. */
export const precisionCost: Rule<PlanFacts> = {
  name: "precision-cost",
  *check({ plan, release }) {
    const { parameters, compute, reduce } = plan.precision;
    if (release.precisionSwitches(plan.precision) === undefined) return;
    // Of adapters the optimizer updates float32 copies, whatever the model's format.
    if (plan.lora !== undefined) return;
    if (parameters === "bfloat16") {
      const values = { bytes: bytesPerParameter("bfloat16"), instead: bytesPerParameter("float32") };
      const variant = reduce === "bfloat16" ? "sums" : "default";
      yield PLN4041(plan.written.at("precision.parameters"), values, { variant });
    } else if (compute === "float32") {
      yield PLN4042(plan.written.at("precision.compute"), { bytes: bytesPerParameter("float32") });
    }
  },
};

export const pages = {
  PLN4041: {
    title: "updates rounded to bfloat16",
    docs: `The optimizer updates the parameters in their own format. bfloat16 has 8 bits of precision: an update that is smaller
than 1/256 of the value, which most are at fine-tuning learning rates, leaves it as it was. The optimizer's states are
rounded as well.

Wrong, when the memory for more is there:

\`\`\`yaml
precision: { parameters: bfloat16, compute: bfloat16, reduce: float32 }
\`\`\`

Right:

\`\`\`yaml
precision: { parameters: float32, compute: bfloat16, reduce: float32 }
\`\`\``,
  },
  PLN4042: {
    title: "float32 matrix products",
    docs: `Matrix products in float32 run at a tenth of the speed of bfloat16 or less on the GPUs that train such models. It is
right for comparing numbers, not for training.

Wrong:

\`\`\`yaml
precision: { parameters: float32, compute: float32, reduce: float32 }
\`\`\`

Right:

\`\`\`yaml
precision: { parameters: float32, compute: bfloat16, reduce: float32 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "updates are rounded",
    plan: `
precision: { parameters: bfloat16, compute: bfloat16, reduce: float32 }
#@ [26:34) PLN4041 warning: bfloat16 parameters take 8 bytes a parameter instead of 16, but each update is rounded to 8 bits: changes below 1/256 of a value are lost
#@   help: write parameters: float32 if the states fit the GPUs
`,
  },
  {
    name: "sums are rounded as well",
    plan: `
precision:
  parameters: bfloat16
#@ [15:23) PLN4041 warning: bfloat16 parameters take 8 bytes a parameter instead of 16, but each update is rounded to 8 bits and gradients are summed in bfloat16: changes below 1/256 of a value are lost
#@   help: write parameters: float32 if the states fit the GPUs
  compute: bfloat16
  reduce: bfloat16
`,
  },
  {
    name: "float32 all through",
    plan: `
precision: { parameters: float32, compute: float32, reduce: float32 }
#@ [44:51) PLN4042 warning: compute float32 leaves the bfloat16 units of the GPU unused and takes 16 bytes a parameter all the same
#@   help: write compute: bfloat16
`,
  },
  {
    name: "what is usual",
    shows: "nothing",
    plan: `
precision: { parameters: float32, compute: bfloat16, reduce: float32 }
`,
  },
];
