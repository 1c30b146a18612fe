import { afmoe } from "./families/afmoe.ts";
import { axk1 } from "./families/axk1.ts";
import { axk2 } from "./families/axk2.ts";
import { cohere2Moe } from "./families/cohere2_moe.ts";
import { deepseekV4 } from "./families/deepseek_v4.ts";
import { deepseekV32 } from "./families/deepseek_v32.ts";
import { dots1 } from "./families/dots1.ts";
import { ernie45Moe } from "./families/ernie4_5_moe.ts";
import { exaoneMoe } from "./families/exaone_moe.ts";
import { flexOlmo } from "./families/flex_olmo.ts";
import { gemma4Text } from "./families/gemma4_text.ts";
import { glmMoeDsa } from "./families/glm_moe_dsa.ts";
import { glm4MoeLite } from "./families/glm4_moe_lite.ts";
import { glm4vMoe } from "./families/glm4v_moe.ts";
import { glm5Next } from "./families/glm5_next.ts";
import { granitemoe } from "./families/granitemoe.ts";
import { granitemoeSwa } from "./families/granitemoe_swa.ts";
import { granitemoehybrid } from "./families/granitemoehybrid.ts";
import { granitemoeshared } from "./families/granitemoeshared.ts";
import { hunyuanV1Moe } from "./families/hunyuan_v1_moe.ts";
import { hyV3 } from "./families/hy_v3.ts";
import { hyV4 } from "./families/hy_v4.ts";
import { jamba } from "./families/jamba.ts";
import { kimiK2 } from "./families/kimi_k2.ts";
import { kimiK25 } from "./families/kimi_k25.ts";
import { kimiLinear } from "./families/kimi_linear.ts";
import { laguna } from "./families/laguna.ts";
import { lfm2Moe } from "./families/lfm2_moe.ts";
import { longcatFlash } from "./families/longcat_flash.ts";
import { mellum } from "./families/mellum.ts";
import { mimoV2Flash } from "./families/mimo_v2_flash.ts";
import { minimax } from "./families/minimax.ts";
import { minimaxM2 } from "./families/minimax_m2.ts";
import { minimaxM3Vl } from "./families/minimax_m3_vl.ts";
import { mistral4 } from "./families/mistral4.ts";
import { nemotronH } from "./families/nemotron_h.ts";
import { phimoe } from "./families/phimoe.ts";
import { qwen35Moe } from "./families/qwen3_5_moe.ts";
import { qwen35MoeText } from "./families/qwen3_5_moe_text.ts";
import { qwen3Next } from "./families/qwen3_next.ts";
import { qwen3OmniMoe } from "./families/qwen3_omni_moe.ts";
import { qwen4Exp } from "./families/qwen4_exp.ts";
import { solarOpen } from "./families/solar_open.ts";
import { step3p7 } from "./families/step3p7.ts";
import { zaya } from "./families/zaya.ts";
import { families } from "./families.ts";
import { type Storage, storageOf } from "./storage.ts";

/** Families whose checkpoints planc can convert and inspect, but which it cannot train yet. */
const stored: readonly Storage[] = [
  afmoe,
  axk1,
  axk2,
  cohere2Moe,
  deepseekV32,
  deepseekV4,
  dots1,
  ernie45Moe,
  exaoneMoe,
  flexOlmo,
  gemma4Text,
  glm4MoeLite,
  glm4vMoe,
  glm5Next,
  glmMoeDsa,
  granitemoe,
  granitemoehybrid,
  granitemoeshared,
  granitemoeSwa,
  hunyuanV1Moe,
  hyV3,
  hyV4,
  jamba,
  kimiK2,
  kimiK25,
  kimiLinear,
  laguna,
  lfm2Moe,
  longcatFlash,
  mellum,
  mimoV2Flash,
  minimax,
  minimaxM2,
  minimaxM3Vl,
  mistral4,
  nemotronH,
  phimoe,
  qwen35Moe,
  qwen35MoeText,
  qwen3Next,
  qwen3OmniMoe,
  qwen4Exp,
  solarOpen,
  step3p7,
  zaya,
];

/** Every family whose checkpoints planc can convert and inspect, by `model_type`. */
export const storages: ReadonlyMap<string, Storage> = new Map(
  [...[...families.values()].map(storageOf), ...stored].map((storage) => [storage.model_type, storage]),
);
