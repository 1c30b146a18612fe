import type { ConfigReader } from "../config.ts";
import type { Row } from "../family.ts";
import type { TableSizes } from "../model.ts";
import { gatedExperts } from "./experts.ts";
import { activations, denseMlp, type FeedForward, firstDense, gatedMlp, router } from "./layers.ts";

const mlp = "model.layers.{layer}.mlp";

interface Options {
  /** Biases of the dense layers and of the shared experts. */
  readonly bias?: boolean;
  /** Whether the router has a bias that balances load without a loss: kept in the checkpoint, not trained. */
  readonly correction?: boolean;
}

/** As in the deepseek families: the first layers are dense, the others have routed experts and shared ones. */
export function sharedExperts(
  config: ConfigReader,
  sizes: TableSizes,
  { bias = false, correction = false }: Options = {},
): FeedForward {
  const { num_experts, moe_intermediate_size, hidden_size } = sizes;
  const shared = moe_intermediate_size * config.size("n_shared_experts");
  const isMoe = firstDense(config);
  return {
    rows: [
      ...denseMlp(config, sizes, isMoe, bias),
      ...gatedExperts(sizes),
      router(sizes),
      ...(correction ? [correctionBias(num_experts)] : []),
      ...gatedMlp(`${mlp}.shared_experts`, shared, hidden_size, "shared_expert", "moe", bias),
    ],
    modules: activations(["", "dense"], ["experts", "moe"], ["shared_experts", "moe"]),
    isMoe,
  };
}

function correctionBias(experts: number): Row {
  return {
    name: `${mlp}.gate.e_score_correction_bias`,
    shape: [experts],
    kind: "router",
    span: "moe",
    buffer: true,
    dtype: "float32",
  };
}
