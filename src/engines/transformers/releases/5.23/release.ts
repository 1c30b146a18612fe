import { readData } from "../read-data.ts";
import type { TransformersRelease } from "../release.ts";
import data from "./data.json" with { type: "json" };
import { denseEffect, sharedDenseEffect } from "./dense-effects.ts";
import documents from "./documents.json" with { type: "json" };
import { precisionSwitches } from "./precision.ts";
import { cutOf } from "./style-cuts.ts";

export const release523: TransformersRelease = {
  ...readData(data),
  cutOf,
  denseEffect,
  sharedDenseEffect,
  precisionSwitches,
  documents: documents.families,
  liger: {
    release: "0.8.5",
    families: new Set(["deepseek_v2", "deepseek_v3", "gpt_oss", "mixtral", "qwen3_moe"]),
  },
};
