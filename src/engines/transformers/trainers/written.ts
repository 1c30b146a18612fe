import type { Plan } from "../../../plan/plan.ts";
import type { Part } from "../../../source/source.ts";
import type { Location } from "../../../text/location.ts";

/** Where an option of the plan stands. */
export function optionAt(plan: Plan, name: string, part: Part = "value"): Location {
  return plan.written.at(["sft", name], part);
}

export function isWritten(plan: Plan, name: string): boolean {
  return Object.hasOwn(plan.sft, name);
}
