import { diagnostic, text } from "../../../diagnostics/define.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import type { PlanFacts } from "../facts.ts";
import { optimizerVerdict } from "../options/optimizers.ts";

export const PLN4027 = diagnostic("PLN4027", {
  severity: "error",
  messages: {
    default: text`optim ${"name"} needs ${"package"}, which the bundle does not install`,
    sharded: text`optim ${"name"} does not work on sharded parameters: ${"why"}`,
    device: text`optim ${"name"} is for ${"device"}`,
  },
  help: "use adamw_torch_fused, adamw_torch, sgd, adagrad or rmsprop",
});

/** The optimizer must be installed by the bundle and work on distributed tensors. */
export const optimizer: Rule<PlanFacts> = {
  name: "optimizer",
  *check(facts) {
    const { plan } = facts;
    const name = plan.options["optim"];
    if (typeof name !== "string" || !facts.task.options.get("optim")?.values?.includes(name)) return;
    const verdict = optimizerVerdict(name);
    if (verdict === undefined) return;
    const location = optionAt(plan, "optim");
    const fixes = [replaceWith(location, "adamw_torch_fused")];
    if (verdict.variant === "default") yield PLN4027(location, { name, package: verdict.package }, { fixes });
    else if (verdict.variant === "sharded")
      yield PLN4027(location, { name, why: verdict.why }, { variant: "sharded", fixes });
    else yield PLN4027(location, { name, device: verdict.device }, { variant: "device", fixes });
  },
};

export const pages = {
  PLN4027: {
    title: "optimizer that does not run here",
    docs: `Parameters of a sharded model are distributed tensors. The optimizers of torch itself work on them; transformers'
Adafactor stops at the first step (it adds plain and distributed tensors), and optimizers of other packages are not in
the bundle's requirements and not tested on distributed tensors.

Wrong:

\`\`\`yaml
sft: { optim: adafactor }
\`\`\`

Right:

\`\`\`yaml
sft: { optim: adamw_torch_fused }
\`\`\``,
  },
} satisfies Pages;
