/**
 * What of a layer is computed again where a plan does not say: the least work with which a step fits its GPU, with the room that
 * check asks for.
 */
import type { Model } from "../model/model.ts";
import type { RecomputeName } from "../plan/types.ts";
import { bytes } from "../text/words.ts";
import type { Memory } from "./estimate.ts";
import { attentionCrowds, usedBytes } from "./memory.ts";
import { flopsPerToken, operationsOf } from "./operations.ts";
import { type Asked, asksAt, fullShare } from "./room.ts";

/** A policy that was taken, and why. */
export interface Chosen<Foreseen> {
  readonly foreseen: Foreseen;
  readonly recompute: RecomputeName;
  readonly reason: string;
}

/** The first of the policies, which the work orders, whose step has room; else `full`. */
export function leastThatFits<Foreseen extends { readonly memory: Memory }>(
  policies: readonly RecomputeName[],
  foresee: (recompute: RecomputeName) => Foreseen,
  asked: Asked,
): Chosen<Foreseen> {
  const tooLarge: string[] = [];
  for (const recompute of policies) {
    const foreseen = foresee(recompute);
    const needed = bytes(usedBytes(foreseen.memory) ?? 0);
    const lack = lackOf(foreseen.memory, asked);
    if (lack === undefined) {
      const others = tooLarge.map((each) => `; ${each}`).join("");
      return { foreseen, recompute, reason: `a step takes ${needed} of ${bytes(asked.memory)}${others}` };
    }
    tooLarge.push(`${recompute} would take ${needed}${lack}`);
  }
  const foreseen = foresee("full");
  const reason =
    foreseen.memory.peak === null
      ? "what a step takes of the GPU is not known"
      : `of ${bytes(asked.memory)} ${tooLarge.join(", ")}`;
  return { foreseen, recompute: "full", reason };
}

/** Why a step has no room, behind what it takes; undefined where it has. */
function lackOf(memory: Memory, asked: Asked): string | undefined {
  const needed = usedBytes(memory);
  if (needed === null || needed > fullShare * asked.memory || attentionCrowds(memory, asked.memory)) return "";
  const { load, held } = asksAt(memory, asked);
  if (held === null || held <= asked.memory) return undefined;
  return `, and ${bytes(held)} where the fullest rank gets ${load} times its share of the assignments`;
}

/**
 * Policies short of `full` by the work that each does again, the least first; without those that find no module of the model to work
 * on. Of experts it is the products before the activation: backward has no need of what the last one gives.
 *
 * @param length tokens of a sequence; null where nothing bounds it.
 */
export function policiesByWork(model: Model, length: number | null): readonly RecomputeName[] {
  const flops = { attention: 0, experts: 0 };
  for (const { name, layers, rows, k, n } of operationsOf(model)) {
    const all = rows * k * n * (layers?.length ?? 0);
    if (/\.(self_attn|linear_attn)\./.test(name)) flops.attention += 2 * all;
    if (/\.experts\./.test(name) && !/\.down_proj\b/.test(name)) flops.experts += 2 * all;
  }
  const parts = (["attention", "experts"] as const).filter((part) => flops[part] > 0);
  // A token sees half of its sequence; of three times the forward's operations one is done again.
  for (const { layers, attention } of flopsPerToken(model).kinds) {
    const keys = Math.min(attention?.window ?? Number.POSITIVE_INFINITY, (length ?? 0) / 2);
    if (attention !== null) flops.attention += (attention.per_key / 3) * keys * layers.length;
  }
  return ["none", ...parts.sort((a, b) => flops[a] - flops[b])];
}
