import type { OptionFacts } from "../facts.ts";
import { plancDefaults } from "./defaults.ts";

/** The value that the trainer will have: as written in the plan, else planc's default, else the trainer's own. */
export function optionValue({ plan, task }: OptionFacts, name: string): unknown {
  const written = Object.hasOwn(plan.options, name) ? plan.options[name] : undefined;
  if (written !== undefined) return written;
  return plancDefaults(plan)[name]?.value ?? task.options.get(name)?.default;
}
