import type { Held, Memory, Peak } from "./estimate.ts";
import type { States } from "./memory.ts";
import { curveOfStep, leastOfStep, outside, peaksOf, type StepSize } from "./peak.ts";
import { worstLoad } from "./rows.ts";

/** With the peak of a step as the rank's share of the assignments is: even, as the plan says that it was seen, and at its worst. */
export function memoryOf(
  states: States & Pick<Memory, "reference">,
  size: StepSize,
  { rankLoad, isPlayed }: { readonly rankLoad: number | undefined; readonly isPlayed: boolean },
): Memory {
  const known = new Map<number, Peak | null>();
  let peaks: ReturnType<typeof peaksOf> | undefined;
  const peakAt = (load: number): Peak | null => {
    if (!isPlayed) return null;
    if (!known.has(load)) {
      peaks ??= peaksOf(size);
      known.set(load, peaks(load));
    }
    return known.get(load) ?? null;
  };
  const at = (load: number): Held | null => {
    const found = peakAt(load);
    return found && { allocated: found.allocated, reserved: found.reserved };
  };
  return {
    ...states,
    outside,
    get least() {
      return isPlayed ? leastOfStep(size) : null;
    },
    get curve() {
      return isPlayed ? curveOfStep(size) : null;
    },
    at,
    // Played when they are asked for: of the plans that are supposed on the way to one that fits, most are never asked.
    get peak() {
      return peakAt(1);
    },
    get observed() {
      return rankLoad === undefined ? null : at(rankLoad);
    },
    get worst() {
      return at(worstLoad({ ...size.model.sizes, ep_size: size.sizes.ep_size }));
    },
  };
}
