/** What is wrong with how checkpoints of some layouts are loaded and saved. */
import type { IssueExamples } from "../../../diagnostics/issue-example.ts";
import type { ConditionedIssue, ReportedIssue } from "../../../stack/issue.ts";
import type { ModelFacts } from "../facts.ts";

export const fusedNotRead: ConditionedIssue<ModelFacts> = {
  id: "fused-not-read",
  package: "transformers",
  effect: "wrong",
  severity: "refuse",
  symptom:
    "experts that are stored as stacks of gate_proj and up_proj are not read: gate_up_proj begins at random, and a line in the log says so",
  where: "the checkpoint's layout is fused",
  workaround: "convert the checkpoint first: planc convert DIR --to gate_up",
  bundle: "convert.py writes a layout that the release reads before the job loads it",
  at: ({ plan, layout, model }) =>
    layout === "fused" && model.publishedLayout !== "fused"
      ? plan.written.at(plan.written.has("model.layout") ? "model.layout" : "model.checkpoint")
      : undefined,
};

export const mxfp4SavedAsBlocks: ConditionedIssue<ModelFacts> = {
  id: "mxfp4-saved-as-blocks",
  package: "transformers",
  effect: "wrong",
  severity: "refuse",
  symptom:
    "a model that was dequantised from mxfp4 is saved under the names of its blocks, which nothing reads as weights",
  where: "the checkpoint's layout is mxfp4",
  workaround: "take the bundle's export",
  bundle: "the saved model has the names and the config.json of the plain weights (gate_up_interleaved)",
  at: ({ plan, layout }) => (layout === "mxfp4" ? plan.written.at("model.checkpoint") : undefined),
};

export const fp8ScalesByRank: ReportedIssue = {
  id: "fp8-scales-by-rank",
  package: "transformers",
  effect: "wrong",
  severity: "warn",
  symptom:
    "each rank dequantises its piece of fp8 weights with its piece of the scales: it fails, or pairs rows with other scales",
  where: "config.json says that the checkpoint is stored in fp8",
  workaround: "train from a checkpoint in bfloat16",
  rule: "quantization",
};

const gptOss = { of: "gpt-oss-20b", with: { router_aux_loss_coef: 0.001 } } as const;

export const examplesOfIssues: IssueExamples = {
  "fused-not-read": {
    meets: { plan: "\nmodel: { config: config.json, checkpoint: /checkpoints/model, layout: fused }\n" },
    misses: { plan: "\nmodel: { config: config.json, checkpoint: /checkpoints/model, layout: gate_up }\n" },
  },
  "mxfp4-saved-as-blocks": {
    meets: { config: gptOss, plan: "\nmodel: { config: config.json, checkpoint: /checkpoints/model }\n" },
    misses: {
      config: gptOss,
      plan: "\nmodel: { config: config.json, checkpoint: /checkpoints/model, layout: gate_up_interleaved }\n",
    },
  },
  "fp8-scales-by-rank": {
    meets: { config: { with: { quantization_config: { quant_method: "fp8" } } }, plan: "\nname: plan\n" },
    misses: { plan: "\nname: plan\n" },
  },
};
