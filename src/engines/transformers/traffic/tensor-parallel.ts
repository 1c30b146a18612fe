import { allReduceBytes, gatherBytes } from "../../../estimate/traffic.ts";
import type { Placed } from "../../../stack/mesh.ts";
import type { ModelFacts } from "../facts.ts";
import { moduleOf, patternOf } from "../placement/ep-plan.ts";
import { resolveTpPlan } from "../placement/tp-plan.ts";

/** What the ranks of a tp group share in a micro-batch. */
interface Shared {
  readonly tokens: number;
  readonly ranks: number;
  /** Of one number while it is computed. */
  readonly bytes: number;
}

/**
 * Bytes that a rank sends over tp in one micro-batch, by the style of each module: what a row-wise module gives is summed, and
 * the gradient of what a column-wise one takes. Undefined where a style does something else.
 */
export function tensorParallelTraffic(
  facts: ModelFacts,
  placed: readonly Placed[],
  shared: Shared,
): number | undefined {
  const { model, release, epPlan, plan } = facts;
  const styles = resolveTpPlan(model, release, epPlan);
  let sum = 0;
  for (const each of placed) {
    const { parameter } = each;
    const path = patternOf(parameter.name);
    const style = styles[path] ?? styles[moduleOf(path)];
    if (style === undefined) continue;
    const sent = sentBy(style, each, shared, plan.recompute === "full" && isFollowed(model, parameter));
    if (sent === undefined) return undefined;
    sum += sent * (parameter.layers?.length ?? 1);
  }
  return sum;
}

/** Whether a layer keeps something behind what a module gives, so that it is computed again where the layer is. */
function isFollowed({ parameters }: ModelFacts["model"], { kind, layers }: Placed["parameter"]): boolean {
  if (layers === null || kind === "dense_mlp") return false;
  return kind !== "shared_expert" || parameters.some(({ name }) => name.includes(".shared_expert_gate."));
}

function sentBy(style: string, { parameter }: Placed, shared: Shared, again: boolean): number | undefined {
  const { tokens, ranks, bytes } = shared;
  const [rows = 1, columns] = parameter.shape;
  const sum = (numbers: number) => allReduceBytes(numbers * bytes, ranks);
  if (style === "replicated_with_grad_allreduce") return sum(rows * (columns ?? 1));
  // Biases come and go with their weights.
  if (columns === undefined) return 0;
  switch (style) {
    case "colwise":
      return sum(tokens * columns);
    case "rowwise":
      return sum(tokens * rows) * (again ? 2 : 1);
    case "embedding_rowwise":
      return sum(tokens * columns);
    // The loss multiplies with the head's weight, which is put together for it.
    case "colwise_gather_output":
      return parameter.kind === "head" ? gatherBytes(Math.ceil(rows / ranks) * columns * bytes, ranks) : undefined;
    default:
      return undefined;
  }
}
