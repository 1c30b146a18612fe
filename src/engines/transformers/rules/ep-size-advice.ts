import { type Fix, type Related, replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { ModelFacts } from "../facts.ts";
import { legalHelp, nearestEpSize } from "./legal-ep-sizes.ts";

/** What every rule about `ep_size` adds: the legal values and the nearest one as a fix. */
export function epSizeAdvice(facts: ModelFacts): { help: string; fixes: readonly Fix[] } {
  const near = nearestEpSize(facts);
  const written = facts.plan.written.has("parallelism.ep_size");
  return {
    help: legalHelp(facts),
    fixes: near === undefined || !written ? [] : [replaceWith(epSizeAt(facts), near)],
  };
}

export function epSizeAt(facts: ModelFacts) {
  return facts.plan.written.at("parallelism.ep_size");
}

/** Where the config says how many experts there are. */
export function expertsAt({ model }: ModelFacts): Related {
  return {
    message: `${model.keyOf("num_experts")} is ${model.sizes.num_experts} here`,
    location: model.at("num_experts"),
  };
}
