import type { Run } from "./run.ts";

/** What the emitted runtime does beside the model's mathematics: how long the host takes for it, and what it copies. */
export interface Runtime {
  /** Kernels of a layer's forward pass without its experts, of routing and layout, and of the experts. */
  readonly launches: { readonly layer: number; readonly routing: number; readonly experts: number };
  /**
   * What Python takes for a layer beside, in launches: the modules with their hooks; the same of experts that FSDP gathers by
   * themselves; the dispatcher with the sizes that it waits for.
   */
  readonly overhead: { readonly layer: number; readonly unit: number; readonly dispatch: number };
  /** Experts that no other rank holds stay out of FSDP. */
  readonly expertsOutside: boolean;
}

/** The runtime that planc writes. */
export const landed: Runtime = {
  launches: { layer: 35, routing: 13, experts: 14 },
  overhead: { layer: 440, unit: 70, dispatch: 200 },
  expertsOutside: true,
};

/** Whether experts need no FSDP: only this rank holds them, in the format that they are computed in. */
export function staysOutside({ sizes, precision, adapters }: Run, runtime: Runtime): boolean {
  const { ep_size, fsdp_size, tp_size, dp_replicate_size } = sizes;
  const isShared = (fsdp_size * tp_size * dp_replicate_size) / ep_size > 1;
  const isCast = adapters === null && precision.parameters !== precision.compute;
  return runtime.expertsOutside && ep_size > 1 && !isShared && !isCast;
}

/** Kernels of the stack's own dispatchers, and of experts that are on one rank. */
export const stock = { all_to_all: 110, all_reduce: 45, none: 40 } as const;
