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

/** A value as a message quotes it, cut where it is long. */
export function show(value: unknown): string {
  if (typeof value === "number") return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
