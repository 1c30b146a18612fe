import { heldBytes } from "../estimate/memory.ts";
import type { AdapterPair } from "../stack/adapter.ts";
import type { MeshFacts } from "../stack/facts.ts";
import { type TensorLock, tensorLock } from "./tensor-lock.ts";

/** The adapters of a plan with `lora`. */
export interface AdaptersLock {
  readonly trainable_parameters: number;
  /** Of the parameters on the rank that holds the most. */
  readonly bytes_on_a_rank: number;
  /** One row for each matrix; the experts' by their shapes in memory, `[E, r, in]` and `[E, out, r]`. */
  readonly tensors: readonly TensorLock[];
  /** What is added to which parameter: `lora_B @ lora_A * scaling`. */
  readonly pairs: readonly PairLock[];
}

/** The two matrices on one parameter, as PEFT stores them. */
export interface PairLock {
  /** The parameter in memory, `{layer}` open. */
  readonly of: string;
  /** What the names of both begin with in the file, `{layer}` open. */
  readonly stored: string;
  /** Null outside the layers. */
  readonly layers: readonly number[] | null;
  readonly r: number;
  readonly scaling: number;
  /** Experts that are stacked in the parameter; null where it is a matrix. */
  readonly experts: number | null;
  readonly in_features: number;
  readonly out_features: number;
  /** Whether the parameter has its inputs as rows. */
  readonly transposed: boolean;
}

export function adaptersLock({
  plan,
  adapter,
  adapters,
}: Pick<MeshFacts, "plan" | "adapter" | "adapters">): AdaptersLock | null {
  if (adapter === undefined) return null;
  const numbers = adapters.map(({ parameter: { shape, layers } }) =>
    shape.reduce((product, size) => product * size, layers?.length ?? 1),
  );
  return {
    trainable_parameters: numbers.reduce((sum, each) => sum + each, 0),
    bytes_on_a_rank: heldBytes(adapters, plan.precision.parameters),
    tensors: adapters.map(tensorLock),
    pairs: adapter.pairs.map((pair) => pairLock(pair, adapter.config["use_rslora"] === true)),
  };
}

function pairLock(pair: AdapterPair, isStabilized: boolean): PairLock {
  const { of, name, layers, r, lora_alpha, experts, in_features, out_features, transposed } = pair;
  return {
    of: of.name,
    stored: `base_model.model.${name}`,
    layers,
    r,
    scaling: lora_alpha / (isStabilized ? Math.sqrt(r) : r),
    experts,
    in_features,
    out_features,
    transposed,
  };
}
