import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command } from "../arguments.ts";
import { UsageError } from "../exit-code.ts";

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

/** The folder of planc's package, found from `dist/` as well as from the sources. Ends with `/`. */
export function packageRoot(): string {
  let folder = new URL("./", import.meta.url);
  while (!existsSync(new URL("package.json", folder)) && folder.pathname !== "/") folder = new URL("../", folder);
  return fileURLToPath(folder);
}
