import { families } from "../../../model/families.ts";
import { optionAt } from "../../../plan/task.ts";
import type { Location } from "../../../text/location.ts";
import { isMapping } from "../../../text/values.ts";
import type { ModelFacts } from "../facts.ts";

/** The auxiliary loss of the router, which the trainer adds to the loss of each micro-batch. */
export interface RouterLoss {
  readonly coefficient: number;
  readonly from: "the plan" | "config.json" | "the release's default";
  /** Where the coefficient is written; the config's model_type for a default. */
  readonly location: Location;
  /** Whether the trainer can compute it for the family. */
  readonly isComputed: boolean;
  /**
   * What it adds to the loss where the experts are used evenly: num_experts * sum over experts of (share of the tokens *
   * mean probability) is num_experts_per_tok then, however many layers there are, and more where they are not.
   */
  readonly added: number;
}

/** Fine-tuning has losses of 1 to 2: from half of the smaller on, the run is steered by the router as much as by the text. */
export const dominating = 0.5;

/** What trains without it: a point, for the configs of the release tell 0 from 0.0. */
export const none = "0.0";

/** What most configs have, and transformers' own default for most families. */
export const usual = "0.001";

/** Whether an auxiliary loss that adds so much is too large beside the loss itself. */
export function dominates(added: number): boolean {
  return added >= dominating;
}

type LossFacts = Pick<ModelFacts, "plan" | "model" | "task">;

/** The coefficient is the plan's, else the config.json's, else the one of transformers' config class. */
export function routerLossOf({ plan, model, task }: LossFacts): RouterLoss {
  const option = "router_aux_loss_coef";
  const isComputed = task.routerLoss.has(model.model_type);
  const of = (coefficient: number, from: RouterLoss["from"], location: Location): RouterLoss => {
    const added = isComputed ? coefficient * model.sizes.num_experts_per_tok : 0;
    return { coefficient, from, location, isComputed, added };
  };
  const written = plan.options[option];
  if (typeof written === "number") return of(written, "the plan", optionAt(plan, option));
  const part = families.get(model.model_type)?.language ?? [];
  const stored = at(model.config.value, [...part, option]);
  if (typeof stored === "number") return of(stored, "config.json", model.config.at([...part, option]));
  const own = task.routerLoss.get(model.model_type) ?? task.routerLossStops.get(model.model_type) ?? 0;
  return of(own, "the release's default", model.config.at(["model_type"]));
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (isMapping(inner) ? inner[key] : undefined), value);
}

/** What `planc explain` says of it. */
export function lossInWords(facts: LossFacts): string {
  const { coefficient, from, added } = routerLossOf(facts);
  if (coefficient === 0) return "no auxiliary loss of the router";
  const share = Number(added.toPrecision(2));
  return `auxiliary loss of the router: coefficient ${coefficient}, from ${from}; about ${share} in the loss`;
}
