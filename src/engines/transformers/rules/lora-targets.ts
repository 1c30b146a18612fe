import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { suggest } from "../../../text/suggest.ts";
import { andList, orList } from "../../../text/words.ts";
import { expressionOf } from "../adapters/matching.ts";
import { type Meaning, meaningsOf } from "../adapters/meanings.ts";
import { type Part, partsOf } from "../adapters/parts.ts";
import type { ModelFacts } from "../facts.ts";

export const PLN2050 = diagnostic("PLN2050", {
  severity: "error",
  messages: {
    default: text`${"target"} names nothing in ${"model_type"} that could have an adapter`,
    expression: text`${"target"} is no regular expression that planc can read`,
    half: text`PEFT takes ${"target"} of ${"model_type"} for the experts' ${"fused"}, which holds ${"missing"} too`,
  },
});

export const PLN2051 = diagnostic("PLN2051", {
  severity: "error",
  messages: {
    default: text`${"target"} means ${"name"}, ${"what"}`,
  },
});

/** What a plan names in PEFT's words has to be in the model, and has to be something that a bundle trains. */
export const loraTargets: Rule<ModelFacts> = {
  name: "lora-targets",
  *check({ plan, model, release: { peft } }) {
    const { lora } = plan;
    if (lora === undefined) return;
    const { model_type } = model;
    const parts = partsOf(model, peft);
    const modules = typeof lora.target_modules === "string" ? undefined : lora.target_modules;
    for (const meaning of meaningsOf(model, peft, lora)) {
      const { target } = meaning;
      const location = plan.written.at(meaning.path);
      const wrong = meaning.parts.find(({ what }) => what !== "linear" && what !== "experts");
      const asWeight =
        meaning.path[1] === "target_parameters" ? meaning.parts.find(({ what }) => what === "linear") : undefined;
      if (typeof lora.target_modules === "string" && expressionOf(target) === undefined) {
        yield PLN2050(location, { target }, { variant: "expression", help: "write a list of the ends of names" });
      } else if (wrong !== undefined) {
        yield PLN2051(
          location,
          { target, name: wrong.name, what: whatOf(wrong, meaning) },
          { help: `write names that mean ${orList(namesIn(parts, meaning).slice(0, 8))}, or lora.targets` },
        );
      } else if (asWeight !== undefined) {
        const values = {
          target,
          name: asWeight.name,
          what: "whose matrix target_parameters would build anew in every step",
        };
        yield PLN2051(location, values, { help: `write ${asWeight.tail} under target_modules` });
      } else if (meaning.parts.length === 0) {
        const names = namesIn(parts, meaning);
        const near = suggest(target, names);
        yield PLN2050(
          location,
          { target, model_type },
          {
            help: `${model_type} has ${andList(names.slice(0, 12))}`,
            fixes: near === undefined ? [] : [replaceWith(location, near)],
          },
        );
      }
    }
    const fused = Object.entries(peft.fused(model_type));
    for (const [name, olds] of modules === undefined ? [] : fused) {
      const index = modules?.findIndex((target) => olds.some((old) => isOld(target, old))) ?? -1;
      const missing = olds.filter((old) => !modules?.some((target) => isOld(target, old)));
      if (index === -1 || missing.length === 0) continue;
      const values = { target: modules?.[index] ?? "", model_type, fused: name, missing: andList(missing) };
      yield PLN2050(plan.written.at(["lora", "target_modules", index]), values, {
        variant: "half",
        help: `add ${andList(missing)}, or write lora.targets: [experts]`,
      });
    }
  },
};

function isOld(target: string, old: string): boolean {
  return target === old || target.endsWith(`.${old}`);
}

/** Names that would do, as short as they are usually written. */
function namesIn(parts: readonly Part[], { path }: Meaning): readonly string[] {
  const wanted = path[1] === "target_parameters" ? "experts" : "linear";
  const tails = parts.filter(({ what }) => what === wanted).map(({ tail }) => tail);
  return [...new Set(wanted === "experts" ? tails : tails.map((tail) => tail.split(".").at(-1) ?? tail))];
}

function whatOf({ what, class: name, parameter }: Part, { taken_for }: Meaning): string {
  if (what === "router")
    return taken_for.includes("gate.weight") ? "the router, for which PEFT takes it" : "the router";
  if (what === "head") return "the head, of which the trainer's loss uses the matrix alone";
  if (parameter.kind === "embedding") return "the embedding, which bundles do not adapt";
  if (name === "Linear") return "which PEFT refuses in this model";
  return name === undefined ? "which is no linear layer" : `a ${name}, which bundles do not adapt`;
}

