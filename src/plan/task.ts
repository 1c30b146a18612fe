import type { Part } from "../source/source.ts";
import type { Location } from "../text/location.ts";
import type { Plan } from "./plan.ts";

/** The sections that say how to train, of which a plan has one; the first when it has none. */
export const tasks = ["sft", "dpo"] as const;

export type TaskName = (typeof tasks)[number];

/** Where an option of the trainer stands in a plan, or a key or an item inside it. */
export function optionAt(
  { written, task }: Plan,
  path: string | readonly (string | number)[],
  part: Part = "value",
): Location {
  return written.at([task, ...(typeof path === "string" ? [path] : path)], part);
}

export function isWritten({ options }: Plan, name: string): boolean {
  return Object.hasOwn(options, name);
}
