/** How each family's experts compute: what transformers' classes say of themselves, where they do not do as most. */
import type { Model } from "../../model/model.ts";
import type { ExpertsModule } from "./arguments.ts";

/** What most do. */
const plain: ExpertsModule = {
  gated: true,
  bias: false,
  interleaved: false,
  norm: false,
  gate: "default",
  activation: "silu",
};

const clamped: ExpertsModule = { ...plain, gate: "clamped" };

/** By type of the language model. */
const others: Readonly<Record<string, ExpertsModule>> = {
  beam: { ...plain, gate: "wide" },
  deepseek_v4: clamped,
  glm5_next_text: clamped,
  gpt_oss: { ...plain, bias: true, interleaved: true, gate: "swiglu_oai" },
  hy_v4: clamped,
  hy_v4_vl_text: clamped,
  minimax_m3_vl_text: { ...plain, gate: "swiglu_oai" },
  muse_spark_text: { ...plain, norm: true },
  nemotron_h: { ...plain, gated: false, activation: "relu2" },
};

/** Experts with code of their own, of which planc does not know what it allocates. */
const unknown: ReadonlySet<string> = new Set([
  "inkling2_loop_text",
  "inkling2_text",
  "llama4_text",
  "longcat_flash",
  "step3p5",
]);

/** Families whose router gives its weights in the format of the tokens; the others give float32. */
const narrow: ReadonlySet<string> = new Set([
  "aria_text",
  "cohere2_moe",
  "deepseek_v4",
  "ernie4_5_moe",
  "ernie4_5_vl_moe_text",
  "flex_olmo",
  "gpt_oss",
  "granitemoe",
  "granitemoe_swa",
  "granitemoehybrid",
  "granitemoeshared",
  "inkling_text",
  "jamba",
  "laguna",
  "lara_mini",
  "lfm2_moe",
  "mellum",
  "mistral4",
  "olmoe",
  "phimoe",
  "qwen2_moe",
  "qwen3_5_moe_text",
  "qwen3_moe",
  "qwen3_next",
  "qwen3_omni_moe_text",
  "qwen3_vl_moe_text",
  "qwen4_exp_text",
  "zaya",
]);

/** How the experts of a model compute; null where planc does not know. */
export function moduleOf({ text_type }: Pick<Model, "text_type">): ExpertsModule | null {
  return unknown.has(text_type) ? null : (others[text_type] ?? plain);
}

/** Whether routing weights are float32 whatever the tokens are. */
export function hasWideWeights({ text_type }: Pick<Model, "text_type">): boolean {
  return !narrow.has(text_type);
}
