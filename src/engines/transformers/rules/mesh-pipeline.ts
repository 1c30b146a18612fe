import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";

export const PLN3006 = diagnostic("PLN3006", {
  severity: "error",
  messages: {
    default: text`pp_size ${"pp_size"}: pipeline parallelism does not run with FSDP, with token dispatch or with the trainer of transformers 5.23`,
  },
  help: "leave pp_size out and shard over fsdp_size",
});

/** Pipeline stages exist in the engine, but neither FSDP, token dispatch nor this trainer runs over them. */
export const meshPipeline: Rule<ModelFacts> = {
  name: "mesh-pipeline",
  *check({ plan, sizes }) {
    if (sizes.pp_size === 1) return;
    yield PLN3006(plan.written.at("parallelism.pp_size"), { pp_size: sizes.pp_size });
  },
};

export const pages = {
  PLN3006: {
    title: "pipeline parallelism does not work yet",
    docs: `transformers 5.23 has pipeline stages for inference. It refuses them together with FSDP or HSDP and together with token
dispatch, and its Trainer has no schedule for them. planc refuses them until they train.

Wrong:

\`\`\`yaml
parallelism: { ep_size: 4, fsdp_size: 4, pp_size: 2 }
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 8, fsdp_size: 8 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    plan: `
parallelism: { ep_size: 4, fsdp_size: 4, pp_size: 2 }
#@ [51:52) PLN3006 pp_size 2: pipeline parallelism does not run with FSDP, with token dispatch or with the trainer of transformers 5.23
#@   help: leave pp_size out and shard over fsdp_size
`,
  },
];
