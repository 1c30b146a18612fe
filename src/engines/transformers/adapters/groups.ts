import type { Model } from "../../../model/model.ts";
import { groupOf, type Part, type PartGroup } from "./parts.ts";
import type { Peft } from "./peft.ts";

/** What PEFT has to be told for a group, and what of the group it cannot be told. */
export interface Named {
  readonly target_modules: readonly string[];
  readonly target_parameters: readonly string[];
  /** Modules whose names PEFT takes for those of experts. */
  readonly taken: readonly string[];
}

/** Says a group in PEFT's words: ends of names that mean the group's parts and no others. */
export function namedFor(model: Model, peft: Peft, parts: readonly Part[], group: PartGroup): Named {
  const own = parts.filter((part) => groupOf(part) === group);
  const tails = [...new Set(own.map(({ tail }) => tail))];
  if (group === "experts") return { target_modules: [], target_parameters: tails, taken: [] };
  const renamed = peft.renamed(model.model_type) ?? {};
  const isTaken = (tail: string) => (tail.split(".").at(-1) ?? "") in renamed;
  const others = parts.filter((part) => groupOf(part) !== group).map(({ tail }) => tail);
  return {
    target_modules: [...new Set(tails.filter((tail) => !isTaken(tail)).map((tail) => shortest(tail, others)))],
    target_parameters: [],
    taken: tails.filter(isTaken),
  };
}

/** The shortest end of a name that is the end of none of the others. */
function shortest(name: string, others: readonly string[]): string {
  const segments = name.split(".");
  for (let count = 1; count < segments.length; count++) {
    const end = segments.slice(-count).join(".");
    if (!others.some((other) => other === end || other.endsWith(`.${end}`))) return end;
  }
  return name;
}