export const pages = {
  PLN2050: {
    title: "adapter target that the model does not have",
    docs: `PEFT looks for each target as the end of a name. It stops only where it finds nothing for all of them together: one that is
misspelled among others is left out, with a warning at most. planc asks for a meaning of each.

Of some families PEFT takes the names that experts had in older releases (\`gate_proj\`, \`up_proj\`, \`down_proj\`) for the stacked
parameters of today, whatever modules have these names now; of what is fused it wants all or none.

Wrong:

\`\`\`yaml
lora: { r: 16, target_modules: [q_proj, v_porj] }
sft: { learning_rate: 2.0e-4 }
\`\`\`

Right:

\`\`\`yaml
lora: { r: 16, target_modules: [q_proj, v_proj] }
sft: { learning_rate: 2.0e-4 }
\`\`\``,
  },
  PLN2051: {
    title: "adapter target that takes in more than can be trained",
    docs: `A target means every module whose name ends so. \`all-linear\` takes in the router of some families, \`gate\` of most: an adapter
there changes which experts a token visits, which hardly anybody wants and no bundle trains. The trainer's loss multiplies with the
head's matrix itself, so that an adapter of the head would never be asked.

Wrong:

\`\`\`yaml
lora: { r: 16, target_modules: all-linear }
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
    name: "one of several is misspelled",
    plan: `
lora: { r: 16, target_modules: [q_proj, v_porj] }
#@ [41:47) PLN2050 v_porj names nothing in qwen3_moe that could have an adapter
#@   help: qwen3_moe has q_proj, k_proj, v_proj and o_proj
#@   fix "change it to v_proj" -> fine
sft: { learning_rate: 2.0e-4 }
`,
  },
  {
    name: "the router by its name, and by the word for all",
    plan: `
lora: { r: 16, target_modules: [q_proj, gate] }
#@ [41:45) PLN2051 gate means model.layers.{layer}.mlp.gate, the router, for which PEFT takes it
#@   help: write names that mean q_proj, k_proj, v_proj or o_proj, or lora.targets
sft: { learning_rate: 2.0e-4 }
`,
  },
  {
    name: "all linear layers take in the router",
    plan: `
lora: { r: 16, target_modules: all-linear }
#@ [32:42) PLN2051 all-linear means model.layers.{layer}.mlp.gate, the router, for which PEFT takes it
#@   help: write names that mean q_proj, k_proj, v_proj or o_proj, or lora.targets
sft: { learning_rate: 2.0e-4 }
`,
  },
  {
    name: "the head, and half of what is fused",
    plan: `
lora:
  target_modules: [q_proj, lm_head, gate_proj, down_proj]
#@ [28:35) PLN2051 lm_head means lm_head, the head, of which the trainer's loss uses the matrix alone
#@   help: write names that mean q_proj, k_proj, v_proj or o_proj, or lora.targets
#@ [37:46) PLN2050 PEFT takes gate_proj of qwen3_moe for the experts' gate_up_proj, which holds up_proj too
#@   help: add up_proj, or write lora.targets: [experts]
sft: { learning_rate: 2.0e-4 }
`,
  },
  {
    name: "a parameter that is no expert's, and one that is not there",
    plan: `
lora:
  target_parameters: [self_attn.q_proj.weight, mlp.experts.gate_proj]
#@ [23:46) PLN2051 self_attn.q_proj.weight means model.layers.{layer}.self_attn.q_proj, whose matrix target_parameters would build anew in every step
#@   help: write self_attn.q_proj under target_modules
#@ [48:69) PLN2050 mlp.experts.gate_proj names nothing in qwen3_moe that could have an adapter
#@   help: qwen3_moe has mlp.experts.gate_up_proj and mlp.experts.down_proj
#@   fix "change it to mlp.experts.gate_up_proj" -> PLN2051
sft: { learning_rate: 2.0e-4 }
`,
  },
  {
    name: "no regular expression",
    plan: `
lora: { target_modules: "(q_proj" }
#@ [25:34) PLN2050 (q_proj is no regular expression that planc can read
#@   help: write a list of the ends of names
sft: { learning_rate: 2.0e-4 }
`,
  },
  {
    name: "experts by the names that they had",
    shows: "nothing",
    plan: `
lora: { target_modules: [q_proj, gate_proj, up_proj, down_proj] }
sft: { learning_rate: 2.0e-4 }
`,
  },
];
