import type { Arguments } from "./arguments.ts";
import { UsageError } from "./usage-error.ts";

/** The plans that a command was given, each once. */
export function plansOf(command: string, args: Arguments): string[] {
  if (args.positionals.length === 0) throw new UsageError("no plan given", `planc ${command} PLAN...`);
  return [...new Set(args.positionals)];
}
