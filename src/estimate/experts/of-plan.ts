/** The arguments of the experts' piece, from a model and a plan. */
import type { Model } from "../../model/model.ts";
import type { Plan } from "../../plan/plan.ts";
import { bytesOf } from "../memory.ts";
import { type RoutedRows, type Routing, routedRows } from "../rows.ts";
import type { Dispatcher, ExpertsArguments } from "./arguments.ts";
import type { Kernels } from "./kernels.ts";
import { hasWideWeights, moduleOf } from "./modules.ts";

export interface ExpertsOfPlan {
  readonly model: Model;
  readonly plan: Pick<Plan, "precision" | "recompute"> & {
    readonly parallelism: Pick<Plan["parallelism"], "ep_implementation">;
  };
  readonly ep_size: number;
  readonly tp_size: number;
  /** Tokens of a micro-batch; the ranks of a tensor-parallel group have the same. */
  readonly tokens: number;
  readonly kernels: Kernels;
  /** Assignments of the rank over the mean of its group. */
  readonly load: number;
  /** Whether no other part of the layer saves tensors after the experts. */
  readonly areLast: boolean;
}

/** What the experts allocate by; null where planc does not know how they compute. */
export function expertsOfPlan({
  model,
  plan,
  ep_size,
  tp_size,
  tokens,
  kernels,
  load,
  areLast,
}: ExpertsOfPlan): ExpertsArguments | null {
  const module = moduleOf(model);
  const down = model.parameters.find(({ name, kind }) => kind === "expert" && name.endsWith(".down_proj"));
  if (module === null || down === undefined) return null;
  const { num_experts, num_experts_per_tok: K } = model.sizes;
  const dispatcher = dispatcherOf(plan.parallelism.ep_implementation, ep_size);
  const shares = dispatcher === "planc" || dispatcher === "all_to_all" ? tp_size : 1;
  const T = Math.ceil(tokens / shares);
  const routing: Routing = { tokens: T, num_experts, num_experts_per_tok: K, ep_size };
  // One dim is the experts' width, the other what they take and give, which some families make smaller than the model's.
  const [, one = 0, other = 0] = down.shape;
  const isTransposed = model.text_type === "aria_text" || module.bias;
  const [H, I] = isTransposed ? [other, one] : [one, other];
  const size = bytesOf[plan.precision.compute];
  return {
    dispatcher,
    module,
    sizes: { T, K, E: num_experts / ep_size, G: ep_size, H, I, ...rowsOf(dispatcher, routing, load) },
    shares,
    kernels,
    size,
    weightSize: hasWideWeights(model) ? bytesOf.float32 : size,
    recomputes: recomputes(plan.recompute, areLast),
  };
}

function dispatcherOf(implementation: string, ep_size: number): Dispatcher {
  if (ep_size === 1) return "none";
  // transformers' `auto` is its all-to-all wherever gradients are wanted.
  return implementation === "planc" || implementation === "all_reduce" ? implementation : "all_to_all";
}

/** planc sends a row for each rank that a token visits; the all-to-all of transformers one for each choice, to the rank itself, too. */
function rowsOf(dispatcher: Dispatcher, routing: Routing, load: number): RoutedRows {
  const routed = routedRows(routing, load);
  if (dispatcher === "planc") return routed;
  return { ...routed, sent: routing.tokens * routing.num_experts_per_tok, received: routed.assignments };
}

function recomputes(recompute: Plan["recompute"], areLast: boolean): ExpertsArguments["recomputes"] {
  if (recompute === "full") return areLast ? "layer, experts last" : "layer";
  return recompute === "experts" ? "products" : "nothing";
}
