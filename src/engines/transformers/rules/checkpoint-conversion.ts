import { PLN2018 } from "../../../check/rules/conversion.ts";
import { planConversion } from "../../../convert/plan.ts";
import type { Case } from "../../../diagnostics/case.ts";
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
      const { checkpoint } = plan.model;
      const related = [{ message: `the plan says that it is stored as ${from}`, location: place }];
      yield PLN2020(plan.written.at("model.checkpoint"), { checkpoint, from, to }, { related });
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

export const cases: readonly Case[] = [
  {
    name: "a Hub checkpoint that the job would have to convert",
    plan: `
model:
  config: config.json
  checkpoint: someone/qwen3-fused
#@ [15:34) PLN2020 the job has to convert someone/qwen3-fused from fused to gate_up, which takes a folder, not a Hub id
#@   help: download it (hf download ID --local-dir FOLDER) and name the folder, with a / in front or ./
#@   related 5:[11:16) the plan says that it is stored as fused
  revision: 0123456789abcdef0123456789abcdef01234567
  layout: fused
`,
  },
  {
    name: "a folder of the same",
    shows: "nothing",
    plan: `
model: { config: config.json, checkpoint: ./qwen3-fused, layout: fused }
`,
  },
  {
    name: "blocks of fp8 that an expert's rows do not end with",
    config: {
      with: {
        moe_intermediate_size: 704,
        quantization_config: { quant_method: "fp8", weight_block_size: [128, 128] },
      },
    },
    plan: `
model: { config: config.json, checkpoint: /data/model, layout: fused }
#@ [43:54) PLN2017 warning: this checkpoint is stored in fp8 blocks, which the job refuses to load: it would get other weights
#@   help: train from a checkpoint in bfloat16: name it here, or give it to the job with --model
#@   issue: fp8-scales-by-rank
#@   related config.json 38:[03:24) | «"quantization_config"»: { | quantised here
#@ [64:69) PLN2018 a qwen3_moe checkpoint cannot be converted from fused to gate_up by copying bytes: experts of 704 rows do not end with a block of 128 scaled rows
#@   help: leave conversion out, or convert between per_expert, fused and gate_up
`,
  },
];
