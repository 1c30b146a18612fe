import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import type { PlanFacts } from "../facts.ts";
import { plancOwned } from "../options/owned.ts";

export const PLN4021 = diagnostic("PLN4021", {
  severity: "error",
  messages: { default: text`${"name"} is set by planc: ${"why"}` },
});

/** Options that follow from the rest of the plan are written there. */
export const optionOwned: Rule<PlanFacts> = {
  name: "option-owned",
  *check({ plan }) {
    for (const name of Object.keys(plan.options)) {
      const owned = Object.hasOwn(plancOwned, name) ? plancOwned[name] : undefined;
      if (owned === undefined) continue;
      const help = owned.key === undefined ? `drop ${name}` : `drop ${name} and write ${owned.key}`;
      yield PLN4021(optionAt(plan, name, "key"), { name, why: owned.why }, { help });
    }
  },
};

export const pages = {
  PLN4021: {
    title: "trainer option that planc sets",
    docs: `Some options follow from the rest of the plan, or would undo it: a second sharding by accelerate, another number
format. They are written where they belong.

Wrong:

\`\`\`yaml
sft: { bf16: true, fsdp: full_shard }
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 8, fsdp_size: 8 }
precision: { parameters: float32, compute: bfloat16, reduce: float32 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "written elsewhere",
    plan: `
sft: { bf16: true, fsdp: full_shard }
#@ [08:12) PLN4021 bf16 is set by planc: it follows from the plan's precision
#@   help: drop bf16 and write precision.compute
#@ [20:24) PLN4021 fsdp is set by planc: it would shard the model a second time, through accelerate
#@   help: drop fsdp and write parallelism.fsdp_size
`,
  },
  {
    name: "written nowhere",
    plan: `
sft:
  local_rank: 0
#@ [03:13) PLN4021 local_rank is set by planc: torchrun hands it to each process
#@   help: drop local_rank
  model_init_kwargs:
#@ [03:20) PLN4021 model_init_kwargs is set by planc: it carries the mesh, the number formats and the revision of the plan
#@   help: drop model_init_kwargs
    dtype: bfloat16
`,
  },
  {
    name: "null is written too, and a secret is not repeated",
    plan: `
sft: { gradient_checkpointing: null, hub_token: hf_secret }
#@ [08:30) PLN4021 gradient_checkpointing is set by planc: it follows from the plan's recompute
#@   help: drop gradient_checkpointing and write recompute
#@ [38:47) PLN4021 hub_token is set by planc: a plan is no place for a secret; log in on the cluster, or set HF_TOKEN there
#@   help: drop hub_token and write cluster.env
`,
  },
];
