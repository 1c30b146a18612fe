import { lockFile } from "../../bundle/digests.ts";
import { lockOf } from "../../bundle/lock.ts";
import { checkPlan } from "../../compiler.ts";
import { Findings } from "../../diagnostics/diagnostic.ts";
import { recording } from "../../host.ts";
import { pageOf } from "../../report/html/page.ts";
import { readRecord, readRun, type Subject, subjectOfLock } from "../../report/read/run.ts";
import { parseJson } from "../../source/json.ts";
import { json } from "../../text/json.ts";
import { visible } from "../../text/visible.ts";
import type { Command } from "../arguments.ts";
import { UsageError } from "../exit-code.ts";
import { exitCodeOf, type Judged, printFindings } from "../findings.ts";
import type { Io } from "../io.ts";
import { judgePlan } from "../judge.ts";
import { planOf } from "../plans.ts";
import { reportText } from "../report/text.ts";
import { refuseOthers, writePage } from "../report/write.ts";

export const report: Command = {
  options: { output: { type: "string", short: "o" }, lock: { type: "string" } },
  help: `Usage: planc report RUN
       planc report PLAN

Of a run: what it did, beside what its plan foresaw. RUN is the output folder of a run, or a bundle's folder. Of a plan,
or a plan.lock.json: what is foreseen. Prints a summary; the page has the mesh, memory over a step, traffic, the load of
the experts, losses, and all of it as tables too.

Options:
  -o, --output FILE     Write the page: one HTML file that loads nothing. Only a page of planc's is replaced
  --lock FILE           The bundle's plan.lock.json, where the run's folder has none

Exit codes: 0 fine, 1 the plan or a file of the run has errors, 2 usage or an unreadable file

Examples:
  planc report plans/qwen3-ep8.yaml --output plan.html
  planc report output/qwen3-ep8 --output run.html

  # A run that was killed, from its checkpoints
  planc report output/qwen3-ep8 --lock generated/qwen3-ep8/plan.lock.json
`,
  async run(args, outer) {
    const output = args.text("output");
    if (output !== undefined) refuseOthers(outer.host, output);
    const { file: named, io } = await planOf("report", args, outer);
    const subject = named.replace(/(?<=.)\/+$/, "");
    const { value, ...judged } = await subjectOf(subject, args.text("lock"), io);
    await printFindings([judged], "pretty", io);
    if (value === undefined) return exitCodeOf([judged]);
    if (output !== undefined) writePage(io.host, output, pageOf(value));
    io.stdout.write(reportText(value, io.stdout.look));
    if (output !== undefined) io.stdout.write(`\n${visible(output)} written\n`);
    return exitCodeOf([judged]);
  },
};

async function subjectOf(
  named: string,
  lock: string | undefined,
  io: Io,
): Promise<Judged & { value: Subject | undefined }> {
  const { host, texts: sources } = recording(io.host);
  const stat = host.stat(named);
  const isFolder = stat.ok && stat.kind === "folder";
  if (lock !== undefined && !isFolder) throw new UsageError("--lock goes with the folder of a run");
  if (isFolder) return { file: lock ?? named, sources, ...readRun(host, named, lock) };
  const findings = new Findings();
  if (named.endsWith(lockFile)) {
    const source = findings.take(readRecord(host, named));
    const value = source === undefined ? undefined : findings.take(subjectOfLock(source));
    return { file: named, sources, value, diagnostics: findings.all };
  }
  const { value: checked, ...judged } = await judgePlan(checkPlan, io, named);
  if (checked === undefined) return { ...judged, value: undefined };
  findings.add(...judged.diagnostics);
  const source = findings.take(parseJson(named, json(lockOf(checked))));
  const value = source === undefined ? undefined : findings.take(subjectOfLock(source));
  return { ...judged, value, diagnostics: findings.all };
}
