/** What is wrong with the loading of single families, by `model_type`: of the text model and of the whole it is a part of. */
import type { IssueExamples } from "../../../diagnostics/issue-example.ts";
import type { ConditionedIssue, ReportedIssue } from "../../../stack/issue.ts";
import type { ModelFacts } from "../facts.ts";

const pull = "https://github.com/huggingface/transformers/blob/v5.24.0/src/transformers/conversion_mapping.py";

export const convolutionsPermuted: ConditionedIssue<ModelFacts> = {
  id: "convolutions-permuted",
  package: "transformers",
  effect: "wrong",
  severity: "refuse",
  symptom:
    "a rank reads its pieces of several stored tensors before it puts them together, so that the convolutions of attention, or the gates and ups of a block, get rows in another order, without a message",
  where: "the model is kimi_linear, bailing_hybrid, minimax_m3_vl or glm5_next, and fsdp_size is above 1",
  workaround: "set fsdp_size: 1 and shard over tp_size with an ep_size that equals it",
  link: pull,
  at: ({ plan, model, sizes }) =>
    isOne(model.text_type, ["kimi_linear", "bailing_hybrid", "minimax_m3_vl_text", "glm5_next_text"]) &&
    sizes.fsdp_size > 1
      ? plan.written.at("parallelism.fsdp_size")
      : undefined,
};

export const overlappingMeshes: ConditionedIssue<ModelFacts> = {
  id: "overlapping-meshes",
  package: "transformers",
  effect: "failure",
  severity: "refuse",
  symptom:
    'its expert plan cuts the dense MLP over ep, which FSDP cuts as well: loading ends in "Cannot concatenate overlapping meshes"',
  where: "the model is gemma4 or diffusion_gemma, and fsdp_size and ep_size are above 1",
  workaround: "set ep_size: 1 beside fsdp_size, or fsdp_size: 1 with an ep_size that equals tp_size",
  at: ({ plan, model, sizes }) =>
    isOne(model.model_type, ["gemma4", "gemma4_text", "diffusion_gemma", "diffusion_gemma_text"]) &&
    sizes.fsdp_size > 1 &&
    sizes.ep_size > 1
      ? plan.written.at("parallelism.ep_size")
      : undefined,
};

export const fusedProjectionSplit: ConditionedIssue<ModelFacts> = {
  id: "fused-projection-split",
  package: "transformers",
  from: "5.24.0",
  effect: "failure",
  severity: "refuse",
  symptom:
    "a rank splits its piece of a fused projection by the sizes of the whole, and loading ends in an error on every mesh",
  where: "the model is sarvam_moe or lara_mini, and fsdp_size or tp_size is above 1",
  workaround: "replicas alone load: set fsdp_size: 1, tp_size: 1 and ep_size: 1",
  link: pull,
  at({ plan, model, sizes }) {
    if (!isOne(model.model_type, ["sarvam_moe", "lara_mini"])) return undefined;
    if (sizes.fsdp_size > 1) return plan.written.at("parallelism.fsdp_size");
    return sizes.tp_size > 1 ? plan.written.at("parallelism.tp_size") : undefined;
  },
};

export const halvesSplit: ConditionedIssue<ModelFacts> = {
  id: "stored-halves-split",
  package: "transformers",
  from: "5.23.0",
  effect: "failure",
  severity: "refuse",
  symptom: "a rank parts its piece of a stored tensor by the sizes of the whole, and loading ends in an error",
  where: "the model is ernie4_5_vl_moe, inkling2 or inkling2_loop, and fsdp_size is above 1",
  workaround: "set fsdp_size: 1 and shard over tp_size with an ep_size that equals it",
  link: pull,
  at: ({ plan, model, sizes }) =>
    isOne(model.text_type, ["ernie4_5_vl_moe_text", "inkling2_text", "inkling2_loop_text"]) && sizes.fsdp_size > 1
      ? plan.written.at("parallelism.fsdp_size")
      : undefined,
};

export const normsNotSummed: ConditionedIssue<ModelFacts> = {
  id: "head-norms-not-summed",
  package: "transformers",
  from: "5.23.0",
  effect: "wrong",
  severity: "refuse",
  symptom: "the norms of queries and keys get the gradient of one rank's heads alone, without a message",
  where: "the model is qwen3_vl_moe or qwen3_omni_moe, and tp_size is above 1",
  workaround: "set tp_size: 1 and shard over fsdp_size",
  at: ({ plan, model, sizes }) =>
    isOne(model.text_type, ["qwen3_vl_moe_text", "qwen3_omni_moe_text"]) && sizes.tp_size > 1
      ? plan.written.at("parallelism.tp_size")
      : undefined,
};

