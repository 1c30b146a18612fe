/** What of DPOConfig does not work here, is read by nothing, or contradicts itself. */
import type { PlanFacts } from "../../facts.ts";
import { optionValue } from "../../options/defaults.ts";
import type { Idle } from "../../options/idle.ts";
import type { Pair, Value } from "../../options/pairs.ts";
import type { Unfit } from "../../options/sharded.ts";

export const unfit: readonly Unfit[] = [
  {
    option: "precompute_ref_log_probs",
    values: [true],
    because: {
      symptom: "the trainer makes a digest of the model's parameters for it, which stops on those of a sharded model",
      workaround: "drop precompute_ref_log_probs: the reference model is sharded as the trained one is",
    },
  },
  {
    option: "sync_ref_model",
    values: [true],
    because: {
      symptom:
        "the reference model is held in the format that computes, in which small updates round to nothing, and a resumed run would begin with the first one",
      workaround: "drop sync_ref_model",
    },
  },
  {
    option: "padding_free",
    values: [true],
    because: {
      symptom: "the trainer has it no longer for pairs: it warns and pads",
      workaround: "drop padding_free",
    },
  },
];

/** The losses that an option is of. */
const losses: Readonly<Record<string, readonly string[]>> = {
  label_smoothing: ["robust", "exo_pair", "aot", "aot_unpaired"],
  discopop_tau: ["discopop"],
};

function lossTypes(value: Value): readonly unknown[] {
  const written = value("loss_type");
  return Array.isArray(written) ? written : [written];
}

const reading =
  (facts: PlanFacts): Value =>
  (name) =>
    optionValue(facts, name);

export const idle: readonly Idle[] = [
  ...Object.entries(losses).map(
    ([option, own]): Idle => ({
      options: [option],
      when: (facts) => !lossTypes(reading(facts)).some((name) => own.includes(String(name))),
      why: (facts) => `loss_type ${lossTypes(reading(facts)).join(", ")} does not read it`,
    }),
  ),
  {
    options: ["f_alpha_divergence_coef"],
    when: (facts) => optionValue(facts, "f_divergence_type") !== "alpha_divergence",
    why: (facts) => `f_divergence_type is ${optionValue(facts, "f_divergence_type")}`,
  },
  {
    options: ["precompute_ref_batch_size"],
    when: (facts) => optionValue(facts, "precompute_ref_log_probs") === false,
    why: () => "precompute_ref_log_probs is off",
  },
  {
    options: ["ref_model_mixup_alpha", "ref_model_sync_steps"],
    when: (facts) => optionValue(facts, "sync_ref_model") === false,
    why: () => "sync_ref_model is off",
  },
];

/** Losses of the difference between the two rewards, the only ones that another divergence is defined for. */
const ofDifference = ["sigmoid", "sigmoid_norm", "hinge", "ipo", "exo_pair", "robust", "discopop", "sft"];

function withoutDivergence(value: Value): readonly unknown[] {
  return lossTypes(value).filter((name) => !ofDifference.includes(String(name)));
}

export const pairs: readonly Pair[] = [
  {
    option: "loss_weights",
    clashes: (value) =>
      Array.isArray(value("loss_weights")) && count(value("loss_weights")) !== lossTypes(value).length,
    why: (value) => `has ${count(value("loss_weights"))} weights for ${lossTypes(value).length} of loss_type`,
    help: "write a weight for each loss",
  },
  {
    option: "loss_type",
    clashes: (value) => lossTypes(value).length === 0,
    why: () => "names no loss",
    help: "write sigmoid, or leave it out",
  },
  {
    option: "f_divergence_type",
    clashes: (value) => value("f_divergence_type") !== "reverse_kl" && withoutDivergence(value).length > 0,
    why: (value) => `does not go with loss_type ${withoutDivergence(value).join(", ")}`,
    help: "leave it out, or take a loss of the difference between the rewards, such as sigmoid",
  },
  {
    option: "use_weighting",
    clashes: (value) =>
      value("use_weighting") === true && lossTypes(value).some((name) => name === "aot" || name === "aot_unpaired"),
    why: () => "does not go with loss_type aot and aot_unpaired, which sort the pairs",
    help: "drop use_weighting, or take another loss",
  },
  {
    option: "loss_type",
    clashes: (value) => lossTypes(value).includes("exo_pair") && value("label_smoothing") === 0,
    why: () => "needs label_smoothing above 0 for exo_pair",
    help: "write label_smoothing: 0.001",
  },
  {
    option: "label_smoothing",
    clashes: (value) => lossTypes(value).includes("robust") && Number(value("label_smoothing")) >= 0.5,
    why: () => "does not go with loss_type robust, where it is a share of flipped pairs below 0.5",
    help: "write label_smoothing: 0.1",
  },
];

function count(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}
