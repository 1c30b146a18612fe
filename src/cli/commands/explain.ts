import { lockOf } from "../../bundle/lock.ts";
import { checkPlan, type World } from "../../compiler.ts";
import { pageOf } from "../../diagnostics/page.ts";
import { catalogue } from "../../generated/catalogue.ts";
import { json } from "../../text/json.ts";
import { suggest } from "../../text/suggest.ts";
import type { Command } from "../arguments.ts";
import { UsageError } from "../exit-code.ts";
import { planText } from "../explain/plan.ts";
import { exitCodeOf, printFindings } from "../findings.ts";
import type { Io } from "../io.ts";
import { judgePlan } from "../judge.ts";
import { paintPage } from "../page.ts";
import { planOf } from "../plans.ts";

export const explain: Command = {
  options: { format: { type: "string", values: ["text", "json"] }, calibration: { type: "string" } },
  help: `Usage: planc explain PLAN
       planc explain CODE

Of a plan: what it resolves to and why. Both views of the mesh, every parameter's share of a rank, the peak of a step
with its largest tensors, bytes that a rank sends over each axis, how long a step takes and what for, tokens a step, and
the reason for each value that the plan leaves out. Of a code: what the message means, with a wrong and a right plan.

Options:
  --format text         For people (default)
  --format json         The object that the bundle's plan.lock.json holds, without its files; with errors, the object
                        of planc check --format json
  --calibration FILE    What planc bench --calibrate measured, in place of planc's own figures of the GPU

Exit codes: 0 fine, 1 the plan has errors, 2 it cannot be read

Examples:
  planc explain plans/qwen3-ep8.yaml
  planc explain plans/qwen3-ep8.yaml --format json | jq .memory.peak
  planc explain PLN3001
`,
  async run(args, io) {
    const [subject, ...others] = args.positionals;
    if (subject === undefined || others.length > 0)
      throw new UsageError("planc explain takes one plan or one code", "planc explain --help");
    if (/^PLN\d*$/i.test(subject)) return explainCode(subject.toUpperCase(), io);
    const { file, io: own } = await planOf("explain", args, io);
    const world = { ...own, calibration: args.text("calibration") };
    return explainPlan(file, args.text("format") === "json" ? "json" : "text", world);
  },
};

function explainCode(code: string, io: Io): number {
  const entry = catalogue.get(code);
  if (entry === undefined) {
    const near = suggest(code, catalogue.keys());
    throw new UsageError(`no message has the code ${code}`, near === undefined ? undefined : `did you mean ${near}?`);
  }
  io.stdout.write(paintPage(pageOf(entry), io.stdout.look));
  return 0;
}

async function explainPlan(file: string, format: "text" | "json", io: Io & World): Promise<number> {
  const { value, ...found } = await judgePlan(checkPlan, io, file);
  const judged = [found];
  if (value === undefined) await printFindings(judged, format === "json" ? "json" : "pretty", io);
  else if (format === "json") io.stdout.write(`${json(lockOf(value))}\n`);
  else {
    await printFindings(judged, "pretty", io);
    io.stdout.write(planText(value, found.diagnostics, io.stdout.look));
  }
  return exitCodeOf(judged);
}