export const heads5Next: ConditionedIssue<ModelFacts> = {
  id: "glm5-next-heads",
  package: "transformers",
  from: "5.23.0",
  effect: "failure",
  severity: "refuse",
  symptom: "linear attention takes the heads of the whole model on every rank, and the first forward stops",
  where: "the model is glm5_next, and tp_size is above 1",
  workaround: "replicas alone train it: set fsdp_size: 1, tp_size: 1 and ep_size: 1",
  at: ({ plan, model, sizes }) =>
    model.text_type === "glm5_next_text" && sizes.tp_size > 1 ? plan.written.at("parallelism.tp_size") : undefined,
};

export const noLoss: ConditionedIssue<ModelFacts> = {
  id: "diffusion-gemma-no-loss",
  package: "transformers",
  effect: "failure",
  severity: "refuse",
  symptom: "its forward returns no loss: supervised fine-tuning has nothing to follow",
  where: "the model is diffusion_gemma",
  workaround: "train gemma4, which predicts words in turn",
  at: ({ plan, model }) => (model.text_type === "diffusion_gemma_text" ? plan.written.at("model.config") : undefined),
};

export const llama4Text: ConditionedIssue<ModelFacts> = {
  id: "llama4-text-alone",
  package: "transformers",
  from: "5.24.0",
  effect: "failure",
  severity: "refuse",
  symptom: "the whole model's forward asks for images, and ends in an AttributeError on text alone",
  where: "the model is llama4 with its vision tower",
  workaround: "train its language model: a config.json of model_type llama4_text, with the weights under its names",
  at: ({ plan, model }) => (model.model_type === "llama4" ? plan.written.at("model.config") : undefined),
};

export const mistral4Alone: ConditionedIssue<ModelFacts> = {
  id: "mistral4-alone",
  package: "transformers",
  effect: "failure",
  severity: "refuse",
  symptom:
    "its auto class for language models does not know the type: loading ends in a ValueError that lists those that it knows",
  where: "the model is mistral4 without its vision tower",
  workaround: "train the whole model, of model_type mistral3, as it is published",
  at: ({ plan, model }) => (model.model_type === "mistral4" ? plan.written.at("model.config") : undefined),
};

export const savedOrientation: ConditionedIssue<ModelFacts> = {
  id: "saved-orientation",
  package: "transformers",
  effect: "failure",
  severity: "refuse",
  symptom:
    "it tells the two orientations of the experts apart by comparing a rank's piece with the whole, and turns those that it saved itself round on every mesh",
  where: "the model is qwen3_vl_moe, stored as save_pretrained writes it (layout gate_up), on more than one rank",
  workaround: "train from the checkpoint as it is published (layout: gate_up_transposed), which loads on every mesh",
  link: pull,
  at: ({ plan, model, layout, sizes }) =>
    isOne(model.model_type, ["qwen3_vl_moe", "qwen3_vl_moe_text"]) && layout === "gate_up" && sizes.world_size > 1
      ? plan.written.at(plan.written.has("model.layout") ? "model.layout" : "model.checkpoint")
      : undefined,
};

export const savedNames: ConditionedIssue<ModelFacts> = {
  id: "saved-names",
  package: "transformers",
  effect: "wrong",
  severity: "refuse",
  symptom: "save_pretrained writes some tensors under other names, or in another orientation, than the published ones",
  where: "the model is qwen3_vl_moe, kimi_k25, kimi_linear, minimax_m3_vl, hy_v4 or longcat_flash",
  workaround: "take the bundle's export, whose names are the published ones",
  link: pull,
  bundle: "planc_runtime.export names every tensor as it is published, from the plan's own table",
  at: ({ plan, model }) => (isOne(model.model_type, savedOtherwise) ? plan.written.at("model.checkpoint") : undefined),
};

const savedOtherwise = [
  "qwen3_vl_moe",
  "qwen3_vl_moe_text",
  "kimi_k25",
  "kimi_linear",
  "minimax_m3_vl",
  "minimax_m3_vl_text",
  "hy_v4",
  "longcat_flash",
];

export const llama4NoPlan: ReportedIssue = {
  id: "llama4-no-plan",
  package: "transformers",
  from: "5.23.0",
  effect: "failure",
  severity: "refuse",
  symptom: "llama4 lost its expert-parallel plan, which had never trained",
  where: "the model is llama4, and ep_size is above 1",
  workaround: "set ep_size: 1 and shard over fsdp_size and dp_replicate_size, which work",
  rule: "mesh-ep-needs-plan",
};

