import { readPeft } from "../../adapters/peft.ts";
import { readConfigs } from "../configs.ts";
import { readData } from "../read-data.ts";
import type { Precision, PrecisionSwitches, TransformersRelease } from "../release.ts";
import adapters from "./adapters.json" with { type: "json" };
import configs from "./configs.json" with { type: "json" };
import data from "./data.json" with { type: "json" };
import { denseEffect, sharedDenseEffect } from "./dense-effects.ts";
import documents from "./documents.json" with { type: "json" };
import { cutOf } from "./style-cuts.ts";
import tried from "./tried.json" with { type: "json" };

export const release523: TransformersRelease = {
  ...readData(data),
  cutOf,
  denseEffect,
  sharedDenseEffect,
  precisionSwitches,
  documents: documents.families,
  peft: readPeft(adapters),
  configs: readConfigs(configs, tried),
  liger: {
    release: "0.8.5",
    families: new Set(["deepseek_v2", "deepseek_v3", "gpt_oss", "mixtral", "qwen3_moe"]),
  },
};

/**
 * One switch for mixed precision (`fsdp_mixed_precision`: cast to bfloat16 for computing, sum gradients in float32);
 * without it everything happens in the format that the weights are loaded in.
 */
function precisionSwitches({ parameters, compute, reduce }: Precision): PrecisionSwitches | undefined {
  if (compute === "float32") {
    return parameters === "float32" && reduce === "float32"
      ? { dtype: "float32", fsdp_mixed_precision: false }
      : undefined;
  }
  if (reduce === "float32") return { dtype: parameters, fsdp_mixed_precision: true };
  return parameters === "bfloat16" ? { dtype: "bfloat16", fsdp_mixed_precision: false } : undefined;
}
