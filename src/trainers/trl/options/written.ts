import type { Plan } from "../../../plan/plan.ts";

export function isWritten(plan: Plan, name: string): boolean {
  return Object.hasOwn(plan.options, name);
}

/** A value as a message quotes it, cut where it is long. */
export function show(value: unknown): string {
  if (typeof value === "number") return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
