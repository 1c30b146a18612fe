import type { Plan } from "../../../plan/plan.ts";
import type { Path } from "../../../source/path.ts";
import { float, floatOf, isList, type Literal } from "../../../text/literal.ts";
import type { OptionFacts } from "../facts.ts";
import type { TrainerOption } from "./option.ts";

/**
 * An option's value as train.py is to have it: of the type that the option declares. The trainer hands some values on to
 * classes that refuse a whole number where they declare a float. Where nothing is declared, inside a free mapping, a number
 * is a float if it is written as one.
 */
export function asDeclared({ plan, task }: OptionFacts, name: string, value: Literal): Literal {
  return typed(plan, [plan.task, name], value, task.options.get(name));
}

function typed(plan: Plan, path: Path, value: Literal, option: TrainerOption | undefined): Literal {
  if (typeof value === "number")
    return isFloat(plan, path, value, option) ? float(value, plan.written.raw(path)) : value;
  if (typeof value !== "object" || value === null || floatOf(value) !== undefined) return value;
  if (isList(value)) {
    const items = option?.items === undefined ? undefined : { types: [option.items] };
    return value.map((item, index) => typed(plan, [...path, index], item, items));
  }
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    typed(plan, [...path, key], item, option?.keys?.[key]),
  ]);
  return Object.fromEntries(entries);
}

function isFloat(plan: Plan, path: Path, value: number, option: TrainerOption | undefined): boolean {
  if (option?.types.includes("float")) return true;
  if (!Number.isInteger(value)) return true;
  if (option?.types.includes("int")) return false;
  return /^[-+]?[0-9]*\.[0-9]*|^[-+]?[0-9]+e/i.test(plan.written.raw(path) ?? "");
}
