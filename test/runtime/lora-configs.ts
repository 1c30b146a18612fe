/** Tiny configs and adapters: the rank, the hidden size, the experts' size, twice that and their number differ pairwise. */
import { parityConfig, parityFamilies } from "./parity-configs.ts";

export const loraFamilies = parityFamilies;

/** The config of `dispatch.test.ts` with experts of another size, since twice 24 is its hidden size. Bfloat16 needs a multiple of 8. */
export function loraConfig(family: string, size = 20): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(parityConfig(family)).map(([key, value]) => [key, value === 24 ? size : value]),
  );
}

const attention = ["q_proj", "k_proj", "v_proj", "o_proj", "q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj"];
const experts = ["experts.gate_up_proj", "experts.up_proj", "experts.down_proj"];
const plain = { r: 5, lora_alpha: 7, target_modules: attention, target_parameters: experts };

/** Keyword arguments of PEFT's LoraConfig. */
export const loraOptions = {
  plain,
  // PEFT makes parameters of the experts of these names, gate_up_proj of twice the rank.
  rewritten: { r: 5, lora_alpha: 7, target_modules: ["q_proj", "gate_proj", "up_proj", "down_proj"] },
  patterns: {
    ...plain,
    use_rslora: true,
    rank_pattern: { "experts.down_proj": 3, "layers.0.self_attn.o_proj": 6 },
    alpha_pattern: { o_proj: 11 },
  },
} as const;
