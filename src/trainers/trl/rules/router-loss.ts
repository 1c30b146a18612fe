import type { Rule } from "../../../check/rule.ts";
import type { Examples } from "../../../diagnostics/case.ts";
import type { Fix } from "../../../diagnostics/diagnostic.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import { report } from "../../../diagnostics/report.ts";
import type { Plan } from "../../../plan/plan.ts";
import type { ModelFacts } from "../../../stack/facts.ts";
import { dominates, dominating, routerLossOf, usual } from "../options/router-loss.ts";

/** The auxiliary loss needs a model that returns its router logits, and must stay small beside the loss itself. */
export const trainerRouterLoss: Rule<ModelFacts> = {
  name: "trainer-router-loss",
  *check({ plan, model }) {
    const { coefficient, from, location, isComputed, added } = routerLossOf(plan, model);
    if (coefficient === 0) return;
    if (!isComputed) {
      const values = {
        name: "router_aux_loss_coef",
        written: String(coefficient),
        why: `needs an auxiliary loss, which the trainer cannot compute for ${model.model_type}`,
      };
      const help = from === "the plan" ? "drop router_aux_loss_coef" : "write sft.router_aux_loss_coef: 0.0";
      yield report("PLN4025", location, values, { help });
    } else if (dominates(added)) {
      const values = {
        coefficient: String(coefficient),
        from,
        experts: model.sizes.num_experts_per_tok,
        added: added.toFixed(2),
        threshold: dominating,
      };
      const fixes = [from === "the plan" ? replaceWith(location, usual) : written(plan)];
      yield report("PLN4063", location, values, { fixes });
    }
  },
};

/** The coefficient as the first option under `sft`, or a section of its own, in the style in which the plan is written. */
function written(plan: Plan): Fix {
  const [first] = Object.keys(plan.sft);
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

export const examples: Examples = {
  PLN4063: { config: "gpt-oss-20b", beside: { sft: { per_device_train_batch_size: 1 } } },
};
