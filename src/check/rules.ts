import type { Rules } from "../stack/rules.ts";
import { checkpointRevision } from "./rules/checkpoint-revision.ts";
import { conversion } from "./rules/conversion.ts";
import { environment } from "./rules/environment.ts";
import { expansion } from "./rules/expansion.ts";
import { memoryStates } from "./rules/memory-states.ts";
import { positions } from "./rules/positions.ts";
import { quantization } from "./rules/quantization.ts";
import { stackMinimums } from "./rules/stack-minimums.ts";
import { dataTokenizer } from "./rules/tokenizer-revision.ts";

/** Rules that hold for every stack. */
export const commonRules: Rules = {
  plan: [stackMinimums, checkpointRevision, dataTokenizer, environment, expansion],
  model: [conversion, positions, quantization],
  mesh: [memoryStates],
};
