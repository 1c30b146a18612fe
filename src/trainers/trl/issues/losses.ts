/** What is wrong with the loss: the router's auxiliary loss above all. */
import type { IssueExamples } from "../../../diagnostics/issue-example.ts";
import { optionAt } from "../../../plan/task.ts";
import type { ConditionedIssue, ReportedIssue } from "../../../stack/issue.ts";
import type { ModelFacts } from "../facts.ts";
import { routerLossOf } from "../options/router-loss.ts";
import { isSmoothed } from "../options/smoothing.ts";

/** Where the coefficient stands, where the trainer adds the loss. */
function routerLossAt(facts: ModelFacts) {
  const { coefficient, isComputed, location } = routerLossOf(facts);
  return coefficient !== 0 && isComputed ? location : undefined;
}

export const labelSmoothingDropsRouterLoss: ConditionedIssue<ModelFacts> = {
  id: "label-smoothing-drops-router-loss",
  package: "trl",
  from: "1.16.0",
  effect: "wrong",
  severity: "refuse",
  symptom:
    "with label_smoothing_factor the auxiliary loss of the router is logged and not trained on, without a message",
  where: "label_smoothing_factor is above 0, loss_type is nll, and the auxiliary loss has a coefficient",
  workaround: "write router_aux_loss_coef: 0.0, or drop label_smoothing_factor",
  link: "https://github.com/huggingface/trl/blob/v1.16.0/trl/trainer/sft_trainer.py",
  at(facts) {
    if (!isSmoothed(facts) || routerLossAt(facts) === undefined) return undefined;
    return optionAt(facts.plan, "label_smoothing_factor");
  },
};

export const routerLossTimesRanks: ConditionedIssue<ModelFacts> = {
  id: "router-loss-times-ranks",
  package: "transformers",
  from: "5.15.0",
  effect: "wrong",
  severity: "refuse",
  symptom: "its trainer multiplies the auxiliary loss of the router by the number of ranks with other batches",
  where: "the auxiliary loss has a coefficient, and ranks have batches of their own",
  workaround: "divide router_aux_loss_coef by the number of those ranks",
  link: "https://github.com/huggingface/transformers/issues/48690",
  bundle: "TRL's trainer, which it trains with, adds the auxiliary loss after that product",
  at: (facts) => (facts.sizes.fsdp_size * facts.sizes.dp_replicate_size > 1 ? routerLossAt(facts) : undefined),
};

export const headNotSummed: ConditionedIssue<ModelFacts> = {
  id: "head-not-summed",
  package: "trl",
  from: "1.16.0",
  effect: "wrong",
  severity: "refuse",
  symptom:
    "the loss puts the pieces of the head's weight together in a way that leaves its gradient to one rank's tokens, without a message",
  where:
    "the model is jamba or qwen4_exp, whose head FSDP gathers apart from the norm before it, and ranks have batches of their own",
  workaround: "train with fsdp_size: 1 and dp_replicate_size: 1",
  link: "https://github.com/huggingface/trl/blob/v1.16.0/trl/trainer/utils.py",
  bundle: "its programs gather the head before the loss is computed",
  at: ({ plan, model, sizes }) =>
    ["jamba", "qwen4_exp_text"].includes(model.text_type) && sizes.fsdp_size * sizes.dp_replicate_size > 1
      ? plan.written.at("parallelism.fsdp_size")
      : undefined,
};

export const routerLossTwiceNormalised: ConditionedIssue<ModelFacts> = {
  id: "router-loss-twice-normalised",
  package: "transformers",
  from: "5.0.0",
  fixed_in: "5.6.0",
  effect: "wrong",
  severity: "refuse",
  symptom: "the auxiliary loss of the router is made from the softmax of a softmax",
  where: "the model is mixtral, qwen2_moe or qwen3_moe, and the auxiliary loss has a coefficient",
  workaround: "take a newer release of transformers",
  link: "https://github.com/huggingface/transformers/issues/45131",
  at: (facts) =>
    ["mixtral", "qwen2_moe", "qwen3_moe"].includes(facts.model.model_type) ? routerLossAt(facts) : undefined,
};

export const routerLossFromConfig: ReportedIssue = {
  id: "router-loss-from-config",
  package: "trl",
  effect: "cost",
  severity: "warn",
  symptom:
    "the coefficient of the router's auxiliary loss is the config.json's where the plan has none, however large: gpt_oss says 0.9",
  where: "what the auxiliary loss adds is of the size of the loss itself",
  workaround: "write router_aux_loss_coef: 0.001, or 0.0 to train without it",
  rule: "router-loss",
};

const smoothed = "\nsft: { max_length: 4096, per_device_train_batch_size: 1, label_smoothing_factor: 0.1 }\n";
const plain = "\nsft: { max_length: 4096, per_device_train_batch_size: 1 }\n";
const without = "\nsft: { max_length: 4096, per_device_train_batch_size: 1, router_aux_loss_coef: 0.0 }\n";
const gptOss = { of: "gpt-oss-20b", with: { quantization_config: undefined } } as const;

const ranks = "\nparallelism: { fsdp_size: 8 }\n";
const alone = "\nparallelism: { fsdp_size: 1 }\ncluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 1 }\n";

export const examplesOfIssues: IssueExamples = {
  "head-not-summed": {
    meets: { model_type: "jamba", plan: ranks },
    misses: { model_type: "jamba", plan: alone },
  },
  "label-smoothing-drops-router-loss": { meets: { plan: smoothed }, misses: { plan: plain } },
  "router-loss-times-ranks": { meets: { plan: plain }, misses: { plan: without } },
  "router-loss-twice-normalised": {
    meets: { versions: { transformers: "5.5.0" }, plan: plain },
    misses: { versions: { transformers: "5.6.0" }, plan: plain },
  },
  "router-loss-from-config": { meets: { config: gptOss, plan: plain }, misses: { config: gptOss, plan: without } },
};
