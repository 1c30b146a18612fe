/** Seconds of a micro-batch's forward and backward pass; what is computed again counts as backward. */
export interface Passes {
  readonly forward: number;
  readonly backward: number;
}

export const nothing: Passes = { forward: 0, backward: 0 };

export function plus(...all: readonly Passes[]): Passes {
  let [forward, backward] = [0, 0];
  for (const each of all) {
    forward += each.forward;
    backward += each.backward;
  }
  return { forward, backward };
}

export const both = ({ forward, backward }: Passes): number => forward + backward;
