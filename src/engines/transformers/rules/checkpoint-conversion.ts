import { PLN2018 } from "../../../check/rules/conversion.ts";
import { planConversion } from "../../../convert/plan.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { mayBeHubId } from "../../../plan/hub-id.ts";
import type { ModelFacts } from "../facts.ts";
import { neededLayout } from "../loading/conversion.ts";

export const PLN2020 = diagnostic("PLN2020", {
  severity: "error",
  messages: {
    default: text`the job has to convert ${"checkpoint"} from ${"from"} to ${"to"}, which takes a folder, not a Hub id`,
  },
  help: "download it (hf download ID --local-dir FOLDER) and name the folder, with a / in front or ./",
});

/** A layout that the engine would load as random experts is converted by the job, where it can be. */
export const checkpointConversion: Rule<ModelFacts> = {
  name: "checkpoint-conversion",
  *check(facts) {
    const { plan, model } = facts;
    const to = neededLayout(facts);
    if (to === undefined) return;
    const [from, place] = [facts.layout, plan.written.at("model.layout")];
    const { model_type } = model;
    const planned = planConversion(model, from, to);
    if ("why" in planned) {
      yield PLN2018(place, { model_type, from, to, why: planned.why });
    } else if (mayBeHubId(plan.model.checkpoint)) {
      yield PLN2020(plan.written.at("model.checkpoint"), { checkpoint: plan.model.checkpoint, from, to });
    }
  },
};

export const pages = {
  PLN2020: {
    title: "a Hub checkpoint that has to be converted",
    docs: `transformers reads a Hub checkpoint itself. One that is stored in a layout which it does not read is converted first, from a folder
that holds its files to one beside it.

Wrong:

\`\`\`yaml
model:
  checkpoint: someone/qwen3-30b-fused
  layout: fused
\`\`\`

Right:

\`\`\`yaml
model:
  checkpoint: /data/qwen3-30b-fused
  layout: fused
\`\`\``,
  },
} satisfies Pages;
