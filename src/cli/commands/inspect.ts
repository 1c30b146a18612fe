import { type Inspected, inspectCheckpoint } from "../../checkpoint/inspect.ts";
import { PLN2117 } from "../../diagnostics/catalogue/checkpoint-layout.ts";
import { PLN1001 } from "../../diagnostics/catalogue/source.ts";
import { type Diagnostic, hasErrors } from "../../diagnostics/diagnostic.ts";
import { recording } from "../../host.ts";
import { fileStart } from "../../text/location.ts";
import { visible } from "../../text/visible.ts";
import type { Command } from "../arguments.ts";
import { UsageError } from "../exit-code.ts";
import { exitCodeOf, formatNamed, formatOption, isObject, type Judged, printFindings } from "../findings.ts";
import { inspectJson } from "../inspect/json.ts";
import { recordLayout } from "../inspect/record.ts";
import { inspectText } from "../inspect/text.ts";
import type { Io } from "../io.ts";

export const inspect: Command = {
  options: { format: formatOption, write: { type: "string" } },
  help: `Usage: planc inspect DIR

Says what a checkpoint folder holds: family, layout of the experts, formats, files. Its index and the headers of its
files are read and compared with config.json: names, shapes, formats. What is wrong goes to standard error.

Options:
  --write PLAN          Record the layout in a plan: sets model.layout and changes nothing else in the file
  --format pretty       For people (default)
  --format plain        Findings as one line each

Advanced options:
  --format json         Report and findings as one object on standard output, for programs
  --format github       Findings as workflow commands
  --format sarif        Findings alone, as SARIF 2.1.0 on standard output

Exit codes: 0 fine (warnings allowed), 1 the checkpoint has errors, 2 the folder or the plan cannot be read

Examples:
  planc inspect /data/Qwen3-30B-A3B

  # A plan for a checkpoint that somebody else has converted
  planc inspect /data/qwen3-fused --write plans/mine.yaml

  # Its layout alone
  planc inspect /data/qwen3-fused --format json | jq -r .layout
`,
  async run(args, io) {
    const [named, ...others] = args.positionals;
    if (named === undefined || others.length > 0)
      throw new UsageError("planc inspect takes one checkpoint folder", "planc inspect DIR");
    const folder = named.replace(/(?<=.)\/+$/, "");
    const format = formatNamed(args.text("format"));
    const { host, texts } = recording(io.host);
    const { value, diagnostics } = unreadable(io, folder) ?? inspectCheckpoint(host, folder);
    // Of what was read only the config.json is written by people, so that its lines tell something.
    const config = `${folder}/config.json`;
    const judged: Judged[] = [
      { file: folder, diagnostics, sources: new Map([...texts].filter(([file]) => file === config)) },
    ];
    const plan = args.text("write");
    if (plan !== undefined && !hasErrors(diagnostics)) judged.push(record(io, plan, value));

    if (format === "json") {
      const found = judged.flatMap((each) => each.diagnostics);
      io.stdout.write(inspectJson(folder, value, found));
      return exitCodeOf(judged);
    }
    const hasReport = value !== undefined && value.checkpoint.files.length > 0;
    if (hasReport && !isObject(format)) io.stdout.write(inspectText(value, io.stdout.look));
    if (hasReport && format === "pretty" && judged.some((each) => each.diagnostics.length > 0)) io.stderr.write("\n");
    await printFindings(judged, format, io);
    if (plan !== undefined && hasErrors(diagnostics)) {
      io.stderr.write(`${visible(plan)} is left as it is: the checkpoint has errors\n`);
    }
    return exitCodeOf(judged);
  },
};

/** Why there is nothing to look at, as the result of looking. */
function unreadable(io: Io, folder: string) {
  const fail = (diagnostic: Diagnostic) => ({ value: undefined, diagnostics: [diagnostic] });
  const stat = io.host.stat(folder);
  if (stat.ok && stat.kind !== "folder")
    throw new UsageError(`${folder} is no folder`, "planc inspect takes the folder that holds the checkpoint's files");
  const names = stat.ok ? io.host.names(folder) : stat;
  return names.ok ? undefined : fail(PLN1001(fileStart(folder), { file: folder, why: names.why }));
}

function record(io: Io, plan: string, inspected: Inspected | undefined): Judged {
  const { host, texts: sources } = recording(io.host);
  const layout = inspected?.layout;
  if (layout === undefined) {
    const why = "the checkpoint holds no experts that planc knows";
    return {
      file: plan,
      diagnostics: [PLN2117(fileStart(plan), { plan, why }, { variant: "unknown" })],
      sources,
    };
  }
  const { value, diagnostics } = recordLayout({ ...io.host, ...host }, plan, layout);
  if (value !== undefined) {
    const what = value.isChanged ? `says model.layout ${layout} now` : `says model.layout ${layout} already`;
    io.stderr.write(`${visible(value.file)} ${what}\n`);
  }
  return { file: plan, diagnostics, sources };
}
