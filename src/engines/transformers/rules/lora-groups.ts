import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { andList } from "../../../text/words.ts";
import { namedFor } from "../adapters/groups.ts";
import { groupOf, partGroups, partsOf } from "../adapters/parts.ts";
import type { ModelFacts } from "../facts.ts";

export const PLN2052 = diagnostic("PLN2052", {
  severity: "error",
  messages: {
    default: text`${"model_type"} has no ${"group"} that could have adapters`,
    taken: text`PEFT cannot be told the ${"group"} of ${"model_type"}: it takes ${"names"} for the experts`,
    none: text`lora says nothing to adapt`,
    expression: text`targets and a target_modules that is a regular expression cannot be added up`,
  },
});

/** A group of `targets` has to be in the model, and PEFT has to have words for it. */
export const loraGroups: Rule<ModelFacts> = {
  name: "lora-groups",
  *check({ plan, model, release: { peft }, adapter }) {
    const { lora, written } = plan;
    if (lora === undefined) return;
    const { model_type } = model;
    const parts = partsOf(model, peft);
    const has = partGroups.filter((group) => parts.some((part) => groupOf(part) === group));
    const reached = has.filter(
      (group) => group === "attention" || namedFor(model, peft, parts, group).taken.length === 0,
    );
    const help = `write targets: [${reached.join(", ")}], or fewer of them`;
    for (const [index, asked] of (lora.targets ?? []).entries()) {
      const location = written.at(["lora", "targets", index]);
      for (const group of asked === "all" ? has : [asked]) {
        if (reached.includes(group)) continue;
        if (!has.includes(group)) {
          yield PLN2052(location, { model_type, group: spelled(group) }, { help });
          continue;
        }
        const names = andList(namedFor(model, peft, parts, group).taken);
        yield PLN2052(location, { model_type, group: spelled(group), names }, { variant: "taken", help });
        break;
      }
    }
    if (lora.targets !== undefined && typeof lora.target_modules === "string") {
      yield PLN2052(
        written.at("lora.target_modules"),
        {},
        { variant: "expression", help: "write the one or the other" },
      );
    }
    const isEmpty = [lora.targets, lora.target_modules, lora.target_parameters].every(
      (each) => (each?.length ?? 0) === 0,
    );
    const isWritten = lora.targets ?? lora.target_modules ?? lora.target_parameters;
    if (isWritten !== undefined && isEmpty && adapter?.pairs.length === 0) {
      yield PLN2052(written.at("lora", "key"), {}, { variant: "none", help });
    }
  },
};

function spelled(group: string): string {
  return group === "dense" ? "dense MLPs" : group.replace("_", " ");
}

export const pages = {
  PLN2052: {
    title: "group of adapter targets that does not work here",
    docs: `\`targets\` names parts of a model by what they are. Not every model has all of them, and of some PEFT has no word: of families
whose experts were modules of their own in older releases (qwen3_moe, deepseek_v3, glm4_moe and others) it takes every target that
ends in \`gate_proj\`, \`up_proj\` or \`down_proj\` for the stacked experts, so shared experts and dense MLPs with these names cannot be
told to it. \`all\` asks for these, too.

Wrong:

\`\`\`yaml
lora: { r: 16, targets: [attention, shared_experts] }
sft: { learning_rate: 2.0e-4 }
\`\`\`

Right:

\`\`\`yaml
lora: { r: 16, targets: [attention, experts] }
sft: { learning_rate: 2.0e-4 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "a group that the model has not",
    plan: `
lora: { r: 16, targets: [attention, shared_experts] }
#@ [37:51) PLN2052 qwen3_moe has no shared experts that could have adapters
#@   help: write targets: [attention, experts], or fewer of them
sft: { learning_rate: 2.0e-4 }
`,
  },
  {
    name: "a group that PEFT takes for another",
    config: "GLM-4.5-Air",
    plan: `
lora:
  targets: [attention, shared_experts]
#@ [24:38) PLN2052 PEFT cannot be told the shared experts of glm4_moe: it takes mlp.shared_experts.gate_proj, mlp.shared_experts.up_proj and mlp.shared_experts.down_proj for the experts
#@   help: write targets: [attention, experts], or fewer of them
sft: { learning_rate: 2.0e-4 }
`,
  },
  {
    name: "nothing",
    plan: `
lora: { target_modules: [] }
#@ [01:05) PLN2052 lora says nothing to adapt
#@   help: write targets: [attention, experts], or fewer of them
sft: { learning_rate: 2.0e-4 }
`,
  },
  {
    name: "two ways of saying it",
    plan: `
lora: { targets: [experts], target_modules: ".*q_proj" }
#@ [45:55) PLN2052 targets and a target_modules that is a regular expression cannot be added up
#@   help: write the one or the other
sft: { learning_rate: 2.0e-4 }
`,
  },
  {
    name: "what planc takes",
    shows: "nothing",
    plan: `
lora: { r: 16 }
sft: { learning_rate: 2.0e-4 }
`,
  },
];
