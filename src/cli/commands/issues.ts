import { allIssues } from "../../check/issues.ts";
import { issuesOfPlan } from "../../compiler.ts";
import { hasErrors } from "../../diagnostics/diagnostic.ts";
import type { Command } from "../arguments.ts";
import { exitCodeOf, printFindings } from "../findings.ts";
import type { Io } from "../io.ts";
import { elsewhere } from "../issues/elsewhere.ts";
import { listJson, planJson } from "../issues/json.ts";
import { listText, planText } from "../issues/text.ts";
import { planOf } from "../plans.ts";

export const issues: Command = {
  options: { format: { type: "string", values: ["text", "json"] } },
  help: `Usage: planc issues [PLAN]

Lists what is known to be wrong with releases of the stack: what happens, which releases have it, what to do. Of a plan:
those that it would meet, where its bundle does something else, and what it would meet on the other known releases.

Options:
  --format text         For people (default)
  --format json         One object

Exit codes: 0 fine, 1 the plan has errors, those that it would meet among them, 2 it cannot be read

Examples:
  planc issues
  planc issues plans/qwen3-ep8.yaml
  planc issues --format json | jq '.issues[] | select(.fixed_in == null) | .id'
`,
  async run(args, outer) {
    const isJson = args.text("format") === "json";
    if (args.positionals.length === 0) return listAll(isJson, outer);
    const { file, io } = await planOf("issues", args, outer);
    const { value, facts, ...found } = issuesOfPlan(io, file);
    // What a known issue is said of stands in the list.
    const diagnostics = found.diagnostics.filter(({ issue }) => issue === undefined);
    if (hasErrors(diagnostics) || value === undefined) {
      await printFindings([{ file, ...found, diagnostics }], "pretty", io);
    }
    if (value !== undefined && facts.plan !== undefined) {
      const others = elsewhere(io, file, facts.plan);
      const { versions } = facts.plan.plan;
      const judged = { versions, isWhole: facts.model !== undefined };
      io.stdout.write(isJson ? planJson(judged, value, others) : planText(judged, value, others, io.stdout.look));
    }
    return exitCodeOf([{ file, ...found }]);
  },
};

function listAll(isJson: boolean, { stacks, stdout }: Io): number {
  const all = allIssues([...stacks.engines, ...stacks.trainers]);
  stdout.write(isJson ? listJson(all) : listText(all, stdout.look));
  return 0;
}
