import { readFileSync } from "node:fs";
import type { Command } from "../command.ts";
import { packageRoot } from "../package-root.ts";
import { UsageError } from "../usage-error.ts";

const schemas: ReadonlyMap<string, string> = new Map([
  ["plan", "plan.schema.json"],
  ["lock", "lock.schema.json"],
]);

export const schema: Command = {
  options: {},
  help: `Usage: planc schema [plan|lock]

Prints the JSON Schema (draft-07) of the plan language, or of plan.lock.json.

Examples:
  # Completion and hover in editors: write the schema beside the plans, and this line at the top of a plan
  planc schema > plan.schema.json
  # yaml-language-server: $schema=plan.schema.json
`,
  run(args, io) {
    const [name = "plan", ...others] = args.positionals;
    const file = schemas.get(name);
    if (file === undefined || others.length > 0)
      throw new UsageError("planc schema prints plan or lock", "planc schema --help");
    io.stdout.write(readFileSync(`${packageRoot()}schema/${file}`, "utf8"));
    return 0;
  },
};