export const llama4Forward: ConditionedIssue<ModelFacts> = {
  id: "llama4-forward",
  package: "transformers",
  from: "5.17.0",
  fixed_in: "5.23.0",
  effect: "failure",
  severity: "refuse",
  symptom:
    "the expert-parallel plan of llama4 does not fit its router: the first forward stops, or no expert is sharded",
  where: "the model is llama4, and ep_size is above 1",
  workaround: "set ep_size: 1 and shard over fsdp_size",
  at: ({ plan, model, sizes }) =>
    isLlama4(model) && sizes.ep_size > 1 ? plan.written.at("parallelism.ep_size") : undefined,
};

export const qwen3NoPlan: ConditionedIssue<ModelFacts> = {
  id: "qwen3-moe-no-plan",
  package: "transformers",
  from: "5.0.0",
  fixed_in: "5.7.0",
  effect: "failure",
  severity: "refuse",
  symptom: "qwen3_moe has no expert-parallel plan",
  where: "the model is qwen3_moe, and ep_size is above 1",
  workaround: "take a newer release of transformers",
  link: "https://github.com/huggingface/transformers/issues/45436",
  at: ({ plan, model, sizes }) =>
    model.model_type === "qwen3_moe" && sizes.ep_size > 1 ? plan.written.at("parallelism.ep_size") : undefined,
};

export function isLlama4({ model_type }: ModelFacts["model"]): boolean {
  return isOne(model_type, ["llama4", "llama4_text"]);
}

function isOne(model_type: string, types: readonly string[]): boolean {
  return types.includes(model_type);
}

const fsdp = "\nparallelism: { fsdp_size: 8 }\n";
const fsdpEp = "\nparallelism: { fsdp_size: 8, ep_size: 4 }\n";
const tpEp =
  "\nparallelism: { fsdp_size: 1, tp_size: 4, ep_size: 4 }\ncluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 4 }\n";
const replicas = "\nparallelism: { fsdp_size: 1, dp_replicate_size: 8 }\n";

export const examplesOfIssues: IssueExamples = {
  "convolutions-permuted": {
    meets: { model_type: "kimi_linear", plan: fsdp },
    misses: { model_type: "kimi_linear", plan: tpEp },
  },
  "stored-halves-split": {
    meets: { model_type: "inkling2_text", plan: fsdp },
    misses: { model_type: "inkling2_text", plan: tpEp },
  },
  "head-norms-not-summed": {
    meets: { model_type: "qwen3_vl_moe_text", plan: tpEp },
    misses: { model_type: "qwen3_vl_moe_text", plan: fsdp },
  },
  "glm5-next-heads": {
    meets: { model_type: "glm5_next_text", plan: tpEp },
    misses: { model_type: "glm5_next_text", plan: replicas },
  },
  "diffusion-gemma-no-loss": {
    meets: { model_type: "diffusion_gemma_text", plan: replicas },
    misses: { model_type: "gemma4_text", plan: replicas },
  },
  "llama4-text-alone": {
    meets: { model_type: "llama4", versions: { transformers: "5.24.0" }, plan: replicas },
    misses: { model_type: "llama4", versions: { transformers: "5.23.0" }, plan: replicas },
  },
  "mistral4-alone": {
    meets: { model_type: "mistral4", plan: fsdp },
    misses: { model_type: "mistral3", plan: fsdp },
  },
  "overlapping-meshes": {
    meets: { model_type: "gemma4", plan: fsdpEp },
    misses: { model_type: "gemma4_text", plan: fsdp },
  },
  "fused-projection-split": {
    meets: { model_type: "sarvam_moe", versions: { transformers: "5.24.0" }, plan: fsdp },
    misses: { model_type: "lara_mini", versions: { transformers: "5.24.0" }, plan: replicas },
  },
  "saved-orientation": {
    meets: {
      model_type: "qwen3_vl_moe",
      plan: "\nmodel: { config: config.json, checkpoint: /checkpoints/model, layout: gate_up }\n",
    },
    misses: { model_type: "qwen3_vl_moe", plan: fsdp },
  },
  "saved-names": {
    meets: { model_type: "kimi_k25", plan: fsdp },
    misses: { model_type: "deepseek_v3", plan: fsdp },
  },
  "llama4-no-plan": {
    meets: { model_type: "llama4_text", release: { epPlan: {} }, plan: fsdpEp },
    misses: { model_type: "llama4_text", release: { epPlan: {} }, plan: fsdp },
  },
  "llama4-forward": {
    meets: { model_type: "llama4", versions: { transformers: "5.22.2" }, plan: fsdpEp },
    misses: { model_type: "llama4", versions: { transformers: "5.23.0" }, plan: fsdpEp },
  },
  "qwen3-moe-no-plan": {
    meets: { versions: { transformers: "5.6.2" }, plan: fsdpEp },
    misses: { versions: { transformers: "5.7.0" }, plan: fsdpEp },
  },
};
