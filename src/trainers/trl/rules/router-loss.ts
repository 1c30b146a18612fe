import type { Examples } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Fix } from "../../../diagnostics/diagnostic.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { Plan } from "../../../plan/plan.ts";
import type { ModelFacts } from "../facts.ts";
import { dominates, dominating, routerLossOf, usual } from "../options/router-loss.ts";
import { PLN4025 } from "./option-pairs.ts";

export const PLN4063 = diagnostic("PLN4063", {
  severity: "warning",
  messages: {
    default: text`the router's auxiliary loss adds about ${"added"} to the loss: coefficient ${"coefficient"} of ${"from"} x ${"experts"} experts a token; from ${"threshold"} on it steers training as much as the data does`,
  },
  help: "write sft.router_aux_loss_coef: 0.001, or 0.0 to train without it",
});

/** The auxiliary loss needs a model that returns its router logits, and must stay small beside the loss itself. */
export const routerLoss: Rule<ModelFacts> = {
  name: "router-loss",
  *check(facts) {
    const { plan, model } = facts;
    const { coefficient, from, location, isComputed, added } = routerLossOf(facts);
    if (coefficient === 0) return;
    if (!isComputed) {
      const values = {
        name: "router_aux_loss_coef",
        written: String(coefficient),
        why: `needs an auxiliary loss, which the trainer cannot compute for ${model.model_type}`,
      };
      const help = from === "the plan" ? "drop router_aux_loss_coef" : "write sft.router_aux_loss_coef: 0.0";
      yield PLN4025(location, values, { help });
    } else if (dominates(added)) {
      const values = {
        coefficient: String(coefficient),
        from,
        experts: model.sizes.num_experts_per_tok,
        added: added.toFixed(2),
        threshold: dominating,
      };
      const fixes = [from === "the plan" ? replaceWith(location, usual) : written(plan)];
      yield PLN4063(location, values, { fixes });
    }
  },
};

/** The coefficient as the first option under `sft`, or a section of its own, in the style in which the plan is written. */
function written(plan: Plan): Fix {
  const [first] = Object.keys(plan.options);
  const { file, range } = plan.written.at(first === undefined ? ["data"] : ["sft", first], "key");
  const lines = plan.written.sources.find((one) => one.file === file)?.text.split("\n") ?? [];
  const { line, character } = range.start;
  const quote = lines[line]?.startsWith('"', character) ? '"' : "";
  const option = `${quote}router_aux_loss_coef${quote}: ${usual}`;
  const entry = first === undefined ? `${quote}sft${quote}: { ${option} }` : option;
  const section = plan.written.at(first === undefined ? [] : ["sft"]).range.start;
  const isFlow = lines[section.line]?.[section.character] === "{";
  const newText = entry + (isFlow ? ", " : `\n${lines[line]?.slice(0, character)}`);
  const place = { start: range.start, end: range.start };
  return { title: `write sft.router_aux_loss_coef: ${usual}`, edits: [{ file, range: place, newText }] };
}

export const pages = {
  PLN4063: {
    title: "auxiliary loss that dominates",
    docs: `The trainer adds an auxiliary loss, which keeps the experts evenly used, to the loss of every micro-batch. Where the
plan has no \`router_aux_loss_coef\`, the coefficient is the config.json's, or else the default of transformers' config class.
For evenly used experts the auxiliary loss itself is the number of experts a token, for any number of layers, and more where
they are used unevenly. Losses of fine-tuning are 1 to 2, so planc warns where coefficient x experts a token is 0.5 or more.

The config.json of gpt_oss says 0.9, with 4 experts a token: about 3.6 are added, and a first loss of 5.08 is reported as 9.

Wrong, with that config.json:

\`\`\`yaml
sft: { max_length: 4096 }
\`\`\`

Right:

\`\`\`yaml
sft: { max_length: 4096, router_aux_loss_coef: 0.001 }
\`\`\``,
  },
} satisfies Pages;

export const examples: Examples = {
  PLN4063: { config: "gpt-oss-20b", beside: { sft: { per_device_train_batch_size: 1 } } },
};
