import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { replaceWith } from "../../../diagnostics/diagnostic.ts";
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

export const cases: readonly Case[] = [
  {
    name: "of a package",
    plan: `
sft: { optim: paged_adamw_8bit }
#@ [15:31) PLN4027 optim paged_adamw_8bit needs bitsandbytes, which the bundle does not install
#@   help: use adamw_torch_fused, adamw_torch, sgd, adagrad or rmsprop
#@   fix "change it to adamw_torch_fused" -> fine
`,
  },
  {
    name: "transformers' own",
    plan: `
sft:
  optim: adafactor
#@ [10:19) PLN4027 optim adafactor does not work on sharded parameters: it adds plain tensors to distributed ones at the first step
#@   help: use adamw_torch_fused, adamw_torch, sgd, adagrad or rmsprop
#@   fix "change it to adamw_torch_fused" -> fine
`,
  },
  {
    plan: `
sft: { optim: galore_adamw_layerwise }
#@ [15:37) PLN4027 optim galore_adamw_layerwise does not work on sharded parameters: it refuses to run on several processes
#@   help: use adamw_torch_fused, adamw_torch, sgd, adagrad or rmsprop
#@   fix "change it to adamw_torch_fused" -> fine
`,
  },
  {
    plan: `
sft: { optim: adamw_torch_npu_fused }
#@ [15:36) PLN4027 optim adamw_torch_npu_fused is for NPUs
#@   help: use adamw_torch_fused, adamw_torch, sgd, adagrad or rmsprop
#@   fix "change it to adamw_torch_fused" -> fine
`,
  },
  {
    plan: `
sft: { optim: adamw_torch_xla }
#@ [15:30) PLN4027 optim adamw_torch_xla is for TPUs
#@   help: use adamw_torch_fused, adamw_torch, sgd, adagrad or rmsprop
#@   fix "change it to adamw_torch_fused" -> fine
`,
  },
  {
    name: "no optimizer at all is told of by its type",
    shows: "nothing",
    plan: `
sft: { optim: adam }
#@ [15:19) PLN4023 optim is "adam"; accepted are adamw_torch, adamw_torch_fused, adamw_torch_xla, adamw_torch_npu_fused, adafactor, adamw_anyprecision, adamw_torch_4bit, adamw_torch_8bit, ademamix, sgd, adagrad, adamw_bnb_8bit, adamw_8bit, ademamix_8bit, lion_8bit, lion_32bit, paged_adamw_32bit, paged_adamw_8bit, paged_ademamix_32bit, paged_ademamix_8bit, paged_lion_32bit, paged_lion_8bit, rmsprop, rmsprop_bnb, rmsprop_bnb_8bit, rmsprop_bnb_32bit, galore_adamw, galore_adamw_8bit, galore_adafactor, galore_adamw_layerwise, galore_adamw_8bit_layerwise, galore_adafactor_layerwise, lomo, adalomo, grokadamw, schedule_free_radam, schedule_free_adamw, schedule_free_sgd, apollo_adamw, apollo_adamw_layerwise or stable_adamw
`,
  },
  {
    shows: "nothing",
    plan: `
sft: { optim: rmsprop, max_length: 4096, per_device_train_batch_size: 1 }
`,
  },
];
