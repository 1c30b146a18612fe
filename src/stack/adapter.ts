import type { Parameter } from "../model/model.ts";
import type { Literal } from "../text/literal.ts";

/** What a plan with `lora` trains: what PEFT is told, and what PEFT makes of it. */
export interface Adapter {
  /** The arguments of PEFT's `LoraConfig`, by its own names; what is PEFT's default is left out. */
  readonly config: Readonly<Record<string, Literal>>;
  /** What of the model gets adapters, in the order of the model's parameters. */
  readonly pairs: readonly AdapterPair[];
  /** Why `config` has the targets that it has, where the plan does not say them in PEFT's words. */
  readonly reason: string | undefined;
}

/** The two matrices on one parameter: `lora_A`, `[r, in]`, and `lora_B`, `[out, r]`; of stacked experts one pair for each. */
export interface AdapterPair {
  readonly of: Parameter;
  /** The layers that it is on; null outside the layers. */
  readonly layers: readonly number[] | null;
  /** As PEFT names it in the model, `{layer}` open: "model.layers.{layer}.mlp.experts.base_layer". */
  readonly name: string;
  readonly r: number;
  readonly lora_alpha: number;
  /** Experts that are stacked in the parameter; null where it is the matrix of a linear layer. */
  readonly experts: number | null;
  readonly in_features: number;
  readonly out_features: number;
  /** Whether the parameter has its inputs as rows; a linear layer's never has. */
  readonly transposed: boolean;
}

/** The shapes of a pair as PEFT stores it: it lays the experts' matrices side by side. */
export function storedShapes({ r, experts, in_features, out_features }: AdapterPair) {
  const rank = r * (experts ?? 1);
  return { lora_A: [rank, in_features], lora_B: [out_features, rank] } as const;
}
