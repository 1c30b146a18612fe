import { deepseekV2 } from "./families/deepseek_v2.ts";
import { deepseekV3 } from "./families/deepseek_v3.ts";
import { glm4Moe } from "./families/glm4_moe.ts";
import { gptOss } from "./families/gpt_oss.ts";
import { mixtral } from "./families/mixtral.ts";
import { olmoe } from "./families/olmoe.ts";
import { qwen2Moe } from "./families/qwen2_moe.ts";
import { qwen3Moe } from "./families/qwen3_moe.ts";
import type { Family } from "./family.ts";

/** Every family that planc knows, by `model_type`. */
export const families: ReadonlyMap<string, Family> = new Map(
  [deepseekV2, deepseekV3, glm4Moe, gptOss, mixtral, olmoe, qwen2Moe, qwen3Moe].map((family) => [
    family.model_type,
    family,
  ]),
);
